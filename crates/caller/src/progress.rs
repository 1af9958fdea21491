use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// How far a call has come, to be looked at from outside while it is up. Clones look at the same call.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<AtomicUsize>);

impl Progress {
    /// How much of the speech has been sent.
    pub fn spoken(&self) -> Duration {
        playing_time(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn set_spoken(&self, samples: usize) {
        self.0.store(samples, Ordering::Relaxed);
    }
}

/// How long so many samples play.
pub(crate) fn playing_time(samples: usize) -> Duration {
    Duration::from_micros(u64::try_from(samples).unwrap_or(u64::MAX).saturating_mul(125))
}
