//! RTCP compounds (RFC 3550 6): sender and receiver reports, source description, goodbye.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::{limits::MAX_RTCP_PACKETS, rtp::RtpTimestamp};

/// What one RTCP compound says, as far as a server of two-party calls needs it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RtcpCompound<'a> {
    /// Who sends it.
    pub ssrc: u32,
    /// Present in a sender report, absent in a receiver report.
    pub sender: Option<SenderInfo>,
    /// The report about one source: when reading, the one asked for.
    pub report: Option<ReportBlock>,
    /// The canonical name, at most 255 octets.
    pub cname: Option<&'a [u8]>,
    /// The sender says goodbye.
    pub goodbye: bool,
}

/// The sender's part of a sender report (RFC 3550 6.4.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SenderInfo {
    /// Time of the report: seconds since 1900 in the upper half, their fraction in the lower.
    pub ntp: u64,
    /// The same instant on the clock of the RTP timestamps.
    pub timestamp: RtpTimestamp,
    /// RTP packets sent so far.
    pub packets: u32,
    /// Payload octets sent so far.
    pub octets: u32,
}

/// A report about one source (RFC 3550 6.4.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ReportBlock {
    /// Whom it is about.
    pub ssrc: u32,
    /// Part of the packets lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost so far, -8,388,608 to 8,388,607.
    pub lost: i32,
    /// Highest sequence number with its cycles above it.
    pub highest_sequence: u32,
    /// Interarrival jitter in timestamp units.
    pub jitter: u32,
    /// Middle of the last sender report's NTP time; 0 = none came.
    pub last_sender_report: u32,
    /// Time since it, in 1/65,536 s.
    pub delay: u32,
}

/// Why a datagram is no RTCP compound (RFC 3550 A.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RtcpError {
    /// A packet, or a part of it, runs past the end.
    #[error("the RTCP compound ends inside a packet: count and drop it")]
    TooShort,
    /// A version other than 2.
    #[error("RTCP version {version} instead of 2: count and drop it")]
    Version {
        /// 0 to 3.
        version: u8,
    },
    /// The first packet is no report.
    #[error(
        "an RTCP compound begins with packet type {packet_type} instead of 200 or 201: count and drop it"
    )]
    FirstIsNoReport {
        /// What stands there.
        packet_type: u8,
    },
    /// More packets than anybody needs.
    #[error("more than {MAX_RTCP_PACKETS} packets in one RTCP compound: count and drop it")]
    TooMany,
}

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
const CNAME_ITEM: u8 = 1;

impl<'a> RtcpCompound<'a> {
    /// Reads a datagram; `our_ssrc` chooses the report block.
    ///
    /// # Errors
    /// [`RtcpError`] if the whole datagram is not a row of well-formed packets that begins with a report.
    pub fn parse(datagram: &'a [u8], our_ssrc: u32) -> Result<Self, RtcpError> {
        let mut compound = Self { ssrc: 0, sender: None, report: None, cname: None, goodbye: false };
        let mut reader = Reader(datagram);
        let mut count: usize = 0;
        while count == 0 || !reader.0.is_empty() {
            if count >= MAX_RTCP_PACKETS {
                return Err(RtcpError::TooMany);
            }
            let [first, packet_type, words_high, words_low] = reader.take()?;
            if first >> 6 != 2 {
                return Err(RtcpError::Version { version: first >> 6 });
            }
            let is_report = matches!(packet_type, SENDER_REPORT | RECEIVER_REPORT);
            if count == 0 && !is_report {
                return Err(RtcpError::FirstIsNoReport { packet_type });
            }
            let words = u16::from_be_bytes([words_high, words_low]);
            let body = Reader(reader.take_slice(usize::from(words).saturating_mul(4))?);
            match packet_type {
                SENDER_REPORT | RECEIVER_REPORT => {
                    compound.read_report(body, packet_type, first & 0x1f, our_ssrc)?;
                }
                SOURCE_DESCRIPTION => compound.read_description(body, first & 0x1f),
                GOODBYE => compound.goodbye = true,
                // "Packet types unknown .. should be ignored."
                _ => {}
            }
            count = count.saturating_add(1);
        }
        Ok(compound)
    }

