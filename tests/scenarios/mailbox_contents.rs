//! What a mailbox may hold, what callers hear in it, and who called in vain: as an administrator sees it.
use std::{f64::consts::TAU, path::Path, time::Duration};

use caller::{CallPlan, EndedBy, HangUp, StartSpeaking};
use serde_json::Value;
use um_tests::{Server, recognise};

fn plan(server: &Server) -> CallPlan {
    let mut plan = CallPlan::new(server.sip(), "5000");
    plan.diversion = Some("4001".to_owned());
    plan.start_speaking = StartSpeaking::SkipGreeting;
    plan.speech = caller::speech_like_noise(Duration::from_secs(2));
    plan
}

#[tokio::test(flavor = "multi_thread")]
async fn caller_of_a_full_mailbox_is_told_so_and_listed_as_missed() {
    let server = Server::start_with_mailbox();
    server.um_ok(&["policy", "set", "hq Default Policy", "--max-messages", "1"]);
    assert_eq!(caller::place_call(plan(&server)).await.unwrap().status, 200);
    let first = server.messages("4001", 1).remove(0);
    assert_eq!(server.event(1080, |_| true)["name"], "mailbox-full");
    let mut second = plan(&server);
    second.start_speaking = StartSpeaking::AfterTone;
    second.after = HangUp::AwaitBye;

    let outcome = caller::place_call(second).await.unwrap();

    assert_eq!((outcome.status, outcome.ended_by), (200, EndedBy::Server));
    assert!(!outcome.heard_tone);
    let prompt = Path::new(env!("CARGO_MANIFEST_DIR")).join("../prompts/en-US/mailbox-full.wav");
    let likeness = recognise(&caller::read_wav(&prompt).unwrap(), &outcome.heard);
    assert!(likeness >= 0.9, "{likeness}");
    server.event(2023, |_| true);
    let Value::Array(missed) = server.um_json(&["mailbox", "missed", "4001"]) else { panic!("no array") };
    assert_eq!((missed.len(), &missed[0]["caller"]), (1, &Value::from("2065550100")));
    let of_all = server.um_json(&["calls", "missed", "--dialplan", "hq", "--since", "1h"]);
    assert_eq!(of_all, Value::Array(missed));
    assert_eq!(server.messages("4001", 1), [first]);
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_greeting_is_resampled_and_exported_as_it_sounds() {
    let server = Server::start_with_mailbox();
    let tone = |rate: u32, seconds: f64| -> Vec<i16> {
        let samples = (f64::from(rate) * seconds) as u32;
        (0..samples).map(|n| (9000.0 * (TAU * 440.0 * f64::from(n) / f64::from(rate)).sin()) as i16).collect()
    };
    let given = server.folder().join("given.wav");
    std::fs::write(&given, wav(44_100, &tone(44_100, 1.5))).unwrap();
    let back = server.folder().join("back.wav");

    server.um_ok(&["mailbox", "greeting", "import", "4001", "personal", given.to_str().unwrap()]);
    server.um_ok(&["mailbox", "greeting", "export", "4001", "personal", "--to", back.to_str().unwrap()]);

    let heard = caller::read_wav(&back).unwrap();
    assert_eq!(heard.len(), 12_000);
    let likeness = recognise(&tone(8000, 1.5), &heard);
    assert!(likeness >= 0.99, "{likeness}");
    server.um_ok(&["mailbox", "greeting", "remove", "4001", "personal"]);
    let none = server.um(&["mailbox", "greeting", "export", "4001", "personal", "--to", "none.wav"]);
    assert_eq!(none.code, Some(1), "{none:?}");
    assert!(none.stderr.contains("has no personal greeting"), "{none:?}");
}

#[test]
fn broken_wav_is_refused_with_its_reason_and_the_greeting_stays() {
    let server = Server::start_with_mailbox();
    let whole = wav(8000, &[1000; 8000]);
    let file = server.folder().join("greeting.wav");
    std::fs::write(&file, &whole).unwrap();
    let import = ["mailbox", "greeting", "import", "4001", "out-of-office", file.to_str().unwrap()];
    server.um_ok(&import);
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();

    let refused = server.um(&import);

    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.starts_with("error: the WAV file is broken"), "{refused:?}");
    assert!(refused.stderr.contains("hint: copy or export it again"), "{refused:?}");
    let listed = server.um_json(&["mailbox", "greeting", "list", "4001"]);
    assert_eq!(
        (&listed[0]["greeting"], &listed[0]["length_seconds"]),
        (&"out-of-office".into(), &1.0.into())
    );
}

/// 16-bit PCM, one channel.
fn wav(rate: u32, samples: &[i16]) -> Vec<u8> {
    let octets = u32::try_from(samples.len() * 2).unwrap();
    let mut wav = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    wav.extend_from_slice(&rate.to_le_bytes());
    wav.extend_from_slice(&(rate * 2).to_le_bytes());
    wav.extend_from_slice(b"\x02\0\x10\0data");
    wav.extend_from_slice(&octets.to_le_bytes());
    wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    wav
}
