//! Callers with wrong PINs, as an administrator sees them and lets them go on.
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Row, Transaction, params};
use telephony::{Event, kind};

use super::callers::{FAILURES_OF_A_CALLER, WINDOW_MICROSECONDS, counted_part};
use crate::{Store, StoreError, database::columns::timestamp, error::Doing};

/// A caller who has failed to log on within a day, at whatever mailboxes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FailingCaller {
    /// The gateway that the calls came from.
    pub gateway: String,
    /// The caller's number; `None`: all those who withhold theirs.
    pub caller: Option<String>,
    /// Log-ons that failed, and those under way.
    pub failures: u32,
    /// When the day of these failures began.
    pub since: Timestamp,
    /// When the caller tried last.
    pub last: Timestamp,
    /// Until when the PINs of this caller are refused unread; `None`: they are compared.
    pub stopped_until: Option<Timestamp>,
}

/// Which callers of a gateway are let go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ForgivenCallers<'a> {
    /// Every one.
    All,
    /// Those who withhold their number.
    Withheld,
    /// The one with this number.
    Number(&'a str),
}

impl Store {
    /// The `limit` callers with the most failures within a day before `at`.
    ///
    /// # Errors
    /// The database failed.
    pub fn failing_callers(&self, at: Timestamp, limit: u32) -> Result<Vec<FailingCaller>, StoreError> {
        let now = at.as_microsecond();
        let oldest = now.saturating_sub(WINDOW_MICROSECONDS);
        self.shared().database.read(|snapshot| {
            snapshot
                .prepare_cached(
                    "SELECT gateway, caller, failures, since, last FROM log_on_callers
                     WHERE failures > 0 AND since BETWEEN ?1 AND ?2
                     ORDER BY failures DESC, last DESC, gateway, caller LIMIT ?3",
                )
                .and_then(|mut statement| {
                    statement.query_map(params![oldest, now, limit], failing_caller)?.collect()
                })
                .doing("reading callers with wrong PINs")
        })
    }

    /// Forgets the failures of callers of a gateway, for the administrator `by`: how many callers there were.
    ///
    /// # Errors
    /// The database failed.
    pub fn forgive_callers(
        &self,
        gateway: &str,
        callers: ForgivenCallers<'_>,
        by: &str,
    ) -> Result<usize, StoreError> {
        let forgiven = self.shared().database.write(|transaction| forget(transaction, gateway, callers))?;
        if forgiven > 0 {
            let event = Event::new(&kind::CALLER_FORGIVEN).with("gateway", gateway);
            let event = match callers {
                ForgivenCallers::All => event.with("callers", forgiven),
                ForgivenCallers::Withheld => event.with("caller", "withheld"),
                ForgivenCallers::Number(number) => event.with("caller", number),
            };
            (self.shared().options.on_event)(event.with("by", by));
        }
        Ok(forgiven)
    }
}

fn forget(
    transaction: &Transaction<'_>,
    gateway: &str,
    callers: ForgivenCallers<'_>,
) -> Result<usize, StoreError> {
    let caller = match callers {
        ForgivenCallers::All => None,
        ForgivenCallers::Withheld => Some(String::new()),
        ForgivenCallers::Number(number) => Some(counted_part(number)),
    };
    transaction
        .execute(
            "DELETE FROM log_on_callers WHERE gateway = ?1 AND (?2 IS NULL OR caller = ?2)",
            params![gateway, caller],
        )
        .doing("forgiving callers")
}

fn failing_caller(row: &Row<'_>) -> rusqlite::Result<FailingCaller> {
    let caller: String = row.get(1)?;
    let failures = row.get(2)?;
    let since = timestamp(row, 3)?;
    let window = SignedDuration::from_micros(WINDOW_MICROSECONDS);
    let is_stopped = failures >= FAILURES_OF_A_CALLER;
    Ok(FailingCaller {
        gateway: row.get(0)?,
        caller: Some(caller).filter(|caller| !caller.is_empty()),
        failures,
        since,
        last: timestamp(row, 4)?,
        stopped_until: is_stopped.then(|| since.checked_add(window).unwrap_or(Timestamp::MAX)),
    })
}
