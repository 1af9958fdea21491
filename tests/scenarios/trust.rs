//! docs/security-modes.md section 1: what `um trust` and `um gateway approve` change is felt by the next handshake.

use std::{
    io::{Read, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    thread::JoinHandle,
    time::Duration,
};

use caller::{
    Alert, CallPlan, CertificateRequest, Purpose, TestAuthority, TestIdentity, TlsPlan, TlsVersion,
};
use serde_json::Value;
use um_tests::{DOMAIN, Server};

use crate::peers::{
    Expected::{self, Known},
    ask, assert_got,
};

const UNKNOWN: Expected = Expected::Alert("unknown_ca");
const REVOKED: Expected = Expected::Alert("certificate_revoked");

/// A server with gateways gw1.test and gw2.test that trusts nobody yet, and a CA.
struct Stranger {
    server: Server,
    authority: TestAuthority,
    root: String,
}

impl Stranger {
    fn start() -> Self {
        let server = Server::start();
        let authority = TestAuthority::new("Example Root").unwrap();
        let root = server.file("root.pem", &authority.certificate_pem());
        let plan = ["dialplan", "create", "hq", "--extension-digits", "4", "--voip-security", "sip-secured"];
        server.um_ok(&plan);
        for (name, address) in [("gw1", "gw1.test"), ("gw2", "gw2.test")] {
            server.um_ok(&["gateway", "create", name, "--address", address, "--dialplan", "hq"]);
        }
        Self { server, authority, root }
    }

    fn issued(&self, change: impl FnOnce(&mut CertificateRequest)) -> TestIdentity {
        let mut request = CertificateRequest::named("gw1.test");
        change(&mut request);
        self.authority.issue(&request).unwrap()
    }

    fn plan(&self, identity: &TestIdentity) -> CallPlan {
        let mut tls = TlsPlan::new(Some(identity.clone()), &self.server.certificate(), DOMAIN);
        tls.version = Some(TlsVersion::Tls13);
        CallPlan::new(self.server.sip_over_tls(), "5000").over_tls(tls)
    }

    /// The SHA-256 of the only trusted root.
    fn thumbprint(&self) -> String {
        let roots = self.server.um_json(&["trust", "list"]);
        text(&roots[0]["certificate"]["sha256"])
    }

    fn list(&self, name: &str, serials: &[u64], until: i32) -> String {
        let file = self.server.folder().join(name);
        std::fs::write(&file, self.authority.revocation_list(serials, until).unwrap()).unwrap();
        file.to_str().unwrap().to_owned()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// `um_expiry_seconds` of this kind: name and seconds.
fn seconds_to_expiry(server: &Server, kind: &str) -> Vec<(String, i64)> {
    let page = server.um_ok(&["metrics"]);
    let start = format!("um_expiry_seconds{{kind=\"{kind}\",name=\"");
    let samples = page.lines().filter_map(|line| line.strip_prefix(&start)?.split_once("\"} "));
    samples.map(|(name, seconds)| (name.to_owned(), seconds.parse().unwrap())).collect()
}

/// Answers one request with this body; gives the URL.
fn serving(body: Vec<u8>) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/root.crl", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut octet = [0];
            stream.read_exact(&mut octet).unwrap();
            request.extend(octet);
        }
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).unwrap();
        stream.write_all(&body).unwrap();
    });
    (url, served)
}

