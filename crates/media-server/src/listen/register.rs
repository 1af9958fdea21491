//! How many connections there are, whose, and who goes first when there are too many.
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use sip_signaling::{PeerName, Transport};
use telephony::{Event, kind};
use tokio::sync::Notify;

use crate::flow::{
    connection::word,
    limits::{CONNECTIONS, CONNECTIONS_PER_GATEWAY, CONNECTIONS_PER_SOURCE, HANDSHAKES, Limit},
};

/// Every open connection. A newcomer above a bound displaces the oldest that has proved nothing yet, so that who only
/// holds connections open keeps nobody else out. A gateway's connections have a bound of their own: a stranger behind
/// the same address takes none of them, and no gateway takes those of another.
#[derive(Default)]
pub struct ConnectionRegister {
    seats: Mutex<Seats>,
}

#[derive(Default)]
struct Seats {
    next: u64,
    /// By age, the oldest first.
    taken: BTreeMap<u64, Entry>,
}

struct Entry {
    remote: SocketAddr,
    stage: Stage,
    /// Whom the certificate names; nobody for clear connections and strangers.
    gateways: Arc<[PeerName]>,
    leave: Arc<Notify>,
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// In its TLS handshake.
    Handshaking,
    /// Nothing has been answered on it yet.
    Unproven,
    /// Its certificate is a gateway's, and nothing has been answered on it yet: that gateway alone displaces it.
    Certified,
    /// The core has answered on it: it is not displaced.
    Proven,
}

/// A connection's place; dropping it frees the place.
pub struct Seat {
    register: Arc<ConnectionRegister>,
    number: u64,
    leave: Arc<Notify>,
    is_proven: AtomicBool,
}

/// A newcomer's place and who lost theirs for it.
pub struct Admission {
    /// The place.
    pub seat: Seat,
    /// Connections that are being closed for it.
    pub displaced: Vec<Displaced>,
}

/// A connection that is being closed for another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Displaced {
    /// Its peer.
    pub remote: SocketAddr,
    /// The bound that was reached.
    pub limit: Limit,
}

impl ConnectionRegister {
    /// Takes a connection in.
    ///
    /// # Errors
    /// The bound at which it is refused, because everybody else has proved themselves.
    pub fn admit(self: &Arc<Self>, remote: SocketAddr, stage: Stage) -> Result<Admission, Limit> {
        let mut seats = self.lock();
        let mut displaced = Vec::new();
        let source = source_of(remote.ip());
        if seats.count(|entry| entry.counts_for(source)) >= CONNECTIONS_PER_SOURCE {
            let mine = |entry: &Entry| entry.is_unproven() && entry.counts_for(source);
            displaced.push(seats.displace_oldest(Limit::PerSource, mine).ok_or(Limit::PerSource)?);
        }
        if seats.taken.len() >= CONNECTIONS {
            displaced.push(seats.displace_oldest(Limit::Total, Entry::is_unproven).ok_or(Limit::Total)?);
        }
        if stage == Stage::Handshaking && seats.count(Entry::is_handshaking) >= HANDSHAKES {
            displaced.extend(seats.displace_oldest(Limit::Handshakes, Entry::is_handshaking));
        }
        let number = seats.next;
        seats.next = number.wrapping_add(1);
        let leave = Arc::new(Notify::new());
        let entry = Entry { remote, stage, gateways: Arc::default(), leave: Arc::clone(&leave) };
        seats.taken.insert(number, entry);
        let is_proven = AtomicBool::new(stage == Stage::Proven);
        Ok(Admission { seat: Seat { register: Arc::clone(self), number, leave, is_proven }, displaced })
    }

    /// Closes the oldest connection that has proved nothing, because the process is out of files.
    pub fn make_room(&self) -> Option<Displaced> {
        self.lock().displace_oldest(Limit::OpenFiles, Entry::is_unproven)
    }

    fn lock(&self) -> MutexGuard<'_, Seats> {
        // No code that holds the lock leaves the register half-changed.
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Resolves when somebody else gets the place.
    pub async fn displaced(&self) {
        self.leave.notified().await;
    }

    /// The TLS handshake is done, and the certificate is nobody's whom we know.
    pub fn belongs_to_a_stranger(&self) {
        self.set(Stage::Unproven);
    }

    /// The TLS handshake is done, and the certificate is that of these gateways: from now on the connection counts
    /// for them and no longer for its source. Tells who loses a place for it.
    ///
    /// # Errors
    /// [`Limit::PerGateway`], because something has been answered on every other connection of one of them: this one
    /// is to be closed.
    pub fn belongs_to(&self, gateways: &Arc<[PeerName]>) -> Result<Vec<Displaced>, Limit> {
        let mut seats = self.register.lock();
        let mut displaced = Vec::new();
        for gateway in gateways.iter() {
            if seats.count(|entry| entry.gateways.contains(gateway)) >= CONNECTIONS_PER_GATEWAY {
                let idle =
                    |entry: &Entry| entry.stage == Stage::Certified && entry.gateways.contains(gateway);
                displaced.push(seats.displace_oldest(Limit::PerGateway, idle).ok_or(Limit::PerGateway)?);
            }
        }
        if let Some(entry) = seats.taken.get_mut(&self.number) {
            entry.stage = Stage::Certified;
            entry.gateways = Arc::clone(gateways);
        }
        Ok(displaced)
    }

    /// The core has answered on this connection.
    pub fn prove(&self) {
        if !self.is_proven.load(Ordering::Relaxed) {
            self.set(Stage::Proven);
        }
    }

    fn set(&self, stage: Stage) {
        self.is_proven.store(stage == Stage::Proven, Ordering::Relaxed);
        if let Some(entry) = self.register.lock().taken.get_mut(&self.number) {
            entry.stage = stage;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.register.lock().taken.remove(&self.number);
    }
}

impl Displaced {
    /// How it is told.
    pub fn event(self, transport: Transport) -> Event {
        Event::new(&kind::CONNECTION_SHED)
            .with("source", self.remote)
            .with("transport", word(transport))
            .with("limit", self.limit)
    }
}

impl Seats {
    /// At most [`CONNECTIONS`] are looked at.
    fn count(&self, is_meant: impl Fn(&Entry) -> bool) -> usize {
        self.taken.values().filter(|entry| is_meant(entry)).count()
    }

    fn displace_oldest(&mut self, limit: Limit, is_meant: impl Fn(&Entry) -> bool) -> Option<Displaced> {
        let number = self.taken.iter().find(|(_, entry)| is_meant(entry)).map(|(number, _)| *number)?;
        let entry = self.taken.remove(&number)?;
        entry.leave.notify_one();
        Some(Displaced { remote: entry.remote, limit })
    }
}

impl Entry {
    fn is_unproven(&self) -> bool {
        match self.stage {
            Stage::Handshaking | Stage::Unproven => true,
            Stage::Certified | Stage::Proven => false,
        }
    }

    fn counts_for(&self, source: IpAddr) -> bool {
        self.gateways.is_empty() && source_of(self.remote.ip()) == source
    }

    fn is_handshaking(&self) -> bool {
        self.stage == Stage::Handshaking
    }
}

/// Who counts as one source: an IPv4 address, or the /64 that an IPv6 host may choose its addresses from.
pub fn source_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests;
