use super::*;
use crate::attendant::{Announcement, AnnouncementKeys};

#[test]
fn asks_for_extension_and_pin_and_opens_the_mailbox() {
    for layout in [EXCHANGE, ASTERISK] {
        let first = if layout == EXCHANGE { "to-listen" } else { "to-listen-new" };
        let counts = "[name] you-have (2xNewMessages) (1xUrgentMessages) (1xSavedMessages)";
        converse(
            &mut fresh(layout),
            &[
                ("begin", "mailbox-welcome enter-your-extension"),
                ("played", "AWAIT 5s"),
                ("4", "AWAIT 5s"),
                ("1", "AWAIT 1s"),
                ("#", "enter-pin star-for-other-extension"),
                ("2", "STOP | AWAIT 5s"),
                ("580", "AWAIT 5s | AWAIT 5s | AWAIT 5s"),
                ("#", "ASK log-on 41 with 2580"),
                ("opened", "ASK messages of 41"),
                ("messages", &format!("{counts} {first}")),
                ("played", "AWAIT 5s"),
            ],
        );
    }
}

#[test]
fn whole_extension_needs_no_pound_and_a_late_one_is_no_mistake() {
    converse(
        &mut after(fresh(EXCHANGE), &["begin", "41"]),
        &[
            ("waited", "enter-pin star-for-other-extension"),
            ("#", "enter-pin star-for-other-extension"),
            ("#", "not-understood enter-pin star-for-other-extension"),
            ("2580#", "STOP | AWAIT 5s | AWAIT 5s | AWAIT 5s | AWAIT 5s | ASK log-on 41 with 2580"),
        ],
    );
}

#[test]
fn longer_number_and_shorter_pin_end_with_pound_or_silence() {
    let mut access = after(fresh(EXCHANGE), &["begin", "4255550100#", "258"]);

    assert_eq!(step(&mut access, "waited"), "ASK log-on 4255550100 with 258");
}

/// What the plan has recorded, and what the caller hears up to the first question.
#[test]
fn recordings_of_the_plan_are_heard_before_the_log_on() {
    let news = |keys| Some(Announcement { recording: "news".into(), keys });
    let (may, may_not) = (AnnouncementKeys::Choose, AnnouncementKeys::AreIgnored);
    let hello = || Some("hello".to_owned());
    let table = [
        (None, None, "mailbox-welcome enter-your-extension"),
        (hello(), None, "<hello> enter-your-extension"),
        (None, news(may), "mailbox-welcome <news> enter-your-extension"),
        (hello(), news(may), "<hello> <news> enter-your-extension"),
        (None, news(may_not), "mailbox-welcome <news>"),
        (hello(), news(may_not), "<hello> <news>"),
    ];

    for (welcome, announcement, words) in table {
        let settings = SubscriberAccessSettings { welcome, announcement, ..settings(EXCHANGE) };
        assert_eq!(step(&mut SubscriberAccess::new(settings), "begin"), words);
    }
}

#[test]
fn a_key_cuts_the_announcement_of_the_plan_short_unless_it_may_not() {
    let with = |keys| {
        let announcement = Some(Announcement { recording: "news".into(), keys });
        SubscriberAccess::new(SubscriberAccessSettings { announcement, ..settings(EXCHANGE) })
    };

    converse(
        &mut with(AnnouncementKeys::Choose),
        &[("begin", "mailbox-welcome <news> enter-your-extension"), ("4", "STOP | AWAIT 5s")],
    );
    converse(
        &mut with(AnnouncementKeys::AreIgnored),
        &[
            ("begin", "mailbox-welcome <news>"),
            ("4*#", ""),
            ("waited", ""),
            ("played", "enter-your-extension"),
            ("4", "STOP | AWAIT 5s"),
        ],
    );
    converse(
        &mut with(AnnouncementKeys::AreIgnored),
        &[("begin", "mailbox-welcome <news>"), ("hangs up", "FINISHED")],
    );
}

