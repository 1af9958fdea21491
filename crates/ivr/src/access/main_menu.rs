//! How many messages there are, and where to go from here.
use super::{
    Asked, Place, SubscriberAccess,
    layout::{Action, Row, Section},
    prompts as say,
};
use crate::{
    phrase::{Counted, Phrase},
    question::{Answer, Question},
};

impl SubscriberAccess {
    /// To the main menu, with what has come in the meantime.
    pub(super) fn go_to_main_menu(&mut self) {
        match self.mailbox() {
            Some(mailbox) => self.ask(Asked::Messages, Question::Messages { mailbox }),
            None => self.ask_extension(),
        }
    }

    pub(super) fn messages_told(&mut self, answer: Answer) {
        // Else what was known before is still true, as far as anybody knows.
        if let Answer::Messages(messages) = answer {
            self.messages.update(messages);
        }
        let counts = self.count_words();
        self.opening.extend(counts);
        self.open_main_menu();
    }

    pub(super) fn open_main_menu(&mut self) {
        self.place = Place::Main;
        let has_operator = self.settings.operator.is_some();
        let is_offered = |row: &&Row| row.action != Action::Operator || has_operator;
        let rows = self.settings.layout.main.iter().filter(is_offered).copied().collect();
        self.open_menu(rows);
    }

    pub(super) fn listen(&mut self, section: Section) {
        if self.messages.begin(section) {
            return self.open_message();
        }
        self.announce(match (self.messages.is_known(), section) {
            (false, _) => say::MESSAGES_UNKNOWN,
            (true, Section::All) => say::NO_MESSAGES,
            (true, Section::New) => say::NO_NEW_MESSAGES,
            (true, Section::Saved) => say::NO_SAVED_MESSAGES,
        });
        self.open_main_menu();
    }

    fn count_words(&self) -> Vec<Phrase> {
        if !self.messages.is_known() {
            return vec![Phrase::Prompt(say::MESSAGES_UNKNOWN)];
        }
        let counts = self.messages.counts();
        if (counts.new, counts.saved) == (0, 0) {
            return vec![Phrase::Prompt(say::NO_MESSAGES)];
        }
        let told = [
            (counts.new, Counted::NewMessages),
            (counts.new_urgent, Counted::UrgentMessages),
            (counts.saved, Counted::SavedMessages),
        ];
        let counted = told.into_iter().filter(|(count, _)| *count > 0);
        let counted = counted.map(|(count, what)| Phrase::Count(count, what));
        [Phrase::Prompt(say::YOU_HAVE)].into_iter().chain(counted).collect()
    }
}
