//! PINs from the command line: set from a file, reset, unlocked; never as an argument.
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
