//! From any rate to that of the telephone: a windowed sinc, one filter for each phase that occurs.
use std::{cell::OnceCell, f32::consts::PI};

use super::TELEPHONE_RATE;

/// Zero crossings of the sinc on either side of its middle.
const CROSSINGS: f32 = 40.0;
/// Where the filter stops, as a part of the telephone's band of 4 kHz: what lies above folds back into it.
const EDGE: f32 = 0.93;
/// The window of Kaiser with this shape has side lobes of -80 dB.
const SHAPE: f32 = 8.0;

/// The samples at 8 kHz, rounded; `rate` is not below that.
pub(super) fn resampled(samples: Vec<f32>, rate: u32) -> Vec<i16> {
    if rate == TELEPHONE_RATE {
        return samples.into_iter().map(rounded).collect();
    }
    let common = greatest_common_divisor(rate, TELEPHONE_RATE);
    let step = usize::try_from(rate / common).unwrap_or(1);
    let phases = usize::try_from(TELEPHONE_RATE / common).unwrap_or(1);
    let bank = FilterBank::new(rate, phases);
    let padded = padded(samples, bank.reach);
    // The last output that still lies on an input sample.
    let length = padded.len() - 2 * bank.reach;
    let outputs = (length * phases).div_ceil(step);
    (0..outputs)
        .map(|output| {
            let place = output * step;
            let (first, phase) = (place / phases, place % phases);
            rounded(bank.filter(phase, padded.get(first..).unwrap_or_default()))
        })
        .collect()
}

/// Silence before and behind, so that every filter has its input.
fn padded(samples: Vec<f32>, reach: usize) -> Vec<f32> {
    let mut padded = vec![0.0; reach];
    padded.extend(samples);
    padded.extend(vec![0.0; reach]);
    padded
}

/// The coefficients for each place that an output can have between two inputs.
struct FilterBank {
    /// Where the filter stops, as a part of the input's rate.
    cutoff: f32,
    /// Input samples on either side of an output, in full and as a whole number.
    half_width: f32,
    reach: usize,
    /// Made when the first output has the place: a short file of an odd rate has thousands of places, and outputs at few.
    phases: Vec<OnceCell<Vec<f32>>>,
}

impl FilterBank {
    fn new(rate: u32, phases: usize) -> Self {
        // Of the input's rate: exact in f32, as both are small whole numbers.
        let cutoff = EDGE * TELEPHONE_RATE as f32 / rate as f32;
        let half_width = CROSSINGS / cutoff;
        let reach = half_width.ceil() as usize;
        Self { cutoff, half_width, reach, phases: vec![OnceCell::new(); phases] }
    }

    /// `input` begins as many samples before the output as the filter reaches.
    fn filter(&self, phase: usize, input: &[f32]) -> f32 {
        let taps = self.phases.get(phase).map(|taps| taps.get_or_init(|| self.taps(phase)));
        taps.into_iter().flatten().zip(input).map(|(tap, sample)| tap * sample).sum()
    }

    fn taps(&self, phase: usize) -> Vec<f32> {
        let offset = phase as f32 / self.phases.len() as f32;
        let taps: Vec<f32> = (0..=2 * self.reach)
            .map(|tap| {
                let distance = tap as f32 - self.reach as f32 - offset;
                sinc(self.cutoff * distance) * window(distance / self.half_width)
            })
            .collect();
        let sum: f32 = taps.iter().sum();
        taps.into_iter().map(|tap| tap / sum).collect()
    }
}

fn sinc(x: f32) -> f32 {
    if x.abs() < 1e-6 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// Kaiser's window; `place` is 0 in the middle and 1 at the end.
fn window(place: f32) -> f32 {
    let inside = 1.0 - place * place;
    if inside <= 0.0 { 0.0 } else { bessel(SHAPE * inside.sqrt()) / bessel(SHAPE) }
}

/// The modified Bessel function of the first kind, order 0, by its series.
fn bessel(x: f32) -> f32 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..32_u8 {
        let factor = x / (2.0 * f32::from(k));
        term *= factor * factor;
        sum += term;
    }
    sum
}

/// What does not fit 16 bits is clipped.
fn rounded(sample: f32) -> i16 {
    sample.round() as i16
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hertz: f64, rate: u32, seconds: f64) -> Vec<f32> {
        let samples = (f64::from(rate) * seconds) as u32;
        let angle = |n: u32| std::f64::consts::TAU * hertz * f64::from(n) / f64::from(rate);
        (0..samples).map(|n| (10_000.0 * angle(n).sin()) as f32).collect()
    }

    /// The loudest sample away from the ends, where silence is filtered in.
    fn loudest(samples: &[i16]) -> i32 {
        samples[400..samples.len() - 400].iter().map(|sample| i32::from(*sample).abs()).max().unwrap()
    }

    #[test]
    fn speech_band_tones_of_every_rate_come_out_as_they_went_in() {
        for rate in [11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 8001] {
            for hertz in [300.0, 1000.0, 3400.0] {
                let out = resampled(tone(hertz, rate, 0.5), rate);

                assert_eq!(out.len(), 4000, "{rate}");
                let expected = tone(hertz, 8000, 0.5);
                let worst = (400..3600).map(|n| (f32::from(out[n]) - expected[n]).abs()).fold(0.0, f32::max);
                assert!(worst < 60.0, "{rate} Hz, {hertz} Hz: {worst} of 10000");
            }
        }
    }

    #[test]
    fn what_lies_above_the_band_does_not_fold_back() {
        for hertz in [4400.0, 6000.0, 7900.0, 20_000.0] {
            let out = resampled(tone(hertz, 48_000, 0.5), 48_000);

            assert!(loudest(&out) < 30, "{hertz} Hz: {} of 10000", loudest(&out));
        }
    }

    #[test]
    fn what_is_louder_than_16_bits_is_clipped() {
        let square = vec![40_000.0; 4800];

        let out = resampled(square, 48_000);

        assert_eq!((out.len(), out[400]), (800, 32_767));
    }

    #[test]
    fn filter_is_made_for_a_place_that_occurs_and_for_no_other() {
        let bank = FilterBank::new(47_999, 8000);
        let silence = vec![0.0; 2 * bank.reach + 1];

        for phase in [0, 7999, 7998, 0] {
            bank.filter(phase, &silence);
        }

        assert_eq!(bank.phases.iter().filter(|taps| taps.get().is_some()).count(), 3);
    }

    #[test]
    fn eight_kilohertz_stay_as_they_are() {
        assert_eq!(resampled(vec![1.0, -2.0, 32_767.0], 8000), [1, -2, 32_767]);
    }
}
