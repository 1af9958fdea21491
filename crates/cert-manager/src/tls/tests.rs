#![expect(clippy::indexing_slicing, reason = "a test may fail by panicking")]

use std::io;

use rcgen::{BasicConstraints, IsCa};
use rustls::{
    AlertDescription, ClientConnection, DigitallySignedStruct, Error, ServerConnection, SignatureScheme,
    client::ClientSessionMemoryCache,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    pki_types::{CertificateDer, ServerName},
    sign::{CertifiedKey, SingleCertAndKey},
};

use super::*;
use crate::{
    facts::CertificateFacts,
    failure::{amended_alert, explain_failure},
    issue::{IssueRequest, issue_self_signed},
    key_kind::KeyKind,
    mint::{Authority, Minted, SHA_1, VERSION_1, expired, now},
    policy::{PeerPolicy, Pin},
    verdict::Verdict,
};

const GW1: &str = "gw1.example.com";

/// A client that does not care who the server is.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

/// How a handshake ended on both sides.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) server: Result<(), Error>,
    pub(super) client: Result<(), Error>,
    resumed: bool,
    group: Option<rustls::NamedGroup>,
    last_from_server: Vec<u8>,
}

impl Outcome {
    fn alert(&self) -> Option<AlertDescription> {
        match self.client {
            Err(Error::AlertReceived(alert)) => Some(alert),
            Ok(()) | Err(_) => None,
        }
    }
}

pub(super) fn server() -> ServerTls {
    ServerTls::new(Arc::new(
        issue_self_signed(&IssueRequest::new("um.example.com", KeyKind::P256), now()).unwrap(),
    ))
}

pub(super) fn client(version: &'static SupportedProtocolVersion, shown: Option<&Minted>) -> ClientConfig {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone));
    match shown {
        None => builder.with_no_client_auth(),
        Some(minted) => {
            let key = provider().key_provider.load_private_key(minted.key.clone_key()).unwrap();
            let certified = CertifiedKey::new(minted.chain.clone(), key);
            builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified)))
        }
    }
}

/// Carries every flight to the other side until neither has anything to say.
pub(super) fn shake_hands(server: Arc<ServerConfig>, client: Arc<ClientConfig>) -> Outcome {
    let mut server = ServerConnection::new(server).unwrap();
    let mut client = ClientConnection::new(client, ServerName::try_from(GW1).unwrap()).unwrap();
    let mut outcome =
        Outcome { server: Ok(()), client: Ok(()), resumed: false, group: None, last_from_server: Vec::new() };
    loop {
        let mut to_server = Vec::new();
        let mut to_client = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut to_server).unwrap();
        }
        if outcome.server.is_ok() {
            take(&to_server, |bytes| server.read_tls(bytes));
            outcome.server = server.process_new_packets().map(|_| ());
        }
        while server.wants_write() {
            server.write_tls(&mut to_client).unwrap();
        }
        if to_server.is_empty() && to_client.is_empty() {
            outcome.group = client.negotiated_key_exchange_group().map(|group| group.name());
            outcome.resumed = client.handshake_kind() == Some(rustls::HandshakeKind::Resumed);
            return outcome;
        }
        if !to_client.is_empty() {
            outcome.last_from_server.clone_from(&to_client);
            if outcome.client.is_ok() {
                take(&to_client, |bytes| client.read_tls(bytes));
                outcome.client = client.process_new_packets().map(|_| ());
            }
        }
    }
}

fn take(mut bytes: &[u8], mut read: impl FnMut(&mut dyn io::Read) -> io::Result<usize>) {
    while !bytes.is_empty() {
        read(&mut bytes).unwrap();
    }
}

/// What a client that shows `shown` is told in TLS 1.2 and in TLS 1.3.
fn alerts(policies: PeerPolicies, shown: Option<&Minted>) -> [Option<AlertDescription>; 2] {
    let policies = Arc::new(policies);
    [&TLS12, &TLS13].map(|version| {
        let (config, _) = server().accept_config(Arc::clone(&policies), now()).unwrap();
        shake_hands(config, Arc::new(client(version, shown))).alert()
    })
}

fn peers(verdict: Option<&Verdict>) -> Vec<&str> {
    match verdict {
        Some(Verdict::Known { peers, .. }) => peers.iter().map(|peer| &**peer).collect(),
        other => panic!("{other:?}"),
    }
}

fn trusting(root: &Authority) -> PeerPolicies {
    let peer = PeerPolicy { fqdn: Some(GW1.to_owned()), ..PeerPolicy::new("gw1") };
    PeerPolicies::new(vec![peer], vec![root.trusted()], Arc::default())
}

