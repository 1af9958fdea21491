//! Telling speech from the noise of a line, 20 ms at a time.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::time::Duration;

use telephony::AudioCodec;

use crate::g711::decode;

/// Octets of a frame: 20 ms.
pub(crate) const FRAME: usize = 160;

/// How much of a finished recording is speech, as its session would have measured it. `pieces` are its octets, cut
/// anywhere.
pub fn speech_in(codec: AudioCodec, pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Duration {
    let mut detector = SpeechDetector::new(codec);
    let mut rest: Vec<u8> = Vec::new();
    for piece in pieces {
        rest.extend_from_slice(piece.as_ref());
        let frames = rest.chunks_exact(FRAME);
        let left = frames.remainder().to_vec();
        frames.for_each(|frame| detector.hear(frame));
        rest = left;
    }
    Duration::from_millis(detector.speech_frames().saturating_mul(20))
}

/// Speech is what stands out of the quietest moments of the last one to two seconds. A constant noise or tone, however
/// loud, is no speech after that time; clicks and crackle are too short to be.
#[derive(Debug)]
pub(crate) struct SpeechDetector {
    codec: AudioCodec,
    /// Quietest frame of the second before and of the one under way, as mean square.
    quietest: (i64, i64),
    frames_in_second: u8,
    loud_in_row: u64,
    empty_in_row: u64,
    speech_frames: u64,
    silent_frames: u64,
}

/// Mean squares on the 16-bit scale, where 0 dBm0 is an RMS of 15,770.
mod level {
    /// -48 dBm0: nothing below is speech, whatever the line.
    pub(super) const FAINTEST_SPEECH: i64 = 3942;
    /// -45 dBm0: what the line's noise is taken to be before a second of it was heard.
    pub(super) const UNKNOWN_NOISE: i64 = 7864;
    /// Speech is 8 dB above the noise.
    pub(super) const ABOVE_NOISE: i64 = 6;
}

const FRAMES_OF_A_SECOND: u8 = 50;
/// Frames of exact silence in a row that are a pause of the source and no loss: the line has no noise.
const PAUSE: u64 = 8;
/// Loud frames in a row that make speech.
const ONSET: u64 = 3;

impl SpeechDetector {
    pub(crate) fn new(codec: AudioCodec) -> Self {
        Self {
            codec,
            quietest: (level::UNKNOWN_NOISE, i64::MAX),
            frames_in_second: 0,
            loud_in_row: 0,
            empty_in_row: 0,
            speech_frames: 0,
            silent_frames: 0,
        }
    }

    /// Hears the next frame.
    pub(crate) fn hear(&mut self, frame: &[u8]) {
        let Some(power) = self.power(frame) else {
            self.silent_frames = self.silent_frames.saturating_add(1);
            self.empty_in_row = self.empty_in_row.saturating_add(1);
            if self.empty_in_row > 1 {
                self.loud_in_row = 0;
            }
            if self.empty_in_row >= PAUSE {
                self.learn(0);
            }
            return;
        };
        self.empty_in_row = 0;
        self.learn(power);
        let noise = self.quietest.0.min(self.quietest.1);
        if power <= noise.saturating_mul(level::ABOVE_NOISE).max(level::FAINTEST_SPEECH) {
            self.loud_in_row = 0;
            self.silent_frames = self.silent_frames.saturating_add(1);
            return;
        }
        self.loud_in_row = self.loud_in_row.saturating_add(1);
        if self.loud_in_row < ONSET {
            self.silent_frames = self.silent_frames.saturating_add(1);
        } else {
            let gained = if self.loud_in_row == ONSET { ONSET } else { 1 };
            self.speech_frames = self.speech_frames.saturating_add(gained);
            self.silent_frames = 0;
        }
    }

    /// Frames of speech so far.
    pub(crate) fn speech_frames(&self) -> u64 {
        self.speech_frames
    }

    /// Frames since the last one of speech, or since the beginning.
    pub(crate) fn silent_frames(&self) -> u64 {
        self.silent_frames
    }

    /// Variance of the samples. Exact silence is left out of it: it stands for what never came, and a lost packet
    /// must not teach that the line has no noise. `None` if that is most of the frame.
    fn power(&self, frame: &[u8]) -> Option<i64> {
        let silence = self.codec.silence_octet();
        let (mut count, mut sum, mut squares) = (0i64, 0i64, 0i64);
        for octet in frame.iter().filter(|octet| **octet != silence) {
            let sample = i64::from(decode(self.codec, *octet));
            count = count.saturating_add(1);
            sum = sum.saturating_add(sample);
            squares = squares.saturating_add(sample.saturating_mul(sample));
        }
        if usize::try_from(count).unwrap_or(0) < frame.len() / 2 {
            return None;
        }
        let mean = sum.checked_div(count)?;
        Some(squares.checked_div(count)?.saturating_sub(mean.saturating_mul(mean)))
    }

    fn learn(&mut self, power: i64) {
        self.quietest.1 = self.quietest.1.min(power);
        self.frames_in_second = self.frames_in_second.saturating_add(1);
        if self.frames_in_second >= FRAMES_OF_A_SECOND {
            self.quietest = (self.quietest.1, i64::MAX);
            self.frames_in_second = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::g711::encode;

    /// Noise of an even distribution with the RMS given, always the same.
    struct Noise(u32);

    impl Noise {
        fn sample(&mut self, rms: f32) -> f32 {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((self.0 >> 8) as f32 / 8_388_608.0 - 1.0) * rms * 1.732
        }
    }

    fn rms(dbm0: f32) -> f32 {
        15_770.0 * 10f32.powf(dbm0 / 20.0)
    }

    /// Hears `frames` of noise at one level with words at another: 300 ms of them in every 500 ms.
    fn hear(codec: AudioCodec, frames: usize, noise: f32, words: Option<f32>) -> SpeechDetector {
        let mut detector = SpeechDetector::new(codec);
        let mut source = Noise(1);
        for n in 0..frames {
            let speaks = n % 25 < 15;
            let frame: Vec<u8> = (0..FRAME)
                .map(|i| {
                    let word = words
                        .filter(|_| speaks)
                        .map_or(0.0, |level| (i as f32 * 0.4).sin() * 1.41 * rms(level));
                    encode(codec, (source.sample(rms(noise)) + word) as i16)
                })
                .collect();
            detector.hear(&frame);
        }
        detector
    }

    #[test]
    fn finished_recording_has_the_speech_that_its_frames_had_however_it_is_cut() {
        let mut source = Noise(1);
        let octets: Vec<u8> = (0..8000)
            .map(|n| {
                let level = if n % 4000 < 2400 { rms(-15.0) } else { rms(-60.0) };
                encode(AudioCodec::Pcmu, source.sample(level) as i16)
            })
            .collect();

        assert_eq!(speech_in(AudioCodec::Pcmu, octets.chunks(160)), Duration::from_millis(600));
        assert_eq!(speech_in(AudioCodec::Pcmu, octets.chunks(4001)), Duration::from_millis(600));
    }

    #[test]
    fn steady_line_noise_is_silence_at_every_level_after_the_first_second() {
        for codec in [AudioCodec::Pcmu, AudioCodec::Pcma] {
            for level in [-70.0, -60.0, -50.0, -45.0, -40.0, -30.0, -20.0] {
                let detector = hear(codec, 500, level, None);

                assert!(detector.silent_frames() >= 450, "{codec:?} {level}: {detector:?}");
                assert!(detector.speech_frames() <= 50, "{codec:?} {level}: {detector:?}");
            }
        }
    }

    #[test]
    fn noise_of_a_usual_line_is_never_speech() {
        for level in [-70.0, -60.0, -50.0, -45.0] {
            assert_eq!(hear(AudioCodec::Pcma, 500, level, None).speech_frames(), 0, "{level}");
        }
    }

    #[test]
    fn words_are_speech_over_quiet_and_noisy_lines() {
        for codec in [AudioCodec::Pcmu, AudioCodec::Pcma] {
            for (noise, words) in
                [(-70.0, -15.0), (-60.0, -40.0), (-50.0, -35.0), (-40.0, -25.0), (-30.0, -15.0)]
            {
                let detector = hear(codec, 500, noise, Some(words));

                assert!(
                    (250..=320).contains(&detector.speech_frames()),
                    "{codec:?} {noise} {words}: {detector:?}"
                );
                assert!(detector.silent_frames() <= 12, "{codec:?} {noise} {words}: {detector:?}");
            }
        }
    }

    #[test]
    fn lost_packets_in_noise_do_not_turn_the_noise_into_speech() {
        let mut detector = SpeechDetector::new(AudioCodec::Pcmu);
        let mut source = Noise(1);
        for n in 0..500 {
            let frame: Vec<u8> =
                (0..FRAME).map(|_| encode(AudioCodec::Pcmu, source.sample(rms(-45.0)) as i16)).collect();
            detector.hear(if n % 5 == 0 { &[0xff; FRAME] } else { &frame });
        }

        assert_eq!((detector.speech_frames(), detector.silent_frames()), (0, 500));
    }

    #[test]
    fn clicks_of_forty_milliseconds_are_no_speech() {
        let mut detector = SpeechDetector::new(AudioCodec::Pcmu);
        let loud: Vec<u8> = (0..FRAME).map(|n| if n % 8 < 4 { 0x90 } else { 0x10 }).collect();
        for n in 0..100 {
            detector.hear(if n % 10 < 2 { &loud } else { &[0xff; FRAME] });
        }

        assert_eq!((detector.speech_frames(), detector.silent_frames()), (0, 100));
    }

    #[test]
    fn dial_tone_of_a_line_that_was_hung_up_becomes_silence() {
        let mut detector = SpeechDetector::new(AudioCodec::Pcma);
        for n in 0..500usize {
            let frame: Vec<u8> = (0..FRAME)
                .map(|i| {
                    let sample = ((n * FRAME + i) as f32 * 0.333_794).sin() * 1.41 * rms(-10.0);
                    encode(AudioCodec::Pcma, sample as i16)
                })
                .collect();
            detector.hear(&frame);
        }

        assert!(detector.silent_frames() >= 450, "{detector:?}");
    }
}
