//! The auto attendant: a menu by the hour, numbers and names that callers enter, and where all of them lead.
mod directory;
mod leaving;
pub(crate) mod prompts;
mod settings;

use std::{collections::VecDeque, time::Duration};

use dial_plan::{KeyAction, KeyMapping, MenuKey};
use mailbox::{MailboxCard, NameOrder};
use telephony::Digit;

use crate::{
    conversation::{DialScope, IvrInput, IvrOutput, Successor, TransferFailure},
    patience::Patience,
    phrase::{Phrase, PromptKey},
    question::{Answer, Question},
};

use self::{leaving::Leaving, prompts::prompt};

pub(crate) use self::directory::{Directory, DirectorySettings, Verdict as DirectoryVerdict};
pub use self::settings::{Announcement, AnnouncementKeys, AttendantSettings, Openness, PeopleOffered};

/// How long a key that means something by itself waits for more digits of a number.
pub const KEY_WAIT: Duration = Duration::from_millis(1500);
/// How long the next digit of a number, or letter of a name, is waited for.
pub const NEXT_KEY_WAIT: Duration = Duration::from_secs(3);

/// The caller finds their way to somebody: greeting, menu, number or name, transfer.
///
/// It ends with [`IvrOutput::HangUp`] or, once the caller has gone, with [`IvrOutput::Finished`], unless a transfer or
/// another conversation takes the caller over. Every number that is dialled goes through [`IvrOutput::Transfer`] on the
/// attendant's behalf.
#[derive(Debug)]
pub struct AutoAttendant {
    settings: AttendantSettings,
    stage: Stage,
    /// With wrong inputs and silences.
    patience: Patience,
    /// The caller could not cope and is being put through to the operator.
    last_resort: bool,
    outputs: VecDeque<IvrOutput>,
}

#[derive(Debug)]
enum Stage {
    /// Not begun.
    Waiting,
    /// A recording that no key cuts short.
    Announcement,
    /// The menu is spoken.
    Menu,
    /// The menu has been spoken; a key is awaited.
    Silent,
    /// The caller enters a number; at least one digit.
    Entering(String),
    /// The store is asked who has the number.
    Looking(String),
    /// The caller spells a name.
    Directory(Directory),
    /// The last words before the caller is given away.
    Leaving(Leaving),
    /// The caller is given away; nothing has been heard of it yet.
    Given,
    /// The last words.
    Farewell,
    /// Over.
    Done,
}

impl AutoAttendant {
    /// Every prompt that this conversation speaks, beside those of call answering.
    pub(crate) const PROMPTS: &'static [PromptKey] = prompts::KEYS;

    /// A conversation that waits for [`IvrInput::Begin`].
    pub fn new(settings: AttendantSettings) -> Self {
        let patience = Patience::new(settings.input_failures);
        Self { settings, stage: Stage::Waiting, patience, last_resort: false, outputs: VecDeque::new() }
    }

    /// What to do next; drain to `None` after each input.
    pub fn poll_output(&mut self) -> Option<IvrOutput> {
        self.outputs.pop_front()
    }

