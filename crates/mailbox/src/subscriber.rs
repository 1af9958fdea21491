//! What the owner of a mailbox sees and changes by phone, as values.
use std::{fmt, time::Duration};

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use telephony::Extension;

use crate::{Mailbox, MailboxId, MessageId, RecordedName};

/// The owner of a mailbox who has just given the right PIN. Nothing else makes one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subscriber {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// Its recorded name.
    pub recorded_name: Option<RecordedName>,
    /// What is to be said about the PIN.
    pub pin: PinStanding,
    /// What the owner has chosen.
    pub options: PhoneOptions,
    /// Which greetings are recorded.
    pub greetings: Greetings,
}

/// What a right PIN still asks of its owner.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinStanding {
    /// Nothing.
    Good,
    /// It must be changed before anything else: the server made it, it has expired, or the policy asks for a longer one.
    MustChange,
    /// It expires soon.
    ExpiresIn {
        /// Whole days left; 0 is today.
        days: u16,
    },
}

/// What came of a log-on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LogOn {
    /// The PIN is right.
    Opened(Box<Subscriber>),
    /// Unknown mailbox, wrong PIN, locked mailbox, no access allowed: nobody can tell which.
    Refused,
}

/// What the owner has chosen for themselves.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PhoneOptions {
    /// The language of the prompts, a BCP 47 tag; `None` is the plan's.
    pub language: Option<String>,
    /// How times are spoken.
    pub clock: Clock,
    /// The out-of-office greeting answers callers.
    pub out_of_office: Option<OutOfOffice>,
}

/// How times are spoken.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Clock {
    /// As the language does it.
    #[default]
    OfLanguage,
    /// "three fifteen p.m."
    Twelve,
    /// "fifteen fifteen"
    TwentyFour,
}

/// The owner is away.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OutOfOffice {
    /// The first day, in the plan's time zone; `None` began at once.
    pub from: Option<Date>,
    /// The last day; `None` is until further notice.
    pub until: Option<Date>,
}

/// One change of [`PhoneOptions`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OptionChange {
    /// The language; `None` goes back to the plan's.
    Language(Option<String>),
    /// How times are spoken.
    Clock(Clock),
    /// Whether the owner is away.
    OutOfOffice(Option<OutOfOffice>),
}

/// What a mailbox can have recorded.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum GreetingKind {
    /// Callers hear it when nobody answers.
    Personal,
    /// Callers hear it while the owner is away.
    OutOfOffice,
    /// The owner's name alone, at most [`crate::RECORDED_NAME_LONGEST`].
    Name,
}

/// The row of a recorded greeting in the index; never given to a second one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct GreetingId(pub i64);

/// A recorded greeting, played from its file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RecordedGreeting {
    /// The row in the index.
    pub id: GreetingId,
    /// How long it plays.
    pub length: Duration,
}

/// Which greetings a mailbox has.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Greetings {
    /// [`GreetingKind::Personal`].
    pub personal: Option<RecordedGreeting>,
    /// [`GreetingKind::OutOfOffice`].
    pub out_of_office: Option<RecordedGreeting>,
}

/// Where a message stands with its owner.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageState {
    /// Not heard yet, or marked unread.
    #[default]
    New,
    /// Heard and kept.
    Saved,
    /// Deleted by the owner: kept for some days for `um message restore`.
    Deleted,
}

/// A message as it is told by phone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MessageSummary {
    /// The row in the index.
    pub id: MessageId,
    /// When it was kept.
    pub received: Timestamp,
    /// How long it plays.
    pub length: Duration,
    /// Marked for high importance.
    pub urgent: bool,
    /// Not to be forwarded.
    pub private: bool,
    /// New or saved.
    pub state: MessageState,
    /// The caller's number; `None` if withheld.
    pub caller: Option<String>,
    /// The mailbox that sent it or whose extension called: it can be replied to.
    pub sender: Option<MailboxCard>,
}

/// A mailbox as others see it by phone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MailboxCard {
    /// The mailbox.
    pub id: MailboxId,
    /// Its number.
    pub extension: Extension,
    /// The person's name, for text-to-speech one day and for logs now.
    pub name: String,
    /// How it is spoken.
    pub recorded_name: Option<RecordedName>,
}

/// A message that the owner of one mailbox sends to another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OutgoingMessage {
    /// Who sends it.
    pub from: MailboxId,
    /// Who gets it.
    pub to: MailboxId,
    /// What the sender has just recorded: the message or reply, or the introduction to the forwarded one; with its length.
    pub recorded: Option<Duration>,
    /// The message that is forwarded behind it.
    pub forwarded: Option<MessageId>,
    /// Marked for high importance.
    pub urgent: bool,
    /// Not to be forwarded.
    pub private: bool,
}

/// Which name the digits of a dial-by-name search spell first.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum NameOrder {
    /// Last name, then first name: Exchange UM's default.
    #[default]
    LastFirst,
    /// First name, then last name.
    FirstLast,
}

/// What a dial-by-name search found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NamesFound {
    /// The first matches, by name; at most [`NAMES_AT_MOST`].
    pub cards: Vec<MailboxCard>,
    /// There are more: the caller should press more keys.
    pub more: bool,
}

/// Matches that are read out: one key each.
pub const NAMES_AT_MOST: usize = 8;

impl fmt::Display for GreetingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
