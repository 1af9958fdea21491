//! Log-ons by phone.
use jiff::Timestamp;
use mailbox::{LogOn, MailboxId, PinAttempt, PinRefusal, PinRules};
use telephony::Secret;

use crate::{StoreError, store::Shared};

pub(super) fn log_on(_shared: &Shared, _attempt: &PinAttempt) -> Result<LogOn, StoreError> {
    Ok(LogOn::Refused)
}

pub(super) fn set_pin(
    _shared: &Shared,
    mailbox: MailboxId,
    _pin: &Secret<String>,
    _rules: &PinRules,
    _at: Timestamp,
) -> Result<Result<(), PinRefusal>, StoreError> {
    Err(StoreError::NoSuchMailbox { mailbox })
}
