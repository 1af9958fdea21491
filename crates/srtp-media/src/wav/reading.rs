#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{ops::RangeInclusive, time::Duration};

use telephony::AudioCodec;

use super::WavRefusal;
use crate::g711;

/// Samples a second that are taken.
const RATES: RangeInclusive<u32> = 8000..=48_000;
/// `wFormatTag` that says: read on, the tag is at the head of the GUID (as recorders write 24 bits).
const EXTENSIBLE: u16 = 0xfffe;
/// Where the tag stands in an extensible format.
const EXTENSIBLE_TAG: usize = 24;
/// A recorder that could not go back to write the length promises at least this much.
const UNKNOWN_LENGTH: usize = 0x7fff_0000;

/// A WAV file whose audio is of a kind that we know.
pub(super) struct WavFile<'a> {
    pub(super) form: Form,
    /// 1 or 2.
    pub(super) channels: u16,
    /// Samples a second, 8,000 to 48,000.
    pub(super) rate: u32,
    /// Whole frames only.
    pub(super) audio: &'a [u8],
}

/// How a sample is coded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// Unsigned, 128 is silence.
    Pcm8,
    /// Signed, little-endian.
    Pcm16,
    /// Signed, little-endian.
    Pcm24,
    /// One octet.
    G711(AudioCodec),
}

impl<'a> WavFile<'a> {
    pub(super) fn read(wav: &'a [u8]) -> Result<Self, WavRefusal> {
        let format = chunk(wav, b"fmt ").ok_or(WavRefusal::NotWav)?;
        let format = format.whole()?;
        let (tag, channels) = (number(format, 0)?, number(format, 2)?);
        let rate = u32::from(number(format, 4)?) | u32::from(number(format, 6)?) << 16;
        let bits = number(format, 14)?;
        let tag = if tag == EXTENSIBLE { number(format, EXTENSIBLE_TAG)? } else { tag };
        let form = match (tag, bits) {
            (1, 8) => Some(Form::Pcm8),
            (1, 16) => Some(Form::Pcm16),
            (1, 24) => Some(Form::Pcm24),
            (6, 8) => Some(Form::G711(AudioCodec::Pcma)),
            (7, 8) => Some(Form::G711(AudioCodec::Pcmu)),
            _ => None,
        };
        let unfit = WavRefusal::Unfit { tag, channels, rate, bits };
        let form = form.filter(|_| RATES.contains(&rate) && (1..=2).contains(&channels)).ok_or(unfit)?;
        let mut audio = chunk(wav, b"data").ok_or(WavRefusal::NotWav)?.whole()?;
        let frame = form.octets().saturating_mul(channels.into());
        let spare = audio.len().checked_rem(frame).unwrap_or_default();
        audio = audio.get(..audio.len().saturating_sub(spare)).unwrap_or_default();
        Ok(Self { form, channels, rate, audio })
    }

    /// How long it plays.
    pub(super) fn length(&self) -> Duration {
        let frame = self.form.octets().saturating_mul(self.channels.into());
        let frames =
            u64::try_from(self.audio.len().checked_div(frame).unwrap_or_default()).unwrap_or(u64::MAX);
        let micros = frames.saturating_mul(1_000_000).checked_div(self.rate.into()).unwrap_or_default();
        Duration::from_micros(micros)
    }

    /// One sample a frame, of 16 bits' size: two channels become their middle.
    pub(super) fn samples(&self) -> Vec<f32> {
        let channels = f32::from(self.channels);
        let octets = self.form.octets();
        let frames = self.audio.chunks_exact(octets.saturating_mul(self.channels.into()));
        let middle = |frame: &[u8]| {
            frame.chunks_exact(octets).map(|sample| self.form.sample(sample)).sum::<f32>() / channels
        };
        frames.map(middle).collect()
    }
}

impl Form {
    /// Octets of one sample.
    fn octets(self) -> usize {
        match self {
            Self::Pcm8 | Self::G711(_) => 1,
            Self::Pcm16 => 2,
            Self::Pcm24 => 3,
        }
    }

    fn sample(self, octets: &[u8]) -> f32 {
        match (self, octets) {
            (Self::Pcm8, [octet]) => (f32::from(*octet) - 128.0) * 256.0,
            (Self::Pcm16, [low, high]) => i16::from_le_bytes([*low, *high]).into(),
            (Self::Pcm24, [low, middle, high]) => {
                f32::from(i16::from_le_bytes([*middle, *high])) + f32::from(*low) / 256.0
            }
            (Self::G711(codec), [octet]) => g711::decode(codec, *octet).into(),
            (Self::Pcm8 | Self::Pcm16 | Self::Pcm24 | Self::G711(_), _) => 0.0,
        }
    }
}

/// The content of a chunk, as far as it is there.
struct Chunk<'a> {
    promised: usize,
    content: &'a [u8],
}

impl<'a> Chunk<'a> {
    fn whole(self) -> Result<&'a [u8], WavRefusal> {
        let there = self.content.len();
        if there == self.promised || self.promised >= UNKNOWN_LENGTH {
            return Ok(self.content);
        }
        Err(WavRefusal::Cut { promised: self.promised, there })
    }
}

/// The first chunk with this name.
fn chunk<'a>(wav: &'a [u8], name: &[u8; 4]) -> Option<Chunk<'a>> {
    let rest = wav.strip_prefix(b"RIFF")?.get(4..)?;
    let mut chunks = rest.strip_prefix(b"WAVE")?;
    loop {
        let (found, rest) = chunks.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let promised = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        if found == name {
            return Some(Chunk { promised, content: rest.get(..promised).unwrap_or(rest) });
        }
        // Chunks begin at even places.
        chunks = rest.get(promised.checked_add(promised % 2)?..)?;
    }
}

fn number(format: &[u8], at: usize) -> Result<u16, WavRefusal> {
    let octets = format.get(at..).and_then(|rest| rest.first_chunk::<2>());
    octets.map(|octets| u16::from_le_bytes(*octets)).ok_or(WavRefusal::NotWav)
}
