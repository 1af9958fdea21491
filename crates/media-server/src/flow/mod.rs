//! Flows: UDP sockets and connections by id, and how bytes leave through them without anybody waiting.
use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use call_control::{CertifiedPeer, PeerIdentity};
use dashmap::DashMap;
use sip_signaling::{FlowId, PeerName};
use tokio::{
    net::UdpSocket,
    sync::{Notify, mpsc},
};

use crate::{gateways::route::source_towards, trust::TEST_PEER};

pub mod connection;
pub mod dialing;
mod late_refusal;
pub mod limits;
mod peering;
pub mod reacher;
mod tls_agreed;

pub use peering::{OpenedBy, Peering};
pub use tls_agreed::tls_agreed;

/// Messages that wait for a peer that does not read; one more, and the connection is closed.
pub const STREAM_QUEUE: usize = 256;

/// Every flow of the server. One writer a flow; anybody may transmit.
#[derive(Default)]
pub struct FlowTable {
    next: AtomicU64,
    datagram: DashMap<FlowId, Arc<UdpSocket>>,
    stream: DashMap<FlowId, Stream>,
    /// What each gateway has shown last.
    seen: DashMap<PeerName, Arc<CertifiedPeer>>,
}

/// The table's end of a connection.
#[derive(Clone)]
struct Stream {
    orders: mpsc::Sender<StreamOrder>,
    overflow: Arc<Notify>,
    peering: Arc<Peering>,
}

/// The connection's own end of its entry.
pub struct Outgoing {
    /// What to write.
    pub orders: mpsc::Receiver<StreamOrder>,
    /// Told once when the queue is full: nothing more is written.
    pub overflow: Arc<Notify>,
}

/// What the writer of a connection does next.
#[derive(Debug)]
pub enum StreamOrder {
    /// Write these bytes.
    Write(Bytes),
    /// Answer a keep-alive (RFC 5626 4.4.1).
    Pong,
    /// Close after what was ordered before.
    Close,
}

/// What became of a transmission.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transmission {
    /// On its way.
    Sent,
    /// The datagram could not be sent at once and is dropped: SIP repeats it.
    Dropped,
    /// The peer of a connection does not read: its connection is being closed.
    PeerDoesNotRead,
    /// There is no such flow any more.
    Gone,
}

