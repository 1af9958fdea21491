use std::{net::Ipv4Addr, time::Duration};

use admin_api::EventRow;
use call_control::{Flow, Input, PeerIdentity};
use cert_manager::{
    CertificateStore, Flags, Identity, IssueRequest, KeyKind, OwnIdentities, PeerPolicy, Pin, ServerName,
    Verdict, connect_config, issue_self_signed,
};
use jiff::Timestamp;
use storage::{Store, StoreOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::broadcast,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::*;
use crate::{
    config::{Overrides, TlsListener},
    core::{InboxReader, inbox},
    flow::limits::{CONNECTIONS_PER_GATEWAY, CONNECTIONS_PER_SOURCE},
    observe::{Observed, ObserverThread, alarm},
};

const OPTIONS: &[u8] =
    b"OPTIONS sip:um.example.com SIP/2.0\r\nVia: SIP/2.0/TCP gw.example.com;branch=z9hG4bK1\r\n\
    From: <sip:gw.example.com>;tag=a1\r\nTo: <sip:um.example.com>\r\nCall-ID: 1@gw\r\nCSeq: 1 OPTIONS\r\n\
    Content-Length: 0\r\n\r\n";

/// Listeners on loopback, a core that only listens, and a gateway that is pinned.
struct Rig {
    listening: Listening,
    core: InboxReader,
    events: broadcast::Receiver<EventRow>,
    observing: ObserverThread,
    observed: Observed,
    own: Arc<Identity>,
    gateway: Identity,
    presenting: Presenting,
    policies: Arc<ArcSwap<PeerPolicies>>,
    folder: tempfile::TempDir,
}

impl Rig {
    fn new(change: impl FnOnce(&mut ServerConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(folder.path(), StoreOptions::new([1; 32])).unwrap();
        let (followers, events) = broadcast::channel(64);
        let (observer, observing) = Observer::start(store, followers, &alarm().0).unwrap();
        let (inbox, core) = inbox();
        let overrides = Overrides { data_dir: Some(folder.path().to_owned()), socket: None };
        let mut config = ServerConfig::load(None, &overrides).unwrap();
        config.sip.listen = vec![Ipv4Addr::LOCALHOST.into()];
        (config.sip.port, config.sip.tls_port) = (0, 0);
        change(&mut config);
        let mut certificates = CertificateStore::load(&folder.path().join("certificates"));
        let own = certificates.add(issued("um.example.com"), Flags::default()).unwrap();
        let presenting = Presenting::new(compiled(&certificates));
        let gateway = issued("gw1.example.com");
        let policies = Arc::new(ArcSwap::from_pointee(PeerPolicies::new(
            vec![pinned("gw1", &gateway)],
            Vec::new(),
            Arc::default(),
        )));
        let tls = TlsListening {
            presenting: presenting.clone(),
            owner: None,
            policies: Arc::clone(&policies),
            encounters: Arc::default(),
        };
        let listening = open(&config, &Arc::default(), &inbox, &observer, Some(tls)).unwrap();
        let observed = observer.observed().clone();
        Self { listening, core, events, observing, observed, own, gateway, presenting, policies, folder }
    }

    async fn message(&mut self) -> Flow {
        let mut batch = Vec::new();
        assert!(self.core.receive(&mut batch, 1).await);
        match batch.remove(0) {
            Input::Message { flow, bytes } => {
                assert_eq!(bytes, OPTIONS);
                flow
            }
            other => panic!("{other:?}"),
        }
    }

    /// A connection of whoever has this certificate; the server's is known to it.
    async fn connect(&self, identity: &Identity) -> TlsStream<TcpStream> {
        let um = PeerPolicies::new(vec![pinned("um", &self.own)], Vec::new(), Arc::default());
        let (config, _) = connect_config(identity, Arc::new(um), Timestamp::now()).unwrap();
        let stream = TcpStream::connect(self.listening.tls[0]).await.unwrap();
        let name = ServerName::try_from("um.example.com").unwrap();
        TlsConnector::from(config).connect(name, stream).await.unwrap()
    }

    async fn event(&mut self) -> EventRow {
        self.events.recv().await.unwrap()
    }
}

fn issued(fqdn: &str) -> Identity {
    issue_self_signed(&IssueRequest::new(fqdn, KeyKind::P256), Timestamp::now()).unwrap()
}

/// What is shown to whom; the listeners of `partner` show theirs.
fn compiled(store: &CertificateStore) -> OwnIdentities {
    let owners = ["partner".to_owned()].into();
    OwnIdentities::compile(store, "um.example.com", &owners, &|_| false, Timestamp::now())
}

fn pinned(name: &str, identity: &Identity) -> PeerPolicy {
    let mut policy = PeerPolicy::new(name);
    policy.pins.push(Pin::from_pem(&identity.chain_pem()).unwrap());
    policy
}

fn gateways(flow: &Flow) -> Vec<&str> {
    match &flow.peer {
        PeerIdentity::Address => panic!("no certificate"),
        PeerIdentity::Certificate(certified) => certified.peers.iter().map(|peer| &**peer).collect(),
    }
}

fn fact<'a>(row: &'a EventRow, name: &str) -> &'a str {
    row.fields.iter().find(|field| field.0 == name).map_or("", |field| &field.1)
}

