//! Knowing that the gateways are there: OPTIONS of the server to scripted ones (docs/security-modes.md 2a).

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use caller::{CertificateRequest, Doorway, TestIdentity, TlsPlan, Transport};
use serde_json::Value;
use tokio::{net::UdpSocket, task::JoinHandle};
use um_tests::{DOMAIN, Mode, ScriptedGateway, Server, ThreePlans, answer_to};

/// A gateway that answers every OPTIONS, and every NOTIFY about a lamp, until it is dropped.
pub(crate) struct Answering {
    running: JoinHandle<()>,
}

impl Answering {
    /// Over UDP, on a free port.
    pub(crate) async fn udp(status: &'static str) -> (Self, u16) {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let running = tokio::spawn(async move {
            let mut buffer = [0; 4_096];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let request = &buffer[..length];
                let is_expected = [&b"OPTIONS "[..], b"NOTIFY "].iter().any(|word| request.starts_with(word));
                assert!(is_expected, "{}", String::from_utf8_lossy(request));
                socket.send_to(&answer_to(request, status), from).await.unwrap();
            }
        });
        (Self { running }, port)
    }

    /// Over mutual TLS, on a free port, with this certificate.
    pub(crate) async fn tls(
        three: &ThreePlans,
        identity: &TestIdentity,
        status: &'static str,
    ) -> (Self, u16) {
        Self::open(three, TlsPlan::new(Some(identity.clone()), &three.server.certificate(), DOMAIN), status)
            .await
    }

    /// The same, but it takes a server for ours that presents this certificate.
    pub(crate) async fn tls_that_trusts(
        three: &ThreePlans,
        identity: &TestIdentity,
        certificate: &str,
    ) -> (Self, u16) {
        Self::open(three, TlsPlan::new(Some(identity.clone()), certificate, DOMAIN), "200 OK").await
    }

    async fn open(three: &ThreePlans, tls: TlsPlan, status: &'static str) -> (Self, u16) {
        let mut plan = three.call(Mode::Secured, Transport::Tls);
        plan.tls = Some(tls);
        plan.deadline = Duration::from_secs(60);
        let doorway = Doorway::open(plan).await.unwrap();
        let port = doorway.local_addr().unwrap().port();
        let running = tokio::spawn(async move {
            loop {
                // A server that does not trust the certificate ends the handshake: the next one may.
                let Ok(mut line) = doorway.accept().await else { continue };
                while let Ok(Some(request)) = line.receive().await {
                    let text = String::from_utf8_lossy(&request).into_owned();
                    let is_lamp = text.starts_with("NOTIFY sip:") && text.contains("@gw1.test:");
                    assert!(text.starts_with("OPTIONS sip:gw1.test:") || is_lamp, "{text}");
                    assert!(text.contains(&format!("\r\nVia: SIP/2.0/TLS {DOMAIN}:")), "{text}");
                    if line.send(&answer_to(&request, status)).await.is_err() {
                        break;
                    }
                }
            }
        });
        (Self { running }, port)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.running.abort();
    }
}

pub(crate) fn set_ports(server: &Server, udp: u16, tls: u16) {
    server.um_ok(&["gateway", "set", "gw1", "--port", &udp.to_string(), "--tls-port", &tls.to_string()]);
}

/// What `um gateway show gw1 --json` tells of the probe over this transport.
fn probe(server: &Server, transport: &str) -> Value {
    let shown = server.um_json(&["gateway", "show", "gw1"]);
    let probes = shown["probes"].as_array().unwrap();
    probes.iter().find(|probe| probe["transport"] == transport).cloned().unwrap_or_default()
}

