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
fn source_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn peer(last: u8, port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, last], port))
    }

    fn fill(register: &Arc<ConnectionRegister>, stage: Stage) -> Vec<Seat> {
        (0..CONNECTIONS)
            .map(|n| {
                let last = u8::try_from(n / CONNECTIONS_PER_SOURCE).unwrap();
                register.admit(peer(last, 1000 + u16::try_from(n).unwrap()), stage).unwrap().seat
            })
            .collect()
    }

    fn named(name: &str) -> Arc<[PeerName]> {
        Arc::from([PeerName::from(name)])
    }

    /// As many connections of one address as told, each past its handshake with the certificate of `gateways`.
    fn certified(register: &Arc<ConnectionRegister>, gateways: &Arc<[PeerName]>, count: u16) -> Vec<Seat> {
        (0..count)
            .map(|n| {
                let seat = register.admit(peer(1, 2000 + n), Stage::Handshaking).ok().unwrap().seat;
                assert_eq!(seat.belongs_to(gateways), Ok(Vec::new()));
                seat
            })
            .collect()
    }

    fn is_displaced(seat: &Seat) -> bool {
        let mut displaced = std::pin::pin!(seat.displaced());
        displaced.as_mut().poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
    }

    #[test]
    fn the_33rd_connection_of_a_source_displaces_its_oldest_unproven_one() {
        let register = Arc::new(ConnectionRegister::default());
        let seats: Vec<_> =
            (1..=32).map(|port| register.admit(peer(1, port), Stage::Unproven).ok().unwrap().seat).collect();
        seats[0].prove();

        let admission = register.admit(peer(1, 33), Stage::Unproven).ok().unwrap();

        assert_eq!(admission.displaced, [Displaced { remote: peer(1, 2), limit: Limit::PerSource }]);
        assert!(is_displaced(&seats[1]));
        assert!(!is_displaced(&seats[0]));
        assert!(register.admit(peer(2, 1), Stage::Unproven).ok().unwrap().displaced.is_empty());
    }

    #[test]
    fn the_33rd_connection_of_a_source_is_refused_if_all_its_others_are_proven() {
        let register = Arc::new(ConnectionRegister::default());
        let mut seats: Vec<_> =
            (1..=32).map(|port| register.admit(peer(1, port), Stage::Proven).ok().unwrap().seat).collect();

        assert_eq!(register.admit(peer(1, 33), Stage::Unproven).err(), Some(Limit::PerSource));

        seats.pop();
        assert!(register.admit(peer(1, 33), Stage::Unproven).is_ok());
    }

    #[test]
    fn the_1025th_connection_displaces_the_oldest_unproven_one() {
        let register = Arc::new(ConnectionRegister::default());
        let seats = fill(&register, Stage::Unproven);

        let admission = register.admit(peer(200, 1), Stage::Unproven).ok().unwrap();

        assert_eq!(admission.displaced, [Displaced { remote: peer(0, 1000), limit: Limit::Total }]);
        assert!(is_displaced(&seats[0]));
    }

    #[test]
    fn the_1025th_connection_is_refused_if_all_others_are_proven() {
        let register = Arc::new(ConnectionRegister::default());
        let _seats = fill(&register, Stage::Proven);

        assert_eq!(register.admit(peer(200, 1), Stage::Unproven).err(), Some(Limit::Total));
    }

    #[test]
    fn the_257th_handshake_displaces_the_oldest() {
        let register = Arc::new(ConnectionRegister::default());
        let seats: Vec<_> = (0..256)
            .map(|n| register.admit(peer(n as u8, 7), Stage::Handshaking).ok().unwrap().seat)
            .collect();
        seats[0].belongs_to_a_stranger();
        let _last = register.admit(peer(0, 8), Stage::Handshaking).ok().unwrap();

        let admission = register.admit(peer(0, 9), Stage::Handshaking).ok().unwrap();

        assert_eq!(admission.displaced, [Displaced { remote: peer(1, 7), limit: Limit::Handshakes }]);
    }

    #[test]
    fn connections_of_a_gateway_do_not_count_for_their_source() {
        let register = Arc::new(ConnectionRegister::default());
        let gateway = certified(&register, &named("gw1"), 200);

        let strangers: Vec<_> =
            (1..=32).map(|port| register.admit(peer(1, port), Stage::Unproven).ok().unwrap()).collect();
        let admission = register.admit(peer(1, 33), Stage::Unproven).ok().unwrap();

        assert!(strangers.iter().all(|admission| admission.displaced.is_empty()));
        assert_eq!(admission.displaced, [Displaced { remote: peer(1, 1), limit: Limit::PerSource }]);
        assert!(!gateway.iter().any(is_displaced));
    }

    #[test]
    fn strangers_behind_the_address_of_a_gateway_do_not_keep_it_out() {
        let register = Arc::new(ConnectionRegister::default());
        let _strangers: Vec<_> =
            (1..=32).map(|port| register.admit(peer(1, port), Stage::Unproven).ok().unwrap().seat).collect();

        let admission = register.admit(peer(1, 33), Stage::Handshaking).ok().unwrap();

        assert_eq!(admission.displaced, [Displaced { remote: peer(1, 1), limit: Limit::PerSource }]);
        assert_eq!(admission.seat.belongs_to(&named("gw1")), Ok(Vec::new()));
        assert!(!is_displaced(&admission.seat));
    }

    #[test]
    fn the_257th_connection_of_a_gateway_displaces_its_oldest_that_was_answered_nothing() {
        let register = Arc::new(ConnectionRegister::default());
        let _other = certified(&register, &named("gw2"), 1);
        let seats = certified(&register, &named("gw1"), 256);
        seats[0].prove();

        let newcomer = register.admit(peer(9, 9), Stage::Handshaking).ok().unwrap().seat;

        let displaced = Displaced { remote: peer(1, 2001), limit: Limit::PerGateway };
        assert_eq!(newcomer.belongs_to(&named("gw1")), Ok(vec![displaced]));
        assert!(is_displaced(&seats[1]));
    }

    #[test]
    fn the_257th_connection_of_a_gateway_is_refused_if_all_its_others_were_answered_and_no_other_gateway_is()
    {
        let register = Arc::new(ConnectionRegister::default());
        let mut seats = certified(&register, &named("gw1"), 256);
        seats.iter().for_each(Seat::prove);
        let newcomer = register.admit(peer(9, 9), Stage::Handshaking).ok().unwrap().seat;
        let both = Arc::from([PeerName::from("gw2"), PeerName::from("gw1")]);

        assert_eq!(newcomer.belongs_to(&named("gw1")), Err(Limit::PerGateway));
        assert_eq!(newcomer.belongs_to(&both), Err(Limit::PerGateway));
        assert_eq!(newcomer.belongs_to(&named("gw2")), Ok(Vec::new()));

        seats.pop();
        let newcomer = register.admit(peer(9, 10), Stage::Handshaking).ok().unwrap().seat;
        assert_eq!(newcomer.belongs_to(&named("gw1")), Ok(Vec::new()));
    }

    #[test]
    fn connections_of_gateways_are_not_displaced_by_those_of_others() {
        let register = Arc::new(ConnectionRegister::default());
        let seats: Vec<_> =
            (1..=4).flat_map(|n| certified(&register, &named(&format!("gw{n}")), 256)).collect();

        assert_eq!(register.admit(peer(200, 1), Stage::Handshaking).err(), Some(Limit::Total));
        assert!(!seats.iter().any(is_displaced));
    }

    #[test]
    fn ipv6_hosts_of_one_network_count_as_one_source() {
        assert_eq!(source_of("2001:db8::1".parse().unwrap()), source_of("2001:db8::ff:2".parse().unwrap()));
        assert_ne!(source_of("2001:db8::1".parse().unwrap()), source_of("2001:db8:0:1::1".parse().unwrap()));
        assert_eq!(source_of("::ffff:192.0.2.1".parse().unwrap()), peer(1, 0).ip());
    }
}
