use std::f64::consts::TAU;

/// Finds a steady pure tone, such as the record tone, of any frequency between 300 and 2500 Hz.
///
/// A sine obeys `x[n-1] + x[n+1] = 2 cos(w) x[n]`. Each 20 ms block gets the factor that fits best; what is left
/// over tells a tone from speech, and the factor tells its frequency.
#[derive(Debug, Default)]
pub struct ToneDetector {
    steady_blocks: u32,
    frequency_hz: f64,
    heard: bool,
}

/// What one block of audio said about the tone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ToneState {
    /// No tone so far, or too short to count.
    NotYet,
    /// A tone of at least 200 ms is sounding.
    Sounding,
    /// It sounded before, and this block has none.
    Over,
}

impl ToneDetector {
    /// Takes the next block, about 20 ms at 8 kHz.
    pub fn hear(&mut self, block: &[i16]) -> ToneState {
        match pure_frequency_hz(block) {
            Some(hz) if (hz - self.frequency_hz).abs() <= MAX_DRIFT_HZ => self.steady_blocks += 1,
            Some(hz) => {
                self.frequency_hz = hz;
                self.steady_blocks = 1;
            }
            None => self.steady_blocks = 0,
        }
        if self.steady_blocks >= MIN_BLOCKS {
            self.heard = true;
            return ToneState::Sounding;
        }
        if self.heard && self.steady_blocks == 0 { ToneState::Over } else { ToneState::NotYet }
    }

    /// Whether a tone has been heard at all.
    pub fn heard(&self) -> bool {
        self.heard
    }
}

fn pure_frequency_hz(block: &[i16]) -> Option<f64> {
    let (mut cross, mut power, mut neighbours) = (0.0, 0.0, 0.0);
    for window in block.windows(3) {
        let [before, here, after] = window else { continue };
        let sum = f64::from(*before) + f64::from(*after);
        let here = f64::from(*here);
        cross += sum * here;
        power += here * here;
        neighbours += sum * sum;
    }
    let samples = f64::from(u32::try_from(block.len()).ok()?);
    if power < MIN_POWER * samples {
        return None;
    }
    let factor = cross / power;
    // Residual of the fit, measured against the block's own power (the sum vanishes near 2 kHz).
    let residual = (neighbours - factor * cross) / power;
    if residual > MAX_RESIDUAL || factor.abs() >= 2.0 {
        return None;
    }
    let hz = (factor / 2.0).acos() * 8000.0 / TAU;
    (300.0..=2500.0).contains(&hz).then_some(hz)
}

/// Blocks of 20 ms that make a tone: 200 ms.
const MIN_BLOCKS: u32 = 10;
/// How far the frequency may wander between blocks.
const MAX_DRIFT_HZ: f64 = 25.0;
/// Mean square below which a block is quiet (about -36 dBm0).
const MIN_POWER: f64 = 250.0 * 250.0;
/// Largest share of power that no sine explains; G.711 noise stays below a hundredth.
const MAX_RESIDUAL: f64 = 0.02;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::speech_like_noise;
    use std::time::Duration;
    use telephony::AudioCodec;

    fn sine(hz: f64, amplitude: f64, blocks: u32) -> Vec<i16> {
        (0..blocks * 160)
            .map(|n| {
                let sample = (amplitude * (TAU * hz * f64::from(n) / 8000.0).sin()) as i16;
                crate::decode_octet(AudioCodec::Pcmu, crate::encode_sample(AudioCodec::Pcmu, sample))
            })
            .collect()
    }

    fn states(samples: &[i16]) -> Vec<ToneState> {
        let mut detector = ToneDetector::default();
        samples.chunks(160).map(|block| detector.hear(block)).collect()
    }

    #[test]
    fn finds_a_record_tone_of_400_ms_and_its_end() {
        for hz in [425.0, 1000.0, 1400.0, 2000.0] {
            let mut samples = sine(hz, 8000.0, 20);
            samples.extend([0; 160]);

            let states = states(&samples);

            assert_eq!(states[8], ToneState::NotYet, "{hz}");
            assert_eq!(states[9], ToneState::Sounding, "{hz}");
            assert_eq!(states[20], ToneState::Over, "{hz}");
        }
    }

    #[test]
    fn a_tone_of_100_ms_does_not_count() {
        let mut samples = sine(1000.0, 8000.0, 5);
        samples.extend([0; 1600]);

        assert!(states(&samples).iter().all(|state| *state == ToneState::NotYet));
    }

    #[test]
    fn speech_is_no_tone() {
        let speech = speech_like_noise(Duration::from_secs(20));

        assert!(states(&speech).iter().all(|state| *state == ToneState::NotYet));
    }

    #[test]
    fn no_spoken_prompt_is_taken_for_a_tone() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../prompts/en-US");
        let mut checked = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "wav") {
                let samples = crate::read_wav(&path).unwrap();

                assert!(
                    states(&samples).iter().all(|state| *state == ToneState::NotYet),
                    "{}",
                    path.display()
                );
                checked += 1;
            }
        }

        assert!(checked >= 15, "only {checked} prompts in {folder}");
    }

    #[test]
    fn two_tones_at_once_are_no_tone() {
        let low = sine(770.0, 6000.0, 20);
        let high = sine(1336.0, 6000.0, 20);
        let both: Vec<i16> = low.iter().zip(&high).map(|(a, b)| a + b).collect();

        assert!(states(&both).iter().all(|state| *state == ToneState::NotYet));
    }
}