fn pinning(minted: &Minted) -> PeerPolicies {
    let peer = PeerPolicy { pins: vec![minted.pinned()], ..PeerPolicy::new("gw1") };
    PeerPolicies::new(vec![peer], Vec::new(), Arc::default())
}

#[test]
fn each_refusal_has_its_alert_in_both_versions() {
    use AlertDescription as Alert;
    let root = Authority::root("Company Root");
    let both = |alert| [Some(alert); 2];

    assert_eq!(alerts(trusting(&root), Some(&root.issue(GW1))), [None; 2]);
    assert_eq!(alerts(trusting(&root), Some(&Minted::self_signed(GW1))), both(Alert::UnknownCA));
    let old = root.issue_with(expired);
    assert_eq!(alerts(trusting(&root), Some(&old)), both(Alert::CertificateExpired));
    let signing =
        root.issue_with(|p| p.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::CodeSigning]);
    assert_eq!(alerts(trusting(&root), Some(&signing)), both(Alert::UnsupportedCertificate));
    let ca = root.issue_with(|p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    assert_eq!(alerts(trusting(&root), Some(&ca)), both(Alert::BadCertificate));
}

#[test]
fn client_without_certificate_is_told_so_in_the_words_of_its_version() {
    let policies = Arc::new(trusting(&Authority::root("Company Root")));
    let attempt = |version| {
        let (config, cell) = server().accept_config(Arc::clone(&policies), now()).unwrap();
        let outcome = shake_hands(config, Arc::new(client(version, None)));
        (outcome, cell)
    };

    let (old, cell) = attempt(&TLS12);
    let (new, _) = attempt(&TLS13);

    // What rustls writes in TLS 1.2 is made right before it leaves.
    assert_eq!(amended_alert(&old.last_from_server), Some([21, 3, 3, 0, 2, 2, 40]));
    assert_eq!(new.alert(), Some(AlertDescription::CertificateRequired));
    assert_eq!(amended_alert(&new.last_from_server), None);
    let failure = explain_failure(&io::Error::other(old.server.unwrap_err()), &cell);
    assert_eq!(
        failure.reason,
        "the peer shows no certificate: give it one and let it authenticate as a TLS client (mutual TLS)"
    );
    assert_eq!(failure.facts, None);
}

#[test]
fn verdict_is_there_after_the_handshake() {
    let root = Authority::root("Company Root");
    let policies = Arc::new(trusting(&root));
    let verdict = |shown: &Minted| {
        let (config, cell) = server().accept_config(Arc::clone(&policies), now()).unwrap();
        let outcome = shake_hands(config, Arc::new(client(&TLS13, Some(shown))));
        (outcome, cell)
    };

    let (_, known) = verdict(&root.issue(GW1));
    let (unnamed_outcome, unnamed) = verdict(&root.issue("pbx.example.com"));
    let stranger = Minted::self_signed(GW1);
    let (refused_outcome, refused) = verdict(&stranger);

    assert_eq!(peers(known.get()), ["gw1"]);
    assert_eq!((unnamed_outcome.server, unnamed_outcome.client), (Ok(()), Ok(())));
    assert!(matches!(unnamed.get(), Some(Verdict::Unnamed { trusted_for, .. }) if trusted_for == &[GW1]));
    let failure = explain_failure(&io::Error::other(refused_outcome.server.unwrap_err()), &refused);
    assert_eq!(failure.alert, Some("unknown_ca"));
    let sha1 = &CertificateFacts::read(&stranger.chain[0]).unwrap().sha1;
    assert_eq!(
        failure.reason,
        format!(
            "the certificate CN=a gateway is self-signed and is no pin: if its thumbprint is the one that your gateway GW \
             shows, run `um gateway approve GW {sha1}`"
        )
    );
    assert_eq!(failure.facts.unwrap().dns_names, [GW1]);
}

#[test]
fn pinned_certificates_that_no_chain_may_hold_shake_hands_in_both_versions() {
    let ca = Minted::self_signed_with(|p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));

    for minted in [ca, Minted::from_fixture(VERSION_1), Minted::from_fixture(SHA_1)] {
        assert_eq!(alerts(pinning(&minted), Some(&minted)), [None; 2]);
    }
}

#[test]
fn pinned_certificate_without_its_key_proves_nothing() {
    let minted = Minted::self_signed(GW1);
    let thief = Minted { chain: minted.chain.clone(), key: Minted::self_signed(GW1).key };

    assert_eq!(alerts(pinning(&minted), Some(&thief)), [Some(AlertDescription::DecryptError); 2]);
}

