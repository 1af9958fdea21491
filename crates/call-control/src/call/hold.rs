//! Hold: while the peer does not want to hear us, prompts, recording and their timers stand still, ten minutes at most
//! (security-modes 3). The media session stands still by the direction that it is given; here stand the call's deadlines.
use std::time::{Duration, Instant};

use super::{Call, Deadline, media_leg::MediaLeg};

/// A call that is held longer is ended; what was recorded is kept.
const LONGEST_HOLD: Duration = Duration::from_secs(600);

/// The peer holds.
#[derive(Debug)]
pub(super) struct Hold {
    until: Instant,
    /// Up to when the deadlines of the call have been moved.
    seen: Instant,
}

impl Hold {
    fn begin(now: Instant) -> Self {
        Self { until: now + LONGEST_HOLD, seen: now }
    }

    /// When the peer has held for too long.
    pub(super) fn until(&self) -> Instant {
        self.until
    }

    /// Moves a deadline by the time that has passed meanwhile.
    fn delay(&mut self, deadline: &mut Option<(Instant, Deadline)>, now: Instant) {
        let passed = now.saturating_duration_since(std::mem::replace(&mut self.seen, now));
        if let Some((at, _)) = deadline {
            *at += passed;
        }
    }
}

impl Call {
    /// At the beginning of each step: for a held call no time has passed.
    pub(super) fn stand_still(&mut self, now: Instant) {
        if let Some(hold) = &mut self.hold {
            hold.delay(&mut self.deadline, now);
        }
    }

    /// The media was agreed on anew: the peer holds from now on, still holds, or does not.
    pub(super) fn note_hold(&mut self, now: Instant) {
        let held = self.media.as_ref().is_some_and(MediaLeg::is_held);
        self.hold = held.then(|| self.hold.take().unwrap_or_else(|| Hold::begin(now)));
    }
}
