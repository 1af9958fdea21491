use std::sync::atomic::{AtomicU64, Ordering};

use crate::Store;

/// What log-ons by phone have cost since the store was opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LogOnCounts {
    /// PINs that were hashed: one for each log-on.
    pub hashes: u64,
    /// Those of them that were compared with the PIN of a mailbox.
    pub comparisons: u64,
}

#[derive(Default)]
pub(crate) struct Counting {
    pub(crate) hashes: AtomicU64,
    pub(crate) comparisons: AtomicU64,
}

impl Store {
    /// What log-ons by phone have cost since the store was opened.
    pub fn log_on_counts(&self) -> LogOnCounts {
        let counting = &self.shared().log_on_counts;
        LogOnCounts {
            hashes: counting.hashes.load(Ordering::Relaxed),
            comparisons: counting.comparisons.load(Ordering::Relaxed),
        }
    }
}
