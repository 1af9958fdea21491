//! Messages as the phone lists, marks and sends them.
use jiff::Timestamp;
use mailbox::{MailboxId, MessageId, MessageState, MessageSummary, OutgoingMessage, OutgoingRecording};

use crate::{StoreError, store::Shared};

pub(super) fn list(_shared: &Shared, mailbox: MailboxId) -> Result<Vec<MessageSummary>, StoreError> {
    Err(StoreError::NoSuchMailbox { mailbox })
}

pub(super) fn mark(
    _shared: &Shared,
    _mailbox: MailboxId,
    message: MessageId,
    _state: MessageState,
    _at: Timestamp,
) -> Result<bool, StoreError> {
    Err(StoreError::NoSuchMessage { message })
}

pub(super) fn send(
    _shared: &Shared,
    _recording: Option<OutgoingRecording>,
    message: &OutgoingMessage,
    _at: Timestamp,
) -> Result<bool, StoreError> {
    Err(StoreError::NoSuchMailbox { mailbox: message.to })
}
