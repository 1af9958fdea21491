//! `um test call`: a call as a gateway would place it, over the test line, through the real listeners.

use std::time::Duration;

use caller::{CallPlan, CertificateRequest, StartSpeaking};
use serde_json::{Value, json};
use um_tests::{FaultInjection, Mode, Server, ThreePlans};

/// What `um test call ARGS --json` prints, and its exit code.
pub(crate) fn tested(server: &Server, args: &[&str]) -> (Value, Option<i32>) {
    let words: Vec<&str> = ["test", "call"].iter().chain(args).copied().chain(["--json"]).collect();
    let ran = server.um(&words);
    let tested = serde_json::from_str(&ran.stdout);
    (tested.unwrap_or_else(|error| panic!("{error}: {}{}", ran.stdout, ran.stderr)), ran.code)
}

/// The words of the findings of this grade.
pub(crate) fn words(tested: &Value, grade: &str) -> Vec<String> {
    let findings = tested["findings"].as_array().unwrap();
    let graded = findings.iter().filter(|finding| finding["grade"] == grade);
    graded.map(|finding| finding["diagnosis"].as_str().unwrap().to_owned()).collect()
}

/// Nothing of a test call is kept: no message, no audio file, no missed call.
fn assert_nothing_left(server: &Server, plan: &str) {
    let mailbox = format!("4001@{plan}");
    assert_eq!(server.um_json(&["message", "list", &mailbox]), json!([]));
    let audio = server.folder().join("data").join("audio");
    let files: Vec<_> = std::fs::read_dir(&audio).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files, Vec::<std::path::PathBuf>::new());
    let Value::Array(events) = server.um_json(&["events", "--limit", "10000"]) else { panic!("no list") };
    assert!(events.iter().all(|event| event["id"] != 2023 && event["id"] != 2004), "{events:#?}");
}

#[test]
fn test_call_in_each_mode_finds_nothing_wrong_and_leaves_nothing_behind() {
    let three = ThreePlans::start();
    for (mode, transport, suite) in [
        (Mode::Unsecured, "udp", Value::Null),
        (Mode::SipSecured, "tls", Value::Null),
        (Mode::Secured, "tls", json!("AEAD_AES_256_GCM")),
    ] {
        let (call, code) = tested(&three.server, &["--mode", mode.word(), "--to", "4001"]);

        assert_eq!((words(&call, "fault"), code), (vec![], Some(0)), "{call:#}");
        assert_eq!((&call["gateway"], &call["dial_plan"]), (&json!("gw1"), &json!(mode.word())));
        assert_eq!(
            (&call["transport"], &call["suite"], &call["status"]),
            (&json!(transport), &suite, &json!(200))
        );
        assert_eq!((&call["keys_sent"], &call["keys_counted"]), (&json!(11), &json!(11)));
        assert_eq!(call["tone"], true);
        assert!(call["greeting_seconds"].as_f64().unwrap() > 1.0, "{call:#}");
        for direction in ["to_server", "from_server"] {
            let measured = &call[direction];
            assert!(measured["packets"].as_u64().unwrap() > 100, "{call:#}");
            assert!((1.0..=4.5).contains(&measured["mos"].as_f64().unwrap()), "{call:#}");
        }
        assert_eq!(call["tls_version"], if transport == "tls" { json!("TLS 1.3") } else { Value::Null });
        let call_id = call["call_id"].as_str().unwrap();
        let placed = three.server.event(2076, |fields| fields["call_id"] == call_id);
        assert_eq!(placed["fields"]["gateway"], "gw1");
        assert_nothing_left(&three.server, mode.word());
    }
}

#[test]
fn test_call_counts_as_a_gateway_that_is_elsewhere_and_what_it_shows_is_not_the_gateways() {
    let server = Server::start();
    server.um_ok(&["dialplan", "create", "hq", "--extension-digits", "4", "--voip-security", "secured"]);
    server.um_ok(&["gateway", "create", "gw2", "--address", "gw2.test", "--dialplan", "hq"]);
    server.um_ok(&["mailbox", "enable", "4001", "--dialplan", "hq", "--name", "Ada Example"]);

    let ran = server.um(&["test", "call"]);

    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("ok     gateway gw2 calls 4001 (Secured) for mailbox 4001"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("RTP/SAVP with AEAD_AES_256_GCM"), "{}", ran.stdout);
    assert!(ran.stdout.contains("11 of 11 keys"), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches(" 0 lost (0.0 %), jitter ").count(), 2, "{}", ran.stdout);
    assert!(ran.stdout.ends_with("the test call has left no message behind\n"), "{}", ran.stdout);
    // The gateway itself has shown nothing yet.
    let metrics = server.um_ok(&["metrics"]);
    assert!(!metrics.contains("test line") && !metrics.contains("gw2"), "{metrics}");
    let watched = server.um(&["cert", "check", "--within", "30000d"]).stdout;
    assert!(watched.contains("our certificate") && !watched.contains("um-test-call"), "{watched}");
    let traced = server.um_ok(&["trace", "--gateway", "gw2"]);
    assert!(traced.contains("INVITE sip:4001@"), "{traced}");
    assert_nothing_left(&server, "hq");
}

