//! What is kept in memory: failed handshakes, traced messages, counters.

use std::net::SocketAddr;

use cert_manager::HandshakeFailure;

use super::*;
use crate::observe::{
    handshake_log::{Direction, FailedHandshake},
    metrics::ExpiryKind,
    trace::{Hop, Way},
};

fn hop(gateway: &str) -> Hop {
    Hop {
        way: Way::In,
        transport: Transport::Udp,
        peer: SocketAddr::from(([192, 0, 2, 1], 5060)),
        gateways: Arc::from([Arc::from(gateway)]),
    }
}

fn options(call_id: &str) -> Vec<u8> {
    format!("OPTIONS sip:um SIP/2.0\r\nCall-ID: {call_id}\r\n\r\n").into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_handshakes_are_listed_by_gateway_and_an_unknown_gateway_is_told_of() {
    let rig = Rig::start().await.with_hq().await;
    let failed = FailedHandshake {
        direction: Direction::Outbound,
        gateways: Arc::from([Arc::from("gw1")]),
        peer: SocketAddr::from(([192, 0, 2, 1], 5061)),
        own: None,
        failure: HandshakeFailure::no_local_certificate("owner hq has none"),
    };
    rig.observed.handshakes.keep(&failed, Timestamp::UNIX_EPOCH);

    let (_, all) = rig.get("/v1/tls/failures").await;
    let (_, of_gateway) = rig.get("/v1/tls/failures?gateway=gw1").await;
    let (status, unknown) = rig.get("/v1/tls/failures?gateway=gw7").await;

    assert_eq!(all, of_gateway);
    assert_eq!(
        all,
        json!([{"at": "1970-01-01T00:00:00Z", "direction": "outbound", "gateways": ["gw1"], "peer": "192.0.2.1:5061",
            "class": "no-local-certificate", "reason": "owner hq has none",
            "remedy": "`um cert list` shows what this server has and why it does not fit", "closed_by": "us",
            "alert": null, "certificate": null, "own": null}])
    );
    assert_eq!((status, &unknown["message"]), (404, &json!("there is no gateway `gw7`")));
}

#[tokio::test(flavor = "multi_thread")]
async fn trace_is_read_by_gateway_and_by_the_number_or_the_call_id_of_a_call() {
    let rig = Rig::start().await.with_hq().await;
    let trace = &rig.observed.trace;
    trace.note_call(7, "b@gw");
    for call_id in ["a@gw", "b@gw"] {
        trace.record(hop("gw1"), &options(call_id), Timestamp::UNIX_EPOCH);
    }

    let sequences = |rows: Value| {
        rows.as_array().unwrap().iter().map(|row| row["sequence"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    for (query, expected) in [
        ("", vec![1, 2]),
        ("?gateway=gw1", vec![1, 2]),
        ("?call=7", vec![2]),
        ("?call=a@gw", vec![1]),
        ("?call=c@gw", vec![]),
        ("?after=1", vec![2]),
    ] {
        assert_eq!(sequences(rig.get(&format!("/v1/trace{query}")).await.1), expected, "{query}");
    }
    assert_eq!(rig.get("/v1/trace?call=8").await.0, 404);
    assert_eq!(rig.get("/v1/trace?gateway=gw7").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_a_trace_waits_for_the_next_message_that_is_meant() {
    let rig = Rig::start().await.with_hq().await;
    let trace = Arc::clone(&rig.observed.trace);

    let (followed, ()) = tokio::join!(rig.get("/v1/trace?gateway=gw1&wait_seconds=60"), async {
        // Whether the question or the messages come first: none is missed, and one of another gateway is no answer.
        trace.record(hop("gw2"), &options("other"), Timestamp::UNIX_EPOCH);
        tokio::task::yield_now().await;
        trace.record(hop("gw1"), &options("meant"), Timestamp::UNIX_EPOCH);
    });

    assert_eq!(followed.1[0]["call_id"], "meant");
    assert_eq!(followed.1.as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_text_that_prometheus_reads() {
    let rig = Rig::start().await;
    rig.observed.metrics.expiry.set(ExpiryKind::Gateway, "gw1", -5);

    let (status, head, body) = rig.ask_for_head_and_bytes("GET", "/v1/metrics", &Value::Null).await;

    let page = String::from_utf8(body).unwrap();
    assert_eq!(status, 200);
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    assert!(page.contains("um_calls_live 0\n"), "{page}");
    assert!(page.contains("um_expiry_seconds{kind=\"gateway\",name=\"gw1\"} -"), "{page}");
    for line in page.lines().filter(|line| !line.starts_with("# ")) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("um_") && value.parse::<f64>().is_ok(), "{line}");
    }
}
