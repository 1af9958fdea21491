use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use telephony::AudioCodec;

use crate::{protection::ProtectionPlan, srtp::SrtpKeys};

/// What a session does on the wire: the outcome of offer and answer, and how packets are protected.
#[derive(Clone, Debug)]
pub struct MediaSpec {
    pub(crate) parameters: SpecParameters,
    pub(crate) protection: ProtectionPlan,
}

impl MediaSpec {
    /// Media without protection. Only the outcome of a clear negotiation may lead here (architecture section 6.5).
    pub fn clear(parameters: SpecParameters) -> Self {
        Self { parameters, protection: ProtectionPlan::Clear }
    }

    /// Media under SRTP and SRTCP. An `Update` with the same keys goes on where it is; a new key of the peer counts
    /// from its first packet on, beside the old one for 5 s.
    pub fn secured(parameters: SpecParameters, keys: SrtpKeys) -> Self {
        Self { parameters, protection: ProtectionPlan::Srtp(Box::new(keys)) }
    }

    /// What was agreed on.
    pub fn parameters(&self) -> &SpecParameters {
        &self.parameters
    }
}

/// The numbers of a session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SpecParameters {
    /// Where RTP goes: the address in the peer's SDP.
    pub remote_rtp: SocketAddr,
    /// Where RTCP goes; not used with `rtcp_mux`.
    pub remote_rtcp: SocketAddr,
    /// RTCP shares the RTP port (RFC 5761).
    pub rtcp_mux: bool,
    /// The agreed codec.
    pub codec: AudioCodec,
    /// Its payload type number, 0 to 127.
    pub payload_type: u8,
    /// Payload type of comfort noise (RFC 3389), if agreed.
    pub comfort_noise: Option<u8>,
    /// Payload type of telephone-event (RFC 4733), if agreed.
    pub telephone_event: Option<u8>,
    /// Length of the packets we send: rounded down to a multiple of 10 ms, 10 to 60 ms.
    pub ptime: Duration,
    /// Who may speak.
    pub direction: Direction,
    /// Addresses whose packets count in clear RTP: the one in the SDP and the gateway's own.
    pub accept_from: Vec<IpAddr>,
    /// Send to where packets come from, once that is learned (`--symmetric-rtp`).
    pub symmetric: bool,
    /// What is sent while nothing is to be said.
    pub while_silent: WhileSilent,
    /// `NoMedia` after so long without a valid packet while the peer may send; `None` = never.
    pub media_timeout: Option<Duration>,
    /// Our SSRC, random.
    pub ssrc: u32,
    /// Our first sequence number, random.
    pub sequence: u16,
    /// Our first timestamp, random.
    pub timestamp: u32,
}

/// Who may speak, as seen from the server. Without `send` the peer holds the call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Direction {
    /// We may send.
    pub send: bool,
    /// The peer may send.
    pub receive: bool,
}

impl Direction {
    /// Both speak.
    pub const BOTH: Self = Self { send: true, receive: true };
    /// Nobody speaks.
    pub const INACTIVE: Self = Self { send: false, receive: false };
}

/// What the server sends while it has nothing to say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WhileSilent {
    /// One packet of silence (comfort noise if agreed) a second.
    Sparse,
    /// A packet of silence every packet time.
    Continuous,
}
