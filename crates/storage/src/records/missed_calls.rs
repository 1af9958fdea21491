//! Callers who left nothing.
use jiff::Timestamp;
use mailbox::{MailboxId, MissedCall};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use telephony::Extension;

use crate::{
    MailboxFilter, Store, StoreError,
    database::columns::timestamp,
    error::Doing,
    messages::outbox::{OutboxItem, write_outbox},
};

/// Missed calls kept, for all mailboxes together; the oldest go out first.
pub const MISSED_CALLS_KEPT: u32 = 100_000;

/// Which missed calls are asked for; nothing said means all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MissedCallFilter {
    /// Of callers who called then or later.
    pub since: Option<Timestamp>,
    /// Of these mailboxes.
    pub mailboxes: MailboxFilter,
}

/// A missed call, and whom it was for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MissedCallRow {
    /// The plan of the mailbox.
    pub dial_plan: String,
    /// Its extension.
    pub extension: String,
    /// The call.
    pub call: MissedCall,
}

impl Store {
    /// The newest `limit` missed calls that `filter` asks for, newest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn list_missed_calls(
        &self,
        filter: &MissedCallFilter,
        limit: u32,
    ) -> Result<Vec<MissedCallRow>, StoreError> {
        let MissedCallFilter { since, mailboxes: MailboxFilter { dial_plan, extension } } = filter;
        let since = since.map(Timestamp::as_microsecond);
        let extension = extension.as_ref().map(Extension::as_str);
        let row = |row: &Row<'_>| {
            Ok(MissedCallRow { call: missed_call(row)?, dial_plan: row.get(5)?, extension: row.get(6)? })
        };
        self.shared().database.read(|snapshot| {
            snapshot
                .prepare_cached(
                    "SELECT mailbox, at, caller, caller_name, call_id, dial_plan, extension
                     FROM missed_calls JOIN mailboxes ON mailboxes.id = missed_calls.mailbox
                     WHERE (?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR dial_plan = ?2)
                       AND (?3 IS NULL OR extension = ?3)
                     ORDER BY at DESC, missed_calls.id DESC LIMIT ?4",
                )
                .and_then(|mut statement| {
                    statement.query_map((since, dial_plan, extension, limit), row)?.collect()
                })
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