    /// One step of the conversation. What means nothing where it is passes without effect.
    pub fn handle_input(&mut self, input: IvrInput) {
        match (&mut self.stage, input) {
            (Stage::Done, _) => {}
            (_, IvrInput::PeerHungUp | IvrInput::CutOff) => {
                self.stage = Stage::Done;
                self.outputs.push_back(IvrOutput::Finished);
            }
            (Stage::Waiting, IvrInput::Begin) => self.begin(),
            (Stage::Announcement, IvrInput::PlayFinished) => self.say_menu(Vec::new()),
            (Stage::Menu, IvrInput::PlayFinished) => {
                self.stage = Stage::Silent;
                self.outputs.push_back(IvrOutput::Await(self.settings.timeout));
            }
            (Stage::Menu | Stage::Silent, IvrInput::Digit(digit)) => self.first_key(digit),
            (Stage::Silent, IvrInput::Waited) => self.hear_silence(),
            (Stage::Entering(_), IvrInput::Digit(digit)) => self.next_key(digit),
            (Stage::Entering(_), IvrInput::Waited) => self.take_entry(),
            (Stage::Looking(_), IvrInput::Answered(answer)) => self.hear_holder(answer),
            (Stage::Directory(directory), input) => {
                let verdict = directory.handle_input(input, &mut self.outputs);
                self.follow(verdict);
            }
            (Stage::Leaving(_), IvrInput::PlayFinished) => self.give_away(),
            (Stage::Given, IvrInput::NotTransferred(failure)) => self.come_back(match failure {
                TransferFailure::NotAllowed => prompts::UNKNOWN_NUMBER,
                TransferFailure::Failed => prompts::NO_ANSWER,
            }),
            (Stage::Given, IvrInput::NotHandedOver) => self.come_back(prompts::NOT_NOW),
            (Stage::Farewell, IvrInput::PlayFinished) => {
                self.stage = Stage::Done;
                self.outputs.push_back(IvrOutput::HangUp);
            }
            // Keys and reports that mean nothing where we are.
            (
                _,
                IvrInput::Begin
                | IvrInput::Digit(_)
                | IvrInput::PlayFinished
                | IvrInput::Waited
                | IvrInput::RecordFinished { .. }
                | IvrInput::MessageStored
                | IvrInput::MessageNotStored
                | IvrInput::Answered(_)
                | IvrInput::NotTransferred(_)
                | IvrInput::NotHandedOver,
            ) => {}
        }
    }

    fn begin(&mut self) {
        self.outputs.push_back(IvrOutput::Speak(self.settings.language));
        let mut words = prompts::greeting(&self.settings);
        match &self.settings.announcement {
            Some(Announcement { recording, keys: AnnouncementKeys::AreIgnored }) => {
                words.push(Phrase::Announcement(recording.clone()));
                self.stage = Stage::Announcement;
                self.outputs.push_back(IvrOutput::Play(words));
            }
            Some(Announcement { recording, keys: AnnouncementKeys::Choose }) => {
                words.push(Phrase::Announcement(recording.clone()));
                self.say_menu(words);
            }
            None => self.say_menu(words),
        }
    }

    fn say_menu(&mut self, mut words: Vec<Phrase>) {
        words.extend(prompts::menu(&self.settings));
        if words.is_empty() {
            self.fall_silent();
            self.stage = Stage::Silent;
            self.outputs.push_back(IvrOutput::Await(self.settings.timeout));
        } else {
            self.stage = Stage::Menu;
            self.outputs.push_back(IvrOutput::Play(words));
        }
    }

    /// What a digit does by itself.
    fn action(&self, digit: char) -> Option<KeyMapping> {
        if digit == '0' {
            let operator = || KeyMapping { action: KeyAction::Operator, announcement: None };
            return self.settings.operator.as_ref().map(|_| operator());
        }
        let key = digit.to_digit(10).and_then(|digit| u8::try_from(digit).ok()).and_then(MenuKey::digit)?;
        self.settings.menu.keys.get(&key).cloned()
    }

    fn first_key(&mut self, digit: Digit) {
        let key = digit.as_char();
        match key {
            '*' => self.say_menu(Vec::new()),
            '#' if self.settings.name_order.is_some() => self.spell(Vec::new()),
            '0'..='9' => match (self.action(key), self.settings.takes_numbers()) {
                (Some(mapping), false) => self.choose(&mapping),
                (Some(mapping), true) if self.settings.longest_number == 1 => self.choose(&mapping),
                (Some(_), true) => self.enter(key, KEY_WAIT),
                (None, true) => self.enter(key, NEXT_KEY_WAIT),
                (None, false) => self.fail(vec![prompt(PromptKey::NOT_UNDERSTOOD)]),
            },
            _ => self.fail(vec![prompt(PromptKey::NOT_UNDERSTOOD)]),
        }
    }

