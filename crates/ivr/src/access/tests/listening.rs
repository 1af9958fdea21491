use super::*;

const SECOND: &str = "new-message message-from `5550100`";
const MENU: &str = "to-next";

#[test]
fn message_is_heard_after_its_head_and_then_saved() {
    converse(
        &mut after(at_main_menu(EXCHANGE), &["1"]),
        &[
            ("played", "PLAY 11 8s"),
            ("played", "ASK Saved 11 of 41"),
            ("done", MENU),
            ("played", "AWAIT 5s"),
            ("#", "AWAIT 1s"),
            ("waited", SECOND),
            ("played", "PLAY 12 8s"),
        ],
    );
}

#[test]
fn mark_that_fails_at_the_end_of_a_message_does_not_disturb() {
    converse(
        &mut listening(EXCHANGE),
        &[
            ("played", "ASK Saved 11 of 41"),
            ("failed", MENU),
            ("#", "STOP | AWAIT 1s"),
            // It is still new, and is tried once more.
            ("waited", "ASK Saved 11 of 41"),
            ("failed", SECOND),
        ],
    );
}

#[test]
fn every_key_of_the_exchange_layout_works_while_the_message_is_heard() {
    let cases: &[&[(&str, &str)]] = &[
        &[("1", "AWAIT 1s"), ("waited", "SKIP -5s")],
        &[("2", "PAUSE | AWAIT 60s"), ("2", "GO ON")],
        &[("2", "PAUSE | AWAIT 60s"), ("waited", "GO ON"), ("waited", "")],
        &[("2", "PAUSE | AWAIT 60s"), ("1", "AWAIT 1s"), ("waited", "SKIP -5s | AWAIT 60s")],
        &[("2", "PAUSE | AWAIT 60s"), ("33", "AWAIT 1s | SKIP TO END | GO ON")],
        &[("3", "AWAIT 1s"), ("waited", "SKIP +5s")],
        &[("33", "AWAIT 1s | SKIP TO END"), ("played", "ASK Saved 11 of 41")],
        &[("4", "SPEED 75")],
        &[("6", "SPEED 125")],
        &[("#", "AWAIT 1s"), ("waited", "STOP | ASK Saved 11 of 41"), ("done", SECOND)],
        &[("##", "AWAIT 1s | STOP | ASK Saved 11 of 41"), ("done", SECOND)],
        &[("00##", "AWAIT 1s | AWAIT 1s | AWAIT 1s | STOP | ASK Saved 11 of 41"), ("done", SECOND)],
        &[("11", "AWAIT 1s | first-message to-next")],
        &[("0011", "AWAIT 1s | AWAIT 1s | AWAIT 1s | first-message to-next")],
        &[
            ("7", "STOP | ASK Deleted 11 of 41"),
            ("done", "message-is-deleted new-message message-from `5550100`"),
        ],
        &[("8", "record-after-tone pound-when-done [tone]")],
        &[("9", "STOP | ASK New 11 of 41"), ("done", "message-is-new-again to-next")],
        &[
            ("001", "AWAIT 1s | AWAIT 1s | AWAIT 1s"),
            ("waited", "new-message message-is-urgent message-from extension-number `42`"),
        ],
        &[("002", "AWAIT 1s | AWAIT 1s | STOP | TRANSFER 42 FOR staff")],
        &[
            ("005", "AWAIT 1s | AWAIT 1s | AWAIT 1s"),
            (
                "waited",
                "message-is-urgent message-from extension-number `42` message-received (2026-11-21/2026-11-21) (10:04:05/OfLanguage) message-length (8s) to-next",
            ),
        ],
        &[("006", "AWAIT 1s | AWAIT 1s | enter-recipient attendant-for-directory attendant-press-pound")],
        &[("0055", "AWAIT 1s | AWAIT 1s | AWAIT 1s | to-speak-english")],
        &[("0", "AWAIT 1s"), ("waited", "while-listening to-rewind")],
        &[
            ("00", "AWAIT 1s | AWAIT 1s"),
            ("waited", "to-next-new"),
            ("6", "enter-recipient attendant-for-directory attendant-press-pound"),
        ],
        &[("00", "AWAIT 1s | AWAIT 1s"), ("waited", "to-next-new"), ("played", "AWAIT 5s"), ("waited", MENU)],
        &[("*", "STOP | ASK messages of 41")],
    ];
    for rows in cases {
        converse(&mut listening(EXCHANGE), rows);
    }
}

#[test]
fn every_key_of_the_asterisk_layout_works_while_the_message_is_heard() {
    let cases: &[&[(&str, &str)]] = &[
        &[("*", "SKIP -5s"), ("*", "SKIP -5s")],
        &[("#", "SKIP +5s")],
        &[("0", "PAUSE | AWAIT 60s"), ("#", "SKIP +5s | AWAIT 60s"), ("0", "GO ON")],
        &[("1", "SPEED 75")],
        &[("2", "SPEED 125")],
        &[("4", "first-message to-hear-more")],
        &[("5", "new-message message-is-urgent message-from extension-number `42`")],
        &[("6", "STOP | ASK Saved 11 of 41"), ("done", SECOND)],
        &[("7", "STOP | ASK Deleted 11 of 41"), ("done", "message-is-deleted to-hear-more")],
        &[("8", "enter-recipient attendant-for-directory attendant-press-pound")],
        &[("9", "STOP | ASK Saved 11 of 41"), ("done", "message-is-saved to-hear-more")],
        &[("3", "AWAIT 1s"), ("waited", "to-reply"), ("1", "record-after-tone pound-when-done [tone]")],
        &[("31", "AWAIT 1s | record-after-tone pound-when-done [tone]")],
        &[("32", "AWAIT 1s | STOP | TRANSFER 42 FOR staff")],
        &[(
            "33",
            "AWAIT 1s | message-is-urgent message-from extension-number `42` message-received (2026-11-21/2026-11-21) (10:04:05/OfLanguage) message-length (8s) to-hear-more",
        )],
        &[("39", "AWAIT 1s | STOP | ASK New 11 of 41"), ("done", "message-is-new-again to-hear-more")],
    ];
    for rows in cases {
        converse(&mut listening(ASTERISK), rows);
    }
}

