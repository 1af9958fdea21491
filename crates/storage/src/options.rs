use std::sync::Arc;

use telephony::Event;

use crate::{CALLS_KEPT, EVENTS_KEPT, StoreNotice};

/// How a store works; the bounds have defaults, the seed has none.
#[derive(Clone)]
pub struct StoreOptions {
    /// 32 octets from the system's source of randomness; salts of PIN hashes come from it.
    pub seed: [u8; 32],
    /// Events kept; the oldest go out first.
    pub events_kept: u32,
    /// Call records kept; the oldest go out first.
    pub calls_kept: u32,
    /// What hashing one PIN costs.
    pub pin_cost: PinCost,
    /// Threads that sync finished recordings to the disk.
    pub committers: usize,
    /// Blocks of audio that may wait for the spool writer, for all recordings together.
    pub blocks_waiting: usize,
    /// Requests that may be without their reply at once.
    pub requests_waiting: usize,
    /// Told the name of a thread of the store that ended by a panic, once for each: it does not come back, and what it
    /// would have done is refused from then on. Called on that thread; must not wait. What to do is the owner's
    /// decision: [`crate::Store::shutdown`] still brings everything to the disk that the other threads can bring.
    pub on_fault: Arc<dyn Fn(&'static str) + Send + Sync>,
    /// Told what the disk has cost: a recording's end, rows of the database. Called on a thread of the store; must not
    /// wait.
    pub on_event: Arc<dyn Fn(Event) + Send + Sync>,
    /// Told after each commit that others go by, before its asker is answered. Called on the thread that committed; must
    /// not wait.
    pub on_notice: Arc<dyn Fn(StoreNotice) + Send + Sync>,
}

/// Parameters of Argon2id (RFC 9106), one lane.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PinCost {
    /// Memory in KiB, at least 8.
    pub memory_kib: u32,
    /// Passes over the memory, at least 1.
    pub passes: u32,
}

impl StoreOptions {
    /// The defaults, with this seed.
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            seed,
            events_kept: EVENTS_KEPT,
            calls_kept: CALLS_KEPT,
            pin_cost: PinCost::default(),
            committers: 2,
            blocks_waiting: 4096,
            requests_waiting: 2048,
            on_fault: Arc::new(|_| {}),
            on_event: Arc::new(|_| {}),
            on_notice: Arc::new(|_| {}),
        }
    }
}

/// About 25 ms on one core of a small server.
impl Default for PinCost {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2 }
    }
}