    /// The first digit of what may be a number.
    fn enter(&mut self, key: char, wait: Duration) {
        self.fall_silent();
        self.stage = Stage::Entering(key.to_string());
        match self.settings.longest_number > 1 {
            true => self.outputs.push_back(IvrOutput::Await(wait)),
            false => self.take_entry(),
        }
    }

    fn next_key(&mut self, digit: Digit) {
        let Stage::Entering(number) = &mut self.stage else { return };
        match digit.as_char() {
            '#' => self.take_entry(),
            '*' => self.say_menu(Vec::new()),
            key @ '0'..='9' => {
                number.push(key);
                if number.len() >= usize::from(self.settings.longest_number) {
                    self.take_entry();
                } else {
                    self.outputs.push_back(IvrOutput::Await(NEXT_KEY_WAIT));
                }
            }
            _ => self.fail(vec![prompt(PromptKey::NOT_UNDERSTOOD)]),
        }
    }

    /// The caller has entered all that they want to: one key of the menu, or a number.
    fn take_entry(&mut self) {
        let Stage::Entering(entry) = &self.stage else { return };
        let number = entry.clone();
        let mut keys = number.chars();
        if let (Some(key), None) = (keys.next(), keys.next())
            && let Some(mapping) = self.action(key)
        {
            return self.choose(&mapping);
        }
        self.stage = Stage::Looking(number.clone());
        self.outputs.push_back(IvrOutput::Ask(Question::Card { number }));
    }

    /// Whether or not somebody has the number: the dialling rules alone say whether it is dialled.
    fn hear_holder(&mut self, answer: Answer) {
        let Stage::Looking(number) = &self.stage else { return };
        let number = number.clone();
        let Answer::Card(card) = answer else { return self.fail(vec![prompt(prompts::NOT_NOW)]) };
        let words = card.map(|card| self.going_to(&card)).unwrap_or_default();
        self.leave(words, Leaving::Call { number });
    }

    fn going_to(&self, card: &MailboxCard) -> Vec<Phrase> {
        let mut words = vec![prompt(prompts::ONE_MOMENT)];
        words.extend(prompts::person(card));
        words
    }

    /// The caller has chosen a key that means something.
    fn choose(&mut self, mapping: &KeyMapping) {
        self.patience.renew();
        self.act(mapping);
    }

    fn act(&mut self, mapping: &KeyMapping) {
        let mut words: Vec<Phrase> =
            mapping.announcement.iter().map(|name| Phrase::Announcement(name.to_string())).collect();
        match &mapping.action {
            KeyAction::Transfer(number) => {
                words.push(prompt(prompts::ONE_MOMENT));
                self.leave(words, Leaving::Call { number: number.to_string() });
            }
            KeyAction::Attendant(name) => {
                self.leave(words, Leaving::Conversation(Successor::Attendant(name.to_string())));
            }
            KeyAction::LeaveMessage(number) => {
                let number = number.to_string();
                self.leave(words, Leaving::Conversation(Successor::Mailbox { number }));
            }
            KeyAction::Operator => match self.settings.operator.clone() {
                Some(number) => {
                    words.push(prompt(prompts::ONE_MOMENT));
                    self.leave(words, Leaving::Call { number });
                }
                None => self.fail(vec![prompt(prompts::NO_OPERATOR)]),
            },
            KeyAction::Directory => self.spell(words),
            KeyAction::Hours => {
                words.extend(prompts::hours(&self.settings.hours));
                self.say_menu(words);
            }
            KeyAction::Location => {
                words.extend(self.settings.location.clone().map(Phrase::Announcement));
                self.say_menu(words);
            }
            KeyAction::Announcement => self.say_menu(words),
        }
    }

