//! Faster and slower speech at the same pitch: segments of the source overlap where they resemble each other most
//! (synchronous overlap and add).

use crate::limits::SPEEDS;

/// A source that is heard at another speed than it was recorded.
#[derive(Debug)]
pub(crate) struct TimeScale {
    percent: u16,
    /// Samples of the source; those before `place` have been used.
    source: [i16; SOURCE],
    held: usize,
    /// Where the next segment begins, before its resemblance is looked for.
    place: usize,
    /// What `place` is short of, in hundredths of a sample.
    hundredths: usize,
    /// How far behind `place` the segment before began.
    offset: usize,
    /// What followed the segment before in the source; the next one is faded in over it.
    tail: Option<[i16; OVERLAP]>,
    segment: [i16; SEGMENT],
    /// Samples of `segment` that have not been said.
    left: usize,
    /// The source has no more samples than are held.
    ended: bool,
}

/// Samples of a segment: 20 ms.
const SEGMENT: usize = 160;
/// Samples over which segments overlap: 10 ms.
const OVERLAP: usize = 80;
/// Samples in which the best place is looked for: one period of the lowest voice, 80 Hz, and some.
const SEARCH: usize = 120;
/// What is needed behind `place`.
const NEEDED: usize = SEARCH + SEGMENT + OVERLAP;
/// Room for one step at the fastest speed and what is needed behind it.
const SOURCE: usize = 2 * SEGMENT + NEEDED + 1;

impl TimeScale {
    /// `percent` of the recorded speed, bounded to what can be understood: 50 to 200.
    pub(crate) fn new(percent: u16) -> Self {
        let mut scale = Self {
            percent: 100,
            source: [0; SOURCE],
            held: 0,
            place: 0,
            hundredths: 0,
            offset: 0,
            tail: None,
            segment: [0; SEGMENT],
            left: 0,
            ended: false,
        };
        scale.set_speed(percent);
        scale
    }

    /// Another speed from the next segment on.
    pub(crate) fn set_speed(&mut self, percent: u16) {
        self.percent = percent.clamp(*SPEEDS.start(), *SPEEDS.end());
    }

    /// Forgets the source: another place of it follows.
    pub(crate) fn restart(&mut self) {
        *self = Self::new(self.percent);
    }

    /// Samples that must be fed before the next segment; none once the source has ended.
    pub(crate) fn missing(&self) -> usize {
        if self.ended { 0 } else { (self.place + NEEDED).saturating_sub(self.held) }
    }

    /// Takes more of the source, at most what is [`Self::missing`].
    pub(crate) fn feed(&mut self, samples: impl Iterator<Item = i16>) {
        for (place, sample) in self.source[self.held..].iter_mut().zip(samples) {
            *place = sample;
            self.held += 1;
        }
    }

    /// The source has no more.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// The next sample to say; `None` when another segment is needed.
    pub(crate) fn next_sample(&mut self) -> Option<i16> {
        let sample = *self.segment.get(SEGMENT.checked_sub(self.left)?)?;
        self.left -= 1;
        Some(sample)
    }

    /// Makes the next segment; `false` if all has been said. Nothing may be missing.
    pub(crate) fn advance(&mut self) -> bool {
        if self.place >= self.held {
            return false;
        }
        if self.percent != 100 {
            self.offset = self.best_offset();
        }
        let start = self.place + self.offset;
        for n in 0..SEGMENT {
            self.segment[n] = self.at(start + n);
        }
        if let Some(tail) = self.tail {
            for (n, before) in tail.into_iter().enumerate() {
                let (before, after) = (i32::from(before), i32::from(self.segment[n]));
                self.segment[n] = (before + (after - before) * n as i32 / OVERLAP as i32) as i16;
            }
        }
        self.tail = Some(std::array::from_fn(|n| self.at(start + SEGMENT + n)));
        self.left = SEGMENT;
        let step = SEGMENT * usize::from(self.percent) + self.hundredths;
        self.hundredths = step % 100;
        self.place += step / 100;
        let used = self.place.min(self.held);
        self.source.copy_within(used..self.held, 0);
        self.place -= used;
        self.held -= used;
        true
    }

