//! What a session takes.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{net::SocketAddr, time::Instant};

use telephony::AudioCodec;

use super::{MediaSession, canonical};
use crate::{
    event::{Channel, MediaOutput},
    g711::transcode,
    limits::{MAX_AUDIO_PAYLOAD, MAX_PACKET},
    outbox::Outbox,
    reception::Reception,
    recorder::Placed,
    rtcp::RtcpCompound,
    rtp::{RtpHeader, RtpPacket, is_rtcp},
    source::Verdict,
    srtp::SrtpError,
};

/// What an agreed payload type carries.
enum Payload {
    Audio,
    ComfortNoise,
    TelephoneEvent,
}

/// The static payload type of comfort noise (RFC 3389 4), taken whether it was agreed or not.
const COMFORT_NOISE: u8 = 13;

impl MediaSession {
    /// A datagram from one of the session's sockets.
    pub(crate) fn handle_packet(
        &mut self,
        (channel, source): (Channel, SocketAddr),
        packet: &mut [u8],
        arrival: Instant,
        outbox: &mut Outbox,
    ) {
        let source = canonical(source);
        if self.protection.trusts_source_address() && !self.latch.permits(channel, source) {
            self.totals.refused_source = self.totals.refused_source.saturating_add(1);
            return;
        }
        // Nothing above has read the packet; nothing below sees one that is not authentic.
        let content = if self.spec.rtcp_mux && is_rtcp(packet) { Channel::Rtcp } else { channel };
        let clear = match self.protection.unprotect(content, packet, arrival) {
            Ok(length) if length <= MAX_PACKET => packet.get(..length).ok_or(SrtpError::Malformed),
            Ok(_) => Err(SrtpError::Malformed),
            Err(failure) => Err(failure),
        };
        match (clear, content) {
            (Ok(clear), Channel::Rtp) => self.receive_rtp(source, clear, arrival, outbox),
            (Ok(clear), Channel::Rtcp) => self.receive_rtcp(clear, arrival),
            (Err(failure), Channel::Rtp | Channel::Rtcp) => self.count_failure(failure),
        }
    }

    fn count_failure(&mut self, failure: SrtpError) {
        let count = match failure {
            SrtpError::Malformed => &mut self.totals.malformed,
            SrtpError::NotAuthentic => &mut self.totals.failed_authentication,
            SrtpError::Replayed => &mut self.totals.replayed,
            SrtpError::TooManySources | SrtpError::KeyExhausted => &mut self.totals.passed_over,
        };
        *count = count.saturating_add(1);
    }

    /// Counts a packet that did not reach the peer.
    pub(crate) fn note_unreachable(&mut self) {
        self.totals.unreachable = self.totals.unreachable.saturating_add(1);
    }

    fn receive_rtcp(&mut self, packet: &[u8], arrival: Instant) {
        let Ok(compound) = RtcpCompound::parse(packet, self.sender.ssrc) else {
            self.totals.malformed = self.totals.malformed.saturating_add(1);
            return;
        };
        self.totals.rtcp_received = self.totals.rtcp_received.saturating_add(1);
        self.note_media(arrival);
        if let Some(sender) = compound.sender {
            self.rtcp.heard(&sender, arrival);
        }
    }

