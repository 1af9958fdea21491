use std::time::Duration;

use mailbox::{CallMedia, CallResult};

use super::*;

fn readings() -> Readings {
    Readings {
        program: ("0.1.0".to_owned(), "abc".to_owned()),
        started: 1_700_000_000,
        calls: CallCounts { live: 2, taken: 9, refused: 1, messages_stored: 7 },
        call_limit: 1000,
        checks: vec![("state", true), ("disk", false)],
        connections: BTreeMap::from([(("tls", "peer"), 3)]),
        totals: Some(StoreTotals { mailboxes: BTreeMap::from([("hq".to_owned(), 5)]), messages: 11 }),
        store_took: Duration::from_millis(2),
        disk: Some(DiskSpace { free: 40, total: 100 }),
        disk_state: DiskState::Low,
        gateways: vec![("gw \"1\"\\".to_owned(), "tls", true), ("gw2".to_owned(), "clear", false)],
    }
}

fn call() -> CallRecord {
    let answered = "2026-11-05T12:00:01Z".parse().unwrap();
    CallRecord {
        call_id: "a".into(),
        started: "2026-11-05T12:00:00Z".parse().unwrap(),
        answered: Some(answered),
        ended: "2026-11-05T12:00:41Z".parse().unwrap(),
        gateway: Some("gw1".into()),
        source: None,
        dial_plan: Some("hq".into()),
        mode: Some("secured".into()),
        transport: "tls".into(),
        tls_version: Some("TLS 1.3".into()),
        tls_cipher: Some("TLS13_AES_256_GCM_SHA384".into()),
        peer_subject: None,
        caller: None,
        called: None,
        extension: None,
        suite: Some("AEAD_AES_256_GCM".into()),
        codec: Some("PCMA".into()),
        media: Some(CallMedia {
            packets_received: 2000,
            packets_sent: 1500,
            packets_lost: 4,
            packets_late: 3,
            packets_unauthentic: 2,
            packets_replayed: 1,
            loss_percent: 0.35,
            jitter_ms: 4.0,
            mos: Some(4.38),
        }),
        digits: 3,
        status: 200,
        result: CallResult::Answered,
        refusal: None,
        reason: String::new(),
        message: None,
    }
}

fn refused(status: u16, reason: &str) -> CallRecord {
    CallRecord {
        answered: None,
        dial_plan: None,
        mode: None,
        tls_version: None,
        tls_cipher: None,
        transport: "udp".into(),
        suite: None,
        codec: None,
        media: None,
        digits: 0,
        status,
        result: CallResult::Refused,
        refusal: Some(reason.to_owned()),
        ..call()
    }
}

/// The page without what says what a metric is.
fn samples(page: &str) -> Vec<&str> {
    page.lines().filter(|line| !line.starts_with('#')).collect()
}

#[test]
fn page_has_help_and_type_of_every_metric_in_the_order_of_the_catalogue() {
    let page = Metrics::default().page(&readings(), Instant::now());

    let told = |word: &str| -> Vec<String> {
        page.lines()
            .filter_map(|line| line.strip_prefix(word))
            .map(|rest| rest.split(' ').next().unwrap_or_default().to_owned())
            .collect()
    };
    let names: Vec<String> = METRICS.iter().map(|kind| kind.name.to_owned()).collect();
    assert_eq!((told("# HELP "), told("# TYPE ")), (names.clone(), names));
    let types = page.lines().filter(|line| line.starts_with("# TYPE "));
    for (line, kind) in types.zip(METRICS) {
        assert_eq!(line, format!("# TYPE {} {}", kind.name, kind.form.word()));
    }
}

#[test]
fn readings_are_on_the_page_as_they_are() {
    let page = Metrics::default().page(&readings(), Instant::now());

    let samples = samples(&page);
    for line in [
        "um_build_info{version=\"0.1.0\",commit=\"abc\"} 1",
        "um_start_time_seconds 1700000000",
        "um_ready 0",
        "um_ready_check{check=\"state\"} 1",
        "um_ready_check{check=\"disk\"} 0",
        "um_calls_live 2",
        "um_calls_limit 1000",
        "um_calls_taken_total 9",
        "um_connections{transport=\"tls\",opened_by=\"peer\"} 3",
        "um_mailboxes{dial_plan=\"hq\"} 5",
        "um_messages 11",
        "um_messages_stored_total 7",
        "um_store_up 1",
        "um_store_answer_seconds 0.002",
        "um_store_free_bytes 40",
        "um_store_total_bytes 100",
        "um_store_disk_state 1",
        "um_gateway_up{gateway=\"gw \\\"1\\\"\\\\\",class=\"tls\"} 1",
        "um_gateway_up{gateway=\"gw2\",class=\"clear\"} 0",
    ] {
        assert!(samples.contains(&line), "{line} is not on {page}");
    }
}

