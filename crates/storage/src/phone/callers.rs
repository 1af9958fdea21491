//! Who fails to log on: each caller of each gateway, whatever mailbox they try. Numbers can be forged, so this comes on
//! top of the count of each mailbox, not in its place: it stops who tries one PIN at many mailboxes.
use mailbox::{Mailbox, PinAttempt};
use rusqlite::{Transaction, params};
use telephony::PhoneNumber;

use crate::{StoreError, error::Doing};

/// Failed log-ons of one caller within [`WINDOW_MICROSECONDS`] after which nothing is compared any more: three times
/// what locks a mailbox by default.
pub(super) const FAILURES_OF_A_CALLER: u32 = 45;
/// A day, from the first failure on.
pub(super) const WINDOW_MICROSECONDS: i64 = 24 * 60 * 60 * 1_000_000;
/// Callers that are remembered. Beyond, those go first whose day is over, then those with the fewest failures: who has
/// many cannot be made forgotten by calls from many numbers.
const CALLERS_KEPT: u32 = 10_000;
/// How many go at once.
const CALLERS_DROPPED: u32 = 1_000;
/// Characters of a caller's number that count; peers write it.
const CALLER_LONGEST: usize = 64;

/// Writes an attempt as failed, before it is compared. Gives the caller's failures, this one counted.
pub(super) fn begin_of_caller(
    transaction: &Transaction<'_>,
    attempt: &PinAttempt,
) -> Result<u32, StoreError> {
    let now = attempt.at.as_microsecond();
    let oldest = now.saturating_sub(WINDOW_MICROSECONDS);
    // A clock that was set back begins a new window too.
    let failures = transaction
        .prepare_cached(
            "INSERT INTO log_on_callers (gateway, caller, failures, since, last, open) VALUES (?1, ?2, 1, ?3, ?3, 1)
             ON CONFLICT (gateway, caller) DO UPDATE SET
                 failures = iif(since BETWEEN ?4 AND ?3, failures + 1, 1),
                 since = iif(since BETWEEN ?4 AND ?3, since, ?3),
                 last = ?3,
                 open = open + 1
             RETURNING failures",
        )
        .and_then(|mut statement| {
            statement.query_row(params![attempt.gateway, key(attempt), now, oldest], |row| row.get(0))
        })
        .doing("writing a log-on of a caller")?;
    keep_bounded(transaction, oldest)?;
    Ok(failures)
}

/// Ends an attempt that stays a failure.
pub(super) fn end_of_caller(transaction: &Transaction<'_>, attempt: &PinAttempt) -> Result<(), StoreError> {
    forgive_caller(transaction, attempt, 0)
}

/// Ends an attempt that was right: the caller's failures at this mailbox are forgiven. Those at other mailboxes are
/// not, or a subscriber could guess at others for ever by logging on to their own mailbox in between.
pub(super) fn forgive_caller(
    transaction: &Transaction<'_>,
    attempt: &PinAttempt,
    failures: u16,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "UPDATE log_on_callers SET failures = max(failures - ?3, 0), open = max(open - 1, 0)
             WHERE gateway = ?1 AND caller = ?2",
        )
        .and_then(|mut statement| statement.execute(params![attempt.gateway, key(attempt), failures]))
        .doing("ending a log-on of a caller")?;
    transaction
        .prepare_cached(
            "DELETE FROM log_on_callers WHERE gateway = ?1 AND caller = ?2 AND failures = 0 AND open = 0",
        )
        .and_then(|mut statement| statement.execute(params![attempt.gateway, key(attempt)]))
        .doing("forgetting a caller")?;
    Ok(())
}

/// Forgets the failures of callers with a number of this mailbox: its owner's telephone.
pub(crate) fn forgive_numbers(transaction: &Transaction<'_>, mailbox: &Mailbox) -> Result<(), StoreError> {
    let aliases = mailbox.numbers.iter().map(PhoneNumber::as_str);
    for number in aliases.chain([mailbox.extension.as_str()]) {
        transaction
            .execute("DELETE FROM log_on_callers WHERE caller = ?1", [number])
            .doing("forgiving a caller")?;
    }
    Ok(())
}

fn keep_bounded(transaction: &Transaction<'_>, oldest: i64) -> Result<(), StoreError> {
    let count: u32 = transaction
        .prepare_cached("SELECT count(*) FROM log_on_callers")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .doing("counting callers")?;
    if count <= CALLERS_KEPT {
        return Ok(());
    }
    transaction
        .execute(
            "DELETE FROM log_on_callers WHERE (gateway, caller) IN
                 (SELECT gateway, caller FROM log_on_callers ORDER BY since >= ?1, failures, last LIMIT ?2)",
            params![oldest, CALLERS_DROPPED],
        )
        .doing("letting callers go")?;
    Ok(())
}

/// A caller in the database: withheld numbers are one.
fn key(attempt: &PinAttempt) -> String {
    counted_part(attempt.caller.as_deref().unwrap_or_default())
}

/// As much of a number as is compared.
pub(super) fn counted_part(number: &str) -> String {
    number.chars().take(CALLER_LONGEST).collect()
}
