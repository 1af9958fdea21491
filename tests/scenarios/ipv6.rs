//! Calls over IPv6, signalling and media.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use caller::{
    AudioCodec, CallPlan, CertificateRequest, EndedBy, MediaOffer, SrtpSuite, StartSpeaking, TestIdentity,
    TlsPlan,
};
use um_tests::{DOMAIN, FaultInjection, ScriptedGateway, Server, align};

const LOOPBACK: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// Without ::1 nothing is shown here, and the output says so.
fn has_loopback() -> bool {
    let has = UdpSocket::bind((LOOPBACK, 0)).is_ok();
    if !has {
        eprintln!("SKIPPED: this machine has no ::1, so no call over IPv6 was placed");
    }
    has
}

fn server() -> Server {
    Server::start_on(&["127.0.0.1", "::1"], "", FaultInjection::Off)
}

fn over_ipv6(target: SocketAddr) -> CallPlan {
    let mut plan = CallPlan::new(SocketAddr::new(LOOPBACK, target.port()), "5000");
    plan.local_ip = LOOPBACK;
    plan.diversion = Some("4001".to_owned());
    plan
}

fn assert_whole(server: &Server, speech: &[i16]) {
    let messages = server.messages("4001", 1);
    let found = align(speech, &server.exported_audio("4001", &messages[0]));
    assert!(found.correlation >= 0.99, "{found:?}");
}

/// By a script, because rsip reads no address of IPv6 in a URI.
#[tokio::test]
async fn caller_over_udp_and_ipv6_leaves_what_was_said() {
    if !has_loopback() {
        return;
    }
    let server = server();
    server.um_ok(&["dialplan", "create", "hq", "--extension-digits", "4", "--voip-security", "unsecured"]);
    server.um_ok(&["gateway", "create", "gw6", "--address", "::1", "--dialplan", "hq"]);
    server.um_ok(&["mailbox", "enable", "4001", "--dialplan", "hq", "--name", "Ada Example"]);
    let mut gateway = ScriptedGateway::open(over_ipv6(server.sip())).await;
    let audio = "m=audio {port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";
    let invite = gateway.invite(audio);
    let speech = caller::speech_like_noise(Duration::from_secs(3));

    let (answer, mut dialog) = gateway.call(&invite).await;
    let mut voice = gateway.voice(&answer);
    voice.wait_for_tone().await;
    voice.say(&speech).await;
    gateway.hang_up(&mut dialog).await;

    assert!(answer.body().contains("\r\nc=IN IP6 ::1\r\n"), "{}", answer.body());
    let contact = format!("<sip:[::1]:{}>", server.sip().port());
    assert_eq!(answer.header("Contact"), Some(contact));
    assert_whole(&server, &speech);
}

#[tokio::test]
async fn secured_caller_over_ipv6_leaves_what_was_said() {
    if !has_loopback() {
        return;
    }
    let server = server();
    let identity = TestIdentity::self_signed(&CertificateRequest::named("gw6.test")).unwrap();
    let pin = server.file("gw6.pem", identity.certificate_pem());
    server.um_ok(&["dialplan", "create", "hq", "--extension-digits", "4"]);
    let gateway = ["--address", "gw6.test", "--connect", "::1", "--dialplan", "hq", "--trust", &pin];
    server.um_ok(&[&["gateway", "create", "gw6"], gateway.as_slice()].concat());
    server.um_ok(&["mailbox", "enable", "4001", "--dialplan", "hq", "--name", "Ada Example"]);
    let tls = TlsPlan::new(Some(identity), &server.certificate(), DOMAIN);
    let mut plan = over_ipv6(server.sip_over_tls()).over_tls(tls);
    let suites = vec![SrtpSuite::AeadAes256Gcm];
    plan.media = MediaOffer::Savp { codecs: vec![AudioCodec::Pcmu], suites };
    plan.key_log = Some(server.key_log());
    plan.start_speaking = StartSpeaking::SkipGreeting;
    plan.speech = caller::speech_like_noise(Duration::from_secs(3));
    let speech = plan.speech.clone();

    let outcome = caller::place_call(plan).await.unwrap();

    assert_eq!((outcome.status, outcome.ended_by), (200, EndedBy::Caller), "{outcome:?}");
    assert_eq!(outcome.suite.as_deref(), Some("AEAD_AES_256_GCM"));
    let answer = String::from_utf8_lossy(&outcome.final_answer).into_owned();
    assert!(answer.contains("\r\nc=IN IP6 ::1\r\n"), "{answer}");
    assert_whole(&server, &speech);
}
