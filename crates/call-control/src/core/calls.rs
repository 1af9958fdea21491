//! The live calls, and every name by which something reaches them.
use std::{
    collections::{BTreeSet, HashMap},
    time::Instant,
};

use jiff::Timestamp;
use sip_signaling::TransactionId;
use srtp_media::SessionId;

use crate::{
    call::Call,
    vocabulary::{CallKey, Flow},
};

/// A call, and what the core remembers about it.
pub(super) struct LiveCall {
    pub(super) call: Call,
    pub(super) flow: Flow,
    /// When its INVITE came.
    pub(super) started: Timestamp,
    /// The number that the gateway called.
    pub(super) called: Option<String>,
    /// Its entry among the timers.
    due: Option<Instant>,
}

/// No name outlives its call.
#[derive(Default)]
pub(super) struct Calls {
    live: HashMap<CallKey, LiveCall>,
    timers: BTreeSet<(Instant, CallKey)>,
    unanswered: HashMap<TransactionId, CallKey>,
    by_session: HashMap<SessionId, CallKey>,
    by_store_token: HashMap<u64, CallKey>,
}

impl LiveCall {
    pub(super) fn new(call: Call, flow: Flow, started: Timestamp, called: Option<String>) -> Self {
        Self { call, flow, started, called, due: None }
    }
}

impl Calls {
    pub(super) fn len(&self) -> usize {
        self.live.len()
    }

    pub(super) fn get(&self, key: CallKey) -> Option<&LiveCall> {
        self.live.get(&key)
    }

    pub(super) fn get_mut(&mut self, key: CallKey) -> Option<&mut LiveCall> {
        self.live.get_mut(&key)
    }

    #[cfg(test)]
    pub(super) fn keys(&self) -> impl Iterator<Item = &CallKey> {
        self.live.keys()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &LiveCall> {
        self.live.values()
    }

    /// Those of which it is true, in the order in which they came.
    pub(super) fn that(&self, is_wanted: impl Fn(&LiveCall) -> bool) -> Vec<CallKey> {
        let wanted = self.live.iter().filter(|(_, live)| is_wanted(live));
        let mut keys: Vec<CallKey> = wanted.map(|(key, _)| *key).collect();
        keys.sort();
        keys
    }

    /// Begins, or comes back from [`Self::take`]: [`Self::follow`] sets its timer.
    pub(super) fn insert(&mut self, live: LiveCall) {
        self.live.insert(live.call.key(), live);
    }

    /// Taken out for a step, without its timer. A fault leaves it outside.
    pub(super) fn take(&mut self, key: CallKey) -> Option<LiveCall> {
        let mut live = self.live.remove(&key)?;
        if let Some(at) = live.due.take() {
            self.timers.remove(&(at, key));
        }
        Some(live)
    }

    /// Sets the timer of a call, and learns its media session.
    pub(super) fn follow(&mut self, key: CallKey) {
        let Some(live) = self.live.get_mut(&key) else { return };
        if let Some(lease) = live.call.media_session() {
            self.by_session.insert(lease.session, key);
        }
        let due = live.call.poll_timeout();
        if live.due == due {
            return;
        }
        if let Some(old) = std::mem::replace(&mut live.due, due) {
            self.timers.remove(&(old, key));
        }
        if let Some(at) = due {
            self.timers.insert((at, key));
        }
    }

    /// When the next timer is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// A call whose timer is due, once.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<CallKey> {
        let (at, key) = self.timers.first().copied().filter(|(at, _)| *at <= now)?;
        self.timers.remove(&(at, key));
        if let Some(live) = self.live.get_mut(&key) {
            live.due = None;
        }
        Some(key)
    }

    /// Its INVITE, until [`Self::note_answered`].
    pub(super) fn note_unanswered(&mut self, transaction: TransactionId, key: CallKey) {
        self.unanswered.insert(transaction, key);
    }

    /// Whether it was the unanswered INVITE of a call.
    pub(super) fn note_answered(&mut self, transaction: TransactionId) -> bool {
        self.unanswered.remove(&transaction).is_some()
    }

    /// The call has asked the store.
    pub(super) fn note_asked(&mut self, token: u64, key: CallKey) {
        self.by_store_token.insert(token, key);
    }

    /// Whom the store answers, once.
    pub(super) fn take_asker(&mut self, token: u64) -> Option<CallKey> {
        self.by_store_token.remove(&token)
    }

    pub(super) fn with_session(&self, session: SessionId) -> Option<CallKey> {
        self.by_session.get(&session).copied()
    }

    /// It is over: nothing reaches it any more.
    pub(super) fn forget(&mut self, key: CallKey) {
        self.take(key);
        self.by_session.retain(|_, owner| *owner != key);
        self.by_store_token.retain(|_, owner| *owner != key);
        self.unanswered.retain(|_, owner| *owner != key);
    }
}
