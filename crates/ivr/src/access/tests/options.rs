use super::*;

const AWAY_FROM: &str = "enter-first-day";

fn at_out_of_office() -> SubscriberAccess {
    after(at_options(EXCHANGE), &["1", "played"])
}

#[test]
fn every_key_of_the_options_leads_where_it_says() {
    for (layout, cases) in [
        (
            EXCHANGE,
            &[
                ("1", AWAY_FROM),
                ("2", "to-personal-greeting"),
                ("3", "enter-new-pin"),
                ("6", "to-clock-twelve"),
                ("7", "to-speak-english"),
                ("0", "AWAIT 1s"),
                ("0055", "AWAIT 1s | AWAIT 1s | AWAIT 1s | to-speak-english"),
                ("*", "ASK messages of 41"),
            ][..],
        ),
        (
            ASTERISK,
            &[
                ("1", "[greeting 7] to-hear-greeting"),
                ("2", AWAY_FROM),
                ("3", "[name] to-hear-greeting"),
                ("4", "greeting-not-recorded to-hear-greeting"),
                ("5", "enter-new-pin"),
                ("6", "to-clock-twelve"),
                ("7", "to-speak-english"),
                ("0", "to-personal-greeting"),
                ("*", "ASK messages of 41"),
                ("#", "ASK messages of 41"),
            ],
        ),
    ] {
        for row in cases {
            converse(&mut at_options(layout), &[*row]);
        }
    }
    converse(&mut after(at_options(EXCHANGE), &["0"]), &[("waited", "to-out-of-office")]);
}

#[test]
fn every_clock_can_be_chosen() {
    for layout in [EXCHANGE, ASTERISK] {
        let menu = if layout == EXCHANGE { "to-out-of-office" } else { "to-personal-greeting" };
        for (key, clock) in [("1", "Twelve"), ("2", "TwentyFour"), ("3", "OfLanguage")] {
            converse(
                &mut after(at_options(layout), &["6", "played"]),
                &[
                    (key, &format!("ASK option of 41 Clock({clock})")),
                    ("done", &format!("option-set {menu}")),
                ],
            );
        }
        converse(&mut after(at_options(layout), &["6", "played"]), &[("0", "to-clock-twelve"), ("*", menu)]);
    }
}

#[test]
fn clock_that_was_chosen_tells_the_times_of_messages() {
    let inputs = ["6", "2", "done", "*", "messages", "1", "played"];
    let mut access = after(at_options(EXCHANGE), &inputs);
    step(&mut access, "005");

    assert_eq!(
        step(&mut access, "waited"),
        "message-is-urgent message-from extension-number `42` message-received (2026-11-21/2026-11-21) \
         (10:04:05/TwentyFour) message-length (8s) to-next"
    );
}

#[test]
fn language_is_chosen_by_key_and_kept_in_the_mailbox() {
    for layout in [EXCHANGE, ASTERISK] {
        let menu = if layout == EXCHANGE { "to-out-of-office" } else { "to-personal-greeting" };
        converse(
            &mut after(at_options(layout), &["7", "played"]),
            &[
                ("1", "ASK option of 41 Language(Some(\"en-US\"))"),
                ("done", &format!("option-set {menu}")),
                ("7", "to-speak-english"),
            ],
        );
        converse(&mut after(at_options(layout), &["7", "played"]), &[("0", "to-speak-english"), ("*", menu)]);
    }
}

#[test]
fn every_language_has_a_key_of_its_own() {
    let mut access = after(at_options(EXCHANGE), &["7"]);
    for number in 1..=Language::ALL.len() {
        let tag = Language::ALL[number - 1].tag();
        let orders = step(&mut access, &number.to_string());
        assert!(orders.ends_with(&format!("Language(Some(\"{tag}\"))")), "{orders}");
        access = after(at_options(EXCHANGE), &["7"]);
    }
    assert!(Language::ALL.len() <= 9);
}

#[test]
fn option_that_cannot_be_kept_is_told() {
    for told in ["failed", "not there"] {
        converse(&mut after(at_options(EXCHANGE), &["6", "2"]), &[(told, "not-done to-out-of-office")]);
    }
}

#[test]
fn owner_is_away_from_today_until_further_notice_and_back_again() {
    converse(
        &mut at_out_of_office(),
        &[
            ("#", "enter-last-day"),
            ("#", "STOP | ASK option of 41 OutOfOffice(Some(OutOfOffice { from: None, until: None }))"),
            ("done", "out-of-office-is-on out-of-office-not-recorded to-out-of-office"),
            ("1", "STOP | ASK option of 41 OutOfOffice(None)"),
            ("done", "out-of-office-is-off to-out-of-office"),
            ("1", "enter-first-day"),
        ],
    );
}

#[test]
fn owner_is_away_from_one_day_until_another() {
    converse(
        &mut at_out_of_office(),
        &[
            ("1224", "AWAIT 5s | AWAIT 5s | AWAIT 5s | AWAIT 5s"),
            ("#", "enter-last-day"),
            ("0106", "STOP | AWAIT 5s | AWAIT 5s | AWAIT 5s | AWAIT 5s"),
            (
                "waited",
                "ASK option of 41 OutOfOffice(Some(OutOfOffice { from: Some(2026-12-24), until: Some(2027-01-06) }))",
            ),
            (
                "done",
                "out-of-office-is-on from-day (2026-12-24/2026-11-21) until-day (2027-01-06/2026-11-21) \
                 out-of-office-not-recorded to-out-of-office",
            ),
        ],
    );
}

#[test]
fn last_day_is_never_before_the_first() {
    let mut access = after(at_out_of_office(), &["0301#", "0215"]);

    assert_eq!(
        step(&mut access, "#"),
        "ASK option of 41 OutOfOffice(Some(OutOfOffice { from: Some(2027-03-01), until: Some(2028-02-15) }))"
    );
}

#[test]
fn day_that_is_none_is_asked_again_and_star_changes_nothing() {
    converse(
        &mut at_out_of_office(),
        &[
            ("1301#", "AWAIT 5s | AWAIT 5s | AWAIT 5s | AWAIT 5s | not-a-day enter-first-day"),
            ("12#", "STOP | AWAIT 5s | AWAIT 5s | not-a-day enter-first-day"),
            ("#", "STOP | enter-last-day"),
            ("0431#", "STOP | AWAIT 5s | AWAIT 5s | AWAIT 5s | AWAIT 5s | not-a-day enter-last-day"),
            ("*", "STOP | cancelled to-out-of-office"),
        ],
    );
    converse(&mut at_out_of_office(), &[("*", "cancelled to-out-of-office")]);
}

#[test]
fn recorded_greeting_is_not_missed_when_the_owner_goes_away() {
    let inputs = ["2", "2", "2", "played", "recorded", "1", "OutOfOffice kept", "*", "*", "1", "#", "#"];
    let mut access = after(at_options(EXCHANGE), &inputs);

    assert_eq!(step(&mut access, "done"), "out-of-office-is-on to-out-of-office");
}