#[tokio::test]
async fn root_counts_from_add_to_remove_and_its_connections_lose_their_trust_with_it() {
    let world = Stranger::start();
    let gw1 = world.issued(|_| {});

    assert_got("before", world.plan(&gw1), UNKNOWN).await;
    world.server.um_ok(&["trust", "add", &world.root]);
    let (mut line, answer) = ask(world.plan(&gw1)).await.unwrap();
    assert_eq!(answer.status, 200);
    let listed = world.server.um_ok(&["trust", "list"]);
    assert!(listed.contains("CN=Example Root") && listed.contains("every gateway"), "{listed}");
    let digits: String = world.thumbprint().chars().take(8).collect();
    let shown = world.server.um_ok(&["trust", "show", &digits]);
    assert!(shown.contains("CN=Example Root"), "{shown}");

    world.server.um_ok(&["trust", "remove", &world.thumbprint()]);

    let refused = match line.options().await {
        Ok(answer) => answer.status == 403,
        // The connection may have been closed before our request came.
        Err(error) => Alert::of(&error).is_none(),
    };
    assert!(refused, "the root was still trusted on the open connection");
    assert_got("after", world.plan(&gw1), UNKNOWN).await;
    let again = world.server.um(&["trust", "remove", &"ab".repeat(32)]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.stderr.contains("um trust list"), "{again:?}");
}

#[tokio::test]
async fn partners_root_counts_for_its_gateway_alone_and_own_roots_only_shuts_the_companys_out() {
    let world = Stranger::start();
    let partner = TestAuthority::new("Partner Root").unwrap();
    let file = world.server.file("partner.pem", &partner.certificate_pem());
    let issued =
        |authority: &TestAuthority, name: &str| authority.issue(&CertificateRequest::named(name)).unwrap();

    world.server.um_ok(&["trust", "add", &file, "--gateway", "gw1"]);
    assert_got("gw1", world.plan(&issued(&partner, "gw1.test")), Known).await;
    assert_got("gw2", world.plan(&issued(&partner, "gw2.test")), Expected::BareThenClosed).await;

    world.server.um_ok(&["trust", "add", &world.root]);
    assert_got("company", world.plan(&world.issued(|_| {})), Known).await;
    world.server.um_ok(&["gateway", "set", "gw1", "--own-roots-only"]);
    assert_got("shut out", world.plan(&world.issued(|_| {})), Expected::BareThenClosed).await;
    assert_got("partner", world.plan(&issued(&partner, "gw1.test")), Known).await;
}

#[tokio::test]
async fn unknown_self_signed_peer_is_pending_until_it_is_approved() {
    let world = Stranger::start();
    let gw1 = TestIdentity::self_signed(&CertificateRequest::named("gw1.test")).unwrap();

    assert_got("before", world.plan(&gw1), UNKNOWN).await;
    let pending = world.server.um_json(&["gateway", "pending"]);
    assert_eq!(pending.as_array().unwrap().len(), 1, "{pending}");
    assert_eq!((&pending[0]["source"], &pending[0]["count"]), (&"127.0.0.1".into(), &1.into()));
    assert_eq!(pending[0]["certificate"]["names"], serde_json::json!(["gw1.test"]));
    let nobody = world.server.um(&["gateway", "approve", "gw1", "deadbeef"]);
    assert_eq!(nobody.code, Some(1), "{nobody:?}");

    let thumbprint = text(&pending[0]["certificate"]["sha1"]);
    world.server.um_ok(&["gateway", "approve", "gw1", &thumbprint]);

    assert_got("approved", world.plan(&gw1), Known).await;
    assert_eq!(world.server.um_json(&["gateway", "pending"]), serde_json::json!([]));
    let twice = world.server.um(&["gateway", "approve", "gw2", &thumbprint]);
    assert_eq!(twice.code, Some(1), "{twice:?}");
}

#[tokio::test]
async fn revoked_certificate_is_refused_from_the_moment_that_its_list_is_given() {
    let world = Stranger::start();
    world.server.um_ok(&["trust", "add", &world.root]);
    let good = world.issued(|request| request.serial = Some(7));
    let bad = world.issued(|request| request.serial = Some(8));
    assert_got("no list", world.plan(&bad), Known).await;

    let file = world.list("root.crl", &[8], 2060);
    world.server.um_ok(&["trust", "crl", &world.thumbprint(), "--from", &file]);

    assert_got("revoked", world.plan(&bad), REVOKED).await;
    assert_got("not revoked", world.plan(&good), Known).await;
    let ends = seconds_to_expiry(&world.server, "revocation-list");
    let a_year = 365 * 24 * 3600;
    let until_2060 = (jiff::civil::date(2060, 1, 1).at(0, 0, 0, 0).in_tz("UTC").unwrap().timestamp())
        .duration_since(jiff::Timestamp::now())
        .as_secs();
    assert_eq!(ends.len(), 1, "{ends:?}");
    assert_eq!(ends[0].0, world.thumbprint());
    assert!(until_2060 > a_year && (ends[0].1 - until_2060).abs() <= 5, "{ends:?} {until_2060}");
    world.server.event(2066, |fields| fields.to_string().contains("Example Root"));
    world.server.event(1113, |fields| fields.to_string().contains("was revoked by its issuer"));
}

