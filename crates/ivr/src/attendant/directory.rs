//! Dial by name: the caller spells, the matches are read out, one is chosen.
use std::{collections::VecDeque, time::Duration};

use mailbox::{MailboxCard, NameOrder, NamesFound};
use telephony::Digit;

use super::{
    NEXT_KEY_WAIT,
    prompts::{self, prompt},
    settings::PeopleOffered,
};
use crate::{
    conversation::{IvrInput, IvrOutput},
    phrase::{Phrase, PromptKey},
    question::{Answer, Question},
};

/// The most keys of a name that are asked for.
pub(super) const KEYS_AT_MOST: usize = 32;

/// A part of the attendant, and of subscriber access: it puts its orders into the outputs of the conversation, which
/// counts the failures.
#[derive(Debug)]
pub(crate) struct Directory {
    state: State,
    talk: Talk,
    /// The letters so far, as keys.
    keys: String,
    settings: DirectorySettings,
}

/// How the directory is offered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct DirectorySettings {
    /// Which name is spelled first, until the caller turns it round.
    pub(crate) order: NameOrder,
    pub(crate) people: PeopleOffered,
    /// Silence after a list or menu that counts as no key.
    pub(crate) timeout: Duration,
}

#[derive(Debug)]
enum State {
    /// The caller spells.
    Spelling,
    /// The store is asked.
    Asking,
    /// The caller chooses one of these.
    Choosing { cards: Vec<MailboxCard>, more: bool },
    /// The caller says what is to be done about this one.
    Person(Box<MailboxCard>),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Talk {
    Speaking,
    Silent,
}

/// What has come of an input.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Nothing that the conversation must know.
    GoOn,
    /// The caller has got somewhere.
    Understood,
    /// To the menu.
    Back,
    /// A wrong key, silence, no match: once too often, or [`Directory::say_again`] with these words before.
    Failed(Vec<Phrase>),
    /// Put the caller through.
    Call(Box<MailboxCard>),
    /// The caller leaves a message.
    Message(Box<MailboxCard>),
}

impl Directory {
    /// Asks for a name, after these words.
    pub(crate) fn begin(
        settings: DirectorySettings,
        words: Vec<Phrase>,
        outputs: &mut VecDeque<IvrOutput>,
    ) -> Self {
        let mut directory =
            Self { state: State::Spelling, talk: Talk::Silent, keys: String::new(), settings };
        directory.say_again(words, outputs);
        directory
    }

    /// Whether something is being said.
    pub(crate) fn speaks(&self) -> bool {
        self.talk == Talk::Speaking
    }

    /// The store is asked; keys mean nothing meanwhile.
    pub(crate) fn is_asking(&self) -> bool {
        matches!(self.state, State::Asking)
    }

    pub(crate) fn handle_input(&mut self, input: IvrInput, outputs: &mut VecDeque<IvrOutput>) -> Verdict {
        match (&self.state, input) {
            (State::Asking, IvrInput::Answered(answer)) => self.hear(answer, outputs),
            (State::Asking, _) => Verdict::GoOn,
            (State::Spelling, IvrInput::Digit(digit)) => self.spell(digit, outputs),
            (State::Choosing { .. }, IvrInput::Digit(digit)) => self.pick(digit, outputs),
            (State::Person(_), IvrInput::Digit(digit)) => self.decide(digit, outputs),
            (_, IvrInput::PlayFinished) if self.speaks() => {
                self.talk = Talk::Silent;
                outputs.push_back(IvrOutput::Await(self.settings.timeout));
                Verdict::GoOn
            }
            (State::Spelling, IvrInput::Waited) if !self.keys.is_empty() => self.ask(outputs),
            (_, IvrInput::Waited) if !self.speaks() => Verdict::Failed(Vec::new()),
            // Reports that mean nothing where we are; the attendant hears of the caller's going by itself.
            (
                _,
                IvrInput::Begin
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
            ) => Verdict::GoOn,
        }
    }

    /// The words of the state, after these.
    pub(crate) fn say_again(&mut self, mut words: Vec<Phrase>, outputs: &mut VecDeque<IvrOutput>) {
        match &self.state {
            State::Spelling | State::Asking if !self.keys.is_empty() => {
                words.push(prompt(prompts::MORE_LETTERS))
            }
            State::Spelling | State::Asking => words.push(prompt(match self.settings.order {
                NameOrder::LastFirst => prompts::SPELL_LAST_FIRST,
                NameOrder::FirstLast => prompts::SPELL_FIRST_LAST,
            })),
            State::Choosing { cards, more } => words.extend(prompts::people(cards, *more)),
            State::Person(card) => {
                words.extend(prompts::person(card));
                words.push(prompt(prompts::PERSON_MENU));
            }
        }
        self.talk = Talk::Speaking;
        outputs.push_back(IvrOutput::Play(words));
    }

