use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// A greeting that callers hear in place of the server's words.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GreetingName {
    /// When nobody answers.
    Personal,
    /// While the owner is away.
    OutOfOffice,
}

impl GreetingName {
    /// Every greeting.
    pub const ALL: [Self; 2] = [Self::Personal, Self::OutOfOffice];

    /// The word in paths, tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::OutOfOffice => "out-of-office",
        }
    }
}

/// A recorded greeting as lists show it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct GreetingRow {
    /// The mailbox, `4001@hq`.
    pub mailbox: String,
    /// Which.
    pub greeting: GreetingName,
    /// When it was recorded or imported.
    pub recorded: Timestamp,
    /// How long it is.
    pub length_seconds: f64,
    /// The codec that it is stored in.
    pub codec: String,
}

/// How a mailbox speaks times.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum ClockWord {
    /// As its language does.
    #[default]
    #[serde(rename = "language")]
    Language,
    /// "three fifteen p.m."
    #[serde(rename = "12")]
    Twelve,
    /// "fifteen fifteen"
    #[serde(rename = "24")]
    TwentyFour,
}

impl ClockWord {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Language => "language",
            Self::Twelve => "12",
            Self::TwentyFour => "24",
        }
    }
}

/// What the owner of a mailbox has chosen for the phone.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct OptionsRow {
    /// The mailbox, `4001@hq`.
    pub mailbox: String,
    /// The language of the prompts; `None` is the plan's.
    pub language: Option<String>,
    /// How times are spoken.
    pub clock: ClockWord,
    /// The owner is away, and callers hear the out-of-office greeting.
    pub away: Option<AwayDays>,
}

/// From when until when the owner is away, in the time zone of the plan.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AwayDays {
    /// The first day; `None` began at once.
    #[serde(default)]
    pub from: Option<Date>,
    /// The last day; `None` is until further notice.
    #[serde(default)]
    pub until: Option<Date>,
}

/// `PATCH /v1/mailboxes/EXT@PLAN/options`: what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct OptionsPatch {
    /// New language; the empty text goes back to the plan's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How times are spoken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockWord>,
    /// The owner is away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub away: Option<AwayDays>,
    /// The owner is back.
    pub back: bool,
}
