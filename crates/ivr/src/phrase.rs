use std::time::Duration;

use jiff::civil::{Date, Time};
use mailbox::{Clock, RecordedGreeting, RecordedName};

/// The key of a recorded prompt in the catalogue (`prompts/<language>/catalogue.toml`).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PromptKey(pub(crate) &'static str);

impl PromptKey {
    /// "The person at extension"
    pub const PERSON_AT_EXTENSION: Self = Self("person-at-extension");
    /// "is not available. Please leave a message after the tone .."
    pub const NOT_AVAILABLE: Self = Self("not-available");
    /// "To send your message, press one. To listen to it, press two .."
    pub const REVIEW_MENU: Self = Self("review-menu");
    /// "Your message is marked urgent."
    pub const MARKED_URGENT: Self = Self("marked-urgent");
    /// "Your message is no longer marked urgent."
    pub const URGENT_REMOVED: Self = Self("urgent-removed");
    /// "Please speak after the tone."
    pub const RECORD_AFTER_TONE: Self = Self("record-after-tone");
    /// "Your message has reached the longest length allowed."
    pub const RECORDING_TOO_LONG: Self = Self("recording-too-long");
    /// "The end of your message could not be recorded."
    pub const RECORDING_CUT_OFF: Self = Self("recording-cut-off");
    /// "Your message has been saved."
    pub const MESSAGE_SAVED: Self = Self("message-saved");
    /// "Your message could not be saved."
    pub const MESSAGE_NOT_SAVED: Self = Self("message-not-saved");
    /// "No message can be left now."
    pub const NO_MESSAGE_NOW: Self = Self("no-message-now");
    /// "That key does nothing here."
    pub const NOT_UNDERSTOOD: Self = Self("not-understood");
    /// "Goodbye."
    pub const GOODBYE: Self = Self("goodbye");

    /// "Please hold."
    pub const CONNECTING: Self = Self("connecting");
    /// "You could not be connected."
    pub const NOT_CONNECTED: Self = Self("not-connected");

    /// Every key that a conversation may speak. The prompt set of a language must have them all.
    pub const ALL: &'static [Self] = &[
        Self::PERSON_AT_EXTENSION,
        Self::NOT_AVAILABLE,
        Self::REVIEW_MENU,
        Self::MARKED_URGENT,
        Self::URGENT_REMOVED,
        Self::RECORD_AFTER_TONE,
        Self::RECORDING_TOO_LONG,
        Self::RECORDING_CUT_OFF,
        Self::MESSAGE_SAVED,
        Self::MESSAGE_NOT_SAVED,
        Self::NO_MESSAGE_NOW,
        Self::NOT_UNDERSTOOD,
        Self::GOODBYE,
        Self::CONNECTING,
        Self::NOT_CONNECTED,
        Self("digit-0"),
        Self("digit-1"),
        Self("digit-2"),
        Self("digit-3"),
        Self("digit-4"),
        Self("digit-5"),
        Self("digit-6"),
        Self("digit-7"),
        Self("digit-8"),
        Self("digit-9"),
    ];

    /// The key as the catalogue and the audio file's stem write it.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    fn digit(value: u32) -> Option<Self> {
        const DIGITS: [PromptKey; 10] = [
            PromptKey("digit-0"),
            PromptKey("digit-1"),
            PromptKey("digit-2"),
            PromptKey("digit-3"),
            PromptKey("digit-4"),
            PromptKey("digit-5"),
            PromptKey("digit-6"),
            PromptKey("digit-7"),
            PromptKey("digit-8"),
            PromptKey("digit-9"),
        ];
        DIGITS.get(usize::try_from(value).ok()?).copied()
    }
}

/// One thing to be heard, in order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Phrase {
    /// A recorded prompt.
    Prompt(PromptKey),
    /// The name of a mailbox's owner, in their own voice.
    Name(RecordedName),
    /// A recorded greeting, from its file.
    Greeting(RecordedGreeting),
    /// A recording of the administrator's, by its name; silence if there is none of that name.
    Announcement(String),
    /// A number of telephone keys, one after the other.
    Digits(String),
    /// A whole number: "twenty-one".
    Number(u32),
    /// How many of something, in the grammar of the language: "one new message".
    Count(u32, Counted),
    /// A day, said from the caller's day: "today", "yesterday", "Monday, the third of March".
    Day {
        /// The day.
        date: Date,
        /// The caller's day.
        today: Date,
    },
    /// A time of day.
    TimeOfDay(Time, Clock),
    /// A length of time: "two minutes and five seconds"; rounded to seconds.
    Length(Duration),
    /// The tone after which the caller speaks.
    RecordTone,
    /// Nothing, for as long.
    Pause(Duration),
}

/// Things that are counted aloud.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Counted {
    /// "new messages"
    NewMessages,
    /// "saved messages"
    SavedMessages,
    /// "urgent messages"
    UrgentMessages,
    /// "messages"
    Messages,
    /// "days"
    Days,
    /// "matches": names that a search found.
    Matches,
}

/// A number spoken digit by digit, from pieces: "four zero zero one". Other characters are passed over.
pub fn spoken_digits(number: &str) -> Vec<Phrase> {
    number.chars().filter_map(|c| c.to_digit(10)).filter_map(PromptKey::digit).map(Phrase::Prompt).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaks_an_extension_digit_by_digit() {
        let keys: Vec<_> = spoken_digits("40-1")
            .into_iter()
            .map(|phrase| match phrase {
                Phrase::Prompt(key) => key.as_str(),
                _ => "",
            })
            .collect();

        assert_eq!(keys, ["digit-4", "digit-0", "digit-1"]);
    }

    #[test]
    fn every_key_is_listed_once_and_has_its_audio_in_english() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../prompts/en-US");
        for (place, key) in PromptKey::ALL.iter().enumerate() {
            let file = format!("{folder}/{}.wav", key.as_str());

            assert!(std::path::Path::new(&file).is_file(), "{} is not rendered", key.as_str());
            assert_eq!(PromptKey::ALL.iter().position(|other| other == key), Some(place));
        }
        assert_eq!(PromptKey::ALL.len(), 25);
    }
}
