//! Recordings that an administrator has given to a dial plan, as its callers hear them.

use std::time::Duration;

use caller::{CallPlan, Digit, DigitPress, HangUp, StartSpeaking};
use um_tests::{Server, recognise};

use crate::leave_message::diverted_call;

/// Prompts of other languages stand for the administrator's recordings: no caller of an English plan hears them else.
const ABSENCE: &str = "fr-FR/mailbox-full";
const WELCOME: &str = "es-ES/mailbox-welcome";
const NEWS: &str = "fr-FR/no-message-now";

fn file(prompt: &str) -> String {
    format!("{}/../prompts/{prompt}.wav", env!("CARGO_MANIFEST_DIR"))
}

/// How surely the caller heard this prompt.
fn likeness(heard: &[i16], prompt: &str) -> f64 {
    recognise(&caller::read_wav(file(prompt).as_ref()).unwrap(), heard)
}

fn server_with(recordings: &[(&str, &str)]) -> Server {
    let server = Server::start_with_mailbox();
    for (name, prompt) in recordings {
        server.um_ok(&["prompt", "import", &file(prompt), "--announcement", name]);
    }
    server
}

/// What a caller of 4001 hears before the tone.
async fn heard_of_mailbox(server: &Server) -> Vec<i16> {
    let mut plan = diverted_call(server);
    plan.start_speaking = StartSpeaking::AfterTone;
    let outcome = caller::place_call(plan).await.unwrap();
    assert!(outcome.heard_tone);
    outcome.heard
}

#[tokio::test]
async fn mailbox_without_a_greeting_is_answered_with_the_recording_of_its_plan() {
    let server = server_with(&[("Away", ABSENCE)]);

    server.um_ok(&["dialplan", "set", "hq", "--mailbox-greeting", "Away"]);
    let of_plan = heard_of_mailbox(&server).await;
    server.um_ok(&["mailbox", "greeting", "import", "4001", "personal", &file(WELCOME)]);
    let own = heard_of_mailbox(&server).await;

    assert!(likeness(&of_plan, ABSENCE) >= 0.97);
    assert!(likeness(&of_plan, "en-US/person-at-extension") < 0.9);
    assert!(likeness(&own, WELCOME) >= 0.97);
    assert!(likeness(&own, ABSENCE) < 0.9);
}

#[tokio::test]
async fn recording_that_cannot_be_read_any_more_leaves_the_word_to_the_server() {
    let mut server = server_with(&[("Away", ABSENCE)]);
    server.um_ok(&["dialplan", "set", "hq", "--mailbox-greeting", "Away"]);

    server.kill();
    let kept = server.folder().join("data/announcements/Away.wav");
    assert!(kept.is_file());
    std::fs::write(kept, b"RIFF, or rather not").unwrap();
    server.start_again();
    let heard = heard_of_mailbox(&server).await;

    server.event(2072, |fields| fields["file"].as_str().unwrap().ends_with("Away.wav"));
    assert!(likeness(&heard, "en-US/person-at-extension") >= 0.97);
}

#[tokio::test]
async fn caller_of_the_access_number_hears_the_welcome_of_the_plan_and_its_news_to_the_end() {
    let server = server_with(&[("Welcome", WELCOME), ("News", NEWS)]);
    let set = |switches: &[&str]| server.um_ok(&[&["dialplan", "set", "hq"], switches].concat());
    set(&["--access-number", "5000", "--input-failures", "1", "--welcome-greeting", "Welcome"]);
    set(&["--info-announcement", "News", "--info-announcement-interruptible", "no"]);

    let mut plan = CallPlan::new(server.sip(), "5000");
    plan.start_speaking = StartSpeaking::Immediately;
    let press = DigitPress { wait: Duration::from_millis(300), digit: Digit::from_char('4').unwrap() };
    plan.digits = vec![press];
    plan.after = HangUp::AwaitBye;
    let heard = caller::place_call(plan).await.unwrap().heard;

    for prompt in [WELCOME, NEWS, "en-US/enter-your-extension"] {
        let likeness = likeness(&heard, prompt);
        assert!(likeness >= 0.97, "{prompt}: {likeness}");
    }
    assert!(likeness(&heard, "en-US/mailbox-welcome") < 0.9);
}

#[tokio::test]
async fn recording_of_a_plan_is_shown_and_stays_until_it_is_taken_away() {
    let server = server_with(&[("Away", ABSENCE)]);

    let missing = server.um(&["dialplan", "set", "hq", "--mailbox-greeting", "Gone"]);
    server.um_ok(&["dialplan", "set", "hq", "--mailbox-greeting", "Away"]);
    let shown = server.um_ok(&["dialplan", "show", "hq"]);
    let exported = server.um_ok(&["site", "export"]);
    let in_use = server.um(&["prompt", "remove", "--announcement", "Away"]);
    server.um_ok(&["dialplan", "set", "hq", "--mailbox-greeting", ""]);
    server.um_ok(&["prompt", "remove", "--announcement", "Away"]);
    let site = server.file("site.toml", &exported);
    let too_early = server.um(&["site", "apply", &site]);
    server.um_ok(&["prompt", "import", &file(ABSENCE), "--announcement", "Away"]);
    let differs = server.um_ok(&["site", "apply", &site, "--dry-run"]);
    server.um_ok(&["site", "apply", &site]);

    assert_eq!(missing.code, Some(1));
    assert!(missing.stderr.contains("um prompt import FILE.wav --announcement Gone"), "{}", missing.stderr);
    assert!(shown.lines().any(|line| line.split_whitespace().eq(["mailbox", "greeting", "Away"])), "{shown}");
    assert_eq!(in_use.code, Some(1));
    assert!(in_use.stderr.contains("um dialplan show hq"), "{}", in_use.stderr);
    assert_eq!(too_early.code, Some(1));
    assert!(differs.contains("~ dial plan hq: mailbox_greeting none -> Away"), "{differs}");
    assert_eq!(server.um_json(&["dialplan", "show", "hq"])["greetings"]["mailbox"], "Away");
}