impl FlowTable {
    /// A new id for a flow that is about to exist.
    pub fn new_id(&self) -> FlowId {
        FlowId(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Registers a UDP socket.
    pub fn add_datagram(&self, socket: Arc<UdpSocket>) -> FlowId {
        let id = self.new_id();
        self.datagram.insert(id, socket);
        id
    }

    /// The UDP socket from which `remote` is reached: the one of the route's address, else of its family.
    pub fn datagram_towards(&self, remote: SocketAddr) -> Option<FlowId> {
        let source = source_towards(remote.ip());
        let family = |address: &SocketAddr| address.is_ipv4() == remote.is_ipv4();
        let mut sockets: Vec<(bool, FlowId)> = self
            .datagram
            .iter()
            .filter_map(|entry| Some((*entry.key(), entry.value().local_addr().ok().filter(family)?)))
            .map(|(id, local)| (Some(local.ip()) != source, id))
            .collect();
        sockets.sort();
        sockets.first().map(|(_, id)| *id)
    }

    /// Registers a connection; what is transmitted on it comes out of the other end.
    pub fn add_stream(&self, id: FlowId, peering: Arc<Peering>) -> Outgoing {
        let (sender, orders) = mpsc::channel(STREAM_QUEUE);
        let overflow = Arc::new(Notify::new());
        if let PeerIdentity::Certificate(certified) = peering.identity() {
            for gateway in certified.peers.iter().filter(|peer| ***peer != *TEST_PEER) {
                self.seen.insert(gateway.clone(), Arc::clone(&certified));
            }
        }
        self.stream.insert(id, Stream { orders: sender, overflow: Arc::clone(&overflow), peering });
        Outgoing { orders, overflow }
    }

    /// Every open connection with its other end, in the order of their ids.
    pub fn peerings(&self) -> Vec<(FlowId, Arc<Peering>)> {
        let mut all: Vec<_> =
            self.stream.iter().map(|entry| (*entry.key(), Arc::clone(&entry.value().peering))).collect();
        all.sort_by_key(|(id, _)| *id);
        all
    }

    /// The certificate that each gateway has shown last, by its name; also of gateways that are no more.
    pub fn seen(&self) -> Vec<(PeerName, Arc<CertifiedPeer>)> {
        let mut all: Vec<_> =
            self.seen.iter().map(|entry| (entry.key().clone(), Arc::clone(entry.value()))).collect();
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        all
    }

    /// The other end of a connection; `None` for a UDP socket, and once the connection is gone.
    pub fn peering(&self, id: FlowId) -> Option<Arc<Peering>> {
        self.stream.get(&id).map(|entry| Arc::clone(&entry.value().peering))
    }

    /// Forgets a connection.
    pub fn remove_stream(&self, id: FlowId) {
        self.stream.remove(&id);
    }

    /// Sends without waiting.
    pub fn transmit(&self, flow: FlowId, remote: SocketAddr, bytes: Bytes) -> Transmission {
        if let Some(socket) = self.datagram.get(&flow).map(|entry| Arc::clone(entry.value())) {
            let remote = for_socket(&socket, remote);
            return match socket.try_send_to(&bytes, remote) {
                Ok(_) => Transmission::Sent,
                Err(_) => Transmission::Dropped,
            };
        }
        self.order(flow, StreamOrder::Write(bytes))
    }

    /// Answers a keep-alive on a connection.
    pub fn pong(&self, flow: FlowId) -> Transmission {
        self.order(flow, StreamOrder::Pong)
    }

    /// Closes a connection after what was transmitted on it; a UDP socket stays.
    pub fn close(&self, flow: FlowId) {
        if let Some((_, stream)) = self.stream.remove(&flow) {
            // Full means that the writer will find the channel closed after its queue: the same end.
            let _ = stream.orders.try_send(StreamOrder::Close);
        }
    }

    fn order(&self, flow: FlowId, order: StreamOrder) -> Transmission {
        let Some(stream) = self.stream.get(&flow).map(|entry| entry.value().clone()) else {
            return Transmission::Gone;
        };
        match stream.orders.try_send(order) {
            Ok(()) => Transmission::Sent,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.remove_stream(flow);
                stream.overflow.notify_one();
                Transmission::PeerDoesNotRead
            }
            Err(mpsc::error::TrySendError::Closed(_)) => Transmission::Gone,
        }
    }
}

/// A dual-stack socket sends to IPv4 peers by their mapped address.
fn for_socket(socket: &UdpSocket, remote: SocketAddr) -> SocketAddr {
    match (socket.local_addr(), remote.ip()) {
        (Ok(SocketAddr::V6(_)), IpAddr::V4(address)) => {
            SocketAddr::new(IpAddr::V6(address.to_ipv6_mapped()), remote.port())
        }
        _ => remote,
    }
}

#[cfg(test)]
mod tests {
    use sip_signaling::Transport;

    use super::*;
    use crate::trust::PeerStanding;

    #[test]
    fn connection_whose_peer_does_not_read_is_closed_at_the_bound() {
        let flows = FlowTable::default();
        let id = flows.new_id();
        let peer = SocketAddr::from(([127, 0, 0, 1], 9));
        let peering = Peering::new(Transport::Tcp, peer, OpenedBy::Peer, PeerStanding::Address, None);
        let _outgoing = flows.add_stream(id, Arc::new(peering));

        let outcomes: Vec<_> =
            (0..=STREAM_QUEUE).map(|_| flows.transmit(id, peer, Bytes::from_static(b"x"))).collect();

        assert_eq!(outcomes[STREAM_QUEUE - 1], Transmission::Sent);
        assert_eq!(outcomes[STREAM_QUEUE], Transmission::PeerDoesNotRead);
        assert_eq!(flows.transmit(id, peer, Bytes::new()), Transmission::Gone);
    }

    #[tokio::test]
    async fn datagram_leaves_by_the_socket_of_the_route_and_none_where_the_family_has_none() {
        let flows = FlowTable::default();
        let mut sockets = Vec::new();
        for address in ["127.0.0.2:0", "127.0.0.1:0"] {
            let socket = Arc::new(UdpSocket::bind(address).await.unwrap());
            sockets.push(flows.add_datagram(socket));
        }

        let towards = |remote: &str| flows.datagram_towards(remote.parse().unwrap());

        assert_eq!(towards("127.0.0.1:5060"), Some(sockets[1]));
        assert_eq!(towards("[::1]:5060"), None);
    }
}
