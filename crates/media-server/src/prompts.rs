//! The prompt audio of `prompts/`, built into the program and encoded once for each codec.
use std::sync::Arc;

use call_control::PromptSet;
use ivr::PromptKey;
use srtp_media::g711;
use telephony::AudioCodec;

macro_rules! embedded {
    ($language:literal: $($stem:literal)*) => {
        &[$((
            $stem,
            include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/../../prompts/", $language, "/", $stem, ".wav"
            )).as_slice(),
        )),*]
    };
}

/// Stem and WAV file (8 kHz, mono, 16-bit PCM) of each prompt.
const ENGLISH: &[(&str, &[u8])] = embedded!("en-US":
    "person-at-extension" "not-available" "review-menu" "marked-urgent" "urgent-removed" "record-after-tone"
    "recording-too-long" "recording-cut-off" "message-saved" "message-not-saved" "no-message-now" "not-understood"
    "goodbye" "connecting" "not-connected"
    "digit-0" "digit-1" "digit-2" "digit-3" "digit-4" "digit-5" "digit-6" "digit-7" "digit-8" "digit-9"
);

/// Every prompt of American English, in both codecs.
pub fn english() -> PromptSet {
    let mut set = PromptSet::default();
    for key in PromptKey::ALL {
        let Some((_, wav)) = ENGLISH.iter().find(|(stem, _)| *stem == key.as_str()) else { continue };
        let samples = pcm_samples(wav);
        for codec in [AudioCodec::Pcmu, AudioCodec::Pcma] {
            let octets: Arc<[u8]> = samples.iter().map(|sample| g711::encode(codec, *sample)).collect();
            set.insert(*key, codec, octets);
        }
    }
    set
}

/// The samples of the `data` chunk; none if the file is no WAV.
fn pcm_samples(wav: &[u8]) -> Vec<i16> {
    let mut chunks = wav.get(12..).unwrap_or_default();
    while let Some((head, rest)) = chunks.split_at_checked(8) {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let (chunk, after) = rest.split_at(length.min(rest.len()));
        if head.starts_with(b"data") {
            return chunk.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
        }
        chunks = after;
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_of_the_conversation_is_built_in_for_both_codecs() {
        let set = english();

        assert_eq!(set.missing(AudioCodec::Pcmu), []);
        assert_eq!(set.missing(AudioCodec::Pcma), []);
    }

    #[test]
    fn every_prompt_lasts_between_a_fifth_of_a_second_and_fifteen_seconds() {
        for (stem, wav) in ENGLISH {
            let samples = pcm_samples(wav).len();

            assert!((1_600..120_000).contains(&samples), "{stem} has {samples} samples");
        }
    }
}
