use std::{fmt, str::FromStr};

use crate::{
    phrase::PromptKey,
    speech::{
        DIGITS, english::English, french::French, grammar::Grammar, mandarin::Mandarin, spanish::Spanish,
    },
};

/// A language that the server speaks.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Language {
    /// `en-US`
    #[default]
    English,
    /// `fr-FR`
    French,
    /// `es-ES`
    Spanish,
    /// `zh-CN`
    Mandarin,
}

/// A language tag that the server has no voice for.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the server does not speak `{tag}`: choose one of {}", Language::tags())]
pub struct UnknownLanguage {
    tag: String,
}

impl Language {
    /// Every language.
    pub const ALL: &'static [Self] = &[Self::English, Self::French, Self::Spanish, Self::Mandarin];

    /// The BCP 47 tag, which is the name of its folder in `prompts/` too.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en-US",
            Self::French => "fr-FR",
            Self::Spanish => "es-ES",
            Self::Mandarin => "zh-CN",
        }
    }

    /// Everything that may be heard in this language: the sentences of the conversations, the digits, and what the
    /// grammar makes numbers, dates and times of. A voice of the language has them all.
    pub fn keys(self) -> impl Iterator<Item = PromptKey> {
        let pieces = self.grammar().pieces().iter().flat_map(|list| list.iter().copied());
        PromptKey::conversations().chain(DIGITS).chain(pieces)
    }

    pub(super) fn grammar(self) -> &'static dyn Grammar {
        match self {
            Self::English => &English,
            Self::French => &French,
            Self::Spanish => &Spanish,
            Self::Mandarin => &Mandarin,
        }
    }

    fn tags() -> String {
        Self::ALL.iter().map(|language| language.tag()).collect::<Vec<_>>().join(", ")
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(tag: &str) -> Result<Self, UnknownLanguage> {
        Self::ALL
            .iter()
            .copied()
            .find(|language| language.tag().eq_ignore_ascii_case(tag))
            .ok_or_else(|| UnknownLanguage { tag: tag.to_owned() })
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}
