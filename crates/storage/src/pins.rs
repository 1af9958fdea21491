use std::sync::{Condvar, Mutex, PoisonError};

use jiff::Timestamp;
use mailbox::{MailboxId, PinRules};
use rand_chacha::rand_core::RngCore;
use rusqlite::{OptionalExtension, Transaction, params};
use telephony::Secret;

use crate::{
    PinCost, Store, StoreError,
    error::Doing,
    pin_hash::{PinHash, SALT},
    store::Shared,
};

/// Rows that the hardener writes in one transaction.
const HARDENED_AT_ONCE: u32 = 16;

/// A PIN to be set. Whether it fits the policy is checked by the caller, which holds the policy.
#[derive(Clone, Debug)]
pub struct NewPin {
    /// The digits.
    pub pin: Secret<String>,
    /// Who thought of it.
    pub origin: PinOrigin,
}

/// Who thought of a PIN.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinOrigin {
    /// The server; its owner must change it at the first log-on.
    Made,
    /// A person.
    Chosen,
}

/// What a log-on with a PIN gives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinCheck {
    /// The PIN is right.
    Right {
        /// It must be changed: the server made it, or it is older than the policy allows.
        must_change: bool,
    },
    /// The PIN is wrong.
    Wrong {
        /// Failures since the last right PIN, this one counted.
        failures: u16,
    },
    /// Too many failures; an administrator must set a new PIN. The PIN was not looked at.
    LockedOut,
    /// The mailbox has no PIN.
    NotSet,
}

impl Store {
    /// Sets a PIN, hardened at once (about 25 ms), and unlocks the mailbox.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`], or the database failed.
    pub fn set_pin(&self, mailbox: MailboxId, pin: &NewPin, at: Timestamp) -> Result<(), StoreError> {
        let hash = self.shared().hash_hard(pin)?;
        self.shared().database.write(|transaction| {
            let known = transaction
                .query_row("SELECT 1 FROM mailboxes WHERE id = ?1", [mailbox.0], |_| Ok(()))
                .optional()
                .doing("looking for the mailbox")?;
            if known.is_none() {
                return Err(StoreError::NoSuchMailbox { mailbox });
            }
            write_pin(transaction, mailbox, &hash, pin.origin, at)
        })
    }

    /// Checks the PIN of a log-on and counts failures. Blocks for about 25 ms; one check runs at a time.
    ///
    /// # Errors
    /// The database failed. A mailbox that does not exist has no PIN.
    pub fn check_pin(
        &self,
        mailbox: MailboxId,
        pin: &Secret<String>,
        rules: &PinRules,
        at: Timestamp,
    ) -> Result<PinCheck, StoreError> {
        // The gate also makes "read failures, then write one more" one step.
        let _gate = self.shared().pin_gate.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(stored) = self.shared().database.read(|snapshot| read_pin(snapshot, mailbox))? else {
            return Ok(PinCheck::NotSet);
        };
        if stored.failures >= rules.failures_before_lockout {
            return Ok(PinCheck::LockedOut);
        }
        let right = stored.hash.matches(pin)?;
        let failures = if right { 0 } else { stored.failures.saturating_add(1) };
        if failures != stored.failures {
            self.shared().database.write(|transaction| {
                transaction
                    .execute("UPDATE pins SET failures = ?1 WHERE mailbox = ?2", params![failures, mailbox.0])
                    .doing("counting failed log-ons")
            })?;
        }
        if !right {
            return Ok(PinCheck::Wrong { failures });
        }
        let lifetime = rules.lifetime_days.map(|days| jiff::SignedDuration::from_hours(24 * i64::from(days)));
        let too_old = lifetime.is_some_and(|lifetime| at.duration_since(stored.set_at) > lifetime);
        Ok(PinCheck::Right { must_change: stored.made || too_old })
    }
}

impl Shared {
    /// Both steps, one caller at a time: each needs some 20 MiB.
    pub(crate) fn hash_hard(&self, pin: &NewPin) -> Result<PinHash, StoreError> {
        let _gate = self.pin_gate.lock().unwrap_or_else(PoisonError::into_inner);
        PinHash::quick(&pin.pin, self.salt())?.harden(self.options.pin_cost)
    }

    /// The first step; wake the hardener after it is stored.
    pub(crate) fn hash_quick(&self, pin: &NewPin) -> Result<PinHash, StoreError> {
        PinHash::quick(&pin.pin, self.salt())
    }

    fn salt(&self) -> [u8; SALT] {
        let mut salt = [0; SALT];
        self.salts.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut salt);
        salt
    }
}

