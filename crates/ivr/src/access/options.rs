//! What the owner of a mailbox chooses for themselves: language, clock, out of office.
use mailbox::OptionChange;

use super::{
    Asked, Place, SubscriberAccess,
    layout::{Action, OptionAction, Row, Told},
    pin_change::PinChoice,
    prompts as say,
};
use crate::{
    question::{Answer, Question},
    speech::Language,
};

/// The keys by which languages are chosen.
const LANGUAGE_KEYS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

impl SubscriberAccess {
    pub(super) fn open_options(&mut self) {
        self.place = Place::Options;
        self.open_menu(self.settings.layout.options.to_vec());
    }

    pub(super) fn choose_option(&mut self, action: OptionAction) {
        match action {
            OptionAction::OutOfOffice => self.change_out_of_office(),
            OptionAction::Greetings => self.open_greetings(),
            OptionAction::Greeting(kind) => {
                self.place = Place::Greeting(kind);
                self.choose_for_greeting(super::layout::GreetingAction::Listen);
            }
            OptionAction::ChangePin => self.ask_new_pin(PinChoice::Asked),
            OptionAction::Clock => self.open_menu(self.settings.layout.clock.to_vec()),
        }
    }

    pub(super) fn open_languages(&mut self) {
        let told = Told::InMenu;
        let languages = Language::ALL.iter().zip(LANGUAGE_KEYS);
        let rows =
            languages.map(|(language, keys)| Row { keys, action: Action::SetLanguage(*language), told });
        let back = Row { keys: "*", action: Action::Back, told };
        let repeat = Row { keys: "0", action: Action::Repeat, told: Told::Never };
        self.open_menu(rows.chain([back, repeat]).collect());
    }

    pub(super) fn set_option(&mut self, change: OptionChange) {
        match self.mailbox() {
            Some(mailbox) => {
                self.ask(Asked::Option(change.clone()), Question::SetOption { mailbox, change });
            }
            None => self.ask_extension(),
        }
    }

    pub(super) fn option_set(&mut self, change: OptionChange, answer: &Answer) {
        match answer.changed() {
            Some(true) => self.apply(change),
            Some(false) | None => self.announce(say::NOT_DONE),
        }
        self.go_back();
    }

    fn apply(&mut self, change: OptionChange) {
        let Some(subscriber) = &mut self.subscriber else { return };
        let options = &mut subscriber.options;
        match change {
            OptionChange::Language(language) => {
                options.language = language;
                let own = options.language.as_deref().and_then(|tag| tag.parse::<Language>().ok());
                self.speak(own.unwrap_or(self.settings.language));
                self.announce(say::OPTION_SET);
            }
            OptionChange::Clock(clock) => {
                options.clock = clock;
                self.announce(say::OPTION_SET);
            }
            OptionChange::OutOfOffice(away) => {
                options.out_of_office = away;
                self.tell_out_of_office();
            }
        }
    }
}
