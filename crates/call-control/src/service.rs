//! Rules 4 and 10 of security-modes section 0: whether the server itself takes calls, apart from what the Site says.
use std::time::{Duration, Instant};

use ivr::MessageRoom;
use mailbox::DiskState;
use rand_chacha::{ChaCha20Rng, rand_core::RngCore};

use crate::refusal::{Refusal, RetryAfter};

/// What the server as a whole can do at the moment.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) draining: bool,
    pub(crate) disk: DiskState,
    max_calls: usize,
    /// Since when there have been as many calls as there may be.
    full_since: Option<Instant>,
}

/// Spread of Retry-After in seconds, so that gateways do not come back all at once.
const RETRY_FROM: u32 = 30;
const RETRY_TO: u32 = 60;

/// A limit that has held for so long is no burst: the peer is told to stay away for a while (security-modes 6).
const HELD: Duration = Duration::from_secs(5);

impl Service {
    pub(crate) fn new(max_calls: usize) -> Self {
        Self { draining: false, disk: DiskState::Ample, max_calls, full_since: None }
    }

    /// Rule 4: why one more call may not come, if it may not. `calls` are up.
    pub(crate) fn limit(&mut self, calls: usize, now: Instant, rng: &mut ChaCha20Rng) -> Option<Refusal> {
        if calls < self.max_calls {
            // With the one that now comes it may be full.
            self.full_since = (calls + 1 >= self.max_calls).then_some(now);
            return None;
        }
        let since = *self.full_since.get_or_insert(now);
        let is_held = now.saturating_duration_since(since) >= HELD;
        Some(Refusal::TooManyCalls { limit: self.max_calls, retry_after: is_held.then(|| spread(rng)) })
    }

    /// Why no new call is taken, if none is.
    pub(crate) fn refusal(&self, rng: &mut ChaCha20Rng) -> Option<Refusal> {
        match (self.draining, self.disk) {
            (true, _) => Some(Refusal::Draining { retry_after: spread(rng) }),
            (false, DiskState::Full) => Some(Refusal::DiskFull { retry_after: spread(rng) }),
            (false, DiskState::Ample | DiskState::Low) => None,
        }
    }

    /// Whether a caller can leave a message.
    pub(crate) fn room(&self) -> MessageRoom {
        match self.disk {
            DiskState::Ample => MessageRoom::Some,
            DiskState::Low | DiskState::Full => MessageRoom::None,
        }
    }
}

fn spread(rng: &mut ChaCha20Rng) -> RetryAfter {
    RetryAfter { seconds: RETRY_FROM + rng.next_u32() % (RETRY_TO - RETRY_FROM + 1) }
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn seconds(refusal: Option<Refusal>) -> u32 {
        match refusal {
            Some(Refusal::Draining { retry_after } | Refusal::DiskFull { retry_after }) => {
                retry_after.seconds
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn retry_after_is_spread_over_30_to_60_seconds() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let service = Service { draining: true, ..Service::new(1) };

        let mut told: Vec<u32> = (0..1000).map(|_| seconds(service.refusal(&mut rng))).collect();
        told.sort_unstable();
        told.dedup();

        assert_eq!(told, (30..=60).collect::<Vec<_>>());
    }

    #[test]
    fn call_above_the_limit_is_refused_and_only_after_five_seconds_told_when_to_come_back() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let mut service = Service::new(2);
        let start = Instant::now();
        let mut told =
            |calls, after_ms| match service.limit(calls, start + Duration::from_millis(after_ms), &mut rng) {
                None => "taken",
                Some(Refusal::TooManyCalls { limit: 2, retry_after: None }) => "refused",
                Some(Refusal::TooManyCalls { limit: 2, retry_after: Some(_) }) => "refused for a while",
                Some(other) => panic!("{other:?}"),
            };

        let answers = [told(0, 0), told(1, 1000), told(2, 1000), told(2, 5999), told(2, 6000)];
        let later = [told(1, 7000), told(2, 7000), told(2, 12_000)];

        assert_eq!(answers, ["taken", "taken", "refused", "refused", "refused for a while"]);
        assert_eq!(later, ["taken", "refused", "refused for a while"]);
    }

    #[test]
    fn low_disk_takes_calls_but_no_messages_and_a_full_one_takes_neither() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let at = |disk| Service { disk, ..Service::new(1) };

        assert_eq!(at(DiskState::Ample).refusal(&mut rng), None);
        assert_eq!(at(DiskState::Ample).room(), MessageRoom::Some);
        assert_eq!(at(DiskState::Low).refusal(&mut rng), None);
        assert_eq!(at(DiskState::Low).room(), MessageRoom::None);
        assert!(matches!(at(DiskState::Full).refusal(&mut rng), Some(Refusal::DiskFull { .. })));
    }
}
