use std::{fmt, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use telephony::{Extension, PhoneNumber};

/// The row of a mailbox in the index; never given to a second mailbox.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct MailboxId(pub i64);

/// Somebody who can be left a message.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Mailbox {
    /// The row in the index.
    pub id: MailboxId,
    /// The dial plan that the extension belongs to.
    pub dial_plan: String,
    /// The number of the mailbox, unique in its dial plan.
    pub extension: Extension,
    /// Further numbers that mean this mailbox, unique in the plan together with all extensions; in the order given.
    pub numbers: Vec<PhoneNumber>,
    /// The person's name.
    pub name: String,
    /// Where mail about messages goes.
    pub email: Option<String>,
    /// The mailbox policy, by name.
    pub policy: String,
    /// When the mailbox was enabled.
    pub created: Timestamp,
    /// How long its recorded name plays, if it has one; the audio comes with [`crate::FoundMailbox`].
    pub recorded_name: Option<Duration>,
}

impl fmt::Display for MailboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
