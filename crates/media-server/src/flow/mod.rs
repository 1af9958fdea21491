//! Flows: UDP sockets by id, and how bytes leave through them without anybody waiting.
use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use dashmap::DashMap;
use sip_signaling::FlowId;
use tokio::net::UdpSocket;

/// Every flow of the server. One writer a flow; anybody may transmit.
#[derive(Default)]
pub struct FlowTable {
    next: AtomicU64,
    datagram: DashMap<FlowId, Arc<UdpSocket>>,
}

/// What became of a transmission.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transmission {
    /// On its way.
    Sent,
    /// The datagram could not be sent at once and is dropped: SIP repeats it.
    Dropped,
    /// There is no such flow any more.
    Gone,
}

impl FlowTable {
    fn new_id(&self) -> FlowId {
        FlowId(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Registers a UDP socket.
    pub fn add_datagram(&self, socket: Arc<UdpSocket>) -> FlowId {
        let id = self.new_id();
        self.datagram.insert(id, socket);
        id
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
        Transmission::Gone
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
    use super::*;

    #[test]
    fn nothing_leaves_through_a_flow_that_is_not_there() {
        let flows = FlowTable::default();
        let peer = SocketAddr::from(([127, 0, 0, 1], 9));

        assert_eq!(flows.transmit(FlowId(7), peer, Bytes::new()), Transmission::Gone);
    }
}
