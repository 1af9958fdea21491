//! Stopping, running out of disk, and faults: what callers and administrators see of them.

use std::time::{Duration, Instant};

use caller::{CallOutcome, CallPlan, EndedBy, HangUp, StartSpeaking};
use tokio::task::JoinHandle;
use um_tests::{FaultInjection, Server, align, recognise};

const SPEECH: Duration = Duration::from_secs(3);

fn plan(server: &Server) -> CallPlan {
    let mut plan = CallPlan::new(server.sip(), "4001");
    plan.start_speaking = StartSpeaking::SkipGreeting;
    plan.speech = caller::speech_like_noise(SPEECH);
    plan
}

/// Begins a call and gives it once its caller has spoken for a moment.
async fn recording(plan: CallPlan) -> JoinHandle<anyhow::Result<CallOutcome>> {
    let progress = plan.progress.clone();
    let call = tokio::spawn(caller::place_call(plan));
    let deadline = Instant::now() + Duration::from_secs(10);
    while progress.spoken() < Duration::from_millis(1500) {
        assert!(Instant::now() < deadline && !call.is_finished(), "the caller never spoke");
        tokio::task::yield_now().await;
    }
    call
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_refuses_new_calls_lets_the_caller_finish_and_ends_with_0() {
    let mut server = Server::start_with_mailbox();
    let call = recording(plan(&server)).await;

    server.signal("TERM");
    server.wait_for_state("draining");
    let refused = caller::place_call(plan(&server)).await.unwrap();
    let outcome = call.await.unwrap().unwrap();

    assert_eq!(refused.status, 503);
    let answer = String::from_utf8(refused.final_answer).unwrap();
    let retry: u32 = answer.lines().find_map(|l| l.strip_prefix("Retry-After: ")).unwrap().parse().unwrap();
    assert!((30..=60).contains(&retry), "{answer}");
    assert_eq!((outcome.status, outcome.ended_by), (200, EndedBy::Caller));
    assert_eq!(server.exit_code(), 0);
    server.start_again();
    let message = server.messages("4001", 1).remove(0);
    assert_eq!(message["interrupted"], false, "{message}");
    let found = align(&caller::speech_like_noise(SPEECH), &server.exported_audio("4001", &message));
    assert!(found.correlation >= 0.99, "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn caller_who_outlasts_the_drain_gets_bye_and_the_message_is_kept_as_interrupted() {
    let mut server = Server::start_with_mailbox_and("[server]\ndrain = \"1s\"", FaultInjection::Off);
    let mut long = plan(&server);
    long.speech = caller::speech_like_noise(Duration::from_secs(30));
    let call = recording(long).await;

    server.signal("INT");
    let outcome = call.await.unwrap().unwrap();

    assert_eq!(outcome.ended_by, EndedBy::Server);
    assert_eq!(outcome.reason.as_deref(), Some("SIP;cause=503;text=\"the server is stopping\""));
    assert_eq!(server.exit_code(), 0);
    server.start_again();
    let message = server.messages("4001", 1).remove(0);
    assert_eq!(message["interrupted"], true, "{message}");
    assert!(message["length_seconds"].as_f64().unwrap() >= 2.0, "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn second_signal_stops_at_once_and_the_next_start_recovers_the_recording() {
    let mut server = Server::start_with_mailbox();
    let mut long = plan(&server);
    long.speech = caller::speech_like_noise(Duration::from_secs(30));
    long.after = HangUp::AwaitBye;
    let call = recording(long).await;

    server.signal("TERM");
    server.wait_for_state("draining");
    let asked = Instant::now();
    server.signal("TERM");
    assert_eq!(server.exit_code(), 0);
    assert!(asked.elapsed() < Duration::from_secs(10), "it waited for the caller");
    call.abort();

    server.start_again();
    let message = server.messages("4001", 1).remove(0);
    assert_eq!(message["interrupted"], true, "{message}");
    let id = message["id"].to_string();
    server.event(2019, |fields| fields["message"] == id.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn below_the_disk_floor_calls_get_503_and_the_event_names_the_mark() {
    let server = Server::start_with_mailbox_and("[server]\ndisk_floor = \"1000TiB\"", FaultInjection::Off);

    let refused = caller::place_call(plan(&server)).await.unwrap();

    assert_eq!(refused.status, 503);
    assert!(refused.warning.unwrap_or_default().contains("the disk of the server is full"));
    let event = server.event(2017, |_| true);
    assert!(event["remedy"].as_str().unwrap().contains("disk_floor"), "{event}");
}

#[tokio::test(flavor = "multi_thread")]
async fn below_the_soft_mark_the_caller_hears_that_no_message_can_be_left() {
    let server = Server::start_with_mailbox_and("[server]\ndisk_soft = \"1000TiB\"", FaultInjection::Off);
    let mut call = plan(&server);
    call.start_speaking = StartSpeaking::AfterTone;
    call.after = HangUp::AwaitBye;

    let outcome = caller::place_call(call).await.unwrap();

    assert_eq!((outcome.status, outcome.ended_by), (200, EndedBy::Server));
    assert!(!outcome.heard_tone);
    let prompt = caller::read_wav(std::path::Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../prompts/en-US/no-message-now.wav"
    )));
    let likeness = recognise(&prompt.unwrap(), &outcome.heard);
    assert!(likeness >= 0.9, "{likeness}");
    server.messages("4001", 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn panic_in_one_call_ends_that_call_and_no_other() {
    let server = Server::start_with_mailbox_and("", FaultInjection::On);
    let mut long = plan(&server);
    long.speech = caller::speech_like_noise(Duration::from_secs(30));
    let broken = recording(long).await;
    let calls = server.um_json(&["calls", "list"]);
    let id = calls[0]["id"].to_string();
    let healthy = recording(plan(&server)).await;

    server.um_ok(&["test", "fault", "--call", &id]);

    let broken = broken.await.unwrap().unwrap();
    assert_eq!(broken.ended_by, EndedBy::Server, "{broken:?}");
    let healthy = healthy.await.unwrap().unwrap();
    assert_eq!((healthy.status, healthy.ended_by), (200, EndedBy::Caller));
    server.event(2006, |_| true);
    let next = caller::place_call(plan(&server)).await.unwrap();
    assert_eq!(next.status, 200);
    let messages = server.messages("4001", 3);
    let interrupted = messages.iter().filter(|message| message["interrupted"] == true).count();
    assert_eq!(interrupted, 1, "{messages:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn panic_outside_of_a_call_ends_the_server_with_70_and_the_recording_is_recovered() {
    let mut server = Server::start_with_mailbox_and("", FaultInjection::On);
    let mut long = plan(&server);
    long.speech = caller::speech_like_noise(Duration::from_secs(30));
    let call = recording(long).await;

    // The answer may be lost with the server.
    server.um(&["test", "fault"]);
    assert_eq!(server.exit_code(), 70);
    call.abort();

    server.start_again();
    let message = server.messages("4001", 1).remove(0);
    assert_eq!(message["interrupted"], true, "{message}");
    server.event(2022, |fields| fields["part"] == "signalling core");
}

#[test]
fn fault_injection_is_refused_where_the_server_was_not_started_for_it() {
    let server = Server::start();

    let ran = server.um(&["test", "fault"]);

    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("UM_FAULT_INJECTION"), "{ran:?}");
}