#[test]
fn each_refusal_of_a_test_call_has_a_word_a_sentence_and_a_command_of_its_own() {
    let three = ThreePlans::start();
    let server = &three.server;
    server.um_ok(&["huntgroup", "delete", "gw1 Default Group"]);
    server.um_ok(&[
        "huntgroup",
        "create",
        "clear",
        "--gateway",
        "gw1",
        "--dialplan",
        "unsecured",
        "--pilot",
        "5000",
    ]);
    let rows: [(&[&str], &str, &str, &str); 6] = [
        (&["--pilot", "5002", "--mode", "unsecured"], "wrong-mode", "403", "point the gateway at port"),
        (&["--pilot", "5000", "--mode", "secured"], "wrong-mode", "403", "point the gateway at port"),
        (&["--pilot", "5002", "--mode", "sip-secured"], "no-crypto", "488", "turn SRTP with SDES keys on"),
        (&["--pilot", "5001", "--mode", "secured"], "srtp-not-wanted", "488", "turn SRTP off"),
        (&["--pilot", "5999"], "unknown-pilot", "404", "um huntgroup create"),
        (&["--to", "4999", "--mode", "unsecured"], "no-mailbox", "404", "um mailbox enable 4999"),
    ];
    for (args, word, status, remedy) in rows {
        let (call, code) = tested(server, args);

        assert_eq!((words(&call, "fault"), code), (vec![word.to_owned()], Some(1)), "{args:?} {call:#}");
        let found = call["findings"].as_array().unwrap().last().unwrap().clone();
        assert!(found["what"].as_str().unwrap().contains(&format!("answered {status} ")), "{found:#}");
        assert!(found["remedy"].as_str().unwrap().contains(remedy), "{found:#}");
    }
    server.um_ok(&["gateway", "disable", "gw1"]);
    let (call, code) = tested(server, &["--gateway", "gw1"]);
    assert_eq!((words(&call, "fault"), code), (vec!["gateway-disabled".to_owned()], Some(1)), "{call:#}");
    let nobody = server.um(&["test", "call"]);
    assert_eq!(nobody.code, Some(1));
    assert!(nobody.stderr.starts_with("error: no enabled gateway has a hunt group"), "{}", nobody.stderr);
    assert_eq!(server.um(&["test", "call", "--gateway", "gw9"]).code, Some(1));
}

#[test]
fn disk_below_its_floor_has_a_word_of_its_own() {
    let full = Server::start_with_mailbox_and(
        "[server]\ndisk_soft = \"1000TiB\"\ndisk_floor = \"999TiB\"\n",
        FaultInjection::Off,
    );
    let (call, code) = tested(&full, &[]);
    assert_eq!((words(&call, "fault"), code), (vec!["disk-full".to_owned()], Some(1)), "{call:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn server_that_drains_says_so_to_a_test_call() {
    let server = Server::start_with_mailbox();
    let mut plan = CallPlan::new(server.sip(), "4001");
    plan.start_speaking = StartSpeaking::Immediately;
    plan.speech = caller::speech_like_noise(Duration::from_secs(30));
    let progress = plan.progress.clone();
    let standing = tokio::spawn(caller::place_call(plan));
    while progress.spoken().is_zero() {
        assert!(!standing.is_finished(), "the caller never spoke");
        tokio::task::yield_now().await;
    }

    server.signal("TERM");
    server.wait_for_state("draining");
    let (call, code) = tested(&server, &[]);

    assert_eq!((words(&call, "fault"), code), (vec!["draining".to_owned()], Some(1)), "{call:#}");
    standing.abort();
}

#[test]
fn gateway_that_is_bound_to_an_owner_is_shown_that_owners_certificate_in_a_test_call_too() {
    let server = Server::start();
    server.um_ok(&["dialplan", "create", "hq", "--extension-digits", "4"]);
    server.um_ok(&["gateway", "create", "gw2", "--address", "gw2.test", "--dialplan", "hq"]);
    server.um_ok(&["mailbox", "enable", "4001", "--dialplan", "hq", "--name", "Ada Example"]);
    server.um_ok(&["gateway", "set", "gw2", "--cert-owner", "partner"]);

    let none = server.um(&["test", "call"]);
    assert_eq!(none.code, Some(1));
    assert!(none.stderr.contains("partner") && none.stderr.contains("um cert explain"), "{}", none.stderr);

    let request = CertificateRequest::named("partner.test");
    let identity = caller::TestIdentity::self_signed(&request).unwrap();
    let both = format!("{}{}", identity.certificate_pem(), identity.key_pem());
    let file = server.file("partner.pem", &both);
    server.um_ok(&["cert", "import", &file, "--owner", "partner"]);
    let called = server.um(&["test", "call"]);

    assert_eq!(called.code, Some(0), "{}{}", called.stdout, called.stderr);
    assert!(called.stdout.contains("the server presents CN=partner.test, "), "{}", called.stdout);
}

#[test]
fn two_test_calls_at_once_are_one_too_many() {
    let server = Server::start_with_mailbox();
    let ran: Vec<_> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..2).map(|_| scope.spawn(|| server.um(&["test", "call"]))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });

    let mut codes: Vec<_> = ran.iter().map(|ran| ran.code).collect();
    codes.sort();
    assert_eq!(codes, [Some(0), Some(1)], "{ran:?}");
    let refused = ran.iter().find(|ran| ran.code == Some(1)).unwrap();
    assert!(refused.stderr.contains("another test call of gateway gw1 is under way"), "{}", refused.stderr);
    assert!(refused.stderr.contains("hint: try again in "), "{}", refused.stderr);
    // The line is given back: the next one is taken.
    assert_eq!(tested(&server, &[]).1, Some(0));
}
