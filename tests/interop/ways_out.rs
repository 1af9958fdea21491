//! Callers and subscribers who are put through to somebody, with sipp as the gateway that is asked to; and those who are
//! not.
use std::time::Duration;

use caller::{CallPlan, Digit, DigitPress, HangUp, StartSpeaking};
use jiff::{ToSpan, Zoned, tz::TimeZone};
use um_tests::{Server, align, recognise};

use crate::{
    phone::wav,
    sipp_keys::{Ending, PIN, Refer, call},
};

/// Outside the plan.
const FAR: &str = "95550100";

fn attendant(server: &Server, name: &str, pilot: &[&str]) {
    let create = ["attendant", "create", name, "--dialplan", "hq", "--enabled", "true"];
    server.um_ok(&[&create, pilot].concat());
}

#[test]
fn caller_goes_through_two_attendants_to_one_of_two_namesakes() {
    let server = Server::start_with_mailbox();
    for (extension, name) in [("4101", "Tony Smith"), ("4102", "Zoe Smith")] {
        server.um_ok(&["mailbox", "enable", extension, "--dialplan", "hq", "--name", name]);
    }
    attendant(&server, "front", &["--pilot", "6000"]);
    attendant(&server, "staff", &[]);
    server.um_ok(&["attendant", "key", "front", "1", "attendant:staff"]);

    // The key waits for more digits; then SMITH, the second of them, call.
    let refer = call(&server, "6000", "1,,#76484#,2,1", &Ending::Transferred).unwrap();

    let to = "sip:4102@127.0.0.1:PORT;transport=UDP;user=phone".to_owned();
    assert_eq!(refer, Refer { to, by: "sip:um.test".to_owned() });
    let started = server.event(1024, |_| true).to_string();
    assert!(started.contains("4102"), "{started}");
    server.event(1026, |_| true);
}

#[tokio::test]
async fn caller_on_a_holiday_hears_its_own_words_and_on_another_day_does_not() {
    let server = Server::start_with_mailbox();
    let merry = caller::speech_like_noise(Duration::from_secs(3));
    let file = server.folder().join("merry.wav");
    std::fs::write(&file, wav(&merry)).unwrap();
    server.um_ok(&["prompt", "import", file.to_str().unwrap(), "--announcement", "merry"]);
    attendant(&server, "front", &["--pilot", "6000", "--time-zone", "Pacific/Auckland"]);
    // There it may be another day than here. A test that begins before midnight ends on the day after.
    let today = Zoned::now().with_time_zone(TimeZone::get("Pacific/Auckland").unwrap()).date();
    let days = [today, today + 1.day(), today + 2.days(), today + 3.days()].map(|day| day.to_string());
    let holiday = |name: &str, from: &str, until: &str| {
        let dates = ["--from", from, "--until", until, "--greeting", "merry"];
        server.um_ok(&[&["attendant", "holiday", "add", "front", name][..], &dates].concat());
    };
    let heard = async || {
        let mut plan = CallPlan::new(server.sip(), "6000");
        plan.start_speaking = StartSpeaking::Immediately;
        plan.after = HangUp::After(Duration::from_secs(5));
        let heard = caller::place_call(plan).await.unwrap().heard;
        align(&merry, &heard).correlation
    };

    holiday("Later", &days[2], &days[3]);
    let before = heard().await;
    holiday("Today", &days[0], &days[1]);
    let on_it = heard().await;

    assert!(on_it >= 0.99, "{on_it}");
    assert!(before < 0.5, "{before}");
}

/// 4001 can log on at 5000 and has a message from [`FAR`].
async fn with_a_message_from_outside() -> Server {
    let server = Server::start_with_mailbox();
    server.um_ok(&["dialplan", "set", "hq", "--access-number", "5000"]);
    let pin = server.file("pin", PIN);
    server.um_ok(&["mailbox", "set-pin", "4001", "--pin-file", &pin]);
    let mut plan = CallPlan::new(server.sip(), "4001");
    plan.from_user = FAR.to_owned();
    plan.start_speaking = StartSpeaking::SkipGreeting;
    plan.speech = caller::speech_like_noise(Duration::from_secs(3));
    assert_eq!(caller::place_call(plan).await.unwrap().status, 200);
    assert_eq!(server.messages("4001", 1)[0]["caller"], FAR);
    server
}

#[tokio::test]
async fn subscriber_calls_the_sender_where_a_rule_allows_it() {
    let server = with_a_message_from_outside().await;
    server.um_ok(&["dialplan", "rule", "add", "hq", "local", "9xxxxxxx", "+49xxxxxxx"]);
    server.um_ok(&["policy", "set", "hq Default Policy", "--allowed-groups", "local"]);

    let refer = call(&server, "5000", &format!("4001,{PIN}#,,1,002"), &Ending::Transferred).unwrap();

    let to = "sip:+495550100@127.0.0.1:PORT;transport=UDP;user=phone".to_owned();
    assert_eq!(refer, Refer { to, by: "sip:4001@um.test".to_owned() });
    server.event(1026, |_| true);
}

#[tokio::test]
async fn subscriber_calls_no_sender_where_no_rule_is_and_goes_on_listening() {
    let server = with_a_message_from_outside().await;
    // A rule that callers of the plan may use is none of the subscribers'.
    server.um_ok(&["dialplan", "rule", "add", "hq", "local", "9xxxxxxx", "+49xxxxxxx"]);
    server.um_ok(&["dialplan", "set", "hq", "--allowed-groups", "local"]);

    // sipp fails at a REFER. The call is up behind it: the message is played again, and marked as new.
    let refer = call(&server, "5000", &format!("4001,{PIN}#,,1,002,,001,,9,"), &Ending::Bye);

    assert_eq!(refer, None);
    let failed = server.event(1025, |_| true).to_string();
    assert!(failed.contains(FAR) && failed.contains("may not dial"), "{failed}");
    assert_eq!(server.messages("4001", 1)[0]["state"], "new");

    let heard = heard_by_subscriber(&server, "002").await;
    let refused = recognise(&prompt("call-not-allowed"), &heard);
    assert!(refused >= 0.97, "{refused}");
    let events = server.um_json(&["events", "--limit", "10000"]);
    assert!(events.as_array().unwrap().iter().all(|event| event["id"] != 1024), "{events}");
}

fn prompt(key: &str) -> Vec<i16> {
    let file = format!("{}/../prompts/en-US/{key}.wav", env!("CARGO_MANIFEST_DIR"));
    caller::read_wav(file.as_ref()).unwrap()
}

/// What 4001 hears who logs on, listens to the first message and presses these keys meanwhile.
async fn heard_by_subscriber(server: &Server, keys: &str) -> Vec<i16> {
    let mut plan = CallPlan::new(server.sip(), "5000");
    plan.from_user = "4002".to_owned();
    plan.start_speaking = StartSpeaking::Immediately;
    let waits =
        [(1000, "4001".to_owned()), (1500, format!("{PIN}#")), (2000, "1".into()), (1500, keys.into())];
    for (wait, keys) in waits {
        for (place, key) in keys.chars().enumerate() {
            let wait = Duration::from_millis(if place == 0 { wait } else { 150 });
            plan.digits.push(DigitPress { wait, digit: Digit::from_char(key).unwrap() });
        }
    }
    plan.after = HangUp::After(Duration::from_secs(4));
    caller::place_call(plan).await.unwrap().heard
}
