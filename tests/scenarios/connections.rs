//! docs/security-modes.md section 2a and the end of section 1 over the real server: connections that end, or lose their
//! trust, while a call is up.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};

use caller::{CertificateRequest, Doorway, Line, TestIdentity, TlsPlan, Transport};
use serde_json::Value;
use um_tests::{
    DOMAIN, Mode, ScriptedDialog, ScriptedGateway, ScriptedRequest, Server, ThreePlans, answer_to,
};

use crate::refusals::assert_bare;

const OFFER: &str = "m=audio {port} RTP/AVP 0\r\n";
const SECURE_OFFER: &str = "m=audio {port} RTP/SAVP 0\r\n\
    a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n";

/// The gateway's own listener, whose port the server knows by `um gateway set`.
async fn doorway(three: &ThreePlans, transport: Transport, identity: &TestIdentity) -> (Doorway, SocketAddr) {
    let mut plan = three.call(Mode::SipSecured, Transport::Tls);
    plan.tls = Some(TlsPlan::new(Some(identity.clone()), &three.server.certificate(), DOMAIN));
    plan.transport = transport;
    plan.deadline = Duration::from_secs(10);
    let doorway = Doorway::open(plan).await.unwrap();
    let address = doorway.local_addr().unwrap();
    let option = if transport == Transport::Tls { "--tls-port" } else { "--port" };
    three.server.um_ok(&["gateway", "set", "gw1", option, &address.port().to_string()]);
    (doorway, address)
}

fn invite(gateway: &mut ScriptedGateway, mode: Mode) -> ScriptedRequest {
    gateway.invite(match mode {
        Mode::Unsecured | Mode::SipSecured => OFFER,
        Mode::Secured => SECURE_OFFER,
    })
}

fn calls(server: &Server) -> Vec<Value> {
    let Value::Array(calls) = server.um_json(&["calls", "list"]) else { panic!("no array of calls") };
    calls
}

fn hang_up_only_call(server: &Server) {
    let calls = calls(server);
    assert_eq!(calls.len(), 1, "{calls:?}");
    server.um_ok(&["calls", "hangup", &calls[0]["id"].to_string()]);
}

/// Answers the BYE that comes on this connection.
async fn take_bye(line: &mut Line) -> String {
    let bye = line.receive().await.unwrap().expect("a BYE");
    line.send(&answer_to(&bye, "200 OK")).await.unwrap();
    String::from_utf8(bye).unwrap()
}

fn assert_no_calls(server: &Server) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !calls(server).is_empty() {
        assert!(Instant::now() < deadline, "a call goes on: {:?}", calls(server));
    }
}

#[tokio::test]
async fn our_bye_goes_to_the_gateway_on_a_new_connection_whatever_its_contact_shows() {
    let three = ThreePlans::start();
    let (doorway, _) = doorway(&three, Transport::Tls, &three.gateway).await;
    let contacts = [
        (Mode::SipSecured, "<sip:gw@127.0.0.1>"),
        (Mode::Secured, "<sip:gw@127.0.0.1>"),
        (Mode::Secured, "<sip:gw@127.0.0.1:9;transport=udp>"),
        (Mode::Secured, "<sip:gw@198.51.100.9:5070;transport=tcp>"),
        (Mode::Secured, "<sips:gw@pbx.example.net>"),
    ];
    for (mode, contact) in contacts {
        let mut gateway = ScriptedGateway::open(three.call(mode, Transport::Tls)).await;
        let mut invite = invite(&mut gateway, mode);
        invite.headers[0] = format!("Contact: {contact}");
        gateway.call(&invite).await;
        drop(gateway);

        hang_up_only_call(&three.server);
        let mut line = doorway.accept().await.unwrap();
        let bye = take_bye(&mut line).await;

        let target = contact.trim_matches(['<', '>']);
        assert!(bye.starts_with(&format!("BYE {target} SIP/2.0\r\nVia: SIP/2.0/TLS {DOMAIN}:")), "{bye}");
        assert!(bye.lines().nth(1).unwrap().ends_with(";alias"), "{bye}");
        assert!(bye.contains(&format!("Call-ID: {}\r\n", invite.call_id)), "{bye}");
        drop(line);
        assert_no_calls(&three.server);
    }
}

