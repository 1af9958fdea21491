use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use admin_api::{CallCounts, LiveCall, MediaFacts, ServerState, SipFacts};
use arc_swap::ArcSwap;
use batch_udp::Path;
use call_control::{AddressBook, CallKey, CallSnapshot, GatewayReport, LampReport, TestCallSeen};
use dashmap::DashMap;
use jiff::Timestamp;
use mailbox::{DiskState, MailboxId};
use sip_signaling::{PeerName, Transport, TransportClass};
use telephony::{Event, kind};
use tokio::sync::watch;

use crate::config::{MediaAddress, Program, ServerConfig};

/// What readers look at without asking the core: live calls, and facts of the process. One writer each.
pub struct Board {
    calls: DashMap<CallKey, LiveCall>,
    probed: DashMap<(PeerName, TransportClass), GatewayReport>,
    lamps: DashMap<MailboxId, LampReport>,
    program: Program,
    data_dir: String,
    socket: String,
    media: MediaFacts,
    changing: RwLock<Changing>,
    addresses: ArcSwap<AddressBook>,
    taken: AtomicU64,
    refused: AtomicU64,
    messages_stored: AtomicU64,
    test_call: watch::Sender<Option<TestCallSeen>>,
    disk: watch::Sender<DiskState>,
    call_limit: usize,
}

/// What changes a few times in the life of a process.
#[derive(Clone, Debug)]
struct Changing {
    state: ServerState,
    started: Option<Timestamp>,
    sip: SipFacts,
    provisioning: Vec<String>,
    revocation_list: Vec<String>,
    health: Vec<String>,
}

impl Board {
    /// The board of a server that is starting, whose media takes `path`.
    pub fn new(config: &ServerConfig, path: Path) -> Self {
        let address = match config.media.address {
            MediaAddress::Auto => "auto".to_owned(),
            MediaAddress::Fixed(address) => address.to_string(),
        };
        Self {
            calls: DashMap::new(),
            probed: DashMap::new(),
            lamps: DashMap::new(),
            program: config.program.clone(),
            data_dir: config.data_dir.display().to_string(),
            socket: config.admin.socket.display().to_string(),
            media: MediaFacts {
                ports: config.media.ports.to_string(),
                address: config.media.advertise.map_or(address, |advertised| advertised.to_string()),
                workers: std::thread::available_parallelism().map_or(1, usize::from),
                io: path.word().to_owned(),
            },
            changing: RwLock::new(Changing {
                state: ServerState::Starting,
                started: None,
                sip: SipFacts { domain: config.sip.domain.clone(), ..SipFacts::default() },
                provisioning: Vec::new(),
                revocation_list: Vec::new(),
                health: Vec::new(),
            }),
            addresses: ArcSwap::default(),
            taken: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            messages_stored: AtomicU64::new(0),
            test_call: watch::Sender::default(),
            disk: watch::Sender::new(DiskState::Ample),
            call_limit: config.max_calls,
        }
    }

    /// Calls are taken from now on, at these real addresses.
    pub fn ready(&self, listening: &[(Transport, SocketAddr)], at: Timestamp) {
        let port = |wanted: fn(Transport) -> bool| {
            listening.iter().find(|(transport, _)| wanted(*transport)).map(|(_, address)| address.port())
        };
        let mut listen: Vec<String> = Vec::new();
        for (_, address) in listening {
            let address = address.to_string();
            if !listen.contains(&address) {
                listen.push(address);
            }
        }
        let mut changing = self.changing.write().unwrap_or_else(PoisonError::into_inner);
        changing.state = ServerState::Ready;
        changing.started = Some(at);
        changing.sip.listen = listen;
        changing.sip.port = port(|transport| transport != Transport::Tls);
        changing.sip.tls_port = port(|transport| transport == Transport::Tls);
        changing.sip.udp = listening.iter().any(|(transport, _)| *transport == Transport::Udp);
    }

    /// Devices are served at these addresses.
    pub fn provisions_at(&self, addresses: &[SocketAddr]) {
        let mut changing = self.changing.write().unwrap_or_else(PoisonError::into_inner);
        changing.provisioning = addresses.iter().map(SocketAddr::to_string).collect();
    }

    /// The revocation list of our CA is served at these addresses.
    pub fn serves_list_at(&self, addresses: &[SocketAddr]) {
        let mut changing = self.changing.write().unwrap_or_else(PoisonError::into_inner);
        changing.revocation_list =
            addresses.iter().map(|address| format!("http://{address}/ca.crl")).collect();
    }

    /// Metrics and health are served at these addresses.
    pub fn serves_health_at(&self, addresses: &[SocketAddr]) {
        let mut changing = self.changing.write().unwrap_or_else(PoisonError::into_inner);
        changing.health = addresses.iter().map(|address| format!("http://{address}/metrics")).collect();
    }

    /// Where metrics are served.
    pub fn health(&self) -> Vec<String> {
        self.changing.read().unwrap_or_else(PoisonError::into_inner).health.clone()
    }

    /// The disk under the mailboxes has crossed a mark.
    pub fn disk_is(&self, state: DiskState) {
        self.disk.send_replace(state);
    }

    /// At which mark the disk under the mailboxes is.
    pub fn disk(&self) -> DiskState {
        *self.disk.borrow()
    }

    /// Calls that may be up at once.
    pub fn call_limit(&self) -> usize {
        self.call_limit
    }

    /// Where the revocation list of our CA is served.
    pub fn revocation_list(&self) -> Vec<String> {
        self.changing.read().unwrap_or_else(PoisonError::into_inner).revocation_list.clone()
    }

    /// Where devices are served.
    pub fn provisioning(&self) -> Vec<String> {
        self.changing.read().unwrap_or_else(PoisonError::into_inner).provisioning.clone()
    }

