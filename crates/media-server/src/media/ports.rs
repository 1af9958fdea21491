use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::atomic::{AtomicU32, Ordering},
};

use socket2::{Domain, Protocol, Socket, Type};

use crate::config::PortRange;

/// Hands out pairs of bound sockets: RTP on an even port, RTCP on the next.
///
/// Ports of a range are taken in turn, so that one which was just given up rests until the others were used: late
/// packets of its last call do not meet the next.
#[derive(Debug)]
pub(super) struct PortPool {
    range: PortRange,
    turn: AtomicU32,
    any_address: SocketAddr,
}

/// RTP and RTCP sockets, non-blocking, bound to all local addresses.
#[derive(Debug)]
pub(super) struct SocketPair {
    pub(super) rtp: UdpSocket,
    pub(super) rtcp: UdpSocket,
    pub(super) rtp_port: u16,
    pub(super) rtcp_port: u16,
}

/// Pairs that are tried before it is said that none is free.
const ATTEMPTS: u32 = 256;

impl PortPool {
    pub(super) fn new(range: PortRange) -> Self {
        let dual_stack = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
        let only_ipv4 = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let any_address = if bind(dual_stack).is_ok() { dual_stack } else { only_ipv4 };
        Self { range, turn: AtomicU32::new(0), any_address }
    }

    /// Binds the next free pair; `None` if none was found.
    ///
    /// # Errors
    /// What the system says, other than that a port is in use.
    pub(super) fn bind_pair(&self) -> io::Result<Option<SocketPair>> {
        let attempts = match self.range {
            PortRange::Any => ATTEMPTS,
            PortRange::Between { first, last } => ATTEMPTS.min(pairs(first, last)),
        };
        for _ in 0..attempts {
            let pair = match self.range {
                PortRange::Any => self.bind_any(),
                PortRange::Between { first, last } => {
                    let turn = self.turn.fetch_add(1, Ordering::Relaxed) % pairs(first, last).max(1);
                    let port = u16::try_from(u32::from(first) + 2 * turn).unwrap_or(first);
                    self.bind_rtp(port)
                }
            };
            match pair {
                Ok(pair) => return Ok(Some(pair)),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Lets the system choose, and binds to the number that it chose: a socket bound to port 0 would lose its port
    /// when it is disconnected.
    fn bind_any(&self) -> io::Result<SocketPair> {
        let free = self.bind_port(0)?.local_addr()?.port();
        self.bind_rtp(free & !1)
    }

    fn bind_rtp(&self, port: u16) -> io::Result<SocketPair> {
        let (rtp, rtcp) = (self.bind_port(port)?, self.bind_port(port + 1)?);
        Ok(SocketPair { rtp, rtcp, rtp_port: port, rtcp_port: port + 1 })
    }

    fn bind_port(&self, port: u16) -> io::Result<UdpSocket> {
        bind(SocketAddr::new(self.any_address.ip(), port))
    }
}

/// How many pairs a range holds.
fn pairs(first: u16, last: u16) -> u32 {
    u32::from(last).saturating_sub(u32::from(first)).div_ceil(2)
}

fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pair_of_any_ports_is_an_even_one_and_the_next() {
        let pool = PortPool::new(PortRange::Any);
        for _ in 0..20 {
            let pair = pool.bind_pair().unwrap().unwrap();

            assert_eq!(pair.rtp_port % 2, 0);
            assert_eq!(pair.rtcp_port, pair.rtp_port + 1);
            assert_eq!(pair.rtp.local_addr().unwrap().port(), pair.rtp_port);
            assert_eq!(pair.rtcp.local_addr().unwrap().port(), pair.rtcp_port);
        }
    }

    #[test]
    fn range_whose_ports_are_taken_has_no_pair() {
        let taken = PortPool::new(PortRange::Any).bind_pair().unwrap().unwrap();
        let range = PortRange::Between { first: taken.rtp_port, last: taken.rtcp_port };

        assert!(PortPool::new(range).bind_pair().unwrap().is_none());
    }

    #[test]
    fn range_of_an_odd_number_of_ports_leaves_the_last_one_unused() {
        assert_eq!(pairs(20_000, 20_001), 1);
        assert_eq!(pairs(20_000, 20_002), 1);
        assert_eq!(pairs(20_000, 29_999), 5000);
    }
}
