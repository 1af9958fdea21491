//! What a receiver counts about its source (RFC 3550 A.1, A.3, A.8).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::time::{Duration, Instant};

use crate::rtp::{RtpHeader, RtpTimestamp, SequenceNumber};

/// Statistics of one SSRC, from its first packet on.
#[derive(Debug)]
pub(crate) struct Reception {
    first: SequenceNumber,
    highest: SequenceNumber,
    cycles: u32,
    received: u64,
    expected_at_report: u64,
    received_at_report: u64,
    /// Arrival and timestamp of the packet before, for the jitter.
    before: (Instant, RtpTimestamp),
    /// Scaled by 16, as in RFC 3550 A.8.
    jitter: u32,
}

impl Reception {
    /// Begins with the first packet of an SSRC, which must be given to [`Self::count`] as well.
    pub(crate) fn new(header: &RtpHeader, arrival: Instant) -> Self {
        Self {
            first: header.sequence,
            highest: header.sequence,
            cycles: 0,
            received: 0,
            expected_at_report: 0,
            received_at_report: 0,
            before: (arrival, header.timestamp),
            jitter: 0,
        }
    }

    /// Counts a packet.
    pub(crate) fn count(&mut self, header: &RtpHeader, arrival: Instant) {
        self.received = self.received.saturating_add(1);
        if header.sequence.ahead_of(self.highest) > 0 {
            if header.sequence.0 < self.highest.0 {
                self.cycles = self.cycles.wrapping_add(1 << 16);
            }
            self.highest = header.sequence;
        }
        self.measure_jitter(header.timestamp, arrival);
    }

    /// Highest sequence number with its cycles.
    pub(crate) fn highest_sequence(&self) -> u32 {
        self.cycles.wrapping_add(u32::from(self.highest.0))
    }

    /// Packets that should have come but have not; negative if copies came.
    pub(crate) fn lost(&self) -> i64 {
        self.expected().cast_signed().saturating_sub(self.received.cast_signed())
    }

    /// Interarrival jitter in timestamp units.
    pub(crate) fn jitter(&self) -> u32 {
        self.jitter >> 4
    }

    /// The part lost since this was last asked, in 1/256.
    pub(crate) fn fraction_lost(&mut self) -> u8 {
        let expected = self.expected().saturating_sub(self.expected_at_report);
        let received = self.received.saturating_sub(self.received_at_report);
        self.expected_at_report = self.expected();
        self.received_at_report = self.received;
        let lost = expected.saturating_sub(received).saturating_mul(256);
        u8::try_from(lost.checked_div(expected).unwrap_or(0)).unwrap_or(u8::MAX)
    }

    fn expected(&self) -> u64 {
        u64::from(self.highest_sequence()).saturating_sub(u64::from(self.first.0)).saturating_add(1)
    }

    /// J += (|D| - J) / 16, in integers as RFC 3550 A.8 has it.
    fn measure_jitter(&mut self, timestamp: RtpTimestamp, arrival: Instant) {
        let (before, stamped) = self.before;
        self.before = (arrival, timestamp);
        let sent_apart = i64::from(timestamp.ahead_of(stamped));
        let came_apart = samples(arrival.saturating_duration_since(before)).cast_signed();
        // A pause or a jump of the sender is no jitter.
        let difference = sent_apart.saturating_sub(came_apart).unsigned_abs();
        if difference > MAX_TRANSIT_CHANGE {
            return;
        }
        let difference = u32::try_from(difference).unwrap_or(0);
        let smoothed = self.jitter.saturating_add(8) >> 4;
        self.jitter = self.jitter.saturating_add(difference).saturating_sub(smoothed);
    }
}

/// A change of transit time beyond one second, in samples, says nothing about jitter.
const MAX_TRANSIT_CHANGE: u64 = 8000;

/// A duration in samples of 8 kHz, rounded down.
pub(crate) fn samples(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX).saturating_mul(8).checked_div(1000).unwrap_or(0)
}

/// The time that `samples` of 8 kHz take.
pub(crate) fn playing_time(samples: u64) -> Duration {
    Duration::from_micros(samples.saturating_mul(125))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(sequence: u16, timestamp: u32) -> RtpHeader {
        RtpHeader {
            marker: false,
            payload_type: 0,
            sequence: SequenceNumber(sequence),
            timestamp: RtpTimestamp(timestamp),
            ssrc: 1,
        }
    }

    #[test]
    fn losses_are_counted_across_the_wrap_of_the_sequence() {
        let start = Instant::now();
        let mut reception = Reception::new(&header(65_534, 0), start);

        for sequence in [65_534, 65_535, 2, 1] {
            reception.count(&header(sequence, 0), start);
        }

        assert_eq!(reception.highest_sequence(), 65_538);
        assert_eq!(reception.lost(), 1);
        assert_eq!(reception.fraction_lost(), 51); // 1 of 5
        assert_eq!(reception.fraction_lost(), 0);
    }

    #[test]
    fn packets_that_come_evenly_have_no_jitter_and_uneven_ones_have() {
        let start = Instant::now();
        let mut reception = Reception::new(&header(0, 0), start);
        for n in 0..100u16 {
            reception.count(&header(n, u32::from(n) * 160), start + Duration::from_millis(20) * u32::from(n));
        }
        assert_eq!(reception.jitter(), 0);

        for n in 100..200u16 {
            let late = Duration::from_millis(if n % 2 == 0 { 5 } else { 0 });
            reception.count(
                &header(n, u32::from(n) * 160),
                start + Duration::from_millis(20) * u32::from(n) + late,
            );
        }

        assert_eq!(reception.jitter(), 39); // 5 ms = 40 samples, nearly reached after 100 packets
    }

    #[test]
    fn samples_and_playing_time_are_inverse() {
        assert_eq!(samples(Duration::from_millis(20)), 160);
        assert_eq!(playing_time(160), Duration::from_millis(20));
    }
}
