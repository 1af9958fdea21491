use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::pin::PinText;

/// `PUT /v1/mailboxes/EXT@PLAN/pin`; also unlocks the mailbox.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SetPin {
    /// The PIN that a person chose.
    pub pin: PinText,
}

/// How it stands with the PIN of a mailbox. It never says the PIN.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PinFacts {
    /// When the PIN in force was set.
    pub set: Timestamp,
    /// The server thought of it: its owner must change it at the next log-on.
    pub made: bool,
    /// Wrong PINs since the last right one.
    pub failures: u16,
    /// Since when the mailbox is locked.
    #[serde(default)]
    pub locked: Option<Timestamp>,
    /// When wrong PINs made the server put a PIN in place that nobody has been told.
    #[serde(default)]
    pub reset: Option<Timestamp>,
}

/// What `POST /v1/mailboxes/EXT@PLAN/unlock` has left.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct UnlockedMailbox {
    /// `EXT@PLAN`.
    pub address: String,
    /// Its PIN; `None` if it has none.
    pub pin: Option<PinFacts>,
}
