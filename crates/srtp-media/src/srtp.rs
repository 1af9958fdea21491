//! SRTP and SRTCP (RFC 3711, 6188, 7714): in place, authenticated before anything else happens.

mod derivation;
mod inbound;
mod layout;
mod outbound;
mod replay;
mod transform;

use telephony::MasterKey;

pub(crate) use self::{inbound::Inbound, outbound::Outbound};

/// The keys of both directions, as offer and answer have agreed on them. The debug form shows no key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SrtpKeys {
    /// Protects what we send.
    pub send: MasterKey,
    /// The master key identifier that our packets carry, 1 to 128 octets.
    pub send_mki: Option<Vec<u8>>,
    /// Opens what the peer sends.
    pub receive: MasterKey,
    /// The master key identifier that the peer's packets carry, 1 to 128 octets.
    pub receive_mki: Option<Vec<u8>>,
    /// `UNENCRYPTED_SRTCP` is agreed: we send SRTCP in clear, and take the peer's in clear as well. It is
    /// authenticated all the same.
    pub srtcp_clear: bool,
}

/// Why a packet is not taken, or not sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SrtpError {
    /// Too short or too long, or of another version.
    Malformed,
    /// The tag or the master key identifier is wrong, or SRTCP is in clear where that is not agreed.
    NotAuthentic,
    /// It has been taken before, or is too old to know.
    Replayed,
    /// The peer has used as many SSRCs under one key as are kept.
    TooManySources,
    /// The key has protected all that it may, or the packet would use a number again.
    KeyExhausted,
}

/// The last index of SRTP under one key: 2^48 packets (RFC 3711 9.2).
const LAST_SRTP_INDEX: u64 = (1 << 48) - 1;
/// The last index of SRTCP under one key: 2^31 packets (RFC 3711 9.2).
const LAST_SRTCP_INDEX: u32 = (1 << 31) - 1;

#[cfg(test)]
pub(crate) mod tests;
