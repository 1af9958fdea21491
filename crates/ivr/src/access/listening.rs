//! A message is heard: first its head, then its audio, with the keys that wind it.
use std::{collections::VecDeque, time::Duration};

use mailbox::MessageId;

use super::{
    key_reader::{KeyReader, Reading},
    layout::{Action, Playback, Row},
    turn::{BETWEEN_KEYS, Heard},
};
use crate::{
    conversation::{IvrOutput, Pause, Skip},
    cue::Cue,
    phrase::Phrase,
};

/// How far one key winds.
const WIND: Duration = Duration::from_secs(5);

/// How long a message stands still before it goes on by itself.
const PAUSE_AT_MOST: Duration = Duration::from_secs(60);

/// As recorded.
pub(super) const USUAL_SPEED: u16 = 100;
const SPEED_STEP: u16 = 25;
const SLOWEST: u16 = 50;
const FASTEST: u16 = 200;

/// A message that is being heard.
#[derive(Debug)]
pub(super) struct Listening {
    rows: &'static [Row],
    message: MessageId,
    length: Duration,
    part: Part,
    paused: bool,
    percent: u16,
    reader: KeyReader,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    /// Who, and how urgent.
    Head,
    Audio,
    /// Both have been heard.
    Over,
}

impl Listening {
    /// Begins with the head; the audio follows, at this speed.
    pub(super) fn open(
        rows: &'static [Row],
        (message, length): (MessageId, Duration),
        head: Vec<Phrase>,
        percent: u16,
        outputs: &mut VecDeque<IvrOutput>,
    ) -> Self {
        outputs.push_back(IvrOutput::Play(head));
        let reader = KeyReader::default();
        Self { rows, message, length, part: Part::Head, paused: false, percent, reader }
    }

    /// The speed that the subscriber has chosen, in percent.
    pub(super) fn percent(&self) -> u16 {
        self.percent
    }

    pub(super) fn is_sounding(&self) -> bool {
        self.part != Part::Over
    }

    /// The keys that are open.
    pub(super) fn take_keys(&mut self) -> KeyReader {
        std::mem::take(&mut self.reader)
    }

    pub(super) fn hear(&mut self, cue: Cue, outputs: &mut VecDeque<IvrOutput>) -> Option<Heard> {
        match cue {
            Cue::Key(digit) => {
                let reading = self.reader.press(digit, self.rows);
                self.read(reading, outputs)
            }
            Cue::Played => self.played(outputs),
            Cue::Waited if self.reader.is_open() => {
                let reading = self.reader.waited(self.rows);
                self.read(reading, outputs)
            }
            Cue::Waited => {
                self.go_on(outputs);
                None
            }
        }
    }

    fn played(&mut self, outputs: &mut VecDeque<IvrOutput>) -> Option<Heard> {
        self.paused = false;
        match self.part {
            Part::Head => {
                self.part = Part::Audio;
                outputs.push_back(IvrOutput::PlayMessage { message: self.message, length: self.length });
                if self.percent != USUAL_SPEED {
                    outputs.push_back(IvrOutput::Speed { percent: self.percent });
                }
                None
            }
            Part::Audio => {
                self.part = Part::Over;
                Some(self.play_out())
            }
            Part::Over => None,
        }
    }

    /// A key that waits for another decides now; what it would wind has come to its end.
    fn play_out(&mut self) -> Heard {
        match self.reader.waited(self.rows) {
            Reading::Chosen(Action::Playback(_)) => Heard::PlayedOut,
            Reading::Chosen(action) => Heard::Chosen(action, None),
            Reading::ChosenBefore(..) | Reading::Unfinished | Reading::Wrong | Reading::Nothing => {
                Heard::PlayedOut
            }
        }
    }

    /// A wrong key does not disturb the message.
    fn read(&mut self, reading: Reading, outputs: &mut VecDeque<IvrOutput>) -> Option<Heard> {
        match reading {
            Reading::Chosen(Action::Playback(playback)) => self.wind(playback, outputs),
            Reading::ChosenBefore(Action::Playback(playback), digit) => {
                self.wind(playback, outputs);
                return self.hear(Cue::Key(digit), outputs);
            }
            Reading::Chosen(action) => return Some(Heard::Chosen(action, None)),
            Reading::ChosenBefore(action, digit) => return Some(Heard::Chosen(action, Some(digit))),
            Reading::Unfinished => {
                outputs.push_back(IvrOutput::Await(BETWEEN_KEYS));
                return None;
            }
            Reading::Wrong | Reading::Nothing => {}
        }
        if self.paused {
            outputs.push_back(IvrOutput::Await(PAUSE_AT_MOST));
        }
        None
    }

    fn wind(&mut self, playback: Playback, outputs: &mut VecDeque<IvrOutput>) {
        match playback {
            Playback::Back => outputs.push_back(IvrOutput::Skip(Skip::Back(WIND))),
            Playback::Forward => outputs.push_back(IvrOutput::Skip(Skip::Forward(WIND))),
            Playback::ToEnd => {
                outputs.push_back(IvrOutput::Skip(Skip::ToEnd));
                self.go_on(outputs);
            }
            Playback::Pause if self.paused => self.go_on(outputs),
            Playback::Pause => {
                self.paused = true;
                outputs.push_back(IvrOutput::Pause(Pause::Stand));
            }
            Playback::Slower => self.set_speed(self.percent.saturating_sub(SPEED_STEP), outputs),
            Playback::Faster => self.set_speed(self.percent.saturating_add(SPEED_STEP), outputs),
        }
    }

    fn go_on(&mut self, outputs: &mut VecDeque<IvrOutput>) {
        if std::mem::replace(&mut self.paused, false) {
            outputs.push_back(IvrOutput::Pause(Pause::GoOn));
        }
    }

    /// The head is always spoken at its own speed.
    fn set_speed(&mut self, percent: u16, outputs: &mut VecDeque<IvrOutput>) {
        self.percent = percent.clamp(SLOWEST, FASTEST);
        match self.part {
            Part::Head | Part::Over => {}
            Part::Audio => outputs.push_back(IvrOutput::Speed { percent: self.percent }),
        }
    }
}
