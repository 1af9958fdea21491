use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use mailbox::{StoreFailure, StoreReply, StoreReplyKind};

use crate::{QueueFull, store::Shared};

/// The duty to answer one request: exactly one reply, also if the work is dropped unseen.
pub(crate) struct Answer {
    token: u64,
    reply: Option<Box<dyn FnOnce(StoreReply) + Send>>,
    in_flight: Arc<AtomicUsize>,
}

impl Answer {
    pub(crate) fn new(
        shared: &Shared,
        token: u64,
        reply: impl FnOnce(StoreReply) + Send + 'static,
    ) -> Result<Self, QueueFull> {
        let bound = shared.options.requests_waiting;
        shared
            .in_flight
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |waiting| {
                (waiting < bound).then(|| waiting + 1)
            })
            .map_err(|_| QueueFull)?;
        Ok(Self { token, reply: Some(Box::new(reply)), in_flight: Arc::clone(&shared.in_flight) })
    }

    pub(crate) fn give(mut self, what: Result<StoreReplyKind, StoreFailure>) {
        self.send(what);
    }

    /// Takes back a request that was never accepted: its asker gets an error at once and no reply.
    pub(crate) fn withdraw(mut self) -> QueueFull {
        self.reply = None;
        QueueFull
    }

    fn send(&mut self, what: Result<StoreReplyKind, StoreFailure>) {
        if let Some(reply) = self.reply.take() {
            reply(StoreReply { token: self.token, what });
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.in_flight.fetch_sub(1, Ordering::AcqRel);
        self.send(Err(StoreFailure::Closed));
    }
}
