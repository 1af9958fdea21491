use std::time::Duration;

use caller::{CallPlan, StartSpeaking};
use serde_json::Value;
use um_tests::Server;

/// Leaves one message for 4001 and gives its row.
async fn message_for_4001(server: &Server) -> Value {
    let mut plan = CallPlan::new(server.sip(), "5000");
    plan.diversion = Some("4001".to_owned());
    plan.start_speaking = StartSpeaking::SkipGreeting;
    plan.speech = caller::speech_like_noise(Duration::from_secs(2));
    let outcome = caller::place_call(plan).await.unwrap();
    assert_eq!(outcome.status, 200, "{outcome:?}");
    server.messages("4001", 1).remove(0)
}

#[tokio::test]
async fn message_is_listed_shown_exported_and_deleted() {
    let server = Server::start_with_mailbox();
    let listed = message_for_4001(&server).await;
    let id = listed["id"].to_string();

    let shown = server.um_json(&["message", "show", "4001", &id]);
    assert_eq!(shown["id"], listed["id"]);
    assert_eq!(shown["mailbox"], "4001@hq");
    assert_eq!(shown["caller"], "2065550100");
    assert_eq!(shown["codec"], "PCMU");
    assert_eq!((&shown["urgent"], &shown["interrupted"]), (&Value::Bool(false), &Value::Bool(false)));

    assert!(server.exported_audio("4001@hq", &listed).len() >= 16_000);

    server.um_ok(&["message", "delete", "4001", &id]);
    assert_eq!(server.messages("4001", 0), Vec::<Value>::new());
    let gone = server.um(&["message", "show", "4001", &id]);
    assert_eq!(gone.code, Some(1), "{gone:?}");
    assert!(gone.stderr.starts_with("error: "), "{gone:?}");
}

#[tokio::test]
async fn export_of_a_message_whose_file_is_damaged_warns_and_gives_what_is_left() {
    let server = Server::start_with_mailbox();
    let id = message_for_4001(&server).await["id"].to_string();
    let mut files = std::fs::read_dir(server.folder().join("data/audio")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    let length = file.metadata().unwrap().len();
    std::fs::File::options().write(true).open(&file).unwrap().set_len(length / 2).unwrap();
    let wav = server.folder().join("left.wav");

    let exported = server.um(&["message", "export", "4001", &id, "--to", wav.to_str().unwrap()]);

    assert_eq!(exported.code, Some(0), "{exported:?}");
    let warning = format!("warning: the stored file of message {id} is damaged");
    assert!(exported.stderr.contains(&warning) && exported.stderr.contains("hint: "), "{exported:?}");
    assert!(!caller::read_wav(&wav).unwrap().is_empty());
}

#[tokio::test]
async fn message_of_another_mailbox_cannot_be_shown() {
    let server = Server::start_with_mailbox();
    server.um_ok(&["mailbox", "enable", "4002", "--dialplan", "hq", "--name", "Grace Example"]);
    let id = message_for_4001(&server).await["id"].to_string();

    let shown = server.um(&["message", "show", "4002", &id]);

    assert_eq!(shown.code, Some(1), "{shown:?}");
}

#[test]
fn messages_of_an_unknown_mailbox_are_an_error_with_a_hint() {
    let server = Server::start_with_mailbox();

    let listed = server.um(&["message", "list", "4999"]);

    assert_eq!(listed.code, Some(1), "{listed:?}");
    assert!(listed.stderr.contains("4999") && listed.stderr.contains("hint: "), "{listed:?}");
}
