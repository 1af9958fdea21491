use std::time::Duration;

use jiff::Timestamp;
use mailbox::MessageId;
use rusqlite::{Row, Transaction, types::Type};
use serde::{Deserialize, Serialize};

use crate::{QueueFull, Store, StoreError, committer::IndexWork, error::Doing};

/// Call records kept unless [`crate::StoreOptions`] says otherwise.
pub const CALLS_KEPT: u32 = 100_000;

/// What is kept of a call after its end.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CallRecord {
    /// The SIP Call-ID.
    pub call_id: String,
    /// When the INVITE came.
    pub started: Timestamp,
    /// When the call was over.
    pub ended: Timestamp,
    /// How long it was up; `None` if it was not answered.
    pub answered_for: Option<Duration>,
    /// `udp`, `tcp` or `tls`.
    pub transport: String,
    /// The gateway that brought it.
    pub gateway: Option<String>,
    /// The plan that took it.
    pub dial_plan: Option<String>,
    /// The mailbox it was for, by extension.
    pub extension: Option<String>,
    /// The caller's number; `None` if withheld.
    pub caller: Option<String>,
    /// The SRTP suite; `None` for clear media or none.
    pub suite: Option<String>,
    /// The status of the final answer.
    pub status: u16,
    /// How it ended, in words of the program.
    pub outcome: String,
    /// The message it left.
    pub message: Option<MessageId>,
}

/// A call record as it stands in the database.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CallRow {
    /// Ascending by one for ever.
    pub id: i64,
    /// The record.
    #[serde(flatten)]
    pub call: CallRecord,
}

impl Store {
    /// Hands a call record to the indexer, which writes it with the next group commit. Never waits.
    ///
    /// # Errors
    /// The indexer has too much to do, and the record is not kept.
    pub fn post_call(&self, call: CallRecord) -> Result<(), QueueFull> {
        self.shared()
            .index
            .push(IndexWork::Call(Box::new(call)), self.shared().options.requests_waiting)
            .map_err(|_| QueueFull)
    }

    /// The newest `limit` calls that ended at `since` or later, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn list_calls(&self, since: Option<Timestamp>, limit: u32) -> Result<Vec<CallRow>, StoreError> {
        self.shared().database.read(|snapshot| {
            snapshot
                .prepare_cached(
                    "SELECT id, record FROM
                         (SELECT * FROM calls WHERE ?1 IS NULL OR ended >= ?1 ORDER BY id DESC LIMIT ?2)
                     ORDER BY id",
                )
                .and_then(|mut statement| {
                    statement.query_map((since.map(Timestamp::as_microsecond), limit), call_of)?.collect()
                })
                .doing("reading call records")
        })
    }
}

/// Writes the record and lets the oldest go.
pub(crate) fn insert_call(
    transaction: &Transaction<'_>,
    call: &CallRecord,
    kept: u32,
) -> Result<(), StoreError> {
    // A struct of texts, numbers and dates always has a JSON form.
    let record = serde_json::to_string(call).unwrap_or_default();
    transaction
        .prepare_cached("INSERT INTO calls (ended, record) VALUES (?1, ?2)")
        .and_then(|mut statement| statement.execute((call.ended.as_microsecond(), record)))
        .doing("writing a call record")?;
    let oldest_gone = transaction.last_insert_rowid().saturating_sub(i64::from(kept));
    transaction
        .prepare_cached("DELETE FROM calls WHERE id <= ?1")
        .and_then(|mut statement| statement.execute([oldest_gone]))
        .doing("letting the oldest call record go")?;
    Ok(())
}

fn call_of(row: &Row<'_>) -> rusqlite::Result<CallRow> {
    let record: String = row.get(1)?;
    let call = serde_json::from_str(&record)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(1, Type::Text, Box::new(error)))?;
    Ok(CallRow { id: row.get(0)?, call })
}
