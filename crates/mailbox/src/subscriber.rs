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
    /// What is left of its quota.
    pub room: MailboxRoom,
    /// Messages that the age limit of the policy deletes soon.
    pub deleted_soon: u32,
}

/// What a mailbox has left of its quota.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum MailboxRoom {
    /// Enough, or there is no limit.
    #[default]
    Some,
    /// So little that its owner is warned.
    Little,
    /// None: callers can leave no message.
    Full,
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

impl OutOfOffice {
    /// Whether the owner is away on a day of the plan's time zone.
    pub fn covers(self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
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

impl Greetings {
    /// What callers hear on a day of the plan's time zone: the out-of-office greeting while the owner is away, and the
    /// personal one else, or where there is no other. `None`: the server's own words.
    pub fn on(&self, options: &PhoneOptions, day: Date) -> Option<RecordedGreeting> {
        match options.out_of_office {
            Some(away) if away.covers(day) => self.out_of_office.or(self.personal),
            Some(_) | None => self.personal,
        }
    }
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

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn greeting(id: i64) -> RecordedGreeting {
        RecordedGreeting { id: GreetingId(id), length: Duration::from_secs(3) }
    }

    #[test]
    fn callers_hear_the_out_of_office_greeting_from_its_first_to_its_last_day() {
        let (first, last) = (Some(date(2026, 12, 24)), Some(date(2027, 1, 6)));
        let days = [date(2026, 12, 23), date(2026, 12, 24), date(2027, 1, 6), date(2027, 1, 7)];
        let both = Greetings { personal: Some(greeting(1)), out_of_office: Some(greeting(2)) };
        let cases = [
            (None, [1, 1, 1, 1]),
            (Some(OutOfOffice { from: first, until: last }), [1, 2, 2, 1]),
            (Some(OutOfOffice { from: None, until: last }), [2, 2, 2, 1]),
            (Some(OutOfOffice { from: first, until: None }), [1, 2, 2, 2]),
            (Some(OutOfOffice { from: None, until: None }), [2, 2, 2, 2]),
        ];
        for (out_of_office, expected) in cases {
            let options = PhoneOptions { out_of_office, ..PhoneOptions::default() };

            let heard = days.map(|day| both.on(&options, day).unwrap().id.0);

            assert_eq!(heard, expected, "{out_of_office:?}");
        }
    }

    #[test]
    fn a_greeting_that_is_missing_is_replaced_by_the_personal_one_and_that_by_the_servers_words() {
        let away = Some(OutOfOffice { from: None, until: None });
        let options = PhoneOptions { out_of_office: away, ..PhoneOptions::default() };
        let day = date(2026, 12, 24);
        let personal = Greetings { personal: Some(greeting(1)), out_of_office: None };
        let away_only = Greetings { personal: None, out_of_office: Some(greeting(2)) };

        assert_eq!(personal.on(&options, day), Some(greeting(1)));
        assert_eq!(away_only.on(&options, day), Some(greeting(2)));
        assert_eq!(away_only.on(&PhoneOptions::default(), day), None);
        assert_eq!(Greetings::default().on(&options, day), None);
    }
}
