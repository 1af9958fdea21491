//! A layout, spoken: what each option does and its keys.
use std::time::Duration;

use mailbox::{Clock, GreetingKind};

use super::{
    Action, GreetingAction, Introduction, MessageAction, OptionAction, Playback, RecipientAction,
    ReviewAction, Row, Section, Told,
};
use crate::{
    access::prompts as say,
    phrase::{Phrase, PromptKey},
};

/// The words of a menu: each option that is told here, and its keys.
pub(in crate::access) fn menu_words(rows: &[Row]) -> Vec<Phrase> {
    rows.iter()
        .filter(|row| row.told == Told::InMenu)
        .flat_map(|row| option_words(row.action, row.keys))
        .collect()
}

/// The words of the further options, whose keys begin with these.
pub(in crate::access) fn more_words(rows: &[Row], prefix: &str) -> Vec<Phrase> {
    rows.iter()
        .filter(|row| row.told == Told::InMore)
        .filter_map(|row| Some(option_words(row.action, row.keys.strip_prefix(prefix)?)))
        .flatten()
        .collect()
}

/// Nothing is heard for so long after each option: a key must not run into what the next one does.
const BETWEEN_OPTIONS: Duration = Duration::from_millis(250);

pub(super) fn option_words(action: Action, keys: &str) -> Vec<Phrase> {
    let mut words = vec![Phrase::Prompt(action.words())];
    for key in keys.chars() {
        match (key, words.last_mut()) {
            ('#', _) => words.push(Phrase::Prompt(say::POUND)),
            ('*', _) => words.push(Phrase::Prompt(say::STAR)),
            (key, Some(Phrase::Digits(digits))) => digits.push(key),
            (key, _) => words.push(Phrase::Digits(key.into())),
        }
    }
    words.push(Phrase::Pause(BETWEEN_OPTIONS));
    words
}

impl Action {
    /// "To .., press": the keys follow.
    pub(super) fn words(self) -> PromptKey {
        match self {
            Self::Repeat => say::TO_REPEAT,
            Self::More => say::TO_HEAR_MORE,
            Self::Back => say::TO_GO_BACK,
            Self::MainMenu => say::TO_MAIN_MENU,
            Self::Leave => say::TO_LEAVE,
            Self::Operator => say::TO_OPERATOR,
            Self::Listen(Section::All) => say::TO_LISTEN,
            Self::Listen(Section::New) => say::TO_LISTEN_NEW,
            Self::Listen(Section::Saved) => say::TO_LISTEN_SAVED,
            Self::Compose => say::TO_COMPOSE,
            Self::Options => say::TO_OPTIONS,
            Self::Language => say::TO_LANGUAGE,
            Self::Playback(playback) => playback.words(),
            Self::Message(action) => action.words(),
            Self::Option(action) => action.words(),
            Self::Greeting(GreetingAction::Listen) => say::TO_HEAR_GREETING,
            Self::Greeting(GreetingAction::Record) => say::TO_RECORD_GREETING,
            Self::Review(action) => action.words(),
            Self::Recipient(RecipientAction::Confirm) => say::TO_CONFIRM,
            Self::Recipient(RecipientAction::Another) => say::TO_ANOTHER_RECIPIENT,
            Self::Recipient(RecipientAction::Cancel) => say::TO_CANCEL,
            Self::Introduction(Introduction::Record) => say::TO_INTRODUCE,
            Self::Introduction(Introduction::Without) => say::TO_SEND_WITHOUT,
            Self::SetClock(Clock::OfLanguage) => say::TO_CLOCK_OF_LANGUAGE,
            Self::SetClock(Clock::Twelve) => say::TO_CLOCK_TWELVE,
            Self::SetClock(Clock::TwentyFour) => say::TO_CLOCK_TWENTY_FOUR,
            Self::SetLanguage(language) => say::to_speak(language),
        }
    }
}

impl Playback {
    fn words(self) -> PromptKey {
        match self {
            Self::Back => say::TO_REWIND,
            Self::Forward => say::TO_FAST_FORWARD,
            Self::Pause => say::TO_PAUSE,
            Self::Slower => say::TO_SLOWER,
            Self::Faster => say::TO_FASTER,
            Self::ToEnd => say::TO_END,
        }
    }
}

impl MessageAction {
    fn words(self) -> PromptKey {
        match self {
            Self::Next => say::TO_NEXT,
            Self::NextNew => say::TO_NEXT_NEW,
            Self::Previous => say::TO_PREVIOUS,
            Self::Replay => say::TO_REPLAY,
            Self::Save => say::TO_SAVE,
            Self::Delete => say::TO_DELETE,
            Self::Undelete => say::TO_UNDELETE,
            Self::MarkNew => say::TO_MARK_NEW,
            Self::Envelope => say::TO_ENVELOPE,
            Self::CallSender => say::TO_CALL_SENDER,
            Self::Forward => say::TO_FORWARD,
            Self::Reply => say::TO_REPLY,
        }
    }
}

impl OptionAction {
    fn words(self) -> PromptKey {
        match self {
            Self::OutOfOffice => say::TO_OUT_OF_OFFICE,
            Self::Greetings => say::TO_GREETINGS,
            Self::Greeting(GreetingKind::Personal) => say::TO_PERSONAL_GREETING,
            Self::Greeting(GreetingKind::OutOfOffice) => say::TO_OUT_OF_OFFICE_GREETING,
            Self::Greeting(GreetingKind::Name) => say::TO_RECORDED_NAME,
            Self::ChangePin => say::TO_CHANGE_PIN,
            Self::Clock => say::TO_CLOCK,
        }
    }
}

impl ReviewAction {
    fn words(self) -> PromptKey {
        match self {
            Self::Accept => say::TO_ACCEPT,
            Self::Listen => say::TO_HEAR_RECORDING,
            Self::Again => say::TO_RECORD_AGAIN,
            Self::Urgent => say::TO_MARK_URGENT,
            Self::Private => say::TO_MARK_PRIVATE,
            Self::Cancel => say::TO_CANCEL,
        }
    }
}
