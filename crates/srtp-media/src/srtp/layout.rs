//! The clear parts of protected packets.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::SrtpError;

/// What SRTP needs to know of an RTP header.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct RtpLayout {
    /// Octets of the header with contributing sources and extension: authenticated, never encrypted.
    pub(super) header: usize,
    pub(super) sequence: u16,
    pub(super) ssrc: u32,
}

/// Octets of an RTCP packet that are never encrypted.
pub(super) const RTCP_HEADER: usize = 8;

impl RtpLayout {
    pub(super) fn read(packet: &[u8]) -> Result<Self, SrtpError> {
        let [first, _, s0, s1, _, _, _, _, a, b, c, d, rest @ ..] = packet else {
            return Err(SrtpError::Malformed);
        };
        if first >> 6 != 2 {
            return Err(SrtpError::Malformed);
        }
        let sources = usize::from(first & 0x0f).saturating_mul(4);
        let mut header = sources.saturating_add(12);
        if first & 0x10 != 0 {
            let Some([_, _, l0, l1, ..]) = rest.get(sources..) else { return Err(SrtpError::Malformed) };
            let words = usize::from(u16::from_be_bytes([*l0, *l1]));
            header = header.saturating_add(4).saturating_add(words.saturating_mul(4));
        }
        if header > packet.len() {
            return Err(SrtpError::Malformed);
        }
        let ssrc = u32::from_be_bytes([*a, *b, *c, *d]);
        Ok(Self { header, sequence: u16::from_be_bytes([*s0, *s1]), ssrc })
    }
}

/// The SSRC of an RTCP compound.
pub(super) fn rtcp_ssrc(packet: &[u8]) -> Result<u32, SrtpError> {
    match packet {
        [first, _, _, _, a, b, c, d, ..] if first >> 6 == 2 => Ok(u32::from_be_bytes([*a, *b, *c, *d])),
        _ => Err(SrtpError::Malformed),
    }
}

/// `E || index` of SRTCP.
pub(super) fn srtcp_word(index: u32, encrypted: bool) -> [u8; 4] {
    (index | u32::from(encrypted) << 31).to_be_bytes()
}

/// Cuts the last `octets` off.
pub(super) fn split_end(packet: &mut [u8], octets: usize) -> Result<(&mut [u8], &mut [u8]), SrtpError> {
    let kept = packet.len().checked_sub(octets).ok_or(SrtpError::Malformed)?;
    packet.split_at_mut_checked(kept).ok_or(SrtpError::Malformed)
}
