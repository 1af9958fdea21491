use std::collections::VecDeque;

use srtp_media::SessionId;

/// A pair of bound sockets that a media worker keeps on offer, so that an SDP answer needs no round trip.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MediaLease {
    /// The session that the pair of sockets will be.
    pub session: SessionId,
    /// The worker that owns it.
    pub worker: usize,
    /// Local RTP port.
    pub rtp_port: u16,
    /// Local RTCP port.
    pub rtcp_port: u16,
}

/// The leases on offer, taken from the workers in turn. The number of offers says nothing about a worker's load: it
/// fills them up at once.
#[derive(Debug, Default)]
pub(crate) struct LeasePool {
    by_worker: Vec<VecDeque<MediaLease>>,
    /// Whose turn it is.
    next: usize,
}

impl LeasePool {
    pub(crate) fn offer(&mut self, lease: MediaLease) {
        if self.by_worker.len() <= lease.worker {
            self.by_worker.resize_with(lease.worker + 1, VecDeque::new);
        }
        self.by_worker[lease.worker].push_back(lease);
    }

    /// `None` when every port is in use: the call gets `503`.
    pub(crate) fn take(&mut self) -> Option<MediaLease> {
        let workers = self.by_worker.len();
        let lease =
            (self.next..self.next + workers).find_map(|turn| self.by_worker[turn % workers].pop_front())?;
        self.next = (lease.worker + 1) % workers;
        Some(lease)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(leases: &[(usize, u64)]) -> LeasePool {
        let mut pool = LeasePool::default();
        for (worker, session) in leases {
            let (session, worker) = (SessionId(*session), *worker);
            pool.offer(MediaLease { session, worker, rtp_port: 0, rtcp_port: 0 });
        }
        pool
    }

    #[test]
    fn takes_from_the_workers_in_turn_though_each_fills_its_offers_up_at_once() {
        let mut pool = pool(&[(0, 1), (1, 2)]);

        let taken: Vec<usize> = (3..7)
            .map(|session| {
                let worker = pool.take().unwrap().worker;
                let session = SessionId(session);
                pool.offer(MediaLease { session, worker, rtp_port: 0, rtcp_port: 0 });
                worker
            })
            .collect();

        assert_eq!(taken, [0, 1, 0, 1]);
    }

    #[test]
    fn worker_without_offers_is_passed_over_and_no_offer_at_all_is_none() {
        let mut pool = pool(&[(0, 1), (1, 2), (1, 3)]);

        let taken: Vec<usize> = std::iter::from_fn(|| pool.take()).map(|lease| lease.worker).collect();

        assert_eq!(taken, [0, 1, 1]);
        assert_eq!(LeasePool::default().take(), None);
    }
}