#[tokio::test]
async fn dual_mode_opens_udp_and_tcp_on_one_port_and_tls_on_another() {
    let rig = Rig::new(|_| {});

    assert_eq!(rig.listening.udp, rig.listening.tcp);
    assert_eq!((rig.listening.tcp.len(), rig.listening.tls.len()), (1, 1));
    assert_ne!(rig.listening.tcp[0].port(), rig.listening.tls[0].port());
}

#[tokio::test]
async fn each_startup_mode_opens_what_its_name_says() {
    let open = |mode, udp| {
        let rig = Rig::new(|config| (config.sip.startup_mode, config.sip.udp) = (mode, udp));
        (rig.listening.udp.len(), rig.listening.tcp.len(), rig.listening.tls.len())
    };

    assert_eq!(open(StartupMode::Tls, true), (0, 0, 1));
    assert_eq!(open(StartupMode::Tcp, true), (1, 1, 0));
    assert_eq!(open(StartupMode::Tcp, false), (0, 1, 0));
    assert_eq!(open(StartupMode::Dual, false), (0, 1, 1));
}

#[tokio::test]
async fn request_over_tcp_reaches_the_core_with_the_addresses_of_its_connection() {
    let mut rig = Rig::new(|_| {});
    let mut peer = TcpStream::connect(rig.listening.tcp[0]).await.unwrap();

    peer.write_all(OPTIONS).await.unwrap();

    let flow = rig.message().await;
    assert_eq!((flow.transport, flow.peer), (Transport::Tcp, PeerIdentity::Address));
    assert_eq!((flow.local, flow.remote), (rig.listening.tcp[0], peer.local_addr().unwrap()));
}

#[tokio::test]
async fn pinned_gateway_is_known_until_its_pin_is_taken_back_even_on_an_open_connection() {
    let mut rig = Rig::new(|_| {});
    let mut peer = rig.connect(&rig.gateway).await;

    peer.write_all(OPTIONS).await.unwrap();
    assert_eq!(gateways(&rig.message().await), ["gw1"]);
    rig.policies.store(Arc::default());
    peer.write_all(OPTIONS).await.unwrap();

    assert_eq!(gateways(&rig.message().await), [""; 0]);
}

#[tokio::test]
async fn certificate_of_a_stranger_is_refused_with_its_alert_and_an_event_that_names_it() {
    let mut rig = Rig::new(|_| {});
    let stranger = issued("stranger.example.com");

    // In TLS 1.3 the client is done before it is judged.
    let mut peer = rig.connect(&stranger).await;
    // The write may already meet the refusal.
    let _ = peer.write_all(OPTIONS).await;
    let refusal = peer.read(&mut [0; 16]).await.unwrap_err();

    assert_eq!(refusal.to_string(), "received fatal alert: UnknownCA");
    let event = rig.event().await;
    assert_eq!((event.id, fact(&event, "alert")), (1113, "unknown_ca"));
    assert_eq!(fact(&event, "subject"), "CN=stranger.example.com");
    assert_eq!(fact(&event, "sha256"), stranger.facts().sha256);
    let approve = format!("`um gateway approve NAME {}`", stranger.facts().sha1);
    assert!(event.remedy.contains(&approve), "{}", event.remedy);
}