    fn receive_rtp(&mut self, source: SocketAddr, packet: &[u8], arrival: Instant, outbox: &mut Outbox) {
        let Ok(RtpPacket { header, payload }) = RtpPacket::parse(packet) else {
            self.totals.malformed = self.totals.malformed.saturating_add(1);
            return;
        };
        let Some(kind) = self.payload_kind(header.payload_type) else {
            self.totals.passed_over = self.totals.passed_over.saturating_add(1);
            return;
        };
        let verdict = if self.protection.trusts_source_address() {
            self.latch.take(source, header.ssrc, header.sequence)
        } else {
            self.latch.take_authentic(source, header.ssrc)
        };
        match verdict {
            Verdict::Known => {}
            Verdict::Begins => self.begin_source(source, &header, arrival, outbox),
            Verdict::Waiting => {
                self.totals.passed_over = self.totals.passed_over.saturating_add(1);
                return;
            }
            Verdict::Refused => {
                self.totals.refused_source = self.totals.refused_source.saturating_add(1);
                return;
            }
        }
        self.totals.packets_received = self.totals.packets_received.saturating_add(1);
        self.note_media(arrival);
        if let Some(reception) = &mut self.reception {
            reception.count(&header, arrival);
        }
        if !self.spec.direction.receive {
            return;
        }
        if let (Payload::TelephoneEvent | Payload::ComfortNoise, Some(recorder)) = (&kind, &mut self.recorder)
        {
            recorder.note_other(header.sequence);
        }
        match kind {
            Payload::Audio => self.receive_audio(&header, payload, arrival),
            Payload::TelephoneEvent => {
                let presses = self.events.receive(header.timestamp, payload, arrival);
                self.tell(presses, outbox);
            }
            // Silence, which the recorder has where nothing is placed.
            Payload::ComfortNoise => {}
        }
    }

    fn payload_kind(&self, payload_type: u8) -> Option<Payload> {
        if payload_type == self.spec.payload_type {
            return Some(Payload::Audio);
        }
        if self.spec.telephone_event == Some(payload_type) {
            return Some(Payload::TelephoneEvent);
        }
        let noise = self.spec.comfort_noise == Some(payload_type) || payload_type == COMFORT_NOISE;
        noise.then_some(Payload::ComfortNoise)
    }

    /// The first packet of a source, or of a new SSRC of it.
    fn begin_source(
        &mut self,
        source: SocketAddr,
        header: &RtpHeader,
        arrival: Instant,
        outbox: &mut Outbox,
    ) {
        let begins = self.reception.is_none();
        self.end_reception();
        self.reception = Some(Reception::new(header, arrival));
        let press = self.events.restart();
        self.tell([press, None], outbox);
        if let Some(recorder) = &mut self.recorder {
            recorder.restart_clock();
        }
        // With SRTP the socket stays open to all: a packet counts from wherever it authenticates.
        if begins && self.protection.trusts_source_address() && source == canonical(self.spec.remote_rtp) {
            outbox.queue.push_back(MediaOutput::Connect { session: self.id, remote: source });
        }
    }

    pub(super) fn end_reception(&mut self) {
        if let Some(reception) = self.reception.take() {
            let lost = u64::try_from(reception.lost()).unwrap_or(0);
            self.totals.lost = self.totals.lost.saturating_add(lost);
        }
    }

    fn receive_audio(&mut self, header: &RtpHeader, payload: &[u8], arrival: Instant) {
        let Some(recorder) = &mut self.recorder else { return };
        let payload = payload.get(..MAX_AUDIO_PAYLOAD).unwrap_or(payload);
        let placed = if recorder.codec == self.spec.codec {
            recorder.place(header, payload, arrival)
        } else {
            let mut octets = [0; MAX_AUDIO_PAYLOAD];
            let octets = transcoded(self.spec.codec, recorder.codec, payload, &mut octets);
            recorder.place(header, octets, arrival)
        };
        match placed {
            Placed::Kept | Placed::Dropped => {}
            Placed::Late => self.totals.late = self.totals.late.saturating_add(1),
        }
    }

    fn note_media(&mut self, arrival: Instant) {
        self.heard = self.heard.max(arrival);
        self.no_media_told = false;
    }
}

fn transcoded<'a>(from: AudioCodec, to: AudioCodec, payload: &[u8], octets: &'a mut [u8]) -> &'a [u8] {
    for (place, octet) in octets.iter_mut().zip(payload) {
        *place = transcode(from, to, *octet);
    }
    octets.get(..payload.len()).unwrap_or_default()
}
