//! What each key does, and what nonsense and silence come to.
use super::*;

fn row(input: IvrInput, orders: Vec<IvrOutput>) -> (IvrInput, Vec<IvrOutput>) {
    (input, orders)
}

#[test]
fn each_action_leads_where_it_says() {
    // Key, and what is ordered until the caller is given away or the menu is heard again.
    let table: [(&str, Vec<IvrOutput>); 6] = [
        ("transfer:4001", vec![play("one-moment"), transfer("4001")]),
        ("attendant:sales", vec![STOP, IvrOutput::HandOver(Successor::Attendant("sales".into()))]),
        ("message:4002", vec![STOP, IvrOutput::HandOver(Successor::Mailbox { number: "4002".into() })]),
        ("operator", vec![play("one-moment"), transfer("4000")]),
        ("hours", vec![play("always-open for-hours press =1 for-operator press =0"), AWAIT]),
        ("location", vec![play("\"where\" for-location press =1 for-operator press =0"), AWAIT]),
    ];

    for (action, wanted) in table {
        let mut with = with_keys(&[("1", action)]);
        with.operator = Some("4000".into());
        with.location = Some("where".into());
        let mut attendant = begun(with);

        let mut orders = step(&mut attendant, key('1'));
        if orders.len() == 1 {
            orders.extend(step(&mut attendant, IvrInput::PlayFinished));
        }

        assert_eq!(orders, wanted, "{action}");
    }
}

#[test]
fn the_recording_of_a_key_is_heard_before_it_acts() {
    let mut with = with_keys(&[("1", "attendant:sales"), ("2", "announcement")]);
    for mapping in with.menu.keys.values_mut() {
        mapping.announcement = Some(Name::parse("wait").unwrap());
    }
    let menu = "for-menu press =1 for-information press =2";

    converse(
        begun(with),
        vec![
            row(key('2'), vec![play(&format!("\"wait\" {menu}"))]),
            row(key('1'), vec![play("\"wait\"")]),
            row(key('2'), vec![]),
            row(IvrInput::PlayFinished, vec![IvrOutput::HandOver(Successor::Attendant("sales".into()))]),
            row(IvrInput::NotHandedOver, vec![play(&format!("not-now {menu}"))]),
        ],
    );
}

#[test]
fn zero_reaches_the_operator_and_only_where_there_is_one() {
    let with = AttendantSettings { operator: Some("4000".into()), ..settings() };

    converse(
        silent(with),
        vec![row(key('0'), vec![play("one-moment")]), row(IvrInput::PlayFinished, vec![transfer("4000")])],
    );
    converse(silent(settings()), vec![row(key('0'), vec![play("not-understood")])]);
}

#[test]
fn a_transfer_that_fails_brings_the_caller_back_to_the_menu() {
    for (failure, words) in
        [(TransferFailure::NotAllowed, "unknown-number"), (TransferFailure::Failed, "no-answer")]
    {
        converse(
            begun(with_keys(&[("1", "transfer:4001")])),
            vec![
                row(key('1'), vec![play("one-moment")]),
                row(IvrInput::PlayFinished, vec![transfer("4001")]),
                row(
                    IvrInput::NotTransferred(failure),
                    vec![play(&format!("{words} for-extension =4001 press =1"))],
                ),
                row(IvrInput::PlayFinished, vec![AWAIT]),
            ],
        );
    }
}

#[test]
fn every_key_without_a_meaning_is_told_and_the_third_in_a_row_ends_the_call() {
    for wrong in "123456789#ABCD".chars() {
        converse(
            silent(settings()),
            vec![
                row(key(wrong), vec![play("not-understood")]),
                row(key(wrong), vec![play("not-understood")]),
                row(key(wrong), vec![play("not-understood goodbye")]),
                row(key(wrong), vec![]),
                row(IvrInput::PlayFinished, vec![IvrOutput::HangUp]),
                row(IvrInput::PlayFinished, vec![]),
            ],
        );
    }
}

