use std::{
    io,
    net::{Ipv6Addr, SocketAddr},
    time::{Duration, Instant, SystemTime},
};

use batch_udp::{Batch, Datagram};
use srtp_media::{Channel, Phase, SessionId, limits::MAX_PACKET};

use super::ports::SocketPair;

/// What a worker knows of the sockets of an open session; the sockets themselves are in its batch.
#[derive(Debug)]
pub(super) struct SessionSockets {
    session: SessionId,
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

// A packet that is longer than any we take is known by its length.
const _: () = assert!(batch_udp::ROOM > MAX_PACKET);

/// A kernel's time of arrival further back than this is a step of the wall clock.
const OLDEST_ARRIVAL: Duration = Duration::from_secs(1);

impl Moment {
    /// When a datagram arrived.
    pub(super) fn arrival(self, datagram: &Datagram<'_>) -> Instant {
        let age = datagram.arrived.and_then(|arrived| self.wall.duration_since(arrived).ok());
        let age = age.unwrap_or_default().min(OLDEST_ARRIVAL);
        self.now.checked_sub(age).unwrap_or(self.now)
    }
}

impl SessionSockets {
    /// Takes the pair of a lease into use.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn open(
        pair: SocketPair,
        session: SessionId,
        phase: Phase,
        batch: &mut Batch,
    ) -> io::Result<Self> {
        let this = Self { session, dual_stack: pair.rtp.local_addr()?.is_ipv6(), connected: None };
        batch.insert(phase.index(), key(session, Channel::Rtp), pair.rtp)?;
        if let Err(error) = batch.insert(phase.index(), key(session, Channel::Rtcp), pair.rtcp) {
            this.close(batch);
            return Err(error);
        }
        Ok(this)
    }

    /// Queues a datagram; what is refused is told when the batch is flushed.
    pub(super) fn send(&self, batch: &mut Batch, channel: Channel, to: SocketAddr, octets: &[u8]) {
        let is_connected = channel == Channel::Rtp && self.connected == Some(to);
        let to = if is_connected { None } else { Some(self.in_our_family(to)) };
        batch.queue_send(key(self.session, channel), to, octets);
    }

    /// Lets the kernel drop the RTP of everybody else. Where that does not work, the session refuses it.
    pub(super) fn connect(&mut self, batch: &mut Batch, remote: SocketAddr) {
        if batch.connect(key(self.session, Channel::Rtp), self.in_our_family(remote)).is_ok() {
            self.connected = Some(remote);
        }
    }

    /// Hears everybody again.
    pub(super) fn disconnect(&mut self, batch: &mut Batch) {
        if self.connected.take().is_some() {
            // A socket that stays connected hears the old peer only: the call then ends as one without media.
            let _ = batch.disconnect(key(self.session, Channel::Rtp));
        }
    }

    /// Closes the sockets; what was queued is sent before.
    pub(super) fn close(&self, batch: &mut Batch) {
        batch.remove(key(self.session, Channel::Rtp));
        batch.remove(key(self.session, Channel::Rtcp));
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

/// What a socket is called in its batch.
fn key(session: SessionId, channel: Channel) -> u64 {
    let bit = match channel {
        Channel::Rtp => 0,
        Channel::Rtcp => 1,
    };
    session.0 << 1 | bit
}

/// Whose socket a key of a batch names.
pub(super) fn owner(key: u64) -> (SessionId, Channel) {
    let channel = if key & 1 == 0 { Channel::Rtp } else { Channel::Rtcp };
    (SessionId(key >> 1), channel)
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
