//! What a conversation says, as text: the built-in words are English, whatever language the attendant speaks.
use std::collections::HashMap;

use ivr::{Counted, Phrase};

const CATALOGUES: [&str; 2] = [
    include_str!("../../../../prompts/en-US/catalogue.toml"),
    include_str!("../../../../prompts/en-US/attendant.toml"),
];

/// The texts of the prompts.
pub(super) struct Texts(HashMap<String, String>);

impl Texts {
    /// Those of the catalogues that are built in.
    pub(super) fn built_in() -> Self {
        let read = |catalogue: &&str| -> Option<HashMap<String, String>> {
            let mut table: toml::Table = toml::from_str(catalogue).ok()?;
            table.remove("prompts")?.try_into().ok()
        };
        Self(CATALOGUES.iter().filter_map(read).flatten().collect())
    }

    /// What is heard, as one line.
    pub(super) fn line(&self, phrases: &[Phrase]) -> String {
        let words: Vec<String> = phrases.iter().map(|phrase| self.words(phrase)).collect();
        words.join(" ")
    }

    fn words(&self, phrase: &Phrase) -> String {
        match phrase {
            Phrase::Prompt(key) => {
                self.0.get(key.as_str()).cloned().unwrap_or_else(|| format!("[{}]", key.as_str()))
            }
            Phrase::Announcement(name) => format!("[recording {name}]"),
            Phrase::Name(_) => "[recorded name]".to_owned(),
            Phrase::Greeting(_) => "[recorded greeting]".to_owned(),
            Phrase::Digits(digits) => digits.clone(),
            Phrase::Number(number) => number.to_string(),
            Phrase::Count(1, Counted::Matches) => "1 match:".to_owned(),
            Phrase::Count(number, Counted::Matches) => format!("{number} matches:"),
            Phrase::Count(number, what) => format!("{number} {what:?}"),
            Phrase::Day { date, .. } => date.to_string(),
            Phrase::TimeOfDay(time, _) => time.strftime("%H:%M").to_string(),
            Phrase::Length(length) => format!("{} seconds", length.as_secs()),
            Phrase::RecordTone => "[tone]".to_owned(),
            Phrase::Pause(_) => "[pause]".to_owned(),
        }
    }
}
