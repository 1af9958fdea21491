//! The owner of a mailbox on the phone: log-on, messages, options.
//!
//! The machine asks for one thing at a time ([`Turn`]): a key of a menu, digits, a message to be heard, a recording, an
//! answer of the store. What comes of it ([`turn::Heard`]) decides what follows. Which keys a menu has is data
//! ([`KeyLayout`]).
mod compose;
mod deciding;
mod digit_entry;
mod envelope;
mod greetings;
mod key_reader;
mod layout;
mod listening;
mod log_on;
mod main_menu;
mod menu;
mod message_list;
mod message_menu;
mod name_search;
mod options;
mod out_of_office;
mod pin_change;
mod prompts;
mod recorder;
mod review;
mod settings;
mod transfer;
mod turn;

use std::collections::VecDeque;

use jiff::civil::Date;
use mailbox::{MailboxId, Subscriber};
use telephony::{Digit, Secret};

use self::{
    compose::Draft,
    digit_entry::{DigitEntry, EntrySettings, PoundAlone, Wanted},
    layout::{Row, menu_words},
    listening::USUAL_SPEED,
    log_on::LogOnProgress,
    menu::{Menu, MenuSettings, Opening},
    message_list::MessageList,
    name_search::NameFor,
    turn::{Asked, Turn},
};
use crate::{
    conversation::{IvrInput, IvrOutput},
    patience::Patience,
    phrase::{Phrase, PromptKey},
    question::Question,
    speech::Language,
};

pub use self::{
    layout::KeyLayout,
    settings::{GREETING_LONGEST, SubscriberAccessSettings},
};

/// Keys that are remembered while the store is asked.
const KEYS_AHEAD: usize = 32;

/// The conversation with the owner of a mailbox. It ends with [`IvrOutput::HangUp`] or, once the caller has gone, with
/// [`IvrOutput::Finished`]; what was recorded and not sent or kept by then has been discarded.
#[derive(Debug)]
pub struct SubscriberAccess {
    settings: SubscriberAccessSettings,
    outputs: VecDeque<IvrOutput>,
    turn: Turn,
    /// Where the caller comes back to.
    place: Place,
    /// What is said before the next words.
    opening: Vec<Phrase>,
    /// Keys pressed while the store was asked.
    keys_ahead: VecDeque<Digit>,
    log_on: LogOnProgress,
    /// Whoever has logged on.
    subscriber: Option<Box<Subscriber>>,
    language: Language,
    messages: MessageList,
    /// How fast messages are heard, in percent.
    percent: u16,
    /// The new PIN, entered once.
    new_pin: Option<Secret<String>>,
    /// What is being recorded, and for whom.
    draft: Option<Draft>,
    /// Nobody listens any more.
    gone: bool,
}

/// A menu that others lead back to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    LogOn,
    Main,
    Message,
    Options,
    Greeting(mailbox::GreetingKind),
}

impl SubscriberAccess {
    /// Every prompt that this conversation speaks, beside those of call answering.
    pub const PROMPTS: &'static [PromptKey] = prompts::KEYS;

    /// A conversation that waits for [`IvrInput::Begin`].
    pub fn new(settings: SubscriberAccessSettings) -> Self {
        Self {
            language: settings.language,
            log_on: LogOnProgress::new(settings.logon_failures),
            settings,
            outputs: VecDeque::new(),
            turn: Turn::Waiting,
            place: Place::LogOn,
            opening: Vec::new(),
            keys_ahead: VecDeque::new(),
            subscriber: None,
            messages: MessageList::default(),
            percent: USUAL_SPEED,
            new_pin: None,
            draft: None,
            gone: false,
        }
    }

    /// What to do next; drain to `None` after each input.
    pub fn poll_output(&mut self) -> Option<IvrOutput> {
        self.outputs.pop_front()
    }

    /// One step of the conversation. What means nothing where it is passes without effect.
    pub fn handle_input(&mut self, input: IvrInput) {
        match (&self.turn, input) {
            (_, IvrInput::PeerHungUp | IvrInput::CutOff) => self.lose_caller(),
            (Turn::Waiting, IvrInput::Begin) => self.begin(),
            (turn, IvrInput::Digit(digit)) if turn.keeps_keys() => {
                if self.keys_ahead.len() < KEYS_AHEAD {
                    self.keys_ahead.push_back(digit);
                }
            }
            (_, input) => self.tell(&input),
        }
        while !self.turn.keeps_keys() {
            let Some(digit) = self.keys_ahead.pop_front() else { break };
            self.tell(&IvrInput::Digit(digit));
        }
    }