#[tokio::test]
async fn our_bye_takes_another_open_connection_of_the_gateway_first() {
    let three = ThreePlans::start();
    let mut gateway = ScriptedGateway::open(three.call(Mode::Secured, Transport::Tls)).await;
    let mut other = ScriptedGateway::open(three.call(Mode::Secured, Transport::Tls)).await;
    other.line().options().await.unwrap();
    let invite = invite(&mut gateway, Mode::Secured);
    gateway.call(&invite).await;
    drop(gateway);

    hang_up_only_call(&three.server);

    let bye = take_bye(other.line()).await;
    assert!(bye.contains(&format!("Call-ID: {}\r\n", invite.call_id)), "{bye}");
    assert_no_calls(&three.server);
}

#[tokio::test]
async fn over_tcp_our_bye_finds_the_gateways_port() {
    let three = ThreePlans::start();
    let (doorway, _) = doorway(&three, Transport::Tcp, &three.gateway).await;
    let mut gateway = ScriptedGateway::open(three.call(Mode::Unsecured, Transport::Tcp)).await;
    let invite = invite(&mut gateway, Mode::Unsecured);
    gateway.call(&invite).await;
    drop(gateway);

    hang_up_only_call(&three.server);

    let mut line = doorway.accept().await.unwrap();
    let bye = take_bye(&mut line).await;
    assert!(bye.starts_with("BYE sip:"), "{bye}");
    assert_no_calls(&three.server);
}

#[tokio::test]
async fn certificate_that_is_not_the_gateways_gets_no_bye_and_nothing_goes_out_in_the_clear() {
    let three = ThreePlans::start();
    let clear = UdpSocket::bind("127.0.0.1:0").unwrap();
    clear.set_nonblocking(true).unwrap();
    let clear_port = clear.local_addr().unwrap().port().to_string();
    three.server.um_ok(&["gateway", "set", "gw1", "--port", &clear_port]);
    let stranger = TestIdentity::self_signed(&CertificateRequest::named("gw1.test")).unwrap();
    let (doorway, address) = doorway(&three, Transport::Tls, &stranger).await;
    let mut gateway = ScriptedGateway::open(three.call(Mode::Secured, Transport::Tls)).await;
    let mut invite = invite(&mut gateway, Mode::Secured);
    invite.headers[0] = format!("Contact: <sip:gw@127.0.0.1:{clear_port};transport=udp>");
    gateway.call(&invite).await;
    drop(gateway);

    hang_up_only_call(&three.server);

    let refused = match doorway.accept().await {
        Err(_) => true,
        // In TLS 1.3 the refusal comes behind our side of the handshake.
        Ok(mut line) => !matches!(line.receive().await, Ok(Some(_))),
    };
    assert!(refused, "a stranger got our BYE");
    let failed = three.server.event(1113, |fields| fields.to_string().contains(&address.to_string()));
    assert!(failed["fields"].to_string().contains("gw1"), "{failed}");
    three.server.event(2025, |fields| fields.to_string().contains("gw1"));
    let heard = clear.recv(&mut [0; 2_048]);
    assert!(heard.is_err(), "{heard:?} octets in the clear");
    assert_no_calls(&three.server);
}

#[tokio::test]
async fn call_lives_on_without_its_connection_and_its_peer_hangs_up_on_another() {
    let three = ThreePlans::start();
    let mut gateway = ScriptedGateway::open(three.call(Mode::Secured, Transport::Tls)).await;
    let invite = invite(&mut gateway, Mode::Secured);
    let (_, mut dialog) = gateway.call(&invite).await;
    drop(gateway);
    assert_eq!(calls(&three.server).len(), 1);

    let mut again = ScriptedGateway::open(three.call(Mode::Secured, Transport::Tls)).await;
    again.hang_up(&mut dialog).await;

    assert_no_calls(&three.server);
}

