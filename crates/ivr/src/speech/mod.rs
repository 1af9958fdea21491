//! From phrases to prompts: numbers, dates, times and plurals by the grammar of each language.
//!
//! The one rule: a conversation says *what* is heard, [`speak`] says in which pieces.
mod english;

use std::{fmt, str::FromStr, time::Duration};

use mailbox::{RecordedGreeting, RecordedName};

use crate::phrase::{Phrase, PromptKey};

/// A language that the server speaks.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Language {
    /// `en-US`
    #[default]
    English,
}

/// A language tag that the server has no voice for.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the server does not speak `{tag}`: choose one of {}", Language::tags())]
pub struct UnknownLanguage {
    tag: String,
}

/// One piece of what is heard.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Piece {
    /// A prompt of the language.
    Prompt(PromptKey),
    /// A recorded name.
    Name(RecordedName),
    /// A recorded greeting, from its file.
    Greeting(RecordedGreeting),
    /// A recording of the administrator's, by its name.
    Announcement(String),
    /// The tone after which the caller speaks.
    RecordTone,
    /// Nothing, for as long.
    Pause(Duration),
}

impl Language {
    /// Every language.
    pub const ALL: &'static [Self] = &[Self::English];

    /// The BCP 47 tag, which is the name of its folder in `prompts/` too.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en-US",
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

/// The pieces of these phrases in this language, in order.
pub fn speak(phrases: &[Phrase], language: Language) -> Vec<Piece> {
    match language {
        Language::English => phrases.iter().flat_map(english::pieces).collect(),
    }
}
