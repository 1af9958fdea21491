//! Changes take effect on the next call, and a call in progress lives on.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use caller::{CallOutcome, CallPlan, EndedBy, StartSpeaking, Transport};
use tokio::task::JoinHandle;
use um_tests::{Mode, ThreePlans, align};

/// Begins a call that speaks for four seconds, and gives it once the server says that it is up.
fn call_in_progress(three: &ThreePlans, mut plan: CallPlan) -> JoinHandle<anyhow::Result<CallOutcome>> {
    plan.start_speaking = StartSpeaking::SkipGreeting;
    plan.speech = caller::speech_like_noise(Duration::from_secs(4));
    let call = tokio::spawn(caller::place_call(plan));
    let deadline = Instant::now() + Duration::from_secs(10);
    while three.server.um_json(&["calls", "list"])[0]["stage"] != "talking" {
        assert!(Instant::now() < deadline, "the call never came up");
    }
    call
}

/// The call has left a whole message in the plan's mailbox.
async fn assert_whole(three: &ThreePlans, plan: &str, call: JoinHandle<anyhow::Result<CallOutcome>>) {
    let outcome = call.await.unwrap().unwrap();
    assert_eq!((outcome.status, outcome.ended_by), (200, EndedBy::Caller), "{outcome:?}");
    let mailbox = format!("4001@{plan}");
    let message = three.server.messages(&mailbox, 1).remove(0);
    let speech = caller::speech_like_noise(Duration::from_secs(4));
    let found = align(&speech, &three.server.exported_audio(&mailbox, &message));
    assert!(found.correlation >= 0.99, "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_mode_holds_for_the_next_call_and_not_for_the_one_in_progress() {
    let three = ThreePlans::start();
    let running = call_in_progress(&three, three.call(Mode::Unsecured, Transport::Udp));

    three.server.um_ok(&["dialplan", "set", "unsecured", "--voip-security", "sip-secured"]);

    let clear = caller::place_call(three.call(Mode::Unsecured, Transport::Udp)).await.unwrap();
    let secured = caller::place_call(three.call(Mode::Unsecured, Transport::Tls)).await.unwrap();
    assert_eq!((clear.status, secured.status), (403, 200));
    assert_whole(&three, "unsecured", running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_gateway_gets_503_for_new_calls_and_its_call_over_tls_lives_on() {
    let three = Arc::new(ThreePlans::start());
    let running = call_in_progress(&three, three.call(Mode::SipSecured, Transport::Tls));

    let waiting = Arc::clone(&three);
    let disabled = tokio::task::spawn_blocking(move || waiting.server.um(&["gateway", "disable", "gw1"]));

    let deadline = Instant::now() + Duration::from_secs(5);
    let refused = loop {
        let outcome = caller::place_call(three.call(Mode::Unsecured, Transport::Udp)).await.unwrap();
        if outcome.status != 200 {
            break outcome;
        }
        assert!(Instant::now() < deadline, "the gateway's calls are still taken");
    };
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.reason.unwrap_or_default().starts_with("Q.850;cause=41;text=\""));
    assert_whole(&three, "sip-secured", running).await;
    let disabled = disabled.await.unwrap();
    assert_eq!(disabled.code, Some(0), "{disabled:?}");
    let enabled = three.server.um(&["gateway", "enable", "gw1"]);
    assert_eq!(enabled.code, Some(0), "{enabled:?}");
    let taken = caller::place_call(three.call(Mode::SipSecured, Transport::Tls)).await.unwrap();
    assert_eq!(taken.status, 200, "{taken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_mailbox_takes_the_next_call_while_another_call_goes_on() {
    let three = ThreePlans::start();
    let running = call_in_progress(&three, three.call(Mode::SipSecured, Transport::Tls));
    let mut plan = three.call(Mode::SipSecured, Transport::Tls);
    plan.diversion = Some("4002".to_owned());
    let before = caller::place_call(plan.clone()).await.unwrap();

    three.server.um_ok(&[
        "mailbox",
        "enable",
        "4002",
        "--dialplan",
        "sip-secured",
        "--name",
        "Grace Example",
    ]);

    let after = caller::place_call(plan).await.unwrap();
    assert_eq!((before.status, after.status), (404, 200));
    assert_whole(&three, "sip-secured", running).await;
}
