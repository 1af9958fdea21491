use std::{collections::BTreeSet, time::Duration};

use jiff::civil::{Date, Time};
use mailbox::{Clock, RecordedGreeting, RecordedName};

use crate::speech::{DIGITS, Language};

/// The key of a recorded prompt in the catalogue (`prompts/<language>/*.toml`).
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
    /// "Your message is marked private."
    pub const MARKED_PRIVATE: Self = Self("marked-private");
    /// "Your message is no longer marked private."
    pub const PRIVATE_REMOVED: Self = Self("private-removed");
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

    /// "This mailbox is full."
    pub const MAILBOX_FULL: Self = Self("mailbox-full");

    /// What call answering says.
    const ANSWERING: &'static [Self] = &[
        Self::PERSON_AT_EXTENSION,
        Self::NOT_AVAILABLE,
        Self::REVIEW_MENU,
        Self::MARKED_URGENT,
        Self::URGENT_REMOVED,
        Self::MARKED_PRIVATE,
        Self::PRIVATE_REMOVED,
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
        Self::MAILBOX_FULL,
    ];

    /// What the conversations say, a list each. A key that is in none of them is not built in and cannot be replaced.
    const CONVERSATIONS: &'static [&'static [Self]] =
        &[Self::ANSWERING, crate::SubscriberAccess::PROMPTS, crate::AutoAttendant::PROMPTS];

    /// Every sentence of the conversations: each language has them all. What numbers and dates are made of is the
    /// language's own, see [`Language::keys`](crate::Language::keys).
    pub fn conversations() -> impl Iterator<Item = Self> {
        Self::CONVERSATIONS.iter().flat_map(|list| list.iter().copied())
    }

    /// Every key of every language, each once.
    pub fn all() -> BTreeSet<Self> {
        Language::ALL.iter().flat_map(|language| language.keys()).collect()
    }

    /// The key as the catalogue and the audio file's stem write it.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    fn digit(value: u32) -> Option<Self> {
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
    /// A recording of the administrator's own, by its name; silence if there is none of this name.
    Announcement(String),
    /// A number of telephone keys, one after the other.
    Digits(String),
    /// A whole number: "twenty-one"; above 999,999 its digits.
    Number(u32),
    /// How many of something, in the grammar of the language: "one new message".
    Count(u32, Counted),
    /// A day, said from the caller's day: "today", "Monday", "Monday, March third".
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
    fn no_key_stands_in_two_lists() {
        for language in Language::ALL {
            let keys: Vec<_> = language.keys().collect();
            for (place, key) in keys.iter().enumerate() {
                assert!(!keys[..place].contains(key), "{} is listed twice in {language}", key.as_str());
            }
        }
    }
}