#[test]
fn calls_that_are_over_are_counted_with_all_that_their_records_say() {
    let metrics = Metrics::default();
    for call in [call(), call(), refused(403, "wrong-mode"), refused(404, "no-mailbox")] {
        metrics.count_call(&call);
    }
    // What cannot be: it shows.
    metrics.count_call(&CallRecord { suite: None, ..call() });

    let page = metrics.page(&readings(), Instant::now());

    let samples = samples(&page);
    for line in [
        "um_calls_ended_total{dial_plan=\"\",transport=\"udp\",result=\"refused\"} 2",
        "um_calls_ended_total{dial_plan=\"hq\",transport=\"tls\",result=\"answered\"} 3",
        "um_calls_refused_total{status=\"403\",reason=\"wrong-mode\"} 1",
        "um_calls_refused_total{status=\"404\",reason=\"no-mailbox\"} 1",
        "um_calls_below_mode_total 1",
        "um_call_duration_seconds_bucket{le=\"30\"} 0",
        "um_call_duration_seconds_bucket{le=\"60\"} 3",
        "um_call_duration_seconds_sum 120",
        "um_call_digits_total 9",
        "um_calls_tls_total{version=\"TLS 1.3\",cipher=\"TLS13_AES_256_GCM_SHA384\"} 3",
        "um_calls_srtp_total{mode=\"secured\",suite=\"AEAD_AES_256_GCM\"} 2",
        "um_calls_srtp_total{mode=\"secured\",suite=\"none\"} 1",
        "um_srtp_packets_unauthentic_total 6",
        "um_srtp_packets_replayed_total 3",
        "um_media_packets_total{direction=\"received\"} 6000",
        "um_media_packets_total{direction=\"sent\"} 4500",
        "um_media_packets_lost_total 12",
        "um_media_packets_late_total 9",
        "um_calls_codec_total{codec=\"PCMA\"} 3",
        "um_call_mos_bucket{le=\"4.34\"} 0",
        "um_call_mos_count 3",
        "um_call_jitter_seconds_bucket{le=\"0.005\"} 3",
    ] {
        assert!(samples.contains(&line), "{line} is not on {page}");
    }
}

#[test]
fn handshakes_are_counted_with_every_reason_in_both_directions() {
    let metrics = Metrics::default();
    metrics.count_handshake_done(Direction::Outbound);
    metrics.count_handshake(Direction::Inbound, FailureReason::Expired);
    metrics.count_handshake(Direction::Outbound, FailureReason::NoCertificate);
    metrics.count_handshake(Direction::Outbound, FailureReason::NoCertificate);

    let page = metrics.page(&readings(), Instant::now());

    let failed = |direction: &str, reason: &str, count: u32| {
        let line = format!(
            "um_tls_handshakes_failed_total{{direction=\"{direction}\",reason=\"{reason}\"}} {count}\n"
        );
        page.contains(&line)
    };
    assert!(failed("inbound", "expired", 1) && failed("outbound", "no-certificate", 2), "{page}");
    assert!(failed("outbound", "expired", 0) && failed("inbound", "negotiation-failed", 0), "{page}");
    assert_eq!(page.matches("um_tls_handshakes_failed_total{").count(), 20);
    assert!(page.contains("um_tls_handshakes_total{direction=\"inbound\"} 0\n"), "{page}");
    assert!(page.contains("um_tls_handshakes_total{direction=\"outbound\"} 1\n"), "{page}");
}

#[test]
fn every_kind_of_event_has_a_counter() {
    let metrics = Metrics::default();
    metrics.count_event(&Event::new(&kind::CALL_REJECTED));
    metrics.count_event(&Event::new(&kind::PROFILE_REFUSED).with("outcome", "no-such-device"));

    let page = metrics.page(&readings(), Instant::now());

    assert_eq!(page.matches("um_events_total{").count(), CATALOGUE.len());
    let rejected = "um_events_total{id=\"1021\",name=\"call-rejected\",severity=\"warning\"} 1\n";
    assert!(page.contains(rejected), "{page}");
    assert!(page.contains("um_provisioning_answers_total{outcome=\"no-such-device\"} 1\n"), "{page}");
}

#[test]
fn combinations_of_labels_are_bounded() {
    let metrics = Metrics::default();
    for number in 0..5_000 {
        metrics.count_call(&refused(403, &number.to_string()));
    }

    assert_eq!(locked(&metrics.calls).refused.0.len(), 4_096);
}
