use std::{collections::BTreeMap, time::Duration};

use jiff::{Timestamp, tz::TimeZone};

use super::KeyLayout;
use crate::{
    attendant::{Announcement, PeopleOffered},
    speech::Language,
};

/// The longest greeting of a mailbox whose policy is not known: that of a new policy.
pub const GREETING_LONGEST: Duration = Duration::from_secs(300);

/// What subscriber access has to know of the call and its plan.
#[derive(Clone, Debug)]
pub struct SubscriberAccessSettings {
    /// The caller's own number, if it is a mailbox of the plan: only the PIN is asked for. It opens nothing.
    pub caller_number: Option<String>,
    /// The recording that greets the caller, in place of the server's welcome.
    pub welcome: Option<String>,
    /// The recording that is heard after the welcome.
    pub announcement: Option<Announcement>,
    /// Wrong keys, or menus without an answer, one after the other, after which the call ends; 0 counts as 1.
    pub input_failures: u8,
    /// Refused log-ons after which the call ends; 0 counts as 1.
    pub logon_failures: u8,
    /// End of a recording by silence.
    pub recording_silence: Duration,
    /// Longest message that is sent.
    pub longest_message: Duration,
    /// Longest greeting, by the name of the mailbox's policy; [`GREETING_LONGEST`] under any other.
    pub longest_greetings: BTreeMap<String, Duration>,
    /// Which key does what.
    pub layout: KeyLayout,
    /// The language until the mailbox's own is known.
    pub language: Language,
    /// What a caller who has not logged on may do about people whose names they spell; `None`: nothing.
    pub directory: Option<PeopleOffered>,
    /// The operator's number.
    pub operator: Option<String>,
    /// When the call began: decides what "today" is.
    pub started: Timestamp,
    /// Where the plan is: days and times are told there.
    pub time_zone: TimeZone,
    /// How many digits an extension of the plan has.
    pub extension_digits: u8,
}