#[tokio::test]
async fn clear_sip_on_the_tls_port_is_told_as_such() {
    let mut rig = Rig::new(|_| {});
    let mut peer = TcpStream::connect(rig.listening.tls[0]).await.unwrap();

    peer.write_all(OPTIONS).await.unwrap();

    let event = rig.event().await;
    assert_eq!(event.id, 1113);
    assert!(fact(&event, "reason").starts_with("the peer does not speak TLS"), "{}", fact(&event, "reason"));
}

#[tokio::test]
async fn connection_that_says_nothing_before_it_ends_is_no_event() {
    let mut rig = Rig::new(|_| {});

    drop(TcpStream::connect(rig.listening.tls[0]).await.unwrap());
    let mut peer = rig.connect(&rig.gateway).await;
    peer.write_all(OPTIONS).await.unwrap();
    rig.message().await;

    tokio::task::spawn_blocking(|| rig.observing.stop()).await.unwrap();
    assert!(rig.events.try_recv().is_err());
}

#[tokio::test]
async fn handshakes_that_stall_keep_no_gateway_out() {
    let mut rig = Rig::new(|_| {});
    let mut stalled = Vec::new();
    for _ in 0..100 {
        let mut peer = TcpStream::connect(rig.listening.tls[0]).await.unwrap();
        // The beginning of a ClientHello. A displaced one may be gone already.
        let _ = peer.write_all(&[22, 3, 1, 0, 200, 1]).await;
        stalled.push(peer);
    }

    let gateway = async {
        let mut peer = rig.connect(&rig.gateway).await;
        peer.write_all(OPTIONS).await.unwrap();
        rig.message().await
    };
    let flow = tokio::time::timeout(Duration::from_secs(5), gateway).await.unwrap();

    assert_eq!(gateways(&flow), ["gw1"]);
}

#[tokio::test]
async fn handshake_that_loses_its_place_leaves_a_row_and_no_event_but_that_of_its_connection() {
    let mut rig = Rig::new(|_| {});
    let mut stalled = Vec::new();
    for _ in 0..=CONNECTIONS_PER_SOURCE {
        stalled.push(TcpStream::connect(rig.listening.tls[0]).await.unwrap());
    }

    let end = stalled[0].read(&mut [0; 16]).await;
    let row = tokio::time::timeout(Duration::from_secs(5), async {
        loop {
            match rig.observed.handshakes.rows(None).pop() {
                Some(row) => break row,
                None => tokio::task::yield_now().await,
            }
        }
    });
    let row = row.await.unwrap();
    let event = rig.event().await;
    drop(stalled);
    tokio::task::spawn_blocking(|| rig.observing.stop()).await.unwrap();

    assert!(!matches!(end, Ok(1..)), "{end:?}");
    assert_eq!((&*row.direction, &*row.class, &*row.closed_by), ("inbound", "peer-disconnected", "us"));
    assert_eq!(
        row.reason,
        "the connection ended during the handshake: another connection got its place before it was finished"
    );
    assert_eq!(row.peer, fact(&event, "source"));
    assert_eq!((event.id, fact(&event, "limit")), (2015, "32 connections of one source"));
    assert!(rig.events.try_recv().is_err());
}

