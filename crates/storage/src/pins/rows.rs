//! The rows of PINs: the one in force, and those before it.
use jiff::Timestamp;
use mailbox::MailboxId;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::{
    PinCost, PinOrigin, StoreError,
    database::columns::timestamp,
    error::Doing,
    pins::hash::{PinHash, SALT},
};

/// Earlier PINs of a mailbox that are kept: with the one in force they are the 20 that a policy may forbid at most.
pub(crate) const EARLIER_PINS_KEPT: u8 = 19;

/// The PIN in force, as it stands in the database.
pub(crate) struct StoredPin {
    pub(crate) hash: PinHash,
    pub(crate) made: bool,
    pub(crate) set_at: Timestamp,
    pub(crate) failures: u16,
    pub(crate) locked_at: Option<Timestamp>,
    pub(crate) reset_at: Option<Timestamp>,
}

/// Writes or replaces the PIN of a mailbox, with no failures and no lock. The one before is kept among the earlier ones.
pub(crate) fn write_pin(
    transaction: &Transaction<'_>,
    mailbox: MailboxId,
    hash: &PinHash,
    origin: PinOrigin,
    at: Timestamp,
) -> Result<(), StoreError> {
    keep_as_earlier(transaction, mailbox)?;
    let (memory_kib, passes) = columns(hash);
    let made = match origin {
        PinOrigin::Made => true,
        PinOrigin::Chosen => false,
    };
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO pins (mailbox, salt, hash, memory_kib, passes, made, set_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                mailbox.0,
                hash.salt,
                hash.hash,
                memory_kib,
                passes,
                made,
                at.as_microsecond()
            ])
        })
        .doing("writing a PIN")?;
    Ok(())
}

/// Writes the same PIN at another cost, unless another PIN was set meanwhile: nothing else about it changes.
pub(crate) fn renew_pin(
    transaction: &Transaction<'_>,
    mailbox: MailboxId,
    before: &PinHash,
    renewed: &PinHash,
) -> Result<(), StoreError> {
    let (memory_kib, passes) = columns(renewed);
    transaction
        .prepare_cached(
            "UPDATE pins SET hash = ?2, memory_kib = ?3, passes = ?4 WHERE mailbox = ?1 AND hash = ?5",
        )
        .and_then(|mut statement| {
            statement.execute(params![mailbox.0, renewed.hash, memory_kib, passes, before.hash])
        })
        .doing("renewing the hash of a PIN")?;
    Ok(())
}

/// Puts a PIN that nobody knows in place of the one that was guessed at. Failures go on counting towards the lock.
pub(crate) fn reset_pin(
    transaction: &Transaction<'_>,
    mailbox: MailboxId,
    hash: &PinHash,
    at: Timestamp,
) -> Result<(), StoreError> {
    keep_as_earlier(transaction, mailbox)?;
    let (memory_kib, passes) = columns(hash);
    transaction
        .prepare_cached(
            "UPDATE pins SET salt = ?2, hash = ?3, memory_kib = ?4, passes = ?5, made = 1, set_at = ?6, reset_at = ?6
             WHERE mailbox = ?1",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                mailbox.0,
                hash.salt,
                hash.hash,
                memory_kib,
                passes,
                at.as_microsecond()
            ])
        })
        .doing("resetting a PIN")?;
    Ok(())
}

fn keep_as_earlier(transaction: &Transaction<'_>, mailbox: MailboxId) -> Result<(), StoreError> {
    let kept = transaction
        .prepare_cached(
            "INSERT INTO earlier_pins (mailbox, salt, hash, memory_kib, passes)
             SELECT mailbox, salt, hash, memory_kib, passes FROM pins WHERE mailbox = ?1",
        )
        .and_then(|mut statement| statement.execute([mailbox.0]))
        .doing("keeping an earlier PIN")?;
    if kept > 0 {
        transaction
            .prepare_cached(
                "DELETE FROM earlier_pins WHERE mailbox = ?1 AND id NOT IN
                     (SELECT id FROM earlier_pins WHERE mailbox = ?1 ORDER BY id DESC LIMIT ?2)",
            )
            .and_then(|mut statement| statement.execute(params![mailbox.0, EARLIER_PINS_KEPT]))
            .doing("letting the oldest PIN go")?;
    }
    Ok(())
}

/// The PIN in force; `None` if the mailbox has none.
pub(crate) fn read_pin(
    snapshot: &Transaction<'_>,
    mailbox: MailboxId,
) -> Result<Option<StoredPin>, StoreError> {
    snapshot
        .prepare_cached(
            "SELECT salt, hash, memory_kib, passes, made, set_at, failures, locked_at, reset_at
             FROM pins WHERE mailbox = ?1",
        )
        .and_then(|mut statement| {
            statement
                .query_row([mailbox.0], |row| {
                    Ok(StoredPin {
                        hash: hash(row)?,
                        made: row.get(4)?,
                        set_at: timestamp(row, 5)?,
                        failures: row.get(6)?,
                        locked_at: date(row, 7)?,
                        reset_at: date(row, 8)?,
                    })
                })
                .optional()
        })
        .doing("reading a PIN")
}

/// The PIN in force and those before it, newest first, at most `count`.
pub(crate) fn last_pins(
    snapshot: &Transaction<'_>,
    mailbox: MailboxId,
    count: u8,
) -> Result<Vec<PinHash>, StoreError> {
    snapshot
        .prepare_cached(
            "SELECT salt, hash, memory_kib, passes FROM (
                 SELECT salt, hash, memory_kib, passes, NULL AS id FROM pins WHERE mailbox = ?1
                 UNION ALL
                 SELECT salt, hash, memory_kib, passes, id FROM earlier_pins WHERE mailbox = ?1)
             ORDER BY id IS NULL DESC, id DESC LIMIT ?2",
        )
        .and_then(|mut statement| statement.query_map(params![mailbox.0, count], hash)?.collect())
        .doing("reading earlier PINs")
}

/// From the first four columns.
fn hash(row: &Row<'_>) -> rusqlite::Result<PinHash> {
    let salt: [u8; SALT] = row.get(0)?;
    let cost = PinCost { memory_kib: row.get(2)?, passes: row.get(3)? };
    Ok(PinHash { salt, hash: row.get(1)?, hardened: (cost.memory_kib > 0).then_some(cost) })
}

/// The columns of the cost: 0 for a hash that is still to be hardened.
fn columns(hash: &PinHash) -> (u32, u32) {
    hash.hardened.map_or((0, 0), |cost| (cost.memory_kib, cost.passes))
}

fn date(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let stands: Option<i64> = row.get(column)?;
    stands.map(|_| timestamp(row, column)).transpose()
}
