//! HTTPS provisioning: a device fetches its profile with its vendor's certificate, and nobody else fetches anything.

use std::net::SocketAddr;

use caller::{CertificateRequest, TestAuthority, TestIdentity, TlsPlan, TlsVersion, Validity};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use um_tests::{FaultInjection, Server};

const FOR_DEVICES: &str = "[provisioning]\nport = 0\nowner = \"phones\"\n";
/// stateOrProvinceName, where Cisco's certificates have the MAC address.
const STATE: [u64; 4] = [2, 5, 4, 8];
const PHONE: &str = "/profile/000e08abcdef.json";

/// A server with a vendor `cisco` and its telephone 000e08abcdef in the Secured plan `hq`.
struct World {
    server: Server,
    vendor: TestAuthority,
    /// Where devices are served.
    address: SocketAddr,
    /// What they are shown.
    shown: TestIdentity,
}

impl World {
    fn start() -> Self {
        let world = Self::without_certificate();
        let identity =
            world.server.file("phones.pem", &[world.shown.certificate_pem(), world.shown.key_pem()].concat());
        world.server.um_ok(&["cert", "import", &identity, "--owner", "phones"]);
        world
    }

    fn without_certificate() -> Self {
        let server = Server::start_with(FOR_DEVICES, FaultInjection::Off);
        let vendor = TestAuthority::new("Vendor Root").unwrap();
        let root = server.file("vendor.pem", &vendor.certificate_pem());
        server.um_ok(&["dialplan", "create", "hq", "--extension-digits", "4"]);
        server.um_ok(&["provisioning", "vendor", "add", "cisco", "--root", &root]);
        let device =
            ["provisioning", "device", "add", "00:0E:08:AB:CD:EF", "--vendor", "cisco", "--dialplan", "hq"];
        server.um_ok(&device);
        let status = server.um_json(&["status"]);
        let address = status["provisioning"][0].as_str().unwrap().parse().unwrap();
        let shown = TestIdentity::self_signed(&CertificateRequest::named("um.test")).unwrap();
        Self { server, vendor, address, shown }
    }

    fn device(&self, mac: &str) -> TestIdentity {
        self.vendor.issue(&named(mac)).unwrap()
    }

    fn plan(&self, identity: Option<TestIdentity>) -> TlsPlan {
        TlsPlan::new(identity, self.shown.certificate_pem(), "um.test")
    }

    /// Status and body of one request.
    async fn fetch(&self, identity: Option<TestIdentity>, path: &str) -> (u16, String) {
        self.send(identity, &format!("GET {path} HTTP/1.1\r\nHost: um.test\r\n\r\n")).await
    }

    async fn send(&self, identity: Option<TestIdentity>, request: &str) -> (u16, String) {
        let answer = self.plan(identity).exchange(self.address, request.as_bytes()).await.unwrap();
        parts(&answer)
    }

    /// The refusal with this outcome, as the administrator reads it.
    fn refusal(&self, outcome: &str) -> Value {
        self.server.event(2069, |fields| fields["outcome"] == outcome)
    }
}

/// A certificate of this MAC address, as Cisco's telephones have it.
fn named(mac: &str) -> CertificateRequest {
    let mut request = CertificateRequest::named("a telephone");
    request.dns_names.clear();
    request.attributes = vec![(STATE.to_vec(), mac.to_owned())];
    request
}

