//! Numbers that callers enter.
use super::*;

fn calls() -> AttendantSettings {
    AttendantSettings { people: PeopleOffered { calls: true, messages: true }, ..settings() }
}

#[test]
fn an_extension_is_looked_up_as_soon_as_it_is_whole() {
    converse(
        begun(calls()),
        vec![
            (key('4'), vec![STOP, NEXT]),
            (key('0'), vec![NEXT]),
            (key('0'), vec![NEXT]),
            (key('1'), vec![who_has("4001")]),
            (key('1'), vec![]),
            (holder(Some(card("4001", false))), vec![play("one-moment at-extension =4001")]),
            (IvrInput::PlayFinished, vec![transfer("4001")]),
        ],
    );
}

#[test]
fn a_recorded_name_is_heard_before_the_transfer() {
    let mut attendant = silent(calls());
    for c in "400".chars() {
        assert_eq!(step(&mut attendant, key(c)), [NEXT]);
    }

    assert_eq!(step(&mut attendant, key('1')), [who_has("4001")]);
    assert_eq!(step(&mut attendant, holder(Some(card("4001", true)))), [play("one-moment @")]);
}

#[test]
fn a_number_that_nobody_has_is_left_to_the_dialling_rules() {
    let mut attendant = silent(calls());
    for c in "499".chars() {
        step(&mut attendant, key(c));
    }

    assert_eq!(step(&mut attendant, key('9')), [who_has("4999")]);
    assert_eq!(step(&mut attendant, holder(None)), [transfer("4999")]);
    assert_eq!(
        step(&mut attendant, IvrInput::NotTransferred(TransferFailure::NotAllowed)),
        [play("unknown-number dial-extension")]
    );
}

#[test]
fn a_number_ends_with_pound_or_with_silence() {
    for end in [key('#'), IvrInput::Waited] {
        converse(
            silent(calls()),
            vec![(key('4'), vec![NEXT]), (key('0'), vec![NEXT]), (end, vec![who_has("40")])],
        );
    }
}

#[test]
fn a_key_with_a_meaning_waits_a_moment_for_more_digits() {
    let with = || AttendantSettings {
        people: PeopleOffered { calls: true, messages: true },
        ..with_keys(&[("4", "hours")])
    };

    converse(
        silent(with()),
        vec![
            (key('4'), vec![IvrOutput::Await(KEY_WAIT)]),
            (IvrInput::Waited, vec![play("always-open dial-extension for-hours press =4")]),
        ],
    );
    converse(
        silent(with()),
        vec![
            (key('4'), vec![IvrOutput::Await(KEY_WAIT)]),
            (key('0'), vec![NEXT]),
            (key('0'), vec![NEXT]),
            (key('1'), vec![who_has("4001")]),
        ],
    );
    // Where extensions have one digit, a key with a meaning is no extension.
    let short = AttendantSettings { extension_digits: 1, longest_number: 1, ..with() };
    converse(
        silent(short.clone()),
        vec![(key('4'), vec![play("always-open dial-extension for-hours press =4")])],
    );
    converse(silent(short), vec![(key('5'), vec![who_has("5")])]);
}

#[test]
fn a_single_digit_without_meaning_is_looked_up_like_any_number() {
    converse(silent(calls()), vec![(key('7'), vec![NEXT]), (IvrInput::Waited, vec![who_has("7")])]);
}

#[test]
fn star_takes_a_number_back() {
    converse(
        silent(calls()),
        vec![(key('4'), vec![NEXT]), (key('*'), vec![play("dial-extension")]), (key('4'), vec![STOP, NEXT])],
    );
}

#[test]
fn a_letter_key_in_a_number_is_a_mistake() {
    converse(
        silent(calls()),
        vec![(key('4'), vec![NEXT]), (key('A'), vec![play("not-understood dial-extension")])],
    );
}

#[test]
fn longer_numbers_are_entered_only_where_they_may_be_dialled_and_never_past_thirty_two_digits() {
    let mut attendant = silent(AttendantSettings { longest_number: 32, ..calls() });
    for _ in 0..31 {
        assert_eq!(step(&mut attendant, key('9')), [NEXT]);
    }

    assert_eq!(step(&mut attendant, key('9')), [who_has(&"9".repeat(32))]);
}

#[test]
fn a_store_that_fails_brings_the_caller_back_to_the_menu() {
    let mut attendant = silent(calls());
    for c in "4001".chars() {
        step(&mut attendant, key(c));
    }

    assert_eq!(step(&mut attendant, IvrInput::Answered(Answer::Failed)), [play("not-now dial-extension")]);
}
