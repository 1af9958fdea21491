//! From memory into the folder. Each file is written under another name first, so that a half-written one never stands
//! under its own; a certificate is written after its key and its flags, and removed before them.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{CHOSEN, Candidate, CertificateStore, Flags, MAX_FILES, flags::is_owner, is_sha256};
use crate::{identity::Identity, signing_request::SigningRequest, waiting_key::WaitingKey};

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// The store could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such certificate.
    #[error("there is no certificate {sha256} in the store: `um cert list` shows those that are")]
    Unknown {
        /// Its SHA-256.
        sha256: String,
    },
    /// What it is to be flagged with cannot stand in a file.
    #[error("`{owner}` cannot be the name of an owner: it has 1 to 64 characters, none of them a control")]
    BadOwner {
        /// The name.
        owner: String,
    },
    /// There are too many already.
    #[error("the store holds {MAX_FILES} of its kind already: delete some with `um cert delete`")]
    Full,
    /// A file could not be written or removed.
    #[error("`{}` cannot be written: let this server's user write in its folder", file.display())]
    Write {
        /// The file or folder.
        file: PathBuf,
        /// The operating system's word.
        #[source]
        source: io::Error,
    },
}

impl CertificateStore {
    /// Writes a certificate and its key, readable by this server's user alone, and keeps it with its flags; one that is in
    /// the store already is written anew in its place. A key that waited for this certificate waits no longer.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing is kept then.
    pub fn add(&mut self, identity: Identity, flags: Flags) -> Result<Arc<Identity>, StoreError> {
        let sha256 = &identity.facts().sha256;
        let there = self.candidates.iter().find(|candidate| candidate.facts.sha256 == *sha256);
        let file = match there {
            Some(candidate) => candidate.file.clone(),
            None if self.candidates.len() >= MAX_FILES => return Err(StoreError::Full),
            None => self.folder.join(format!("{sha256}.pem")),
        };
        self.make_folder()?;
        write_flags(&file, &flags)?;
        write_whole(&file.with_extension("key"), &identity.key_pem())?;
        write_whole(&file, &identity.chain_pem())?;
        self.end_waiting(&identity.facts().spki_sha256)?;
        let identity = Arc::new(identity);
        let facts = Arc::clone(identity.facts());
        self.candidates.retain(|candidate| candidate.file != file);
        self.candidates.push(Candidate { file, facts, identity: Ok(Arc::clone(&identity)), flags });
        self.candidates.sort_by(|a, b| a.file.cmp(&b.file));
        Ok(identity)
    }

    /// Says something else of a certificate.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn set_flags(&mut self, sha256: &str, flags: Flags) -> Result<(), StoreError> {
        self.known(sha256)?;
        for candidate in self.candidates.iter_mut().filter(|found| found.facts.sha256 == sha256) {
            write_flags(&candidate.file, &flags)?;
            candidate.flags = flags.clone();
        }
        Ok(())
    }

    /// The certificate that goes before all others as long as it can be presented; `None`: the rule alone decides.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn prefer(&mut self, sha256: Option<&str>) -> Result<(), StoreError> {
        let file = self.folder.join(CHOSEN);
        match sha256 {
            Some(sha256) => {
                self.known(sha256)?;
                write_whole(&file, &format!("{sha256}\n"))?;
            }
            None => remove(&file)?,
        }
        self.preferred = sha256.map(str::to_owned);
        self.faults.retain(|fault| fault.file != file);
        Ok(())
    }

    /// Removes a certificate with its key; if it was preferred, none is then.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn remove(&mut self, sha256: &str) -> Result<(), StoreError> {
        self.known(sha256)?;
        if self.preferred.as_deref() == Some(sha256) {
            self.prefer(None)?;
        }
        for candidate in self.candidates.iter().filter(|found| found.facts.sha256 == sha256) {
            for extension in ["pem", "flags", "csr", "key"] {
                remove(&candidate.file.with_extension(extension))?;
            }
        }
        self.candidates.retain(|candidate| candidate.facts.sha256 != sha256);
        Ok(())
    }

    /// Keeps a signing request and its key until the certificate comes.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn add_request(&mut self, request: &SigningRequest) -> Result<(), StoreError> {
        if self.waiting.len() >= MAX_FILES {
            return Err(StoreError::Full);
        }
        self.make_folder()?;
        let file = self.folder.join(format!("{}.key", request.spki_sha256));
        write_whole(&file, request.key.expose())?;
        write_whole(&file.with_extension("csr"), &request.pem)?;
        self.waiting.retain(|waiting| waiting.file != file);
        self.waiting.push(WaitingKey {
            file,
            fqdn: request.fqdn.clone(),
            spki_sha256: request.spki_sha256.clone(),
        });
        self.waiting.sort_by(|a, b| a.file.cmp(&b.file));
        Ok(())
    }

    /// Removes waiting keys with this public key: their certificate has come, or is not wanted any more.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub fn end_waiting(&mut self, spki_sha256: &str) -> Result<(), StoreError> {
        for waiting in self.waiting.iter().filter(|waiting| waiting.spki_sha256 == spki_sha256) {
            remove(&waiting.file.with_extension("csr"))?;
            remove(&waiting.file)?;
        }
        self.waiting.retain(|waiting| waiting.spki_sha256 != spki_sha256);
        Ok(())
    }

    fn known(&self, sha256: &str) -> Result<(), StoreError> {
        let known = is_sha256(sha256) && self.candidates.iter().any(|found| found.facts.sha256 == sha256);
        known.then_some(()).ok_or_else(|| StoreError::Unknown { sha256: sha256.to_owned() })
    }

    fn make_folder(&self) -> Result<(), StoreError> {
        let made = fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&self.folder);
        made.map_err(|source| StoreError::Write { file: self.folder.clone(), source })
    }
}

fn write_flags(certificate: &Path, flags: &Flags) -> Result<(), StoreError> {
    if let Some(owner) = flags.owner.as_ref().filter(|owner| !is_owner(owner)) {
        return Err(StoreError::BadOwner { owner: owner.escape_debug().collect() });
    }
    let file = certificate.with_extension("flags");
    if *flags == Flags::default() { remove(&file) } else { write_whole(&file, &flags.text()) }
}

fn write_whole(file: &Path, text: &str) -> Result<(), StoreError> {
    let mut partial = file.as_os_str().to_owned();
    partial.push(".part");
    let partial = PathBuf::from(partial);
    let write = || {
        let mut options = fs::OpenOptions::new();
        let mut opened = options.write(true).create(true).truncate(true).mode(FILE_MODE).open(&partial)?;
        opened.set_permissions(fs::Permissions::from_mode(FILE_MODE))?;
        opened.write_all(text.as_bytes())?;
        opened.sync_all()?;
        fs::rename(&partial, file)?;
        sync_folder(file)
    };
    write().map_err(|source| StoreError::Write { file: file.to_owned(), source })
}

/// A name outlasts a loss of power only once its folder is on the disk.
fn sync_folder(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

/// Whether or not it was there.
fn remove(file: &Path) -> Result<(), StoreError> {
    match fs::remove_file(file) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(StoreError::Write { file: file.to_owned(), source }),
    }
}
