use std::{sync::mpsc::sync_channel, time::Duration};

use jiff::{SignedDuration, Timestamp};
use mailbox::CallRecord;
use rusqlite::{Row, Transaction, types::Type};
use serde::{Deserialize, Serialize};

use crate::{QueueFull, Store, StoreError, error::Doing, work::committer::IndexWork};

/// Call records kept unless [`crate::StoreOptions`] says otherwise.
pub const CALLS_KEPT: u32 = 100_000;
/// How long call records are kept, in days.
pub const CALLS_KEPT_DAYS: u16 = 90;

/// A reader gets what the database has after this time.
const CATCHING_UP: Duration = Duration::from_secs(2);

/// A call record as it stands in the database.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct CallRow {
    /// Ascending by one for ever.
    pub id: i64,
    /// The record.
    #[serde(flatten)]
    pub call: CallRecord,
}

/// Which call records are asked for; nothing said means all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CallFilter {
    /// Of calls that ended then or later.
    pub since: Option<Timestamp>,
    /// Of calls that ended before.
    pub until: Option<Timestamp>,
    /// Of this gateway.
    pub gateway: Option<String>,
    /// Of mailboxes with this extension.
    pub extension: Option<String>,
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

    /// Waits until every record and missed call that was handed over before is in the database, two seconds at most: a
    /// disk that stalls is no reason to show nothing.
    pub fn catch_up(&self) {
        let (written, done) = sync_channel(1);
        let work = IndexWork::Answer(written);
        if self.shared().index.push(work, self.shared().options.requests_waiting).is_ok() {
            // Late, or the indexer has stopped: then everything is written.
            let _ = done.recv_timeout(CATCHING_UP);
        }
    }

    /// The newest `limit` calls that `filter` asks for, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn list_calls(&self, filter: &CallFilter, limit: u32) -> Result<Vec<CallRow>, StoreError> {
        let mut rows = Vec::new();
        self.read_calls(filter, Newest(limit), |row| rows.push(row))?;
        rows.reverse();
        Ok(rows)
    }

    /// Shows each call that `filter` asks for to `look`, the newest first, without holding more than one of them.
    ///
    /// # Errors
    /// The database failed.
    pub fn each_call(&self, filter: &CallFilter, mut look: impl FnMut(CallRecord)) -> Result<(), StoreError> {
        self.read_calls(filter, Newest(u32::MAX), |row| look(row.call))
    }

    /// Lets the calls go that ended more than [`CALLS_KEPT_DAYS`] before `now`: how many there were.
    ///
    /// # Errors
    /// The database failed.
    pub fn purge_calls(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.shared().database.write(|transaction| drop_before(transaction, oldest_kept(now)))
    }

    fn read_calls(
        &self,
        filter: &CallFilter,
        Newest(limit): Newest,
        mut look: impl FnMut(CallRow),
    ) -> Result<(), StoreError> {
        let CallFilter { since, until, gateway, extension } = filter;
        let date = |date: &Option<Timestamp>| date.map(Timestamp::as_microsecond);
        self.shared().database.read(|snapshot| {
            let mut statement = snapshot.prepare_cached(SELECT).doing("reading call records")?;
            let mut rows = statement
                .query((date(since), date(until), gateway, extension, limit))
                .doing("reading call records")?;
            while let Some(row) = rows.next().doing("reading call records")? {
                look(call_of(row).doing("reading a call record")?);
            }
            Ok(())
        })
    }
}

/// At most so many.
struct Newest(u32);

const SELECT: &str = "SELECT id, record FROM calls
     WHERE (?1 IS NULL OR ended >= ?1) AND (?2 IS NULL OR ended < ?2)
       AND (?3 IS NULL OR record ->> 'gateway' = ?3) AND (?4 IS NULL OR record ->> 'extension' = ?4)
     ORDER BY id DESC LIMIT ?5";

/// Writes the record and lets those go that are too many or too old.
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
    drop_before(transaction, oldest_kept(call.ended)).map(|_| ())
}

fn oldest_kept(now: Timestamp) -> Timestamp {
    let age = SignedDuration::from_hours(24 * i64::from(CALLS_KEPT_DAYS));
    now.checked_sub(age).unwrap_or(Timestamp::MIN)
}

/// An index leads to them: where there are none, nothing is read.
fn drop_before(transaction: &Transaction<'_>, oldest: Timestamp) -> Result<usize, StoreError> {
    transaction
        .prepare_cached("DELETE FROM calls WHERE ended < ?1")
        .and_then(|mut statement| statement.execute([oldest.as_microsecond()]))
        .doing("letting old call records go")
}

fn call_of(row: &Row<'_>) -> rusqlite::Result<CallRow> {
    let record: String = row.get(1)?;
    let call = serde_json::from_str(&record)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(1, Type::Text, Box::new(error)))?;
    Ok(CallRow { id: row.get(0)?, call })
}
