//! Digits that end with `#`, with as many as are needed, or with silence.
use std::collections::VecDeque;

use jiff::civil::Date;
use telephony::{Digit, Secret};

use super::{
    name_search::NameFor,
    pin_change::PinChoice,
    turn::{BETWEEN_KEYS, Heard, KEY_WAIT},
};
use crate::{
    conversation::IvrOutput,
    cue::Cue,
    patience::Patience,
    phrase::{Phrase, PromptKey},
};

/// Digits that are kept; a PIN of more is wrong in any case, and no number is longer.
pub(super) const DIGITS_AT_MOST: usize = 32;

/// What the digits are for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Wanted {
    /// The extension that logs on.
    Extension,
    Pin,
    NewPin(PinChoice),
    NewPinAgain(PinChoice),
    /// The extension that a message goes to.
    Recipient,
    /// The first day out of office.
    FirstDay,
    /// The last one.
    LastDay {
        from: Option<Date>,
    },
}

/// Digits that are being entered. Every copy of them is wiped.
#[derive(Debug)]
pub(super) struct DigitEntry {
    wanted: Wanted,
    digits: Secret<String>,
    /// With so many digits it is most likely whole, and no `#` need follow.
    full: Option<usize>,
    words: Vec<Phrase>,
    speaking: bool,
    pound: PoundAlone,
    patience: Patience,
}

/// What `#` means in place of digits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PoundAlone {
    /// Nothing.
    IsWrong,
    /// Nothing at all is an entry: from today, until further notice.
    IsAnEntry,
    /// As the first key it may still belong to what was entered before.
    MayBeLate,
    /// Somebody is to be found by name.
    AsksForName(NameFor),
}

/// What an entry is made of.
#[derive(Debug)]
pub(super) struct EntrySettings {
    pub(super) wanted: Wanted,
    pub(super) full: Option<usize>,
    pub(super) pound: PoundAlone,
    /// Said again and again.
    pub(super) words: Vec<Phrase>,
    pub(super) patience: Patience,
}

impl DigitEntry {
    /// Begins to speak.
    pub(super) fn open(
        settings: EntrySettings,
        opening: Vec<Phrase>,
        outputs: &mut VecDeque<IvrOutput>,
    ) -> Self {
        let mut entry = Self {
            wanted: settings.wanted,
            digits: Secret::new(String::new()),
            full: settings.full,
            words: settings.words,
            speaking: true,
            pound: settings.pound,
            patience: settings.patience,
        };
        entry.say(opening, outputs);
        entry
    }

    pub(super) fn hear(&mut self, cue: Cue, outputs: &mut VecDeque<IvrOutput>) -> Option<Heard> {
        match cue {
            Cue::Key(digit) => self.press(digit, outputs),
            Cue::Played => {
                if std::mem::replace(&mut self.speaking, false) {
                    outputs.push_back(IvrOutput::Await(KEY_WAIT));
                }
                None
            }
            Cue::Waited if self.speaking => None,
            Cue::Waited if self.digits.expose().is_empty() => self.fail(None, outputs),
            Cue::Waited => Some(self.entered()),
        }
    }

    fn press(&mut self, digit: Digit, outputs: &mut VecDeque<IvrOutput>) -> Option<Heard> {
        let pound = match self.pound {
            PoundAlone::MayBeLate => std::mem::replace(&mut self.pound, PoundAlone::IsWrong),
            pound => pound,
        };
        match (digit.as_char(), self.digits.expose().is_empty()) {
            ('#', true) => self.press_pound_alone(pound, outputs),
            ('#', false) => {
                self.fall_silent(outputs);
                Some(self.entered())
            }
            ('*', _) => {
                self.fall_silent(outputs);
                Some(Heard::Left(self.wanted))
            }
            (key, _) if key.is_ascii_digit() => {
                self.fall_silent(outputs);
                self.append(key);
                let whole = self.full.is_some_and(|full| self.digits.expose().len() >= full);
                outputs.push_back(IvrOutput::Await(if whole { BETWEEN_KEYS } else { KEY_WAIT }));
                None
            }
            _ => self.fail(Some(PromptKey::NOT_UNDERSTOOD), outputs),
        }
    }

    fn press_pound_alone(&mut self, pound: PoundAlone, outputs: &mut VecDeque<IvrOutput>) -> Option<Heard> {
        match pound {
            PoundAlone::MayBeLate => {
                self.say(Vec::new(), outputs);
                None
            }
            PoundAlone::IsWrong => self.fail(Some(PromptKey::NOT_UNDERSTOOD), outputs),
            PoundAlone::IsAnEntry => {
                self.fall_silent(outputs);
                Some(self.entered())
            }
            PoundAlone::AsksForName(purpose) => Some(Heard::NameWanted(purpose)),
        }
    }

    /// Into a new allocation of the right size: one that grows would leave a copy behind that nobody wipes.
    fn append(&mut self, key: char) {
        let before = self.digits.expose();
        if before.len() < DIGITS_AT_MOST {
            let mut digits = String::with_capacity(DIGITS_AT_MOST);
            digits.push_str(before);
            digits.push(key);
            self.digits = Secret::new(digits);
        }
    }

    fn entered(&mut self) -> Heard {
        Heard::Entered(self.wanted, std::mem::replace(&mut self.digits, Secret::new(String::new())))
    }

    fn fail(&mut self, words: Option<PromptKey>, outputs: &mut VecDeque<IvrOutput>) -> Option<Heard> {
        if self.patience.wears_out() {
            return Some(Heard::GaveUp);
        }
        self.say(words.into_iter().map(Phrase::Prompt).collect(), outputs);
        None
    }

    fn say(&mut self, mut opening: Vec<Phrase>, outputs: &mut VecDeque<IvrOutput>) {
        self.digits = Secret::new(String::new());
        self.speaking = true;
        opening.extend(self.words.iter().cloned());
        outputs.push_back(IvrOutput::Play(opening));
    }

    fn fall_silent(&mut self, outputs: &mut VecDeque<IvrOutput>) {
        if std::mem::replace(&mut self.speaking, false) {
            outputs.push_back(IvrOutput::StopPlaying);
        }
    }
}