fn parts(answer: &[u8]) -> (u16, String) {
    let text = String::from_utf8(answer.to_vec()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

#[tokio::test]
async fn device_gets_its_profile_in_three_forms_and_the_mode_of_its_plan_is_felt_at_once() {
    let world = World::start();
    let device = Some(world.device("000e08abcdef"));

    let (status, json) = world.fetch(device.clone(), PHONE).await;
    let (_, xml) = world.fetch(device.clone(), "/profile.xml?mac=000e08abcdef").await;
    let (_, text) = world.fetch(device.clone(), "/profile/00:0e:08:ab:cd:ef.txt").await;

    assert_eq!(status, 200, "{json}");
    let profile: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(profile["server"], "um.test");
    assert_eq!(profile["port"], world.server.sip_over_tls().port());
    assert_eq!(profile["voip_security"], "secured");
    assert_eq!(profile["srtp"], "required");
    assert_eq!(profile["roots"][0].as_str().unwrap().trim(), world.server.certificate().trim());
    assert!(xml.contains("<voip_security>secured</voip_security>"), "{xml}");
    assert!(text.contains("transports = tls\n") && text.contains("root.1 = MII"), "{text}");
    let given = world.server.event(2068, |fields| fields["device"] == "000e08abcdef");
    assert_eq!(given["fields"]["vendor"], "cisco");

    world.server.um_ok(&["dialplan", "set", "hq", "--voip-security", "unsecured"]);
    let (_, text) = world.fetch(device, "/profile/000e08abcdef.txt").await;

    assert!(text.contains("transports = udp tcp\n") && !text.contains("root.1"), "{text}");
    assert!(text.contains(&format!("port = {}\n", world.server.sip().port())), "{text}");
    let metrics = world.server.um_ok(&["metrics"]);
    assert!(metrics.contains("um_provisioning_answers_total{outcome=\"given\"} 4\n"), "{metrics}");
}

#[tokio::test]
async fn template_of_the_vendor_is_what_its_devices_read_as_text() {
    let world = World::start();
    let device = Some(world.device("000e08abcdef"));
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("phone.cfg");
    let file = template.to_str().unwrap();
    let set = |text: &str| {
        std::fs::write(&template, text).unwrap();
        world.server.um(&["provisioning", "vendor", "set", "cisco", "--template", file])
    };

    let misspelt = set("server={{sever}}\n");
    let (_, before) = world.fetch(device.clone(), "/profile/000e08abcdef.txt").await;
    let taken = set("server={{server}}:{{port}}\nmode={{voip_security}}\n");
    let (status, text) = world.fetch(device.clone(), "/profile/000e08abcdef.txt").await;
    let (_, json) = world.fetch(device.clone(), PHONE).await;
    world.server.um_ok(&["provisioning", "vendor", "set", "cisco", "--no-template"]);
    let (_, after) = world.fetch(device, "/profile/000e08abcdef.txt").await;

    assert_eq!(misspelt.code, Some(1), "{misspelt:?}");
    assert!(misspelt.stderr.contains("line 1 has `{{sever}}`"), "{misspelt:?}");
    assert!(before.starts_with("device = 000e08abcdef\n"), "{before}");
    assert_eq!(taken.code, Some(0), "{taken:?}");
    let port = world.server.sip_over_tls().port();
    assert_eq!((status, text), (200, format!("server=um.test:{port}\nmode=secured\n")));
    assert!(json.starts_with('{'), "{json}");
    assert_eq!(after, before);
}

#[tokio::test]
async fn everybody_else_gets_403_and_the_administrator_an_event() {
    let world = World::start();
    let stranger = TestAuthority::new("Vendor Root").unwrap();
    let right = world.device("000e08abcdef");
    let expired = world.vendor.issue(&named("000e08abcdef").holding(Validity::Expired)).unwrap();

    for (identity, path, outcome) in [
        (None, PHONE, "no-certificate"),
        (Some(expired), PHONE, "expired"),
        (Some(stranger.issue(&named("000e08abcdef")).unwrap()), PHONE, "untrusted"),
        (Some(TestIdentity::self_signed(&named("000e08abcdef")).unwrap()), PHONE, "untrusted"),
        (Some(world.device("000e08abcdee")), PHONE, "wrong-name"),
        (Some(world.device("000e08abcdee")), "/profile/000e08abcdee.json", "unknown-device"),
        (Some(right.clone()), "/profile/000e08abcdee.json", "unknown-device"),
        (Some(right.clone()), "/", "bad-path"),
        (Some(right.clone()), "/v1/status", "bad-path"),
    ] {
        let (status, body) = world.fetch(identity, path).await;

        assert_eq!(status, 403, "{outcome}: {body}");
        assert_eq!(body.lines().count(), 1, "{outcome}: {body}");
        assert!(!body.contains("000e08") && !body.contains("cisco"), "{outcome}: {body}");
        assert!(!world.refusal(outcome)["fields"]["source"].is_null());
    }
    let (status, _) = world
        .send(
            Some(right.clone()),
            "POST /profile/000e08abcdef.json HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        )
        .await;
    assert_eq!(status, 405);
    let (status, body) =
        world.send(Some(right.clone()), "HEAD /profile/000e08abcdef.json HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!((status, body.as_str()), (200, ""));
    let long =
        format!("GET /profile/000e08abcdef.json HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(9_000));
    let (status, _) = world.send(Some(right), &long).await;
    assert_eq!(status, 431);
    world.refusal("bad-request");
}

#[tokio::test]
async fn removed_device_revoked_certificate_and_changed_root_are_felt_by_the_next_request() {
    let world = World::start();
    let mut request = named("000e08abcdef");
    request.serial = Some(13);
    let device = Some(world.vendor.issue(&request).unwrap());
    assert_eq!(world.fetch(device.clone(), PHONE).await.0, 200);

    let list = world.server.folder().join("vendor.crl");
    std::fs::write(&list, world.vendor.revocation_list(&[13], 2050).unwrap()).unwrap();
    let vendor = world.server.um_json(&["provisioning", "vendor", "show", "cisco"]);
    let root = vendor["roots"][0]["sha256"].as_str().unwrap();
    world.server.um_ok(&["trust", "crl", root, "--from", list.to_str().unwrap()]);
    assert_eq!(world.fetch(device, PHONE).await.0, 403);
    world.refusal("revoked");

    let second = TestAuthority::new("Vendor Root 2").unwrap();
    let both = [world.vendor.certificate_pem(), second.certificate_pem()].concat();
    let both = world.server.file("both.pem", &both);
    world.server.um_ok(&["provisioning", "vendor", "set", "cisco", "--root", &both]);
    for authority in [&world.vendor, &second] {
        let device = authority.issue(&named("000e08abcdef")).unwrap();
        assert_eq!(world.fetch(Some(device), PHONE).await.0, 200);
    }
    let in_use = world.server.um(&["provisioning", "vendor", "remove", "cisco"]);
    assert_eq!(in_use.code, Some(1));
    assert!(in_use.stderr.contains("um provisioning device delete 000e08abcdef"), "{}", in_use.stderr);
    world.server.um_ok(&["provisioning", "device", "remove", "000e08abcdef"]);
    assert_eq!(world.fetch(Some(world.device("000e08abcdef")), PHONE).await.0, 403);
    world.server.um_ok(&["provisioning", "vendor", "remove", "cisco"]);
}

#[tokio::test]
async fn without_a_certificate_of_its_owner_the_listener_refuses_every_handshake() {
    let world = World::without_certificate();

    let refused = world.plan(Some(world.device("000e08abcdef"))).exchange(world.address, b"").await;

    assert!(refused.is_err(), "{refused:?}");
    world.server.event(2040, |fields| fields["listener"] == "provisioning" && fields["owner"] == "phones");
}

#[tokio::test]
async fn both_versions_of_tls_are_spoken_and_plain_http_is_not() {
    let world = World::start();

    for version in [TlsVersion::Tls12, TlsVersion::Tls13] {
        let plan = TlsPlan { version: Some(version), ..world.plan(Some(world.device("000e08abcdef"))) };
        let request = format!("GET {PHONE} HTTP/1.0\r\n\r\n");
        let answer = plan.exchange(world.address, request.as_bytes()).await.unwrap();
        assert_eq!(parts(&answer).0, 200, "{version:?}");
    }
    let mut plain = TcpStream::connect(world.address).await.unwrap();
    plain.write_all(format!("GET {PHONE} HTTP/1.1\r\nHost: um.test\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // An alert of TLS may come, and the end of the connection does.
    let _ = plain.read_to_end(&mut answer).await;
    assert!(answer.len() <= 7 && !answer.starts_with(b"HTTP"), "{answer:?}");
    world.server.event(2070, |fields| fields["class"] == "negotiation-failed");
}

#[tokio::test]
async fn seventeenth_connection_of_one_address_is_closed_and_the_others_are_not() {
    let world = World::start();
    let mut idle = Vec::new();
    for _ in 0..16 {
        idle.push(TcpStream::connect(world.address).await.unwrap());
    }

    let mut one_more = TcpStream::connect(world.address).await.unwrap();
    let read = one_more.read(&mut [0; 16]).await;

    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
    world.server.event(2015, |fields| fields["transport"] == "https");
    idle.clear();
    // The places are free as soon as the server has seen that nobody is there.
    let plan = world.plan(Some(world.device("000e08abcdef")));
    let request = format!("GET {PHONE} HTTP/1.1\r\nHost: x\r\n\r\n");
    let answer = loop {
        if let Ok(answer) = plan.exchange(world.address, request.as_bytes()).await {
            break answer;
        }
    };
    assert_eq!(parts(&answer).0, 200);
}

#[tokio::test]
async fn who_never_begins_or_never_ends_a_handshake_is_closed_after_ten_seconds() {
    let world = World::start();
    let mut silent = TcpStream::connect(world.address).await.unwrap();
    let mut half = TcpStream::connect(world.address).await.unwrap();
    let start = std::time::Instant::now();
    half.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap();

    for stream in [&mut silent, &mut half] {
        let ended = stream.read(&mut [0; 16]).await;
        assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    }

    let seconds = start.elapsed().as_secs();
    assert!((9..30).contains(&seconds), "{seconds} s");
    world
        .server
        .event(2070, |fields| fields["reason"].as_str().is_some_and(|words| words.contains("within 10 s")));
}

#[test]
fn devices_of_a_file_are_added_all_or_none() {
    let world = World::without_certificate();
    let good = world.server.file(
        "good.csv",
        "id,vendor,dialplan,server\n000e08000001,cisco,hq,\n000e08000002,cisco,hq,edge.um.test\n",
    );
    let bad =
        world.server.file("bad.csv", "id,vendor,dialplan\n000e08000003,cisco,hq\n000e08000001,cisco,hq\n");

    let taken = world.server.um(&["provisioning", "device", "import", &good]);
    let refused = world.server.um(&["provisioning", "device", "import", &bad]);

    assert_eq!(taken.stderr, "2 devices added\n");
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("there is a device `000e08000001` already"), "{}", refused.stderr);
    let devices = world.server.um_json(&["provisioning", "device", "list"]);
    assert_eq!(devices.as_array().unwrap().len(), 3, "{devices}");
}

#[test]
fn sha_1_is_allowed_loudly_and_a_server_without_the_listener_says_so() {
    let server = Server::start();
    let root = TestAuthority::new("Old Root").unwrap();
    let root = server.file("old.pem", &root.certificate_pem());

    let added = server.um(&["provisioning", "vendor", "add", "old", "--root", &root, "--legacy-sha1"]);

    assert_eq!(added.code, Some(0));
    assert!(
        added.stderr.contains("warning: SHA-1 signatures are taken in the chains of `old`"),
        "{}",
        added.stderr
    );
    assert!(added.stderr.contains("this server takes no requests of devices yet"), "{}", added.stderr);
    let listed = server.um_ok(&["provisioning", "vendor", "list"]);
    assert!(listed.contains("CN=Old Root"), "{listed}");
}