#[tokio::test]
async fn gateway_has_more_connections_than_a_source_may_and_loses_the_oldest_at_its_own_bound() {
    let mut rig = Rig::new(|_| {});
    let mut oldest = rig.connect(&rig.gateway).await;
    let mut others = Vec::new();
    for _ in 0..CONNECTIONS_PER_GATEWAY {
        others.push(rig.connect(&rig.gateway).await);
    }

    let end = oldest.read(&mut [0; 16]).await;
    let mut told = Vec::new();
    rig.core.receive(&mut told, 1).await;
    others[0].write_all(OPTIONS).await.unwrap();
    let flow = rig.message().await;

    assert!(!matches!(end, Ok(1..)), "{end:?}");
    assert!(matches!(told[..], [Input::FlowClosed(_)]), "{told:?}");
    assert_eq!(gateways(&flow), ["gw1"]);
    let event = rig.event().await;
    assert_eq!((event.id, fact(&event, "limit")), (2015, "256 connections of one gateway"));
    assert_eq!(fact(&event, "source"), oldest.get_ref().0.local_addr().unwrap().to_string());
}

/// The certificate that a peer is shown at this address, or what its library says.
async fn shown_at(rig: &Rig, address: SocketAddr) -> Result<String, String> {
    let mut policy = PeerPolicy::new("um");
    let store = CertificateStore::load(&rig.folder.path().join("certificates"));
    policy.pins.extend(
        store
            .candidates()
            .iter()
            .map(|candidate| Pin::from_pem(&candidate.identity.as_ref().unwrap().chain_pem()).unwrap()),
    );
    let asked = Arc::new(PeerPolicies::new(vec![policy], Vec::new(), Arc::default()));
    let (config, verdict) = connect_config(&rig.gateway, asked, Timestamp::now()).unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("um.example.com").unwrap();
    match TlsConnector::from(config).connect(name, stream).await {
        Ok(_) => match verdict.get() {
            Some(Verdict::Known { facts, .. }) => Ok(facts.sha256.clone()),
            other => Err(format!("{other:?}")),
        },
        Err(error) => Err(error.to_string()),
    }
}

fn with_listener_of_partner(config: &mut ServerConfig) {
    let listen = vec![Ipv4Addr::LOCALHOST.into()];
    config.sip.listeners.push(TlsListener { listen, tls_port: 0, owner: "partner".to_owned() });
}

#[tokio::test]
async fn swapped_certificate_is_shown_by_the_next_handshake_and_the_open_connection_lives_on() {
    let mut rig = Rig::new(|_| {});
    let mut open = rig.connect(&rig.gateway).await;
    let mut store = CertificateStore::load(&rig.folder.path().join("certificates"));
    let later = Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let longer = issue_self_signed(&IssueRequest::new("um.example.com", KeyKind::P256), later).unwrap();
    let longer = store.add(longer, Flags::default()).unwrap();

    rig.presenting.swap(compiled(&store));
    open.write_all(OPTIONS).await.unwrap();
    let flow = rig.message().await;
    let shown = shown_at(&rig, rig.listening.tls[0]).await;

    assert_eq!(gateways(&flow), ["gw1"]);
    assert_eq!(shown.as_ref(), Ok(&longer.facts().sha256));
}

#[tokio::test]
async fn listener_of_an_owner_shows_theirs_and_refuses_while_they_have_none() {
    let mut rig = Rig::new(with_listener_of_partner);
    let (owner, address) = rig.listening.owned[0].clone();

    let refused = shown_at(&rig, address).await.unwrap_err();
    let event = rig.event().await;
    let mut store = CertificateStore::load(&rig.folder.path().join("certificates"));
    let flags = Flags { owner: Some("partner".to_owned()), ..Flags::default() };
    let theirs = store.add(issued("um.partner.example"), flags).unwrap();
    rig.presenting.swap(compiled(&store));

    assert_eq!(&*owner, "partner");
    assert!(refused.contains("HandshakeFailure"), "{refused}");
    assert_eq!((event.id, fact(&event, "owner")), (2040, "partner"));
    assert_eq!(shown_at(&rig, address).await.as_ref(), Ok(&theirs.facts().sha256));
    assert_eq!(shown_at(&rig, rig.listening.tls[0]).await.as_ref(), Ok(&rig.own.facts().sha256));
}
