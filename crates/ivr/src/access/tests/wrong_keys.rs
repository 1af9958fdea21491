use super::*;

/// Every menu and every entry of a layout, by the words that it begins with, told to its end.
fn every_place(layout: KeyLayout) -> Vec<(&'static str, SubscriberAccess)> {
    let exchange = layout == EXCHANGE;
    let from_main = |inputs: &[&str]| after(after(at_main_menu(layout), inputs), &["played"]);
    let from_message = |inputs: &[&str]| after(after(at_message_menu(layout), inputs), &["played"]);
    let from_options = |inputs: &[&str]| after(after(at_options(layout), inputs), &["played"]);
    let key = |this: &'static str, that: &'static str| if exchange { this } else { that };
    let mut places = vec![
        ("enter-your-extension", after(fresh(layout), &["begin", "played"])),
        ("enter-pin star-for-other-extension", after(fresh(layout), &["begin", "41#", "played"])),
        (key("to-listen", "to-listen-new"), at_main_menu(layout)),
        (key("to-next", "to-hear-more"), at_message_menu(layout)),
        ("enter-recipient attendant-for-directory attendant-press-pound", from_main(&[key("4", "35")])),
        ("attendant-spell-last-first", from_main(&[key("4", "35"), "#"])),
        ("to-confirm", from_main(&[key("4", "35"), "43#", "card"])),
        ("to-introduce", from_message(&[key("6", "8"), "43#", "card", "1"])),
        ("to-accept", from_message(&[key("8", "31"), "played", "recorded"])),
        (key("to-out-of-office", "to-personal-greeting"), at_options(layout)),
        ("to-clock-twelve", from_options(&["6"])),
        ("to-speak-english", from_options(&["7"])),
        ("enter-new-pin", from_options(&[key("3", "5")])),
        ("enter-new-pin-again", from_options(&[key("3", "5"), "13#"])),
        ("enter-first-day", from_options(&[key("1", "2")])),
        ("enter-last-day", from_options(&[key("1", "2"), "#"])),
    ];
    let greeting: &[&str] = if exchange { &["2", "1"] } else { &["1"] };
    places.push(("to-hear-greeting", from_options(greeting)));
    places.push(("to-accept", from_options(&[greeting, &["2", "played", "recorded"]].concat())));
    if exchange {
        places.push(("to-personal-greeting", from_options(&["2"])));
    }
    places
}

#[test]
fn wrong_key_is_explained_twice_and_ends_the_call_the_third_time() {
    for layout in [EXCHANGE, ASTERISK] {
        for (words, mut access) in every_place(layout) {
            let again = format!("not-understood {words}");
            converse(&mut access, &[("D", &again), ("A", &again)]);

            let orders = step(&mut access, "B");
            assert!(matches!(&*orders, "goodbye" | "DISCARD | goodbye"), "{words}: {orders}");
            converse(&mut access, &[("played", "HANG UP")]);
        }
    }
}

#[test]
fn silence_is_met_with_the_same_words_twice_and_ends_the_call_the_third_time() {
    for layout in [EXCHANGE, ASTERISK] {
        for (words, mut access) in every_place(layout) {
            converse(
                &mut access,
                &[
                    ("waited", words),
                    ("waited", ""),
                    ("played", "AWAIT 5s"),
                    ("waited", words),
                    ("played", "AWAIT 5s"),
                ],
            );

            let orders = step(&mut access, "waited");
            assert!(matches!(&*orders, "goodbye" | "DISCARD | goodbye"), "{words}: {orders}");
            converse(&mut access, &[("played", "HANG UP")]);
        }
    }
}

#[test]
fn wrong_keys_and_silences_count_together_until_a_right_key_comes() {
    converse(
        &mut at_message_menu(EXCHANGE),
        &[
            ("D", "not-understood to-next"),
            ("played", "AWAIT 5s"),
            ("waited", "to-next"),
            ("9", "STOP | ASK New 11 of 41"),
            ("done", "message-is-new-again to-next"),
            ("D", "not-understood to-next"),
            ("D", "not-understood to-next"),
            ("0", "STOP | AWAIT 1s"),
            ("waited", "while-listening to-rewind"),
            ("D", "not-understood to-next"),
            ("009", "STOP | AWAIT 1s | AWAIT 1s | not-understood to-next"),
            ("3", "goodbye"),
        ],
    );
}

#[test]
fn asking_for_more_or_for_the_same_again_is_no_failure() {
    let told = "not-understood to-listen";
    converse(
        &mut at_main_menu(EXCHANGE),
        &[
            ("DD", &format!("{told} | {told}")),
            ("00", "STOP | AWAIT 1s | AWAIT 1s"),
            ("waited", "to-listen-new"),
            ("D", told),
            ("D", told),
            ("0D", &format!("STOP | AWAIT 1s | {told}")),
            ("D", told),
            ("D", "goodbye"),
        ],
    );
    converse(
        &mut at_main_menu(ASTERISK),
        &[
            ("DD", "not-understood to-listen-new | not-understood to-listen-new"),
            ("*", "to-listen-new"),
            ("D", "not-understood to-listen-new"),
        ],
    );
}

#[test]
fn unfinished_order_is_a_wrong_one() {
    converse(
        &mut at_message_menu(EXCHANGE),
        &[("00#", "AWAIT 1s | AWAIT 1s | AWAIT 1s"), ("waited", "not-understood to-next")],
    );
}

#[test]
fn no_key_cuts_the_farewell_short() {
    let mut access = after(at_main_menu(EXCHANGE), &["D", "D", "D"]);

    converse(&mut access, &[("1", ""), ("waited", ""), ("played", "HANG UP"), ("hangs up", "")]);
    let mut access = after(at_main_menu(EXCHANGE), &["D", "D", "D"]);
    converse(&mut access, &[("hangs up", "FINISHED")]);
}
