//! Whose turn it is: what the conversation waits for, and what came of it. The machine in `mod.rs` decides what
//! follows; here is how keys, silence and the ends of what plays become one answer.
use std::{collections::VecDeque, time::Duration};

use mailbox::MessageState;
use telephony::{Digit, Secret};

use super::{
    digit_entry::{DigitEntry, Wanted},
    layout::Action,
    listening::Listening,
    menu::Menu,
    name_search::{NameFor, NameFound, NameSearch},
    pin_change::PinChoice,
    recorder::Recorder,
};
use crate::{
    conversation::{IvrInput, IvrOutput, RecordingEnd, TransferFailure},
    cue::Cue,
    question::Answer,
};

/// How long a menu waits for a key, and an entry for its next digit.
pub(super) const KEY_WAIT: Duration = Duration::from_secs(5);

/// How long a key waits for the one that would make another order of it.
pub(super) const BETWEEN_KEYS: Duration = Duration::from_secs(1);

/// What the conversation waits for.
#[derive(Debug)]
pub(super) enum Turn {
    /// The call to begin.
    Waiting,
    /// The words before the log-on to be heard, which no key cuts short.
    Welcome,
    /// A key of a menu.
    Menu(Menu),
    /// Digits.
    Entry(DigitEntry),
    /// A name to be found.
    NameSearch(NameSearch),
    /// A message to be heard, or a key meanwhile.
    Listening(Listening),
    /// The subscriber to have spoken.
    Recorder(Recorder),
    /// The store.
    Asking(Asked),
    /// The one to whom the caller is transferred.
    Transferring,
    /// The last words to be heard.
    Farewell,
    /// Nothing.
    Done,
}

/// What the store was asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Asked {
    LogOn,
    /// The messages, before the main menu.
    Messages,
    /// A message to be in this state.
    Mark(MessageState, AfterMark),
    Recipient,
    Send,
    Greeting,
    Pin(PinChoice),
    Option(mailbox::OptionChange),
}

/// What follows when a message is marked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum AfterMark {
    /// It was heard to its end: its menu.
    Heard,
    /// The subscriber asked for it: they are told.
    Told,
    /// Another message.
    Next(Which),
}

/// Which of the following messages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Which {
    Any,
    New,
}

/// What came of a turn.
#[derive(Debug)]
pub(super) enum Heard {
    /// An order, and the key that was pressed behind it.
    Chosen(Action, Option<Digit>),
    /// Digits.
    Entered(Wanted, Secret<String>),
    /// `*` in place of digits.
    Left(Wanted),
    /// `#` in place of digits, where somebody may be found by name.
    NameWanted(NameFor),
    /// `*` in place of a name.
    NameLeft(NameFor),
    /// Somebody was found by name.
    NameFound(NameFound),
    /// Too many wrong keys or silences, one after the other.
    GaveUp,
    /// The message was heard to its end.
    PlayedOut,
    /// `*` before the tone.
    NotRecorded,
    /// The recording has ended.
    Recorded { why: RecordingEnd, length: Duration, speech: Duration },
    /// The store has answered.
    Answered(Asked, Answer),
    /// The caller is still here.
    NotTransferred(TransferFailure),
    /// The words before the log-on were heard.
    WelcomeSaid,
    /// The last words were heard.
    FarewellSaid,
}

impl Turn {
    /// One input. Whatever means nothing now passes without effect.
    pub(super) fn hear(&mut self, input: &IvrInput, outputs: &mut VecDeque<IvrOutput>) -> Option<Heard> {
        match (self, input) {
            (Self::Menu(menu), input) => menu.hear(Cue::of(input)?, outputs),
            (Self::Entry(entry), input) => entry.hear(Cue::of(input)?, outputs),
            (Self::NameSearch(search), input) => search.hear(input, outputs),
            (Self::Listening(listening), input) => listening.hear(Cue::of(input)?, outputs),
            (Self::Recorder(recorder), IvrInput::RecordFinished { why, length, speech }) => {
                let ended = Heard::Recorded { why: *why, length: *length, speech: *speech };
                recorder.is_recording().then_some(ended)
            }
            (Self::Recorder(recorder), input) => recorder.hear(Cue::of(input)?, outputs),
            (Self::Asking(asked), IvrInput::Answered(answer)) => {
                Some(Heard::Answered(asked.clone(), answer.clone()))
            }
            (Self::Transferring, IvrInput::NotTransferred(why)) => Some(Heard::NotTransferred(*why)),
            (Self::Welcome, IvrInput::PlayFinished) => Some(Heard::WelcomeSaid),
            (Self::Transferring, IvrInput::NotHandedOver) => {
                Some(Heard::NotTransferred(TransferFailure::Failed))
            }
            (Self::Farewell, IvrInput::PlayFinished) => Some(Heard::FarewellSaid),
            (
                Self::Waiting
                | Self::Welcome
                | Self::Asking(_)
                | Self::Transferring
                | Self::Farewell
                | Self::Done,
                IvrInput::Begin
                | IvrInput::Digit(_)
                | IvrInput::PlayFinished
                | IvrInput::Waited
                | IvrInput::RecordFinished { .. }
                | IvrInput::MessageStored
                | IvrInput::MessageNotStored
                | IvrInput::Answered(_)
                | IvrInput::NotTransferred(_)
                | IvrInput::NotHandedOver
                | IvrInput::PeerHungUp
                | IvrInput::CutOff,
            ) => None,
        }
    }

    /// Something plays that the next order to play need not follow.
    pub(super) fn is_sounding(&self) -> bool {
        match self {
            Self::Menu(menu) => menu.is_sounding(),
            Self::Listening(listening) => listening.is_sounding(),
            Self::NameSearch(search) => search.is_sounding(),
            // They fall silent with the first key.
            Self::Entry(_)
            | Self::Recorder(_)
            | Self::Waiting
            | Self::Welcome
            | Self::Asking(_)
            | Self::Transferring
            | Self::Farewell
            | Self::Done => false,
        }
    }

    /// Keys that come now belong to the turn after this one.
    pub(super) fn keeps_keys(&self) -> bool {
        match self {
            Self::Asking(_) => true,
            Self::NameSearch(search) => search.is_asking(),
            Self::Waiting
            | Self::Welcome
            | Self::Transferring
            | Self::Menu(_)
            | Self::Entry(_)
            | Self::Listening(_)
            | Self::Recorder(_)
            | Self::Farewell
            | Self::Done => false,
        }
    }
}
