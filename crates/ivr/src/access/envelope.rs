//! What is said about a message.
use jiff::{civil::Date, tz::TimeZone};
use mailbox::{Clock, MailboxCard, MessageState, MessageSummary};

use super::prompts as say;
use crate::phrase::{Phrase, PromptKey};

/// What is said before a message: what it is and from whom.
pub(super) fn head(message: &MessageSummary) -> Vec<Phrase> {
    let state = match message.state {
        MessageState::New => say::NEW_MESSAGE,
        MessageState::Saved => say::SAVED_MESSAGE,
        MessageState::Deleted => say::DELETED_MESSAGE,
    };
    let marks = marks(message);
    let words = [state].into_iter().chain(marks).map(Phrase::Prompt);
    words.chain(sender(message)).collect()
}

/// The whole envelope: who, when, how long, urgent, private.
pub(super) fn envelope(message: &MessageSummary, at: &PlaceAndTime) -> Vec<Phrase> {
    let received = message.received.to_zoned(at.time_zone.clone());
    let mut words: Vec<Phrase> = marks(message).map(Phrase::Prompt).collect();
    words.extend(sender(message));
    words.extend([
        Phrase::Prompt(say::RECEIVED),
        Phrase::Day { date: received.date(), today: at.today },
        Phrase::TimeOfDay(received.time(), at.clock),
        Phrase::Prompt(say::LENGTH),
        Phrase::Length(message.length),
    ]);
    words
}

/// Where the listener is, and how they read clocks.
#[derive(Clone, Debug)]
pub(super) struct PlaceAndTime {
    pub(super) time_zone: TimeZone,
    pub(super) today: Date,
    pub(super) clock: Clock,
}

/// Somebody of the plan: by name, or by extension.
pub(super) fn person(card: &MailboxCard) -> Vec<Phrase> {
    match &card.recorded_name {
        Some(name) => vec![Phrase::Name(name.clone())],
        None => vec![Phrase::Prompt(say::EXTENSION), Phrase::Digits(card.extension.to_string())],
    }
}

fn marks(message: &MessageSummary) -> impl Iterator<Item = PromptKey> + use<> {
    let urgent = message.urgent.then_some(say::URGENT);
    urgent.into_iter().chain(message.private.then_some(say::PRIVATE))
}

fn sender(message: &MessageSummary) -> Vec<Phrase> {
    let mut words = vec![Phrase::Prompt(say::FROM)];
    match (&message.sender, &message.caller) {
        (Some(card), _) => words.extend(person(card)),
        (None, Some(number)) => words.push(Phrase::Digits(number.clone())),
        (None, None) => words.push(Phrase::Prompt(say::UNKNOWN_NUMBER)),
    }
    words
}