/// Writes or replaces the PIN of a mailbox.
pub(crate) fn write_pin(
    transaction: &Transaction<'_>,
    mailbox: MailboxId,
    hash: &PinHash,
    origin: PinOrigin,
    at: Timestamp,
) -> Result<(), StoreError> {
    let cost = hash.hardened.unwrap_or(PinCost { memory_kib: 0, passes: 0 });
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
                cost.memory_kib,
                cost.passes,
                made,
                at.as_microsecond()
            ])
        })
        .doing("writing a PIN")?;
    Ok(())
}

struct StoredPin {
    hash: PinHash,
    made: bool,
    set_at: Timestamp,
    failures: u16,
}

fn read_pin(snapshot: &Transaction<'_>, mailbox: MailboxId) -> Result<Option<StoredPin>, StoreError> {
    snapshot
        .prepare_cached(
            "SELECT salt, hash, memory_kib, passes, made, set_at, failures FROM pins WHERE mailbox = ?1",
        )
        .and_then(|mut statement| {
            statement
                .query_row([mailbox.0], |row| {
                    let cost = PinCost { memory_kib: row.get(2)?, passes: row.get(3)? };
                    let hash = PinHash {
                        salt: row.get(0)?,
                        hash: row.get(1)?,
                        hardened: (cost.memory_kib > 0).then_some(cost),
                    };
                    Ok(StoredPin {
                        hash,
                        made: row.get(4)?,
                        set_at: crate::columns::timestamp(row, 5)?,
                        failures: row.get(6)?,
                    })
                })
                .optional()
        })
        .doing("reading a PIN")
}

/// Wakes the hardener, and tells it to stop.
pub(crate) struct HardenerSignal {
    state: Mutex<Wanted>,
    changed: Condvar,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Wanted {
    Nothing,
    Harden,
    Stop,
}

impl HardenerSignal {
    /// It looks once by itself: a former process may have left quick hashes.
    pub(crate) fn new() -> Self {
        Self { state: Mutex::new(Wanted::Harden), changed: Condvar::new() }
    }

    pub(crate) fn wake(&self) {
        self.want(Wanted::Harden);
    }

    pub(crate) fn stop(&self) {
        self.want(Wanted::Stop);
    }

    fn want(&self, wanted: Wanted) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if *state != Wanted::Stop {
            *state = wanted;
        }
        self.changed.notify_all();
    }

    fn stopped(&self) -> bool {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) == Wanted::Stop
    }

    /// Waits for work; false to stop.
    fn wait(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = |wanted: &mut Wanted| *wanted == Wanted::Nothing;
        let mut state = self.changed.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner);
        if *state == Wanted::Harden {
            *state = Wanted::Nothing;
        }
        *state != Wanted::Stop
    }
}

/// The thread that replaces quick hashes by hard ones, at the lowest priority.
pub(crate) fn run_hardener(shared: &Shared) {
    // Linux gives each thread a priority of its own; where that is refused the work is done all the same.
    let _ = rustix::process::setpriority_process(None, 19);
    while shared.hardener.wait() {
        // A database that fails is told by every other request; the next wake tries again.
        while !shared.hardener.stopped() && matches!(harden_some(shared), Ok(true)) {}
    }
}

/// Hardens a few rows; false when none is left.
fn harden_some(shared: &Shared) -> Result<bool, StoreError> {
    let quick = shared.database.read(|snapshot| {
        snapshot
            .prepare_cached("SELECT mailbox, salt, hash FROM pins WHERE memory_kib = 0 LIMIT ?1")
            .and_then(|mut statement| {
                statement
                    .query_map([HARDENED_AT_ONCE], |row| {
                        Ok((row.get(0)?, PinHash { salt: row.get(1)?, hash: row.get(2)?, hardened: None }))
                    })?
                    .collect::<rusqlite::Result<Vec<(i64, PinHash)>>>()
            })
            .doing("looking for quick PIN hashes")
    })?;
    let mut hardened = Vec::with_capacity(quick.len());
    for (mailbox, hash) in quick {
        if shared.hardener.stopped() {
            break;
        }
        let quick = hash.hash;
        let _gate = shared.pin_gate.lock().unwrap_or_else(PoisonError::into_inner);
        hardened.push((mailbox, quick, hash.harden(shared.options.pin_cost)?));
    }
    shared.database.write(|transaction| {
        for (mailbox, quick, hash) in &hardened {
            let cost = hash.hardened.unwrap_or_default();
            // A PIN that was set in between stays: its row has another hash.
            transaction
                .execute(
                    "UPDATE pins SET hash = ?1, memory_kib = ?2, passes = ?3 WHERE mailbox = ?4 AND hash = ?5",
                    params![hash.hash, cost.memory_kib, cost.passes, mailbox, quick],
                )
                .doing("writing a hardened PIN hash")?;
        }
        Ok(!hardened.is_empty())
    })
}
