//! Peer certificates of every kind, shown by a client of ours and by a server that we connect to, in TLS 1.2 and 1.3: the
//! verdict, the alert on the wire and the words of the reason.

use std::fmt::Write as _;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose as Purpose,
    GeneralSubtree, IsCa, KeyPair, NameConstraints, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SanType,
    SerialNumber,
};
use rustls::{
    AlertDescription, Error,
    sign::{CertifiedKey, SingleCertAndKey},
};

use super::{
    tests::{client, server, shake_hands},
    *,
};
use crate::{
    crl::RevocationLists,
    issue::{IssueRequest, issue_self_signed},
    key_kind::KeyKind,
    mint::{Authority, Minted, SHA_1, VERSION_1, dns, expired, not_yet_valid, now, uri},
    policy::{Enforcement, PeerPolicy, RevocationDemand},
    verdict::Verdict,
};

const GW1: &str = "gw1.example.com";
const REVOKED: u64 = 0x66;

/// The CAs of all rows. Company, Old and Silent count for every gateway; Old's list is stale, Silent has none.
struct World {
    company: Authority,
    old_list: Authority,
    silent: Authority,
    past: Authority,
    partner: Authority,
    stranger: Authority,
    issuer: Authority,
    revoked_issuer: Authority,
    pinned_key: KeyPair,
    lists: Arc<RevocationLists>,
}

/// Who shows what, what is asked of gw1, and what becomes of it when it is the client and when it is the server.
struct Row {
    what: &'static str,
    shows: fn(&World) -> Minted,
    asked: fn(&mut PeerPolicy, &World, &Minted),
    inbound: &'static str,
    outbound: &'static str,
}

impl World {
    fn new() -> Self {
        let company = Authority::root("Company Root");
        let revoked_issuer = company.intermediate("Revoked Issuer", |parameters| {
            parameters.serial_number = Some(SerialNumber::from(REVOKED));
        });
        let old_list = Authority::root("Old List Root");
        let lists = vec![
            company.revocations(&[1, REVOKED, 0x77], (2030, 2, 1)),
            old_list.revocations(&[REVOKED], (2029, 12, 31)),
        ];
        Self {
            issuer: company.intermediate("Company Issuer", |_| {}),
            revoked_issuer,
            company,
            old_list,
            silent: Authority::root("Silent Root"),
            past: Authority::root_with("Past Root", expired),
            partner: Authority::root("Partner Root"),
            stranger: Authority::root("Stranger Root"),
            pinned_key: KeyPair::generate().unwrap(),
            lists: Arc::new(RevocationLists::new(lists)),
        }
    }

    /// gw1 as the row wants it, gw2 beside it.
    fn policies(&self, row: &Row, minted: &Minted, peers: usize) -> Arc<PeerPolicies> {
        let peer = |number| PeerPolicy {
            fqdn: Some(format!("gw{number}.example.com")),
            ..PeerPolicy::new(&format!("gw{number}"))
        };
        let mut gw1 = peer(1);
        (row.asked)(&mut gw1, self, minted);
        let roots = [&self.company, &self.old_list, &self.silent, &self.past].map(Authority::trusted);
        let peers = [gw1, peer(2)].into_iter().take(peers).collect();
        Arc::new(PeerPolicies::new(peers, roots.to_vec(), Arc::clone(&self.lists)))
    }
}

fn named(change: impl FnOnce(&mut CertificateParams)) -> impl FnOnce(&mut CertificateParams) {
    move |parameters| {
        parameters.subject_alt_names = vec![dns(GW1)];
        change(parameters);
    }
}

fn for_purposes(purposes: Vec<Purpose>) -> impl FnOnce(&mut CertificateParams) {
    named(move |parameters| parameters.extended_key_usages = purposes)
}

fn with_names(names: Vec<SanType>) -> impl FnOnce(&mut CertificateParams) {
    move |parameters| parameters.subject_alt_names = names
}

