//! Callers who left nothing.
use mailbox::{MailboxId, MissedCall};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::{
    Store, StoreError,
    columns::timestamp,
    error::Doing,
    outbox::{OutboxItem, write_outbox},
};

/// Missed calls kept, for all mailboxes together; the oldest go out first.
pub const MISSED_CALLS_KEPT: u32 = 100_000;

impl Store {
    /// The newest `limit` missed calls of a mailbox, newest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn missed_calls(&self, mailbox: MailboxId, limit: u32) -> Result<Vec<MissedCall>, StoreError> {
        self.shared().database.read(|snapshot| {
            snapshot
                .prepare_cached(
                    "SELECT mailbox, at, caller, caller_name, call_id FROM missed_calls
                     WHERE mailbox = ?1 ORDER BY at DESC, id DESC LIMIT ?2",
                )
                .and_then(|mut statement| statement.query_map((mailbox.0, limit), missed_call)?.collect())
                .doing("reading missed calls")
        })
    }
}

/// Writes the call and lets the oldest go. `false`: the mailbox is gone.
pub(crate) fn insert_missed(transaction: &Transaction<'_>, missed: &MissedCall) -> Result<bool, StoreError> {
    let known = transaction
        .prepare_cached("SELECT 1 FROM mailboxes WHERE id = ?1")
        .and_then(|mut statement| statement.query_row([missed.mailbox.0], |_| Ok(())).optional())
        .doing("looking for the mailbox of a missed call")?;
    if known.is_none() {
        return Ok(false);
    }
    transaction
        .prepare_cached(
            "INSERT INTO missed_calls (mailbox, at, caller, caller_name, call_id) VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                missed.mailbox.0,
                missed.at.as_microsecond(),
                missed.caller,
                missed.caller_name,
                missed.call_id
            ])
        })
        .doing("writing a missed call")?;
    let id = transaction.last_insert_rowid();
    write_outbox(transaction, missed.at, missed.mailbox, OutboxItem::Missed(id))?;
    transaction
        .prepare_cached("DELETE FROM missed_calls WHERE id <= ?1")
        .and_then(|mut statement| statement.execute([id.saturating_sub(i64::from(MISSED_CALLS_KEPT))]))
        .doing("letting the oldest missed call go")?;
    Ok(true)
}

fn missed_call(row: &Row<'_>) -> rusqlite::Result<MissedCall> {
    Ok(MissedCall {
        mailbox: MailboxId(row.get(0)?),
        at: timestamp(row, 1)?,
        caller: row.get(2)?,
        caller_name: row.get(3)?,
        call_id: row.get(4)?,
    })
}