    /// Samples of the source that were fed and are not yet heard.
    pub(crate) fn unheard(&self) -> u64 {
        let said_ahead = self.left * usize::from(self.percent) / 100;
        (self.held.saturating_sub(self.place) + said_ahead) as u64
    }

    /// A sample of the source; silence behind its end.
    fn at(&self, place: usize) -> i16 {
        self.source[..self.held].get(place).copied().unwrap_or(0)
    }

    /// Where the source resembles most what would have followed the segment before.
    fn best_offset(&self) -> usize {
        let Some(tail) = self.tail else { return 0 };
        let (mut best, mut most) = (0, f32::MIN);
        for offset in 0..SEARCH {
            let (mut product, mut energy) = (0.0, 1.0);
            for (n, before) in tail.iter().enumerate() {
                let sample = f32::from(self.at(self.place + offset + n));
                product += f32::from(*before) * sample;
                energy += sample * sample;
            }
            let likeness = product / energy.sqrt();
            if likeness > most {
                (best, most) = (offset, likeness);
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(frequency: f32, samples: usize) -> Vec<i16> {
        let step = frequency / 8000.0 * std::f32::consts::TAU;
        (0..samples).map(|n| ((n as f32 * step).sin() * 8000.0) as i16).collect()
    }

    fn heard(percent: u16, source: &[i16]) -> Vec<i16> {
        let (mut scale, mut said, mut fed) = (TimeScale::new(percent), Vec::new(), 0);
        loop {
            while let Some(sample) = scale.next_sample() {
                said.push(sample);
            }
            let missing = scale.missing();
            let part = &source[fed..source.len().min(fed + missing)];
            scale.feed(part.iter().copied());
            fed += part.len();
            if part.len() < missing {
                scale.end();
            }
            if !scale.advance() {
                return said;
            }
        }
    }

    fn rises(samples: &[i16]) -> usize {
        samples.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count()
    }

    #[test]
    fn normal_speed_is_the_source_bit_for_bit() {
        let source = sine(440.0, 8000);

        assert_eq!(heard(100, &source)[..8000], source);
    }

    #[test]
    fn length_follows_the_speed_and_pitch_does_not() {
        let source = sine(300.0, 16_000);

        for (percent, length) in
            [(50, 32_000), (75, 21_333), (125, 12_800), (150, 10_667), (200, 8000), (10, 32_000), (999, 8000)]
        {
            let said = heard(percent, &source);

            assert!(said.len().abs_diff(length) <= 320, "{percent}: {}", said.len());
            // 300 rises in 8,000 samples, whatever the speed.
            let expected = said.len() * 300 / 8000;
            assert!(rises(&said).abs_diff(expected) <= expected / 50 + 2, "{percent}: {}", rises(&said));
        }
    }

    #[test]
    fn segments_join_without_clicks() {
        let source = sine(150.0, 16_000);
        let steepest = source.windows(2).map(|pair| pair[0].abs_diff(pair[1])).max().unwrap();

        for percent in [50, 80, 130, 200] {
            let said = heard(percent, &source);
            let body = &said[..said.len() - 480];
            let step = body.windows(2).map(|pair| pair[0].abs_diff(pair[1])).max().unwrap();

            assert!(step <= steepest * 3 / 2, "{percent}: {step} of {steepest}");
        }
    }

    #[test]
    fn speed_that_changes_under_way_keeps_the_samples_continuous() {
        let source = sine(150.0, 16_000);
        let mut scale = TimeScale::new(150);
        let (mut said, mut fed) = (Vec::new(), 0);
        for n in 0..30 {
            scale.set_speed([150, 100, 60][n / 10]);
            let missing = scale.missing();
            scale.feed(source[fed..fed + missing].iter().copied());
            fed += missing;
            assert!(scale.advance());
            said.extend(std::iter::from_fn(|| scale.next_sample()));
        }

        let step = said.windows(2).map(|pair| pair[0].abs_diff(pair[1])).max().unwrap();
        assert!(step <= 1500, "{step}");
        // 10 segments each at 150, 100 and 60 percent.
        assert_eq!(fed as u64 - scale.unheard(), 1600 * 310 / 100);
    }
}
