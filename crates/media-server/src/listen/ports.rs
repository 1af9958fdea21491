//! Sockets bound to the addresses and ports of the configuration, all of a kind to one port.
use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UdpSocket};

use super::ListenError;

/// Room for a burst of requests while the core is busy, in octets.
const RECEIVE_BUFFER: usize = 4 << 20;
/// Connections that wait to be accepted.
const BACKLOG: i32 = 1_024;
/// Port 0 is any port that is free on every address and for every transport: this often one is tried.
const ATTEMPTS: usize = 16;

/// Which transports share a port.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Listeners {
    /// SIP over UDP and TCP.
    UdpAndTcp,
    /// SIP over TCP.
    Tcp,
    /// SIP over TLS.
    Tls,
}

/// Sockets that share a port.
#[derive(Default)]
pub struct Bound {
    /// One for each address, unless UDP is off.
    pub udp: Vec<UdpSocket>,
    /// One for each address.
    pub stream: Vec<TcpListener>,
}

/// Binds `port` of every address. Port 0: one free port for all of them.
pub fn bind(addresses: &[IpAddr], port: u16, listeners: Listeners) -> Result<Bound, ListenError> {
    let mut attempt = 1;
    loop {
        match bind_once(addresses, port, listeners) {
            // The system gave a port that somebody has on another address or transport.
            Err(taken)
                if port == 0 && taken.source.kind() == io::ErrorKind::AddrInUse && attempt < ATTEMPTS =>
            {
                attempt += 1;
            }
            result => return result,
        }
    }
}

fn bind_once(addresses: &[IpAddr], mut port: u16, listeners: Listeners) -> Result<Bound, ListenError> {
    let mut bound = Bound::default();
    let mut missing = None;
    for address in addresses {
        match bind_address(*address, port, listeners, &mut bound) {
            Ok(chosen) => port = chosen,
            // The default configuration names `[::]`; a machine without IPv6 listens on what it has.
            Err(error) if address.is_unspecified() && is_family_missing(&error.source) => {
                tracing::warn!(%address, "this machine has no addresses of this family: not listened on");
                missing = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    match missing {
        Some(error) if bound.stream.is_empty() => Err(error),
        Some(_) | None => Ok(bound),
    }
}

fn bind_address(
    address: IpAddr,
    mut port: u16,
    listeners: Listeners,
    bound: &mut Bound,
) -> Result<u16, ListenError> {
    let transport = match listeners {
        Listeners::UdpAndTcp => {
            let at = SocketAddr::new(address, port);
            let socket =
                open_udp(at).map_err(|source| ListenError { address: at, transport: "UDP", source })?;
            port = port_of(socket.local_addr(), at)?;
            bound.udp.push(socket);
            "TCP"
        }
        Listeners::Tcp => "TCP",
        Listeners::Tls => "TLS",
    };
    let at = SocketAddr::new(address, port);
    let listener = open_stream(at).map_err(|source| ListenError { address: at, transport, source })?;
    port = port_of(listener.local_addr(), at)?;
    bound.stream.push(listener);
    Ok(port)
}

fn port_of(bound: io::Result<SocketAddr>, address: SocketAddr) -> Result<u16, ListenError> {
    match bound {
        Ok(bound) => Ok(bound.port()),
        Err(source) => Err(ListenError { address, transport: "bound socket", source }),
    }
}

fn open_udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = open(address, Type::DGRAM, Protocol::UDP)?;
    // The system may grant less; that is no reason not to start.
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

fn open_stream(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = open(address, Type::STREAM, Protocol::TCP)?;
    // A restart does not wait for connections of the process before to be forgotten.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// An IPv6 socket takes IPv6 only: IPv4 has a socket of its own.
fn open(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn is_family_missing(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let errno = Errno::from_io_error(error);
    errno == Some(Errno::AFNOSUPPORT) || errno == Some(Errno::ADDRNOTAVAIL)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[tokio::test]
    async fn port_zero_is_one_free_port_for_udp_and_tcp() {
        let bound = bind(&[LOOPBACK], 0, Listeners::UdpAndTcp).unwrap();

        let udp = bound.udp[0].local_addr().unwrap();
        assert_eq!(bound.stream[0].local_addr().unwrap(), udp);
        assert_ne!(udp.port(), 0);
    }

    #[tokio::test]
    async fn taken_port_is_told_with_address_and_transport() {
        let first = bind(&[LOOPBACK], 0, Listeners::Tcp).unwrap();
        let taken = first.stream[0].local_addr().unwrap();

        let error = bind(&[LOOPBACK], taken.port(), Listeners::Tls).err().unwrap();

        assert_eq!((error.address, error.transport), (taken, "TLS"));
        assert_eq!(error.source.kind(), io::ErrorKind::AddrInUse);
    }
}
