use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A caller who has failed to log on within a day.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct FailingCallerRow {
    /// The gateway that the calls came from.
    pub gateway: String,
    /// The caller's number; `None`: all those who withhold theirs.
    pub caller: Option<String>,
    /// Log-ons that failed, at whatever mailboxes.
    pub failures: u32,
    /// When the first of them was.
    pub since: Timestamp,
    /// When the caller tried last.
    pub last: Timestamp,
    /// Until when the caller's PINs are refused unread; `None`: they are compared.
    pub stopped_until: Option<Timestamp>,
}

/// Which callers with wrong PINs are asked for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct FailingCallerQuery {
    /// At most so many, those with the most failures.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// Which callers of a gateway are let go on; nothing said means every one.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ForgiveQuery {
    /// The one with this number.
    #[serde(default)]
    pub caller: Option<String>,
    /// Those who withhold their number.
    #[serde(default)]
    pub withheld: bool,
}

/// The callers who were let go on.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CallersForgiven {
    /// How many.
    pub callers: usize,
}
