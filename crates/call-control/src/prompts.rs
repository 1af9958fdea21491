use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use dial_plan::{Name, PlanGreetings};
use ivr::{Announcement, AnnouncementKeys, Language, Piece, PromptKey};
use mailbox::RecordedName;
use srtp_media::{Clip, StoredAudio, StoredClip, g711};
use telephony::AudioCodec;

/// The tone after which a caller speaks.
const RECORD_TONE_HZ: u16 = 1000;
const RECORD_TONE: Duration = Duration::from_millis(400);

/// The prompts of every language and the administrator's own recordings, kept in memory.
#[derive(Clone, Default)]
pub struct PromptSet {
    audio: HashMap<(Language, PromptKey), Prompt>,
    announcements: HashMap<String, Prompt>,
}

/// One prompt in both codecs; A-law is made when the first call wants it.
#[derive(Clone)]
struct Prompt {
    mu_law: Arc<[u8]>,
    a_law: OnceLock<Arc<[u8]>>,
}

impl PromptSet {
    /// Sets a prompt to these octets of mu-law, 8,000 a second.
    pub fn insert(&mut self, language: Language, key: PromptKey, mu_law: Arc<[u8]>) {
        self.audio.insert((language, key), Prompt::new(mu_law));
    }

    /// Takes a prompt away.
    pub fn remove(&mut self, language: Language, key: PromptKey) {
        self.audio.remove(&(language, key));
    }

    /// Sets a recording of the administrator's own to these octets of mu-law, 8,000 a second.
    pub fn insert_announcement(&mut self, name: String, mu_law: Arc<[u8]>) {
        self.announcements.insert(name, Prompt::new(mu_law));
    }

    /// Takes a recording of the administrator's own away; `false` if there is none of this name.
    pub fn remove_announcement(&mut self, name: &str) -> bool {
        self.announcements.remove(name).is_some()
    }

    /// Name and octets of mu-law of each recording of the administrator's own, in no order.
    pub fn announcements(&self) -> impl Iterator<Item = (&str, &Arc<[u8]>)> {
        self.announcements.iter().map(|(name, prompt)| (name.as_str(), &prompt.mu_law))
    }

    /// The recording of the administrator's own that a setting names, unless it is not there: then the server's own words
    /// are to be heard.
    pub(crate) fn recording(&self, named: Option<&Name>) -> Option<String> {
        named.filter(|name| self.announcements.contains_key(name.as_str())).map(Name::to_string)
    }

    /// What is heard after the welcome of a plan, if it is there.
    pub(crate) fn announcement_of(&self, greetings: &PlanGreetings) -> Option<Announcement> {
        let recording = self.recording(greetings.announcement.as_ref())?;
        let keys = match greetings.announcement_uninterruptible {
            true => AnnouncementKeys::AreIgnored,
            false => AnnouncementKeys::Choose,
        };
        Some(Announcement { recording, keys })
    }

    /// The octets of mu-law of a recording of the administrator's own.
    pub fn announcement(&self, name: &str) -> Option<&Arc<[u8]>> {
        self.announcements.get(name).map(|prompt| &prompt.mu_law)
    }

    /// The octets of a prompt in mu-law.
    pub fn mu_law(&self, language: Language, key: PromptKey) -> Option<&Arc<[u8]>> {
        self.audio.get(&(language, key)).map(|prompt| &prompt.mu_law)
    }

    /// The keys of the language that have no audio in it.
    pub fn missing(&self, language: Language) -> Vec<PromptKey> {
        language.keys().filter(|key| !self.audio.contains_key(&(language, *key))).collect()
    }

    /// What the media engine plays for these pieces. What the language lacks is heard in English, and skipped if that
    /// lacks it too.
    pub(crate) fn clips(&self, pieces: &[Piece], language: Language, codec: AudioCodec) -> Vec<Clip> {
        pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Prompt(key) => self.prompt(language, *key, codec).map(Clip::Prompt),
                Piece::Name(name) => Some(Clip::Prompt(name_in(name, codec))),
                Piece::Greeting(greeting) => {
                    let audio = StoredAudio::Greeting(greeting.id.0);
                    Some(Clip::Stored(StoredClip::new(audio, codec, greeting.length)))
                }
                Piece::Announcement(name) => {
                    self.announcements.get(name).map(|prompt| Clip::Prompt(prompt.in_codec(codec)))
                }
                Piece::RecordTone => Some(Clip::Tone { frequency_hz: RECORD_TONE_HZ, duration: RECORD_TONE }),
                Piece::Pause(duration) => Some(Clip::Silence(*duration)),
            })
            .collect()
    }

    fn prompt(&self, language: Language, key: PromptKey, codec: AudioCodec) -> Option<Arc<[u8]>> {
        let prompt =
            self.audio.get(&(language, key)).or_else(|| self.audio.get(&(Language::English, key)))?;
        Some(prompt.in_codec(codec))
    }
}

