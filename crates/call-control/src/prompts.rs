use std::{collections::HashMap, sync::Arc, time::Duration};

use ivr::{Piece, PromptKey};
use mailbox::RecordedName;
use srtp_media::{Clip, StoredAudio, StoredClip, g711};
use telephony::AudioCodec;

/// The tone after which a caller speaks.
const RECORD_TONE_HZ: u16 = 1000;
const RECORD_TONE: Duration = Duration::from_millis(400);

/// The prompts of one language, encoded for each codec and kept in memory.
#[derive(Clone, Default)]
pub struct PromptSet {
    audio: HashMap<(PromptKey, AudioCodec), Arc<[u8]>>,
}

impl PromptSet {
    /// Adds a prompt's octets in `codec`.
    pub fn insert(&mut self, key: PromptKey, codec: AudioCodec, octets: Arc<[u8]>) {
        self.audio.insert((key, codec), octets);
    }

    /// The keys of [`PromptKey::ALL`] that are missing in `codec`.
    pub fn missing(&self, codec: AudioCodec) -> Vec<PromptKey> {
        PromptKey::ALL.iter().copied().filter(|key| !self.audio.contains_key(&(*key, codec))).collect()
    }

    /// What the media engine plays for these pieces. A key without audio is skipped; the server refuses to start with
    /// one missing.
    pub(crate) fn clips(&self, pieces: &[Piece], codec: AudioCodec) -> Vec<Clip> {
        pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Prompt(key) => self.audio.get(&(*key, codec)).cloned().map(Clip::Prompt),
                Piece::Name(name) => Some(Clip::Prompt(name_in(name, codec))),
                Piece::Greeting(greeting) => {
                    let audio = StoredAudio::Greeting(greeting.id.0);
                    Some(Clip::Stored(StoredClip::new(audio, codec, greeting.length)))
                }
                // No recording of the administrator's is kept yet.
                Piece::Announcement(_) => None,
                Piece::RecordTone => Some(Clip::Tone { frequency_hz: RECORD_TONE_HZ, duration: RECORD_TONE }),
                Piece::Pause(duration) => Some(Clip::Silence(*duration)),
            })
            .collect()
    }
}

/// The octets of a recorded name in the codec of the call.
fn name_in(name: &RecordedName, codec: AudioCodec) -> Arc<[u8]> {
    if name.codec() == codec {
        return Arc::clone(name.audio());
    }
    name.audio().iter().map(|octet| g711::transcode(name.codec(), codec, *octet)).collect()
}

impl std::fmt::Debug for PromptSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PromptSet({} prompts)", self.audio.len())
    }
}
