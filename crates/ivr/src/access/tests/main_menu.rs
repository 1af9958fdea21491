use super::*;

const COUNTS: &str = "you-have (2xNewMessages) (1xUrgentMessages) (1xSavedMessages)";
const FIRST: &str = "new-message message-is-urgent message-from extension-number `42`";
const SAVED: &str = "saved-message message-is-private message-from unknown-number";

#[test]
fn every_key_of_the_exchange_layout_leads_where_it_says() {
    let counts = &format!("{COUNTS} to-listen");
    let cases: &[&[(&str, &str)]] = &[
        &[("1", FIRST)],
        &[("4", "enter-recipient attendant-for-directory attendant-press-pound")],
        &[("6", "to-out-of-office")],
        &[("*", "ASK messages of 41"), ("messages", counts)],
        &[("0", "AWAIT 1s"), ("waited", "to-listen")],
        &[("00", "AWAIT 1s | AWAIT 1s"), ("waited", "to-listen-new"), ("1", FIRST)],
        &[("00", "AWAIT 1s | AWAIT 1s"), ("waited", "to-listen-new"), ("played", "AWAIT 5s"), ("3", SAVED)],
        &[("001", &format!("AWAIT 1s | AWAIT 1s | {FIRST}"))],
        &[("003", &format!("AWAIT 1s | AWAIT 1s | {SAVED}"))],
        &[("0055", "AWAIT 1s | AWAIT 1s | AWAIT 1s | to-speak-english")],
        &[
            ("000", "AWAIT 1s | AWAIT 1s | TRANSFER 99 FOR staff"),
            ("not allowed", "call-not-allowed to-listen"),
        ],
        &[("00*", "AWAIT 1s | AWAIT 1s | goodbye"), ("played", "HANG UP")],
    ];
    for rows in cases {
        converse(&mut at_main_menu(EXCHANGE), rows);
    }
    // The same, over the words of the menu.
    let mut access = after(fresh(EXCHANGE), &["begin", "41#2580#", "opened", "messages"]);
    converse(&mut access, &[("0", "STOP | AWAIT 1s"), ("01", &format!("AWAIT 1s | {FIRST}"))]);
    let mut access = after(fresh(EXCHANGE), &["begin", "41#2580#", "opened", "messages"]);
    converse(&mut access, &[("*", "STOP | ASK messages of 41")]);
    let mut access = after(at_main_menu(EXCHANGE), &["00", "waited"]);
    converse(&mut access, &[("5", "STOP | AWAIT 1s"), ("5", "to-speak-english")]);
}

#[test]
fn every_key_of_the_asterisk_layout_leads_where_it_says() {
    let cases: &[&[(&str, &str)]] = &[
        &[("1", FIRST)],
        &[("2", SAVED)],
        &[("0", "to-personal-greeting")],
        &[("*", "to-listen-new")],
        &[("#", "goodbye"), ("played", "HANG UP")],
        &[
            ("3", "AWAIT 1s"),
            ("waited", "to-compose"),
            ("5", "enter-recipient attendant-for-directory attendant-press-pound"),
        ],
        &[("35", "AWAIT 1s | enter-recipient attendant-for-directory attendant-press-pound")],
        &[("30", "AWAIT 1s | TRANSFER 99 FOR staff"), ("not connected", "call-failed to-listen-new")],
    ];
    for rows in cases {
        converse(&mut at_main_menu(ASTERISK), rows);
    }
}