    /// Said before the next words.
    fn announce(&mut self, prompt: PromptKey) {
        self.opening.push(Phrase::Prompt(prompt));
    }

    fn open_menu(&mut self, rows: Vec<Row>) {
        let opening = Opening::Words(std::mem::take(&mut self.opening));
        self.open_menu_after(opening, rows);
    }

    fn open_menu_after(&mut self, opening: Opening, rows: Vec<Row>) {
        let settings = self.menu_of(rows, Vec::new());
        self.turn = Turn::Menu(Menu::open(settings, opening, &mut self.outputs));
    }

    fn menu_of(&self, rows: Vec<Row>, help: Vec<Phrase>) -> MenuSettings {
        MenuSettings {
            words: menu_words(&rows),
            rows,
            help,
            patience: Patience::new(self.settings.input_failures),
        }
    }

    /// Asks for digits; `full` of them need no `#`.
    fn open_entry(&mut self, wanted: Wanted, full: Option<usize>, words: &[PromptKey]) {
        let settings = EntrySettings {
            wanted,
            full,
            pound: self.pound_alone(wanted),
            words: words.iter().copied().map(Phrase::Prompt).collect(),
            patience: Patience::new(self.settings.input_failures),
        };
        let opening = std::mem::take(&mut self.opening);
        self.turn = Turn::Entry(DigitEntry::open(settings, opening, &mut self.outputs));
    }

    /// What `#` means in place of digits.
    fn pound_alone(&self, wanted: Wanted) -> PoundAlone {
        match wanted {
            Wanted::Recipient => PoundAlone::AsksForName(NameFor::Recipient),
            Wanted::Extension if self.settings.directory.is_some() => {
                PoundAlone::AsksForName(NameFor::Contact)
            }
            Wanted::FirstDay | Wanted::LastDay { .. } => PoundAlone::IsAnEntry,
            Wanted::Pin => PoundAlone::MayBeLate,
            Wanted::Extension | Wanted::NewPin(_) | Wanted::NewPinAgain(_) => PoundAlone::IsWrong,
        }
    }

    fn ask(&mut self, asked: Asked, question: Question) {
        self.fall_silent();
        self.turn = Turn::Asking(asked);
        self.outputs.push_back(IvrOutput::Ask(question));
    }

    fn fall_silent(&mut self) {
        if self.turn.is_sounding() {
            self.outputs.push_back(IvrOutput::StopPlaying);
        }
    }

    /// Whose mailbox is open.
    fn mailbox(&self) -> Option<MailboxId> {
        self.subscriber.as_ref().map(|subscriber| subscriber.mailbox.id)
    }

    /// The day on which the caller calls.
    fn today(&self) -> Date {
        self.settings.started.to_zoned(self.settings.time_zone.clone()).date()
    }

    fn say_farewell(&mut self, words: Option<PromptKey>) {
        self.discard_recording();
        let mut phrases = std::mem::take(&mut self.opening);
        phrases.extend(words.into_iter().chain([PromptKey::GOODBYE]).map(Phrase::Prompt));
        self.turn = Turn::Farewell;
        self.outputs.push_back(IvrOutput::Play(phrases));
    }

    fn lose_caller(&mut self) {
        self.gone = true;
        let awaits_recording = match &mut self.turn {
            Turn::Done => return,
            Turn::Recorder(recorder) => recorder.abandon(&mut self.outputs),
            Turn::Waiting
            | Turn::Welcome
            | Turn::Menu(_)
            | Turn::Entry(_)
            | Turn::NameSearch(_)
            | Turn::Listening(_)
            | Turn::Asking(_)
            | Turn::Transferring
            | Turn::Farewell => false,
        };
        if !awaits_recording {
            self.end();
        }
    }

    fn end(&mut self) {
        self.discard_recording();
        self.turn = Turn::Done;
        self.outputs.push_back(if self.gone { IvrOutput::Finished } else { IvrOutput::HangUp });
    }
}

#[cfg(test)]
mod tests;
