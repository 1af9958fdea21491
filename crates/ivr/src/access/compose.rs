//! A message to another mailbox: forwarded, a reply, or new. First to whom, then what.
use std::time::Duration;

use mailbox::{GreetingKind, MailboxCard, MessageId, OutgoingMessage, RecordingPurpose};

use super::{
    Asked, SubscriberAccess,
    digit_entry::Wanted,
    envelope::person,
    layout::{Introduction, RecipientAction},
    prompts as say,
    recorder::Recorder,
    turn::Turn,
};
use crate::{
    attendant::prompts::{FOR_DIRECTORY, PRESS_POUND},
    conversation::RecordOrder,
    marks::Marks,
    phrase::{Phrase, PromptKey},
    question::{Answer, Question},
};

/// What is made, and what was recorded for it.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) what: DraftKind,
    /// The length of the recording that is neither used nor thrown away.
    pub(super) recorded: Option<Duration>,
}

#[derive(Debug)]
pub(super) enum DraftKind {
    Greeting(GreetingKind),
    Letter(Letter),
}

/// A message that is made by phone.
#[derive(Debug, Default)]
pub(super) struct Letter {
    to: Option<Box<MailboxCard>>,
    forwarded: Option<MessageId>,
    pub(super) marks: Marks,
}

impl SubscriberAccess {
    /// A new message.
    pub(super) fn compose(&mut self) {
        self.begin_letter(Letter::default());
        self.ask_recipient();
    }

    pub(super) fn forward(&mut self) {
        let Some(item) = self.messages.current() else { return self.go_to_main_menu() };
        if item.summary.private {
            self.announce(say::PRIVATE_IS_NOT_FORWARDED);
            return self.open_message_menu();
        }
        let forwarded = Some(item.summary.id);
        self.begin_letter(Letter { forwarded, ..Letter::default() });
        self.ask_recipient();
    }

    pub(super) fn reply(&mut self) {
        match self.messages.current().and_then(|item| item.summary.sender.clone()) {
            Some(sender) => {
                self.begin_letter(Letter { to: Some(Box::new(sender)), ..Letter::default() });
                self.record_draft();
            }
            None => {
                self.announce(say::NO_REPLY_POSSIBLE);
                self.open_message_menu();
            }
        }
    }

    pub(super) fn recipient_entered(&mut self, digits: &str) {
        self.ask(Asked::Recipient, Question::Card { number: digits.to_owned() });
    }

    pub(super) fn recipient_told(&mut self, answer: Answer) {
        let Answer::Card(card) = answer else { return self.drop_draft(say::NOT_DONE) };
        match card {
            Some(card) => self.choose_for_letter(card),
            None => {
                self.keys_ahead.clear();
                self.announce(say::NOBODY_HAS_EXTENSION);
                self.ask_recipient();
            }
        }
    }

    /// The message goes to them, if the subscriber says so.
    pub(super) fn choose_for_letter(&mut self, card: Box<MailboxCard>) {
        self.announce(say::TO);
        self.opening.extend(person(&card));
        if let Some(letter) = self.letter() {
            letter.to = Some(card);
        }
        self.open_menu(self.settings.layout.recipient.to_vec());
    }

    pub(super) fn choose_recipient(&mut self, action: RecipientAction) {
        match (action, self.letter().is_some_and(|letter| letter.forwarded.is_some())) {
            (RecipientAction::Confirm, true) => self.open_menu(self.settings.layout.introduction.to_vec()),
            (RecipientAction::Confirm, false) => self.record_draft(),
            (RecipientAction::Another, _) => self.ask_recipient(),
            (RecipientAction::Cancel, _) => self.cancel_draft(),
        }
    }

    pub(super) fn introduce(&mut self, introduction: Introduction) {
        match introduction {
            Introduction::Record => self.record_draft(),
            Introduction::Without => self.send(None),
        }
    }

    /// Sends the letter, with what was recorded.
    pub(super) fn send(&mut self, recorded: Option<Duration>) {
        let from = self.mailbox();
        let message = self.letter().and_then(|letter| {
            Some(OutgoingMessage {
                from: from?,
                to: letter.to.as_ref()?.id,
                recorded,
                forwarded: letter.forwarded,
                urgent: letter.marks.urgent,
                private: letter.marks.private,
            })
        });
        match message {
            Some(message) => {
                // From here on the recording is the store's.
                self.draft = None;
                self.ask(Asked::Send, Question::Send(message));
            }
            None => self.drop_draft(say::NOT_DONE),
        }
    }

    pub(super) fn sent(&mut self, answer: &Answer) {
        self.announce(match answer.changed() {
            Some(true) => say::SENT,
            Some(false) => say::RECIPIENT_TAKES_NOTHING,
            None => say::NOT_DONE,
        });
        self.go_back();
    }

    /// Records what the draft needs, after the words that wait and the tone.
    pub(super) fn record_draft(&mut self) {
        let Some(draft) = &self.draft else { return self.go_back() };
        let longest = match draft.what {
            DraftKind::Letter(_) => self.settings.longest_message,
            DraftKind::Greeting(GreetingKind::Name) => {
                mailbox::RECORDED_NAME_LONGEST.min(self.longest_greeting())
            }
            DraftKind::Greeting(GreetingKind::Personal | GreetingKind::OutOfOffice) => {
                self.longest_greeting()
            }
        };
        let order = RecordOrder {
            silence: self.settings.recording_silence,
            maximum: longest,
            purpose: RecordingPurpose::Draft,
        };
        let mut words = std::mem::take(&mut self.opening);
        words.extend([PromptKey::RECORD_AFTER_TONE, say::POUND_WHEN_DONE].map(Phrase::Prompt));
        self.turn = Turn::Recorder(Recorder::open(order, words, &mut self.outputs));
    }

    pub(super) fn letter(&mut self) -> Option<&mut Letter> {
        match &mut self.draft.as_mut()?.what {
            DraftKind::Letter(letter) => Some(letter),
            DraftKind::Greeting(_) => None,
        }
    }

    fn begin_letter(&mut self, letter: Letter) {
        self.draft = Some(Draft { what: DraftKind::Letter(letter), recorded: None });
    }

    pub(super) fn ask_recipient(&mut self) {
        let full = usize::from(self.settings.extension_digits.max(1));
        self.open_entry(Wanted::Recipient, Some(full), &[say::ENTER_RECIPIENT, FOR_DIRECTORY, PRESS_POUND]);
    }
}
