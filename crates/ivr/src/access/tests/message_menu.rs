use super::*;

const FIRST: &str = "message-is-urgent message-from extension-number `42`";
const SECOND: &str = "new-message message-from `5550100`";
const THIRD: &str = "saved-message message-is-private message-from unknown-number";
const COUNTS: &str = "you-have (1xNewMessages) (2xSavedMessages)";

/// The saved message, private and withheld, was heard; its menu has been told.
fn at_private_message(layout: KeyLayout) -> SubscriberAccess {
    let keys = if layout == EXCHANGE { "003" } else { "2" };
    after(at_main_menu(layout), &[keys, "played", "played", "played"])
}

#[test]
fn every_key_of_the_exchange_layout_works_after_a_message() {
    let saved = format!("saved-message {FIRST}");
    let envelope = format!(
        "{FIRST} message-received (2026-11-21/2026-11-21) (10:04:05/OfLanguage) message-length (8s) to-next"
    );
    let cases: &[&[(&str, &str)]] = &[
        &[("#", "AWAIT 1s"), ("waited", SECOND)],
        &[("##", &format!("AWAIT 1s | {SECOND}"))],
        &[("00##", &format!("AWAIT 1s | AWAIT 1s | AWAIT 1s | {SECOND}"))],
        &[("7", "ASK Deleted 11 of 41"), ("done", &format!("message-is-deleted {SECOND}"))],
        &[("8", "record-after-tone pound-when-done [tone]")],
        &[("9", "ASK New 11 of 41"), ("done", "message-is-new-again to-next")],
        &[("6", "enter-recipient attendant-for-directory attendant-press-pound")],
        &[("006", "AWAIT 1s | AWAIT 1s | enter-recipient attendant-for-directory attendant-press-pound")],
        &[("1", "AWAIT 1s"), ("waited", &saved)],
        &[("001", "AWAIT 1s | AWAIT 1s | AWAIT 1s"), ("waited", &saved)],
        &[("11", "AWAIT 1s | first-message to-next")],
        &[("0011", "AWAIT 1s | AWAIT 1s | AWAIT 1s | first-message to-next")],
        &[("002", "AWAIT 1s | AWAIT 1s | TRANSFER 42 FOR staff")],
        &[("005", "AWAIT 1s | AWAIT 1s | AWAIT 1s"), ("waited", &envelope)],
        &[("0055", "AWAIT 1s | AWAIT 1s | AWAIT 1s | to-speak-english"), ("*", "to-next")],
        &[("0", "AWAIT 1s"), ("waited", "while-listening to-rewind")],
        &[("00", "AWAIT 1s | AWAIT 1s"), ("waited", "to-next-new"), ("2", "STOP | TRANSFER 42 FOR staff")],
        &[
            ("00", "AWAIT 1s | AWAIT 1s"),
            ("waited", "to-next-new"),
            ("5", "STOP | AWAIT 1s"),
            ("waited", &envelope),
        ],
        &[("*", "ASK messages of 41"), ("failed", &format!("{COUNTS} to-listen"))],
    ];
    for rows in cases {
        converse(&mut at_message_menu(EXCHANGE), rows);
    }
}

#[test]
fn every_key_of_the_asterisk_layout_works_after_a_message() {
    let saved = format!("saved-message {FIRST}");
    let envelope = format!(
        "{FIRST} message-received (2026-11-21/2026-11-21) (10:04:05/OfLanguage) message-length (8s) to-hear-more"
    );
    let cases: &[&[(&str, &str)]] = &[
        &[("4", "first-message to-hear-more")],
        &[("5", &saved)],
        &[("6", SECOND)],
        &[("7", "ASK Deleted 11 of 41"), ("done", "message-is-deleted to-hear-more")],
        &[("8", "enter-recipient attendant-for-directory attendant-press-pound")],
        &[("9", "ASK Saved 11 of 41"), ("done", "message-is-saved to-hear-more")],
        &[("*", "while-listening to-rewind")],
        &[("#", "ASK messages of 41"), ("failed", &format!("{COUNTS} to-listen-new"))],
        &[("3", "AWAIT 1s"), ("waited", "to-reply"), ("3", &envelope)],
        &[("31", "AWAIT 1s | record-after-tone pound-when-done [tone]")],
        &[("32", "AWAIT 1s | TRANSFER 42 FOR staff")],
        &[("33", &format!("AWAIT 1s | {envelope}"))],
        &[("39", "AWAIT 1s | ASK New 11 of 41"), ("done", "message-is-new-again to-hear-more")],
    ];
    for rows in cases {
        converse(&mut at_message_menu(ASTERISK), rows);
    }
}