fn called_gw1(names: Vec<SanType>) -> impl FnOnce(&mut CertificateParams) {
    move |parameters| {
        parameters.distinguished_name = DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, GW1);
        parameters.subject_alt_names = names;
    }
}

fn revoked(parameters: &mut CertificateParams) {
    parameters.subject_alt_names = vec![dns(GW1)];
    parameters.serial_number = Some(SerialNumber::from(REVOKED));
}

fn ca(parameters: &mut CertificateParams) {
    parameters.subject_alt_names = vec![dns(GW1)];
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

fn nothing(_: &mut PeerPolicy, _: &World, _: &Minted) {}

fn observe(peer: &mut PeerPolicy, _: &World, _: &Minted) {
    peer.enforcement = Enforcement::Observe;
}

fn hard(peer: &mut PeerPolicy, _: &World, _: &Minted) {
    peer.revocation = RevocationDemand::Hard;
}

fn hard_observe(peer: &mut PeerPolicy, _: &World, _: &Minted) {
    peer.revocation = RevocationDemand::Hard;
    peer.enforcement = Enforcement::Observe;
}

fn pin(peer: &mut PeerPolicy, _: &World, minted: &Minted) {
    peer.pins.push(minted.pinned());
}

fn rows() -> Vec<Row> {
    let mut rows = purposes();
    rows.extend(names());
    rows.extend(chains());
    rows.extend(revocation());
    rows.extend(trust());
    rows
}

macro_rules! rows {
    ($($what:literal: $shows:expr, $asked:expr => $inbound:literal / $outbound:literal;)+) => {
        vec![$(Row { what: $what, shows: $shows, asked: $asked, inbound: $inbound, outbound: $outbound }),+]
    };
}

fn purposes() -> Vec<Row> {
    rows! {
        "both purposes": |w| w.company.issue(GW1), nothing => "known" / "known";
        "no extended key usage": |w| w.company.issue_with(for_purposes(vec![])), nothing => "known" / "known";
        "any purpose": |w| w.company.issue_with(for_purposes(vec![Purpose::Any])), nothing => "known" / "known";
        "sipDomain": |w| w.company.issue_with(for_purposes(vec![Purpose::Other(vec![1, 3, 6, 1, 5, 5, 7, 3, 20])])),
            nothing => "known" / "known";
        "clientAuth only": |w| w.company.issue_with(for_purposes(vec![Purpose::ClientAuth])), nothing =>
            "known" / "unsupported_certificate: is made for TLS clients only (extended key usage: clientAuth)";
        "serverAuth only": |w| w.company.issue_with(for_purposes(vec![Purpose::ServerAuth])), nothing =>
            "unsupported_certificate: run `um gateway set NAME --accept-server-eku`" / "known";
        "serverAuth only, accepted": |w| w.company.issue_with(for_purposes(vec![Purpose::ServerAuth])),
            |peer, _, _| peer.accept_server_eku = true => "known" / "known";
        "serverAuth only, observed": |w| w.company.issue_with(for_purposes(vec![Purpose::ServerAuth])), observe =>
            "known but for client-auth" / "known";
        "clientAuth only, observed": |w| w.company.issue_with(for_purposes(vec![Purpose::ClientAuth])), observe =>
            "known" / "unsupported_certificate: is made for TLS clients only";
        "codeSigning": |w| w.company.issue_with(for_purposes(vec![Purpose::CodeSigning])), nothing =>
            "unsupported_certificate: is not made for TLS (extended key usage: codeSigning)"
            / "unsupported_certificate: is not made for TLS (extended key usage: codeSigning)";
        "codeSigning, observed": |w| w.company.issue_with(for_purposes(vec![Purpose::CodeSigning])), observe =>
            "unsupported_certificate: is not made for TLS" / "unsupported_certificate: is not made for TLS";
        "issuer for servers only": |w| {
            let issuer = w.company.intermediate("Server Issuer", |p| p.extended_key_usages = vec![Purpose::ServerAuth]);
            issuer.issue(GW1).with(&issuer)
        }, nothing => "unsupported_certificate: a CA above CN=a gateway issues for TLS servers only" / "known";
        "P-384": |w| w.company.issue_by(&KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap(), named(|_| {})),
            nothing => "known" / "known";
        "Ed25519": |w| w.company.issue_by(&KeyPair::generate_for(&PKCS_ED25519).unwrap(), named(|_| {})),
            nothing => "known" / "known";
    }
}

fn names() -> Vec<Row> {
    rows! {
        "name in capitals": |w| w.company.issue("GW1.Example.COM"), nothing => "known" / "known";
        "sip URI": |w| w.company.issue_with(with_names(vec![uri("sip:gw1.example.com")])), nothing => "known" / "known";
        "sip URI with user": |w| w.company.issue_with(with_names(vec![uri("sip:a@gw1.example.com")])), nothing =>
            "unnamed" / "bad_certificate: the certificate names sip:a@gw1.example.com, not gw1.example.com";
        "sip URI of another before DNS": |w|
            w.company.issue_with(with_names(vec![dns(GW1), uri("sip:gw9.example.com")])), nothing =>
            "unnamed" / "bad_certificate: connect to the right host";
        "wildcard": |w| w.company.issue("*.example.com"), nothing =>
            "unnamed" / "bad_certificate: the certificate names *.example.com, not gw1.example.com";
        "another host": |w| w.company.issue("pbx.example.com"), nothing =>
            "unnamed" / "bad_certificate: the certificate names pbx.example.com, not gw1.example.com";
        "another host, observed": |w| w.company.issue("pbx.example.com"), observe =>
            "unnamed" / "bad_certificate: the certificate names pbx.example.com, not gw1.example.com";
        "name of a part": |w| w.company.issue("a.gw1.example.com"), nothing =>
            "unnamed" / "bad_certificate: not gw1.example.com";
        "address only": |w| w.company.issue_with(with_names(vec![SanType::IpAddress([192, 0, 2, 1].into())])),
            nothing => "unnamed" / "bad_certificate: the certificate names 192.0.2.1, not gw1.example.com";
        "CN only": |w| w.company.issue_with(called_gw1(vec![])), nothing =>
            "unnamed" / "bad_certificate: the certificate names gw1.example.com, not gw1.example.com";
        "CN only, accepted": |w| w.company.issue_with(called_gw1(vec![])), |peer, _, _| peer.accept_cn = true =>
            "known" / "known";
        "CN only, observed": |w| w.company.issue_with(called_gw1(vec![])), observe =>
            "known but for subject-alt-name" / "known but for subject-alt-name";
        "CN beside another SAN": |w| w.company.issue_with(called_gw1(vec![dns("pbx.example.com")])),
            |peer, _, _| peer.accept_cn = true =>
            "unnamed" / "bad_certificate: the certificate names pbx.example.com";
        "no name": |w| w.company.issue_with(|_| {}), nothing => "unnamed" / "bad_certificate: not gw1.example.com";
    }
}

fn chains() -> Vec<Row> {
    rows! {
        "expired": |w| w.company.issue_with(named(expired)), nothing =>
            "certificate_expired: expired on 2029-12-31" / "certificate_expired: expired on 2029-12-31";
        "expired, observed": |w| w.company.issue_with(named(expired)), observe =>
            "certificate_expired: renew it at the peer" / "certificate_expired: renew it at the peer";
        "not yet valid": |w| w.company.issue_with(named(not_yet_valid)), nothing =>
            "certificate_expired: is not valid before 2030-01-02" / "certificate_expired: check the clocks";
        "stranger's CA": |w| w.stranger.issue(GW1), nothing =>
            "unknown_ca: ends at no trusted root (its issuer is CN=Stranger Root)" / "unknown_ca: ends at no trusted root";
        "stranger's CA, observed": |w| w.stranger.issue(GW1), observe =>
            "unknown_ca: ends at no trusted root" / "unknown_ca: ends at no trusted root";
        "CA with the company's name": |_| Authority::root("Company Root").issue(GW1), nothing =>
            "bad_certificate: a signature in the chain" / "bad_certificate: a signature in the chain";
        "self-signed stranger": |_| Minted::self_signed(GW1), nothing =>
            "unknown_ca: run `um gateway approve GW " / "unknown_ca: is self-signed and is no pin";
        "self-signed stranger, expired": |_| Minted::self_signed_with(named(expired)), nothing =>
            "unknown_ca: is no pin; the certificate CN=a gateway expired on" / "unknown_ca: renew it at the peer";
        "version 1, no pin": |_| Minted::from_fixture(VERSION_1), nothing =>
            "unknown_ca: is self-signed" / "unknown_ca: is self-signed";
        "SHA-1, no pin": |_| Minted::from_fixture(SHA_1), nothing =>
            "unknown_ca: is self-signed" / "unknown_ca: is self-signed";
        "issuer sent": |w| w.issuer.issue(GW1).with(&w.issuer), nothing => "known" / "known";
        "issuer not sent": |w| w.issuer.issue(GW1), nothing =>
            "unknown_ca: let the peer send its intermediate certificates" / "unknown_ca: ends at no trusted root";
        "expired issuer": |w| {
            let issuer = w.company.intermediate("Old Issuer", expired);
            issuer.issue(GW1).with(&issuer)
        }, nothing => "certificate_expired: a CA certificate above" / "certificate_expired: a CA certificate above";
        "expired root": |w| w.past.issue(GW1), nothing =>
            "certificate_expired: a CA certificate above" / "certificate_expired: a CA certificate above";
        "issuer that is no CA": |w| {
            let issuer = w.company.intermediate("No CA", |p| p.is_ca = IsCa::ExplicitNoCa);
            issuer.issue(GW1).with(&issuer)
        }, nothing => "bad_certificate: does not verify" / "bad_certificate: does not verify";
        "issuer for other names": |w| {
            let issuer = w.company.intermediate("Narrow Issuer", |p| p.name_constraints = Some(NameConstraints {
                permitted_subtrees: vec![GeneralSubtree::DnsName("example.org".to_owned())],
                excluded_subtrees: Vec::new(),
            }));
            issuer.issue(GW1).with(&issuer)
        }, nothing => "bad_certificate: (name constraints)" / "bad_certificate: (name constraints)";
        "a CA's own": |w| w.company.issue_with(ca), nothing =>
            "bad_certificate: is a CA's own certificate" / "bad_certificate: is a CA's own certificate";
    }
}

fn revocation() -> Vec<Row> {
    rows! {
        "revoked": |w| w.company.issue_with(revoked), nothing =>
            "certificate_revoked: was revoked by its issuer (CN=Company Root)" / "certificate_revoked: (serial 66)";
        "revoked, observed": |w| w.company.issue_with(revoked), observe =>
            "certificate_revoked: have a new one issued" / "certificate_revoked: have a new one issued";
        "revoked on a stale list": |w| w.old_list.issue_with(revoked), nothing =>
            "certificate_revoked: CN=Old List Root" / "certificate_revoked: CN=Old List Root";
        "revoked issuer": |w| w.revoked_issuer.issue(GW1).with(&w.revoked_issuer), nothing =>
            "certificate_revoked: or a CA above it" / "certificate_revoked: or a CA above it";
        "serial of a revoked one of another CA": |w| w.silent.issue_with(revoked), nothing => "known" / "known";
        "fresh list, hard": |w| w.company.issue(GW1), hard => "known" / "known";
        "no list": |w| w.silent.issue(GW1), nothing => "known" / "known";
        "no list, hard": |w| w.silent.issue(GW1), hard =>
            "bad_certificate: no revocation list of CN=Silent Root is known" / "bad_certificate: um trust crl";
        "no list, hard, observed": |w| w.silent.issue(GW1), hard_observe =>
            "known but for revocation-list" / "known but for revocation-list";
        "stale list": |w| w.old_list.issue(GW1), nothing => "known" / "known";
        "stale list, hard": |w| w.old_list.issue(GW1), hard =>
            "bad_certificate: the next one was due on 2029-12-31" / "bad_certificate: is stale";
        "stale list, hard, observed": |w| w.old_list.issue(GW1), hard_observe =>
            "known but for revocation-list" / "known but for revocation-list";
        "no list of the issuer, hard": |w| w.issuer.issue(GW1).with(&w.issuer), hard =>
            "bad_certificate: no revocation list of CN=Company Issuer is known" / "bad_certificate: CN=Company Issuer";
        "everything observed": |w| w.silent.issue_with(|parameters| {
            called_gw1(vec![])(parameters);
            parameters.extended_key_usages = vec![Purpose::ServerAuth];
        }), hard_observe =>
            "known but for client-auth, revocation-list, subject-alt-name"
            / "known but for revocation-list, subject-alt-name";
    }
}

fn trust() -> Vec<Row> {
    rows! {
        "partner's CA": |w| w.partner.issue(GW1), |peer, w, _| peer.roots.push(w.partner.trusted()) =>
            "known" / "known";
        "partner's CA for another gateway": |w| w.partner.issue("gw2.example.com"),
            |peer, w, _| peer.roots.push(w.partner.trusted()) =>
            "unnamed" / "bad_certificate: the certificate names gw2.example.com";
        "partner's CA, company shut out": |w| w.partner.issue(GW1), |peer, w, _| {
            peer.roots.push(w.partner.trusted());
            peer.own_roots_only = true;
        } => "known" / "known";
        "company shut out": |w| w.company.issue(GW1), |peer, _, _| peer.own_roots_only = true =>
            "unnamed" / "unknown_ca: ends at a root that counts for no gateway";
        "two roots at once": |w| w.stranger.issue(GW1), |peer, w, _| {
            peer.roots.extend([w.partner.trusted(), w.stranger.trusted()]);
        } => "known" / "known";
        "pin": |_| Minted::self_signed("pbx.example.com"), pin => "known" / "known";
        "pin of a CA": |_| Minted::self_signed_with(ca), pin => "known" / "known";
        "pin of version 1": |_| Minted::from_fixture(VERSION_1), pin => "known" / "known";
        "pin with SHA-1": |_| Minted::from_fixture(SHA_1), pin => "known" / "known";
        "pin for code signing": |_| Minted::self_signed_with(for_purposes(vec![Purpose::CodeSigning])), pin =>
            "known" / "known";
        "pin, hard": |w| w.silent.issue("pbx.example.com"), |peer, w, minted| {
            pin(peer, w, minted);
            hard(peer, w, minted);
        } => "known" / "known";
        "pin, expired": |_| Minted::self_signed_with(named(expired)), pin =>
            "certificate_expired: renew it at the peer" / "certificate_expired: renew it at the peer";
        "pin, not yet valid": |_| Minted::self_signed_with(named(not_yet_valid)), pin =>
            "certificate_expired: check the clocks" / "certificate_expired: check the clocks";
        "pin, revoked": |w| w.company.issue_with(revoked), pin =>
            "certificate_revoked: have a new one issued" / "certificate_revoked: have a new one issued";
        "new certificate for a pinned key": |w| Minted::self_signed_by(&w.pinned_key, named(|_| {})),
            |peer, w, _| peer.pins.push(Minted::self_signed_by(&w.pinned_key, expired).pinned()) =>
            "known" / "known";
        "two pins at once": |_| Minted::self_signed(GW1), |peer, _, minted| {
            peer.pins.extend([Minted::self_signed("old.example.com").pinned(), minted.pinned()]);
        } => "known" / "known";
        "pin of another": |_| Minted::self_signed(GW1),
            |peer, _, _| peer.pins.push(Minted::self_signed(GW1).pinned()) =>
            "unknown_ca: is self-signed and is no pin" / "unknown_ca: is self-signed and is no pin";
    }
}

/// The verdict as the table writes it, its reason whole.
fn told(verdict: Option<&Verdict>) -> String {
    match verdict {
        Some(Verdict::Known { peers, waived, .. }) => {
            assert_eq!(**peers, ["gw1".into()]);
            let mut told = "known".to_owned();
            for (place, waiver) in waived.iter().enumerate() {
                write!(told, "{} {}", if place == 0 { " but for" } else { "," }, waiver.demand).unwrap();
            }
            told
        }
        Some(Verdict::Unnamed { .. }) => "unnamed".to_owned(),
        Some(Verdict::Refused(refusal)) => format!("{}: {}", refusal.alert, refusal.reason),
        None => "nobody asked".to_owned(),
    }
}

/// The alert that the peer got, by its name in the registry.
fn heard(end: &Result<(), Error>) -> Option<&'static str> {
    use AlertDescription as Alert;
    match end {
        Ok(()) => None,
        Err(Error::AlertReceived(Alert::UnknownCA)) => Some("unknown_ca"),
        Err(Error::AlertReceived(Alert::CertificateExpired)) => Some("certificate_expired"),
        Err(Error::AlertReceived(Alert::CertificateRevoked)) => Some("certificate_revoked"),
        Err(Error::AlertReceived(Alert::UnsupportedCertificate)) => Some("unsupported_certificate"),
        Err(Error::AlertReceived(Alert::BadCertificate)) => Some("bad_certificate"),
        Err(other) => panic!("{other:?}"),
    }
}

