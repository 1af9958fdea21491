//! Sending RTP: one slot every packet time, whether something is said in it or not.

use std::time::{Duration, Instant};

use crate::{
    limits::{MAX_PTIME, MIN_PTIME},
    reception::samples,
    rtp::{RtpHeader, RtpTimestamp, SequenceNumber},
};

/// The clock of what we send, and its counts.
#[derive(Debug)]
pub(crate) struct Sender {
    pub(crate) ssrc: u32,
    sequence: SequenceNumber,
    timestamp: RtpTimestamp,
    ptime: Duration,
    next_slot: Instant,
    /// The slot before this one carried speech of ours: this one goes on without a marker.
    talking: bool,
    last_sent: Option<Instant>,
    pub(crate) packets: u64,
    pub(crate) octets: u64,
}

/// A slot later than this is left out: after a stall, the prompt goes on where it stood instead of rushing.
const MAX_LATENESS: Duration = Duration::from_millis(60);
/// One packet of silence in this time.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(1);

/// The packet time that is used for the one agreed on: a multiple of the shortest tick.
pub(crate) fn usable_ptime(agreed: Duration) -> Duration {
    let tens = u32::try_from(agreed.as_millis() / 10).unwrap_or(u32::MAX);
    MIN_PTIME.saturating_mul(tens).clamp(MIN_PTIME, MAX_PTIME)
}

impl Sender {
    /// Begins at `first_slot`.
    pub(crate) fn new(
        ssrc: u32,
        sequence: u16,
        timestamp: u32,
        ptime: Duration,
        first_slot: Instant,
    ) -> Self {
        Self {
            ssrc,
            sequence: SequenceNumber(sequence),
            timestamp: RtpTimestamp(timestamp),
            ptime: usable_ptime(ptime),
            next_slot: first_slot,
            talking: false,
            last_sent: None,
            packets: 0,
            octets: 0,
        }
    }

    /// Another packet time from the next slot on, which is at `first_slot`.
    pub(crate) fn set_ptime(&mut self, ptime: Duration, first_slot: Instant) {
        let ptime = usable_ptime(ptime);
        if ptime != self.ptime {
            self.ptime = ptime;
            let skipped = samples(first_slot.saturating_duration_since(self.next_slot));
            self.timestamp = self.timestamp.later_by(u32::try_from(skipped).unwrap_or(0));
            self.next_slot = self.next_slot.max(first_slot);
        }
    }

    /// Octets of a packet of audio.
    pub(crate) fn packet_octets(&self) -> usize {
        usize::try_from(samples(self.ptime)).unwrap_or(0)
    }

    /// The instant of the next slot that is due, if one is; slots long past are left out.
    pub(crate) fn due_slot(&mut self, now: Instant) -> Option<Instant> {
        while now.saturating_duration_since(self.next_slot) > MAX_LATENESS {
            self.pass_slot();
        }
        (self.next_slot <= now).then_some(self.next_slot)
    }

    /// Ends the due slot, after it was used or not.
    pub(crate) fn pass_slot(&mut self) {
        let octets = u32::try_from(self.packet_octets()).unwrap_or(0);
        self.timestamp = self.timestamp.later_by(octets);
        self.next_slot += self.ptime;
    }

    /// Nothing is said in this slot: the next packet of speech begins a talkspurt.
    pub(crate) fn pause(&mut self) {
        self.talking = false;
    }

    /// Whether the time for a packet of silence has come.
    pub(crate) fn wants_keep_alive(&self, slot: Instant) -> bool {
        self.last_sent.is_none_or(|sent| slot.saturating_duration_since(sent) >= KEEP_ALIVE)
    }

    /// The header of the packet in the due slot. "The marker bit .. set for the first packet of a talkspurt"
    /// (RFC 3551 4.1).
    pub(crate) fn header(&mut self, payload_type: u8, speech: bool, slot: Instant) -> RtpHeader {
        let header = RtpHeader {
            marker: speech && !self.talking,
            payload_type,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
        };
        self.talking = speech;
        self.sequence = self.sequence.next();
        self.last_sent = Some(slot);
        header
    }

    /// The timestamp that belongs to `now`.
    pub(crate) fn timestamp_at(&self, now: Instant) -> RtpTimestamp {
        let ahead = samples(self.next_slot.saturating_duration_since(now));
        let behind = samples(now.saturating_duration_since(self.next_slot));
        let difference = u32::try_from(behind).unwrap_or(0).wrapping_sub(u32::try_from(ahead).unwrap_or(0));
        self.timestamp.later_by(difference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn packet_times_are_rounded_down_to_tens_and_kept_within_ten_and_sixty() {
        let used = [0, 9, 10, 25, 30, 60, 61, 100_000].map(|ms| usable_ptime(ms * MS).as_millis());

        assert_eq!(used, [10, 10, 10, 20, 30, 60, 60, 60]);
    }

    #[test]
    fn timestamp_moves_with_the_slots_and_sequence_with_the_packets() {
        let start = Instant::now();
        let mut sender = Sender::new(9, 65_535, u32::MAX - 100, 20 * MS, start);

        let first = sender.header(0, true, start);
        sender.pass_slot();
        sender.pass_slot();
        let second = sender.header(0, true, start + 40 * MS);

        assert_eq!((first.sequence, second.sequence), (SequenceNumber(65_535), SequenceNumber(0)));
        assert_eq!(second.timestamp.ahead_of(first.timestamp), 320);
        assert_eq!((first.marker, second.marker), (true, false));
    }

    #[test]
    fn slots_missed_in_a_stall_are_left_out_but_counted_by_the_timestamp() {
        let start = Instant::now();
        let mut sender = Sender::new(9, 0, 0, 20 * MS, start);

        let slot = sender.due_slot(start + 1000 * MS);

        assert_eq!(slot, Some(start + 940 * MS));
        assert_eq!(sender.header(0, true, start).timestamp, RtpTimestamp(7520));
    }

    #[test]
    fn timestamp_of_an_instant_between_slots_is_that_of_the_clock() {
        let start = Instant::now();
        let mut sender = Sender::new(9, 0, 5000, 20 * MS, start);
        sender.pass_slot();

        assert_eq!(sender.timestamp_at(start + 10 * MS), RtpTimestamp(5080));
        assert_eq!(sender.timestamp_at(start + 30 * MS), RtpTimestamp(5240));
    }
}
