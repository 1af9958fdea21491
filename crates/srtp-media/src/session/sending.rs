//! What a session sends.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use super::{MediaSession, Moment, canonical};
use crate::{
    event::{Channel, MediaEventKind, PlayEnd},
    limits::MAX_SENT_PAYLOAD,
    outbox::Outbox,
    rtcp_schedule::ReportFacts,
    spec::WhileSilent,
};

/// The level of our comfort noise: -70 dBov.
const COMFORT_NOISE_LEVEL: u8 = 70;

impl MediaSession {
    /// Says what is to be said in a slot. While the call is held nothing is sent and prompts stand still.
    pub(super) fn use_slot(&mut self, slot: Instant, outbox: &mut Outbox) {
        if self.is_held() {
            return self.sender.pause();
        }
        let mut octets = [0; MAX_SENT_PAYLOAD];
        let Some(payload) = octets.get_mut(..self.sender.packet_octets()) else { return };
        if let Some(player) = self.player.as_mut().filter(|player| !player.is_paused()) {
            if player.fill(self.spec.codec, payload, &mut self.totals) {
                return self.send_audio(payload, true, slot, outbox);
            }
            let what = MediaEventKind::PlayFinished { why: PlayEnd::Finished, at: player.position() };
            outbox.event(self.id, player.token, what);
            self.player = None;
        }
        payload.fill(self.spec.codec.silence_octet());
        match (self.spec.while_silent, self.spec.comfort_noise) {
            (WhileSilent::Continuous, _) => self.send_audio(payload, true, slot, outbox),
            (WhileSilent::Sparse, _) if !self.sender.wants_keep_alive(slot) => self.sender.pause(),
            (WhileSilent::Sparse, Some(noise)) => {
                self.send_rtp(noise, &[COMFORT_NOISE_LEVEL], false, slot, outbox);
            }
            (WhileSilent::Sparse, None) => self.send_audio(payload, false, slot, outbox),
        }
    }

    fn send_audio(&mut self, payload: &[u8], speech: bool, slot: Instant, outbox: &mut Outbox) {
        self.send_rtp(self.spec.payload_type, payload, speech, slot, outbox);
    }

    fn send_rtp(
        &mut self,
        payload_type: u8,
        payload: &[u8],
        speech: bool,
        slot: Instant,
        outbox: &mut Outbox,
    ) {
        let Some(to) = self.rtp_destination() else { return };
        let mut packet = outbox.buffer();
        self.sender.header(payload_type, speech, slot).write(&mut packet);
        packet.extend_from_slice(payload);
        if self.protection.protect(Channel::Rtp, &mut packet) {
            self.sender.packets = self.sender.packets.saturating_add(1);
            self.sender.octets = self.sender.octets.saturating_add(payload.len() as u64);
            outbox.send(self.id, Channel::Rtp, to, packet);
        } else {
            self.totals.key_exhausted = self.totals.key_exhausted.saturating_add(1);
            outbox.recycle(packet);
        }
    }

    pub(super) fn send_report(&mut self, moment: Moment, goodbye: bool, outbox: &mut Outbox) {
        let destination = if self.spec.rtcp_mux {
            self.rtp_destination().map(|to| (Channel::Rtp, to))
        } else {
            reachable(self.spec.remote_rtcp).map(|to| (Channel::Rtcp, to))
        };
        let Some((channel, to)) = destination else { return };
        let mut packet = outbox.buffer();
        let source = self.latch.source().map(|source| source.ssrc).zip(self.reception.as_mut());
        let facts = ReportFacts { sender: &self.sender, source, ntp: moment.ntp, now: moment.now, goodbye };
        self.rtcp.write(facts, &mut packet);
        if self.protection.protect(Channel::Rtcp, &mut packet) {
            outbox.send(self.id, channel, to, packet);
        } else {
            self.totals.key_exhausted = self.totals.key_exhausted.saturating_add(1);
            outbox.recycle(packet);
        }
    }

    /// The address in the SDP; with symmetric RTP the learned source once there is one.
    fn rtp_destination(&self) -> Option<SocketAddr> {
        let learned = self.latch.source().filter(|_| self.spec.symmetric);
        learned.map(|source| source.address).or_else(|| reachable(self.spec.remote_rtp))
    }
}

/// `c=0.0.0.0` and port 0 are nowhere.
fn reachable(address: SocketAddr) -> Option<SocketAddr> {
    let nowhere = match address.ip() {
        IpAddr::V4(ip) => ip.is_unspecified(),
        IpAddr::V6(ip) => ip.is_unspecified(),
    };
    (!nowhere && address.port() != 0).then(|| canonical(address))
}
