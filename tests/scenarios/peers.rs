//! docs/security-modes.md section 1 over the real server: who is calling.

use caller::{
    Alert, CallPlan, CertificateRequest, Line, Purpose, TestAuthority, TestIdentity, TlsPlan, TlsVersion,
    Validity,
};
use um_tests::{DOMAIN, Server};

use crate::refusals::assert_bare;

/// `gw1.test` is trusted by its pin, `gw2.test` by the CA above it; both serve one SIPSecured plan.
struct Peers {
    server: Server,
    authority: TestAuthority,
    pinned: TestIdentity,
}

/// What the first request gets.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    /// Known: OPTIONS gets 200.
    Known,
    /// The handshake completes, OPTIONS gets the bare 403, and the connection closes.
    BareThenClosed,
    /// The handshake is refused with this alert.
    Alert(&'static str),
}

use Expected::{BareThenClosed, Known};

impl Peers {
    fn start() -> Self {
        let server = Server::start();
        let authority = TestAuthority::new("Example Root").unwrap();
        let pinned = TestIdentity::self_signed(&CertificateRequest::named("gw1.test")).unwrap();
        let pin = server.file("gw1.pem", pinned.certificate_pem());
        let root = server.file("root.pem", &authority.certificate_pem());
        server.um_ok(&[
            "dialplan",
            "create",
            "hq",
            "--extension-digits",
            "4",
            "--voip-security",
            "sip-secured",
        ]);
        for (name, address, file) in [("gw1", "gw1.test", &pin), ("gw2", "gw2.test", &root)] {
            server.um_ok(&[
                "gateway",
                "create",
                name,
                "--address",
                address,
                "--dialplan",
                "hq",
                "--trust",
                file,
            ]);
        }
        Self { server, authority, pinned }
    }

    fn plan(&self, identity: Option<&TestIdentity>, version: Option<TlsVersion>) -> CallPlan {
        let mut tls = TlsPlan::new(identity.cloned(), &self.server.certificate(), DOMAIN);
        tls.version = version;
        CallPlan::new(self.server.sip_over_tls(), "5000").over_tls(tls)
    }

    fn issued(&self, change: impl FnOnce(&mut CertificateRequest)) -> TestIdentity {
        let mut request = CertificateRequest::named("gw2.test");
        change(&mut request);
        self.authority.issue(&request).unwrap()
    }
}

/// Opens a connection and sends OPTIONS.
pub(crate) async fn ask(plan: CallPlan) -> anyhow::Result<(Line, caller::Answer)> {
    let mut line = Line::open(plan).await?;
    let answer = line.options().await?;
    Ok((line, answer))
}

pub(crate) async fn assert_got(what: &str, plan: CallPlan, expected: Expected) {
    let version = plan.tls.as_ref().unwrap().version;
    let asked = ask(plan).await;
    match (expected, asked) {
        (Known, Ok((line, answer))) => {
            assert_eq!((answer.status, line.tls_version()), (200, version), "{what}");
        }
        (BareThenClosed, Ok((mut line, answer))) => {
            assert_eq!(answer.status, 403, "{what}");
            assert_bare(&answer.bytes, answer.request_octets);
            let behind = line.receive().await;
            assert!(!matches!(behind, Ok(Some(_))), "{what}: {behind:?} behind the refusal");
        }
        (Expected::Alert(alert), Err(error)) => {
            let got = Alert::of(&error).map(|alert| alert.to_string());
            assert_eq!(got.as_deref(), Some(alert), "{what}: {error:#}");
        }
        (expected, Ok((_, answer))) => panic!("{what}: {} instead of {expected:?}", answer.status),
        (expected, Err(error)) => panic!("{what}: {error:#} instead of {expected:?}"),
    }
}