#[tokio::test]
async fn what_our_ca_has_revoked_stays_revoked_when_its_root_is_removed_and_added_again() {
    let world = Stranger::start();
    let server = &world.server;
    server.um_ok(&["ca", "init", "--key", "p-256"]);
    let root = server.folder().join("ca.pem");
    server.um_ok(&["ca", "root", "--to", root.to_str().unwrap()]);
    let leaf = server.folder().join("gw1.pem");
    server.um_ok(&["ca", "issue", "gw1.test", "--key", "p-256", "--to", leaf.to_str().unwrap()]);
    server.um_ok(&["ca", "revoke", "gw1.test"]);

    let revoked = || server.um_json(&["trust", "list"])[0]["crl"]["revoked"].clone();
    server.um_ok(&["trust", "add", root.to_str().unwrap()]);
    let at_first = revoked();
    server.um_ok(&["trust", "remove", &world.thumbprint()]);
    server.um_ok(&["trust", "add", root.to_str().unwrap()]);

    assert_eq!((at_first, revoked()), (1.into(), 1.into()));
}

#[test]
fn file_with_a_key_is_for_its_owner_alone_though_it_is_encrypted() {
    let server = Server::start();
    let password = server.file("password", "correct horse\n");
    let to = server.folder().join("um.p12");

    let export = ["cert", "export", "--with-key", "--password-file", &password, "--to", to.to_str().unwrap()];
    server.um_ok(&export);

    assert_eq!(std::fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn list_is_fetched_by_http_and_a_url_that_is_not_http_is_refused_with_the_reason() {
    let world = Stranger::start();
    world.server.um_ok(&["trust", "add", &world.root]);
    let bad = world.issued(|request| request.serial = Some(8));
    let (url, served) = serving(world.authority.revocation_list(&[8], 2060).unwrap());

    world.server.um_ok(&["trust", "crl", &world.thumbprint(), "--from", &url]);
    served.join().unwrap();

    assert_got("revoked", world.plan(&bad), REVOKED).await;
    assert_eq!(world.server.um_json(&["trust", "list"])[0]["crl_source"], url);
    let secure =
        world.server.um(&["trust", "crl", &world.thumbprint(), "--from", "https://ca.test/root.crl"]);
    assert_eq!(secure.code, Some(1), "{secure:?}");
    assert!(secure.stderr.contains("a revocation list is signed"), "{secure:?}");
    let (url, served) = serving(b"no list".to_vec());
    let broken = world.server.um(&["trust", "crl", &world.thumbprint(), "--from", &url]);
    served.join().unwrap();
    assert_eq!(broken.code, Some(1), "{broken:?}");
    assert_got("the list before stays", world.plan(&bad), REVOKED).await;
}

#[tokio::test]
async fn missing_or_stale_list_refuses_with_crl_hard_alone() {
    let world = Stranger::start();
    world.server.um_ok(&["trust", "add", &world.root]);
    let gw1 = world.issued(|_| {});
    let refused = Expected::Alert("bad_certificate");

    world.server.um_ok(&["gateway", "set", "gw1", "--crl", "hard"]);
    assert_got("missing, hard", world.plan(&gw1), refused).await;
    let stale = world.list("stale.crl", &[], 2021);
    let given = world.server.um(&["trust", "crl", &world.thumbprint(), "--from", &stale]);
    assert!(given.code == Some(0) && given.stderr.contains("the list is stale"), "{given:?}");
    assert_got("stale, hard", world.plan(&gw1), refused).await;
    world.server.um_ok(&["gateway", "set", "gw1", "--crl", "soft"]);
    assert_got("stale, soft", world.plan(&gw1), Known).await;

    world.server.um_ok(&["gateway", "set", "gw1", "--crl", "hard"]);
    let fresh = world.list("fresh.crl", &[], 2060);
    world.server.um_ok(&["trust", "crl", &world.thumbprint(), "--from", &fresh]);
    assert_got("fresh, hard", world.plan(&gw1), Known).await;
}

#[tokio::test]
async fn certificate_for_servers_only_is_refused_then_observed_then_accepted() {
    let world = Stranger::start();
    world.server.um_ok(&["trust", "add", &world.root]);
    let gw1 = world.issued(|request| request.purpose = Purpose::Server);
    let refused = Expected::Alert("unsupported_certificate");

    assert_got("required", world.plan(&gw1), refused).await;
    world.server.event(1113, |fields| {
        let fields = fields.to_string();
        fields.contains("is made for TLS servers only") && fields.contains("--accept-server-eku")
    });

    world.server.um_ok(&["gateway", "set", "gw1", "--tls-verify", "observe"]);
    assert_got("observed", world.plan(&gw1), Known).await;
    assert_got("observed again", world.plan(&gw1), Known).await;
    let told = world.server.event(2065, |_| true);
    assert_eq!(told["fields"]["demand"], "client-auth", "{told}");

    let settings = ["gateway", "set", "gw1", "--tls-verify", "required", "--accept-server-eku"];
    world.server.um_ok(&settings);
    assert_got("accepted", world.plan(&gw1), Known).await;
    let events = world.server.um_json(&["events", "--limit", "10000"]);
    let waived = events.as_array().unwrap().iter().filter(|event| event["id"] == 2065);
    assert_eq!(waived.count(), 1, "{events}");
}

#[test]
fn bound_gateway_is_refused_in_an_unsecured_plan() {
    let world = Stranger::start();
    let server = &world.server;
    server.um_ok(&["dialplan", "create", "lobby", "--extension-digits", "4", "--voip-security", "unsecured"]);
    server.um_ok(&["gateway", "set", "gw1", "--cert-owner", "partner"]);

    let grouped = server.um(&[
        "huntgroup",
        "create",
        "h",
        "--gateway",
        "gw1",
        "--dialplan",
        "lobby",
        "--pilot",
        "6000",
    ]);
    let loosened = server.um(&["dialplan", "set", "hq", "--voip-security", "unsecured"]);

    for refused in [grouped, loosened] {
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains("a binding demands TLS"), "{refused:?}");
        assert!(refused.stderr.contains("um gateway set gw1 --no-cert-owner"), "{refused:?}");
    }
    server.um_ok(&["gateway", "set", "gw1", "--no-cert-owner"]);
    server.um_ok(&["dialplan", "set", "hq", "--voip-security", "unsecured"]);
}

#[tokio::test]
async fn connection_under_the_default_closes_once_its_gateway_is_bound_to_an_owner() {
    let world = Stranger::start();
    world.server.um_ok(&["trust", "add", &world.root]);
    let gw1 = world.issued(|_| {});
    let patient = CallPlan { deadline: Duration::from_secs(30), ..world.plan(&gw1) };
    let (mut line, answer) = ask(patient).await.unwrap();
    assert_eq!(answer.status, 200);

    world.server.um_ok(&["gateway", "set", "gw1", "--cert-owner", "partner"]);

    let closed = line.receive().await;
    assert!(matches!(closed, Ok(None)), "{closed:?}");
    let refused = ask(world.plan(&gw1)).await.err().and_then(|error| Alert::of(&error));
    assert_eq!(refused.map(|alert| alert.to_string()).as_deref(), Some("handshake_failure"));
}
