//! Where packets are missing that were sent.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::ops::Range;

use crate::rtp::{RtpHeader, SequenceNumber};

/// Gaps in order, from what is not settled yet on.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    gaps: [Option<Gap>; MAX_GAPS],
    /// The newest packet of the source, whatever it carried.
    last_heard: Option<LastHeard>,
}

/// What tells whether packets were lost before the next one.
#[derive(Clone, Copy, Debug)]
struct LastHeard {
    sequence: SequenceNumber,
    /// Octets of audio in it; `None` if it was comfort noise or a key.
    audio: Option<usize>,
}

/// Positions between two packets of which later ones have come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Gap {
    start: u64,
    end: u64,
    /// The packets before and behind.
    between: (SequenceNumber, SequenceNumber),
    /// It holds what conceals it.
    filled: bool,
}

/// Gaps that are remembered. One more stays silence: every other packet of the half second that can be open is lost.
const MAX_GAPS: usize = 16;

impl Gaps {
    /// Another source, or another stretch of the same: the next packet has none before it.
    pub(super) fn restart(&mut self) {
        self.last_heard = None;
    }

    /// Notes a packet of audio of `length` octets, and what lies between the furthest one and it as a gap, if packets
    /// are missing there and nothing of it is settled. Where fewer are missing than would fill it, or a talkspurt begins
    /// behind it, the source has paused.
    pub(super) fn note_audio(
        &mut self,
        header: &RtpHeader,
        length: usize,
        Range { start, end }: Range<u64>,
        settled: u64,
    ) {
        let heard = LastHeard { sequence: header.sequence, audio: Some(length) };
        let before = self.last_heard.unwrap_or(heard);
        let ahead = header.sequence.ahead_of(before.sequence);
        if ahead <= 0 && end < start {
            return;
        }
        self.last_heard = Some(heard);
        let missing = u64::try_from(i64::from(ahead).saturating_sub(1)).unwrap_or(0);
        let longest = before.audio.map_or(0, |audio| audio.max(length)) as u64;
        let fits = end.saturating_sub(start) <= missing.saturating_mul(longest);
        if start >= settled && !header.marker && fits {
            self.add(Gap { start, end, between: (before.sequence, header.sequence), filled: false });
        }
    }

    /// Notes a packet that carried no audio: what lies between it and its neighbours is a pause and no loss.
    pub(super) fn note_other(&mut self, sequence: SequenceNumber) {
        match self.last_heard {
            Some(last) if sequence.ahead_of(last.sequence) > 0 => {
                self.last_heard = Some(LastHeard { sequence, audio: None });
            }
            Some(_) | None => self.forget(sequence),
        }
    }

    fn add(&mut self, gap: Gap) {
        if gap.start < gap.end
            && let Some(free) = self.gaps.iter_mut().find(|place| place.is_none())
        {
            *free = Some(gap);
        }
    }

    /// The first gap that begins before `end` and is not filled, which it is from now on.
    pub(super) fn take_unfilled(&mut self, end: u64) -> Option<(u64, u64)> {
        let open = self.gaps.iter_mut().flatten().filter(|gap| !gap.filled && gap.start < end);
        let gap = open.min_by_key(|gap| gap.start)?;
        gap.filled = true;
        Some((gap.start, gap.end))
    }

    /// A packet has come after all, which stands here.
    pub(super) fn close(&mut self, start: u64, end: u64) {
        let mut rest = None;
        for place in &mut self.gaps {
            let Some(gap) = place.filter(|gap| gap.start < end && start < gap.end) else { continue };
            let before = Gap { end: start, ..gap };
            let behind = Gap { start: end, ..gap };
            *place = (before.start < before.end).then_some(before);
            if behind.start < behind.end {
                rest = Some(behind);
            }
        }
        rest.into_iter().for_each(|gap| self.add(gap));
    }

    /// A packet has come after all, which is no audio: the source has paused.
    fn forget(&mut self, sequence: SequenceNumber) {
        for place in &mut self.gaps {
            place.take_if(|Gap { between: (before, behind), filled, .. }| {
                !*filled && sequence.ahead_of(*before) > 0 && behind.ahead_of(sequence) > 0
            });
        }
    }

    /// Whether there are none, as nearly always.
    pub(super) fn is_empty(&self) -> bool {
        self.gaps.iter().all(Option::is_none)
    }

    /// Whether a position lies in a gap.
    pub(super) fn contain(&self, position: u64) -> bool {
        self.gaps.iter().flatten().any(|gap| gap.start <= position && position < gap.end)
    }

    /// Everything before `settled` is settled.
    pub(super) fn pass(&mut self, settled: u64) {
        for place in &mut self.gaps {
            place.take_if(|gap| gap.end <= settled);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(start: u64, end: u64) -> Gap {
        let between = (SequenceNumber(65_535), SequenceNumber(3));
        Gap { start, end, between, filled: false }
    }

    fn left(mut gaps: Gaps) -> Vec<(u64, u64)> {
        std::iter::from_fn(|| gaps.take_unfilled(u64::MAX)).collect()
    }

    #[test]
    fn packet_that_comes_late_closes_what_it_covers() {
        let cases = [
            (160, 320, vec![(320, 640)]),
            (320, 480, vec![(160, 320), (480, 640)]),
            (480, 640, vec![(160, 480)]),
            (0, 1000, vec![]),
            (0, 160, vec![(160, 640)]),
            (640, 800, vec![(160, 640)]),
        ];
        for (start, end, expected) in cases {
            let mut gaps = Gaps::default();
            gaps.add(gap(160, 640));

            gaps.close(start, end);

            assert_eq!(left(gaps), expected, "{start} {end}");
        }
    }

    #[test]
    fn packet_without_audio_between_the_two_makes_the_gap_a_pause() {
        for (sequence, gone) in [(65_535, false), (0, true), (2, true), (3, false), (4, false)] {
            let mut gaps = Gaps::default();
            gaps.add(gap(160, 640));

            gaps.forget(SequenceNumber(sequence));

            assert_eq!(left(gaps).is_empty(), gone, "{sequence}");
        }
    }

    #[test]
    fn seventeenth_gap_stays_silence() {
        let mut gaps = Gaps::default();
        (0..17).for_each(|n| gaps.add(gap(n * 10, n * 10 + 5)));

        assert_eq!(left(gaps).len(), 16);
    }

    #[test]
    fn gaps_are_filled_once_in_order_and_known_until_they_are_settled() {
        let mut gaps = Gaps::default();
        gaps.add(gap(500, 600));
        gaps.add(gap(100, 200));

        assert_eq!(gaps.take_unfilled(100), None);
        assert_eq!(gaps.take_unfilled(101), Some((100, 200)));
        assert_eq!(gaps.take_unfilled(500), None);
        assert_eq!([99, 100, 199, 200].map(|at| gaps.contain(at)), [false, true, true, false]);
        gaps.pass(199);
        assert!(gaps.contain(199));
        gaps.pass(200);
        assert!(!gaps.contain(199));
    }
}
