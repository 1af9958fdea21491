//! What we send.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use telephony::MasterKey;

use super::{
    LAST_SRTCP_INDEX, SrtpError, SrtpKeys,
    derivation::Stream,
    layout::{RtpLayout, rtcp_ssrc},
    replay::estimate_index,
    transform::Transform,
};

/// Protects the packets of our one source.
#[derive(Debug)]
pub(crate) struct Outbound {
    key: MasterKey,
    mki: Vec<u8>,
    encrypt_rtcp: bool,
    rtp: Transform,
    rtcp: Transform,
    /// SSRC and index of the last RTP packet.
    last: Option<(u32, u64)>,
    /// Index of the next RTCP packet. The first one is 1, as everywhere in the field; 0 counts as lost.
    next_rtcp: u32,
}

impl Outbound {
    pub(crate) fn new(keys: &SrtpKeys) -> Self {
        Self {
            key: keys.send.clone(),
            mki: keys.send_mki.clone().unwrap_or_default(),
            encrypt_rtcp: !keys.srtcp_clear,
            rtp: Transform::new(&keys.send, Stream::Rtp),
            rtcp: Transform::new(&keys.send, Stream::Rtcp),
            last: None,
            next_rtcp: 1,
        }
    }

    /// Puts a later agreement in place. Indices go on, also under a new key: "the rollover counter always maintains
    /// its sequence of values" (RFC 3711 3.3.1).
    pub(crate) fn update(&mut self, keys: &SrtpKeys) {
        if self.key == keys.send {
            self.mki = keys.send_mki.clone().unwrap_or_default();
            self.encrypt_rtcp = !keys.srtcp_clear;
            return;
        }
        let next_rtcp = if self.next_rtcp > LAST_SRTCP_INDEX { 1 } else { self.next_rtcp };
        *self = Self { last: self.last, next_rtcp, ..Self::new(keys) };
    }

    /// Protects an RTP packet. No index is ever used twice.
    pub(crate) fn protect_rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), SrtpError> {
        let head = RtpLayout::read(packet)?;
        let index = match self.last {
            None => u64::from(head.sequence),
            Some((ssrc, last)) => estimate_index(last, head.sequence)
                .filter(|index| ssrc == head.ssrc && *index > last)
                .ok_or(SrtpError::KeyExhausted)?,
        };
        self.last = Some((head.ssrc, index));
        self.rtp.seal_rtp(packet, head, index, &self.mki)
    }

    /// Protects an RTCP compound.
    pub(crate) fn protect_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), SrtpError> {
        let ssrc = rtcp_ssrc(packet)?;
        let index = self.next_rtcp;
        if index > LAST_SRTCP_INDEX {
            return Err(SrtpError::KeyExhausted);
        }
        self.next_rtcp = index.saturating_add(1);
        self.rtcp.seal_rtcp(packet, (ssrc, index), self.encrypt_rtcp, &self.mki)
    }

    #[cfg(test)]
    pub(crate) fn set_indices(&mut self, ssrc: u32, last: u64, next_rtcp: u32) {
        self.last = Some((ssrc, last));
        self.next_rtcp = next_rtcp;
    }
}
