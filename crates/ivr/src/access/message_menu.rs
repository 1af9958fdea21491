//! One message: heard, and what is done with it during and after.
use mailbox::MessageState;

use super::{
    Asked, Place, SubscriberAccess,
    envelope::{PlaceAndTime, envelope, head},
    layout::{Action, AfterDelete, MessageAction, Row, Told, menu_words},
    listening::Listening,
    menu::{Menu, Opening},
    message_list::Item,
    prompts as say,
    turn::{AfterMark, Turn, Which},
};
use crate::{
    phrase::Phrase,
    question::{Answer, Question},
};

impl SubscriberAccess {
    /// Plays the message at which the list stands.
    pub(super) fn open_message(&mut self) {
        self.place = Place::Message;
        self.messages.hear_again();
        let Some(item) = self.messages.current() else { return self.go_to_main_menu() };
        let audio = (item.summary.id, item.summary.length);
        let mut words = std::mem::take(&mut self.opening);
        words.extend(head(&item.summary));
        let rows = self.settings.layout.playing;
        self.turn = Turn::Listening(Listening::open(rows, audio, words, self.percent, &mut self.outputs));
    }

    /// What can be done with the message.
    pub(super) fn open_message_menu(&mut self) {
        self.place = Place::Message;
        let Some(rows) = self.message_rows() else { return self.go_to_main_menu() };
        let settings = self.menu_of(rows, self.listening_words());
        let opening = Opening::Words(std::mem::take(&mut self.opening));
        self.turn = Turn::Menu(Menu::open(settings, opening, &mut self.outputs));
    }

    /// The menu of the message that is heard, and what could be done while it is.
    pub(super) fn open_message_help(&mut self) {
        self.opening.extend(self.listening_words());
        self.open_message_menu();
    }

    /// What else can be done with it, asked for while it was heard.
    pub(super) fn open_further_options(&mut self) {
        let Turn::Listening(listening) = &mut self.turn else { return self.go_back() };
        let reader = listening.take_keys();
        let Some(rows) = self.message_rows() else { return self.go_to_main_menu() };
        let settings = self.menu_of(rows, self.listening_words());
        self.turn = Turn::Menu(Menu::open_more(settings, reader, &mut self.outputs));
    }

    /// The message was heard to its end.
    pub(super) fn message_heard(&mut self) {
        if self.messages.current().is_some_and(Item::becomes_saved) {
            self.mark(MessageState::Saved, AfterMark::Heard);
        } else {
            self.open_message_menu();
        }
    }

    pub(super) fn choose_for_message(&mut self, action: MessageAction) {
        let Some(item) = self.messages.current() else { return self.go_to_main_menu() };
        match action {
            MessageAction::Next => self.leave_for(Which::Any),
            MessageAction::NextNew => self.leave_for(Which::New),
            MessageAction::Previous => self.go_to_message_before(),
            MessageAction::Replay => self.open_message(),
            MessageAction::Save => self.mark(MessageState::Saved, AfterMark::Told),
            MessageAction::Delete | MessageAction::Undelete => {
                let state = item.after_delete_key();
                self.mark(state, AfterMark::Told);
            }
            MessageAction::MarkNew => self.mark(MessageState::New, AfterMark::Told),
            MessageAction::Envelope => {
                let words = envelope(&item.summary, &self.place_and_time());
                self.opening.extend(words);
                self.open_message_menu();
            }
            MessageAction::CallSender => self.call_sender(),
            MessageAction::Forward => self.forward(),
            MessageAction::Reply => self.reply(),
        }
    }

    /// The store has marked the message, or has not.
    pub(super) fn message_marked(&mut self, state: MessageState, after: AfterMark, answer: &Answer) {
        let was_deleted = self.messages.current().is_some_and(Item::is_deleted);
        match (answer.changed(), after) {
            (Some(true), _) => {
                self.messages.set_state(state);
                self.go_on_after_mark(state, after, was_deleted);
            }
            (Some(false), _) => {
                self.announce(say::MESSAGE_IS_GONE);
                self.messages.forget_current();
                self.go_to_message(Which::Any);
            }
            // It stays new, which the subscriber will notice soon enough.
            (None, AfterMark::Heard) => self.open_message_menu(),
            (None, AfterMark::Next(which)) => self.go_to_message(which),
            (None, AfterMark::Told) => {
                self.announce(say::NOT_DONE);
                self.open_message_menu();
            }
        }
    }

