//! Dial by name.
use super::*;

const LAST: &str = "spell-last-first";

fn directory() -> AttendantSettings {
    AttendantSettings {
        name_order: Some(NameOrder::LastFirst),
        people: PeopleOffered { calls: true, messages: true },
        ..settings()
    }
}

fn names(digits: &str, order: NameOrder) -> IvrOutput {
    IvrOutput::Ask(Question::Names { digits: digits.into(), order })
}

/// A caller who has just pressed `#` in the menu.
fn spelling(settings: AttendantSettings) -> AutoAttendant {
    let mut attendant = silent(settings);
    assert_eq!(step(&mut attendant, key('#')), [play(LAST)]);
    attendant
}

/// A caller who has spelled 76484.
fn asked(settings: AttendantSettings) -> AutoAttendant {
    let mut attendant = spelling(settings);
    assert_eq!(step(&mut attendant, key('7')), [STOP, NEXT]);
    for c in "6484".chars() {
        assert_eq!(step(&mut attendant, key(c)), [NEXT]);
    }
    assert_eq!(step(&mut attendant, key('#')), [names("76484", NameOrder::LastFirst)]);
    attendant
}

#[test]
fn one_match_is_called_or_left_a_message() {
    let person = "@ person-menu";

    converse(
        asked(directory()),
        vec![
            (key('1'), vec![]),
            (found(vec![card("4001", true)], false), vec![play(person)]),
            (key('1'), vec![play("one-moment @")]),
            (IvrInput::PlayFinished, vec![transfer("4001")]),
        ],
    );
    converse(
        asked(directory()),
        vec![
            (found(vec![card("4001", true)], false), vec![play(person)]),
            (key('2'), vec![STOP, IvrOutput::HandOver(Successor::Mailbox { number: "4001".into() })]),
        ],
    );
    converse(
        asked(directory()),
        vec![
            (found(vec![card("4001", true)], false), vec![play(person)]),
            (key('*'), vec![play(LAST)]),
            (key('*'), vec![play("dial-extension for-directory press-pound")]),
        ],
    );
}

#[test]
fn one_match_is_called_at_once_where_nothing_else_is_offered() {
    let only =
        |calls, messages| AttendantSettings { people: PeopleOffered { calls, messages }, ..directory() };

    converse(
        asked(only(true, false)),
        vec![(found(vec![card("4001", false)], false), vec![play("one-moment at-extension =4001")])],
    );
    converse(
        asked(only(false, true)),
        vec![(
            found(vec![card("4001", false)], false),
            vec![IvrOutput::HandOver(Successor::Mailbox { number: "4001".into() })],
        )],
    );
}

#[test]
fn several_matches_are_read_out_and_chosen_by_key() {
    let people = vec![card("4001", true), card("4002", false), card("4003", true)];
    let list =
        "#3 for-person @ press =1 for-person at-extension =4002 press =2 for-person @ press =3 other-name";

    converse(
        asked(directory()),
        vec![
            (found(people.clone(), false), vec![play(list)]),
            (IvrInput::PlayFinished, vec![AWAIT]),
            (key('4'), vec![play(&format!("not-understood {list}"))]),
            (key('0'), vec![play(&format!("not-understood {list}"))]),
            (key('2'), vec![play("at-extension =4002 person-menu")]),
            (key('9'), vec![play("not-understood at-extension =4002 person-menu")]),
            (key('1'), vec![play("one-moment at-extension =4002")]),
            (IvrInput::PlayFinished, vec![transfer("4002")]),
        ],
    );
    converse(
        asked(directory()),
        vec![(found(people, false), vec![play(list)]), (key('*'), vec![play(LAST)])],
    );
}

#[test]
fn too_many_matches_are_narrowed_by_more_letters() {
    let list = "#2 for-person @ press =1 for-person @ press =2 too-many-names";

    converse(
        asked(directory()),
        vec![
            (found(vec![card("4001", true), card("4002", true)], true), vec![play(list)]),
            (key('*'), vec![play("more-letters")]),
            (key('8'), vec![STOP, NEXT]),
            (IvrInput::Waited, vec![names("764848", NameOrder::LastFirst)]),
            (found(vec![card("4002", true)], false), vec![play("@ person-menu")]),
        ],
    );
}

#[test]
fn no_match_asks_for_another_name_and_the_third_ends_the_call() {
    converse(
        asked(directory()),
        vec![
            (found(vec![], false), vec![play("no-such-name spell-last-first")]),
            (key('2'), vec![STOP, NEXT]),
            (IvrInput::Waited, vec![names("2", NameOrder::LastFirst)]),
            (found(vec![], false), vec![play("no-such-name spell-last-first")]),
            (key('2'), vec![STOP, NEXT]),
            (key('#'), vec![names("2", NameOrder::LastFirst)]),
            (found(vec![], false), vec![play("no-such-name goodbye")]),
            (IvrInput::PlayFinished, vec![IvrOutput::HangUp]),
        ],
    );
}

#[test]
fn pound_before_the_first_letter_turns_the_names_round() {
    converse(
        spelling(directory()),
        vec![
            (key('#'), vec![play("spell-first-last")]),
            (key('8'), vec![STOP, NEXT]),
            (key('#'), vec![names("8", NameOrder::FirstLast)]),
        ],
    );
    converse(
        spelling(directory()),
        vec![(key('#'), vec![play("spell-first-last")]), (key('#'), vec![play(LAST)])],
    );
}

#[test]
fn silence_and_wrong_keys_repeat_what_is_asked() {
    converse(
        spelling(directory()),
        vec![
            (IvrInput::PlayFinished, vec![AWAIT]),
            (IvrInput::Waited, vec![play(LAST)]),
            (key('A'), vec![play("not-understood spell-last-first")]),
            (IvrInput::PlayFinished, vec![AWAIT]),
            (IvrInput::Waited, vec![play("goodbye")]),
        ],
    );
}

#[test]
fn a_list_without_a_choice_is_repeated() {
    converse(
        asked(directory()),
        vec![
            (found(vec![card("4001", true)], false), vec![play("@ person-menu")]),
            (IvrInput::PlayFinished, vec![AWAIT]),
            (IvrInput::Waited, vec![play("@ person-menu")]),
        ],
    );
}

#[test]
fn a_store_that_fails_asks_for_the_name_again() {
    converse(
        asked(directory()),
        vec![(IvrInput::Answered(Answer::Failed), vec![play("not-now spell-last-first")])],
    );
}

#[test]
fn no_more_than_thirty_two_letters_are_asked_for() {
    let mut attendant = spelling(directory());
    step(&mut attendant, key('2'));
    for _ in 0..30 {
        assert_eq!(step(&mut attendant, key('2')), [NEXT]);
    }

    assert_eq!(step(&mut attendant, key('2')), [names(&"2".repeat(32), NameOrder::LastFirst)]);
    assert_eq!(directory::KEYS_AT_MOST, mailbox::SPELLED_LETTERS_AT_MOST);
}

#[test]
fn a_key_may_lead_to_the_names_too() {
    let with = AttendantSettings {
        people: PeopleOffered { calls: false, messages: true },
        ..with_keys(&[("1", "directory")])
    };

    converse(silent(with.clone()), vec![(key('1'), vec![play(LAST)])]);
    // Without it, pound means nothing.
    converse(silent(with), vec![(key('#'), vec![play("not-understood for-directory press =1")])]);
}
