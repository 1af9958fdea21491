use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use call_control::LocalRoute;

/// Asks the system's routing table.
pub struct SystemRoutes;

impl LocalRoute for SystemRoutes {
    fn source_towards(&self, peer: IpAddr) -> Option<IpAddr> {
        source_towards(peer)
    }
}

/// The local address of the route to `peer`: connecting a UDP socket sends nothing and tells it.
pub fn source_towards(peer: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = match peer {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).ok()?;
    // Port 9 is discard; no packet leaves.
    socket.connect(SocketAddr::new(peer, 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_reached_from_loopback() {
        let loopback: IpAddr = Ipv4Addr::LOCALHOST.into();

        assert_eq!(source_towards(loopback), Some(loopback));
    }
}
