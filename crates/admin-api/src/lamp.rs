use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How the lamp of a mailbox stands.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LampRow {
    /// `EXT@PLAN`.
    pub address: String,
    /// Messages not heard yet, the urgent ones among them: what lights the lamp.
    pub new: u32,
    /// The urgent ones of them.
    pub new_urgent: u32,
    /// Messages heard and kept.
    pub old: u32,
    /// The urgent ones of them.
    pub old_urgent: u32,
    /// `told`, `pending`, `failed`, or `off` where nobody is to be told.
    pub standing: String,
    /// The gateway that has taken it.
    pub gateway: Option<String>,
    /// When it was taken, or given up.
    pub at: Option<Timestamp>,
    /// Why no gateway takes it.
    pub reason: Option<String>,
    /// Telephones and servers that subscribe to it.
    pub subscribers: u64,
}

/// Which lamps a list is asked for.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct LampQuery {
    /// Only of this plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dial_plan: Option<String>,
    /// Only of this extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
}

/// All lamps are told again.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LampsRefreshed {
    /// How many.
    pub lamps: u64,
}