#[test]
fn known_caller_is_asked_for_the_pin_alone_and_chooses_another_extension_with_star() {
    let known = SubscriberAccessSettings { caller_number: Some("41".into()), ..settings(EXCHANGE) };
    converse(
        &mut SubscriberAccess::new(known),
        &[
            ("begin", "mailbox-welcome enter-pin star-for-other-extension"),
            ("*", "STOP | enter-your-extension"),
            ("*", "STOP | enter-your-extension"),
            ("42#", "STOP | AWAIT 5s | AWAIT 1s | enter-pin star-for-other-extension"),
            ("1", "STOP | AWAIT 5s"),
            ("#", "ASK log-on 42 with 1"),
        ],
    );
}

#[test]
fn refusals_and_failures_of_the_store_sound_alike_and_end_with_the_plans_number() {
    for told in ["refused", "failed", "messages"] {
        converse(
            &mut after(fresh(EXCHANGE), &["begin", "41#1#"]),
            &[
                (told, "log-on-refused enter-pin star-for-other-extension"),
                ("2#", "STOP | AWAIT 5s | ASK log-on 41 with 2"),
                (told, "log-on-refused enter-pin star-for-other-extension"),
                // Another extension does not give another three tries.
                (
                    "*42#3#",
                    "STOP | enter-your-extension | STOP | AWAIT 5s | AWAIT 1s | \
                  enter-pin star-for-other-extension | STOP | AWAIT 5s | ASK log-on 42 with 3",
                ),
                (told, "log-on-refused goodbye"),
                ("1", ""),
                ("played", "HANG UP"),
                ("played", ""),
            ],
        );
    }
}

#[test]
fn no_limit_of_failures_is_a_limit_of_one() {
    let strict = SubscriberAccessSettings { logon_failures: 0, input_failures: 0, ..settings(EXCHANGE) };
    let mut access = after(SubscriberAccess::new(strict.clone()), &["begin", "41#1#"]);
    assert_eq!(step(&mut access, "refused"), "log-on-refused goodbye");

    let mut access = after(SubscriberAccess::new(strict), &["begin", "played"]);
    assert_eq!(step(&mut access, "waited"), "goodbye");
}

#[test]
fn pin_that_expires_soon_is_told() {
    for (standing, told) in [
        ("opened, 3 days", "[name] pin-expires-in (3xDays) no-messages to-listen"),
        ("opened, today", "[name] pin-expires-today no-messages to-listen"),
        ("opened", "[name] no-messages to-listen"),
    ] {
        converse(
            &mut after(fresh(EXCHANGE), &["begin", "41#2580#"]),
            &[(standing, "ASK messages of 41"), ("no messages", told)],
        );
    }
}

#[test]
fn nobody_without_a_name_in_their_voice_is_greeted_and_who_is_away_is_reminded() {
    let mut owner = Subscriber { recorded_name: None, ..subscriber() };
    owner.options.out_of_office = Some(mailbox::OutOfOffice { from: None, until: None });
    let mut access = after(fresh(EXCHANGE), &["begin", "41#2580#"]);
    access.handle_input(IvrInput::Answered(Answer::LogOn(LogOn::Opened(Box::new(owner)))));
    step(&mut access, "waited");

    assert_eq!(step(&mut access, "no messages"), "out-of-office-is-on no-messages to-listen");
}

#[test]
fn zero_reaches_the_operator_where_there_is_one() {
    converse(
        &mut after(fresh(EXCHANGE), &["begin"]),
        &[
            ("0", "STOP | AWAIT 5s"),
            ("#", "TRANSFER 99 FOR PLAN"),
            ("not connected", "call-failed enter-your-extension"),
            ("0", "STOP | AWAIT 5s"),
            ("waited", "TRANSFER 99 FOR PLAN"),
            ("not allowed", "call-not-allowed enter-your-extension"),
        ],
    );
    let without = SubscriberAccessSettings { operator: None, ..settings(EXCHANGE) };
    let mut access = after(SubscriberAccess::new(without), &["begin", "0"]);
    assert_eq!(step(&mut access, "#"), "enter-pin star-for-other-extension");
}