    /// The addresses of the gateways as the resolver knows them now.
    pub fn publish_addresses(&self, book: Arc<AddressBook>) {
        self.addresses.store(book);
    }

    /// The addresses of the gateways as they were published last.
    pub fn addresses(&self) -> Arc<AddressBook> {
        self.addresses.load_full()
    }

    /// A call over the test line is over.
    pub fn test_call_over(&self, seen: TestCallSeen) {
        self.test_call.send_replace(Some(seen));
    }

    /// The last call over the test line.
    pub fn test_call(&self) -> watch::Receiver<Option<TestCallSeen>> {
        self.test_call.subscribe()
    }

    /// No new calls from now on.
    pub fn draining(&self) {
        self.changing.write().unwrap_or_else(PoisonError::into_inner).state = ServerState::Draining;
    }

    /// A call began or moved on.
    pub fn update(&self, call: &CallSnapshot) {
        let started = match self.calls.get(&call.key) {
            Some(known) => known.started,
            None => {
                self.taken.fetch_add(1, Ordering::Relaxed);
                Timestamp::now()
            }
        };
        self.calls.insert(call.key, shown(call, started));
    }

    /// A call is over.
    pub fn remove(&self, call: CallKey) {
        self.calls.remove(&call);
    }

    /// A probe of a gateway has ended.
    pub fn gateway_probed(&self, report: GatewayReport) {
        self.probed.insert((Arc::clone(&report.gateway), report.transport.class()), report);
    }

    /// A gateway is no longer probed over this class.
    pub fn gateway_unprobed(&self, gateway: &PeerName, class: TransportClass) {
        self.probed.remove(&(Arc::clone(gateway), class));
    }

    /// What the last probes of a gateway found: clear before TLS.
    pub fn probes_of(&self, gateway: &str) -> Vec<GatewayReport> {
        let gateway = PeerName::from(gateway);
        [TransportClass::Clear, TransportClass::Tls]
            .into_iter()
            .filter_map(|class| {
                self.probed.get(&(Arc::clone(&gateway), class)).map(|entry| entry.value().clone())
            })
            .collect()
    }

    /// How a lamp stands has changed.
    pub fn lamp_changed(&self, report: LampReport) {
        self.lamps.insert(report.mailbox, report);
    }

    /// A lamp is no more.
    pub fn lamp_gone(&self, mailbox: MailboxId) {
        self.lamps.remove(&mailbox);
    }

    /// How the lamps stand, of one plan and extension or of all; by plan and extension.
    pub fn lamps(&self, dial_plan: Option<&str>, extension: Option<&str>) -> Vec<LampReport> {
        let mut lamps: Vec<LampReport> = self
            .lamps
            .iter()
            .filter(|lamp| dial_plan.is_none_or(|plan| lamp.dial_plan == plan))
            .filter(|lamp| extension.is_none_or(|extension| lamp.extension == extension))
            .map(|lamp| lamp.value().clone())
            .collect();
        let place =
            |lamp: &LampReport| (lamp.dial_plan.clone(), lamp.extension.len(), lamp.extension.clone());
        lamps.sort_by_cached_key(place);
        lamps
    }

    /// Counts what events tell: refused calls and stored messages.
    pub fn count(&self, event: &Event) {
        if event.kind.id == kind::CALL_REJECTED.id {
            self.refused.fetch_add(1, Ordering::Relaxed);
        } else if event.kind.id == kind::MESSAGE_STORED.id {
            self.messages_stored.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The live calls, of one gateway or of all, by id.
    pub fn calls(&self, gateway: Option<&str>) -> Vec<LiveCall> {
        let mut calls: Vec<LiveCall> = self
            .calls
            .iter()
            .filter(|entry| gateway.is_none_or(|gateway| entry.gateway == gateway))
            .map(|entry| entry.value().clone())
            .collect();
        calls.sort_by_key(|call| call.id);
        calls
    }

    /// One live call.
    pub fn call(&self, id: u64) -> Option<LiveCall> {
        self.calls.get(&CallKey(id)).map(|entry| entry.value().clone())
    }

    /// How many calls of a gateway are up.
    pub fn calls_of(&self, gateway: &str) -> u64 {
        let count = self.calls.iter().filter(|entry| entry.gateway == gateway).count();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// Calls in numbers.
    pub fn counts(&self) -> CallCounts {
        CallCounts {
            live: u64::try_from(self.calls.len()).unwrap_or(u64::MAX),
            taken: self.taken.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            messages_stored: self.messages_stored.load(Ordering::Relaxed),
        }
    }

    /// State, since when, and what SIP listens on.
    pub fn state(&self) -> (ServerState, Option<Timestamp>, SipFacts) {
        let changing = self.changing.read().unwrap_or_else(PoisonError::into_inner).clone();
        (changing.state, changing.started, changing.sip)
    }

    /// The RTP side.
    pub fn media(&self) -> &MediaFacts {
        &self.media
    }

    /// Which program this is.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The data folder and the management socket.
    pub fn places(&self) -> (&str, &str) {
        (&self.data_dir, &self.socket)
    }
}

fn shown(call: &CallSnapshot, started: Timestamp) -> LiveCall {
    let transport = match call.transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
        Transport::Tls => "TLS",
    };
    LiveCall {
        id: call.key.0,
        sip_call_id: call.call_id.clone(),
        gateway: call.gateway.clone(),
        dial_plan: call.dial_plan.clone(),
        mailbox: call.extension.as_ref().map(|extension| format!("{extension}@{}", call.dial_plan)),
        caller: call.caller.clone(),
        caller_name: call.caller_name.clone(),
        transport: transport.to_owned(),
        stage: call.stage.word().to_owned(),
        started,
    }
}
