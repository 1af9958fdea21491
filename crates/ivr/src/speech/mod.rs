//! From phrases to prompts: numbers, dates, times and plurals by the grammar of each language.
//!
//! The one rule: a conversation says *what* is heard, [`speak`] says in which pieces.
mod english;
mod french;
mod grammar;
mod language;
mod mandarin;
mod numbered;
mod spanish;

pub use language::{Language, UnknownLanguage};
pub(crate) use numbered::DIGITS;

use std::time::Duration;

use mailbox::{RecordedGreeting, RecordedName};

use crate::phrase::{Phrase, PromptKey};

/// Larger numbers are spoken digit by digit.
const LARGEST_NUMBER: u32 = 999_999;

/// One piece of what is heard.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Piece {
    /// A prompt of the language.
    Prompt(PromptKey),
    /// A recorded name.
    Name(RecordedName),
    /// A recorded greeting, from its file.
    Greeting(RecordedGreeting),
    /// A recording of the administrator's own, by its name.
    Announcement(String),
    /// The tone after which the caller speaks.
    RecordTone,
    /// Nothing, for as long.
    Pause(Duration),
}

/// The pieces of these phrases in this language, in order.
pub fn speak(phrases: &[Phrase], language: Language) -> Vec<Piece> {
    let mut said = Vec::new();
    let mut before: Option<&Phrase> = None;
    for phrase in phrases {
        if let (Some(Phrase::Day { .. }), Phrase::TimeOfDay(..)) = (before, phrase) {
            said.extend(language.grammar().between_day_and_time().map(Piece::Prompt));
        }
        said.extend(pieces(phrase, language));
        before = Some(phrase);
    }
    said
}

fn pieces(phrase: &Phrase, language: Language) -> Vec<Piece> {
    let grammar = language.grammar();
    let keys = match phrase {
        Phrase::Prompt(key) => return vec![Piece::Prompt(*key)],
        Phrase::Name(name) => return vec![Piece::Name(name.clone())],
        Phrase::Greeting(greeting) => return vec![Piece::Greeting(*greeting)],
        Phrase::Announcement(name) => return vec![Piece::Announcement(name.clone())],
        Phrase::RecordTone => return vec![Piece::RecordTone],
        Phrase::Pause(time) => return vec![Piece::Pause(*time)],
        Phrase::Digits(number) => grammar.digits(number),
        Phrase::Number(number) | Phrase::Count(number, _) if *number > LARGEST_NUMBER => {
            grammar.digits(&number.to_string())
        }
        Phrase::Number(number) => grammar.number(*number),
        Phrase::Count(number, what) => grammar.count(*number, *what),
        Phrase::Day { date, today } => grammar.day(*date, *today),
        Phrase::TimeOfDay(time, clock) => grammar.time_of_day(*time, *clock),
        Phrase::Length(length) => grammar.length(rounded_seconds(*length)),
    };
    keys.into_iter().map(Piece::Prompt).collect()
}

/// At most as many as can be spoken.
fn rounded_seconds(length: Duration) -> u32 {
    let seconds = length.saturating_add(Duration::from_millis(500)).as_secs();
    u32::try_from(seconds).unwrap_or(LARGEST_NUMBER).min(LARGEST_NUMBER)
}

#[cfg(test)]
mod tests;
