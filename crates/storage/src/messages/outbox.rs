//! What is to be told to the owners of mailboxes by other ways than the phone: written with the row that it is about, so
//! that neither is lost without the other, and taken out by whoever has told it.
use jiff::Timestamp;
use mailbox::{MailboxId, MessageId};
use rusqlite::{Row, Transaction, params};

use crate::{Store, StoreError, database::columns::timestamp, error::Doing};

/// Items kept; nobody takes the oldest ones any more, and they go out first.
pub const OUTBOX_KEPT: u32 = 100_000;

/// Something to be told to the owner of a mailbox.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OutboxRow {
    /// Ascending for ever.
    pub id: i64,
    /// When it came.
    pub at: Timestamp,
    /// Whose it is.
    pub mailbox: MailboxId,
    /// What it is.
    pub item: OutboxItem,
}

/// What is to be told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OutboxItem {
    /// A message that came.
    Message(MessageId),
    /// The row of a missed call.
    Missed(i64),
}

impl Store {
    /// The oldest `limit` items, oldest first. What is gone by now, because its message or mailbox is, has no item.
    ///
    /// # Errors
    /// The database failed.
    pub fn outbox(&self, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        self.shared().database.read(|snapshot| {
            snapshot
                .prepare_cached("SELECT id, at, mailbox, message, missed FROM outbox ORDER BY id LIMIT ?1")
                .and_then(|mut statement| statement.query_map([limit], outbox_row)?.collect())
                .doing("reading the outbox")
        })
    }

    /// Takes an item out: it has been told, or never can be. Taken out twice is no error.
    ///
    /// # Errors
    /// The database failed.
    pub fn take_from_outbox(&self, id: i64) -> Result<(), StoreError> {
        self.shared().database.write(|transaction| {
            transaction
                .execute("DELETE FROM outbox WHERE id = ?1", [id])
                .doing("taking an item out of the outbox")?;
            Ok(())
        })
    }
}

/// Writes an item and lets the oldest go.
pub(crate) fn write_outbox(
    transaction: &Transaction<'_>,
    at: Timestamp,
    mailbox: MailboxId,
    item: OutboxItem,
) -> Result<(), StoreError> {
    let (message, missed) = match item {
        OutboxItem::Message(message) => (Some(message.0), None),
        OutboxItem::Missed(missed) => (None, Some(missed)),
    };
    transaction
        .prepare_cached("INSERT INTO outbox (at, mailbox, message, missed) VALUES (?1, ?2, ?3, ?4)")
        .and_then(|mut statement| statement.execute(params![at.as_microsecond(), mailbox.0, message, missed]))
        .doing("writing to the outbox")?;
    let oldest_gone = transaction.last_insert_rowid().saturating_sub(i64::from(OUTBOX_KEPT));
    transaction
        .prepare_cached("DELETE FROM outbox WHERE id <= ?1")
        .and_then(|mut statement| statement.execute([oldest_gone]))
        .doing("letting the oldest item of the outbox go")?;
    Ok(())
}

fn outbox_row(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    let (message, missed): (Option<i64>, Option<i64>) = (row.get(3)?, row.get(4)?);
    // The table lets one of the two be set.
    let item = match (message, missed) {
        (Some(message), _) => OutboxItem::Message(MessageId(message)),
        (None, Some(missed)) => OutboxItem::Missed(missed),
        (None, None) => return Err(rusqlite::Error::IntegralValueOutOfRange(4, 0)),
    };
    Ok(OutboxRow { id: row.get(0)?, at: timestamp(row, 1)?, mailbox: MailboxId(row.get(2)?), item })
}
