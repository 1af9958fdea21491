//! RTP packets (RFC 3550 5.1) as a view over the datagram, and the header that we write.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

/// Sequence number of an RTP packet; counts modulo 65,536.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SequenceNumber(pub u16);

/// Timestamp of an RTP packet in samples; counts modulo 2^32.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RtpTimestamp(pub u32);

impl SequenceNumber {
    /// How far this is ahead of `other`, the short way round.
    pub fn ahead_of(self, other: Self) -> i16 {
        self.0.wrapping_sub(other.0).cast_signed()
    }

    /// The number after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

impl RtpTimestamp {
    /// How many samples this is ahead of `other`, the short way round.
    pub fn ahead_of(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0).cast_signed()
    }

    /// The time `samples` later.
    #[must_use]
    pub fn later_by(self, samples: u32) -> Self {
        Self(self.0.wrapping_add(samples))
    }
}

/// The fixed part of an RTP header.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RtpHeader {
    /// The marker bit: the first packet of a talkspurt or of an event.
    pub marker: bool,
    /// 0 to 127.
    pub payload_type: u8,
    /// Counts packets.
    pub sequence: SequenceNumber,
    /// Sampling instant of the first octet of the payload.
    pub timestamp: RtpTimestamp,
    /// Who sends.
    pub ssrc: u32,
}

/// A received RTP packet. CSRC list, extension and padding are checked and passed over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RtpPacket<'a> {
    /// The fixed header.
    pub header: RtpHeader,
    /// What is carried; may be empty.
    pub payload: &'a [u8],
}

/// Why a datagram is no RTP packet.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RtpError {
    /// The header, with CSRC list and extension, does not fit into the datagram.
    #[error("the datagram of {length} octets ends inside its RTP header: count and drop it")]
    TooShort {
        /// Octets of the datagram.
        length: usize,
    },
    /// The version is not 2.
    #[error("RTP version {version} instead of 2: count and drop it")]
    Version {
        /// 0 to 3.
        version: u8,
    },
    /// The padding says that it is longer than the payload, or empty.
    #[error("padding of {padding} octets in a payload of {payload}: count and drop it")]
    Padding {
        /// What the last octet says.
        padding: u8,
        /// Octets after the header.
        payload: usize,
    },
}

impl RtpHeader {
    /// Octets of a header without CSRC list and extension.
    pub const LENGTH: usize = 12;

    /// Appends the 12 octets of the header, without CSRC list, extension or padding.
    pub fn write(&self, packet: &mut Vec<u8>) {
        packet.push(0x80);
        packet.push((u8::from(self.marker) << 7) | (self.payload_type & 0x7f));
        packet.extend_from_slice(&self.sequence.0.to_be_bytes());
        packet.extend_from_slice(&self.timestamp.0.to_be_bytes());
        packet.extend_from_slice(&self.ssrc.to_be_bytes());
    }
}

impl<'a> RtpPacket<'a> {
    /// Reads a datagram.
    ///
    /// # Errors
    /// [`RtpError`] for anything that is not a whole RTP packet of version 2.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, RtpError> {
        let short = RtpError::TooShort { length: datagram.len() };
        let (fixed, rest) = datagram.split_first_chunk::<{ RtpHeader::LENGTH }>().ok_or(short)?;
        let [first, second, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3] = *fixed;
        if first >> 6 != 2 {
            return Err(RtpError::Version { version: first >> 6 });
        }
        let contributors = usize::from(first & 0x0f).saturating_mul(4);
        let mut rest = rest.get(contributors..).ok_or(short)?;
        if first & 0x10 != 0 {
            let (extension, after) = rest.split_first_chunk::<4>().ok_or(short)?;
            let words = u16::from_be_bytes([extension[2], extension[3]]);
            rest = after.get(usize::from(words).saturating_mul(4)..).ok_or(short)?;
        }
        let payload = if first & 0x20 == 0 { rest } else { without_padding(rest)? };
        let header = RtpHeader {
            marker: second & 0x80 != 0,
            payload_type: second & 0x7f,
            sequence: SequenceNumber(u16::from_be_bytes([s0, s1])),
            timestamp: RtpTimestamp(u32::from_be_bytes([t0, t1, t2, t3])),
            ssrc: u32::from_be_bytes([i0, i1, i2, i3]),
        };
        Ok(Self { header, payload })
    }
}

/// Whether a datagram on a shared port is RTCP (RFC 5761 4: packet types 192 to 223).
pub(crate) fn is_rtcp(datagram: &[u8]) -> bool {
    matches!(datagram, [_, 192..=223, ..])
}

