//! Whole conversations on values.
mod any_order;
mod leaving;
mod recording;
mod reviewing;

use std::time::Duration;

use mailbox::{RecordedName, RecordingPurpose};
use telephony::{AudioCodec, Digit};

use crate::{
    CallAnswering, CallAnsweringSettings, IvrInput, IvrOutput, Marks, MessageOrder, MessageRoom, Phrase,
    PromptKey, REVIEW_WAIT, RecordOrder, RecordingEnd, SpokenName, TransferFailure,
};

const LENGTH: Duration = Duration::from_secs(4);
const RECORD: IvrOutput = IvrOutput::Record(RecordOrder {
    silence: Duration::from_secs(5),
    maximum: Duration::from_secs(60),
    purpose: RecordingPurpose::Message,
});
const LISTEN: IvrOutput = IvrOutput::PlayRecording { length: LENGTH };
const AWAIT: IvrOutput = IvrOutput::Await(REVIEW_WAIT);

fn settings() -> CallAnsweringSettings {
    CallAnsweringSettings {
        called: SpokenName::Extension("41".into()),
        greeting: None,
        plan_greeting: None,
        extension: "41".into(),
        operator: Some("0500".into()),
        silence: Duration::from_secs(5),
        maximum: Duration::from_secs(60),
        input_failures: 3,
        room: MessageRoom::Some,
    }
}

fn key(c: char) -> IvrInput {
    IvrInput::Digit(Digit::from_char(c).unwrap())
}

fn ended(why: RecordingEnd, speech_ms: u64) -> IvrInput {
    IvrInput::RecordFinished { why, length: LENGTH, speech: Duration::from_millis(speech_ms) }
}

fn name() -> RecordedName {
    RecordedName::new(AudioCodec::Pcmu, vec![0x55; 800]).unwrap()
}

/// What plays: keys as the catalogue writes them, `[tone]` and `[name]`.
fn play(words: &str) -> IvrOutput {
    let phrase = |word: &str| match word {
        "[tone]" => Phrase::RecordTone,
        "[name]" => Phrase::Name(name()),
        word => Phrase::Prompt(PromptKey::all().into_iter().find(|key| key.as_str() == word).unwrap()),
    };
    IvrOutput::Play(words.split(' ').map(phrase).collect())
}

const UNMARKED: Marks = Marks { urgent: false, private: false };
const PLAIN: MessageOrder = MessageOrder { length: LENGTH, marks: UNMARKED, interrupted: false };
const URGENT: MessageOrder = MessageOrder { marks: Marks { urgent: true, ..UNMARKED }, ..PLAIN };
const PRIVATE: MessageOrder = MessageOrder { marks: Marks { private: true, ..UNMARKED }, ..PLAIN };
const INTERRUPTED: MessageOrder = MessageOrder { interrupted: true, ..PLAIN };

const GREETING: &str = "person-at-extension digit-4 digit-1 not-available [tone]";
const SAVED: &str = "message-saved goodbye";

fn step(call: &mut CallAnswering, input: IvrInput) -> Vec<IvrOutput> {
    call.handle_input(input);
    std::iter::from_fn(|| call.poll_output()).collect()
}

/// Tells one row after the other, and compares what each orders.
fn converse(mut call: CallAnswering, rows: Vec<(IvrInput, Vec<IvrOutput>)>) {
    for (number, (input, orders)) in rows.into_iter().enumerate() {
        let told = format!("row {number}: {input:?}");
        assert_eq!(step(&mut call, input), orders, "{told}");
    }
}

/// A caller who hears the tone.
fn recording() -> CallAnswering {
    let mut call = CallAnswering::new(settings());
    step(&mut call, IvrInput::Begin);
    assert_eq!(step(&mut call, IvrInput::PlayFinished), [RECORD]);
    call
}

/// A caller who has pressed `#` after their message and hears the menu.
fn reviewing() -> CallAnswering {
    let mut call = recording();
    assert_eq!(step(&mut call, key('#')), [IvrOutput::StopRecording]);
    assert_eq!(step(&mut call, ended(RecordingEnd::Stopped, 3000)), [play("review-menu")]);
    call
}
