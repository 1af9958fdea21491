//! The greetings that callers hear, and the recorded name: listen, record, keep.
use std::time::Duration;

use mailbox::GreetingKind;

use super::{
    Asked, Place, SubscriberAccess,
    compose::{Draft, DraftKind},
    layout::GreetingAction,
    prompts as say,
    settings::GREETING_LONGEST,
};
use crate::{
    phrase::Phrase,
    question::{Answer, Question},
};

impl SubscriberAccess {
    /// Which greeting; the options, where they choose it themselves.
    pub(super) fn open_greetings(&mut self) {
        match self.settings.layout.greetings {
            [] => self.open_options(),
            rows => {
                self.place = Place::Options;
                self.open_menu(rows.to_vec());
            }
        }
    }

    /// One greeting.
    pub(super) fn open_greeting(&mut self, kind: GreetingKind) {
        self.place = Place::Greeting(kind);
        self.open_menu(self.settings.layout.greeting.to_vec());
    }

    pub(super) fn choose_for_greeting(&mut self, action: GreetingAction) {
        let Place::Greeting(kind) = self.place else { return self.go_back() };
        match action {
            GreetingAction::Listen => {
                let words = self.greeting_words(kind);
                self.opening.push(words);
                self.open_greeting(kind);
            }
            GreetingAction::Record => {
                self.draft = Some(Draft { what: DraftKind::Greeting(kind), recorded: None });
                self.record_draft();
            }
        }
    }

    pub(super) fn keep_greeting(&mut self, kind: GreetingKind, length: Duration) {
        let Some(mailbox) = self.mailbox() else { return self.ask_extension() };
        // From here on the recording is the store's.
        self.draft = None;
        self.ask(Asked::Greeting, Question::KeepGreeting { mailbox, kind, length });
    }

    /// As the policy of the open mailbox says.
    pub(super) fn longest_greeting(&self) -> Duration {
        let policy = self.subscriber.as_ref().map(|subscriber| &subscriber.mailbox.policy);
        let longest = policy.and_then(|policy| self.settings.longest_greetings.get(policy));
        longest.copied().unwrap_or(GREETING_LONGEST)
    }

    /// From here on it is the one that is heard.
    pub(super) fn greeting_kept(&mut self, answer: Answer) {
        if let Answer::GreetingKept(Some(kept)) = answer
            && let Some(subscriber) = &mut self.subscriber
        {
            subscriber.keep(kept);
            self.announce(say::GREETING_KEPT);
        } else {
            self.announce(say::NOT_DONE);
        }
        self.go_back();
    }

    /// The greeting itself, or that there is none.
    fn greeting_words(&self, kind: GreetingKind) -> Phrase {
        let subscriber = self.subscriber.as_ref();
        let greeting = subscriber.and_then(|subscriber| match kind {
            GreetingKind::Personal => subscriber.greetings.personal.map(Phrase::Greeting),
            GreetingKind::OutOfOffice => subscriber.greetings.out_of_office.map(Phrase::Greeting),
            GreetingKind::Name => subscriber.recorded_name.clone().map(Phrase::Name),
        });
        greeting.unwrap_or(Phrase::Prompt(say::GREETING_NOT_RECORDED))
    }
}
