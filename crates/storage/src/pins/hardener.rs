//! The thread that replaces quick PIN hashes by hard ones.
use std::sync::{Condvar, Mutex, PoisonError};

use rusqlite::params;

use crate::{StoreError, error::Doing, pins::hash::PinHash, store::Shared};

/// Rows that the hardener writes in one transaction.
const HARDENED_AT_ONCE: u32 = 16;

/// Where quick hashes stand: two statements, to find some and to replace one.
struct Place {
    find: &'static str,
    replace: &'static str,
}

const PLACES: [Place; 2] = [
    Place {
        find: "SELECT mailbox, salt, hash FROM pins WHERE memory_kib = 0 LIMIT ?1",
        replace: "UPDATE pins SET hash = ?1, memory_kib = ?2, passes = ?3 WHERE mailbox = ?4 AND hash = ?5",
    },
    Place {
        find: "SELECT id, salt, hash FROM earlier_pins WHERE memory_kib = 0 LIMIT ?1",
        replace: "UPDATE earlier_pins SET hash = ?1, memory_kib = ?2, passes = ?3 WHERE id = ?4 AND hash = ?5",
    },
];

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
        for place in &PLACES {
            while !shared.hardener.stopped() && matches!(harden_some(shared, place), Ok(true)) {}
        }
    }
}

/// Hardens a few rows; false when none is left.
fn harden_some(shared: &Shared, place: &Place) -> Result<bool, StoreError> {
    let quick = shared.database.read(|snapshot| {
        snapshot
            .prepare_cached(place.find)
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
    for (row, hash) in quick {
        if shared.hardener.stopped() {
            break;
        }
        let quick = hash.hash;
        // Not behind the gate of log-ons: they would wait for a thread that gets what is left of a busy machine, and one
        // after a reset longer than one to an unknown mailbox.
        hardened.push((row, quick, hash.harden(shared.options.pin_cost)?));
    }
    shared.database.write(|transaction| {
        for (row, quick, hash) in &hardened {
            let cost = hash.hardened.unwrap_or_default();
            // A PIN that was set in between stays: its row has another hash.
            transaction
                .execute(place.replace, params![hash.hash, cost.memory_kib, cost.passes, row, quick])
                .doing("writing a hardened PIN hash")?;
        }
        Ok(!hardened.is_empty())
    })
}