#[test]
fn no_session_is_resumed_so_that_lost_trust_is_felt_at_once() {
    let minted = Minted::self_signed(GW1);
    let tls = server();

    for version in [&TLS12, &TLS13] {
        let mut config = client(version, Some(&minted));
        config.resumption = Resumption::store(Arc::new(ClientSessionMemoryCache::new(8)));
        let config = Arc::new(config);
        let attempt = |policies: PeerPolicies| {
            let (accept, _) = tls.accept_config(Arc::new(policies), now()).unwrap();
            shake_hands(accept, Arc::clone(&config))
        };

        let trusted = attempt(pinning(&minted));
        let again = attempt(pinning(&minted));
        let untrusted = attempt(PeerPolicies::default());

        assert_eq!((trusted.server, again.server, again.resumed), (Ok(()), Ok(()), false));
        assert_eq!(untrusted.alert(), Some(AlertDescription::UnknownCA));
    }
}

#[test]
fn certificate_request_names_no_ca() {
    let root = Authority::root("Company Root With A Name That Is Looked For");
    let minted = root.issue(GW1);
    let (config, _) = server().accept_config(Arc::new(trusting(&root)), now()).unwrap();
    let mut server = ServerConnection::new(config).unwrap();
    let mut client =
        ClientConnection::new(Arc::new(client(&TLS12, Some(&minted))), ServerName::try_from(GW1).unwrap())
            .unwrap();
    let mut bytes = Vec::new();

    client.write_tls(&mut bytes).unwrap();
    server.read_tls(&mut bytes.as_slice()).unwrap();
    server.process_new_packets().unwrap();
    let mut flight = Vec::new();
    while server.wants_write() {
        server.write_tls(&mut flight).unwrap();
    }

    let name = b"Company Root";
    assert!(!flight.windows(name.len()).any(|window| window == name));
}

#[test]
fn we_connect_to_the_gateway_that_its_certificate_proves_and_show_our_own() {
    let root = Authority::root("Company Root");
    let gateway = root.issue(GW1);
    let own = issue_self_signed(&IssueRequest::new("um.example.com", KeyKind::P256), now()).unwrap();
    let ours = PeerPolicy { pins: vec![Pin::from_pem(&own.chain_pem()).unwrap()], ..PeerPolicy::new("um") };
    let there = ServerTls::new(Arc::new(Identity::from_pem(&gateway.pem(), &gateway.key_pem()).unwrap()));
    let attempt = |fqdn: &str| {
        let policy = PeerPolicy { fqdn: Some(fqdn.to_owned()), ..PeerPolicy::new("gw1") };
        let gateways = PeerPolicies::new(vec![policy], vec![root.trusted()], Arc::default());
        let (connect, cell) = connect_config(&own, Arc::new(gateways), now()).unwrap();
        let policies = Arc::new(PeerPolicies::new(vec![ours.clone()], Vec::new(), Arc::default()));
        let (accept, seen) = there.accept_config(policies, now()).unwrap();
        (shake_hands(accept, connect), cell, seen)
    };

    let (right, cell, seen) = attempt(GW1);
    let (wrong, wrong_cell, _) = attempt("gw2.example.com");

    assert_eq!((right.server, right.client), (Ok(()), Ok(())));
    assert_eq!(peers(cell.get()), ["gw1"]);
    assert_eq!(peers(seen.get()), ["um"]);
    assert_eq!(wrong.server, Err(Error::AlertReceived(AlertDescription::BadCertificate)));
    let failure = explain_failure(&io::Error::other(wrong.client.unwrap_err()), &wrong_cell);
    assert_eq!(
        failure.reason,
        "the certificate names gw1.example.com, not gw2.example.com: connect to the right host, or have its \
         certificate reissued"
    );
}

/// The groups of an extension of a ClientHello that begins with a list of two-octet names.
fn extension(hello: &[u8], wanted: u16) -> &[u8] {
    let number = |at: usize| usize::from(u16::from_be_bytes([hello[at], hello[at + 1]]));
    // Record (5), handshake (4), version and random (34), session, suites, compression, length of extensions.
    let session = 43;
    let suites = session + 1 + usize::from(hello[session]);
    let compression = suites + 2 + number(suites);
    let mut at = compression + 1 + usize::from(hello[compression]) + 2;
    while at < hello.len() {
        let (kind, length) = (number(at), number(at + 2));
        if kind == usize::from(wanted) {
            return &hello[at + 4..at + 4 + length];
        }
        at += 4 + length;
    }
    panic!("no extension {wanted}");
}