/// The probe over this transport, once it tells this state.
async fn probe_that_is(server: &Server, transport: &str, state: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let found = probe(server, transport);
        if found["state"] == state {
            return found;
        }
        assert!(Instant::now() < deadline, "{transport} is never {state}: {found}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Event 1400 about gw1 over this transport with this state.
fn told(server: &Server, transport: &str, state: &str) -> Value {
    server.event(1400, |fields| {
        fields["gateway"] == "gw1" && fields["transport"] == transport && fields["state"] == state
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn gateway_that_answers_over_udp_and_mutual_tls_is_up_goes_down_when_it_is_gone_and_comes_back() {
    let three = ThreePlans::start_probing("1s");
    let server = &three.server;
    let (udp, udp_port) = Answering::udp("200 OK").await;
    let (tls, tls_port) = Answering::tls(&three, &three.gateway, "200 OK").await;

    set_ports(server, udp_port, tls_port);

    let clear = probe_that_is(server, "UDP", "up").await;
    let secure = probe_that_is(server, "TLS", "up").await;
    for (probe, port) in [(&clear, udp_port), (&secure, tls_port)] {
        assert_eq!(probe["answer"], "200 OK");
        assert_eq!(probe["address"], format!("127.0.0.1:{port}"));
        let round_trip = probe["round_trip_ms"].as_f64().unwrap();
        assert!((0.001..5_000.0).contains(&round_trip), "{round_trip} ms");
    }
    assert_eq!(clear["certificate"], Value::Null);
    assert_eq!(secure["certificate"]["subject"], "CN=gw1.test");
    assert!(secure["certificate"]["days_left"].as_i64().unwrap() >= 0, "{secure}");
    let listed = server.um_ok(&["gateway", "list"]);
    assert!(listed.contains("UDP up, TLS up") && listed.contains(" days"), "{listed}");
    let shown = server.um_ok(&["gateway", "show", "gw1"]);
    assert!(shown.contains("TLS up since ") && shown.contains(": 200 OK"), "{shown}");

    drop(udp);
    drop(tls);

    let clear = probe_that_is(server, "UDP", "down").await;
    let secure = probe_that_is(server, "TLS", "down").await;
    assert_eq!(clear["reason"], "no answer to OPTIONS within 1 s");
    assert!(secure["reason"].as_str().unwrap().contains(&format!("127.0.0.1:{tls_port}")), "{secure}");
    for transport in ["UDP", "TLS"] {
        let event = told(server, transport, "down");
        assert!(event["remedy"].as_str().unwrap().contains("um gateway set gw1 --"), "{event}");
    }

    let (_udp, udp_port) = Answering::udp("200 OK").await;
    let (_tls, tls_port) = Answering::tls(&three, &three.gateway, "200 OK").await;
    set_ports(server, udp_port, tls_port);

    probe_that_is(server, "UDP", "up").await;
    probe_that_is(server, "TLS", "up").await;
    for transport in ["UDP", "TLS"] {
        told(server, transport, "up");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusal_is_an_answer_too_and_is_shown() {
    let three = ThreePlans::start_probing("1s");
    let (_udp, udp_port) = Answering::udp("503 Service Unavailable").await;
    let (_tls, tls_port) = Answering::tls(&three, &three.gateway, "403 Forbidden").await;

    set_ports(&three.server, udp_port, tls_port);

    assert_eq!(probe_that_is(&three.server, "UDP", "up").await["answer"], "503 Service Unavailable");
    assert_eq!(probe_that_is(&three.server, "TLS", "up").await["answer"], "403 Forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn open_connection_of_the_gateway_itself_proves_nothing() {
    let three = ThreePlans::start_probing("1s");
    let mut plan = three.call(Mode::Secured, Transport::Tls);
    plan.deadline = Duration::from_secs(4);
    let mut inbound = ScriptedGateway::open(plan).await;
    inbound.line().options().await.unwrap();
    // Nobody listens where our own connection would go.
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nowhere.local_addr().unwrap().port();
    drop(nowhere);

    set_ports(&three.server, port, port);

    let secure = probe_that_is(&three.server, "TLS", "down").await;
    assert!(secure["reason"].as_str().unwrap().contains("takes no connection"), "{secure}");
    let heard = inbound.line().receive().await;
    assert!(heard.is_err(), "no OPTIONS of ours came on the gateway's own connection: {heard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn gateway_with_another_certificate_is_down_and_the_reason_names_the_handshake() {
    let three = ThreePlans::start_probing("1s");
    let stranger = TestIdentity::self_signed(&CertificateRequest::named("gw1.test")).unwrap();
    let (_tls, tls_port) = Answering::tls(&three, &stranger, "200 OK").await;
    let (_udp, udp_port) = Answering::udp("200 OK").await;

    set_ports(&three.server, udp_port, tls_port);

    let address: SocketAddr = ([127, 0, 0, 1], tls_port).into();
    let handshake = format!("TLS with {address} failed: ");
    let deadline = Instant::now() + Duration::from_secs(20);
    while !probe(&three.server, "TLS")["reason"].as_str().unwrap_or_default().starts_with(&handshake) {
        assert!(Instant::now() < deadline, "{}", probe(&three.server, "TLS"));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(probe(&three.server, "TLS")["state"], "down");
    probe_that_is(&three.server, "UDP", "up").await;

    let file = three.server.file("new.pem", stranger.certificate_pem());
    three.server.um_ok(&["gateway", "set", "gw1", "--trust", &file]);

    probe_that_is(&three.server, "TLS", "up").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_gateway_is_not_asked_and_no_gateway_is_where_probes_are_off() {
    let three = ThreePlans::start_probing("1s");
    let (_udp, udp_port) = Answering::udp("200 OK").await;
    set_ports(&three.server, udp_port, udp_port);
    probe_that_is(&three.server, "UDP", "up").await;

    three.server.um_ok(&["gateway", "disable", "gw1"]);

    let deadline = Instant::now() + Duration::from_secs(10);
    while three.server.um_json(&["gateway", "show", "gw1"])["probes"] != Value::Array(Vec::new()) {
        assert!(Instant::now() < deadline, "a disabled gateway is still asked");
    }
    let silent = ThreePlans::start();
    assert_eq!(silent.server.um_json(&["gateway", "list"])[0]["probes"], Value::Array(Vec::new()));
    let listed = silent.server.um_ok(&["gateway", "list"]);
    assert!(listed.lines().nth(1).unwrap().ends_with("-"), "{listed}");
}

#[test]
fn two_gateways_whose_names_lead_to_one_address_are_event_1175_at_once() {
    let server = Server::start_with_mailbox();

    server.um_ok(&["gateway", "create", "gw2", "--address", "gw1.test", "--dialplan", "hq"]);

    let event = server.event(1175, |fields| fields["address"] == "127.0.0.1");
    assert_eq!((&event["fields"]["gateway"], &event["fields"]["others"]), (&"gw1".into(), &"gw2".into()));
}
