use serde::{Deserialize, Serialize};

/// A prompt of a language (`GET /v1/prompts`).
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PromptRow {
    /// BCP 47 tag.
    pub language: String,
    /// Its name; audio files are called so.
    pub key: String,
    /// What the built-in voice says.
    pub text: String,
    /// Whose voice is heard.
    pub voice: PromptVoice,
    /// How long it plays.
    pub length_seconds: f64,
}

/// Whose voice a prompt is spoken in.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PromptVoice {
    /// The program's.
    BuiltIn,
    /// The administrator's.
    Replaced,
    /// Nobody's: the prompt is heard in English.
    Missing,
}

/// A recording of the administrator's own (`GET /v1/announcements`).
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct AnnouncementRow {
    /// Its name, which attendants know it by.
    pub name: String,
    /// How long it plays.
    pub length_seconds: f64,
}

/// What is behind the `?` of `GET /v1/prompts`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PromptQuery {
    /// Only this language; all without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// What is behind the `?` when audio is given.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PromptImport {
    /// Only look whether it would be taken.
    #[serde(default)]
    pub check: bool,
}