#[test]
fn our_hello_brings_the_share_of_x25519_alone_and_lists_the_hybrid_last() {
    let own = issue_self_signed(&IssueRequest::new("um.example.com", KeyKind::P256), now()).unwrap();
    let (config, _) = connect_config(&own, Arc::new(PeerPolicies::default()), now()).unwrap();
    let mut client = ClientConnection::new(config, ServerName::try_from(GW1).unwrap()).unwrap();
    let mut hello = Vec::new();

    client.write_tls(&mut hello).unwrap();

    // X25519 0x001d, P-256 0x0017, P-384 0x0018, X25519MLKEM768 0x11ec (RFC 8446 4.2.7, 4.2.8).
    assert_eq!(extension(&hello, 10), [0, 8, 0, 0x1d, 0, 0x17, 0, 0x18, 0x11, 0xec]);
    let shares = extension(&hello, 51);
    assert_eq!((shares.len(), &shares[..6]), (38, [0, 36, 0, 0x1d, 0, 32].as_slice()));
    assert!(hello.len() < 1200, "the hello fits one segment: {}", hello.len());
}

#[test]
fn peer_that_prefers_the_hybrid_gets_it_on_either_side() {
    use rustls::{NamedGroup, crypto::aws_lc_rs::kx_group};
    let minted = Minted::self_signed(GW1);
    let policies = Arc::new(pinning(&minted));
    let hybrid = |groups: &[&'static dyn rustls::crypto::SupportedKxGroup]| {
        Arc::new(rustls::crypto::CryptoProvider { kx_groups: groups.to_vec(), ..(*provider()).clone() })
    };

    let (accept, _) = server().accept_config(Arc::clone(&policies), now()).unwrap();
    let mut there = client(&TLS13, Some(&minted));
    let first = [kx_group::X25519MLKEM768, kx_group::X25519];
    let mut builder = ClientConfig::builder_with_provider(hybrid(&first))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
        .with_no_client_auth();
    std::mem::swap(&mut builder.client_auth_cert_resolver, &mut there.client_auth_cert_resolver);
    let inbound = shake_hands(accept, Arc::new(builder));

    let own = issue_self_signed(&IssueRequest::new("um.example.com", KeyKind::P256), now()).unwrap();
    let (connect, _) = connect_config(&own, policies, now()).unwrap();
    let key = provider().key_provider.load_private_key(minted.key.clone_key()).unwrap();
    let certified = CertifiedKey::new(minted.chain.clone(), key);
    let only = ServerConfig::builder_with_provider(hybrid(&[kx_group::X25519MLKEM768]))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    let outbound = shake_hands(Arc::new(only), connect);

    assert_eq!((inbound.server, inbound.client), (Ok(()), Ok(())));
    assert_eq!(inbound.group, Some(NamedGroup::X25519MLKEM768));
    assert_eq!((outbound.server, outbound.client), (Ok(()), Ok(())));
    assert_eq!(outbound.group, Some(NamedGroup::X25519MLKEM768));
}

#[test]
fn clear_sip_on_the_tls_port_is_told_as_such() {
    let (config, cell) = server().accept_config(Arc::new(PeerPolicies::default()), now()).unwrap();
    let mut server = ServerConnection::new(config).unwrap();

    server.read_tls(&mut b"OPTIONS sip:um.example.com SIP/2.0\r\n".as_slice()).unwrap();
    let error = server.process_new_packets().unwrap_err();

    assert_eq!(
        explain_failure(&io::Error::other(error), &cell).reason,
        "the peer does not speak TLS: point clear SIP at port 5060"
    );
}

#[test]
fn device_shakes_hands_with_any_certificate_whose_key_it_has_and_with_none() {
    let config = || server().device_config(now()).unwrap();
    let stranger = Minted::self_signed_with(expired);
    let mut stolen = Minted::self_signed(GW1);
    stolen.chain.clone_from(&stranger.chain);

    for version in [&TLS12, &TLS13] {
        for shown in [None, Some(&stranger)] {
            let outcome = shake_hands(config(), Arc::new(client(version, shown)));
            assert_eq!((outcome.server, outcome.client), (Ok(()), Ok(())), "{version:?}");
        }
        let outcome = shake_hands(config(), Arc::new(client(version, Some(&stolen))));
        assert!(outcome.server.is_err(), "{version:?}");
    }
}
