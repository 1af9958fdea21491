//! What callers hear: the languages, and audio of the administrator's own.

use std::time::Duration;

use caller::{Digit, DigitPress, HangUp, StartSpeaking};
use um_tests::{Server, recognise};

use crate::leave_message::diverted_call;

/// Four seconds.
const LAST_WORDS: usize = 32_000;

/// How surely the caller heard this prompt of a language.
fn likeness(heard: &[i16], language: &str, key: &str) -> f64 {
    let file = format!("{}/../prompts/{language}/{key}.wav", env!("CARGO_MANIFEST_DIR"));
    recognise(&caller::read_wav(file.as_ref()).unwrap(), heard)
}

/// The last words, and what went before them for a while: less to search through.
fn last_words(heard: &[i16]) -> &[i16] {
    &heard[heard.len().saturating_sub(LAST_WORDS)..]
}

/// What a caller hears who leaves a message, sends it and listens to the end.
async fn heard(server: &Server) -> Vec<i16> {
    let mut plan = diverted_call(server);
    plan.start_speaking = StartSpeaking::AfterTone;
    let press = |millis, digit| DigitPress { wait: Duration::from_millis(millis), digit };
    let send = Digit::from_char('1').unwrap();
    plan.digits = vec![press(200, Digit::POUND), press(1500, send)];
    plan.after = HangUp::AwaitBye;
    caller::place_call(plan).await.unwrap().heard
}

#[tokio::test]
async fn plan_in_french_greets_in_french() {
    let server = Server::start_with_mailbox();
    server.um_ok(&["dialplan", "set", "hq", "--language", "fr-FR"]);

    let heard = heard(&server).await;

    for key in ["person-at-extension", "not-available"] {
        let likeness = likeness(&heard, "fr-FR", key);
        assert!(likeness >= 0.97, "{key}: {likeness}");
    }
}

#[tokio::test]
async fn prompt_of_the_administrator_is_heard_at_once_and_the_built_in_one_after_its_removal() {
    let server = Server::start_with_mailbox();
    let prompts = concat!(env!("CARGO_MANIFEST_DIR"), "/../prompts");
    let adios = format!("{prompts}/es-ES/goodbye.wav");

    server.um_ok(&["prompt", "import", &adios, "--language", "en-US"]);
    let replaced = heard(&server).await;
    server.um_ok(&["prompt", "remove", "--language", "en-US", "--key", "goodbye"]);
    let restored = heard(&server).await;

    assert!(likeness(last_words(&replaced), "es-ES", "goodbye") >= 0.97);
    assert!(likeness(last_words(&restored), "en-US", "goodbye") >= 0.97);
    assert!(likeness(last_words(&restored), "es-ES", "goodbye") < 0.9);
}

#[tokio::test]
async fn exported_voice_is_imported_whole_and_a_folder_with_one_bad_file_not_at_all() {
    let server = Server::start();
    let folder = server.folder().join("voice");
    let voice = folder.to_str().unwrap();
    server.um_ok(&["prompt", "export", "--language", "es-ES", "--to", voice]);

    let lacking = server.um(&["prompt", "check", "es-ES", "--own-voice"]);
    server.um_ok(&["prompt", "import", voice, "--language", "es-ES"]);
    server.um_ok(&["prompt", "check", "es-ES", "--own-voice"]);
    server.um_ok(&["prompt", "remove", "--language", "es-ES"]);
    std::fs::write(folder.join("hello.wav"), b"RIFF").unwrap();
    let refused = server.um(&["prompt", "import", voice, "--language", "es-ES"]);

    assert_eq!((lacking.code, refused.code), (Some(1), Some(1)));
    assert!(refused.stderr.contains("hello.wav: `hello` is no prompt of es-ES"), "{}", refused.stderr);
    let rows = server.um_json(&["prompt", "list", "es-ES"]);
    assert!(rows.as_array().unwrap().iter().all(|row| row["voice"] == "built-in"));
}
