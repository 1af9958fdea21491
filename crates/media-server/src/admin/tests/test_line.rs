//! The test line over the API: who gets it, for what, and that it is given back.

use call_control::TestCallSeen;
use cert_manager::{CertificateDer, IssueRequest, KeyKind, PeerSide, Verdict, issue_self_signed};
use sip_signaling::PeerName;

use super::*;
use crate::core::inbox;
use crate::trust::TEST_PEER;

const LINE: &str = "/v1/test/line";

fn order(gateway: &str, remote: &str) -> Value {
    json!({"gateway": gateway, "remote": remote})
}

#[tokio::test(flavor = "multi_thread")]
async fn line_is_leased_to_one_address_of_this_machine_at_a_time_and_given_back() {
    let rig = Rig::start().await.with_hq().await;

    let opened = rig.done("POST", LINE, order("gw1", "127.0.0.1:40000")).await;
    assert_eq!(opened, json!({"id": 1, "seconds": 120}));
    let (status, code, message) = rig.refused("POST", LINE, order("gw1", "127.0.0.1:40001")).await;
    assert_eq!((status, code.as_str()), (409, "conflict"));
    assert_eq!(message, "another test call of gateway gw1 is under way");

    rig.done("DELETE", "/v1/test/line/1", Value::Null).await;
    rig.done("DELETE", "/v1/test/line/1", Value::Null).await;
    assert_eq!(rig.done("POST", LINE, order("gw1", "127.0.0.1:40001")).await["id"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_elses_address_no_unknown_gateway_and_no_rubbish_gets_the_line() {
    let rig = Rig::start().await.with_hq().await;
    let rubbish = json!({"gateway": "gw1", "remote": "127.0.0.1:40000", "certificate": "hello"});
    let rows = [
        (order("gw1", "192.0.2.9:40000"), 422, "192.0.2.9:40000 is no address and port of this machine"),
        (order("gw1", "127.0.0.1:0"), 422, "127.0.0.1:0 is no address and port of this machine"),
        (order("gw1", "0.0.0.0:40000"), 422, "0.0.0.0:40000 is no address and port of this machine"),
        (order("gw1", "224.0.0.1:40000"), 422, "224.0.0.1:40000 is no address and port of this machine"),
        (order("gw9", "127.0.0.1:40000"), 404, "there is no gateway `gw9`"),
        (rubbish, 422, "the certificate cannot be read: "),
    ];
    for (body, expected, words) in rows {
        let (status, _, message) = rig.refused("POST", LINE, body).await;

        assert_eq!(status, expected, "{message}");
        assert!(message.starts_with(words), "{message}");
    }
    assert_eq!(rig.done("POST", LINE, order("gw1", "127.0.0.1:40000")).await["id"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_saw_is_told_once_the_call_is_over() {
    let rig = Rig::start().await.with_hq().await;
    let opened = rig.done("POST", LINE, order("gw1", "127.0.0.1:40000")).await;
    let totals = srtp_media::MediaTotals { packets_received: 500, lost: 5, jitter: 12, ..Default::default() };
    let seen = TestCallSeen {
        line: opened["id"].as_u64().unwrap(),
        call_id: "c1".into(),
        digits: 11,
        totals: Some(totals),
        end: Some(call_control::CallEnd::PeerHungUp),
        ..TestCallSeen::default()
    };

    rig.board.test_call_over(seen);
    let report = rig.get("/v1/test/line/1").await.1;

    assert_eq!(
        report,
        json!({
            "call_id": "c1",
            "refusal": null,
            "suite": null,
            "digits": 11,
            "media": {"packets": 500, "lost": 5, "jitter_ms": 1.5, "unauthentic": 0},
            "ended": "caller hung up",
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_of_a_test_call_names_what_is_missing() {
    let rig = Rig::start().await;
    let ask = async |question: Value| rig.refused("POST", "/v1/test/call", question).await;
    let nobody = ask(json!({})).await;
    assert_eq!(nobody.2, "no enabled gateway has a hunt group, so no gateway's call is taken");

    let plan = json!({"name": "hq", "extension_digits": 4, "voip_security": "unsecured"});
    rig.done("POST", "/v1/dial-plans", plan).await;
    let gateway = json!({"gateway": {"name": "gw1", "address": "192.0.2.1"}, "dial_plan": "hq"});
    rig.done("POST", "/v1/gateways", gateway).await;

    assert_eq!(ask(json!({})).await.2, "dial plan hq has no mailbox that could be called");
    assert_eq!(ask(json!({"gateway": "gw9"})).await.2, "there is no gateway `gw9`");
    // This rig listens nowhere.
    let (_, code, message) = ask(json!({"to": "4001"})).await;
    assert_eq!(code, "wrong-mode");
    assert_eq!(message, "a gateway that calls Unsecured finds no port of this server that takes it");
}

#[tokio::test(flavor = "multi_thread")]
async fn certificate_of_the_line_is_nobodys_but_the_lines_and_is_refused_when_it_is_given_back() {
    let now = Timestamp::now();
    let identity = issue_self_signed(&IssueRequest::new("um-test-call.invalid", KeyKind::P256), now).unwrap();
    let pin = cert_manager::Pin::from_pem(&identity.chain_pem()).unwrap();
    let sha256 = pin.facts().sha256.clone();
    let chain: Vec<CertificateDer<'_>> = identity.chain().to_vec();
    let trust = Arc::new(PeerTrust::new(Vec::new()));
    let (core, _reader) = inbox();
    let desk = Arc::new(TestLineDesk::new(core.clone(), Arc::clone(&trust), |_| {}));
    let judged = || match trust.policies().load().judge(&chain, PeerSide::Client, now) {
        Verdict::Known { peers, .. } => peers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        Verdict::Unnamed { .. } | Verdict::Refused(_) => vec!["refused".to_owned()],
    };
    assert_eq!(judged(), ["refused"]);

    let remote = "127.0.0.1:40000".parse().unwrap();
    let source = call_control::TestSource::Certificate { sha256, remote };
    let line = desk.open("gw1".into(), source, Some(pin)).await.unwrap();

    assert_eq!(judged(), [TEST_PEER]);
    let expected = |at: &str| core.gateways_expected_from(at.parse().unwrap()).to_vec();
    assert_eq!(expected("127.0.0.1:40000"), [PeerName::from("gw1")]);
    assert_eq!(expected("127.0.0.1:40001"), [] as [PeerName; 0]);
    desk.close(line.id).await;
    assert_eq!(judged(), ["refused"]);
    assert_eq!(expected("127.0.0.1:40000"), [] as [PeerName; 0]);
}
