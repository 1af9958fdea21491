//! Extension and PIN. The words are the same whatever was wrong: nobody learns which mailboxes there are.
use mailbox::{LogOn, MailboxRoom, PinStanding, Subscriber};
use telephony::Secret;

use super::{
    Asked, Place, SubscriberAccess, digit_entry::Wanted, pin_change::PinChoice, prompts as say, turn::Turn,
};
use crate::{
    attendant::{
        Announcement, AnnouncementKeys,
        prompts::{FOR_DIRECTORY, PRESS_POUND},
    },
    conversation::IvrOutput,
    patience::Patience,
    phrase::{Counted, Phrase, PromptKey},
    question::{Answer, Question},
    speech::Language,
};

/// Dialled in place of an extension, it reaches the operator.
const OPERATOR_KEY: &str = "0";

/// How far the log-on has come.
#[derive(Debug)]
pub(super) struct LogOnProgress {
    /// Who wants to log on.
    number: Option<String>,
    /// With log-ons that are refused in this call.
    patience: Patience,
}

impl LogOnProgress {
    /// The call ends with so many refusals.
    pub(super) fn new(refusals: u8) -> Self {
        Self { number: None, patience: Patience::new(refusals) }
    }
}

impl SubscriberAccess {
    pub(super) fn begin(&mut self) {
        self.opening.push(match self.settings.welcome.clone() {
            Some(recording) => Phrase::Announcement(recording),
            None => Phrase::Prompt(say::WELCOME),
        });
        let Some(Announcement { recording, keys }) = self.settings.announcement.clone() else {
            return self.begin_log_on();
        };
        self.opening.push(Phrase::Announcement(recording));
        match keys {
            AnnouncementKeys::Choose => self.begin_log_on(),
            AnnouncementKeys::AreIgnored => {
                self.turn = Turn::Welcome;
                self.outputs.push_back(IvrOutput::Play(std::mem::take(&mut self.opening)));
            }
        }
    }

    pub(super) fn begin_log_on(&mut self) {
        match self.settings.caller_number.clone() {
            Some(number) => self.ask_pin(number),
            None => self.ask_extension(),
        }
    }

    pub(super) fn ask_extension(&mut self) {
        self.log_on.number = None;
        let full = usize::from(self.settings.extension_digits.max(1));
        let words: &[PromptKey] = match self.settings.directory {
            Some(_) => &[say::ENTER_EXTENSION, FOR_DIRECTORY, PRESS_POUND],
            None => &[say::ENTER_EXTENSION],
        };
        self.open_entry(Wanted::Extension, Some(full), words);
    }

    pub(super) fn extension_entered(&mut self, digits: &str) {
        match self.settings.operator.clone() {
            Some(operator) if digits == OPERATOR_KEY => self.transfer(operator),
            Some(_) | None => self.ask_pin(digits.to_owned()),
        }
    }

    fn ask_pin(&mut self, number: String) {
        self.log_on.number = Some(number);
        self.open_entry(Wanted::Pin, None, &[say::ENTER_PIN, say::STAR_FOR_OTHER_EXTENSION]);
    }

    pub(super) fn pin_entered(&mut self, pin: Secret<String>) {
        match self.log_on.number.clone() {
            Some(number) => self.ask(Asked::LogOn, Question::LogOn { number, pin }),
            None => self.ask_extension(),
        }
    }

    pub(super) fn log_on_answered(&mut self, answer: Answer) {
        // A store that fails is no other than a wrong PIN to the caller: the attempt may have been counted.
        let Answer::LogOn(came) = answer else { return self.refuse() };
        match came {
            LogOn::Opened(subscriber) => self.open(subscriber),
            LogOn::Refused => self.refuse(),
        }
    }

    fn refuse(&mut self) {
        self.keys_ahead.clear();
        if self.log_on.patience.wears_out() {
            return self.say_farewell(Some(say::LOG_ON_REFUSED));
        }
        self.announce(say::LOG_ON_REFUSED);
        match self.log_on.number.take() {
            Some(number) => self.ask_pin(number),
            None => self.ask_extension(),
        }
    }

    fn open(&mut self, subscriber: Box<Subscriber>) {
        let own = subscriber.options.language.as_deref().and_then(|tag| tag.parse::<Language>().ok());
        self.speak(own.unwrap_or(self.settings.language));
        if let Some(name) = &subscriber.recorded_name {
            self.opening.push(Phrase::Name(name.clone()));
        }
        if subscriber.options.out_of_office.is_some() {
            self.announce(say::OUT_OF_OFFICE_IS_ON);
        }
        match subscriber.room {
            MailboxRoom::Some => {}
            MailboxRoom::Little => self.announce(say::MAILBOX_IS_ALMOST_FULL),
            MailboxRoom::Full => self.announce(say::MAILBOX_IS_FULL),
        }
        if subscriber.deleted_soon > 0 {
            self.announce(say::MESSAGES_ARE_TOO_OLD_SOON);
            self.opening.push(Phrase::Count(subscriber.deleted_soon, Counted::Messages));
        }
        let pin = subscriber.pin;
        self.subscriber = Some(subscriber);
        self.place = Place::Main;
        match pin {
            PinStanding::Good => self.go_to_main_menu(),
            PinStanding::ExpiresIn { days: 0 } => {
                self.announce(say::PIN_EXPIRES_TODAY);
                self.go_to_main_menu();
            }
            PinStanding::ExpiresIn { days } => {
                self.announce(say::PIN_EXPIRES_IN);
                self.opening.push(Phrase::Count(u32::from(days), Counted::Days));
                self.go_to_main_menu();
            }
            PinStanding::MustChange => {
                self.announce(say::PIN_MUST_CHANGE);
                self.ask_new_pin(PinChoice::Forced);
            }
        }
    }

    pub(super) fn speak(&mut self, language: Language) {
        if std::mem::replace(&mut self.language, language) != language {
            self.outputs.push_back(IvrOutput::Speak(language));
        }
    }
}
