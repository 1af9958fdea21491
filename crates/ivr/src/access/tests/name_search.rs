use super::*;

const RECIPIENT: &str = "enter-recipient attendant-for-directory attendant-press-pound";
const EXTENSION: &str = "enter-your-extension attendant-for-directory attendant-press-pound";
const SPELL: &str = "attendant-spell-last-first";
const CHOOSE: &str = "(2xMatches) attendant-for-person attendant-at-extension `42` attendant-press `1` \
                      attendant-for-person attendant-at-extension `43` attendant-press `2` attendant-other-name";

/// A new message is made, and the recipient is asked for.
fn composing(layout: KeyLayout) -> SubscriberAccess {
    after(at_main_menu(layout), &[if layout == EXCHANGE { "4" } else { "35" }, "played"])
}

/// Nobody has logged on; names may be spelled.
fn anybody(people: PeopleOffered) -> SubscriberAccess {
    let settings = SubscriberAccessSettings { directory: Some(people), ..settings(EXCHANGE) };
    after(SubscriberAccess::new(settings), &["begin", "played"])
}

const BOTH: PeopleOffered = PeopleOffered { calls: true, messages: true };

#[test]
fn recipient_is_found_by_name_and_confirmed() {
    for layout in [EXCHANGE, ASTERISK] {
        converse(
            &mut composing(layout),
            &[
                ("#", SPELL),
                ("76", "STOP | AWAIT 3s | AWAIT 3s"),
                ("#", "ASK names 76 LastFirst"),
                ("one name", "message-to extension-number `42` to-confirm"),
                ("1", "record-after-tone pound-when-done [tone]"),
                ("played", "RECORD 600s Draft"),
                ("recorded", "to-accept"),
                ("1", "STOP | ASK send from 41 to 42, recorded 4s"),
            ],
        );
    }
}

#[test]
fn recipient_of_several_is_chosen_by_key_and_another_may_follow() {
    converse(
        &mut after(composing(EXCHANGE), &["#", "7"]),
        &[
            ("waited", "ASK names 7 LastFirst"),
            ("two names", CHOOSE),
            ("3", &format!("not-understood {CHOOSE}")),
            ("2", "message-to extension-number `43` to-confirm"),
            ("2", RECIPIENT),
            ("#", SPELL),
        ],
    );
}

#[test]
fn forwarded_message_finds_its_recipient_by_name_too() {
    for (layout, forward) in [(EXCHANGE, "6"), (ASTERISK, "8")] {
        converse(
            &mut after(at_message_menu(layout), &[forward, "#", "7#"]),
            &[
                ("one name", "message-to extension-number `42` to-confirm"),
                ("1", "to-introduce"),
                ("2", "STOP | ASK send from 41 to 42, with 11"),
            ],
        );
    }
}

#[test]
fn pound_pound_turns_the_names_round_and_star_goes_back_to_the_extension() {
    converse(
        &mut composing(EXCHANGE),
        &[
            ("#", SPELL),
            ("#", "attendant-spell-first-last"),
            ("2#", "STOP | AWAIT 3s | ASK names 2 FirstLast"),
            ("two names", CHOOSE),
            ("*", "attendant-spell-first-last"),
            ("*", RECIPIENT),
            ("*", "STOP | cancelled to-listen"),
        ],
    );
}

#[test]
fn keys_pressed_while_the_name_is_looked_for_choose_from_what_is_found() {
    let mut access = after(composing(EXCHANGE), &["#", "7#", "2"]);

    assert_eq!(
        step(&mut access, "two names"),
        format!("{CHOOSE} | message-to extension-number `43` to-confirm")
    );
}

#[test]
fn names_that_nobody_has_are_put_up_with_as_often_as_wrong_keys() {
    for (told, words) in [("no name", "attendant-no-such-name"), ("failed", "attendant-not-now")] {
        converse(
            &mut after(composing(EXCHANGE), &["#"]),
            &[
                ("7#", "STOP | AWAIT 3s | ASK names 7 LastFirst"),
                (told, &format!("{words} {SPELL}")),
                ("D", &format!("not-understood {SPELL}")),
                ("7#", "STOP | AWAIT 3s | ASK names 7 LastFirst"),
                (told, "goodbye"),
                ("played", "HANG UP"),
            ],
        );
    }
}

#[test]
fn whoever_presses_nothing_is_let_go() {
    converse(
        &mut after(composing(EXCHANGE), &["#"]),
        &[
            ("played", "AWAIT 5s"),
            ("waited", SPELL),
            ("played", "AWAIT 5s"),
            ("waited", SPELL),
            ("played", "AWAIT 5s"),
            ("waited", "goodbye"),
        ],
    );
}

#[test]
fn caller_who_has_not_logged_on_reaches_people_by_name_with_the_rights_of_the_plan_alone() {
    let found = "attendant-at-extension `42` attendant-person-menu";
    converse(
        &mut anybody(BOTH),
        &[
            ("#", SPELL),
            ("7#", "STOP | AWAIT 3s | ASK names 7 LastFirst"),
            ("one name", found),
            ("1", "STOP | TRANSFER 42 FOR PLAN"),
            ("not allowed", &format!("call-not-allowed {EXTENSION}")),
            ("#", SPELL),
            ("7#", "STOP | AWAIT 3s | ASK names 7 LastFirst"),
            ("one name", found),
            ("2", "STOP | HAND OVER to 42"),
            ("not handed over", &format!("call-failed {EXTENSION}")),
            ("#", SPELL),
            ("*", EXTENSION),
            ("41#", "STOP | AWAIT 5s | AWAIT 1s | enter-pin star-for-other-extension"),
            // Behind the extension it belongs to the extension.
            ("#", "enter-pin star-for-other-extension"),
        ],
    );
}

#[test]
fn what_the_plan_does_not_offer_about_people_cannot_be_chosen() {
    for (people, orders) in [
        (PeopleOffered { calls: true, messages: false }, "TRANSFER 42 FOR PLAN"),
        (PeopleOffered { calls: false, messages: true }, "HAND OVER to 42"),
    ] {
        let mut access = after(anybody(people), &["#", "7#"]);

        assert_eq!(step(&mut access, "one name"), orders);
    }
}

#[test]
fn without_a_directory_pound_is_a_wrong_key_and_nothing_tells_of_it() {
    converse(
        &mut fresh(EXCHANGE),
        &[("begin", "mailbox-welcome enter-your-extension"), ("#", "not-understood enter-your-extension")],
    );
}

#[test]
fn whoever_goes_while_a_name_is_looked_for_leaves_nothing_behind() {
    for inputs in [&["#"][..], &["#", "7"], &["#", "7#"], &["#", "7#", "two names"]] {
        converse(&mut after(composing(EXCHANGE), inputs), &[("hangs up", "FINISHED"), ("one name", "")]);
    }
}