#[test]
fn wrong_key_does_not_disturb_the_message() {
    converse(
        &mut listening(EXCHANGE),
        &[("5", ""), ("D", ""), ("009", "AWAIT 1s | AWAIT 1s"), ("waited", "")],
    );
    converse(
        &mut listening(EXCHANGE),
        &[
            ("2", "PAUSE | AWAIT 60s"),
            ("5", "AWAIT 60s"),
            ("waited", "GO ON"),
            ("played", "ASK Saved 11 of 41"),
        ],
    );
    converse(&mut listening(ASTERISK), &[("D", ""), ("3D", "AWAIT 1s")]);
}

#[test]
fn speed_keeps_its_bounds_and_counts_for_the_next_message_too() {
    converse(
        &mut listening(EXCHANGE),
        &[
            ("66666", "SPEED 125 | SPEED 150 | SPEED 175 | SPEED 200 | SPEED 200"),
            ("4444444", "SPEED 175 | SPEED 150 | SPEED 125 | SPEED 100 | SPEED 75 | SPEED 50 | SPEED 50"),
            ("6", "SPEED 75"),
            ("#", "AWAIT 1s"),
            ("waited", "STOP | ASK Saved 11 of 41"),
            ("done", SECOND),
            // The head is told at its own speed.
            ("6", ""),
            ("66", ""),
            ("played", "PLAY 12 8s | SPEED 150"),
            ("44", "SPEED 125 | SPEED 100"),
            ("7", "STOP | ASK Deleted 12 of 41"),
            ("done", "message-is-deleted saved-message message-is-private message-from unknown-number"),
            ("played", "PLAY 13 8s"),
        ],
    );
}

#[test]
fn key_behind_an_ambiguous_one_is_an_order_of_its_own() {
    converse(&mut listening(EXCHANGE), &[("16", "AWAIT 1s | SKIP -5s | SPEED 125")]);
    converse(
        &mut listening(EXCHANGE),
        &[
            ("#7", "AWAIT 1s | STOP | ASK Saved 11 of 41"),
            ("done", "new-message message-from `5550100` | STOP | ASK Deleted 12 of 41"),
        ],
    );
    converse(&mut listening(EXCHANGE), &[("13", "AWAIT 1s | SKIP -5s | AWAIT 1s"), ("3", "SKIP TO END")]);
}

#[test]
fn message_that_ends_while_a_key_waits_for_another_obeys_the_key() {
    converse(
        &mut listening(EXCHANGE),
        &[("#", "AWAIT 1s"), ("played", "ASK Saved 11 of 41"), ("done", SECOND), ("waited", "")],
    );
    // There is nothing left to wind.
    converse(
        &mut listening(EXCHANGE),
        &[("1", "AWAIT 1s"), ("played", "ASK Saved 11 of 41"), ("done", MENU)],
    );
    converse(&mut listening(EXCHANGE), &[("00", "AWAIT 1s | AWAIT 1s"), ("played", "to-next-new")]);
    converse(&mut listening(ASTERISK), &[("3", "AWAIT 1s"), ("played", "to-reply")]);
}

#[test]
fn head_can_be_wound_and_skipped_too() {
    converse(
        &mut after(at_main_menu(EXCHANGE), &["1"]),
        &[("33", "AWAIT 1s | SKIP TO END"), ("played", "PLAY 11 8s")],
    );
    converse(
        &mut after(at_main_menu(EXCHANGE), &["1"]),
        &[("2", "PAUSE | AWAIT 60s"), ("2", "GO ON"), ("played", "PLAY 11 8s")],
    );
    // The head had ended already when it was told to stand still.
    converse(
        &mut after(at_main_menu(EXCHANGE), &["1"]),
        &[("2", "PAUSE | AWAIT 60s"), ("played", "PLAY 11 8s"), ("waited", ""), ("2", "PAUSE | AWAIT 60s")],
    );
    converse(
        &mut after(at_main_menu(EXCHANGE), &["1"]),
        &[
            ("7", "STOP | ASK Deleted 11 of 41"),
            ("done", "message-is-deleted new-message message-from `5550100`"),
        ],
    );
}

#[test]
fn whoever_hangs_up_while_listening_marks_nothing() {
    converse(&mut listening(EXCHANGE), &[("hangs up", "FINISHED"), ("played", ""), ("done", "")]);
    converse(&mut after(listening(EXCHANGE), &["played"]), &[("cut off", "FINISHED"), ("done", "")]);
}