/// The connection ends without another message.
async fn assert_closed(gateway: &mut ScriptedGateway) {
    let behind = gateway.line().receive().await;
    assert!(!matches!(behind, Ok(Some(_))), "{behind:?} on a connection that is to close");
}

#[tokio::test]
async fn connection_whose_trust_is_taken_back_serves_its_call_alone_and_closes_after_it() {
    let three = ThreePlans::start();
    let mut gateway = ScriptedGateway::open(three.call(Mode::Secured, Transport::Tls)).await;
    let mut idle = ScriptedGateway::open(three.call(Mode::Secured, Transport::Tls)).await;
    idle.line().options().await.unwrap();
    let first = invite(&mut gateway, Mode::Secured);
    let (_, mut dialog): (_, ScriptedDialog) = gateway.call(&first).await;
    let new = TestIdentity::self_signed(&CertificateRequest::named("gw1.test")).unwrap();
    let file = three.server.file("new.pem", new.certificate_pem());

    three.server.um_ok(&["gateway", "set", "gw1", "--trust", &file]);

    assert_closed(&mut idle).await;
    let second = invite(&mut gateway, Mode::Secured);
    let octets = gateway.written(&second).len();
    let refused = gateway.ask(&second).await;
    assert_eq!(refused.status, 403);
    assert_bare(&refused.bytes, octets);
    three.server.event(2013, |fields| fields.to_string().contains("gw1.test"));
    let mut hold = dialog.request("INVITE");
    hold.body = gateway.offer(SECURE_OFFER, 2);
    assert_eq!(gateway.ask(&hold).await.status, 200, "the call goes on");
    gateway.hang_up(&mut dialog).await;
    assert_closed(&mut gateway).await;
    assert_no_calls(&three.server);
}

#[tokio::test]
async fn our_bye_still_takes_the_calls_connection_after_its_trust_was_taken_back() {
    let three = ThreePlans::start();
    let mut gateway = ScriptedGateway::open(three.call(Mode::Secured, Transport::Tls)).await;
    let invite = invite(&mut gateway, Mode::Secured);
    gateway.call(&invite).await;
    let new = TestIdentity::self_signed(&CertificateRequest::named("gw1.test")).unwrap();
    let file = three.server.file("new.pem", new.certificate_pem());
    three.server.um_ok(&["gateway", "set", "gw1", "--trust", &file]);

    hang_up_only_call(&three.server);

    let bye = take_bye(gateway.line()).await;
    assert!(bye.starts_with("BYE "), "{bye}");
    assert_closed(&mut gateway).await;
    assert_no_calls(&three.server);
}

#[tokio::test]
async fn connection_of_a_disabled_gateway_closes_after_its_call() {
    let three = Arc::new(ThreePlans::start());
    let mut gateway = ScriptedGateway::open(three.call(Mode::Secured, Transport::Tls)).await;
    let first = invite(&mut gateway, Mode::Secured);
    let (_, mut dialog) = gateway.call(&first).await;

    // It returns once the last call has ended.
    let waiting = Arc::clone(&three);
    let disabled = tokio::task::spawn_blocking(move || waiting.server.um(&["gateway", "disable", "gw1"]));
    let deadline = Instant::now() + Duration::from_secs(5);
    let mut clear = Line::open(three.call(Mode::Unsecured, Transport::Udp)).await.unwrap();
    while clear.options().await.unwrap().status != 503 {
        assert!(Instant::now() < deadline, "the gateway's calls are still taken");
    }

    let second = invite(&mut gateway, Mode::Secured);
    assert_eq!(gateway.ask(&second).await.status, 503);
    gateway.hang_up(&mut dialog).await;
    assert_closed(&mut gateway).await;
    assert_eq!(disabled.await.unwrap().code, Some(0));
    let mut again = ScriptedGateway::open(three.call(Mode::Secured, Transport::Tls)).await;
    let third = invite(&mut again, Mode::Secured);
    assert_eq!(again.ask(&third).await.status, 503, "rule 7 on a new connection");
}
