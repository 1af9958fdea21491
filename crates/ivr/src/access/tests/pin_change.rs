use super::*;

#[test]
fn new_pin_is_entered_twice_and_set() {
    for (layout, key, menu) in [(EXCHANGE, "3", "to-out-of-office"), (ASTERISK, "5", "to-personal-greeting")]
    {
        converse(
            &mut after(at_options(layout), &[key, "played"]),
            &[
                ("13#", "AWAIT 5s | AWAIT 5s | enter-new-pin-again"),
                ("13", "STOP | AWAIT 5s | AWAIT 5s"),
                ("#", "ASK PIN of 41 to be 13"),
                ("PIN set", &format!("pin-changed {menu}")),
            ],
        );
    }
}

#[test]
fn pins_that_differ_are_asked_again() {
    converse(
        &mut after(at_options(EXCHANGE), &["3", "13#"]),
        &[
            ("14#", "STOP | AWAIT 5s | AWAIT 5s | pins-differ enter-new-pin"),
            // The first of the two has been forgotten.
            ("14#", "STOP | AWAIT 5s | AWAIT 5s | enter-new-pin-again"),
            ("14#", "STOP | AWAIT 5s | AWAIT 5s | ASK PIN of 41 to be 14"),
        ],
    );
}

#[test]
fn every_refusal_says_why_and_asks_again() {
    for (told, words) in [
        ("PIN short", "pin-too-short (6) enter-new-pin"),
        ("PIN long", "pin-too-long enter-new-pin"),
        ("PIN sequence", "pin-too-easy enter-new-pin"),
        ("PIN repeat", "pin-too-easy enter-new-pin"),
        ("PIN no digits", "pin-too-easy enter-new-pin"),
        ("PIN extension", "pin-holds-extension enter-new-pin"),
        ("PIN used", "pin-used-before enter-new-pin"),
    ] {
        converse(&mut after(at_options(EXCHANGE), &["3", "13#", "13#"]), &[(told, words)]);
    }
}

#[test]
fn store_that_cannot_set_the_pin_is_told() {
    for told in ["failed", "done"] {
        converse(
            &mut after(at_options(EXCHANGE), &["3", "13#", "13#"]),
            &[(told, "not-done to-out-of-office")],
        );
    }
}

#[test]
fn star_leaves_a_change_that_was_asked_for() {
    for inputs in [&["3"][..], &["3", "13#"]] {
        let mut access = after(at_options(EXCHANGE), inputs);

        assert_eq!(step(&mut access, "*"), "STOP | cancelled to-out-of-office");
    }
}

#[test]
fn pin_that_must_be_changed_is_changed_before_anything_else() {
    let asked = "pin-must-change enter-new-pin";
    converse(
        &mut after(fresh(EXCHANGE), &["begin", "41#1#"]),
        &[
            ("opened, must change", &format!("[name] {asked}")),
            // No way around it.
            ("*", &format!("STOP | {asked}")),
            ("13#", "STOP | AWAIT 5s | AWAIT 5s | enter-new-pin-again"),
            ("*", &format!("STOP | {asked}")),
            (
                "13#13#",
                "STOP | AWAIT 5s | AWAIT 5s | enter-new-pin-again | \
              STOP | AWAIT 5s | AWAIT 5s | ASK PIN of 41 to be 13",
            ),
            ("PIN used", "pin-used-before enter-new-pin"),
            (
                "14#14#",
                "STOP | AWAIT 5s | AWAIT 5s | enter-new-pin-again | \
              STOP | AWAIT 5s | AWAIT 5s | ASK PIN of 41 to be 14",
            ),
            ("PIN set", "ASK messages of 41"),
            ("no messages", "pin-changed no-messages to-listen"),
        ],
    );
    converse(
        &mut after(fresh(EXCHANGE), &["begin", "41#1#", "opened, must change", "13#13#"]),
        &[("failed", "not-done goodbye"), ("played", "HANG UP")],
    );
    converse(
        &mut after(fresh(EXCHANGE), &["begin", "41#1#", "opened, must change"]),
        &[
            ("played", "AWAIT 5s"),
            ("waited", "enter-new-pin"),
            ("played", "AWAIT 5s"),
            ("waited", "enter-new-pin"),
            ("played", "AWAIT 5s"),
            ("waited", "goodbye"),
            ("played", "HANG UP"),
        ],
    );
}

#[test]
fn keys_pressed_ahead_are_not_taken_for_the_next_pin_when_one_is_refused() {
    let mut access = after(at_options(EXCHANGE), &["3", "13#13#55"]);

    converse(
        &mut access,
        &[("PIN used", "pin-used-before enter-new-pin"), ("#", "not-understood enter-new-pin")],
    );
}
