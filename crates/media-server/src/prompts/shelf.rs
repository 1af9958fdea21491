use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use call_control::PromptSet;
use dial_plan::Name;
use ivr::{Language, PromptKey};
use telephony::{AudioCodec, Event, kind};

use super::{built_in::built_in, kept::KeptFolder};

/// Folder of replaced prompts inside the data folder, a folder for each language in it.
const PROMPTS: &str = "prompts";
/// Folder of the administrator's own recordings inside the data folder.
const ANNOUNCEMENTS: &str = "announcements";
/// The longest prompt or recording.
pub(super) const LONGEST: Duration = Duration::from_secs(300);

/// Every prompt that is spoken: the built-in voices, what the administrator has replaced of them, and recordings of
/// the administrator's own. A change is on disk before it is heard.
pub struct PromptShelf {
    data_dir: PathBuf,
    built_in: PromptSet,
    held: Mutex<Held>,
    announce: Box<dyn Fn(Arc<PromptSet>) + Send + Sync>,
}

struct Held {
    set: Arc<PromptSet>,
    replaced: BTreeSet<(Language, PromptKey)>,
}

/// Whose voice a prompt is spoken in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PromptSource {
    /// The program's.
    BuiltIn,
    /// The administrator's.
    Replaced,
    /// Nobody's.
    Missing,
}

/// Why a prompt is not changed.
#[derive(Debug, thiserror::Error)]
pub enum PromptTrouble {
    /// The language has no prompt of this name.
    #[error("`{key}` is no prompt of {language}: run `um prompt list {language}` to see the keys")]
    NoSuchPrompt {
        /// The language.
        language: Language,
        /// The offered key.
        key: String,
    },
    /// There is no recording of this name.
    #[error("there is no announcement `{name}`: run `um prompt list --announcements` to see the names")]
    NoSuchAnnouncement {
        /// The offered name.
        name: String,
    },
    /// The name does not fit a file name.
    #[error("the name `{name}` is too long for a file: give a shorter one")]
    Name {
        /// The offered name.
        name: String,
    },
    /// Nothing is to be heard.
    #[error("the WAV file holds no audio: give one that does")]
    Empty,
    /// Nobody listens to that.
    #[error("the WAV file lasts {} s: give at most {} s", length.as_secs(), LONGEST.as_secs())]
    TooLong {
        /// How long it plays.
        length: Duration,
    },
    /// It could not be kept.
    #[error("`{}` cannot be written ({source}): let this server's user write in its folder", file.display())]
    Keep {
        /// The file.
        file: PathBuf,
        /// The operating system's word.
        source: io::Error,
    },
}

impl PromptShelf {
    /// Reads what a data folder has. `announce` is given every later change; the second value tells what could not be
    /// read.
    pub fn open(
        data_dir: &Path,
        announce: impl Fn(Arc<PromptSet>) + Send + Sync + 'static,
    ) -> (Self, Vec<Event>) {
        let built_in = built_in();
        let (mut set, mut replaced, mut events) = (built_in.clone(), BTreeSet::new(), Vec::new());
        let mut unreadable = |path: &Path, reason: &str| {
            let event = Event::new(&kind::PROMPT_UNREADABLE).with("file", path.display());
            events.push(event.with("reason", reason));
        };
        for language in Language::ALL {
            for file in prompts_folder(data_dir, *language).read() {
                match (language.keys().find(|key| key.as_str() == file.name), file.audio) {
                    (Some(key), Ok(octets)) => {
                        set.insert(*language, key, Arc::from(octets));
                        replaced.insert((*language, key));
                    }
                    (None, _) => unreadable(&file.path, "no prompt has this name any more"),
                    (_, Err(reason)) => unreadable(&file.path, &reason),
                }
            }
        }
        for file in announcements_folder(data_dir).read() {
            match file.audio {
                Ok(octets) => set.insert_announcement(file.name, Arc::from(octets)),
                Err(reason) => unreadable(&file.path, &reason),
            }
        }
        let held = Mutex::new(Held { set: Arc::new(set), replaced });
        (Self { data_dir: data_dir.to_owned(), built_in, held, announce: Box::new(announce) }, events)
    }

