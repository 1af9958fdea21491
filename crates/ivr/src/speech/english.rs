//! American English.
use super::Piece;
use crate::phrase::{Phrase, spoken_digits};

pub(super) fn pieces(phrase: &Phrase) -> Vec<Piece> {
    match phrase {
        Phrase::Prompt(key) => vec![Piece::Prompt(*key)],
        Phrase::Name(name) => vec![Piece::Name(name.clone())],
        Phrase::Greeting(greeting) => vec![Piece::Greeting(*greeting)],
        Phrase::Announcement(name) => vec![Piece::Announcement(name.clone())],
        Phrase::RecordTone => vec![Piece::RecordTone],
        Phrase::Pause(time) => vec![Piece::Pause(*time)],
        Phrase::Digits(number) => spoken_digits(number).iter().flat_map(pieces).collect(),
        Phrase::Number(number) | Phrase::Count(number, _) => {
            spoken_digits(&number.to_string()).iter().flat_map(pieces).collect()
        }
        Phrase::Day { .. } | Phrase::TimeOfDay(..) | Phrase::Length(_) => Vec::new(),
    }
}
