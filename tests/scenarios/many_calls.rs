//! Many Secured calls at once; `UM_CALLS` says how many.

use std::{collections::BTreeMap, time::Duration};

use caller::SrtpSuite;
use serde_json::Value;
use tokio::task::JoinSet;
use um_tests::{Mode, ThreePlans, align};

/// Calls at once where the environment names no number. Each call has a connection of its own here, and the server takes
/// 32 from one source.
const CALLS: usize = 24;
/// From one call's beginning to the next one's.
const SPACING: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_secured_calls_at_once_leave_every_message_whole() {
    let calls = std::env::var("UM_CALLS").map_or(CALLS, |calls| calls.parse().unwrap());
    let three = ThreePlans::start();
    let speech = caller::speech_like_noise(Duration::from_secs(10));
    let mut placed = JoinSet::new();
    for number in 0..calls {
        let mut plan = three.secured_call(&[SrtpSuite::ALL[number % SrtpSuite::ALL.len()]]);
        plan.from_user = format!("2065{number:06}");
        plan.speech.clone_from(&speech);
        placed.spawn(async move {
            let number = plan.from_user.clone();
            (number, caller::place_call(plan).await)
        });
        tokio::time::sleep(SPACING).await;
    }

    while let Some(ended) = placed.join_next().await {
        let (number, outcome) = ended.unwrap();
        let outcome = outcome.unwrap_or_else(|error| panic!("{number}: {error:#}"));
        assert_eq!((outcome.status, outcome.packets_unauthentic), (200, 0), "{number}: {}", outcome.phrase);
        assert!(outcome.heard_tone, "{number}");
    }

    let mailbox = format!("4001@{}", Mode::Secured.word());
    let messages = three.server.messages(&mailbox, calls);
    let by_caller: BTreeMap<String, &Value> =
        messages.iter().map(|message| (message["caller"].to_string(), message)).collect();
    assert_eq!(by_caller.len(), calls, "every caller has a message");
    for (caller, message) in by_caller {
        let found = align(&speech, &three.server.exported_audio(&mailbox, message));
        assert!(found.correlation >= 0.99, "{caller}: {found:?}");
    }
}
