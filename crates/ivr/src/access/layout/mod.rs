//! Which key does what: the layout as data.
mod asterisk;
mod exchange;
mod words;

use mailbox::{Clock, GreetingKind};

use crate::speech::Language;

pub(super) use self::words::{menu_words, more_words};

/// Which key does what in every menu of a subscriber. The menus are spoken from it too, so that words and keys
/// cannot differ.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyLayout {
    pub(super) main: &'static [Row],
    /// While a message is heard.
    pub(super) playing: &'static [Row],
    /// After a message.
    pub(super) message: &'static [Row],
    pub(super) options: &'static [Row],
    /// Which greeting; empty where the options choose it themselves.
    pub(super) greetings: &'static [Row],
    /// One greeting.
    pub(super) greeting: &'static [Row],
    pub(super) greeting_review: &'static [Row],
    pub(super) message_review: &'static [Row],
    pub(super) recipient: &'static [Row],
    pub(super) introduction: &'static [Row],
    pub(super) clock: &'static [Row],
    pub(super) after_delete: AfterDelete,
}

/// What follows a deletion.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum AfterDelete {
    /// The next message.
    Next,
    /// The menu of the deleted message.
    Stay,
}

/// Keys, what they do, and where that is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Row {
    /// One or more keys, one after the other.
    pub(super) keys: &'static str,
    pub(super) action: Action,
    pub(super) told: Told,
}

/// Where a row is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Told {
    InMenu,
    /// Where the keys of [`Action::More`] lead, without these.
    InMore,
    /// Known to those who know it.
    Never,
}

/// What keys order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Action {
    /// Say the menu again.
    Repeat,
    /// Say what else there is; the keys that follow complete these.
    More,
    /// Back to the menu from which this choice was asked for.
    Back,
    MainMenu,
    Leave,
    Operator,
    Listen(Section),
    Compose,
    Options,
    Language,
    Playback(Playback),
    Message(MessageAction),
    Option(OptionAction),
    Greeting(GreetingAction),
    Review(ReviewAction),
    Recipient(RecipientAction),
    Introduction(Introduction),
    SetClock(Clock),
    SetLanguage(Language),
}

/// Which messages are listened to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Section {
    All,
    New,
    Saved,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Playback {
    Back,
    Forward,
    /// Stands still, or goes on.
    Pause,
    Slower,
    Faster,
    ToEnd,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum MessageAction {
    Next,
    /// The next that is new.
    NextNew,
    Previous,
    Replay,
    Save,
    /// Deletes, or undeletes what is deleted.
    Delete,
    /// The same, as it is told of a deleted message.
    Undelete,
    MarkNew,
    Envelope,
    CallSender,
    Forward,
    Reply,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum OptionAction {
    /// Away, or back again.
    OutOfOffice,
    Greetings,
    Greeting(GreetingKind),
    ChangePin,
    Clock,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum GreetingAction {
    Listen,
    Record,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ReviewAction {
    Accept,
    Listen,
    Again,
    Urgent,
    Private,
    Cancel,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum RecipientAction {
    Confirm,
    Another,
    Cancel,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Introduction {
    Record,
    Without,
}

impl KeyLayout {
    /// The keys of Exchange UM's Outlook Voice Access, short and `00` forms.
    pub const fn exchange() -> Self {
        exchange::LAYOUT
    }

    /// The keys of Asterisk's VoiceMailMain, as near as one menu tree comes to another.
    pub const fn asterisk_like() -> Self {
        asterisk::LAYOUT
    }
}

/// Told in the menu.
const fn told(keys: &'static str, action: Action) -> Row {
    Row { keys, action, told: Told::InMenu }
}

/// Told among the further options.
const fn more(keys: &'static str, action: Action) -> Row {
    Row { keys, action, told: Told::InMore }
}

/// Told nowhere.
const fn quiet(keys: &'static str, action: Action) -> Row {
    Row { keys, action, told: Told::Never }
}

#[cfg(test)]
mod card;
#[cfg(test)]
mod tests;
