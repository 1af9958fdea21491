//! PINs from the command line, never as an argument, and PINs that are guessed by phone.
use std::time::Duration;

use caller::{CallOutcome, CallPlan, Digit, DigitPress, EndedBy, HangUp, StartSpeaking};
use um_tests::Server;

#[test]
fn an_administrator_sets_resets_and_unlocks_and_a_pin_is_printed_only_by_reset() {
    let server = Server::start();
    server.um_ok(&["dialplan", "create", "hq", "--extension-digits", "4"]);
    server.um_ok(&["mailbox", "enable", "4001", "--dialplan", "hq", "--name", "Ada"]);
    let file = |name: &str, pin: &str| server.file(name, &format!("{pin}\n"));

    let set = server.um_ok(&["mailbox", "set-pin", "4001", "--pin-file", &file("first", "730294")]);
    let again = server.um(&["mailbox", "set-pin", "4001@hq", "--pin-file", &file("again", "730294")]);
    let guessable = server.um(&["mailbox", "set-pin", "4001", "--pin-file", &file("bad", "123456")]);
    let untyped = server.um(&["mailbox", "set-pin", "4001", "--dialplan", "hq"]);

    assert_eq!(set, "");
    assert_eq!(again.code, Some(1));
    assert!(
        again.stderr.contains("policy `hq Default Policy` refuses the PIN: the PIN is one of the last ones")
    );
    assert_eq!(guessable.code, Some(1));
    assert!(!guessable.stderr.contains("123456"), "{}", guessable.stderr);
    assert_eq!(untyped.code, Some(2));
    assert!(untyped.stderr.contains("hint: give it with --pin-stdin, or in a file"), "{}", untyped.stderr);
    assert!(server.um_ok(&["mailbox", "show", "4001"]).contains("chosen ("));

    let made = server.um_ok(&["mailbox", "reset-pin", "4001"]);

    let digits = made.trim().strip_prefix("PIN ").unwrap();
    assert!(digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit()), "{made}");
    assert!(server.um_ok(&["mailbox", "show", "4001"]).contains("made by the server ("));
    let unlocked = server.um_json(&["mailbox", "unlock", "4001"]);
    assert_eq!((&unlocked["address"], &unlocked["pin"]["failures"]), (&"4001@hq".into(), &0.into()));
    for what in ["a PIN was set", "a PIN was made", "it was unlocked"] {
        let event = server.event(2052, |event| event.to_string().contains(what));
        assert!(event.to_string().contains("uid "), "{event}");
    }
    assert!(!server.log().contains(digits));
}

#[test]
fn status_names_the_plans_in_which_pins_travel_in_the_clear() {
    let server = Server::start();
    server.um_ok(&["dialplan", "create", "hq", "--extension-digits", "4"]);
    server.um_ok(&["dialplan", "create", "lab", "--extension-digits", "4", "--voip-security", "unsecured"]);
    for plan in ["hq", "lab"] {
        let set = server.um(&["dialplan", "set", plan, "--access-number", "4999"]);
        assert_eq!((set.code, set.stderr.contains("PINs in the clear")), (Some(0), plan == "lab"), "{set:?}");
    }
    let named = || server.um_json(&["status"])["site"]["clear_pins"].clone();

    assert_eq!(named(), serde_json::json!(["lab"]));
    server.um_ok(&["dialplan", "set", "lab", "--subscriber-access", "secured-only"]);
    assert_eq!(named(), serde_json::json!([]));
}

/// A call to the access number that tries PINs at 4001, each once the one before has been refused.
async fn log_on(server: &Server, pins: &[&str], after: HangUp) -> CallOutcome {
    let mut plan = CallPlan::new(server.sip(), "4999");
    plan.start_speaking = StartSpeaking::Immediately;
    let press = |wait: u64, key: char| DigitPress {
        wait: Duration::from_millis(wait),
        digit: Digit::from_char(key).unwrap(),
    };
    let keys = |first: u64, keys: &str| {
        let keys: Vec<char> = keys.chars().collect();
        keys.into_iter().enumerate().map(move |(place, key)| press(if place == 0 { first } else { 120 }, key))
    };
    plan.digits = keys(1500, "4001").collect();
    for pin in pins {
        plan.digits.extend(keys(2500, &format!("{pin}#")));
    }
    plan.after = after;
    let outcome = caller::place_call(plan).await.unwrap();
    assert_eq!(outcome.status, 200, "{outcome:?}");
    outcome
}

#[tokio::test]
async fn guesses_of_several_calls_lock_the_mailbox_over_a_kill_until_it_is_unlocked() {
    let mut server = Server::start_with_mailbox();
    server.um_ok(&["dialplan", "set", "hq", "--access-number", "4999"]);
    let limits = ["--logon-failures-before-reset", "0", "--max-logon-attempts", "4"];
    server.um_ok(&[&["policy", "set", "hq Default Policy"][..], &limits].concat());
    let pin = server.file("pin", "730294");
    server.um_ok(&["mailbox", "set-pin", "4001", "--pin-file", &pin]);

    let guessed = log_on(&server, &["111111", "222222", "333333"], HangUp::AwaitBye).await;
    assert_eq!(guessed.ended_by, EndedBy::Server, "the plan allows three in a call");
    server.event(1013, |event| event["failures"] == "3" && event["gateway"] == "gw1");
    server.kill();
    server.start_again();
    let refused = log_on(&server, &["444444", "730294", "730294"], HangUp::AwaitBye).await;

    assert_eq!(refused.ended_by, EndedBy::Server, "the right PIN opens a locked mailbox");
    let locked = server.event(1012, |_| true);
    assert_eq!(
        (&locked["fields"]["extension"], &locked["fields"]["failures"]),
        (&"4001".into(), &"4".into())
    );
    let shown = server.um_ok(&["mailbox", "show", "4001"]);
    assert!(shown.contains("4 wrong PINs since, LOCKED ("), "{shown}");
    server.um_ok(&["mailbox", "unlock", "4001"]);
    log_on(&server, &["730294"], HangUp::After(Duration::from_secs(2))).await;
    server.event(1036, |event| event["mailbox"] == "4001@hq");
}
