//! Which packet of its source a packet is, and whether it has been taken before (RFC 3711 3.3.1, 3.3.2).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{LAST_SRTP_INDEX, SrtpError};
use crate::limits::{MAX_SRTP_SOURCES, REPLAY_WINDOW};

/// The sources that have authenticated under a key.
#[derive(Debug, Default)]
pub(super) struct Sources {
    windows: Vec<(u32, ReplayWindow)>,
}

/// The packets of one source that were taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct ReplayWindow {
    highest: u64,
    /// Bit n: the packet n below the highest.
    seen: u128,
}

/// The index of a packet by the highest one of its source: the rollover counter is guessed as RFC 3711 3.3.1 has it.
/// `None` beyond the last index of a key.
pub(super) fn estimate_index(highest: u64, sequence: u16) -> Option<u64> {
    let rollover = highest >> 16;
    let last = (highest & 0xffff) as u16;
    let guess = if last < 0x8000 {
        let turned_back = sequence.saturating_sub(last) > 0x8000;
        // Before the first rollover there is nothing to turn back to.
        if turned_back { rollover.saturating_sub(1) } else { rollover }
    } else if last.saturating_sub(0x8000) > sequence {
        rollover.saturating_add(1)
    } else {
        rollover
    };
    let index = guess << 16 | u64::from(sequence);
    (index <= LAST_SRTP_INDEX).then_some(index)
}

impl ReplayWindow {
    fn new(index: u64) -> Self {
        Self { highest: index, seen: 1 }
    }

    fn is_new(self, index: u64) -> bool {
        match self.highest.checked_sub(index) {
            None => true,
            Some(below) => below < REPLAY_WINDOW && (self.seen >> below) & 1 == 0,
        }
    }

    fn note(&mut self, index: u64) {
        if let Some(ahead) = index.checked_sub(self.highest).filter(|ahead| *ahead > 0) {
            self.seen = if ahead < REPLAY_WINDOW { self.seen << ahead | 1 } else { 1 };
            self.highest = index;
        } else {
            let below = self.highest.saturating_sub(index).min(127);
            self.seen |= 1 << below;
        }
    }
}

impl Sources {
    /// The highest index of a source that has authenticated.
    pub(super) fn highest(&self, ssrc: u32) -> Option<u64> {
        self.window(ssrc).map(|window| window.highest)
    }

    /// Whether a packet may be taken if it is authentic; changes nothing.
    pub(super) fn check(&self, ssrc: u32, index: u64) -> Result<(), SrtpError> {
        match self.window(ssrc) {
            Some(window) if window.is_new(index) => Ok(()),
            Some(_) => Err(SrtpError::Replayed),
            None if self.windows.len() < MAX_SRTP_SOURCES => Ok(()),
            None => Err(SrtpError::TooManySources),
        }
    }

    /// Notes an authentic packet that has passed [`Self::check`].
    pub(super) fn note(&mut self, ssrc: u32, index: u64) {
        match self.windows.iter_mut().find(|(known, _)| *known == ssrc) {
            Some((_, window)) => window.note(index),
            None => self.windows.push((ssrc, ReplayWindow::new(index))),
        }
    }

    fn window(&self, ssrc: u32) -> Option<ReplayWindow> {
        self.windows.iter().find(|(known, _)| *known == ssrc).map(|(_, window)| *window)
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.windows.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rollover_is_guessed_by_the_nearer_half() {
        let cases = [
            (65_535, 0, 0x1_0000),
            (0x1_0000, 65_535, 65_535),
            (0x1_0002, 1, 0x1_0001),
            (0x1_8000, 0, 0x1_0000),
            (0x1_8001, 0, 0x2_0000),
            (5, 65_534, 65_534),
            (0x2_ffff, 2, 0x3_0002),
        ];
        for (highest, sequence, index) in cases {
            assert_eq!(estimate_index(highest, sequence), Some(index), "{highest:x} {sequence}");
        }
    }

    #[test]
    fn no_index_lies_beyond_2_to_the_48th() {
        assert_eq!(estimate_index(0xffff_ffff_fffe, 65_535), Some(0xffff_ffff_ffff));
        assert_eq!(estimate_index(0xffff_ffff_ffff, 0), None);
    }

    #[test]
    fn window_takes_each_of_the_last_128_packets_once() {
        let mut sources = Sources::default();
        sources.note(1, 1000);

        assert_eq!(sources.check(1, 1000), Err(SrtpError::Replayed));
        assert_eq!(sources.check(1, 873), Ok(()));
        assert_eq!(sources.check(1, 872), Err(SrtpError::Replayed));
        sources.note(1, 873);
        assert_eq!(sources.check(1, 873), Err(SrtpError::Replayed));
        sources.note(1, 1127);
        assert_eq!(sources.check(1, 1000), Err(SrtpError::Replayed));
        assert_eq!(sources.check(1, 1001), Ok(()));
        sources.note(1, 5000);
        assert_eq!(sources.check(1, 4999), Ok(()));
        assert_eq!(sources.check(1, 1127), Err(SrtpError::Replayed));
    }

    #[test]
    fn source_beyond_the_sixteenth_is_refused() {
        let mut sources = Sources::default();
        for ssrc in 0..16 {
            assert_eq!(sources.check(ssrc, 1), Ok(()));
            sources.note(ssrc, 1);
        }

        assert_eq!(sources.check(16, 1), Err(SrtpError::TooManySources));
        assert_eq!(sources.check(15, 2), Ok(()));
    }
}
