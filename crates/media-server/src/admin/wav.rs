//! WAV files that administrators give.
use mailbox::{RecordedName, RecordedNameRefusal};
use srtp_media::wav::{self, WavRefusal};

/// Why a WAV file is no recorded name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum NoName {
    /// It cannot be heard on the telephone.
    #[error(transparent)]
    Wav(#[from] WavRefusal),
    /// It is longer than a name may be.
    #[error(transparent)]
    Name(#[from] RecordedNameRefusal),
}

/// The recorded name in a WAV file.
///
/// # Errors
/// [`NoName`].
pub(super) fn recorded_name(file: &[u8]) -> Result<RecordedName, NoName> {
    let (codec, octets) = wav::audio(file)?;
    Ok(RecordedName::new(codec, octets)?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use storage::wav_bytes;
    use telephony::AudioCodec;

    use super::*;

    #[test]
    fn name_that_was_exported_is_taken_as_it_is() {
        for codec in [AudioCodec::Pcmu, AudioCodec::Pcma] {
            let name = recorded_name(&wav_bytes(codec, &[1, 2, 3])).unwrap();

            assert_eq!((name.codec(), &name.audio()[..]), (codec, &[1, 2, 3][..]));
        }
    }

    #[test]
    fn a_name_of_ten_seconds_fits_and_one_sample_more_does_not() {
        let silence = [0xff; 80_001];

        assert!(recorded_name(&wav_bytes(AudioCodec::Pcmu, &silence[1..])).is_ok());
        assert_eq!(
            recorded_name(&wav_bytes(AudioCodec::Pcmu, &silence)),
            Err(NoName::Name(RecordedNameRefusal::TooLong { length: Duration::from_micros(10_000_125) }))
        );
    }
}
