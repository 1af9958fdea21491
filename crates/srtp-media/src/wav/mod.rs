//! Reads the WAV files that administrators give, and makes of them what telephones play: G.711 at 8 kHz.
mod reading;
mod resampling;

use std::time::Duration;

use telephony::AudioCodec;

use crate::g711;
use reading::{Form, WavFile};

/// The longest file: the longest greeting that any policy allows.
pub const LONGEST: Duration = Duration::from_secs(10 * 60);

/// Why a file cannot be heard on the telephone.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WavRefusal {
    /// No RIFF/WAVE file with a format and audio in it.
    #[error("this is no WAV file: give one of 8 to 48 kHz, PCM or G.711")]
    NotWav,
    /// The file ends inside of its audio.
    #[error(
        "the WAV file is broken: {promised} octets of audio are promised and {there} are there: copy or export it again"
    )]
    Cut {
        /// As its head says.
        promised: usize,
        /// In the file.
        there: usize,
    },
    /// Audio of another kind.
    #[error(
        "the WAV file has format {tag}, {channels} channels, {rate} Hz and {bits} bits: make it PCM of 8 to 48 kHz, as \
         with `sox IN.wav -r 8000 -c 1 -b 16 -e signed-integer OUT.wav`"
    )]
    Unfit {
        /// `wFormatTag` (RFC 2361): 1 PCM, 6 A-law, 7 mu-law.
        tag: u16,
        /// Channels.
        channels: u16,
        /// Samples a second.
        rate: u32,
        /// Bits a sample.
        bits: u16,
    },
    /// Nothing to be heard.
    #[error("the WAV file holds no audio: give one in which something is spoken")]
    Empty,
    /// Too much to be heard.
    #[error(
        "the WAV file plays for {:.1} s, {} s are allowed: cut it, as with `sox IN.wav OUT.wav trim 0 {}`",
        (length.as_secs_f64() * 10.0).ceil() / 10.0,
        allowed.as_secs(),
        allowed.as_secs()
    )]
    TooLong {
        /// How long it plays.
        length: Duration,
        /// How long it may.
        allowed: Duration,
    },
}

/// The audio of a WAV file in mu-law.
///
/// # Errors
/// As [`audio`].
pub fn mu_law(wav: &[u8]) -> Result<Vec<u8>, WavRefusal> {
    let (codec, mut octets) = audio(wav)?;
    for octet in &mut octets {
        *octet = g711::transcode(codec, AudioCodec::Pcmu, *octet);
    }
    Ok(octets)
}

/// The audio of a WAV file: PCM of 8, 16 or 24 bits, or G.711, of 8 to 48 kHz, in one channel or two. It becomes mu-law
/// of 8 kHz; G.711 of one channel that is so already stays as it is.
///
/// # Errors
/// The file is no WAV file, broken, of another kind, empty, or longer than [`LONGEST`].
pub fn audio(wav: &[u8]) -> Result<(AudioCodec, Vec<u8>), WavRefusal> {
    let file = WavFile::read(wav)?;
    let length = file.length();
    if length.is_zero() {
        return Err(WavRefusal::Empty);
    }
    if length > LONGEST {
        return Err(WavRefusal::TooLong { length, allowed: LONGEST });
    }
    if let (Form::G711(codec), 1, TELEPHONE_RATE) = (file.form, file.channels, file.rate) {
        return Ok((codec, file.audio.to_vec()));
    }
    let samples = resampling::resampled(file.samples(), file.rate);
    Ok((AudioCodec::Pcmu, samples.into_iter().map(|sample| g711::encode(AudioCodec::Pcmu, sample)).collect()))
}

/// Samples a second of a telephone.
const TELEPHONE_RATE: u32 = 8000;

#[cfg(test)]
mod tests;