    fn spell(&mut self, digit: Digit, outputs: &mut VecDeque<IvrOutput>) -> Verdict {
        match digit.as_char() {
            '*' => Verdict::Back,
            '#' if self.keys.is_empty() => {
                self.settings.order = match self.settings.order {
                    NameOrder::LastFirst => NameOrder::FirstLast,
                    NameOrder::FirstLast => NameOrder::LastFirst,
                };
                self.say_again(Vec::new(), outputs);
                Verdict::GoOn
            }
            '#' => self.ask(outputs),
            key @ '0'..='9' => {
                self.fall_silent(outputs);
                self.keys.push(key);
                if self.keys.len() >= KEYS_AT_MOST {
                    return self.ask(outputs);
                }
                outputs.push_back(IvrOutput::Await(NEXT_KEY_WAIT));
                Verdict::GoOn
            }
            _ => Verdict::Failed(vec![prompt(PromptKey::NOT_UNDERSTOOD)]),
        }
    }

    fn ask(&mut self, outputs: &mut VecDeque<IvrOutput>) -> Verdict {
        self.fall_silent(outputs);
        self.state = State::Asking;
        outputs.push_back(IvrOutput::Ask(Question::Names {
            digits: self.keys.clone(),
            order: self.settings.order,
        }));
        Verdict::GoOn
    }

    fn hear(&mut self, answer: Answer, outputs: &mut VecDeque<IvrOutput>) -> Verdict {
        let Answer::Names(NamesFound { mut cards, more }) = answer else {
            self.spell_anew();
            return Verdict::Failed(vec![prompt(prompts::NOT_NOW)]);
        };
        match (cards.len(), more) {
            (0, _) => {
                self.spell_anew();
                Verdict::Failed(vec![prompt(prompts::NO_SUCH_NAME)])
            }
            (1, false) => self.meet(cards.remove(0), outputs),
            _ => {
                self.state = State::Choosing { cards, more };
                self.say_again(Vec::new(), outputs);
                Verdict::Understood
            }
        }
    }

    fn pick(&mut self, digit: Digit, outputs: &mut VecDeque<IvrOutput>) -> Verdict {
        let State::Choosing { cards, more } = &mut self.state else { return Verdict::GoOn };
        match digit.as_char() {
            // Where not all were read, the letters so far stay.
            '*' if *more && self.keys.len() < KEYS_AT_MOST => {
                self.state = State::Spelling;
                self.say_again(Vec::new(), outputs);
                Verdict::Understood
            }
            '*' => {
                self.spell_anew();
                self.say_again(Vec::new(), outputs);
                Verdict::Understood
            }
            key => {
                let place = key
                    .to_digit(10)
                    .and_then(|key| usize::try_from(key).ok())
                    .and_then(|key| key.checked_sub(1));
                match place.filter(|place| *place < cards.len()) {
                    Some(place) => {
                        let card = cards.swap_remove(place);
                        self.meet(card, outputs)
                    }
                    None => Verdict::Failed(vec![prompt(PromptKey::NOT_UNDERSTOOD)]),
                }
            }
        }
    }

    /// One person is found.
    fn meet(&mut self, card: MailboxCard, outputs: &mut VecDeque<IvrOutput>) -> Verdict {
        let card = Box::new(card);
        match (self.settings.people.calls, self.settings.people.messages) {
            (true, true) => {
                self.state = State::Person(card);
                self.say_again(Vec::new(), outputs);
                Verdict::Understood
            }
            (true, false) => Verdict::Call(card),
            (false, _) => Verdict::Message(card),
        }
    }

    fn decide(&mut self, digit: Digit, outputs: &mut VecDeque<IvrOutput>) -> Verdict {
        let State::Person(card) = &self.state else { return Verdict::GoOn };
        match digit.as_char() {
            '1' => Verdict::Call(card.clone()),
            '2' => Verdict::Message(card.clone()),
            '*' => {
                self.spell_anew();
                self.say_again(Vec::new(), outputs);
                Verdict::Understood
            }
            _ => Verdict::Failed(vec![prompt(PromptKey::NOT_UNDERSTOOD)]),
        }
    }

    fn spell_anew(&mut self) {
        self.state = State::Spelling;
        self.keys.clear();
    }

    fn fall_silent(&mut self, outputs: &mut VecDeque<IvrOutput>) {
        if self.speaks() {
            self.talk = Talk::Silent;
            outputs.push_back(IvrOutput::StopPlaying);
        }
    }
}
