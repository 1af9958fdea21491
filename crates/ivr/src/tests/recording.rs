//! From the greeting to the end of the recording.
use super::*;

#[test]
fn greeting_speaks_the_extension_digit_by_digit_and_ends_with_the_tone() {
    converse(
        CallAnswering::new(settings()),
        vec![(IvrInput::Begin, vec![play(GREETING)]), (IvrInput::PlayFinished, vec![RECORD])],
    );
}

#[test]
fn greeting_of_a_mailbox_with_a_recorded_name_speaks_it_instead() {
    let call = CallAnswering::new(CallAnsweringSettings {
        called: SpokenName::Recorded(super::name()),
        ..settings()
    });

    converse(call, vec![(IvrInput::Begin, vec![play("[name] not-available [tone]")])]);
}

#[test]
fn every_key_skips_the_greeting_to_the_tone_and_a_second_one_does_not_sound_it_again() {
    // `*` and `0` lead elsewhere.
    for c in "123456789#ABCD".chars() {
        converse(
            CallAnswering::new(settings()),
            vec![
                (IvrInput::Begin, vec![play(GREETING)]),
                (key(c), vec![play("[tone]")]),
                (key(c), vec![]),
                (IvrInput::PlayFinished, vec![RECORD]),
            ],
        );
    }
}

#[test]
fn caller_who_hangs_up_while_speaking_is_kept_up_to_the_last_word() {
    converse(
        recording(),
        vec![
            (IvrInput::PeerHungUp, vec![IvrOutput::StopRecording]),
            (ended(RecordingEnd::Stopped, 3000), vec![IvrOutput::Keep(PLAIN)]),
            (IvrInput::MessageStored, vec![IvrOutput::Finished]),
        ],
    );
}

#[test]
fn message_of_a_call_that_is_cut_off_is_kept_as_interrupted() {
    converse(
        recording(),
        vec![
            (IvrInput::CutOff, vec![IvrOutput::StopRecording]),
            (ended(RecordingEnd::Stopped, 3000), vec![IvrOutput::Keep(INTERRUPTED)]),
            (IvrInput::MessageStored, vec![IvrOutput::Finished]),
        ],
    );
}

#[test]
fn call_cut_off_after_the_caller_has_ended_the_recording_leaves_a_whole_message() {
    converse(
        recording(),
        vec![
            (key('#'), vec![IvrOutput::StopRecording]),
            (IvrInput::CutOff, vec![]),
            (ended(RecordingEnd::Stopped, 3000), vec![IvrOutput::Keep(PLAIN)]),
            (IvrInput::MessageStored, vec![IvrOutput::Finished]),
        ],
    );
}

#[test]
fn only_pound_ends_a_recording_and_a_second_one_is_passed_over() {
    let mut call = recording();
    for c in "0123456789*ABCD".chars() {
        assert_eq!(step(&mut call, key(c)), [], "{c}");
    }

    assert_eq!(step(&mut call, key('#')), [IvrOutput::StopRecording]);
    assert_eq!(step(&mut call, key('#')), []);
    assert_eq!(step(&mut call, ended(RecordingEnd::Stopped, 3000)), [play("review-menu")]);
}

#[test]
fn silence_leads_to_the_menu_and_the_maximum_is_told_before_it() {
    for (why, words) in [
        (RecordingEnd::Silence, "review-menu"),
        (RecordingEnd::Maximum, "recording-too-long review-menu"),
        (RecordingEnd::Stopped, "review-menu"),
    ] {
        converse(recording(), vec![(ended(why, 3000), vec![play(words)])]);
    }
}

#[test]
fn recording_that_the_disk_cut_short_is_kept_at_once_as_interrupted_and_the_caller_is_told() {
    converse(
        recording(),
        vec![
            (ended(RecordingEnd::Truncated, 3000), vec![IvrOutput::Keep(INTERRUPTED)]),
            (IvrInput::MessageStored, vec![play("recording-cut-off message-saved goodbye")]),
            (IvrInput::PlayFinished, vec![IvrOutput::HangUp]),
        ],
    );
}

#[test]
fn less_than_a_second_of_speech_is_discarded_as_a_missed_call() {
    let outcome = |why, speech_ms, gone: &[IvrInput]| {
        let mut call = recording();
        for input in gone {
            step(&mut call, input.clone());
        }
        step(&mut call, ended(why, speech_ms))
    };
    let hung_up = [IvrInput::PeerHungUp];

    assert_eq!(outcome(RecordingEnd::Silence, 999, &[]), [IvrOutput::Discard, play("goodbye")]);
    assert_eq!(
        outcome(RecordingEnd::Stopped, 999, &hung_up),
        [IvrOutput::Discard, IvrOutput::Missed, IvrOutput::Finished]
    );
    assert_eq!(outcome(RecordingEnd::Stopped, 1000, &hung_up), [IvrOutput::Keep(PLAIN)]);
}

#[test]
fn caller_who_says_nothing_hears_goodbye_and_the_call_counts_as_missed() {
    converse(
        recording(),
        vec![
            (ended(RecordingEnd::Silence, 0), vec![IvrOutput::Discard, play("goodbye")]),
            (key('1'), vec![]),
            (IvrInput::PlayFinished, vec![IvrOutput::Missed, IvrOutput::HangUp]),
        ],
    );
}

#[test]
fn caller_who_hangs_up_before_or_in_the_greeting_has_missed_the_person() {
    for inputs in [vec![], vec![IvrInput::Begin], vec![IvrInput::Begin, key('#')]] {
        for gone in [IvrInput::PeerHungUp, IvrInput::CutOff] {
            let mut call = CallAnswering::new(settings());
            for input in &inputs {
                step(&mut call, input.clone());
            }

            assert_eq!(step(&mut call, gone), [IvrOutput::Missed, IvrOutput::Finished], "{inputs:?}");
        }
    }
}

#[test]
fn without_room_the_caller_is_told_and_nothing_is_recorded() {
    converse(
        CallAnswering::new(CallAnsweringSettings { room: MessageRoom::None, ..settings() }),
        vec![
            (IvrInput::Begin, vec![play("no-message-now goodbye")]),
            (IvrInput::PlayFinished, vec![IvrOutput::Missed, IvrOutput::HangUp]),
        ],
    );
}

#[test]
fn caller_of_a_full_mailbox_is_told_and_nothing_is_recorded() {
    converse(
        CallAnswering::new(CallAnsweringSettings { room: MessageRoom::MailboxFull, ..settings() }),
        vec![
            (IvrInput::Begin, vec![play("mailbox-full goodbye")]),
            (IvrInput::PlayFinished, vec![IvrOutput::Missed, IvrOutput::HangUp]),
        ],
    );
}
