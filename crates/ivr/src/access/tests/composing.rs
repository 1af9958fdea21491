use super::*;

const RECORDING: &str = "record-after-tone pound-when-done [tone]";
const REVIEW: &str = "to-accept";

/// A reply to extension 42 was recorded, and is reviewed.
fn reviewing(layout: KeyLayout) -> SubscriberAccess {
    let keys = if layout == EXCHANGE { "8" } else { "31" };
    after(at_message_menu(layout), &[keys, "played", "#", "recorded", "played"])
}

/// The first message is to be forwarded to 43: with an introduction?
fn forwarding(layout: KeyLayout) -> SubscriberAccess {
    let keys = if layout == EXCHANGE { "6" } else { "8" };
    after(at_message_menu(layout), &[keys, "43#", "card", "1", "played"])
}

#[test]
fn reply_goes_to_the_sender() {
    for (layout, keys, menu) in [(EXCHANGE, "8", "to-next"), (ASTERISK, "31", "to-hear-more")] {
        let mut access = after(at_message_menu(layout), &[keys]);
        converse(
            &mut access,
            &[
                ("played", "RECORD 600s Draft"),
                ("5", ""),
                ("#", "STOP RECORDING"),
                ("#", ""),
                ("recorded", REVIEW),
                ("1", "STOP | ASK send from 41 to 42, recorded 4s"),
                ("done", &format!("message-is-sent {menu}")),
                ("hangs up", "FINISHED"),
            ],
        );
    }
}

#[test]
fn new_message_goes_to_the_extension_that_was_confirmed() {
    for (layout, keys, menu) in [(EXCHANGE, "4", "to-listen"), (ASTERISK, "35", "to-listen-new")] {
        converse(
            &mut after(at_main_menu(layout), &[keys]),
            &[
                ("99#", "STOP | AWAIT 5s | AWAIT 1s | ASK card 99"),
                (
                    "no card",
                    "nobody-has-extension enter-recipient attendant-for-directory attendant-press-pound",
                ),
                ("43", "STOP | AWAIT 5s | AWAIT 1s"),
                ("waited", "ASK card 43"),
                ("card", "message-to extension-number `43` to-confirm"),
                ("2", "enter-recipient attendant-for-directory attendant-press-pound"),
                ("43#", "STOP | AWAIT 5s | AWAIT 1s | ASK card 43"),
                ("named card", "message-to [name] to-confirm"),
                // A late end of the extension is no mistake.
                ("#", "to-confirm"),
                ("0", "to-confirm"),
                ("1", RECORDING),
                ("played", "RECORD 600s Draft"),
                ("recorded, silent", REVIEW),
                ("1", "STOP | ASK send from 41 to 43, recorded 4s"),
                ("done", &format!("message-is-sent {menu}")),
            ],
        );
    }
}

#[test]
fn message_is_forwarded_with_and_without_an_introduction() {
    for (layout, menu) in [(EXCHANGE, "to-next"), (ASTERISK, "to-hear-more")] {
        converse(
            &mut forwarding(layout),
            &[("2", "ASK send from 41 to 43, with 11"), ("done", &format!("message-is-sent {menu}"))],
        );
        converse(
            &mut forwarding(layout),
            &[
                ("0", "to-introduce"),
                ("1", RECORDING),
                ("5", "[tone]"),
                ("5", ""),
                ("played", "RECORD 600s Draft"),
                ("recorded, longest", "recording-too-long to-accept"),
                ("1", "STOP | ASK send from 41 to 43, recorded 4s, with 11"),
                ("not there", &format!("recipient-takes-nothing {menu}")),
            ],
        );
        converse(&mut forwarding(layout), &[("*", &format!("cancelled {menu}"))]);
    }
}

