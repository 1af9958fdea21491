//! Rule 10 of security-modes section 0: whether the server itself takes calls, apart from what the Site says.
use ivr::MessageRoom;
use mailbox::DiskState;
use rand_chacha::{ChaCha20Rng, rand_core::RngCore};

use crate::refusal::{Refusal, RetryAfter};

/// What the server as a whole can do at the moment.
#[derive(Debug, Default)]
pub(crate) struct Service {
    pub(crate) draining: bool,
    pub(crate) disk: DiskState,
}

/// Spread of Retry-After in seconds, so that gateways do not come back all at once.
const RETRY_FROM: u32 = 30;
const RETRY_TO: u32 = 60;

impl Service {
    /// Why no new call is taken, if none is.
    pub(crate) fn refusal(&self, rng: &mut ChaCha20Rng) -> Option<Refusal> {
        let mut retry_after =
            || RetryAfter { seconds: RETRY_FROM + rng.next_u32() % (RETRY_TO - RETRY_FROM + 1) };
        match (self.draining, self.disk) {
            (true, _) => Some(Refusal::Draining { retry_after: retry_after() }),
            (false, DiskState::Full) => Some(Refusal::DiskFull { retry_after: retry_after() }),
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
        let service = Service { draining: true, disk: DiskState::Ample };

        let mut told: Vec<u32> = (0..1000).map(|_| seconds(service.refusal(&mut rng))).collect();
        told.sort_unstable();
        told.dedup();

        assert_eq!(told, (30..=60).collect::<Vec<_>>());
    }

    #[test]
    fn low_disk_takes_calls_but_no_messages_and_a_full_one_takes_neither() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let at = |disk| Service { draining: false, disk };

        assert_eq!(at(DiskState::Ample).refusal(&mut rng), None);
        assert_eq!(at(DiskState::Ample).room(), MessageRoom::Some);
        assert_eq!(at(DiskState::Low).refusal(&mut rng), None);
        assert_eq!(at(DiskState::Low).room(), MessageRoom::None);
        assert!(matches!(at(DiskState::Full).refusal(&mut rng), Some(Refusal::DiskFull { .. })));
    }
}
