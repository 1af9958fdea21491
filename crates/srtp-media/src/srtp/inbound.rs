//! What we receive.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::time::Instant;

use telephony::MasterKey;

use super::{
    SrtpError, SrtpKeys,
    derivation::Stream,
    layout::{RtpLayout, rtcp_ssrc},
    replay::{Sources, estimate_index},
    transform::Transform,
};
use crate::limits::{MAX_PACKET, OLD_KEY_AGE};

/// Opens the peer's packets, under its key, and around a change of keys under the other one too.
#[derive(Debug)]
pub(crate) struct Inbound {
    current: PeerKey,
    /// Agreed, but nothing has authenticated under it.
    next: Option<PeerKey>,
    /// The one before, and until when it counts.
    old: Option<(PeerKey, Instant)>,
    clear_rtcp: bool,
}

/// One key of the peer, and what has been taken under it.
#[derive(Debug)]
struct PeerKey {
    key: MasterKey,
    mki: Vec<u8>,
    rtp: Transform,
    rtcp: Transform,
    rtp_sources: Sources,
    rtcp_sources: Sources,
}

/// What a packet is.
#[derive(Clone, Copy)]
enum Content {
    /// RTP; the highest index of its source under another key, for a key that does not know the source.
    Rtp { elsewhere: Option<u64> },
    /// RTCP.
    Rtcp { clear: bool },
}

impl Inbound {
    pub(crate) fn new(keys: &SrtpKeys) -> Self {
        Self { current: PeerKey::new(keys), next: None, old: None, clear_rtcp: keys.srtcp_clear }
    }

    /// Puts a later agreement in place: what is known of a key that stays is kept, a new key is tried beside it.
    pub(crate) fn update(&mut self, keys: &SrtpKeys) {
        self.clear_rtcp = keys.srtcp_clear;
        if self.current.key == keys.receive {
            self.next = None;
            return self.current.set_mki(keys);
        }
        let known = self.next.take_if(|next| next.key == keys.receive);
        let known =
            known.or_else(|| self.old.take_if(|(old, _)| old.key == keys.receive).map(|(old, _)| old));
        let next = self.next.insert(known.unwrap_or_else(|| PeerKey::new(keys)));
        next.set_mki(keys);
    }

    /// Authenticates and decrypts an SRTP packet; its clear length. Without success nothing has changed but the
    /// packet.
    pub(crate) fn unprotect_rtp(&mut self, packet: &mut [u8], now: Instant) -> Result<usize, SrtpError> {
        let ssrc = RtpLayout::read(packet)?.ssrc;
        let old = self.old.as_ref().and_then(|(old, _)| old.rtp_sources.highest(ssrc));
        let elsewhere = self.current.rtp_sources.highest(ssrc).or(old);
        self.unprotect(packet, Content::Rtp { elsewhere }, now)
    }

    /// Authenticates and decrypts an SRTCP packet; its clear length. Without success nothing has changed but the
    /// packet.
    pub(crate) fn unprotect_rtcp(&mut self, packet: &mut [u8], now: Instant) -> Result<usize, SrtpError> {
        self.unprotect(packet, Content::Rtcp { clear: self.clear_rtcp }, now)
    }

    fn unprotect(&mut self, packet: &mut [u8], content: Content, now: Instant) -> Result<usize, SrtpError> {
        if packet.len() > MAX_PACKET {
            return Err(SrtpError::Malformed);
        }
        self.old.take_if(|(_, until)| now >= *until);
        if self.next.is_none() && self.old.is_none() {
            return self.current.open(packet, content);
        }
        // A cipher may spoil what it cannot open.
        let mut kept = [0; MAX_PACKET];
        let kept = kept.get_mut(..packet.len()).ok_or(SrtpError::Malformed)?;
        kept.copy_from_slice(packet);
        let failure = match self.current.open_either(packet, kept, content) {
            Ok(length) => return Ok(length),
            Err(failure) => failure,
        };
        if let Some(next) = &mut self.next {
            packet.copy_from_slice(kept);
            if let Ok(length) = next.open_either(packet, kept, content) {
                self.promote(now);
                return Ok(length);
            }
        }
        if let Some((old, _)) = &mut self.old {
            packet.copy_from_slice(kept);
            return old.open(packet, content).map_err(|_| failure);
        }
        Err(failure)
    }

    /// The next key has shown itself.
    fn promote(&mut self, now: Instant) {
        let Some(next) = self.next.take() else { return };
        let before = std::mem::replace(&mut self.current, next);
        self.old = now.checked_add(OLD_KEY_AGE).map(|until| (before, until));
    }

    #[cfg(test)]
    pub(super) fn source_count(&self) -> usize {
        self.current.rtp_sources.count().saturating_add(self.current.rtcp_sources.count())
    }
}

impl PeerKey {
    fn new(keys: &SrtpKeys) -> Self {
        Self {
            key: keys.receive.clone(),
            mki: keys.receive_mki.clone().unwrap_or_default(),
            rtp: Transform::new(&keys.receive, Stream::Rtp),
            rtcp: Transform::new(&keys.receive, Stream::Rtcp),
            rtp_sources: Sources::default(),
            rtcp_sources: Sources::default(),
        }
    }

    /// The identifier is not authenticated, so what was taken under the key stays known under another one.
    fn set_mki(&mut self, keys: &SrtpKeys) {
        self.mki = keys.receive_mki.clone().unwrap_or_default();
    }

    /// Goes on with the rollover counter of the source under the other key, as RFC 3711 3.3.1 has it, else begins
    /// with 0, as some peers do.
    fn open_either(&mut self, packet: &mut [u8], kept: &[u8], content: Content) -> Result<usize, SrtpError> {
        match (self.open(packet, content), content) {
            (Err(_), Content::Rtp { elsewhere: Some(_) }) => {
                packet.copy_from_slice(kept);
                self.open(packet, Content::Rtp { elsewhere: None })
            }
            (outcome, Content::Rtp { .. } | Content::Rtcp { .. }) => outcome,
        }
    }

    fn open(&mut self, packet: &mut [u8], content: Content) -> Result<usize, SrtpError> {
        match content {
            Content::Rtp { elsewhere } => self.open_rtp(packet, elsewhere),
            Content::Rtcp { clear } => self.open_rtcp(packet, clear),
        }
    }

    fn open_rtp(&mut self, packet: &mut [u8], elsewhere: Option<u64>) -> Result<usize, SrtpError> {
        let head = RtpLayout::read(packet)?;
        let index = match self.rtp_sources.highest(head.ssrc).or(elsewhere) {
            Some(highest) => estimate_index(highest, head.sequence).ok_or(SrtpError::KeyExhausted)?,
            None => u64::from(head.sequence),
        };
        self.rtp_sources.check(head.ssrc, index)?;
        let length = self.rtp.open_rtp(packet, head, index, &self.mki)?;
        self.rtp_sources.note(head.ssrc, index);
        Ok(length)
    }

    fn open_rtcp(&mut self, packet: &mut [u8], clear: bool) -> Result<usize, SrtpError> {
        let ssrc = rtcp_ssrc(packet)?;
        let (encrypted, index) = self.rtcp.srtcp_index(packet, &self.mki)?;
        if !encrypted && !clear {
            return Err(SrtpError::NotAuthentic);
        }
        self.rtcp_sources.check(ssrc, index.into())?;
        let length = self.rtcp.open_rtcp(packet, (ssrc, index), encrypted, &self.mki)?;
        self.rtcp_sources.note(ssrc, index.into());
        Ok(length)
    }
}