    fn spell(&mut self, words: Vec<Phrase>) {
        let order = self.settings.name_order.unwrap_or(NameOrder::LastFirst);
        let (people, timeout) = (self.settings.people, self.settings.timeout);
        let settings = DirectorySettings { order, people, timeout };
        let directory = Directory::begin(settings, words, &mut self.outputs);
        self.stage = Stage::Directory(directory);
    }

    fn follow(&mut self, verdict: DirectoryVerdict) {
        match verdict {
            DirectoryVerdict::GoOn => {}
            DirectoryVerdict::Understood => self.patience.renew(),
            DirectoryVerdict::Back => self.say_menu(Vec::new()),
            DirectoryVerdict::Failed(words) => {
                if self.patience.wears_out() {
                    return self.give_up(words);
                }
                if let Stage::Directory(directory) = &mut self.stage {
                    directory.say_again(words, &mut self.outputs);
                }
            }
            DirectoryVerdict::Call(card) => {
                self.patience.renew();
                let words = self.going_to(&card);
                self.leave(words, Leaving::Call { number: card.extension.to_string() });
            }
            DirectoryVerdict::Message(card) => {
                self.patience.renew();
                let number = card.extension.to_string();
                self.leave(Vec::new(), Leaving::Conversation(Successor::Mailbox { number }));
            }
        }
    }

    /// The caller has pressed nothing.
    fn hear_silence(&mut self) {
        match self.settings.menu.keys.get(&MenuKey::TIMEOUT).cloned() {
            // Never again and again: what it leads to may bring the silent caller back here.
            Some(mapping) if self.patience.lasts() => {
                self.patience.wears_out();
                self.act(&mapping);
            }
            Some(_) | None => self.fail(Vec::new()),
        }
    }

    /// The menu again, after these words; or the end of it.
    fn fail(&mut self, words: Vec<Phrase>) {
        if self.patience.wears_out() { self.give_up(words) } else { self.say_menu(words) }
    }

    /// Who cannot cope is put through to the operator, if there is one, and else let go.
    fn give_up(&mut self, mut words: Vec<Phrase>) {
        match self.settings.operator.clone().filter(|_| !self.last_resort) {
            Some(number) => {
                self.last_resort = true;
                words.push(prompt(prompts::ONE_MOMENT));
                self.leave(words, Leaving::Call { number });
            }
            None => {
                words.push(prompt(PromptKey::GOODBYE));
                self.stage = Stage::Farewell;
                self.outputs.push_back(IvrOutput::Play(words));
            }
        }
    }

    /// The transfer was not made, or nobody took over.
    fn come_back(&mut self, words: PromptKey) {
        let words = vec![prompt(words)];
        if self.last_resort { self.give_up(words) } else { self.fail(words) }
    }

    fn leave(&mut self, words: Vec<Phrase>, leaving: Leaving) {
        let silent = words.is_empty();
        if silent {
            self.fall_silent();
        } else {
            self.outputs.push_back(IvrOutput::Play(words));
        }
        self.stage = Stage::Leaving(leaving);
        if silent {
            self.give_away();
        }
    }

    fn give_away(&mut self) {
        let Stage::Leaving(leaving) = std::mem::replace(&mut self.stage, Stage::Given) else { return };
        self.outputs.push_back(match leaving {
            Leaving::Call { number } => {
                IvrOutput::Transfer { number, scope: DialScope::Attendant(self.settings.name.clone()) }
            }
            Leaving::Conversation(successor) => IvrOutput::HandOver(successor),
        });
    }

    /// What is being said is said no more.
    fn fall_silent(&mut self) {
        let speaks = match &self.stage {
            Stage::Menu => true,
            Stage::Directory(directory) => directory.speaks(),
            Stage::Waiting
            | Stage::Announcement
            | Stage::Silent
            | Stage::Entering(_)
            | Stage::Looking(_)
            | Stage::Leaving(_)
            | Stage::Given
            | Stage::Farewell
            | Stage::Done => false,
        };
        if speaks {
            self.outputs.push_back(IvrOutput::StopPlaying);
        }
    }
}

#[cfg(test)]
mod tests;
