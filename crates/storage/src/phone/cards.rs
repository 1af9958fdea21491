//! A mailbox as others see it by phone.
use mailbox::{MailboxCard, MailboxId};
use rusqlite::Transaction;

use crate::{StoreError, mailboxes::recorded_names::read_recorded_name, mailboxes::rows::read_mailbox};

/// The card of a mailbox; `None` if it is gone.
pub(super) fn card_of(
    snapshot: &Transaction<'_>,
    mailbox: MailboxId,
) -> Result<Option<MailboxCard>, StoreError> {
    let Some(mailbox) = read_mailbox(snapshot, mailbox)? else { return Ok(None) };
    let recorded_name = read_recorded_name(snapshot, mailbox.id)?;
    Ok(Some(MailboxCard { id: mailbox.id, extension: mailbox.extension, name: mailbox.name, recorded_name }))
}