    /// Appends the compound: report, source description if there is a name, goodbye if it is said.
    pub fn write(&self, packet: &mut Vec<u8>) {
        let reports = u8::from(self.report.is_some());
        let report_words = u16::from(reports).saturating_mul(6);
        match &self.sender {
            Some(sender) => {
                write_head(packet, reports, SENDER_REPORT, report_words.saturating_add(6));
                packet.extend_from_slice(&self.ssrc.to_be_bytes());
                packet.extend_from_slice(&sender.ntp.to_be_bytes());
                packet.extend_from_slice(&sender.timestamp.0.to_be_bytes());
                packet.extend_from_slice(&sender.packets.to_be_bytes());
                packet.extend_from_slice(&sender.octets.to_be_bytes());
            }
            None => {
                write_head(packet, reports, RECEIVER_REPORT, report_words.saturating_add(1));
                packet.extend_from_slice(&self.ssrc.to_be_bytes());
            }
        }
        if let Some(report) = &self.report {
            report.write(packet);
        }
        if let Some(cname) = self.cname {
            self.write_description(cname, packet);
        }
        if self.goodbye {
            write_head(packet, 1, GOODBYE, 1);
            packet.extend_from_slice(&self.ssrc.to_be_bytes());
        }
    }

    fn read_report(
        &mut self,
        mut body: Reader<'a>,
        packet_type: u8,
        blocks: u8,
        our_ssrc: u32,
    ) -> Result<(), RtcpError> {
        self.ssrc = body.take_u32()?;
        if packet_type == SENDER_REPORT {
            self.sender = Some(SenderInfo {
                ntp: u64::from_be_bytes(body.take()?),
                timestamp: RtpTimestamp(body.take_u32()?),
                packets: body.take_u32()?,
                octets: body.take_u32()?,
            });
        }
        for _ in 0..blocks {
            let block = ReportBlock::read(&mut body)?;
            if block.ssrc == our_ssrc {
                self.report = Some(block);
            }
        }
        Ok(())
    }

    /// Takes the first name; a description that is cut short has none.
    fn read_description(&mut self, mut body: Reader<'a>, chunks: u8) {
        if chunks == 0 || body.take_u32().is_err() {
            return;
        }
        while let Ok([item, length]) = body.take::<2>() {
            let Ok(text) = body.take_slice(usize::from(length)) else { return };
            match item {
                0 => return,
                CNAME_ITEM => {
                    self.cname = Some(text);
                    return;
                }
                _ => {}
            }
        }
    }

    fn write_description(&self, cname: &[u8], packet: &mut Vec<u8>) {
        let cname = cname.get(..255).unwrap_or(cname);
        // SSRC, item head of 2, the text, at least one zero, filled to a word.
        let words = cname.len().saturating_add(4 + 2 + 1).div_ceil(4);
        let zeros = words.saturating_mul(4).saturating_sub(cname.len().saturating_add(6));
        write_head(packet, 1, SOURCE_DESCRIPTION, u16::try_from(words).unwrap_or(u16::MAX));
        packet.extend_from_slice(&self.ssrc.to_be_bytes());
        packet.push(CNAME_ITEM);
        packet.push(u8::try_from(cname.len()).unwrap_or(u8::MAX));
        packet.extend_from_slice(cname);
        packet.extend(std::iter::repeat_n(0, zeros));
    }
}

impl ReportBlock {
    fn read(body: &mut Reader<'_>) -> Result<Self, RtcpError> {
        let ssrc = body.take_u32()?;
        let [fraction_lost, l0, l1, l2] = body.take()?;
        Ok(Self {
            ssrc,
            fraction_lost,
            // 24 bits with sign.
            lost: i32::from_be_bytes([l0, l1, l2, 0]) >> 8,
            highest_sequence: body.take_u32()?,
            jitter: body.take_u32()?,
            last_sender_report: body.take_u32()?,
            delay: body.take_u32()?,
        })
    }

    fn write(&self, packet: &mut Vec<u8>) {
        let [_, l0, l1, l2] = self.lost.clamp(-0x80_0000, 0x7f_ffff).to_be_bytes();
        packet.extend_from_slice(&self.ssrc.to_be_bytes());
        packet.extend_from_slice(&[self.fraction_lost, l0, l1, l2]);
        packet.extend_from_slice(&self.highest_sequence.to_be_bytes());
        packet.extend_from_slice(&self.jitter.to_be_bytes());
        packet.extend_from_slice(&self.last_sender_report.to_be_bytes());
        packet.extend_from_slice(&self.delay.to_be_bytes());
    }
}

