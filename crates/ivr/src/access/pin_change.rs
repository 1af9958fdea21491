//! A new PIN: entered twice, judged by the store.
use mailbox::PinRefusal;
use telephony::Secret;

use super::{Asked, SubscriberAccess, digit_entry::Wanted, prompts as say};
use crate::{
    phrase::Phrase,
    question::{Answer, Question},
};

/// Why there is to be a new PIN.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PinChoice {
    /// Nothing else is possible before.
    Forced,
    /// The subscriber asked for it.
    Asked,
}

impl SubscriberAccess {
    pub(super) fn ask_new_pin(&mut self, choice: PinChoice) {
        self.new_pin = None;
        self.open_entry(Wanted::NewPin(choice), None, &[say::ENTER_NEW_PIN]);
    }

    pub(super) fn new_pin_entered(&mut self, choice: PinChoice, pin: Secret<String>) {
        self.new_pin = Some(pin);
        self.open_entry(Wanted::NewPinAgain(choice), None, &[say::ENTER_NEW_PIN_AGAIN]);
    }

    pub(super) fn new_pin_repeated(&mut self, choice: PinChoice, pin: Secret<String>) {
        let is_same = self.new_pin.take().is_some_and(|first| first == pin);
        match self.mailbox() {
            Some(mailbox) if is_same => self.ask(Asked::Pin(choice), Question::SetPin { mailbox, pin }),
            Some(_) | None => {
                self.announce(say::PINS_DIFFER);
                self.ask_new_pin(choice);
            }
        }
    }

    pub(super) fn leave_new_pin(&mut self, choice: PinChoice) {
        self.new_pin = None;
        match choice {
            PinChoice::Forced => {
                self.announce(say::PIN_MUST_CHANGE);
                self.ask_new_pin(choice);
            }
            PinChoice::Asked => {
                self.announce(say::CANCELLED);
                self.go_back();
            }
        }
    }

    pub(super) fn pin_set(&mut self, choice: PinChoice, answer: &Answer) {
        let Answer::Pin(set) = answer else { return self.pin_not_set(choice) };
        if let Err(refusal) = set {
            self.keys_ahead.clear();
            self.opening.extend(refusal_words(*refusal));
            return self.ask_new_pin(choice);
        }
        self.announce(say::PIN_CHANGED);
        match choice {
            PinChoice::Forced => self.go_to_main_menu(),
            PinChoice::Asked => self.go_back(),
        }
    }

    fn pin_not_set(&mut self, choice: PinChoice) {
        match choice {
            // Without a new PIN there is nothing that could be done.
            PinChoice::Forced => self.say_farewell(Some(say::NOT_DONE)),
            PinChoice::Asked => {
                self.announce(say::NOT_DONE);
                self.go_back();
            }
        }
    }
}

/// Why the PIN is refused, in words that do not say it.
fn refusal_words(refusal: PinRefusal) -> Vec<Phrase> {
    match refusal {
        PinRefusal::TooShort { minimum, .. } => {
            vec![Phrase::Prompt(say::PIN_TOO_SHORT), Phrase::Number(u32::from(minimum))]
        }
        PinRefusal::TooLong => vec![Phrase::Prompt(say::PIN_TOO_LONG)],
        PinRefusal::Sequence | PinRefusal::Repeat | PinRefusal::NotADigit => {
            vec![Phrase::Prompt(say::PIN_TOO_EASY)]
        }
        PinRefusal::HoldsExtension => vec![Phrase::Prompt(say::PIN_HOLDS_EXTENSION)],
        PinRefusal::UsedBefore => vec![Phrase::Prompt(say::PIN_USED_BEFORE)],
    }
}