/// A server that shows `minted` and asks its clients for nothing.
fn showing(minted: &Minted, version: &'static SupportedProtocolVersion) -> Arc<ServerConfig> {
    let key = provider().key_provider.load_private_key(minted.key.clone_key()).unwrap();
    let certified = CertifiedKey::new(minted.chain.clone(), key);
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    Arc::new(config)
}

fn check(what: &str, expected: &str, told: &str, heard: Option<&str>) -> Result<(), String> {
    let fits = match expected.split_once(": ") {
        None => told == expected && heard.is_none(),
        Some((alert, words)) => {
            told.strip_prefix(alert).is_some_and(|reason| reason.contains(words)) && heard == Some(alert)
        }
    };
    if fits { Ok(()) } else { Err(format!("{what}: expected {expected}\n  told {told}\n  heard {heard:?}")) }
}

#[test]
fn every_peer_certificate_has_its_verdict_and_reason_in_both_directions() {
    let world = World::new();
    let own = issue_self_signed(&IssueRequest::new("um.example.com", KeyKind::P256), now()).unwrap();
    let rows = rows();
    let mut faults = Vec::new();

    for row in &rows {
        let minted = (row.shows)(&world);
        for (version, name) in [(&TLS12, "TLS 1.2"), (&TLS13, "TLS 1.3")] {
            let policies = world.policies(row, &minted, 2);
            let (accept, seen) = server().accept_config(policies, now()).unwrap();
            let inbound = shake_hands(accept, Arc::new(client(version, Some(&minted))));
            let (connect, found) = connect_config(&own, world.policies(row, &minted, 1), now()).unwrap();
            let outbound = shake_hands(showing(&minted, version), connect);

            let what = format!("{}, inbound {name}", row.what);
            faults.extend(check(&what, row.inbound, &told(seen.get()), heard(&inbound.client)).err());
            let what = format!("{}, outbound {name}", row.what);
            faults.extend(check(&what, row.outbound, &told(found.get()), heard(&outbound.server)).err());
        }
    }

    assert!(rows.len() >= 40, "{}", rows.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