#[test]
fn menus_are_told_in_these_words() {
    let full = |rows: &[Row]| full_words(&menu_words(rows));

    assert_eq!(
        full(EXCHANGE.main),
        "to-listen `1` to-compose `4` to-options `6` to-repeat `0` to-hear-more `00`"
    );
    assert_eq!(
        full_words(&layout::more_words(EXCHANGE.main, "00")),
        "to-listen-new `1` to-listen-saved `3` to-language `55` to-operator `0` to-leave key-star"
    );
    assert_eq!(
        full(EXCHANGE.message),
        "to-next key-pound to-delete `7` to-reply `8` to-forward `6` to-mark-new `9` to-replay `1` \
         to-previous `11` to-hear-more `00` to-main-menu key-star"
    );
    assert_eq!(
        full_words(&layout::more_words(EXCHANGE.message, "00")),
        "to-next-new key-pound key-pound to-replay `1` to-call-sender `2` to-envelope `5` to-forward `6` \
         to-language `55`"
    );
    assert_eq!(
        full(EXCHANGE.playing),
        "to-rewind `1` to-pause `2` to-fast-forward `3` to-slower `4` to-faster `6`"
    );
    assert_eq!(
        full(ASTERISK.playing),
        "to-rewind key-star to-fast-forward key-pound to-pause `0` to-slower `1` to-faster `2`"
    );
    assert_eq!(
        full(ASTERISK.main),
        "to-listen-new `1` to-listen-saved `2` to-hear-more `3` to-options `0` to-repeat key-star \
         to-leave key-pound"
    );
    assert_eq!(
        full(ASTERISK.message),
        "to-hear-more `3` to-previous `4` to-replay `5` to-next `6` to-delete `7` to-forward `8` to-save `9` \
         to-repeat key-star to-main-menu key-pound"
    );
    assert_eq!(
        full_words(&layout::more_words(ASTERISK.message, "3")),
        "to-reply `1` to-call-sender `2` to-envelope `3` to-mark-new `9`"
    );
}

#[test]
fn operator_is_told_only_where_there_is_one() {
    let without = SubscriberAccessSettings { operator: None, ..settings(EXCHANGE) };
    let inputs = ["begin", "41#2580#", "opened", "messages", "played"];
    let mut access = after(SubscriberAccess::new(without), &inputs);

    assert_eq!(step(&mut access, "000"), "AWAIT 1s | AWAIT 1s | not-understood to-listen");
}

#[test]
fn counts_are_told_of_what_there_is() {
    let told = |new: usize, saved: usize| {
        let states = std::iter::repeat_n(MessageState::New, new)
            .chain(std::iter::repeat_n(MessageState::Saved, saved));
        let all = states.zip(20..).map(|(state, id)| MessageSummary {
            id: MessageId(id),
            state,
            ..messages().remove(1)
        });
        let mut access = after(fresh(EXCHANGE), &["begin", "41#2580#", "opened"]);
        access.handle_input(IvrInput::Answered(Answer::Messages(all.collect())));
        written(access.poll_output().unwrap())
    };

    assert_eq!(told(0, 0), "[name] no-messages to-listen");
    assert_eq!(told(1, 0), "[name] you-have (1xNewMessages) to-listen");
    assert_eq!(told(0, 3), "[name] you-have (3xSavedMessages) to-listen");
    assert_eq!(told(2, 1), "[name] you-have (2xNewMessages) (1xSavedMessages) to-listen");
}

#[test]
fn section_without_messages_is_told_and_the_menu_follows() {
    let mut access = after(fresh(EXCHANGE), &["begin", "41#2580#", "opened", "no messages", "played"]);
    converse(&mut access, &[("1", "no-messages to-listen")]);

    let mut access = after(fresh(ASTERISK), &["begin", "41#2580#", "opened", "no messages", "played"]);
    converse(
        &mut access,
        &[("1", "no-new-messages to-listen-new"), ("2", "no-saved-messages to-listen-new")],
    );
}

#[test]
fn store_that_does_not_tell_the_messages_is_no_empty_mailbox() {
    let mut access = after(fresh(EXCHANGE), &["begin", "41#2580#", "opened"]);
    converse(
        &mut access,
        &[
            ("failed", "[name] messages-unknown to-listen"),
            ("played", "AWAIT 5s"),
            ("1", "messages-unknown to-listen"),
            ("played", "AWAIT 5s"),
            // The next time it may be well again.
            ("*", "ASK messages of 41"),
            ("messages", "you-have (2xNewMessages) (1xUrgentMessages) (1xSavedMessages) to-listen"),
            ("played", "AWAIT 5s"),
            // And what was told once is not forgotten.
            ("*", "ASK messages of 41"),
            ("failed", "you-have (2xNewMessages) (1xUrgentMessages) (1xSavedMessages) to-listen"),
        ],
    );
}