#[tokio::test]
async fn certificate_decides_who_calls_row_by_row_in_both_versions_of_tls() {
    let peers = Peers::start();
    let stranger = TestIdentity::self_signed(&CertificateRequest::named("gw2.test")).unwrap();
    let other_root = TestAuthority::new("Other Root").unwrap();
    let issued_elsewhere = other_root.issue(&CertificateRequest::named("gw2.test")).unwrap();
    let no_san = |request: &mut CertificateRequest| request.dns_names.clear();
    let named = |name: &'static str| {
        move |request: &mut CertificateRequest| request.dns_names = vec![name.to_owned()]
    };
    let rows = [
        ("the pinned certificate", peers.pinned.clone(), Known),
        ("a chain that names the gateway", peers.issued(|_| {}), Known),
        ("the same in other letters", peers.issued(named("GW2.Test")), Known),
        (
            "a chain that names it by URI",
            peers.issued(|request| {
                request.dns_names.clear();
                request.uris = vec!["sip:gw2.test".to_owned()];
            }),
            Known,
        ),
        ("a chain that names nobody", peers.issued(named("pbx.test")), BareThenClosed),
        ("a chain that names a gateway of another trust", peers.issued(named("gw1.test")), BareThenClosed),
        ("a chain with a wildcard", peers.issued(named("*.test")), BareThenClosed),
        ("a chain with the name in CN alone", peers.issued(no_san), BareThenClosed),
        ("an unknown root", issued_elsewhere, Expected::Alert("unknown_ca")),
        ("a stranger's self-signed certificate", stranger, Expected::Alert("unknown_ca")),
        (
            "an expired chain",
            peers.issued(|request| request.validity = Validity::Expired),
            Expected::Alert("certificate_expired"),
        ),
        (
            "a chain of the future",
            peers.issued(|request| request.validity = Validity::NotYet),
            Expected::Alert("certificate_expired"),
        ),
        (
            "a certificate for servers",
            peers.issued(|request| request.purpose = Purpose::Server),
            Expected::Alert("unsupported_certificate"),
        ),
        (
            "a certificate for mail",
            peers.issued(|request| request.purpose = Purpose::Mail),
            Expected::Alert("unsupported_certificate"),
        ),
    ];
    for version in [TlsVersion::Tls12, TlsVersion::Tls13] {
        for (what, identity, expected) in &rows {
            let what = format!("{what}, {version:?}");
            assert_got(&what, peers.plan(Some(identity), Some(version)), *expected).await;
        }
    }

    let event = peers.server.event(2013, |fields| fields.to_string().contains("pbx.test"));
    assert!(event["fields"].to_string().contains("gw2.test"), "{event}");
    peers.server.event(1113, |fields| fields.to_string().contains("gw2.test"));
}

#[tokio::test]
async fn no_certificate_is_refused_with_the_alert_of_each_version() {
    let peers = Peers::start();

    let required = Expected::Alert("certificate_required");
    assert_got("TLS 1.3", peers.plan(None, Some(TlsVersion::Tls13)), required).await;
    let failure = Expected::Alert("handshake_failure");
    assert_got("TLS 1.2", peers.plan(None, Some(TlsVersion::Tls12)), failure).await;

    peers.server.event(1113, |_| true);
}

#[tokio::test]
async fn name_in_cn_alone_counts_with_accept_cn() {
    let peers = Peers::start();
    peers.server.um_ok(&["gateway", "set", "gw2", "--accept-cn"]);
    let identity = peers.issued(|request| request.dns_names.clear());

    assert_got("CN", peers.plan(Some(&identity), Some(TlsVersion::Tls13)), Known).await;
}

/// A call for `extension` over TLS from `source`.
async fn status_of_call(peers: &Peers, identity: &TestIdentity, source: &str, extension: &str) -> u16 {
    let mut plan = peers.plan(Some(identity), None);
    plan.local_ip = source.parse().unwrap();
    plan.diversion = Some(extension.to_owned());
    plan.start_speaking = caller::StartSpeaking::Immediately;
    plan.after = caller::HangUp::After(std::time::Duration::from_millis(100));
    caller::place_call(plan).await.unwrap().status
}

