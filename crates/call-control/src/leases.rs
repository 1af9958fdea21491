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

/// The leases on offer, taken from the worker with the most of them left.
#[derive(Debug, Default)]
pub(crate) struct LeasePool {
    by_worker: Vec<VecDeque<MediaLease>>,
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
        self.by_worker.iter_mut().max_by_key(|offers| offers.len())?.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_from_the_worker_with_most_offers_and_ends_with_none() {
        let mut pool = LeasePool::default();
        for (worker, session) in [(0, 1), (1, 2), (1, 3)] {
            pool.offer(MediaLease { session: SessionId(session), worker, rtp_port: 0, rtcp_port: 0 });
        }

        assert_eq!(pool.take().map(|lease| lease.worker), Some(1));
        assert!(pool.take().is_some());
        assert!(pool.take().is_some());
        assert_eq!(pool.take(), None);
    }
}
