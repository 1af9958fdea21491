use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A caller who left nothing.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MissedCallRow {
    /// The mailbox, `4001@hq`.
    pub mailbox: String,
    /// When.
    pub at: Timestamp,
    /// The caller's number; `None` if withheld.
    pub caller: Option<String>,
    /// The caller's name, if one came with the call.
    pub caller_name: Option<String>,
    /// The SIP Call-ID.
    pub call_id: String,
}

/// Which missed calls a list over all mailboxes is asked for.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct AllMissedCallsQuery {
    /// Of callers who called then or later.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// Of mailboxes of this dial plan.
    #[serde(default)]
    pub dial_plan: Option<String>,
    /// Of mailboxes with this extension.
    #[serde(default)]
    pub extension: Option<String>,
    /// At most so many, the newest.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// Which missed calls of a mailbox a list is asked for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct MissedCallQuery {
    /// At most so many, the newest.
    #[serde(default)]
    pub limit: Option<u32>,
}