#[test]
fn every_key_of_the_review_works() {
    for (layout, menu) in [(EXCHANGE, "to-next"), (ASTERISK, "to-hear-more")] {
        let cancelled = format!("DISCARD | cancelled {menu}");
        let failed = format!("not-done {menu}");
        let cases: &[&[(&str, &str)]] = &[
            &[("1", "ASK send from 41 to 42, recorded 4s"), ("failed", &failed)],
            &[("2", "PLAY RECORDING 4s"), ("played", REVIEW), ("played", "AWAIT 5s")],
            &[
                ("2", "PLAY RECORDING 4s"),
                ("2", "PLAY RECORDING 4s"),
                ("1", "STOP | ASK send from 41 to 42, recorded 4s"),
            ],
            &[
                ("3", "DISCARD | record-after-tone pound-when-done [tone]"),
                ("played", "RECORD 600s Draft"),
                ("recorded", REVIEW),
            ],
            &[("4", "marked-urgent to-accept"), ("1", "STOP | ASK send from 41 to 42, recorded 4s, urgent")],
            &[
                ("44", "marked-urgent to-accept | urgent-removed to-accept"),
                ("1", "STOP | ASK send from 41 to 42, recorded 4s"),
            ],
            &[
                ("5", "marked-private to-accept"),
                ("1", "STOP | ASK send from 41 to 42, recorded 4s, private"),
            ],
            &[
                ("55", "marked-private to-accept | private-removed to-accept"),
                ("1", "STOP | ASK send from 41 to 42, recorded 4s"),
            ],
            &[("0", REVIEW)],
            &[("*", &cancelled)],
        ];
        for rows in cases {
            converse(&mut reviewing(layout), rows);
        }
    }
}

#[test]
fn marks_stay_when_the_message_is_recorded_again() {
    let mut access = after(reviewing(EXCHANGE), &["4", "5", "3", "played", "recorded"]);

    assert_eq!(step(&mut access, "1"), "STOP | ASK send from 41 to 42, recorded 4s, urgent, private");
}

#[test]
fn recording_without_speech_or_broken_by_the_disk_is_thrown_away() {
    for (end, told) in [
        ("recorded, 999 ms", "DISCARD | nothing-recorded to-next"),
        ("recorded, 199 ms", "DISCARD | nothing-recorded to-next"),
        ("recorded, cut off", "DISCARD | not-done to-next"),
    ] {
        let mut access = after(at_message_menu(EXCHANGE), &["8", "played"]);

        assert_eq!(step(&mut access, end), told, "{end}");
    }
}

#[test]
fn star_leaves_at_every_step_and_sends_nothing() {
    for (inputs, told) in [
        (&["4", "*"][..], "cancelled to-listen"),
        (&["4", "43#", "card", "*"], "cancelled to-listen"),
        (&["4", "43#", "card", "1", "*"], "cancelled to-listen"),
        (&["4", "43#", "card", "1", "5", "*"], "cancelled to-listen"),
    ] {
        let (last, before) = inputs.split_last().unwrap();
        let mut access = after(at_main_menu(EXCHANGE), before);

        let orders = step(&mut access, last);
        assert_eq!(orders.rsplit(" | ").next(), Some(told), "{inputs:?}");
        assert!(!orders.contains("ASK") && !orders.contains("RECORD"), "{orders}");
    }
}

#[test]
fn store_that_cannot_find_the_recipient_is_told() {
    let mut access = after(at_main_menu(EXCHANGE), &["4", "43#"]);

    assert_eq!(step(&mut access, "failed"), "not-done to-listen");
}

#[test]
fn whoever_hangs_up_before_accepting_sends_nothing() {
    let recording = ["8", "played"];
    converse(
        &mut after(at_message_menu(EXCHANGE), &recording),
        &[
            ("hangs up", "STOP RECORDING"),
            ("hangs up", ""),
            ("recorded", "DISCARD | FINISHED"),
            ("recorded", ""),
        ],
    );
    converse(
        &mut after(at_message_menu(EXCHANGE), &["8", "played", "#"]),
        &[("cut off", ""), ("recorded, 199 ms", "DISCARD | FINISHED")],
    );
    converse(&mut after(at_message_menu(EXCHANGE), &["8"]), &[("hangs up", "FINISHED")]);
    converse(&mut reviewing(EXCHANGE), &[("hangs up", "DISCARD | FINISHED")]);
    // Once accepted it is the store's.
    converse(&mut after(reviewing(EXCHANGE), &["1"]), &[("hangs up", "FINISHED")]);
}

#[test]
fn keys_pressed_ahead_are_not_taken_for_the_next_extension_when_nobody_has_one() {
    let mut access = after(at_main_menu(EXCHANGE), &["4", "99#1"]);

    assert_eq!(
        step(&mut access, "no card"),
        "nobody-has-extension enter-recipient attendant-for-directory attendant-press-pound"
    );
}
