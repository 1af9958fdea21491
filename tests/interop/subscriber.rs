//! The owner of a mailbox on a telephone of baresip: what they hear is what was said, and what they change stays.
use std::time::{Duration, Instant};

use caller::{CallPlan, StartSpeaking};
use um_tests::{Server, align};

use crate::phone::Phone;

const PIN: &str = "730294";
const NEW_PIN: &str = "518360";

/// What the caller of a message says, each message something else.
fn speech(message: usize) -> Vec<i16> {
    let mut samples = caller::speech_like_noise(Duration::from_secs(3));
    if message % 2 == 1 {
        samples.reverse();
    }
    samples
}

async fn leave_message(server: &Server, message: usize) {
    let mut plan = CallPlan::new(server.sip(), "4001");
    plan.start_speaking = StartSpeaking::SkipGreeting;
    plan.speech = speech(message);
    assert_eq!(caller::place_call(plan).await.unwrap().status, 200);
    server.messages("4001", message + 1);
}

fn wait_until(what: &str, is: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is() {
        assert!(Instant::now() < deadline, "never: {what}");
    }
}

fn states(server: &Server) -> Vec<String> {
    let listed = server.um_json(&["message", "list", "4001"]);
    let messages = listed.as_array().unwrap();
    messages.iter().map(|message| message["state"].as_str().unwrap().to_owned()).collect()
}

/// How often the owner has logged on.
fn log_ons(server: &Server) -> usize {
    server.um_json(&["events"]).as_array().unwrap().iter().filter(|event| event["id"] == 1036).count()
}

#[tokio::test]
async fn owner_hears_two_messages_saves_one_deletes_one_and_changes_greeting_and_pin() {
    let server = Server::start_with_mailbox();
    server.um_ok(&["dialplan", "set", "hq", "--access-number", "5000"]);
    let pin = server.file("pin", PIN);
    server.um_ok(&["mailbox", "set-pin", "4001", "--pin-file", &pin]);
    leave_message(&server, 0).await;
    leave_message(&server, 1).await;

    let greeting = caller::speech_like_noise(Duration::from_secs(20));
    let mut phone = Phone::call(&server, "4001", "5000", &greeting);
    phone.press(&format!("{PIN}#"));
    wait_until("the owner is logged on", || log_ons(&server) == 1);
    phone.press("1");
    wait_until("the first message is heard", || states(&server)[0] == "saved");
    phone.press("#");
    wait_until("the second message is heard", || states(&server) == ["saved", "saved"]);
    phone.press("7");
    wait_until("the second message is deleted", || states(&server) == ["saved"]);
    // Options, greetings, the personal one, record: at the tone baresip is speaking already.
    phone.press("*6212");
    // So long they speak.
    std::thread::sleep(Duration::from_secs(8));
    phone.press("#1");
    wait_until("the greeting is kept", || greetings(&server).contains(&"personal".to_owned()));
    // So long they listen to it.
    phone.press("1");
    std::thread::sleep(Duration::from_secs(8));
    // Options, PIN.
    phone.press("***63");
    phone.press(&format!("{NEW_PIN}#{NEW_PIN}#"));
    server.event(2052, |event| event.to_string().contains("by phone"));
    let heard = phone.hang_up();

    for message in 0..2 {
        let found = align(&speech(message), &heard);
        assert!(found.correlation >= 0.99, "message {message}: {found:?}");
    }
    let kept = server.folder().join("greeting.wav");
    let to = kept.to_str().unwrap();
    server.um_ok(&["mailbox", "greeting", "export", "4001", "personal", "--to", to]);
    let kept = caller::read_wav(&kept).unwrap();
    // Behind the messages: what was said in them is made as the greeting is.
    let after_messages = align(&speech(1), &heard).lag + 3 * 8_000;
    let found = align(&kept, &heard);
    assert!(found.lag > after_messages, "{found:?}");
    assert!(found.correlation >= 0.99, "the greeting, in the call in which it was recorded: {found:?}");
    let mut phone = Phone::call(&server, "4001", "5000", &greeting);
    phone.press(&format!("{NEW_PIN}#"));
    wait_until("the owner is logged on with the new PIN", || log_ons(&server) == 2);
    phone.hang_up();
    assert_eq!(states(&server), ["saved"]);

    // What callers hear now is the greeting.
    let outcome = caller::place_call(CallPlan::new(server.sip(), "4001")).await.unwrap();
    let found = align(&kept, &outcome.heard);
    assert!(found.correlation >= 0.99, "{found:?}");
}

fn greetings(server: &Server) -> Vec<String> {
    let listed = server.um_json(&["mailbox", "greeting", "list", "4001"]);
    listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["greeting"].as_str().unwrap_or_default().to_owned())
        .collect()
}