/// "The last octet of the padding contains a count of how many padding octets should be ignored, including itself."
fn without_padding(payload: &[u8]) -> Result<&[u8], RtpError> {
    let padding = payload.last().copied().unwrap_or(0);
    let error = RtpError::Padding { padding, payload: payload.len() };
    let kept = payload.len().checked_sub(usize::from(padding)).filter(|_| padding > 0).ok_or(error)?;
    payload.get(..kept).ok_or(error)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtp::{header::Header as OracleHeader, packet::Packet as OraclePacket};
    use webrtc_util::marshal::{Marshal, Unmarshal};

    use super::*;

    proptest! {
        #[test]
        fn packets_of_the_rtp_crate_read_as_they_were_written(
            marker: bool, payload_type in 0u8..128, sequence_number: u16, timestamp: u32, ssrc: u32,
            csrc in prop::collection::vec(any::<u32>(), 0..16), payload in prop::collection::vec(any::<u8>(), 0..300),
            extension in prop::option::of(prop::collection::vec(any::<u8>(), 1..5)),
        ) {
            let mut header = OracleHeader {
                version: 2, marker, payload_type, sequence_number, timestamp, ssrc, csrc, ..Default::default()
            };
            if let Some(octets) = extension {
                header.set_extension(5, octets.into()).unwrap();
            }
            let bytes = OraclePacket { header, payload: payload.clone().into() }.marshal().unwrap();

            let packet = RtpPacket::parse(&bytes).unwrap();

            let expected = RtpHeader {
                marker, payload_type, ssrc,
                sequence: SequenceNumber(sequence_number), timestamp: RtpTimestamp(timestamp),
            };
            prop_assert_eq!(packet.header, expected);
            prop_assert_eq!(packet.payload, &payload[..]);
        }

        #[test]
        fn any_octets_without_extension_read_as_the_rtp_crate_reads_them(
            mut bytes in prop::collection::vec(any::<u8>(), 0..120),
        ) {
            if let Some(first) = bytes.first_mut() {
                *first = (*first & 0x2f) | 0x80;
            }

            let ours = RtpPacket::parse(&bytes);

            // The oracle asks its buffer for 12 octets once there are 4.
            if bytes.len() < 12 {
                prop_assert_eq!(ours, Err(RtpError::TooShort { length: bytes.len() }));
            } else {
                match (ours, OraclePacket::unmarshal(&mut &bytes[..])) {
                    (Ok(ours), Ok(oracle)) => {
                        prop_assert_eq!(ours.payload, &oracle.payload[..]);
                        prop_assert_eq!(ours.header.ssrc, oracle.header.ssrc);
                        prop_assert_eq!(ours.header.sequence.0, oracle.header.sequence_number);
                        prop_assert_eq!(ours.header.timestamp.0, oracle.header.timestamp);
                        prop_assert_eq!(ours.header.marker, oracle.header.marker);
                        prop_assert_eq!(ours.header.payload_type, oracle.header.payload_type);
                    }
                    (Err(_), Err(_)) => {}
                    // Padding of length 0 is none of RFC 3550's; the oracle lets it pass.
                    (Err(RtpError::Padding { padding: 0, .. }), Ok(_)) => {}
                    (ours, oracle) => prop_assert!(false, "{:?} but {:?}", ours, oracle.is_ok()),
                }
            }
        }

        #[test]
        fn any_octets_at_all_are_read_or_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = RtpPacket::parse(&bytes);
        }

        #[test]
        fn our_header_is_the_header_of_the_rtp_crate(marker: bool, payload_type in 0u8..128, s: u16, t: u32, ssrc: u32) {
            let ours = RtpHeader { marker, payload_type, sequence: SequenceNumber(s), timestamp: RtpTimestamp(t), ssrc };
            let mut bytes = Vec::new();
            ours.write(&mut bytes);

            let oracle = OracleHeader::unmarshal(&mut &bytes[..]).unwrap();

            prop_assert_eq!(oracle, OracleHeader {
                version: 2, marker, payload_type, sequence_number: s, timestamp: t, ssrc, ..Default::default()
            });
        }
    }

    #[test]
    fn versions_other_than_two_are_refused() {
        for version in [0u8, 1, 3] {
            let mut bytes = [0; 12];
            bytes[0] = version << 6;
            assert_eq!(RtpPacket::parse(&bytes), Err(RtpError::Version { version }));
        }
    }

    #[test]
    fn extension_that_runs_past_the_end_is_refused() {
        let mut bytes = [0; 20];
        bytes[0] = 0x90;
        bytes[15] = 2;

        assert_eq!(RtpPacket::parse(&bytes), Err(RtpError::TooShort { length: 20 }));
    }

    #[test]
    fn padding_longer_than_the_payload_is_refused() {
        let mut bytes = [0; 14];
        bytes[0] = 0xa0;
        bytes[13] = 3;

        assert_eq!(RtpPacket::parse(&bytes), Err(RtpError::Padding { padding: 3, payload: 2 }));
    }

    #[test]
    fn sequence_numbers_are_compared_the_short_way_round() {
        assert_eq!(SequenceNumber(2).ahead_of(SequenceNumber(65_534)), 4);
        assert_eq!(SequenceNumber(65_534).ahead_of(SequenceNumber(2)), -4);
        assert_eq!(RtpTimestamp(80).ahead_of(RtpTimestamp(u32::MAX - 79)), 160);
    }
}
