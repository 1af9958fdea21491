use jiff::Timestamp;

use crate::MailboxId;

/// A call that was answered for a mailbox and left no message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MissedCall {
    /// Whose owner was called.
    pub mailbox: MailboxId,
    /// When the caller had gone.
    pub at: Timestamp,
    /// The caller's number; `None` if withheld.
    pub caller: Option<String>,
    /// The caller's display name.
    pub caller_name: Option<String>,
    /// The SIP Call-ID.
    pub call_id: String,
}
