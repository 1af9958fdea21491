use std::{
    io,
    net::{Ipv6Addr, SocketAddr, UdpSocket},
    time::{Duration, Instant, SystemTime},
};

use batch_udp::SocketSet;
use srtp_media::{Channel, SessionId, limits::MAX_PACKET};

use super::ports::SocketPair;

/// The sockets of an open session.
#[derive(Debug)]
pub(super) struct SessionSockets {
    pair: SocketPair,
    dual_stack: bool,
    /// Where the RTP socket is connected to.
    connected: Option<SocketAddr>,
}

/// Now, on both clocks.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) now: Instant,
    pub(super) wall: SystemTime,
}

/// A datagram for a session.
pub(super) struct Arrival {
    pub(super) length: usize,
    pub(super) source: SocketAddr,
    pub(super) at: Instant,
}

/// Room for a packet and one octet more, by which a longer one is known.
pub(super) type PacketBuffer = [u8; MAX_PACKET + 1];

/// A kernel's time of arrival further back than this is a step of the wall clock.
const OLDEST_ARRIVAL: Duration = Duration::from_secs(1);
/// Datagrams thrown away when a session opens: what came before counts for nothing.
const STALE_DATAGRAMS: usize = 1024;

impl SessionSockets {
    /// Takes the pair of a lease into use.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn open(pair: SocketPair, session: SessionId, set: &mut SocketSet) -> io::Result<Self> {
        let dual_stack = pair.rtp.local_addr()?.is_ipv6();
        batch_udp::tell_arrival_times(&pair.rtp)?;
        empty(&pair.rtp);
        empty(&pair.rtcp);
        set.add(&pair.rtp, key(session, Channel::Rtp))?;
        set.add(&pair.rtcp, key(session, Channel::Rtcp))?;
        Ok(Self { pair, dual_stack, connected: None })
    }

    /// Takes the next datagram of a channel.
    ///
    /// # Errors
    /// As [`batch_udp::receive`].
    pub(super) fn receive(
        &self,
        channel: Channel,
        moment: Moment,
        buffer: &mut PacketBuffer,
    ) -> io::Result<Arrival> {
        let received = batch_udp::receive(self.socket(channel), buffer)?;
        let age = received.arrived.and_then(|arrived| moment.wall.duration_since(arrived).ok());
        let age = age.unwrap_or_default().min(OLDEST_ARRIVAL);
        let at = moment.now.checked_sub(age).unwrap_or(moment.now);
        Ok(Arrival { length: received.length, source: received.source, at })
    }

    /// Sends a datagram.
    ///
    /// # Errors
    /// What the system says; nothing is tried again.
    pub(super) fn send(&self, channel: Channel, to: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        let socket = self.socket(channel);
        if channel == Channel::Rtp && self.connected == Some(to) {
            socket.send(bytes)?;
        } else {
            socket.send_to(bytes, self.in_our_family(to))?;
        }
        Ok(())
    }

    /// Lets the kernel drop the RTP of everybody else. Where that does not work, the session refuses it.
    pub(super) fn connect(&mut self, remote: SocketAddr) {
        if self.pair.rtp.connect(self.in_our_family(remote)).is_ok() {
            self.connected = Some(remote);
        }
    }

    /// Hears everybody again.
    pub(super) fn disconnect(&mut self) {
        if self.connected.take().is_some() {
            // A socket that stays connected hears the old peer only: the call then ends as one without media.
            let _ = batch_udp::disconnect(&self.pair.rtp);
        }
    }

    fn socket(&self, channel: Channel) -> &UdpSocket {
        match channel {
            Channel::Rtp => &self.pair.rtp,
            Channel::Rtcp => &self.pair.rtcp,
        }
    }

    fn in_our_family(&self, address: SocketAddr) -> SocketAddr {
        match address {
            SocketAddr::V4(v4) if self.dual_stack => {
                let mapped: Ipv6Addr = v4.ip().to_ipv6_mapped();
                SocketAddr::from((mapped, v4.port()))
            }
            SocketAddr::V4(_) | SocketAddr::V6(_) => address,
        }
    }
}

/// What a socket is called in its set.
fn key(session: SessionId, channel: Channel) -> u64 {
    let bit = match channel {
        Channel::Rtp => 0,
        Channel::Rtcp => 1,
    };
    session.0 << 1 | bit
}

/// Whose socket a key of a set names.
pub(super) fn owner(key: u64) -> (SessionId, Channel) {
    let channel = if key & 1 == 0 { Channel::Rtp } else { Channel::Rtcp };
    (SessionId(key >> 1), channel)
}

fn empty(socket: &UdpSocket) {
    for _ in 0..STALE_DATAGRAMS {
        if socket.recv(&mut []).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_names_session_and_channel() {
        for session in [SessionId(1), SessionId(u64::MAX >> 1)] {
            for channel in [Channel::Rtp, Channel::Rtcp] {
                assert_eq!(owner(key(session, channel)), (session, channel));
            }
        }
    }
}