#[test]
fn silence_repeats_the_menu_and_then_ends_the_call() {
    converse(
        silent(with_keys(&[("1", "hours")])),
        vec![
            row(IvrInput::Waited, vec![play("for-hours press =1")]),
            row(IvrInput::PlayFinished, vec![AWAIT]),
            row(IvrInput::Waited, vec![play("for-hours press =1")]),
            row(IvrInput::PlayFinished, vec![AWAIT]),
            row(IvrInput::Waited, vec![play("goodbye")]),
            row(IvrInput::PlayFinished, vec![IvrOutput::HangUp]),
        ],
    );
}

#[test]
fn a_good_key_in_between_forgives_the_wrong_ones() {
    let menu = "for-hours press =1";

    converse(
        silent(with_keys(&[("1", "hours")])),
        vec![
            row(key('9'), vec![play(&format!("not-understood {menu}"))]),
            row(key('9'), vec![play(&format!("not-understood {menu}"))]),
            row(key('1'), vec![play(&format!("always-open {menu}"))]),
            row(key('9'), vec![play(&format!("not-understood {menu}"))]),
        ],
    );
}

#[test]
fn a_menu_that_says_nothing_waits_for_a_key() {
    converse(
        silent(settings()),
        vec![row(IvrInput::Waited, vec![AWAIT]), row(IvrInput::Waited, vec![AWAIT])],
    );
    converse(begun(settings()), vec![row(key('*'), vec![STOP, AWAIT])]);
}

#[test]
fn star_says_the_menu_again() {
    converse(begun(with_keys(&[("1", "hours")])), vec![row(key('*'), vec![play("for-hours press =1")])]);
}

#[test]
fn who_cannot_cope_is_put_through_to_the_operator_once() {
    let with = AttendantSettings { operator: Some("4000".into()), input_failures: 1, ..settings() };

    converse(
        silent(with),
        vec![
            row(IvrInput::Waited, vec![play("one-moment")]),
            row(IvrInput::PlayFinished, vec![transfer("4000")]),
            row(IvrInput::NotTransferred(TransferFailure::Failed), vec![play("no-answer goodbye")]),
            row(IvrInput::PlayFinished, vec![IvrOutput::HangUp]),
        ],
    );
}

#[test]
fn silence_can_have_a_meaning_and_still_comes_to_an_end() {
    converse(
        silent(with_keys(&[("timeout", "transfer:4001")])),
        vec![
            row(IvrInput::Waited, vec![play("one-moment")]),
            row(IvrInput::PlayFinished, vec![transfer("4001")]),
            row(IvrInput::NotTransferred(TransferFailure::Failed), vec![play("no-answer")]),
            row(IvrInput::PlayFinished, vec![AWAIT]),
            row(IvrInput::Waited, vec![play("one-moment")]),
            row(IvrInput::PlayFinished, vec![transfer("4001")]),
            row(IvrInput::NotTransferred(TransferFailure::Failed), vec![play("no-answer goodbye")]),
        ],
    );
    // It is tried at least once, however few failures are put up with.
    let with = AttendantSettings { input_failures: 0, ..with_keys(&[("timeout", "transfer:4001")]) };
    converse(silent(with), vec![row(IvrInput::Waited, vec![play("one-moment")])]);
}

#[test]
fn an_operator_key_without_operator_is_told() {
    converse(
        silent(with_keys(&[("1", "operator")])),
        vec![row(key('1'), vec![play("no-operator for-operator press =1")])],
    );
}

#[test]
fn a_caller_who_goes_ends_the_conversation_wherever_it_is() {
    for presses in ["", "1", "12", "#", "#7", "#7#"] {
        let mut with = with_keys(&[("1", "transfer:4001")]);
        with.people.calls = true;
        with.name_order = Some(NameOrder::LastFirst);
        let mut attendant = begun(with);
        for c in presses.chars() {
            step(&mut attendant, key(c));
        }

        assert_eq!(step(&mut attendant, IvrInput::PeerHungUp), [IvrOutput::Finished], "{presses}");
        assert_eq!(step(&mut attendant, key('1')), [], "{presses}");
    }
}
