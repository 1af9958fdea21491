use std::time::Duration;

use caller::{AudioCodec, CallPlan, Digit, DigitPress, EndedBy, HangUp, MediaOffer, StartSpeaking};
use um_tests::{Server, align, recognise};

/// A call to the pilot that 4001 diverted; it skips the greeting and speaks for three seconds.
pub(crate) fn diverted_call(server: &Server) -> CallPlan {
    let mut plan = CallPlan::new(server.sip(), "5000");
    plan.diversion = Some("4001".to_owned());
    plan.start_speaking = StartSpeaking::SkipGreeting;
    plan.speech = caller::speech_like_noise(Duration::from_secs(3));
    plan
}

/// Places the call, checks that it was answered, and compares the one stored message with what was said.
pub(crate) async fn leaves_what_was_said(server: &Server, plan: CallPlan) {
    let speech = plan.speech.clone();

    let outcome = caller::place_call(plan).await.unwrap();

    assert_eq!((outcome.status, outcome.ended_by), (200, EndedBy::Caller), "{outcome:?}");
    assert_eq!(outcome.answer_profile.as_deref(), Some("RTP/AVP"));
    assert_eq!(outcome.suite, None);
    assert!(outcome.heard_tone);
    assert_eq!(outcome.spoken, Duration::from_secs(3));
    let messages = server.messages("4001", 1);
    let found = align(&speech, &server.exported_audio("4001", &messages[0]));
    assert!(found.correlation >= 0.99, "{found:?}");
    let length = messages[0]["length_seconds"].as_f64().unwrap();
    assert!((3.0..5.0).contains(&length), "{length} s were stored");
}

#[tokio::test]
async fn caller_over_udp_leaves_what_was_said() {
    let server = Server::start_with_mailbox();

    leaves_what_was_said(&server, diverted_call(&server)).await;
}

#[tokio::test]
async fn caller_with_a_law_only_leaves_what_was_said() {
    let server = Server::start_with_mailbox();
    let mut plan = diverted_call(&server);
    plan.media = MediaOffer::Avp { codecs: vec![AudioCodec::Pcma] };

    leaves_what_was_said(&server, plan).await;
}

#[tokio::test]
async fn greeting_is_heard_whole_before_the_tone() {
    let server = Server::start_with_mailbox();
    let mut plan = diverted_call(&server);
    plan.start_speaking = StartSpeaking::AfterTone;

    let outcome = caller::place_call(plan).await.unwrap();

    assert!(outcome.heard_tone);
    let prompts = concat!(env!("CARGO_MANIFEST_DIR"), "/../prompts/en-US");
    for piece in ["person-at-extension", "digit-4", "digit-0", "digit-1", "not-available"] {
        let prompt = caller::read_wav(format!("{prompts}/{piece}.wav").as_ref()).unwrap();
        let likeness = recognise(&prompt, &outcome.heard);
        assert!(likeness >= 0.97, "{piece}: {likeness}");
    }
}

#[tokio::test]
async fn pound_ends_the_recording_and_the_server_says_saved_and_hangs_up() {
    let server = Server::start_with_mailbox();
    let mut plan = diverted_call(&server);
    let speech = plan.speech.clone();
    plan.digits = vec![DigitPress { wait: Duration::from_millis(200), digit: Digit::POUND }];
    plan.after = HangUp::AwaitBye;

    let outcome = caller::place_call(plan).await.unwrap();

    assert_eq!(outcome.ended_by, EndedBy::Server);
    let saved = concat!(env!("CARGO_MANIFEST_DIR"), "/../prompts/en-US/message-saved.wav");
    let likeness = recognise(&caller::read_wav(saved.as_ref()).unwrap(), &outcome.heard);
    assert!(likeness >= 0.97, "{likeness}");
    let messages = server.messages("4001", 1);
    let found = align(&speech, &server.exported_audio("4001", &messages[0]));
    assert!(found.correlation >= 0.99, "{found:?}");
}

#[tokio::test]
async fn two_callers_at_once_leave_a_message_each() {
    let server = Server::start_with_mailbox();
    let first = diverted_call(&server);
    let mut second = diverted_call(&server);
    second.from_user = "2065550177".to_owned();

    let (first, second) = tokio::join!(caller::place_call(first), caller::place_call(second));

    assert_eq!((first.unwrap().status, second.unwrap().status), (200, 200));
    let mut callers: Vec<_> =
        server.messages("4001", 2).iter().map(|message| message["caller"].to_string()).collect();
    callers.sort();
    assert_eq!(callers, ["\"2065550100\"", "\"2065550177\""]);
}

#[tokio::test]
async fn mailbox_is_found_by_the_called_number_too() {
    let server = Server::start_with_mailbox();
    let mut plan = diverted_call(&server);
    plan.request_user = "4001".to_owned();
    plan.diversion = None;

    leaves_what_was_said(&server, plan).await;
}
