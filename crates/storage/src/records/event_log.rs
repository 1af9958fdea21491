use jiff::Timestamp;
use rusqlite::{Row, Transaction, params, types::Type};
use serde::{Deserialize, Serialize};
use telephony::Event;

use crate::{
    Store, StoreError,
    database::columns::{natural, timestamp},
    error::Doing,
};

/// Events kept unless [`crate::StoreOptions`] says otherwise.
pub const EVENTS_KEPT: u32 = 100_000;

/// An event as it stands in the database.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EventRow {
    /// Ascending by one for ever; a reader asks for what came after the last it saw.
    pub id: i64,
    /// When it happened; the first time, if it happened more than once.
    pub at: Timestamp,
    /// The stable number of its kind.
    pub kind: u16,
    /// The stable name of its kind.
    pub name: String,
    /// `information`, `warning` or `error`.
    pub severity: String,
    /// Facts by name, in the order of telling.
    pub fields: Vec<(String, String)>,
    /// What to do about it; may be empty.
    pub remedy: String,
    /// How often it happened.
    pub count: u32,
}

impl Store {
    /// Writes an event, durable when this returns; the oldest beyond the bound goes out.
    ///
    /// # Errors
    /// The database failed.
    pub fn append_event(&self, at: Timestamp, event: &Event, count: u32) -> Result<EventRow, StoreError> {
        let mut row = EventRow::new(at, event, count);
        row.id = self
            .shared()
            .database
            .write(|transaction| insert_event(transaction, &row, self.shared().options.events_kept))?;
        Ok(row)
    }

    /// The newest `limit` events from `since` on, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn list_events(&self, since: Option<Timestamp>, limit: u32) -> Result<Vec<EventRow>, StoreError> {
        self.shared().database.read(|snapshot| {
            snapshot
                .prepare_cached(
                    "SELECT id, at, kind, name, severity, fields, remedy, count FROM
                         (SELECT * FROM events WHERE ?1 IS NULL OR at >= ?1 ORDER BY id DESC LIMIT ?2)
                     ORDER BY id",
                )
                .and_then(|mut statement| {
                    statement
                        .query_map(params![since.map(Timestamp::as_microsecond), limit], event_of)?
                        .collect()
                })
                .doing("reading events")
        })
    }

    /// Up to `limit` events after the one with this id, oldest first: how a reader follows.
    ///
    /// # Errors
    /// The database failed.
    pub fn events_after(&self, id: i64, limit: u32) -> Result<Vec<EventRow>, StoreError> {
        self.shared().database.read(|snapshot| {
            snapshot
                .prepare_cached(
                    "SELECT id, at, kind, name, severity, fields, remedy, count FROM events
                     WHERE id > ?1 ORDER BY id LIMIT ?2",
                )
                .and_then(|mut statement| statement.query_map(params![id, limit], event_of)?.collect())
                .doing("reading events")
        })
    }
}

impl EventRow {
    /// The row of an event; its id is 0 until it is written.
    pub fn new(at: Timestamp, event: &Event, count: u32) -> Self {
        Self {
            id: 0,
            at,
            kind: event.kind.id,
            name: event.kind.name.to_owned(),
            severity: event.kind.severity.word().to_owned(),
            fields: event.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            remedy: event.remedy_words().to_owned(),
            count,
        }
    }
}

/// Writes the row and lets the oldest go; gives the new id.
pub(crate) fn insert_event(
    transaction: &Transaction<'_>,
    row: &EventRow,
    kept: u32,
) -> Result<i64, StoreError> {
    // A list of pairs of texts always has a JSON form.
    let fields = serde_json::to_string(&row.fields).unwrap_or_default();
    transaction
        .prepare_cached(
            "INSERT INTO events (at, kind, name, severity, fields, remedy, count)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                row.at.as_microsecond(),
                row.kind,
                row.name,
                row.severity,
                fields,
                row.remedy,
                row.count
            ])
        })
        .doing("writing an event")?;
    let id = transaction.last_insert_rowid();
    transaction
        .prepare_cached("DELETE FROM events WHERE id <= ?1")
        .and_then(|mut statement| statement.execute([id.saturating_sub(i64::from(kept))]))
        .doing("letting the oldest event go")?;
    Ok(id)
}

fn event_of(row: &Row<'_>) -> rusqlite::Result<EventRow> {
    let fields: String = row.get(5)?;
    Ok(EventRow {
        id: row.get(0)?,
        at: timestamp(row, 1)?,
        kind: row.get(2)?,
        name: row.get(3)?,
        severity: row.get(4)?,
        fields: serde_json::from_str(&fields)
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(5, Type::Text, Box::new(error)))?,
        remedy: row.get(6)?,
        count: u32::try_from(natural(row, 7)?).unwrap_or(u32::MAX),
    })
}
