//! Greetings and options that the owner changes by phone.
use mailbox::{GreetingKind, MailboxId, OptionChange, OutgoingRecording};

use crate::{StoreError, store::Shared};

pub(super) fn keep_greeting(
    _shared: &Shared,
    mailbox: MailboxId,
    _kind: GreetingKind,
    _recording: OutgoingRecording,
) -> Result<bool, StoreError> {
    Err(StoreError::NoSuchMailbox { mailbox })
}

pub(super) fn change(
    _shared: &Shared,
    mailbox: MailboxId,
    _change: &OptionChange,
) -> Result<bool, StoreError> {
    Err(StoreError::NoSuchMailbox { mailbox })
}