#[test]
fn keys_pressed_while_the_pin_is_compared_count_afterwards_if_it_was_right() {
    let mut access = after(fresh(EXCHANGE), &["begin", "41#2580#1"]);
    assert_eq!(step(&mut access, "opened"), "ASK messages of 41");
    assert_eq!(
        step(&mut access, "messages"),
        "[name] you-have (2xNewMessages) (1xUrgentMessages) (1xSavedMessages) to-listen | \
         new-message message-is-urgent message-from extension-number `42`"
    );

    let mut access = after(fresh(EXCHANGE), &["begin", "41#2580#1"]);
    assert_eq!(step(&mut access, "refused"), "log-on-refused enter-pin star-for-other-extension");
}

#[test]
fn only_so_many_keys_are_remembered() {
    let mut access = after(fresh(EXCHANGE), &["begin", "41#2580#"]);
    step(&mut access, &"1".repeat(KEYS_AHEAD + 5));

    assert_eq!(access.keys_ahead.len(), 32);
}

#[test]
fn only_so_many_digits_are_kept() {
    let pin = "1".repeat(40);
    let mut access = after(fresh(EXCHANGE), &["begin", "41#", &pin]);

    assert_eq!(step(&mut access, "#"), format!("ASK log-on 41 with {}", "1".repeat(32)));
}

#[test]
fn debug_form_shows_no_pin() {
    let access = after(fresh(EXCHANGE), &["begin", "41#", "9876"]);
    let shown = format!("{access:?}");

    assert!(!shown.contains("9876"), "{shown}");
}

#[test]
fn whoever_goes_before_the_log_on_leaves_nothing_behind() {
    for inputs in [&[][..], &["begin"], &["begin", "41#"], &["begin", "41#25"], &["begin", "41#25#"]] {
        for way in ["hangs up", "cut off"] {
            let mut access = after(fresh(EXCHANGE), inputs);

            converse(&mut access, &[(way, "FINISHED"), (way, ""), ("opened", ""), ("played", "")]);
        }
    }
}

#[test]
fn mailbox_that_is_nearly_or_quite_full_warns_its_owner() {
    for (room, told) in [
        (MailboxRoom::Some, "[name] no-messages to-listen"),
        (MailboxRoom::Little, "[name] mailbox-is-almost-full no-messages to-listen"),
        (MailboxRoom::Full, "[name] mailbox-is-full no-messages to-listen"),
    ] {
        let owner = Subscriber { room, ..subscriber() };
        let mut access = after(fresh(EXCHANGE), &["begin", "41#2580#"]);
        access.handle_input(IvrInput::Answered(Answer::LogOn(LogOn::Opened(Box::new(owner)))));
        step(&mut access, "waited");

        assert_eq!(step(&mut access, "no messages"), told);
    }
}

#[test]
fn messages_that_are_nearly_too_old_are_counted_to_their_owner_after_what_is_said_of_the_room() {
    let soon = "messages-are-too-old-soon";
    for (room, deleted_soon, told) in [
        (MailboxRoom::Some, 0, "[name] no-messages to-listen".to_owned()),
        (MailboxRoom::Some, 1, format!("[name] {soon} (1xMessages) no-messages to-listen")),
        (
            MailboxRoom::Little,
            21,
            format!("[name] mailbox-is-almost-full {soon} (21xMessages) no-messages to-listen"),
        ),
    ] {
        let owner = Subscriber { room, deleted_soon, ..subscriber() };
        let mut access = after(fresh(EXCHANGE), &["begin", "41#2580#"]);
        access.handle_input(IvrInput::Answered(Answer::LogOn(LogOn::Opened(Box::new(owner)))));
        step(&mut access, "waited");

        assert_eq!(step(&mut access, "no messages"), told);
    }
}
