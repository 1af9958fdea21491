use std::{f64::consts::TAU, fs, path::Path, time::Duration};

use anyhow::{Context, bail, ensure};

/// Sound with the rhythm and colour of speech, the same at every call: buzzes of changing pitch and vowel, four
/// syllables a second, no two alike, so that a recording can be aligned with it at one place only.
pub fn speech_like_noise(length: Duration) -> Vec<i16> {
    let samples = usize::try_from(length.as_millis()).unwrap_or(usize::MAX).saturating_mul(8);
    let mut noise = Noise(0x2545_f491_4f6c_dd1d);
    let mut speech = Vec::with_capacity(samples);
    while speech.len() < samples {
        speak_syllable(&mut noise, &mut speech);
    }
    speech.truncate(samples);
    speech
}

/// About 200 ms of a voiced sound, then up to 60 ms of nothing.
fn speak_syllable(noise: &mut Noise, speech: &mut Vec<i16>) {
    let pitch_hz = 95.0 + 70.0 * noise.fraction();
    let glide = 0.8 + 0.4 * noise.fraction();
    let formants = [300.0 + 500.0 * noise.fraction(), 900.0 + 1300.0 * noise.fraction()];
    let length = 1300 + noise.below(600);
    let mut phase = 0.0;
    for n in 0..length {
        let through = f64::from(n) / f64::from(length);
        let pitch_hz = pitch_hz * (1.0 + (glide - 1.0) * through);
        phase += TAU * pitch_hz / 8000.0;
        let mut sample = 0.15 * (noise.fraction() - 0.5);
        for harmonic in 1..=16_u32 {
            let hz = pitch_hz * f64::from(harmonic);
            let nearest = formants.iter().map(|f| (hz - f).abs()).fold(f64::INFINITY, f64::min);
            sample += (phase * f64::from(harmonic)).sin() / (1.0 + (nearest / 120.0).powi(2));
        }
        let envelope = (through * std::f64::consts::PI).sin().powf(0.5);
        speech.push((4500.0 * sample * envelope).clamp(-30_000.0, 30_000.0) as i16);
    }
    speech.extend(std::iter::repeat_n(0, noise.below(480) as usize));
}

/// A xorshift generator: the speech is to be the same on every machine.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32
    }

    fn fraction(&mut self) -> f64 {
        f64::from(self.next()) / f64::from(u32::MAX)
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.next() % limit
    }
}

/// The words of the demo's caller, about four seconds of them (rendered by `scripts/render-prompts.sh`).
pub fn demonstration_speech() -> Vec<i16> {
    parse_wav(include_bytes!("../speech/hello.wav")).unwrap_or_default()
}

/// The samples of a WAV file: 8 kHz, one channel, 16-bit PCM (format tag 1), A-law (6) or mu-law (7).
///
/// # Errors
/// A file that cannot be read, is no WAV file, or is of another format; the message says which.
pub fn read_wav(path: &Path) -> anyhow::Result<Vec<i16>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse_wav(&bytes).with_context(|| format!("{} is no WAV file that the caller can speak", path.display()))
}

fn parse_wav(bytes: &[u8]) -> anyhow::Result<Vec<i16>> {
    let Some((b"RIFF", rest)) = bytes.split_first_chunk::<4>() else { bail!("it does not begin with RIFF") };
    let Some(mut rest) = rest.get(4..).and_then(|rest| rest.strip_prefix(b"WAVE")) else {
        bail!("no WAVE form")
    };
    let mut tag = None;
    while let Some((id, after)) = rest.split_first_chunk::<4>() {
        let Some((length, after)) = after.split_first_chunk::<4>() else { bail!("a chunk has no length") };
        let length = usize::try_from(u32::from_le_bytes(*length))?;
        let body = after.get(..length.min(after.len())).unwrap_or_default();
        match id {
            b"fmt " => tag = Some(read_format(body)?),
            b"data" => return read_samples(tag.context("the data come before their format")?, body),
            _ => {}
        }
        rest = after.get(length + length % 2..).unwrap_or_default();
    }
    bail!("it has no data chunk")
}

fn read_format(body: &[u8]) -> anyhow::Result<u16> {
    let field = |at: usize| body.get(at..at + 2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    let (Some(tag), Some(channels), Some(rate)) = (field(0), field(2), field(4)) else {
        bail!("short format chunk")
    };
    ensure!(channels == 1, "it has {channels} channels, and one is wanted");
    ensure!(rate == 8000 && field(6) == Some(0), "its rate is {rate}, and 8000 is wanted");
    Ok(tag)
}

fn read_samples(tag: u16, body: &[u8]) -> anyhow::Result<Vec<i16>> {
    use telephony::AudioCodec::{Pcma, Pcmu};
    Ok(match tag {
        1 => body.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect(),
        6 => body.iter().map(|octet| crate::decode_octet(Pcma, *octet)).collect(),
        7 => body.iter().map(|octet| crate::decode_octet(Pcmu, *octet)).collect(),
        other => bail!("its format tag is {other}, and 1, 6 or 7 is wanted"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(tag: u16, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".to_vec();
        bytes.extend(tag.to_le_bytes());
        bytes.extend([1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0]);
        bytes.extend(b"LIST\x03\0\0\0abc\0data");
        bytes.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn reads_linear_samples_past_an_odd_chunk() {
        assert_eq!(parse_wav(&wav(1, &[1, 0, 0xff, 0xff])).unwrap(), [1, -1]);
    }

    #[test]
    fn reads_mu_law_samples() {
        assert_eq!(parse_wav(&wav(7, &[0xff, 0x80])).unwrap(), [0, 32_124]);
    }

    #[test]
    fn names_the_format_it_cannot_speak() {
        let error = parse_wav(&wav(49, &[0; 33])).unwrap_err();

        assert_eq!(error.to_string(), "its format tag is 49, and 1, 6 or 7 is wanted");
    }

    #[test]
    fn demonstration_lasts_between_three_and_seven_seconds() {
        let samples = demonstration_speech().len();

        assert!((24_000..56_000).contains(&samples), "{samples}");
    }

    #[test]
    fn speech_has_the_asked_length_and_is_loud() {
        let speech = speech_like_noise(Duration::from_millis(2500));

        assert_eq!(speech.len(), 20_000);
        assert!(speech.iter().any(|sample| sample.abs() > 4000));
    }
}
