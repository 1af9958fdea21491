//! Reads the WAV files that administrators give: what telephones can play without a change of rate.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use mailbox::{RecordedName, RecordedNameRefusal};
use srtp_media::g711;
use telephony::AudioCodec;

/// Why a file cannot be heard on the telephone.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum WavRefusal {
    /// No RIFF/WAVE file with a format and audio in it.
    #[error("this is no whole WAV file: give one of 8 kHz, one channel, 16-bit PCM or G.711")]
    NotWav,
    /// Audio of another kind.
    #[error(
        "the WAV file has format {tag}, {channels} channels, {rate} Hz and {bits} bits: make it 8 kHz, one channel, \
         16-bit PCM, as with `sox IN.wav -r 8000 -c 1 -b 16 -e signed-integer OUT.wav`"
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
    /// The audio cannot be a name.
    #[error(transparent)]
    Name(#[from] RecordedNameRefusal),
}

/// The recorded name in a WAV file. PCM becomes mu-law; G.711 stays as it is.
///
/// # Errors
/// The file is no WAV file, of another rate or format, empty, or too long.
pub(super) fn recorded_name(wav: &[u8]) -> Result<RecordedName, WavRefusal> {
    let (codec, octets) = audio(wav)?;
    Ok(RecordedName::new(codec, octets)?)
}

/// The audio of a WAV file in mu-law.
///
/// # Errors
/// The file is no WAV file, or of another rate or format.
pub(super) fn mu_law(wav: &[u8]) -> Result<Vec<u8>, WavRefusal> {
    let (codec, mut octets) = audio(wav)?;
    for octet in &mut octets {
        *octet = g711::transcode(codec, AudioCodec::Pcmu, *octet);
    }
    Ok(octets)
}

fn audio(wav: &[u8]) -> Result<(AudioCodec, Vec<u8>), WavRefusal> {
    let format = chunk(wav, b"fmt ").ok_or(WavRefusal::NotWav)?;
    let audio = chunk(wav, b"data").ok_or(WavRefusal::NotWav)?;
    let (tag, channels) = (number(format, 0)?, number(format, 2)?);
    let rate = u32::from(number(format, 4)?) | u32::from(number(format, 6)?) << 16;
    let bits = number(format, 14)?;
    match (tag, channels, rate, bits) {
        (1, 1, 8000, 16) => {
            let (samples, _) = audio.as_chunks::<2>();
            let octet = |sample: &[u8; 2]| g711::encode(AudioCodec::Pcmu, i16::from_le_bytes(*sample));
            Ok((AudioCodec::Pcmu, samples.iter().map(octet).collect()))
        }
        (6, 1, 8000, 8) => Ok((AudioCodec::Pcma, audio.to_vec())),
        (7, 1, 8000, 8) => Ok((AudioCodec::Pcmu, audio.to_vec())),
        _ => Err(WavRefusal::Unfit { tag, channels, rate, bits }),
    }
}

/// The content of the first chunk with this name; cut where the file ends, as a recorder leaves it that was stopped.
fn chunk<'a>(wav: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    let rest = wav.strip_prefix(b"RIFF")?.get(4..)?;
    let mut chunks = rest.strip_prefix(b"WAVE")?;
    loop {
        let (found, rest) = chunks.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        if found == name {
            return rest.get(..length).or(Some(rest));
        }
        // Chunks begin at even places.
        chunks = rest.get(length.checked_add(length % 2)?..)?;
    }
}

fn number(format: &[u8], at: usize) -> Result<u16, WavRefusal> {
    let octets = format.get(at..).and_then(|rest| rest.first_chunk::<2>());
    octets.map(|octets| u16::from_le_bytes(*octets)).ok_or(WavRefusal::NotWav)
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "the test makes its own bytes"
    )]

    use std::time::Duration;

    use storage::wav_bytes;

    use super::*;

    /// A PCM file with a LIST chunk of odd length before its audio, as sox writes comments.
    fn pcm(rate: u32, samples: &[i16]) -> Vec<u8> {
        let mut wav = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        wav.extend_from_slice(&rate.to_le_bytes());
        wav.extend_from_slice(&(rate * 2).to_le_bytes());
        wav.extend_from_slice(b"\x02\0\x10\0LIST\x03\0\0\0abc\0data");
        wav.extend_from_slice(&u32::try_from(samples.len() * 2).unwrap().to_le_bytes());
        wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        wav
    }

    #[test]
    fn pcm_of_8_khz_becomes_mu_law() {
        let name = recorded_name(&pcm(8000, &[0, 8, -32_000])).unwrap();

        assert_eq!((name.codec(), &name.audio()[..]), (AudioCodec::Pcmu, &[0xff, 0xfe, 0x00][..]));
    }

    #[test]
    fn exported_message_is_taken_as_it_is() {
        for codec in [AudioCodec::Pcmu, AudioCodec::Pcma] {
            let name = recorded_name(&wav_bytes(codec, &[1, 2, 3])).unwrap();

            assert_eq!((name.codec(), &name.audio()[..]), (codec, &[1, 2, 3][..]));
        }
    }

    #[test]
    fn other_rate_is_refused_with_the_command_that_mends_it() {
        let refusal = recorded_name(&pcm(44_100, &[0; 10])).unwrap_err();

        assert_eq!(refusal, WavRefusal::Unfit { tag: 1, channels: 1, rate: 44_100, bits: 16 });
        assert!(refusal.to_string().contains("`sox IN.wav -r 8000 -c 1 -b 16"), "{refusal}");
    }

    #[test]
    fn ten_seconds_fit_and_one_sample_more_does_not() {
        assert!(recorded_name(&pcm(8000, &[0; 80_000])).is_ok());
        assert_eq!(
            recorded_name(&pcm(8000, &[0; 80_001])),
            Err(WavRefusal::Name(RecordedNameRefusal::TooLong { length: Duration::from_micros(10_000_125) }))
        );
    }

    #[test]
    fn file_cut_anywhere_is_refused_or_shorter_and_never_a_panic() {
        let whole = pcm(8000, &[5; 100]);
        for end in 0..whole.len() {
            if let Ok(name) = recorded_name(&whole[..end]) {
                assert!(name.audio().len() < 100, "{end}");
            }
        }
        assert_eq!(recorded_name(b"ID3\x04"), Err(WavRefusal::NotWav));
        assert_eq!(recorded_name(&pcm(8000, &[])), Err(WavRefusal::Name(RecordedNameRefusal::Empty)));
    }
}
