//! Secured calls: a message for each suite, and SRTP under `RTP/AVP`.

use std::time::Duration;

use caller::{AudioCodec, CallPlan, EndedBy, MediaOffer, SrtpSuite};
use um_tests::{Mode, ThreePlans, align};

/// Places the call, and compares the newest of `count` stored messages with what was said.
async fn leaves_what_was_said(
    three: &ThreePlans,
    mut plan: CallPlan,
    count: usize,
    profile: &str,
    suite: SrtpSuite,
) {
    plan.speech = caller::speech_like_noise(Duration::from_secs(3));
    let (speech, number) = (plan.speech.clone(), plan.from_user.clone());

    let outcome = caller::place_call(plan).await.unwrap();

    assert_eq!((outcome.status, outcome.ended_by), (200, EndedBy::Caller), "{suite}: {outcome:?}");
    assert_eq!(outcome.answer_profile.as_deref(), Some(profile), "{suite}");
    assert_eq!(outcome.suite.as_deref(), Some(suite.name()));
    assert!(outcome.heard_tone, "{suite}: {} packets", outcome.packets_heard);
    assert_eq!(outcome.packets_unauthentic, 0, "{suite}");
    let mailbox = format!("4001@{}", Mode::Secured.word());
    let messages = three.server.messages(&mailbox, count);
    let message = messages.iter().find(|message| message["caller"] == number.as_str()).unwrap();
    let found = align(&speech, &three.server.exported_audio(&mailbox, message));
    assert!(found.correlation >= 0.99, "{suite}: {found:?}");
}

#[tokio::test]
async fn each_suite_leaves_what_was_said() {
    let three = ThreePlans::start();
    for (number, suite) in SrtpSuite::ALL.into_iter().enumerate() {
        let mut plan = three.secured_call(&[suite]);
        plan.from_user = format!("20655502{number:02}");

        leaves_what_was_said(&three, plan, number + 1, "RTP/SAVP", suite).await;
    }
}

#[tokio::test]
async fn avp_with_crypto_to_a_secured_plan_is_srtp() {
    let three = ThreePlans::start();
    let suite = SrtpSuite::AesCm128HmacSha1_80;
    let mut plan = three.secured_call(&[]);
    plan.media = MediaOffer::AvpWithCrypto { codecs: vec![AudioCodec::Pcma], suites: vec![suite] };

    leaves_what_was_said(&three, plan, 1, "RTP/AVP", suite).await;
}
