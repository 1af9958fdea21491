use super::*;

const RECORDING: &str = "record-after-tone pound-when-done [tone]";

fn at_greeting(layout: KeyLayout, exchange: &str, asterisk: &str) -> SubscriberAccess {
    match layout == EXCHANGE {
        true => after(at_options(layout), &["2", exchange, "played"]),
        false => after(at_options(layout), &[asterisk, "played"]),
    }
}

#[test]
fn every_greeting_is_heard_where_it_is_chosen() {
    for (keys, told) in [
        ("1", "[greeting 7] to-hear-greeting"),
        ("2", "greeting-not-recorded to-hear-greeting"),
        ("3", "[name] to-hear-greeting"),
        ("*", "to-out-of-office"),
        ("0", "to-personal-greeting"),
    ] {
        let mut access = after(at_options(EXCHANGE), &["2", "played"]);

        converse(&mut access, &[(keys, told)]);
    }
    for (keys, told) in [
        ("1", "[greeting 7] to-hear-greeting"),
        ("3", "[name] to-hear-greeting"),
        ("4", "greeting-not-recorded to-hear-greeting"),
    ] {
        converse(&mut at_options(ASTERISK), &[(keys, told)]);
    }
}

#[test]
fn every_key_of_a_greeting_works() {
    for (layout, back) in [(EXCHANGE, "to-personal-greeting"), (ASTERISK, "to-personal-greeting")] {
        let cases: &[&[(&str, &str)]] = &[
            &[("1", "[greeting 7] to-hear-greeting"), ("1", "[greeting 7] to-hear-greeting")],
            &[("2", RECORDING), ("*", "STOP | cancelled to-hear-greeting")],
            &[("0", "to-hear-greeting")],
            &[("*", back)],
        ];
        for rows in cases {
            converse(&mut at_greeting(layout, "1", "1"), rows);
        }
    }
    converse(&mut at_greeting(ASTERISK, "1", "1"), &[("#", "ASK messages of 41")]);
}

#[test]
fn greeting_is_recorded_reviewed_and_kept() {
    for (layout, [accept, again, listen]) in [(EXCHANGE, ["1", "2", "3"]), (ASTERISK, ["1", "3", "2"])] {
        for (exchange, asterisk, longest, kept, heard) in [
            ("1", "1", 300, "Personal", "[greeting 8]"),
            ("2", "4", 300, "OutOfOffice", "[greeting 8]"),
            ("3", "3", 10, "Name", "[name of now]"),
        ] {
            converse(
                &mut at_greeting(layout, exchange, asterisk),
                &[
                    ("2", RECORDING),
                    ("played", &format!("RECORD {longest}s Draft")),
                    ("#", "STOP RECORDING"),
                    ("recorded", "to-accept"),
                    (listen, "PLAY RECORDING 4s"),
                    ("played", "to-accept"),
                    ("0", "to-accept"),
                    (again, &format!("DISCARD | {RECORDING}")),
                    ("played", &format!("RECORD {longest}s Draft")),
                    ("recorded, longest", "recording-too-long to-accept"),
                    (accept, &format!("STOP | ASK {kept} of 41 4s")),
                    (&format!("{kept} kept"), "greeting-kept to-hear-greeting"),
                    ("1", &format!("{heard} to-hear-greeting")),
                    // The recording is the store's.
                    ("hangs up", "FINISHED"),
                ],
            );
        }
    }
}

#[test]
fn greeting_that_is_cancelled_or_cannot_be_kept_changes_nothing() {
    let record = ["2", "played", "recorded", "played"];
    let reviewing = || after(at_greeting(EXCHANGE, "1", "1"), &record);
    converse(
        &mut reviewing(),
        &[("*", "DISCARD | cancelled to-hear-greeting"), ("1", "[greeting 7] to-hear-greeting")],
    );
    for told in ["failed", "greeting not kept"] {
        converse(
            &mut reviewing(),
            &[
                ("1", "ASK Personal of 41 4s"),
                (told, "not-done to-hear-greeting"),
                ("1", "[greeting 7] to-hear-greeting"),
            ],
        );
    }
    converse(&mut reviewing(), &[("hangs up", "DISCARD | FINISHED")]);
}

#[test]
fn name_may_be_shorter_than_a_greeting() {
    for (exchange, end, told) in [
        ("3", "recorded, 200 ms", "to-accept"),
        ("3", "recorded, 199 ms", "DISCARD | nothing-recorded to-hear-greeting"),
        ("1", "recorded, 999 ms", "DISCARD | nothing-recorded to-hear-greeting"),
        ("2", "recorded, 200 ms", "DISCARD | nothing-recorded to-hear-greeting"),
        ("1", "recorded, cut off", "DISCARD | not-done to-hear-greeting"),
    ] {
        let mut access = after(at_greeting(EXCHANGE, exchange, exchange), &["2", "played"]);

        assert_eq!(step(&mut access, end), told);
    }
}

#[test]
fn greeting_may_be_as_long_as_the_policy_of_its_mailbox_says_and_a_name_ten_seconds_at_most() {
    let limits = |policy: &str, seconds| BTreeMap::from([(policy.to_owned(), Duration::from_secs(seconds))]);
    // The mailbox has policy `staff`; what others have does not count.
    for (longest_greetings, key, seconds) in [
        (limits("staff", 60), "1", 60),
        (limits("staff", 60), "3", 10),
        (limits("staff", 6), "3", 6),
        (limits("staff", 600), "4", 600),
        (limits("interns", 60), "1", 300),
    ] {
        let settings = SubscriberAccessSettings { longest_greetings, ..settings(ASTERISK) };
        let inputs = ["begin", "41#1#", "opened", "messages", "0", key, "2"];
        let mut access = after(SubscriberAccess::new(settings), &inputs);

        assert_eq!(step(&mut access, "played"), format!("RECORD {seconds}s Draft"), "{key}");
    }
}
