//! Somebody is found by name: to whom a message goes, or whom a caller wants to reach who has no mailbox here.
use std::collections::VecDeque;

use mailbox::{MailboxCard, NameOrder};

use super::{
    SubscriberAccess,
    turn::{Heard, KEY_WAIT, Turn},
};
use crate::{
    attendant::{Directory, DirectorySettings, DirectoryVerdict, PeopleOffered},
    conversation::{IvrInput, IvrOutput, Successor},
    patience::Patience,
    phrase::Phrase,
};

/// Why a name is looked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NameFor {
    /// A message goes to whoever has it.
    Recipient,
    /// The caller, who has not logged on, wants to reach whoever has it.
    Contact,
}

/// Who was found, and what for.
#[derive(Debug)]
pub(super) enum NameFound {
    Recipient(Box<MailboxCard>),
    ToCall(Box<MailboxCard>),
    ToLeaveMessage(Box<MailboxCard>),
}

/// A recipient is only chosen.
const RECIPIENTS: PeopleOffered = PeopleOffered { calls: false, messages: true };

/// The directory, and the patience with those who cannot spell.
#[derive(Debug)]
pub(super) struct NameSearch {
    purpose: NameFor,
    directory: Directory,
    /// With wrong keys, silences and names that nobody has.
    patience: Patience,
}

impl NameSearch {
    pub(super) fn hear(&mut self, input: &IvrInput, outputs: &mut VecDeque<IvrOutput>) -> Option<Heard> {
        let found = match (self.directory.handle_input(input.clone(), outputs), self.purpose) {
            (DirectoryVerdict::GoOn, _) => return None,
            (DirectoryVerdict::Understood, _) => {
                self.patience.renew();
                return None;
            }
            (DirectoryVerdict::Back, purpose) => return Some(Heard::NameLeft(purpose)),
            (DirectoryVerdict::Failed(words), _) => return self.fail(words, outputs),
            (DirectoryVerdict::Call(card) | DirectoryVerdict::Message(card), NameFor::Recipient) => {
                NameFound::Recipient(card)
            }
            (DirectoryVerdict::Call(card), NameFor::Contact) => NameFound::ToCall(card),
            (DirectoryVerdict::Message(card), NameFor::Contact) => NameFound::ToLeaveMessage(card),
        };
        Some(Heard::NameFound(found))
    }

    pub(super) fn is_sounding(&self) -> bool {
        self.directory.speaks()
    }

    /// The store looks for the name.
    pub(super) fn is_asking(&self) -> bool {
        self.directory.is_asking()
    }

    fn fail(&mut self, words: Vec<Phrase>, outputs: &mut VecDeque<IvrOutput>) -> Option<Heard> {
        if self.patience.wears_out() {
            return Some(Heard::GaveUp);
        }
        self.directory.say_again(words, outputs);
        None
    }
}

impl SubscriberAccess {
    /// The caller spells a name in place of an extension.
    pub(super) fn search_name(&mut self, purpose: NameFor) {
        let people = match purpose {
            NameFor::Recipient => Some(RECIPIENTS),
            NameFor::Contact => self.settings.directory,
        };
        let Some(people) = people else { return self.leave_name(purpose) };
        let settings = DirectorySettings { order: NameOrder::default(), people, timeout: KEY_WAIT };
        let words = std::mem::take(&mut self.opening);
        self.turn = Turn::NameSearch(NameSearch {
            purpose,
            directory: Directory::begin(settings, words, &mut self.outputs),
            patience: Patience::new(self.settings.input_failures),
        });
    }

    /// Back to the extension that was asked for.
    pub(super) fn leave_name(&mut self, purpose: NameFor) {
        match purpose {
            NameFor::Recipient => self.ask_recipient(),
            NameFor::Contact => self.ask_extension(),
        }
    }

    pub(super) fn name_found(&mut self, found: NameFound) {
        match found {
            NameFound::Recipient(card) => self.choose_for_letter(card),
            NameFound::ToCall(card) => self.transfer(card.extension.to_string()),
            NameFound::ToLeaveMessage(card) => {
                self.hand_over(Successor::Mailbox { number: card.extension.to_string() });
            }
        }
    }
}