fn write_head(packet: &mut Vec<u8>, count: u8, packet_type: u8, words: u16) {
    packet.push(0x80 | (count & 0x1f));
    packet.push(packet_type);
    packet.extend_from_slice(&words.to_be_bytes());
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], RtcpError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(RtcpError::TooShort)?;
        self.0 = rest;
        Ok(*head)
    }

    fn take_u32(&mut self) -> Result<u32, RtcpError> {
        self.take().map(u32::from_be_bytes)
    }

    fn take_slice(&mut self, length: usize) -> Result<&'a [u8], RtcpError> {
        let (head, rest) = self.0.split_at_checked(length).ok_or(RtcpError::TooShort)?;
        self.0 = rest;
        Ok(head)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REPORT: ReportBlock = ReportBlock {
        ssrc: 0x0102_0304,
        fraction_lost: 51,
        lost: -2,
        highest_sequence: 0x0001_ffff,
        jitter: 17,
        last_sender_report: 0xaabb_ccdd,
        delay: 65_536,
    };
    const SENDER: SenderInfo =
        SenderInfo { ntp: 0xe000_0000_8000_0000, timestamp: RtpTimestamp(800), packets: 5, octets: 800 };

    #[test]
    fn sender_report_with_name_and_goodbye_has_the_octets_of_the_rfc() {
        let compound = RtcpCompound {
            ssrc: 0x1111_2222,
            sender: Some(SENDER),
            report: Some(REPORT),
            cname: Some(b"abc"),
            goodbye: true,
        };
        let mut bytes = Vec::new();
        compound.write(&mut bytes);

        let mut expected = vec![0x81, 200, 0, 12, 0x11, 0x11, 0x22, 0x22, 0xe0, 0, 0, 0, 0x80, 0, 0, 0];
        expected.extend([0, 0, 3, 0x20, 0, 0, 0, 5, 0, 0, 3, 0x20]);
        expected.extend([1, 2, 3, 4, 51, 0xff, 0xff, 0xfe, 0, 1, 0xff, 0xff, 0, 0, 0, 17]);
        expected.extend([0xaa, 0xbb, 0xcc, 0xdd, 0, 1, 0, 0]);
        expected.extend([0x81, 202, 0, 3, 0x11, 0x11, 0x22, 0x22, 1, 3, b'a', b'b', b'c', 0, 0, 0]);
        expected.extend([0x81, 203, 0, 1, 0x11, 0x11, 0x22, 0x22]);
        assert_eq!(bytes, expected);
        assert_eq!(RtcpCompound::parse(&bytes, 0x0102_0304), Ok(compound));
    }

    #[test]
    fn receiver_report_without_a_source_is_two_words() {
        let compound = RtcpCompound { ssrc: 7, sender: None, report: None, cname: None, goodbye: false };
        let mut bytes = Vec::new();
        compound.write(&mut bytes);

        assert_eq!(bytes, [0x80, 201, 0, 1, 0, 0, 0, 7]);
        assert_eq!(RtcpCompound::parse(&bytes, 1), Ok(compound));
    }

    #[test]
    fn names_of_every_length_survive_writing_and_reading() {
        for length in 0..=255 {
            let name = vec![b'x'; length];
            let compound =
                RtcpCompound { ssrc: 7, sender: None, report: None, cname: Some(&name), goodbye: false };
            let mut bytes = Vec::new();
            compound.write(&mut bytes);

            assert_eq!(bytes.len() % 4, 0);
            assert_eq!(RtcpCompound::parse(&bytes, 1), Ok(compound));
        }
    }

    #[test]
    fn four_octets_alone_are_no_compound() {
        assert_eq!(RtcpCompound::parse(&[0x80, 201, 0, 0], 1), Err(RtcpError::TooShort));
        assert_eq!(RtcpCompound::parse(&[0x80, 201, 0, 1], 1), Err(RtcpError::TooShort));
        assert_eq!(RtcpCompound::parse(&[], 1), Err(RtcpError::TooShort));
    }

    #[test]
    fn compound_that_begins_with_a_goodbye_is_refused() {
        let bytes = [0x81, 203, 0, 1, 0, 0, 0, 7];
        assert_eq!(RtcpCompound::parse(&bytes, 1), Err(RtcpError::FirstIsNoReport { packet_type: 203 }));
    }

    #[test]
    fn seventeen_packets_in_one_compound_are_too_many() {
        let packet = [0x80, 201, 0, 1, 0, 0, 0, 7];
        assert!(RtcpCompound::parse(&packet.repeat(16), 1).is_ok());
        assert_eq!(RtcpCompound::parse(&packet.repeat(17), 1), Err(RtcpError::TooMany));
    }

    proptest! {
        #[test]
        fn any_octets_are_read_or_refused_without_a_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 200u8..204) {
            if let [first, second, high, ..] = &mut bytes[..] {
                *first = (*first & 0x3f) | 0x80;
                *second = kind;
                *high = 0;
            }
            let _ = RtcpCompound::parse(&bytes, 1);
        }
    }
}
