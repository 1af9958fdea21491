use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use crate::{DialogId, TransactionId};

/// Who waits for a deadline.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Waiting {
    Server(TransactionId),
    Client(TransactionId),
    Dialog(DialogId),
}

/// The one timer queue: for each machine the earliest of its deadlines.
#[derive(Debug, Default)]
pub(crate) struct DeadlineQueue {
    by_time: BTreeSet<(Instant, Waiting)>,
    by_owner: HashMap<Waiting, Instant>,
}

impl DeadlineQueue {
    /// Notes what `waiting` now waits for; `None` takes it out.
    pub(crate) fn set(&mut self, waiting: Waiting, deadline: Option<Instant>) {
        let before = match deadline {
            Some(at) => self.by_owner.insert(waiting, at),
            None => self.by_owner.remove(&waiting),
        };
        if before == deadline {
            return;
        }
        if let Some(at) = before {
            self.by_time.remove(&(at, waiting));
        }
        if let Some(at) = deadline {
            self.by_time.insert((at, waiting));
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes out who is due first.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Waiting> {
        let (_, waiting) = self.by_time.first().copied().filter(|(at, _)| *at <= now)?;
        self.set(waiting, None);
        Some(waiting)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const A: Waiting = Waiting::Server(TransactionId(1));
    const B: Waiting = Waiting::Client(TransactionId(2));
    const C: Waiting = Waiting::Dialog(DialogId(1));

    #[test]
    fn due_machines_come_in_the_order_of_their_deadlines() {
        let start = Instant::now();
        let mut queue = DeadlineQueue::default();
        queue.set(A, Some(start + Duration::from_secs(3)));
        queue.set(B, Some(start + Duration::from_secs(1)));
        queue.set(C, Some(start + Duration::from_secs(2)));

        let due: Vec<Waiting> =
            std::iter::from_fn(|| queue.take_due(start + Duration::from_secs(2))).collect();

        assert_eq!(due, [B, C]);
        assert_eq!(queue.next_deadline(), Some(start + Duration::from_secs(3)));
    }

    #[test]
    fn a_moved_deadline_leaves_nothing_behind() {
        let start = Instant::now();
        let mut queue = DeadlineQueue::default();
        queue.set(A, Some(start + Duration::from_secs(1)));
        queue.set(A, Some(start + Duration::from_secs(5)));

        assert_eq!(queue.take_due(start + Duration::from_secs(4)), None);
        queue.set(A, None);

        assert_eq!(queue.next_deadline(), None);
    }
}
