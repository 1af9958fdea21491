//! The newest SIP messages of each gateway in memory, without their secrets, for `um trace`: with mutual TLS no tool
//! outside of the server can see them.
use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use sip_signaling::{PeerName, Transport, blank_secrets};
use tokio::sync::{Notify, futures::Notified};

mod shown;

/// Messages of one gateway; one more, and its oldest goes.
pub const MESSAGES_PER_GATEWAY: usize = 1_000;
/// Octets of one gateway's messages; with more its oldest go.
pub const OCTETS_PER_GATEWAY: usize = 1024 * 1024;
/// Octets of all gateways' messages: where there are so many that [`OCTETS_PER_GATEWAY`] would exceed it, each has its
/// share.
pub const OCTETS: usize = 32 * 1024 * 1024;
/// Octets of a message that are kept; the rest is cut off, and the message is marked.
pub const LONGEST_MESSAGE: usize = 8 * 1024;
/// Gateways with messages; one more, and the one goes that has been silent for the longest.
pub const GATEWAYS: usize = 4_096;
/// Calls whose number leads to their Call-ID; with one more the oldest is forgotten.
pub const CALLS: usize = 4_096;
/// What a message costs beside its octets.
const OVERHEAD: usize = 160;

/// Which way a message went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// From the peer.
    In,
    /// To the peer.
    Out,
}

/// Where a message came from or went to.
#[derive(Clone, Debug)]
pub struct Hop {
    /// Which way.
    pub way: Way,
    /// UDP, TCP or TLS.
    pub transport: Transport,
    /// The peer's address.
    pub peer: SocketAddr,
    /// The gateways that the peer may be.
    pub gateways: Arc<[PeerName]>,
}

/// A message as it is kept.
#[derive(Debug)]
pub struct Traced {
    /// Ascending over all gateways, from 1.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// From or to where.
    pub hop: Hop,
    /// Octets on the wire.
    pub length: usize,
    /// What is kept: without secrets.
    octets: Vec<u8>,
}

/// The messages of all gateways.
#[derive(Debug, Default)]
pub struct Trace {
    rings: Mutex<Rings>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Rings {
    sequence: u64,
    /// By the first gateway that the peer may be.
    by_gateway: BTreeMap<PeerName, Ring>,
    /// Call-IDs by the numbers of calls.
    calls: BTreeMap<u64, String>,
}

#[derive(Debug, Default)]
struct Ring {
    messages: VecDeque<Arc<Traced>>,
    octets: usize,
}

/// Which messages are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Of this gateway.
    pub gateway: Option<&'a str>,
    /// With this Call-ID.
    pub call_id: Option<&'a str>,
    /// Behind this sequence number.
    pub after: u64,
}

impl Trace {
    /// Keeps a message, without its secrets. Strangers' messages are not kept.
    pub fn record(&self, hop: Hop, message: &[u8], at: Timestamp) {
        let Some(gateway) = hop.gateways.first().cloned() else { return };
        let kept = message.get(..LONGEST_MESSAGE).unwrap_or(message);
        let octets = blank_secrets(kept);
        let mut rings = self.rings();
        rings.sequence += 1;
        let message = Traced { sequence: rings.sequence, at, hop, length: message.len(), octets };
        rings.keep(gateway, message);
        drop(rings);
        self.news.notify_waiters();
    }

    /// Remembers the Call-ID of a call, so that its number leads to its messages, also once it is over.
    pub fn note_call(&self, number: u64, call_id: &str) {
        let mut rings = self.rings();
        rings.calls.entry(number).or_insert_with(|| call_id.to_owned());
        if rings.calls.len() > CALLS {
            rings.calls.pop_first();
        }
    }

    /// The Call-ID of the call with this number; `None` if it was never up, or is forgotten.
    pub fn call_id(&self, number: u64) -> Option<String> {
        self.rings().calls.get(&number).cloned()
    }

    /// The messages that are wanted, the oldest first.
    pub fn messages(&self, wanted: &Wanted<'_>) -> Vec<Arc<Traced>> {
        // Under the lock nothing is read but what is kept beside the messages.
        let mut found: Vec<Arc<Traced>> = {
            let rings = self.rings();
            let all = rings.by_gateway.values().flat_map(|ring| &ring.messages);
            all.filter(|message| message.sequence > wanted.after && message.is_of(wanted.gateway))
                .cloned()
                .collect()
        };
        if let Some(call_id) = wanted.call_id {
            found.retain(|message| message.call_id().as_deref() == Some(call_id));
        }
        found.sort_by_key(|message| message.sequence);
        found
    }

    /// Told at the next message that is kept; enable it before looking.
    pub fn news(&self) -> Notified<'_> {
        self.news.notified()
    }

    fn rings(&self) -> MutexGuard<'_, Rings> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rings {
    fn keep(&mut self, gateway: PeerName, message: Traced) {
        if !self.by_gateway.contains_key(&gateway) {
            self.make_room_for_a_gateway();
        }
        let share = share_of(self.by_gateway.len());
        let ring = self.by_gateway.entry(gateway).or_default();
        ring.octets += message.size();
        ring.messages.push_back(Arc::new(message));
        ring.shrink(share);
    }

    /// From now on there is one more, so each one's share may be smaller.
    fn make_room_for_a_gateway(&mut self) {
        if self.by_gateway.len() >= GATEWAYS {
            let last = |ring: &Ring| ring.messages.back().map_or(0, |message| message.sequence);
            let silent = self.by_gateway.iter().min_by_key(|(_, ring)| last(ring));
            if let Some(name) = silent.map(|(name, _)| Arc::clone(name)) {
                self.by_gateway.remove(&name);
            }
        }
        let share = share_of(self.by_gateway.len() + 1);
        self.by_gateway.values_mut().for_each(|ring| ring.shrink(share));
    }
}

/// Octets that each of so many gateways may have; at least the newest message is kept.
fn share_of(gateways: usize) -> usize {
    (OCTETS / gateways.max(1)).min(OCTETS_PER_GATEWAY)
}

impl Ring {
    fn shrink(&mut self, octets: usize) {
        while self.messages.len() > MESSAGES_PER_GATEWAY || (self.octets > octets && self.messages.len() > 1)
        {
            let Some(oldest) = self.messages.pop_front() else { return };
            self.octets -= oldest.size();
        }
    }
}

impl Traced {
    fn size(&self) -> usize {
        self.octets.len() + OVERHEAD
    }

    fn is_of(&self, gateway: Option<&str>) -> bool {
        gateway.is_none_or(|gateway| self.hop.gateways.iter().any(|name| &**name == gateway))
    }
}

impl Way {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

#[cfg(test)]
mod tests;
