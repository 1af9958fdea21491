//! Tones of the server itself, such as the one after which the caller speaks.

use std::f32::consts::TAU;

use telephony::AudioCodec;

use crate::g711::encode;

/// A sine wave, sample by sample.
#[derive(Clone, Debug)]
pub(crate) struct Tone {
    /// Turns per sample; 0 is silence.
    step: f32,
    length: u64,
    position: u64,
}

/// Amplitude of -13 dBm0: 0 dBm0 is an RMS of 15,770 on the 16-bit scale.
const AMPLITUDE: f32 = 4992.0;
/// Samples over which the tone swells and fades, so that it does not click.
const RAMP: u64 = 40;

impl Tone {
    /// A tone of `length` samples that begins at `position`.
    pub(crate) fn new(frequency_hz: u16, length: u64, position: u64) -> Self {
        let step = if (1..4000).contains(&frequency_hz) { f32::from(frequency_hz) / 8000.0 } else { 0.0 };
        Self { step, length, position }
    }

    /// Fills `octets` from the front; how many were left to say.
    pub(crate) fn fill(&mut self, codec: AudioCodec, octets: &mut [u8]) -> usize {
        let left = usize::try_from(self.length.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let count = left.min(octets.len());
        for octet in octets.iter_mut().take(count) {
            *octet = encode(codec, self.sample());
            self.position += 1;
        }
        count
    }

    fn sample(&self) -> i16 {
        // The pattern repeats every 8,000 samples whatever the frequency: the phase stays exact.
        let turns = (self.position % 8000) as f32 * self.step;
        let edge = self.position.min(self.length - 1 - self.position).min(RAMP);
        let swell = edge as f32 / RAMP as f32;
        ((turns.fract() * TAU).sin() * AMPLITUDE * swell) as i16
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::g711::decode;

    fn samples(frequency: u16, length: usize) -> Vec<i16> {
        let mut octets = vec![0xff; length];
        assert_eq!(Tone::new(frequency, length as u64, 0).fill(AudioCodec::Pcma, &mut octets), length);
        octets.iter().map(|octet| decode(AudioCodec::Pcma, *octet)).collect()
    }

    #[test]
    fn tone_crosses_zero_upwards_as_often_as_its_frequency_says() {
        let samples = samples(1000, 8000);

        let rises = samples.windows(2).filter(|pair| pair[0] < 0 && pair[1] > 0).count();

        assert!((998..=1000).contains(&rises), "{rises}");
    }

    #[test]
    fn tone_swells_from_silence_and_reaches_its_level() {
        let samples = samples(440, 8000);

        assert!(samples[0].abs() <= 8 && samples[7999].abs() <= 8);
        assert!((4700..=5200).contains(samples.iter().max().unwrap()));
    }

    #[test]
    fn frequency_that_8_khz_cannot_carry_is_silence() {
        assert!(samples(4000, 800).iter().all(|sample| sample.abs() <= 8));
    }

    #[test]
    fn tone_that_ends_within_the_buffer_says_how_much_it_filled() {
        let mut octets = [0; 160];
        let mut tone = Tone::new(440, 200, 0);

        assert_eq!(tone.fill(AudioCodec::Pcmu, &mut octets), 160);
        assert_eq!(tone.fill(AudioCodec::Pcmu, &mut octets), 40);
        assert_eq!(tone.fill(AudioCodec::Pcmu, &mut octets), 0);
    }
}