impl Prompt {
    fn new(mu_law: Arc<[u8]>) -> Self {
        Self { mu_law, a_law: OnceLock::new() }
    }

    fn in_codec(&self, codec: AudioCodec) -> Arc<[u8]> {
        let octets = match codec {
            AudioCodec::Pcmu => &self.mu_law,
            AudioCodec::Pcma => self.a_law.get_or_init(|| {
                let from = AudioCodec::Pcmu;
                self.mu_law.iter().map(|octet| g711::transcode(from, codec, *octet)).collect()
            }),
        };
        Arc::clone(octets)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(octets: &[u8]) -> Clip {
        Clip::Prompt(Arc::from(octets))
    }

    #[test]
    fn prompt_is_played_in_the_codec_of_the_call() {
        let mut set = PromptSet::default();
        set.insert(Language::English, PromptKey::GOODBYE, Arc::from([0xff, 0x80]));
        let pieces = [Piece::Prompt(PromptKey::GOODBYE)];

        assert_eq!(set.clips(&pieces, Language::English, AudioCodec::Pcmu), [prompt(&[0xff, 0x80])]);
        assert_eq!(set.clips(&pieces, Language::English, AudioCodec::Pcma), [prompt(&[0xd5, 0xaa])]);
    }

    #[test]
    fn prompt_that_a_language_lacks_is_heard_in_english() {
        let mut set = PromptSet::default();
        set.insert(Language::English, PromptKey::GOODBYE, Arc::from([1]));
        set.insert(Language::French, PromptKey::MESSAGE_SAVED, Arc::from([2]));
        let pieces =
            [PromptKey::MESSAGE_SAVED, PromptKey::GOODBYE, PromptKey::REVIEW_MENU].map(Piece::Prompt);

        assert_eq!(set.clips(&pieces, Language::French, AudioCodec::Pcmu), [prompt(&[2]), prompt(&[1])]);
    }

    #[test]
    fn setting_that_names_a_recording_which_is_not_there_leaves_the_word_to_the_server() {
        let mut set = PromptSet::default();
        set.insert_announcement("welcome".into(), Arc::from([3]));
        let recording = |name: &str| set.recording(Some(&Name::parse(name).unwrap()));

        assert_eq!(recording("welcome").as_deref(), Some("welcome"));
        assert_eq!(recording("closed"), None);
        assert_eq!(set.recording(None), None);
    }

    #[test]
    fn announcement_of_a_plan_is_cut_short_by_keys_unless_the_plan_says_no() {
        let mut set = PromptSet::default();
        set.insert_announcement("news".into(), Arc::from([3]));
        let told = |announcement: Option<&str>, announcement_uninterruptible| {
            let announcement = announcement.map(|name| Name::parse(name).unwrap());
            let greetings =
                PlanGreetings { announcement, announcement_uninterruptible, ..PlanGreetings::default() };
            set.announcement_of(&greetings).map(|announcement| announcement.keys)
        };

        assert_eq!(told(Some("news"), false), Some(AnnouncementKeys::Choose));
        assert_eq!(told(Some("news"), true), Some(AnnouncementKeys::AreIgnored));
        assert_eq!(told(Some("olds"), true), None);
        assert_eq!(told(None, true), None);
    }

    #[test]
    fn recording_of_the_administrator_is_heard_by_its_name_and_another_name_is_silence() {
        let mut set = PromptSet::default();
        set.insert_announcement("welcome".into(), Arc::from([3]));
        let pieces = ["welcome", "closed"].map(|name| Piece::Announcement(name.into()));

        assert_eq!(set.clips(&pieces, Language::English, AudioCodec::Pcmu), [prompt(&[3])]);
    }
}
