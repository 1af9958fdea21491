//! Mailboxes: their rows, how they are found and imported, what their owners have recorded and chosen.
pub(crate) mod finder;
pub(crate) mod greetings;
pub(crate) mod import;
pub(crate) mod phone_options;
pub(crate) mod recorded_names;
pub(crate) mod rows;

use jiff::Timestamp;
use mailbox::{Mailbox, MailboxChange, MailboxId, NewMailbox};
use rusqlite::{Transaction, params};
use telephony::Extension;

use crate::{
    MailboxConflict, NewPin, Store, StoreError, StoreNotice,
    database::columns::natural,
    error::Doing,
    mailboxes::greetings::delete_greetings_of,
    mailboxes::rows::{insert_mailbox, insert_numbers, read_mailbox, read_mailboxes},
    messages::delete_rows_of,
    pins::rows::write_pin,
};

/// Which mailboxes are listed; `None` means all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MailboxFilter {
    /// Those of one dial plan.
    pub dial_plan: Option<String>,
    /// Those with this extension, in whatever plan.
    pub extension: Option<Extension>,
}

/// What becomes of the messages of a mailbox that is disabled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MessagesOfDisabled {
    /// A mailbox that has any is not disabled; those that its owner deleted do not count.
    Keep,
    /// They are deleted with it.
    Delete,
}

impl Store {
    /// The mailboxes that fit, by dial plan and extension.
    ///
    /// # Errors
    /// The database failed.
    pub fn mailboxes(&self, filter: &MailboxFilter) -> Result<Vec<Mailbox>, StoreError> {
        self.shared().database.read(|snapshot| read_mailboxes(snapshot, filter))
    }

    /// One mailbox.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`], or the database failed.
    pub fn mailbox(&self, mailbox: MailboxId) -> Result<Mailbox, StoreError> {
        self.shared()
            .database
            .read(|snapshot| read_mailbox(snapshot, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox }))
    }

    /// How many mailboxes a dial plan has; a plan with any should not be deleted.
    ///
    /// # Errors
    /// The database failed.
    pub fn count_mailboxes(&self, dial_plan: &str) -> Result<u64, StoreError> {
        self.shared().database.read(|snapshot| {
            snapshot
                .query_row("SELECT count(*) FROM mailboxes WHERE dial_plan = ?1", [dial_plan], |row| {
                    natural(row, 0)
                })
                .doing("counting mailboxes")
        })
    }

    /// Enables a mailbox; the PIN is hardened at once (about 25 ms).
    ///
    /// # Errors
    /// [`StoreError::Mailbox`] if a fact cannot stand or a number is taken; nothing is stored then.
    pub fn enable_mailbox(
        &self,
        new: &NewMailbox,
        pin: Option<&NewPin>,
        at: Timestamp,
    ) -> Result<Mailbox, StoreError> {
        let hash =
            pin.map(|pin| Ok::<_, StoreError>((self.shared().hash_hard(pin)?, pin.origin))).transpose()?;
        let enabled = self.shared().database.write(|transaction| {
            let id = insert_mailbox(transaction, new, at)??;
            if let Some((hash, origin)) = &hash {
                write_pin(transaction, id, hash, *origin, at)?;
            }
            read_mailbox(transaction, id)?.ok_or(StoreError::NoSuchMailbox { mailbox: id })
        })?;
        self.shared().tell_changed([enabled.id]);
        Ok(enabled)
    }

    /// Changes facts of a mailbox.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`], or [`StoreError::Mailbox`] if a fact cannot stand or a number is taken.
    pub fn change_mailbox(&self, mailbox: MailboxId, change: &MailboxChange) -> Result<Mailbox, StoreError> {
        let changed = self.shared().database.write(|transaction| {
            let old = read_mailbox(transaction, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox })?;
            change.check(&old.extension).map_err(MailboxConflict::Refused)?;
            let name = change.name.as_ref().unwrap_or(&old.name);
            let email = change.email.as_ref().unwrap_or(&old.email);
            let policy = change.policy.as_ref().unwrap_or(&old.policy);
            transaction
                .execute(
                    "UPDATE mailboxes SET name = ?1, email = ?2, policy = ?3 WHERE id = ?4",
                    params![name, email, policy, mailbox.0],
                )
                .doing("changing a mailbox")?;
            if let Some(numbers) = &change.numbers {
                transaction
                    .execute("DELETE FROM dial_numbers WHERE mailbox = ?1 AND position > 0", [mailbox.0])
                    .doing("changing the numbers of a mailbox")?;
                insert_numbers(transaction, &old.dial_plan, mailbox, numbers)??;
            }
            read_mailbox(transaction, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox })
        })?;
        self.shared().tell_changed([mailbox]);
        Ok(changed)
    }

    /// Disables a mailbox: it and its PIN are gone, its numbers are free again.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`]; [`StoreError::MailboxHasMessages`] if they are to be kept and there are any.
    pub fn disable_mailbox(
        &self,
        mailbox: MailboxId,
        messages: MessagesOfDisabled,
    ) -> Result<Mailbox, StoreError> {
        let (old, files) = self.shared().database.write(|transaction| {
            let old = read_mailbox(transaction, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox })?;
            let count = count_kept(transaction, mailbox)?;
            if messages == MessagesOfDisabled::Keep && count > 0 {
                return Err(StoreError::MailboxHasMessages { mailbox, count });
            }
            let mut files = delete_rows_of(transaction, mailbox)?;
            files.extend(delete_greetings_of(transaction, mailbox)?);
            transaction
                .execute("DELETE FROM mailboxes WHERE id = ?1", [mailbox.0])
                .doing("disabling a mailbox")?;
            Ok((old, files))
        })?;
        (self.shared().options.on_notice)(StoreNotice::MailboxGone { mailbox: Box::new(old.clone()) });
        self.shared().finish_removals(&files)?;
        Ok(old)
    }
}

/// Messages that their owner has not deleted.
fn count_kept(transaction: &Transaction<'_>, mailbox: MailboxId) -> Result<u64, StoreError> {
    transaction
        .query_row("SELECT count(*) FROM messages WHERE mailbox = ?1 AND state < 2", [mailbox.0], |row| {
            natural(row, 0)
        })
        .doing("counting the messages of a mailbox")
}
