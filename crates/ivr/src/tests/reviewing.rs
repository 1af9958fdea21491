//! The menu after the recording.
use super::*;

#[test]
fn one_and_star_send_and_saved_is_said_only_after_the_store_has_answered() {
    for c in ['1', '*'] {
        converse(
            reviewing(),
            vec![
                (key(c), vec![IvrOutput::StopPlaying, IvrOutput::Keep(PLAIN)]),
                (key('1'), vec![]),
                (IvrInput::MessageStored, vec![play(SAVED)]),
                (key('1'), vec![]),
                (IvrInput::PlayFinished, vec![IvrOutput::HangUp]),
            ],
        );
    }
}

#[test]
fn store_that_fails_is_told_as_not_saved() {
    converse(
        reviewing(),
        vec![
            (key('1'), vec![IvrOutput::StopPlaying, IvrOutput::Keep(PLAIN)]),
            (IvrInput::MessageNotStored, vec![play("message-not-saved goodbye")]),
            (IvrInput::PlayFinished, vec![IvrOutput::HangUp]),
        ],
    );
}

#[test]
fn two_plays_the_recording_and_the_menu_follows() {
    converse(
        reviewing(),
        vec![
            (key('2'), vec![LISTEN]),
            (IvrInput::PlayFinished, vec![play("review-menu")]),
            (IvrInput::PlayFinished, vec![AWAIT]),
            (key('2'), vec![LISTEN]),
        ],
    );
}

#[test]
fn keys_while_listening_are_choices_of_the_menu() {
    for (c, orders) in [
        ('1', vec![IvrOutput::StopPlaying, IvrOutput::Keep(PLAIN)]),
        ('2', vec![LISTEN]),
        ('3', vec![IvrOutput::Discard, play("record-after-tone [tone]")]),
        ('4', vec![play("marked-urgent review-menu")]),
        ('5', vec![play("marked-private review-menu")]),
        ('9', vec![play("not-understood review-menu")]),
    ] {
        converse(reviewing(), vec![(key('2'), vec![LISTEN]), (key(c), orders)]);
    }
}

#[test]
fn three_throws_the_recording_away_and_records_another() {
    converse(
        reviewing(),
        vec![
            (key('3'), vec![IvrOutput::Discard, play("record-after-tone [tone]")]),
            (IvrInput::PlayFinished, vec![RECORD]),
            (key('#'), vec![IvrOutput::StopRecording]),
            (ended(RecordingEnd::Stopped, 2000), vec![play("review-menu")]),
            (key('1'), vec![IvrOutput::StopPlaying, IvrOutput::Keep(PLAIN)]),
        ],
    );
}

#[test]
fn caller_who_records_again_and_says_nothing_leaves_no_message() {
    converse(
        reviewing(),
        vec![
            (key('3'), vec![IvrOutput::Discard, play("record-after-tone [tone]")]),
            (IvrInput::PeerHungUp, vec![IvrOutput::Missed, IvrOutput::Finished]),
        ],
    );
}

#[test]
fn four_marks_urgent_and_four_again_takes_it_back() {
    converse(
        reviewing(),
        vec![
            (key('4'), vec![play("marked-urgent review-menu")]),
            (key('4'), vec![play("urgent-removed review-menu")]),
            (key('4'), vec![play("marked-urgent review-menu")]),
            (IvrInput::PlayFinished, vec![AWAIT]),
            (key('1'), vec![IvrOutput::Keep(URGENT)]),
        ],
    );
}

#[test]
fn five_marks_private_and_five_again_takes_it_back() {
    converse(
        reviewing(),
        vec![
            (key('5'), vec![play("marked-private review-menu")]),
            (key('5'), vec![play("private-removed review-menu")]),
            (key('5'), vec![play("marked-private review-menu")]),
            (IvrInput::PlayFinished, vec![AWAIT]),
            (key('1'), vec![IvrOutput::Keep(PRIVATE)]),
        ],
    );
}

#[test]
fn urgent_and_private_are_marked_and_taken_back_each_for_itself() {
    let both = MessageOrder { marks: Marks { urgent: true, private: true }, ..PLAIN };
    for (keys, kept) in [("45", both), ("54", both), ("454", PRIVATE), ("455", URGENT), ("4545", PLAIN)] {
        let mut call = reviewing();
        for c in keys.chars() {
            step(&mut call, key(c));
        }

        assert_eq!(step(&mut call, IvrInput::PeerHungUp), [IvrOutput::Keep(kept)], "{keys}");
    }
}