#[test]
fn deleted_message_is_undeleted_with_the_key_that_deleted_it() {
    converse(
        &mut at_message_menu(ASTERISK),
        &[
            ("7", "ASK Deleted 11 of 41"),
            ("done", "message-is-deleted to-hear-more"),
            ("7", "STOP | ASK Saved 11 of 41"),
            ("done", "message-is-undeleted to-hear-more"),
        ],
    );
    // Deleted before it was heard: it is new again.
    converse(
        &mut after(at_main_menu(EXCHANGE), &["1", "7", "done"]),
        &[
            ("11", "AWAIT 1s | deleted-message message-is-urgent message-from extension-number `42`"),
            ("7", "STOP | ASK New 11 of 41"),
            ("done", "message-is-undeleted to-next"),
        ],
    );
}

#[test]
fn menu_of_a_deleted_message_says_how_to_undelete_it() {
    let mut access = after(at_message_menu(ASTERISK), &["7"]);
    access.handle_input(IvrInput::Answered(Answer::Changed(true)));
    let Some(IvrOutput::Play(words)) = access.poll_output() else { panic!("no menu") };

    assert_eq!(
        full_words(&words),
        "message-is-deleted to-hear-more `3` to-previous `4` to-replay `5` to-next `6` to-undelete `7` \
         to-forward `8` to-save `9` to-repeat key-star to-main-menu key-pound"
    );
}

#[test]
fn what_cannot_be_done_with_a_message_is_not_told_and_is_explained() {
    let mut access = at_private_message(EXCHANGE);
    access.handle_input(IvrInput::Digit(Digit::from_char('D').unwrap()));
    let Some(IvrOutput::Play(words)) = access.poll_output() else { panic!("no menu") };
    assert_eq!(
        full_words(&words),
        "not-understood to-next key-pound to-delete `7` to-mark-new `9` to-replay `1` to-previous `11` \
         to-hear-more `00` to-main-menu key-star"
    );
    for (layout, menu) in [(EXCHANGE, "to-next"), (ASTERISK, "to-hear-more")] {
        let [forward, reply, call] = if layout == EXCHANGE { ["6", "8", "002"] } else { ["8", "31", "32"] };
        let told = |keys, words: &str| {
            let orders = step(&mut at_private_message(layout), keys);
            assert_eq!(orders.rsplit(" | ").next(), Some(&*format!("{words} {menu}")), "{keys}");
        };
        told(forward, "private-is-not-forwarded");
        told(reply, "no-reply-possible");
        told(call, "no-number-to-call");
    }
}

#[test]
fn caller_from_outside_is_called_but_not_replied_to() {
    converse(
        &mut after(at_message_menu(EXCHANGE), &["##"]),
        &[
            ("002", "AWAIT 1s | AWAIT 1s | STOP | TRANSFER 5550100 FOR staff"),
            ("not allowed", "call-not-allowed to-next"),
            ("002", "STOP | AWAIT 1s | AWAIT 1s | TRANSFER 5550100 FOR staff"),
            ("not connected", "call-failed to-next"),
            ("8", "no-reply-possible to-next"),
        ],
    );
}

#[test]
fn last_message_leads_back_to_the_main_menu() {
    converse(
        &mut at_private_message(EXCHANGE),
        &[
            ("#", "AWAIT 1s"),
            ("waited", "ASK messages of 41"),
            (
                "messages",
                "no-more-messages you-have (2xNewMessages) (1xUrgentMessages) (1xSavedMessages) to-listen",
            ),
        ],
    );
    converse(
        &mut after(at_message_menu(EXCHANGE), &["##", "played", "played", "done", "played"]),
        &[
            ("##", "AWAIT 1s | ASK messages of 41"),
            ("failed", "no-more-new-messages you-have (3xSavedMessages) to-listen"),
        ],
    );
}

#[test]
fn saved_messages_follow_the_new_ones_and_previous_goes_back() {
    converse(
        &mut after(at_message_menu(EXCHANGE), &["##", "played", "played", "done", "played"]),
        &[
            ("#", "AWAIT 1s"),
            ("waited", THIRD),
            ("11", "AWAIT 1s | saved-message message-from `5550100`"),
            ("11", &format!("AWAIT 1s | saved-message {FIRST}")),
            ("11", "AWAIT 1s | first-message to-next"),
        ],
    );
}

