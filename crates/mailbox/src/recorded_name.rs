use std::{sync::Arc, time::Duration};

use telephony::AudioCodec;

/// The longest recorded name.
pub const RECORDED_NAME_LONGEST: Duration = Duration::from_secs(10);

/// The name of a mailbox's owner in their own voice, as the greeting plays it.
#[derive(Clone, Eq, PartialEq)]
pub struct RecordedName {
    codec: AudioCodec,
    audio: Arc<[u8]>,
}

/// Why audio cannot be a recorded name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RecordedNameRefusal {
    /// There is not one sample in it.
    #[error("the recorded name holds no audio: give a file in which the name is spoken")]
    Empty,
    /// It is longer than [`RECORDED_NAME_LONGEST`].
    #[error(
        "the recorded name lasts {:.1} s, {} s are allowed: cut it to the name alone",
        length.as_secs_f64(),
        RECORDED_NAME_LONGEST.as_secs()
    )]
    TooLong {
        /// How long it lasts.
        length: Duration,
    },
}

impl RecordedName {
    /// A name of G.711 octets.
    ///
    /// # Errors
    /// There is no audio, or more than [`RECORDED_NAME_LONGEST`].
    pub fn new(codec: AudioCodec, audio: impl Into<Arc<[u8]>>) -> Result<Self, RecordedNameRefusal> {
        let name = Self { codec, audio: audio.into() };
        if name.audio.is_empty() {
            return Err(RecordedNameRefusal::Empty);
        }
        let length = name.length();
        if length > RECORDED_NAME_LONGEST {
            return Err(RecordedNameRefusal::TooLong { length });
        }
        Ok(name)
    }

    /// How the octets are coded.
    pub fn codec(&self) -> AudioCodec {
        self.codec
    }

    /// The octets.
    pub fn audio(&self) -> &Arc<[u8]> {
        &self.audio
    }

    /// How long it plays.
    pub fn length(&self) -> Duration {
        let octets = u64::try_from(self.audio.len()).unwrap_or(u64::MAX);
        Duration::from_secs(octets) / self.codec.octets_per_second()
    }
}

/// A voice is nobody's business in a log: codec and length only.
impl std::fmt::Debug for RecordedName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecordedName({:?}, {:?})", self.codec, self.length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(count: usize) -> Result<RecordedName, RecordedNameRefusal> {
        RecordedName::new(AudioCodec::Pcmu, vec![0xff; count])
    }

    #[test]
    fn ten_seconds_fit_and_one_octet_more_does_not() {
        assert_eq!(octets(80_000).unwrap().length(), Duration::from_secs(10));
        assert_eq!(
            octets(80_001),
            Err(RecordedNameRefusal::TooLong { length: Duration::from_micros(10_000_125) })
        );
    }

    #[test]
    fn name_without_audio_is_refused() {
        assert_eq!(octets(0), Err(RecordedNameRefusal::Empty));
    }

    #[test]
    fn printed_name_tells_no_audio() {
        assert_eq!(format!("{:?}", octets(4000).unwrap()), "RecordedName(Pcmu, 500ms)");
    }
}
