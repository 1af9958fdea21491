//! Whose packets count in clear RTP (security-modes section 5).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::net::{IpAddr, SocketAddr};

use crate::{event::Channel, limits::NEW_SSRC_PACKETS, rtp::SequenceNumber};

/// The source of a session's RTP: open to the addresses of SDP and gateway until the first valid packet, which fixes
/// IP, port and SSRC.
#[derive(Debug)]
pub(crate) struct SourceLatch {
    accept_from: Vec<IpAddr>,
    fixed: Option<Source>,
    candidate: Option<Candidate>,
}

/// A learned source.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Source {
    /// Where its packets come from.
    pub(crate) address: SocketAddr,
    /// Its synchronization source.
    pub(crate) ssrc: u32,
}

/// What becomes of a valid RTP packet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// It is the source's.
    Known,
    /// It fixes the source, or a new SSRC has just been taken: sequence and timestamps begin anew.
    Begins,
    /// From the right source under an SSRC that has not shown enough packets in order.
    Waiting,
    /// From somewhere else.
    Refused,
}

/// A new SSRC of the known source, on trial.
#[derive(Debug)]
struct Candidate {
    ssrc: u32,
    next: SequenceNumber,
    in_order: u8,
}

impl SourceLatch {
    pub(crate) fn new(accept_from: Vec<IpAddr>) -> Self {
        let accept_from = accept_from.into_iter().map(|address| address.to_canonical()).collect();
        Self { accept_from, fixed: None, candidate: None }
    }

    /// The learned source.
    pub(crate) fn source(&self) -> Option<Source> {
        self.fixed
    }

    /// Takes another list of addresses; what is learned stays.
    pub(crate) fn accept_from(&mut self, addresses: Vec<IpAddr>) {
        *self = Self { fixed: self.fixed, candidate: self.candidate.take(), ..Self::new(addresses) };
    }

    /// Whether a packet from `source` is worth reading. RTCP may come from any port of the right address.
    pub(crate) fn permits(&self, channel: Channel, source: SocketAddr) -> bool {
        match (self.fixed, channel) {
            (None, Channel::Rtp | Channel::Rtcp) => self.accept_from.contains(&source.ip()),
            (Some(fixed), Channel::Rtp) => fixed.address == source,
            (Some(fixed), Channel::Rtcp) => fixed.address.ip() == source.ip(),
        }
    }

    /// Judges a valid RTP packet, and learns from it.
    pub(crate) fn take(&mut self, source: SocketAddr, ssrc: u32, sequence: SequenceNumber) -> Verdict {
        if !self.permits(Channel::Rtp, source) {
            return Verdict::Refused;
        }
        match self.fixed {
            None => {
                self.fixed = Some(Source { address: source, ssrc });
                Verdict::Begins
            }
            Some(fixed) if fixed.ssrc == ssrc => {
                self.candidate = None;
                Verdict::Known
            }
            Some(fixed) => self.try_candidate(fixed, ssrc, sequence),
        }
    }

    /// Judges a packet that SRTP has found authentic, wherever it comes from, and learns from it.
    pub(crate) fn take_authentic(&mut self, source: SocketAddr, ssrc: u32) -> Verdict {
        let before = self.fixed.replace(Source { address: source, ssrc });
        match before {
            Some(before) if before.ssrc == ssrc => Verdict::Known,
            Some(_) | None => Verdict::Begins,
        }
    }

    fn try_candidate(&mut self, fixed: Source, ssrc: u32, sequence: SequenceNumber) -> Verdict {
        let in_order = match &self.candidate {
            Some(candidate) if candidate.ssrc == ssrc && candidate.next == sequence => {
                candidate.in_order.saturating_add(1)
            }
            Some(_) | None => 1,
        };
        if in_order >= NEW_SSRC_PACKETS {
            self.fixed = Some(Source { ssrc, ..fixed });
            self.candidate = None;
            return Verdict::Begins;
        }
        self.candidate = Some(Candidate { ssrc, next: sequence.next(), in_order });
        Verdict::Waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn latch() -> SourceLatch {
        SourceLatch::new(vec!["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()])
    }

    #[test]
    fn first_valid_packet_fixes_address_port_and_ssrc() {
        let mut latch = latch();

        assert_eq!(latch.take(at("10.0.0.2:4000"), 7, SequenceNumber(1)), Verdict::Begins);
        assert_eq!(latch.take(at("10.0.0.2:4000"), 7, SequenceNumber(2)), Verdict::Known);
        assert_eq!(latch.take(at("10.0.0.2:4002"), 7, SequenceNumber(3)), Verdict::Refused);
        assert_eq!(latch.take(at("10.0.0.1:4000"), 7, SequenceNumber(3)), Verdict::Refused);
    }

    #[test]
    fn stranger_is_refused_before_and_after_the_source_is_fixed() {
        let mut latch = latch();

        assert_eq!(latch.take(at("10.0.0.3:4000"), 7, SequenceNumber(1)), Verdict::Refused);
        assert_eq!(latch.source(), None);
        latch.take(at("10.0.0.1:4000"), 7, SequenceNumber(1));
        assert_eq!(latch.take(at("10.0.0.3:4000"), 7, SequenceNumber(2)), Verdict::Refused);
    }

    #[test]
    fn new_ssrc_is_taken_with_its_third_packet_in_order() {
        let mut latch = latch();
        latch.take(at("10.0.0.1:4000"), 7, SequenceNumber(1));

        let verdicts = [65_535, 0, 1, 2].map(|n| latch.take(at("10.0.0.1:4000"), 8, SequenceNumber(n)));

        assert_eq!(verdicts, [Verdict::Waiting, Verdict::Waiting, Verdict::Begins, Verdict::Known]);
        assert_eq!(latch.source().map(|source| source.ssrc), Some(8));
    }

    #[test]
    fn new_ssrc_out_of_order_or_between_known_packets_is_never_taken() {
        let mut latch = latch();
        latch.take(at("10.0.0.1:4000"), 7, SequenceNumber(1));

        for n in [10, 12, 14, 13, 17] {
            assert_eq!(latch.take(at("10.0.0.1:4000"), 8, SequenceNumber(n)), Verdict::Waiting);
        }
        for n in 20..30 {
            assert_eq!(latch.take(at("10.0.0.1:4000"), 8, SequenceNumber(n)), Verdict::Waiting);
            assert_eq!(latch.take(at("10.0.0.1:4000"), 7, SequenceNumber(n)), Verdict::Known);
        }
    }

    #[test]
    fn rtcp_may_come_from_any_port_of_the_fixed_address_only() {
        let mut latch = latch();
        assert!(latch.permits(Channel::Rtcp, at("10.0.0.2:9")));

        latch.take(at("10.0.0.1:4000"), 7, SequenceNumber(1));

        assert!(latch.permits(Channel::Rtcp, at("10.0.0.1:4001")));
        assert!(!latch.permits(Channel::Rtcp, at("10.0.0.2:4001")));
    }
}
