//! One menu: its words, its keys, and the patience with those who press others.
use std::{collections::VecDeque, time::Duration};

use telephony::Digit;

use super::{
    key_reader::{KeyReader, Reading},
    layout::{Action, Row, more_words},
    turn::{BETWEEN_KEYS, Heard, KEY_WAIT},
};
use crate::{
    conversation::IvrOutput,
    cue::Cue,
    patience::Patience,
    phrase::{Phrase, PromptKey},
};

/// A menu that is being spoken or waits for a key.
#[derive(Debug)]
pub(super) struct Menu {
    rows: Vec<Row>,
    words: Vec<Phrase>,
    help: Vec<Phrase>,
    sound: Sound,
    reader: KeyReader,
    /// With wrong keys and silences.
    patience: Patience,
}

/// What a menu is made of.
#[derive(Debug)]
pub(super) struct MenuSettings {
    pub(super) rows: Vec<Row>,
    /// Said again and again.
    pub(super) words: Vec<Phrase>,
    /// Said before them to those who ask for them again.
    pub(super) help: Vec<Phrase>,
    pub(super) patience: Patience,
}

/// What is heard once, before the words of the menu.
#[derive(Debug)]
pub(super) enum Opening {
    Words(Vec<Phrase>),
    /// What was recorded last.
    Recording(Duration),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Sound {
    /// Something else; the words follow.
    Opening,
    Words,
    /// A key is awaited.
    Nothing,
}

impl Menu {
    /// Begins to speak.
    pub(super) fn open(settings: MenuSettings, opening: Opening, outputs: &mut VecDeque<IvrOutput>) -> Self {
        let mut menu = Self {
            rows: settings.rows,
            words: settings.words,
            help: settings.help,
            sound: Sound::Opening,
            reader: KeyReader::default(),
            patience: settings.patience,
        };
        match opening {
            Opening::Words(words) => menu.say(words, outputs),
            Opening::Recording(length) => outputs.push_back(IvrOutput::PlayRecording { length }),
        }
        menu
    }

    /// Begins with the further options, to which these keys led.
    pub(super) fn open_more(
        settings: MenuSettings,
        reader: KeyReader,
        outputs: &mut VecDeque<IvrOutput>,
    ) -> Self {
        let mut menu = Self {
            rows: settings.rows,
            words: settings.words,
            help: settings.help,
            sound: Sound::Nothing,
            reader,
            patience: settings.patience,
        };
        menu.say_more(outputs);
        menu
    }

    pub(super) fn hear(&mut self, cue: Cue, outputs: &mut VecDeque<IvrOutput>) -> Option<Heard> {
        match (cue, self.sound) {
            (Cue::Key(digit), _) => {
                let reading = self.reader.press(digit, &self.rows);
                self.read(reading, outputs)
            }
            (Cue::Played, Sound::Opening) => {
                self.say(Vec::new(), outputs);
                None
            }
            (Cue::Played, Sound::Words) => {
                self.sound = Sound::Nothing;
                outputs.push_back(IvrOutput::Await(KEY_WAIT));
                None
            }
            (Cue::Waited, Sound::Nothing) => {
                let reading = self.reader.waited(&self.rows);
                self.read(reading, outputs)
            }
            (Cue::Played, Sound::Nothing) | (Cue::Waited, Sound::Opening | Sound::Words) => None,
        }
    }

    pub(super) fn is_sounding(&self) -> bool {
        self.sound != Sound::Nothing
    }

    fn read(&mut self, reading: Reading, outputs: &mut VecDeque<IvrOutput>) -> Option<Heard> {
        match reading {
            Reading::Chosen(action) => self.choose(action, None, outputs),
            Reading::ChosenBefore(action, digit) => self.choose(action, Some(digit), outputs),
            Reading::Unfinished => {
                if std::mem::replace(&mut self.sound, Sound::Nothing) != Sound::Nothing {
                    outputs.push_back(IvrOutput::StopPlaying);
                }
                outputs.push_back(IvrOutput::Await(BETWEEN_KEYS));
                None
            }
            Reading::Wrong => self.fail(Some(PromptKey::NOT_UNDERSTOOD), outputs),
            Reading::Nothing => self.fail(None, outputs),
        }
    }

    fn choose(
        &mut self,
        action: Action,
        behind: Option<Digit>,
        outputs: &mut VecDeque<IvrOutput>,
    ) -> Option<Heard> {
        match (action, behind) {
            (Action::Repeat, None) => {
                self.patience.renew();
                self.say(self.help.clone(), outputs);
                None
            }
            (Action::Repeat, Some(digit)) => {
                self.patience.renew();
                self.hear(Cue::Key(digit), outputs)
            }
            (Action::More, _) => {
                self.patience.renew();
                self.say_more(outputs);
                None
            }
            (action, behind) => Some(Heard::Chosen(action, behind)),
        }
    }

    fn fail(&mut self, words: Option<PromptKey>, outputs: &mut VecDeque<IvrOutput>) -> Option<Heard> {
        if self.patience.wears_out() {
            return Some(Heard::GaveUp);
        }
        self.say(words.into_iter().map(Phrase::Prompt).collect(), outputs);
        None
    }

    fn say(&mut self, mut opening: Vec<Phrase>, outputs: &mut VecDeque<IvrOutput>) {
        self.sound = Sound::Words;
        opening.extend(self.words.iter().cloned());
        outputs.push_back(IvrOutput::Play(opening));
    }

    fn say_more(&mut self, outputs: &mut VecDeque<IvrOutput>) {
        self.sound = Sound::Words;
        outputs.push_back(IvrOutput::Play(more_words(&self.rows, &self.reader.prefix())));
    }
}
