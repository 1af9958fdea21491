use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use call_control::PromptSet;
use ivr::{Language, PromptKey};
use serde::Deserialize;

/// The texts and audio files of one folder of `prompts/`.
struct BuiltInVoice {
    /// BCP 47 tag: the folder's name.
    tag: &'static str,
    /// Each `*.toml`.
    texts: &'static [&'static str],
    /// Key and WAV file (8 kHz, one channel, mu-law) of each prompt.
    audio: &'static [(&'static str, &'static [u8])],
}

/// As `build.rs` found them.
const VOICES: &[BuiltInVoice] = include!(concat!(env!("OUT_DIR"), "/voices.rs"));

/// What is read of a text file.
#[derive(Deserialize)]
struct Catalogue {
    prompts: HashMap<String, String>,
}

/// By language and key.
static TEXTS: LazyLock<HashMap<(&str, String), String>> = LazyLock::new(|| {
    let mut texts = HashMap::new();
    for voice in VOICES {
        for catalogue in voice.texts.iter().filter_map(|text| toml::from_str::<Catalogue>(text).ok()) {
            texts.extend(catalogue.prompts.into_iter().map(|(key, text)| ((voice.tag, key), text)));
        }
    }
    texts
});

/// What the built-in voice says for this key.
pub fn text_of(language: Language, key: PromptKey) -> Option<&'static str> {
    TEXTS.get(&(language.tag(), key.as_str().to_owned())).map(String::as_str)
}

/// Every language in the voice that the program has.
pub(super) fn built_in() -> PromptSet {
    let mut set = PromptSet::default();
    let keys = PromptKey::all();
    for language in Language::ALL {
        let Some(voice) = VOICES.iter().find(|voice| voice.tag == language.tag()) else { continue };
        for (stem, wav) in voice.audio {
            if let Some(key) = keys.iter().find(|key| key.as_str() == *stem) {
                set.insert(*language, *key, Arc::from(mu_law(wav)));
            }
        }
    }
    set
}

/// The octets of the `data` chunk; none if the file is no mu-law WAV.
pub(super) fn mu_law(wav: &[u8]) -> &[u8] {
    let mut chunks = wav.get(12..).unwrap_or_default();
    let mut is_mu_law = false;
    while let Some((head, rest)) = chunks.split_at_checked(8) {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let (chunk, after) = rest.split_at(length.min(rest.len()));
        match &head[..4] {
            b"fmt " => is_mu_law = chunk.starts_with(&[7, 0, 1, 0]),
            b"data" if is_mu_law => return chunk,
            _ => {}
        }
        // Chunks begin at even places.
        chunks = after.get(length % 2..).unwrap_or_default();
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_of_every_language_is_built_in() {
        let set = built_in();

        for language in Language::ALL {
            assert_eq!(set.missing(*language), [], "{language}");
        }
    }

    #[test]
    fn every_prompt_has_its_text() {
        for language in Language::ALL {
            for key in language.keys() {
                assert!(text_of(*language, key).is_some(), "{}/{language}", key.as_str());
            }
        }
        assert_eq!(text_of(Language::French, PromptKey::GOODBYE), Some("Au revoir."));
    }

    #[test]
    fn every_folder_of_prompts_is_a_language_that_is_spoken() {
        let mut folders: Vec<_> = VOICES.iter().map(|voice| voice.tag).collect();
        let mut languages: Vec<_> = Language::ALL.iter().map(|language| language.tag()).collect();
        folders.sort_unstable();
        languages.sort_unstable();

        assert_eq!(folders, languages);
        assert!(VOICES.iter().all(|voice| !voice.texts.is_empty()));
    }

    #[test]
    fn every_prompt_lasts_between_a_tenth_of_a_second_and_twenty_seconds() {
        for voice in VOICES {
            for (stem, wav) in voice.audio {
                let samples = mu_law(wav).len();

                assert!((800..160_000).contains(&samples), "{}/{stem} has {samples} samples", voice.tag);
            }
        }
    }
}
