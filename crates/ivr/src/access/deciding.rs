//! What came of a turn decides what follows.
use telephony::Secret;

use super::{
    Place, SubscriberAccess,
    digit_entry::Wanted,
    layout::Action,
    prompts as say,
    turn::{Asked, Heard, Turn},
};
use crate::{conversation::IvrInput, question::Answer};

impl SubscriberAccess {
    pub(super) fn tell(&mut self, input: &IvrInput) {
        let heard = self.turn.hear(input, &mut self.outputs);
        if let Turn::Listening(listening) = &self.turn {
            self.percent = listening.percent();
        }
        match heard {
            Some(Heard::Chosen(action, behind)) => {
                if let Some(digit) = behind {
                    self.keys_ahead.push_front(digit);
                }
                self.choose(action);
            }
            Some(Heard::Entered(wanted, digits)) => self.enter(wanted, digits),
            Some(Heard::Left(wanted)) => self.leave_entry(wanted),
            Some(Heard::NameWanted(purpose)) => self.search_name(purpose),
            Some(Heard::NameLeft(purpose)) => self.leave_name(purpose),
            Some(Heard::NameFound(found)) => self.name_found(found),
            Some(Heard::GaveUp) => self.say_farewell(None),
            Some(Heard::PlayedOut) => self.message_heard(),
            Some(Heard::NotRecorded) => self.cancel_draft(),
            Some(Heard::Recorded { why, length, speech }) => self.recorded(why, length, speech),
            Some(Heard::Answered(asked, answer)) => self.answered(asked, answer),
            Some(Heard::NotTransferred(why)) => self.not_transferred(why),
            Some(Heard::WelcomeSaid) => self.begin_log_on(),
            Some(Heard::FarewellSaid) => self.end(),
            None => {}
        }
    }

    fn choose(&mut self, action: Action) {
        match action {
            Action::Repeat => self.open_message_help(),
            Action::More => self.open_further_options(),
            // Nothing plays that could be wound.
            Action::Back | Action::Playback(_) => self.go_back(),
            Action::MainMenu => self.go_to_main_menu(),
            Action::Leave => self.say_farewell(None),
            Action::Operator => self.call_operator(),
            Action::Listen(section) => self.listen(section),
            Action::Compose => self.compose(),
            Action::Options => self.open_options(),
            Action::Language => self.open_languages(),
            Action::Message(action) => self.choose_for_message(action),
            Action::Option(action) => self.choose_option(action),
            Action::Greeting(action) => self.choose_for_greeting(action),
            Action::Review(action) => self.choose_for_draft(action),
            Action::Recipient(action) => self.choose_recipient(action),
            Action::Introduction(introduction) => self.introduce(introduction),
            Action::SetClock(clock) => self.set_option(mailbox::OptionChange::Clock(clock)),
            Action::SetLanguage(language) => {
                self.set_option(mailbox::OptionChange::Language(Some(language.tag().to_owned())));
            }
        }
    }

    fn enter(&mut self, wanted: Wanted, digits: Secret<String>) {
        match wanted {
            Wanted::Extension => self.extension_entered(digits.expose()),
            Wanted::Pin => self.pin_entered(digits),
            Wanted::NewPin(choice) => self.new_pin_entered(choice, digits),
            Wanted::NewPinAgain(choice) => self.new_pin_repeated(choice, digits),
            Wanted::Recipient => self.recipient_entered(digits.expose()),
            Wanted::FirstDay => self.first_day_entered(digits.expose()),
            Wanted::LastDay { from } => self.last_day_entered(from, digits.expose()),
        }
    }

    fn leave_entry(&mut self, wanted: Wanted) {
        match wanted {
            Wanted::Extension | Wanted::Pin => self.ask_extension(),
            Wanted::NewPin(choice) | Wanted::NewPinAgain(choice) => self.leave_new_pin(choice),
            Wanted::Recipient => self.cancel_draft(),
            Wanted::FirstDay | Wanted::LastDay { .. } => {
                self.announce(say::CANCELLED);
                self.go_back();
            }
        }
    }

    fn answered(&mut self, asked: Asked, answer: Answer) {
        match asked {
            Asked::LogOn => self.log_on_answered(answer),
            Asked::Messages => self.messages_told(answer),
            Asked::Mark(state, after) => self.message_marked(state, after, &answer),
            Asked::Recipient => self.recipient_told(answer),
            Asked::Send => self.sent(&answer),
            Asked::Greeting => self.greeting_kept(answer),
            Asked::Pin(choice) => self.pin_set(choice, &answer),
            Asked::Option(change) => self.option_set(change, &answer),
        }
    }

    /// To the menu that led here.
    pub(super) fn go_back(&mut self) {
        match self.place {
            Place::LogOn => self.ask_extension(),
            Place::Main => self.open_main_menu(),
            Place::Message => self.open_message_menu(),
            Place::Options => self.open_options(),
            Place::Greeting(kind) => self.open_greeting(kind),
        }
    }
}
