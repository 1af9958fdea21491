//! From keys to orders: `1` may be the whole of one order and the beginning of another, `11`.
use telephony::Digit;

use super::layout::{Action, Row};

/// The keys that were pressed and do not mean anything whole yet.
#[derive(Debug, Default)]
pub(super) struct KeyReader {
    pressed: Vec<Digit>,
    /// The further options have been told; they end with the next silence.
    more_told: bool,
}

/// What a key, or the silence after it, makes of those before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reading {
    /// An order.
    Chosen(Action),
    /// An order that was whole without the last key, which begins another.
    ChosenBefore(Action, Digit),
    /// Wait for the next key.
    Unfinished,
    /// No order begins like this.
    Wrong,
    /// No key is open.
    Nothing,
}

impl KeyReader {
    /// One more key.
    pub(super) fn press(&mut self, digit: Digit, rows: &[Row]) -> Reading {
        self.more_told = false;
        let before = self.whole(rows);
        self.pressed.push(digit);
        let whole = self.whole(rows);
        let longer = rows.iter().any(|row| row.keys.len() > self.pressed.len() && self.begins(row));
        match (whole, longer, before) {
            (_, true, _) => Reading::Unfinished,
            (Some(action), false, _) => {
                self.pressed.clear();
                Reading::Chosen(action)
            }
            // What follows "more options" can only belong to them.
            (None, false, None | Some(Action::More)) => {
                self.pressed.clear();
                Reading::Wrong
            }
            (None, false, Some(action)) => {
                self.pressed.clear();
                Reading::ChosenBefore(action, digit)
            }
        }
    }

    /// No further key came.
    pub(super) fn waited(&mut self, rows: &[Row]) -> Reading {
        if self.pressed.is_empty() || std::mem::take(&mut self.more_told) {
            self.pressed.clear();
            return Reading::Nothing;
        }
        match self.whole(rows) {
            // Its keys stay: the next ones complete them.
            Some(Action::More) => {
                self.more_told = true;
                Reading::Chosen(Action::More)
            }
            Some(action) => {
                self.pressed.clear();
                Reading::Chosen(action)
            }
            None => {
                self.pressed.clear();
                Reading::Wrong
            }
        }
    }

    /// A key waits for the next one.
    pub(super) fn is_open(&self) -> bool {
        !self.pressed.is_empty() && !self.more_told
    }

    /// The keys so far.
    pub(super) fn prefix(&self) -> String {
        self.pressed.iter().map(|digit| digit.as_char()).collect()
    }

    fn whole(&self, rows: &[Row]) -> Option<Action> {
        let row = rows.iter().find(|row| row.keys.len() == self.pressed.len() && self.begins(row))?;
        Some(row.action)
    }

    fn begins(&self, row: &Row) -> bool {
        row.keys.chars().zip(&self.pressed).all(|(key, digit)| key == digit.as_char())
    }
}
