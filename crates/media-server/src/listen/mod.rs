//! Listeners: they read, classify and hand on; they never wait for the core.
pub mod udp;

use std::net::{IpAddr, SocketAddr};

/// Why a listener did not open.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen on {address} ({transport}): is another server on this port, or is the address not this machine's?"
)]
pub struct ListenError {
    /// Where.
    pub address: SocketAddr,
    /// UDP, TCP or TLS.
    pub transport: &'static str,
    /// What the system says.
    #[source]
    pub source: std::io::Error,
}

/// An IPv4-mapped address as the IPv4 address that it is.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// The local address that a peer sees: what the socket is bound to, or the route's source for a wildcard.
pub(crate) fn local_towards(bound: SocketAddr, peer: IpAddr) -> SocketAddr {
    if bound.ip().is_unspecified()
        && let Some(source) = crate::gateways::route::source_towards(peer)
    {
        return SocketAddr::new(source, bound.port());
    }
    canonical(bound)
}
