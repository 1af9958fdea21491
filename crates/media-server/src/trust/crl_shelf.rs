use std::{
    collections::BTreeMap,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use cert_manager::{CrlRefusal, RevocationList, Root};
use jiff::Timestamp;
use telephony::{Event, kind};

use super::{PeerTrust, crl_fetch::FetchError, peers::KnownRoot};

/// The revocation lists of the roots, in a folder: `SHA256-OF-ROOT.crl` each.
pub struct CrlShelf {
    folder: PathBuf,
    trust: Arc<PeerTrust>,
    tell: Box<dyn Fn(Event) + Send + Sync>,
    held: Mutex<Held>,
}

/// By the SHA-256 of the root.
type Held = BTreeMap<String, Arc<RevocationList>>;

/// Why a list is not taken; the one before stays.
#[derive(Debug, thiserror::Error)]
pub enum CrlTrouble {
    /// It is no list of this root.
    #[error(transparent)]
    Refused(#[from] CrlRefusal),
    /// It was not got.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Somebody gives a list of former times, on which newer revocations are missing.
    #[error("the list is of {given}, and the one in force is of {held}: give the newest one")]
    Older {
        /// When this one was issued.
        given: Timestamp,
        /// When the one in force was issued.
        held: Timestamp,
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

impl CrlShelf {
    /// Reads the lists of every known root and puts them in force; `tell` hears of those that cannot be used, and of every
    /// new one.
    pub fn open(
        folder: PathBuf,
        trust: Arc<PeerTrust>,
        tell: impl Fn(Event) + Send + Sync + 'static,
    ) -> Self {
        let shelf = Self { folder, trust, tell: Box::new(tell), held: Mutex::default() };
        shelf.settle();
        shelf
    }

    /// After roots came or went: lists of new roots are read, those of roots that are gone are in force no more. Their files
    /// stay: a root that comes back is not trusted without what was known to be revoked.
    pub fn settle(&self) {
        let known = self.trust.known_roots();
        let mut held = self.held();
        let before: Vec<String> = held.keys().cloned().collect();
        held.retain(|sha256, _| known.iter().any(|known| known.facts().sha256 == *sha256));
        for known in &known {
            let sha256 = &known.facts().sha256;
            let file = self.file(sha256);
            if held.contains_key(sha256) || !file.exists() {
                continue;
            }
            match read(&file, &known.root) {
                Ok(list) => {
                    held.insert(sha256.clone(), Arc::new(list));
                }
                Err(reason) => {
                    self.tell_failed(known, &[("file", file.display().to_string()), ("reason", reason)])
                }
            }
        }
        if !before.iter().eq(held.keys()) {
            self.put_in_force(&held);
        }
    }

    /// Takes a list for the root: verified, kept, in force.
    ///
    /// # Errors
    /// [`CrlTrouble`]: the list before stays in force.
    pub fn install(&self, known: &KnownRoot, bytes: &[u8]) -> Result<Arc<RevocationList>, CrlTrouble> {
        let list = RevocationList::read(bytes, &known.root)?;
        let sha256 = known.facts().sha256.clone();
        let mut held = self.held();
        if let Some(before) = held.get(&sha256).filter(|before| before.this_update() > list.this_update()) {
            return Err(CrlTrouble::Older { given: list.this_update(), held: before.this_update() });
        }
        let file = self.file(&sha256);
        self.write(&file, bytes).map_err(|source| CrlTrouble::Keep { file, source })?;
        Ok(self.take(known, list, &mut held))
    }

    /// Puts a list in force in place of the one before.
    fn take(&self, known: &KnownRoot, list: RevocationList, held: &mut Held) -> Arc<RevocationList> {
        (self.tell)(
            Event::new(&kind::CRL_TAKEN)
                .with("subject", &known.facts().subject)
                .with("sha256", &known.facts().sha256)
                .with("this_update", list.this_update())
                .with("next_update", list.next_update())
                .with("revoked", list.count()),
        );
        let list = Arc::new(list);
        held.insert(known.facts().sha256.clone(), Arc::clone(&list));
        self.put_in_force(held);
        list
    }

    /// A list of this root lies in its file anew, written by our own CA, whose word counts even where its clock was set
    /// back. Where nobody trusts the root it counts for nothing; one that cannot be used is told of.
    pub fn reread(&self, sha256: &str, file: &Path) {
        let roots = self.trust.known_roots();
        let Some(known) = roots.iter().find(|known| known.facts().sha256 == sha256) else { return };
        match read(file, &known.root) {
            Ok(list) => {
                self.take(known, list, &mut self.held());
            }
            Err(reason) => {
                self.tell_failed(known, &[("file", file.display().to_string()), ("reason", reason)]);
            }
        }
    }

    /// Tells that a list of the root did not come.
    pub(super) fn tell_failed(&self, known: &KnownRoot, fields: &[(&'static str, String)]) {
        let facts = known.facts();
        let event =
            Event::new(&kind::CRL_FAILED).with("subject", &facts.subject).with("sha256", &facts.sha256);
        (self.tell)(fields.iter().fold(event, |event, (name, value)| event.with(name, value)));
    }

    /// The list of the root in force.
    pub fn of(&self, sha256: &str) -> Option<Arc<RevocationList>> {
        self.held().get(sha256).map(Arc::clone)
    }

    /// Whom the lists are for.
    pub fn trust(&self) -> &Arc<PeerTrust> {
        &self.trust
    }

    fn put_in_force(&self, held: &Held) {
        self.trust.use_lists(held.values().map(Arc::clone).collect());
    }

    fn file(&self, sha256: &str) -> PathBuf {
        self.folder.join(format!("{sha256}.crl"))
    }

    /// Under another name first, so that a half-written file never stands under this one.
    fn write(&self, file: &Path, bytes: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let partial = file.with_extension("part");
        let mut opened = fs::File::create(&partial)?;
        opened.write_all(bytes)?;
        opened.sync_all()?;
        fs::rename(&partial, file)?;
        fs::File::open(&self.folder)?.sync_all()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(file: &Path, root: &Root) -> Result<RevocationList, String> {
    let found = fs::metadata(file).map_err(|error| format!("it cannot be read: {error}"))?;
    if found.len() > u64::try_from(RevocationList::MAX_BYTES * 2).unwrap_or(u64::MAX) {
        return Err(CrlRefusal::TooLong.to_string());
    }
    let bytes = fs::read(file).map_err(|error| format!("it cannot be read: {error}"))?;
    RevocationList::read(&bytes, root).map_err(|refusal| refusal.to_string())
}

#[cfg(test)]
mod tests;