    /// Whether these octets of mu-law can be a prompt or a recording.
    ///
    /// # Errors
    /// [`PromptTrouble::Empty`], [`PromptTrouble::TooLong`].
    pub fn fits(octets: &[u8]) -> Result<(), PromptTrouble> {
        let rate = u64::from(AudioCodec::Pcmu.octets_per_second());
        let length = Duration::from_millis(octets.len() as u64 * 1000 / rate);
        match octets {
            [] => Err(PromptTrouble::Empty),
            _ if length > LONGEST => Err(PromptTrouble::TooLong { length }),
            _ => Ok(()),
        }
    }

    /// Everything that is spoken now.
    pub fn current(&self) -> Arc<PromptSet> {
        Arc::clone(&self.held().set)
    }

    /// Whose voice a prompt is spoken in.
    pub fn source(&self, language: Language, key: PromptKey) -> PromptSource {
        let held = self.held();
        match (held.replaced.contains(&(language, key)), held.set.mu_law(language, key)) {
            (true, _) => PromptSource::Replaced,
            (false, Some(_)) => PromptSource::BuiltIn,
            (false, None) => PromptSource::Missing,
        }
    }

    /// Replaces a prompt by these octets of mu-law.
    ///
    /// # Errors
    /// [`PromptTrouble::Empty`], [`PromptTrouble::TooLong`], [`PromptTrouble::Keep`].
    pub fn replace(&self, language: Language, key: PromptKey, octets: &[u8]) -> Result<(), PromptTrouble> {
        Self::fits(octets)?;
        let mut held = self.held();
        prompts_folder(&self.data_dir, language).write(key.as_str(), octets)?;
        Arc::make_mut(&mut held.set).insert(language, key, Arc::from(octets));
        held.replaced.insert((language, key));
        (self.announce)(Arc::clone(&held.set));
        Ok(())
    }

    /// Goes back to the built-in voice; `false` if the prompt was not replaced.
    ///
    /// # Errors
    /// [`PromptTrouble::Keep`].
    pub fn restore(&self, language: Language, key: PromptKey) -> Result<bool, PromptTrouble> {
        let mut held = self.held();
        prompts_folder(&self.data_dir, language).remove(key.as_str())?;
        if !held.replaced.remove(&(language, key)) {
            return Ok(false);
        }
        let set = Arc::make_mut(&mut held.set);
        match self.built_in.mu_law(language, key) {
            Some(octets) => set.insert(language, key, Arc::clone(octets)),
            None => set.remove(language, key),
        }
        (self.announce)(Arc::clone(&held.set));
        Ok(true)
    }

    /// Keeps a recording under a name, in place of the one that has it.
    ///
    /// # Errors
    /// [`PromptTrouble::Empty`], [`PromptTrouble::TooLong`], [`PromptTrouble::Name`], [`PromptTrouble::Keep`].
    pub fn keep_announcement(&self, name: &Name, octets: &[u8]) -> Result<(), PromptTrouble> {
        Self::fits(octets)?;
        let mut held = self.held();
        announcements_folder(&self.data_dir).write(name, octets)?;
        Arc::make_mut(&mut held.set).insert_announcement(name.to_string(), Arc::from(octets));
        (self.announce)(Arc::clone(&held.set));
        Ok(())
    }