    fn go_on_after_mark(&mut self, state: MessageState, after: AfterMark, was_deleted: bool) {
        match (after, state) {
            (AfterMark::Heard, _) => self.open_message_menu(),
            (AfterMark::Next(which), _) => self.go_to_message(which),
            (AfterMark::Told, MessageState::Deleted) => {
                self.announce(say::DELETED);
                match self.settings.layout.after_delete {
                    AfterDelete::Next => self.go_to_message(Which::Any),
                    AfterDelete::Stay => self.open_message_menu(),
                }
            }
            (AfterMark::Told, MessageState::New | MessageState::Saved) => {
                self.announce(match (was_deleted, state) {
                    (true, _) => say::UNDELETED,
                    (false, MessageState::New) => say::MARKED_NEW,
                    (false, MessageState::Saved | MessageState::Deleted) => say::SAVED,
                });
                self.open_message_menu();
            }
        }
    }

    /// "Next" marks what it leaves as heard.
    fn leave_for(&mut self, which: Which) {
        if self.messages.current().is_some_and(Item::becomes_saved) {
            self.mark(MessageState::Saved, AfterMark::Next(which));
        } else {
            self.go_to_message(which);
        }
    }

    fn go_to_message(&mut self, which: Which) {
        if self.messages.next(which) {
            return self.open_message();
        }
        self.announce(match which {
            Which::Any => say::NO_MORE_MESSAGES,
            Which::New => say::NO_MORE_NEW_MESSAGES,
        });
        self.go_to_main_menu();
    }

    fn go_to_message_before(&mut self) {
        if self.messages.previous() {
            return self.open_message();
        }
        self.announce(say::FIRST_MESSAGE);
        self.open_message_menu();
    }

    fn mark(&mut self, state: MessageState, after: AfterMark) {
        match (self.mailbox(), self.messages.current().map(|item| item.summary.id)) {
            (Some(mailbox), Some(message)) => {
                self.ask(Asked::Mark(state, after), Question::Mark { mailbox, message, state });
            }
            (None, _) | (_, None) => self.go_to_main_menu(),
        }
    }

    fn call_sender(&mut self) {
        let summary = self.messages.current().map(|item| &item.summary);
        let number = summary.and_then(|summary| match &summary.sender {
            Some(card) => Some(card.extension.to_string()),
            None => summary.caller.clone(),
        });
        match number {
            Some(number) => self.transfer(number),
            None => {
                self.announce(say::NO_NUMBER_TO_CALL);
                self.open_message_menu();
            }
        }
    }

    /// The rows of the menu; what cannot be done with this message is not told.
    fn message_rows(&self) -> Option<Vec<Row>> {
        let item = self.messages.current()?;
        let summary = &item.summary;
        let as_told = |row: &Row| {
            let Action::Message(action) = row.action else { return *row };
            let (action, offered) = match action {
                MessageAction::Delete if item.is_deleted() => (MessageAction::Undelete, true),
                MessageAction::Reply => (action, summary.sender.is_some()),
                MessageAction::Forward => (action, !summary.private),
                MessageAction::CallSender => (action, summary.sender.is_some() || summary.caller.is_some()),
                MessageAction::Next
                | MessageAction::NextNew
                | MessageAction::Previous
                | MessageAction::Replay
                | MessageAction::Save
                | MessageAction::Delete
                | MessageAction::Undelete
                | MessageAction::MarkNew
                | MessageAction::Envelope => (action, true),
            };
            let told = if offered { row.told } else { Told::Never };
            Row { keys: row.keys, action: Action::Message(action), told }
        };
        Some(self.settings.layout.message.iter().map(as_told).collect())
    }

    fn listening_words(&self) -> Vec<Phrase> {
        let keys = menu_words(self.settings.layout.playing);
        [Phrase::Prompt(say::WHILE_LISTENING)].into_iter().chain(keys).collect()
    }

    fn place_and_time(&self) -> PlaceAndTime {
        let clock = self.subscriber.as_ref().map(|subscriber| subscriber.options.clock).unwrap_or_default();
        PlaceAndTime { time_zone: self.settings.time_zone.clone(), today: self.today(), clock }
    }
}
