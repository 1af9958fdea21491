//! The certificates of this server, in a folder. The one module of the crate that touches files.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    facts::CertificateFacts,
    identity::{Identity, IdentityError},
    pem,
};

/// Bytes of a file that are read.
const MAX_BYTES: u64 = 256 * 1024;
/// Files that are looked at.
const MAX_FILES: usize = 1024;
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// The folder of certificates: `NAME.pem` holds a certificate with its chain, `NAME.key` beside it (or the same file)
/// its private key. What is written here is named by its SHA-256.
#[derive(Debug)]
pub struct CertificateStore {
    folder: PathBuf,
    candidates: Vec<Candidate>,
    faults: Vec<StoreFault>,
}

/// A certificate of the store, whether or not it can be presented.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Where it is.
    pub file: PathBuf,
    /// What it says.
    pub facts: Arc<CertificateFacts>,
    /// With its key; or why it cannot be presented.
    pub identity: Result<Arc<Identity>, IdentityError>,
}

/// Something in the folder that is not right; the rest is used all the same.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoreFault {
    /// The file or the folder.
    pub file: PathBuf,
    /// What is wrong, and what mends it.
    pub reason: String,
}

/// A certificate could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("`{}` cannot be written: let this server's user write in its folder", file.display())]
pub struct StoreError {
    /// The file or folder.
    pub file: PathBuf,
    /// The operating system's word.
    #[source]
    pub source: io::Error,
}

impl CertificateStore {
    /// Reads the folder; one that is not there is empty. What cannot be used is told by [`CertificateStore::faults`].
    pub fn load(folder: &Path) -> Self {
        let mut store = Self { folder: folder.to_owned(), candidates: Vec::new(), faults: Vec::new() };
        for file in store.files() {
            store.read(file);
        }
        store
    }

    /// Every certificate, by file name.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// What is not right in the folder.
    pub fn faults(&self) -> &[StoreFault] {
        &self.faults
    }

    /// Writes a certificate and its key, readable by this server's user alone, and keeps it. The key is there before
    /// the certificate is.
    ///
    /// # Errors
    /// [`StoreError`]: a file could not be written; nothing is kept then.
    pub fn add(&mut self, identity: Identity) -> Result<Arc<Identity>, StoreError> {
        let folder_error = |source| StoreError { file: self.folder.clone(), source };
        fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&self.folder).map_err(folder_error)?;
        let file = self.folder.join(format!("{}.pem", identity.facts().sha256));
        write_whole(&file.with_extension("key"), &identity.key_pem())?;
        write_whole(&file, &identity.chain_pem())?;
        let identity = Arc::new(identity);
        let facts = Arc::clone(identity.facts());
        self.candidates.retain(|candidate| candidate.file != file);
        self.candidates.push(Candidate { file, facts, identity: Ok(Arc::clone(&identity)) });
        Ok(identity)
    }

    fn files(&mut self) -> Vec<PathBuf> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                self.fault(self.folder.clone(), format!("the folder cannot be read: {error}"));
                return Vec::new();
            }
        };
        let is_text = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "pem");
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_text).collect();
        files.sort();
        if files.len() > MAX_FILES {
            files.truncate(MAX_FILES);
            self.fault(
                self.folder.clone(),
                format!("it holds more than {MAX_FILES} files; the rest is not read"),
            );
        }
        files
    }

    fn read(&mut self, file: PathBuf) {
        let text = match read_bounded(&file) {
            Ok(text) => text,
            Err(reason) => return self.fault(file, reason),
        };
        let certificate = pem::certificates(&text).map(|chain| chain.into_iter().next());
        let facts = match certificate {
            Ok(Some(certificate)) => CertificateFacts::read(&certificate).map_err(|error| error.to_string()),
            Ok(None) => Err("there is no certificate in it: remove the file".to_owned()),
            Err(reason) => Err(reason),
        };
        let facts = match facts {
            Ok(facts) => Arc::new(facts),
            Err(reason) => return self.fault(file, reason),
        };
        let identity = self.identity(&file, &text);
        self.candidates.push(Candidate { file, facts, identity: identity.map(Arc::new) });
    }

    /// The key beside the certificate, else the one in the same file.
    fn identity(&mut self, file: &Path, text: &str) -> Result<Identity, IdentityError> {
        let beside = file.with_extension("key");
        let key = match read_bounded(&beside) {
            Ok(key) => {
                self.ask_for_privacy(&beside);
                key
            }
            Err(_) if pem::private_key(text).is_some() => {
                self.ask_for_privacy(file);
                text.to_owned()
            }
            Err(_) if !beside.exists() => return Err(IdentityError::NoKey),
            Err(reason) => {
                self.fault(beside, reason);
                return Err(IdentityError::NoKey);
            }
        };
        Identity::from_pem(text, &key)
    }

    fn ask_for_privacy(&mut self, file: &Path) {
        let open = fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o077 != 0);
        if open {
            let reason = "others may read this private key: run `chmod 600` on it";
            self.fault(file.to_owned(), reason.to_owned());
        }
    }

    fn fault(&mut self, file: PathBuf, reason: String) {
        self.faults.push(StoreFault { file, reason });
    }
}

fn read_bounded(file: &Path) -> Result<String, String> {
    let found = fs::metadata(file).map_err(|error| format!("it cannot be read: {error}"))?;
    if !found.is_file() || found.len() > MAX_BYTES {
        return Err(format!("it is no file of at most {MAX_BYTES} bytes"));
    }
    fs::read_to_string(file).map_err(|error| format!("it cannot be read: {error}"))
}

/// Under another name first, so that a half-written file never stands under this one.
fn write_whole(file: &Path, text: &str) -> Result<(), StoreError> {
    let partial = file.with_extension("part");
    let write = || {
        let mut options = fs::OpenOptions::new();
        let mut opened = options.write(true).create(true).truncate(true).mode(FILE_MODE).open(&partial)?;
        opened.set_permissions(fs::Permissions::from_mode(FILE_MODE))?;
        opened.write_all(text.as_bytes())?;
        opened.sync_all()?;
        fs::rename(&partial, file)
    };
    write().map_err(|source| StoreError { file: file.to_owned(), source })
}

#[cfg(test)]
mod tests;