#[test]
fn message_recorded_again_stays_private() {
    converse(
        reviewing(),
        vec![
            (key('5'), vec![play("marked-private review-menu")]),
            (key('3'), vec![IvrOutput::Discard, play("record-after-tone [tone]")]),
            (IvrInput::PlayFinished, vec![RECORD]),
            (key('#'), vec![IvrOutput::StopRecording]),
            (ended(RecordingEnd::Stopped, 3000), vec![play("review-menu")]),
            (key('5'), vec![play("private-removed review-menu")]),
            (key('1'), vec![IvrOutput::StopPlaying, IvrOutput::Keep(PLAIN)]),
        ],
    );
}

#[test]
fn message_recorded_again_stays_urgent() {
    converse(
        reviewing(),
        vec![
            (key('4'), vec![play("marked-urgent review-menu")]),
            (key('3'), vec![IvrOutput::Discard, play("record-after-tone [tone]")]),
            (IvrInput::PlayFinished, vec![RECORD]),
            (IvrInput::PeerHungUp, vec![IvrOutput::StopRecording]),
            (ended(RecordingEnd::Stopped, 3000), vec![IvrOutput::Keep(URGENT)]),
        ],
    );
}

#[test]
fn menu_is_repeated_without_a_key_until_the_plans_failures_and_then_the_message_is_kept() {
    converse(
        reviewing(),
        vec![
            (IvrInput::PlayFinished, vec![AWAIT]),
            (IvrInput::Waited, vec![play("review-menu")]),
            (IvrInput::PlayFinished, vec![AWAIT]),
            (IvrInput::Waited, vec![play("review-menu")]),
            (IvrInput::PlayFinished, vec![AWAIT]),
            (IvrInput::Waited, vec![IvrOutput::Keep(PLAIN)]),
            (IvrInput::MessageStored, vec![play(SAVED)]),
            (IvrInput::PlayFinished, vec![IvrOutput::HangUp]),
        ],
    );
}

#[test]
fn wrong_keys_are_told_until_the_plans_failures_and_then_the_message_is_kept() {
    for c in "06789#ABCD".chars() {
        converse(
            reviewing(),
            vec![
                (key(c), vec![play("not-understood review-menu")]),
                (key(c), vec![play("not-understood review-menu")]),
                (key(c), vec![IvrOutput::StopPlaying, IvrOutput::Keep(PLAIN)]),
            ],
        );
    }
}

#[test]
fn key_that_means_something_forgives_the_failures_before_it() {
    converse(
        reviewing(),
        vec![
            (key('9'), vec![play("not-understood review-menu")]),
            (key('9'), vec![play("not-understood review-menu")]),
            (key('4'), vec![play("marked-urgent review-menu")]),
            (key('9'), vec![play("not-understood review-menu")]),
        ],
    );
}

#[test]
fn plan_that_allows_one_failure_keeps_at_the_first() {
    let mut call = CallAnswering::new(CallAnsweringSettings { input_failures: 1, ..settings() });
    step(&mut call, IvrInput::Begin);
    step(&mut call, IvrInput::PlayFinished);
    step(&mut call, ended(RecordingEnd::Silence, 3000));

    assert_eq!(step(&mut call, key('9')), [IvrOutput::StopPlaying, IvrOutput::Keep(PLAIN)]);
}

#[test]
fn waiting_that_crossed_a_key_means_nothing() {
    converse(
        reviewing(),
        vec![(IvrInput::PlayFinished, vec![AWAIT]), (key('2'), vec![LISTEN]), (IvrInput::Waited, vec![])],
    );
}

#[test]
fn caller_who_goes_anywhere_in_the_menu_leaves_the_whole_message() {
    let ways = [vec![], vec![IvrInput::PlayFinished], vec![key('2')], vec![key('9')]];
    for way in ways {
        for gone in [IvrInput::PeerHungUp, IvrInput::CutOff] {
            let mut call = reviewing();
            for input in &way {
                step(&mut call, input.clone());
            }

            assert_eq!(step(&mut call, gone), [IvrOutput::Keep(PLAIN)], "{way:?}");
            assert_eq!(step(&mut call, IvrInput::MessageStored), [IvrOutput::Finished], "{way:?}");
        }
    }
}

#[test]
fn caller_who_goes_while_the_message_is_being_kept_hears_nothing_more() {
    converse(
        reviewing(),
        vec![
            (key('1'), vec![IvrOutput::StopPlaying, IvrOutput::Keep(PLAIN)]),
            (IvrInput::PeerHungUp, vec![]),
            (IvrInput::MessageNotStored, vec![IvrOutput::Finished]),
        ],
    );
}