#[test]
fn message_marked_new_stays_new_when_it_is_left() {
    converse(
        &mut listening(EXCHANGE),
        &[
            ("9", "STOP | ASK New 11 of 41"),
            ("done", "message-is-new-again to-next"),
            ("#", "STOP | AWAIT 1s"),
            ("waited", SECOND),
            // Heard again from the beginning, it becomes saved at its end.
            ("11", &format!("AWAIT 1s | new-message {FIRST}")),
            ("played", "PLAY 11 8s"),
            ("played", "ASK Saved 11 of 41"),
        ],
    );
}

#[test]
fn message_that_is_gone_is_left_for_the_next() {
    converse(
        &mut at_message_menu(EXCHANGE),
        &[
            ("7", "ASK Deleted 11 of 41"),
            ("not there", &format!("message-is-gone {SECOND}")),
            ("11", "AWAIT 1s | first-message to-next"),
        ],
    );
    converse(
        &mut at_private_message(ASTERISK),
        &[
            ("9", "ASK Saved 13 of 41"),
            ("not there", "ASK messages of 41"),
            (
                "failed",
                "message-is-gone no-more-messages you-have (2xNewMessages) (1xUrgentMessages) to-listen-new",
            ),
        ],
    );
}

#[test]
fn change_that_fails_is_told() {
    for layout in [EXCHANGE, ASTERISK] {
        let menu = if layout == EXCHANGE { "to-next" } else { "to-hear-more" };
        converse(
            &mut at_message_menu(layout),
            &[("7", "ASK Deleted 11 of 41"), ("failed", &format!("not-done {menu}"))],
        );
    }
}

#[test]
fn deleted_messages_can_be_undeleted_after_a_visit_to_the_main_menu() {
    let mut access = after(at_main_menu(EXCHANGE), &["1", "7", "done", "7", "done", "7", "done"]);
    converse(
        &mut access,
        &[
            ("no messages", "message-is-deleted no-more-messages no-messages to-listen"),
            ("played", "AWAIT 5s"),
            ("1", "deleted-message message-is-urgent message-from extension-number `42`"),
            ("7", "STOP | ASK New 11 of 41"),
            ("done", "message-is-undeleted to-next"),
        ],
    );
}

#[test]
fn message_that_came_during_the_call_is_there_after_the_main_menu() {
    let mut all = messages();
    all.insert(1, MessageSummary { id: MessageId(14), caller: Some("77".into()), ..messages().remove(1) });
    let mut access = after(at_message_menu(EXCHANGE), &["*"]);
    access.handle_input(IvrInput::Answered(Answer::Messages(all)));
    while access.poll_output().is_some() {}

    converse(
        &mut access,
        &[
            ("1", "new-message message-is-urgent message-from extension-number `42`"),
            ("##", "AWAIT 1s | STOP | ASK Saved 11 of 41"),
            ("done", "new-message message-from `77`"),
        ],
    );
}

#[test]
fn keys_pressed_while_the_store_is_asked_count_afterwards_in_their_order() {
    let mut access = after(at_message_menu(EXCHANGE), &["9", "#79"]);

    assert_eq!(
        step(&mut access, "done"),
        format!("message-is-new-again to-next | STOP | AWAIT 1s | {SECOND} | STOP | ASK Deleted 12 of 41")
    );
}

#[test]
fn keys_pressed_during_a_transfer_do_nothing() {
    let mut access = after(at_message_menu(EXCHANGE), &["002"]);

    converse(&mut access, &[("7", ""), ("waited", ""), ("not connected", "call-failed to-next")]);
}

#[test]
fn whoever_asks_for_the_menu_again_hears_what_can_be_done_while_listening_too() {
    let mut access = after(at_message_menu(ASTERISK), &[]);
    access.handle_input(IvrInput::Digit(Digit::STAR));
    let Some(IvrOutput::Play(words)) = access.poll_output() else { panic!("no menu") };

    assert_eq!(
        full_words(&words),
        "while-listening to-rewind key-star to-fast-forward key-pound to-pause `0` to-slower `1` to-faster `2` \
         to-hear-more `3` to-previous `4` to-replay `5` to-next `6` to-delete `7` to-forward `8` to-save `9` \
         to-repeat key-star to-main-menu key-pound"
    );
}