    /// Takes a recording away. Whether something still names it is the caller's to ask.
    ///
    /// # Errors
    /// [`PromptTrouble::NoSuchAnnouncement`], [`PromptTrouble::Keep`].
    pub fn remove_announcement(&self, name: &Name) -> Result<(), PromptTrouble> {
        let mut held = self.held();
        if held.set.announcement(name).is_none() {
            return Err(PromptTrouble::NoSuchAnnouncement { name: name.to_string() });
        }
        announcements_folder(&self.data_dir).remove(name)?;
        Arc::make_mut(&mut held.set).remove_announcement(name);
        (self.announce)(Arc::clone(&held.set));
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn prompts_folder(data_dir: &Path, language: Language) -> KeptFolder {
    KeptFolder::new(data_dir.join(PROMPTS).join(language.tag()))
}

fn announcements_folder(data_dir: &Path) -> KeptFolder {
    KeptFolder::new(data_dir.join(ANNOUNCEMENTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf(folder: &Path) -> PromptShelf {
        let (shelf, events) = PromptShelf::open(folder, |_| {});
        assert_eq!(events, []);
        shelf
    }

    fn goodbye(shelf: &PromptShelf, language: Language) -> Vec<u8> {
        shelf.current().mu_law(language, PromptKey::GOODBYE).unwrap().to_vec()
    }

    #[test]
    fn replaced_prompt_is_announced_and_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let (told, heard) = std::sync::mpsc::channel();
        let (first, _) = PromptShelf::open(folder.path(), move |set| told.send(set).unwrap());

        first.replace(Language::French, PromptKey::GOODBYE, &[1, 2, 3]).unwrap();

        let announced = heard.try_recv().unwrap();
        assert_eq!(announced.mu_law(Language::French, PromptKey::GOODBYE).unwrap()[..], [1, 2, 3]);
        let second = shelf(folder.path());
        assert_eq!(goodbye(&second, Language::French), [1, 2, 3]);
        assert_eq!(second.source(Language::French, PromptKey::GOODBYE), PromptSource::Replaced);
        assert_eq!(second.source(Language::English, PromptKey::GOODBYE), PromptSource::BuiltIn);
    }

    #[test]
    fn restored_prompt_is_the_built_in_one_again() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(folder.path());
        let before = goodbye(&shelf, Language::English);
        shelf.replace(Language::English, PromptKey::GOODBYE, &[1]).unwrap();

        assert!(shelf.restore(Language::English, PromptKey::GOODBYE).unwrap());

        assert_eq!(goodbye(&shelf, Language::English), before);
        assert_eq!(goodbye(&self::shelf(folder.path()), Language::English), before);
        assert!(!shelf.restore(Language::English, PromptKey::GOODBYE).unwrap());
    }

    #[test]
    fn file_that_cannot_be_read_is_told_and_the_built_in_voice_stays() {
        let folder = tempfile::tempdir().unwrap();
        let english = folder.path().join("prompts/en-US");
        std::fs::create_dir_all(&english).unwrap();
        std::fs::write(english.join("goodbye.wav"), b"RIFF, or rather not").unwrap();
        std::fs::write(english.join("of-a-later-version.wav"), wav(&[1])).unwrap();

        let (shelf, events) = PromptShelf::open(folder.path(), |_| {});

        assert_eq!(shelf.source(Language::English, PromptKey::GOODBYE), PromptSource::BuiltIn);
        let mut reasons: Vec<_> = events.iter().map(|event| event.fields[1].1.clone()).collect();
        reasons.sort();
        assert_eq!(reasons, ["it is no WAV file of 8 kHz and mu-law", "no prompt has this name any more"]);
    }

    #[test]
    fn recording_is_kept_under_its_name_until_it_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let name = Name::parse("Welcome to HQ").unwrap();
        shelf(folder.path()).keep_announcement(&name, &[7, 8]).unwrap();
        let shelf = shelf(folder.path());
        assert_eq!(shelf.current().announcement("Welcome to HQ").unwrap()[..], [7, 8]);

        shelf.remove_announcement(&name).unwrap();

        assert_eq!(self::shelf(folder.path()).current().announcement("Welcome to HQ"), None);
        assert!(matches!(
            shelf.remove_announcement(&name),
            Err(PromptTrouble::NoSuchAnnouncement { name }) if name == "Welcome to HQ"
        ));
    }

    #[test]
    fn silence_and_five_minutes_and_more_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(folder.path());
        let replace = |octets: &[u8]| shelf.replace(Language::English, PromptKey::GOODBYE, octets);

        assert!(matches!(replace(&[]), Err(PromptTrouble::Empty)));
        assert!(replace(&vec![0xff; 300 * 8000]).is_ok());
        assert!(matches!(
            replace(&vec![0xff; 301 * 8000]),
            Err(PromptTrouble::TooLong { length }) if length == Duration::from_secs(301)
        ));
    }

    fn wav(octets: &[u8]) -> Vec<u8> {
        storage::wav_bytes(AudioCodec::Pcmu, octets)
    }
}
