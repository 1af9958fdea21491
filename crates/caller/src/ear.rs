use std::time::{Duration, Instant};

use bytes::Bytes;
use rtp::packet::Packet;
use webrtc_util::Unmarshal;

use crate::{
    decode_octet,
    mouth::FRAME,
    offer::MediaAnswer,
    reception::{Counting, Reception},
    tone::{ToneDetector, ToneState},
};

/// Keeps what the server sends, and listens for the record tone in it.
#[derive(Default)]
pub(crate) struct Ear {
    first_timestamp: Option<u32>,
    heard: Vec<i16>,
    last_packet: Option<Instant>,
    packets: u64,
    counting: Counting,
    tone: ToneDetector,
    tone_is_over: bool,
}

impl Ear {
    /// Takes one datagram that came to the RTP port; what is no packet of the agreed codec is passed over.
    pub(crate) fn hear(&mut self, datagram: &[u8], answer: &MediaAnswer, now: Instant) {
        let Ok(packet) = Packet::unmarshal(&mut Bytes::copy_from_slice(datagram)) else { return };
        if packet.header.version != 2 || packet.header.payload_type != answer.payload_type {
            return;
        }
        self.packets += 1;
        self.last_packet = Some(now);
        self.counting.count(packet.header.sequence_number, packet.header.timestamp, now);
        let samples: Vec<i16> =
            packet.payload.iter().map(|octet| decode_octet(answer.codec, *octet)).collect();
        for block in samples.chunks(FRAME) {
            self.tone_is_over |= self.tone.hear(block) == ToneState::Over;
        }
        self.place(packet.header.timestamp, &samples);
    }

    /// Whether the record tone has sounded and ended, be it that nothing has come since.
    pub(crate) fn tone_is_over(&self, now: Instant) -> bool {
        let quiet = self.last_packet.is_some_and(|last| now.saturating_duration_since(last) >= QUIET);
        self.tone_is_over || (self.tone.heard() && quiet)
    }

    /// Whether the record tone has sounded.
    pub(crate) fn heard_tone(&self) -> bool {
        self.tone.heard()
    }

    /// Packets taken.
    pub(crate) fn packets(&self) -> u64 {
        self.packets
    }

    /// What was lost, and how unevenly it came.
    pub(crate) fn reception(&self) -> Reception {
        self.counting.told()
    }

    /// All that was heard.
    pub(crate) fn into_heard(self) -> Vec<i16> {
        self.heard
    }

    fn place(&mut self, timestamp: u32, samples: &[i16]) {
        let first = *self.first_timestamp.get_or_insert(timestamp);
        let Ok(start) = usize::try_from(timestamp.wrapping_sub(first)) else { return };
        let end = start.saturating_add(samples.len());
        if end > MAX_HEARD {
            return;
        }
        if self.heard.len() < end {
            self.heard.resize(end, 0);
        }
        if let Some(place) = self.heard.get_mut(start..end) {
            place.copy_from_slice(samples);
        }
    }
}

/// Silence on the wire that ends a tone: a server may send little while it records.
const QUIET: Duration = Duration::from_millis(200);
/// The most that is kept: one hour.
const MAX_HEARD: usize = 8000 * 3600;

#[cfg(test)]
mod tests {
    use super::*;
    use rtp::header::Header;
    use telephony::AudioCodec;
    use webrtc_util::Marshal;

    fn answer() -> MediaAnswer {
        MediaAnswer {
            profile: "RTP/AVP".to_owned(),
            remote: "127.0.0.1:20000".parse().unwrap(),
            codec: AudioCodec::Pcmu,
            payload_type: 0,
            telephone_event: None,
            remote_rtcp: "127.0.0.1:20001".parse().unwrap(),
            crypto: None,
        }
    }

    fn datagram(timestamp: u32, payload_type: u8, octet: u8) -> Vec<u8> {
        let header = Header { version: 2, payload_type, timestamp, ..Header::default() };
        Packet { header, payload: Bytes::from(vec![octet; 2]) }.marshal().unwrap().to_vec()
    }

    #[test]
    fn places_packets_by_timestamp_across_its_wrap() {
        let mut ear = Ear::default();
        let now = Instant::now();

        for (timestamp, octet) in [(u32::MAX - 1, 0x80), (2, 0x00), (0, 0xf0)] {
            ear.hear(&datagram(timestamp, 0, octet), &answer(), now);
        }
        ear.hear(&datagram(4, 13, 0), &answer(), now);
        ear.hear(b"no packet", &answer(), now);

        assert_eq!(ear.packets(), 3);
        assert_eq!(ear.into_heard(), [32_124, 32_124, 120, 120, -32_124, -32_124]);
    }

    #[test]
    fn silence_alone_is_no_end_of_a_tone() {
        let mut ear = Ear::default();
        let now = Instant::now();
        ear.hear(&datagram(0, 0, 0xff), &answer(), now);

        assert!(!ear.tone_is_over(now + Duration::from_secs(5)));
    }
}
