//! Hold: while the peer does not want to hear us, prompts, recording and their timers stand still, ten minutes at most
//! (security-modes 3). The media session stands still by the direction that it is given; here stand the call's deadlines.
use std::time::{Duration, Instant};

/// A call that is held longer is ended; what was recorded is kept.
const LONGEST_HOLD: Duration = Duration::from_secs(600);

/// The peer holds.
#[derive(Debug)]
pub(super) struct Hold {
    until: Instant,
    /// Up to when the waits of the call have been moved.
    seen: Instant,
}

impl Hold {
    pub(super) fn begin(now: Instant) -> Self {
        Self { until: now + LONGEST_HOLD, seen: now }
    }

    /// When the peer has held for too long.
    pub(super) fn until(&self) -> Instant {
        self.until
    }

    /// The time that has passed since this was asked last: what stands still is due so much later.
    pub(super) fn pass(&mut self, now: Instant) -> Duration {
        now.saturating_duration_since(std::mem::replace(&mut self.seen, now))
    }
}