#[tokio::test]
async fn certificate_that_names_two_gateways_is_the_one_whose_address_calls() {
    let peers = Peers::start();
    let server = &peers.server;
    let root = server.file("both.pem", &peers.authority.certificate_pem());
    server.um_ok(&[
        "dialplan",
        "create",
        "branch",
        "--extension-digits",
        "4",
        "--voip-security",
        "sip-secured",
    ]);
    let gateway = ["--address", "gw3.test", "--dialplan", "branch", "--trust", &root];
    server.um_ok(&[&["gateway", "create", "gw3"], gateway.as_slice()].concat());
    server.um_ok(&["mailbox", "enable", "4001", "--dialplan", "hq", "--name", "Ada Example"]);
    server.um_ok(&["mailbox", "enable", "4002", "--dialplan", "branch", "--name", "Grace Example"]);
    let both = peers.issued(|request| request.dns_names = vec!["gw2.test".to_owned(), "gw3.test".to_owned()]);

    let got = [
        status_of_call(&peers, &both, "127.0.0.2", "4001").await,
        status_of_call(&peers, &both, "127.0.0.2", "4002").await,
        status_of_call(&peers, &both, "127.0.0.3", "4001").await,
        status_of_call(&peers, &both, "127.0.0.3", "4002").await,
    ];

    assert_eq!(got, [200, 404, 404, 200]);
}

#[tokio::test]
async fn tls_needs_no_known_address() {
    let peers = Peers::start();
    let mut plan = peers.plan(Some(&peers.pinned), Some(TlsVersion::Tls13));
    plan.local_ip = "127.0.0.9".parse().unwrap();

    assert_got("another address", plan, Known).await;
}

#[tokio::test]
async fn request_after_trust_was_taken_away_is_refused_on_the_open_connection_and_on_a_new_one() {
    let peers = Peers::start();
    let (mut line, before) = ask(peers.plan(Some(&peers.pinned), Some(TlsVersion::Tls13))).await.unwrap();
    assert_eq!(before.status, 200);
    let new = TestIdentity::self_signed(&CertificateRequest::named("gw1.test")).unwrap();
    let file = peers.server.file("new.pem", new.certificate_pem());

    peers.server.um_ok(&["gateway", "set", "gw1", "--trust", &file]);

    let refused = match line.options().await {
        Ok(answer) => answer.status == 403,
        // The connection may have been closed before our request came.
        Err(error) => Alert::of(&error).is_none(),
    };
    assert!(refused, "the old certificate was still served");
    let old = peers.plan(Some(&peers.pinned), Some(TlsVersion::Tls13));
    assert_got("the old certificate", old, Expected::Alert("unknown_ca")).await;
    assert_got("the new certificate", peers.plan(Some(&new), Some(TlsVersion::Tls13)), Known).await;
}

#[test]
fn fqdn_or_pin_of_another_gateway_is_refused() {
    let peers = Peers::start();
    let pin = peers.server.file("again.pem", peers.pinned.certificate_pem());

    let same_name =
        peers.server.um(&["gateway", "create", "gw4", "--address", "gw1.test", "--dialplan", "hq"]);
    let same_pin = ["gateway", "create", "gw5", "--address", "gw5.test", "--dialplan", "hq", "--pin", &pin];
    let same_pin = peers.server.um(&same_pin);

    assert_eq!((same_name.code, same_pin.code), (Some(1), Some(1)), "{same_name:?} {same_pin:?}");
    assert!(
        same_name.stderr.contains("gw1") && same_pin.stderr.contains("gw1"),
        "{same_name:?} {same_pin:?}"
    );
}

#[tokio::test]
async fn bytes_that_are_no_tls_harm_nobody() {
    let peers = Peers::start();
    let mut plan = CallPlan::new(peers.server.sip_over_tls(), "5000");
    plan.transport = caller::Transport::Tcp;
    let mut line = Line::open(plan).await.unwrap();

    let answered = line.options().await;

    assert!(answered.is_err(), "{answered:?}");
    assert_got("afterwards", peers.plan(Some(&peers.pinned), Some(TlsVersion::Tls13)), Known).await;
}
