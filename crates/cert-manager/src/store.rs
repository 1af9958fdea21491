//! The certificates of this server, in a folder. With its parts the one module of the crate that touches files.

mod fingerprint;
mod flags;
mod reading;
mod waiting;
mod writing;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

pub use self::{flags::Flags, waiting::WaitingKeyError, writing::StoreError};
use crate::{
    facts::CertificateFacts,
    identity::{Identity, IdentityError},
    waiting_key::WaitingKey,
};

/// Bytes of a file that are read.
const MAX_BYTES: u64 = 256 * 1024;
/// Files of one kind that are looked at.
const MAX_FILES: usize = 1024;
/// The file that names the certificate of `um cert use`.
const CHOSEN: &str = "chosen";
/// The fewest digits of a thumbprint that find a certificate.
const MIN_THUMBPRINT: usize = 8;
/// Digits of a SHA-256.
const SHA256_DIGITS: usize = 64;

/// The folder of certificates: `NAME.pem` holds a certificate with its chain, `NAME.key` beside it (or the same file)
/// its private key, `NAME.flags` what the administrator has said of it (see [`Flags`]). `NAME.csr` with `NAME.key` and
/// without `NAME.pem` is a key that waits for its certificate. The file `chosen` holds the SHA-256 of the certificate of
/// `um cert use`. What is written here is named by its SHA-256.
#[derive(Debug)]
pub struct CertificateStore {
    folder: PathBuf,
    candidates: Vec<Candidate>,
    waiting: Vec<WaitingKey>,
    preferred: Option<String>,
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
    /// What the administrator has said of it.
    pub flags: Flags,
}

/// Something in the folder that is not right; the rest is used all the same.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoreFault {
    /// The file or the folder.
    pub file: PathBuf,
    /// What is wrong, and what mends it.
    pub reason: String,
}

/// A thumbprint that means no certificate of the store, or more than one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotFound {
    /// It is none.
    #[error("`{thumbprint}` is no thumbprint: give at least 8 hexadecimal digits; `um cert list` shows them")]
    NoThumbprint {
        /// As given.
        thumbprint: String,
    },
    /// There is no such certificate.
    #[error("no certificate of the store has the thumbprint `{thumbprint}`: `um cert list` shows them")]
    Unknown {
        /// As given.
        thumbprint: String,
    },
    /// It begins the thumbprints of several.
    #[error("`{thumbprint}` begins the thumbprints of {count} certificates: give more digits of it")]
    Ambiguous {
        /// As given.
        thumbprint: String,
        /// How many certificates.
        count: usize,
    },
}

impl CertificateStore {
    /// Reads the folder; one that is not there is empty. What cannot be used is told by [`CertificateStore::faults`].
    pub fn load(folder: &Path) -> Self {
        let mut store = Self {
            folder: folder.to_owned(),
            candidates: Vec::new(),
            waiting: Vec::new(),
            preferred: None,
            faults: Vec::new(),
        };
        store.read_folder();
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

    /// Keys that were made with a certificate signing request whose certificate is not there yet, by file name.
    pub fn waiting_keys(&self) -> &[WaitingKey] {
        &self.waiting
    }

    /// SHA-256 of the certificate that `um cert use` has named, whether or not it is (still) in the store.
    pub fn preferred(&self) -> Option<&str> {
        self.preferred.as_deref()
    }

    /// The certificate of a thumbprint: SHA-1 or SHA-256 or the beginning of one, in any case; colons and spaces do not
    /// count. Several files with the same certificate are one.
    ///
    /// # Errors
    /// See [`NotFound`].
    pub fn find(&self, thumbprint: &str) -> Result<&Candidate, NotFound> {
        let given = || thumbprint.chars().take(2 * SHA256_DIGITS).collect::<String>();
        let digits = plain_digits(thumbprint);
        if digits.len() < MIN_THUMBPRINT || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(NotFound::NoThumbprint { thumbprint: given() });
        }
        let is_meant =
            |facts: &CertificateFacts| facts.sha256.starts_with(&digits) || facts.sha1.starts_with(&digits);
        let mut found: Vec<&Candidate> = self.candidates.iter().filter(|one| is_meant(&one.facts)).collect();
        found.sort_by(|a, b| a.facts.sha256.cmp(&b.facts.sha256));
        found.dedup_by(|a, b| a.facts.sha256 == b.facts.sha256);
        match found.as_slice() {
            [only] => Ok(only),
            [] => Err(NotFound::Unknown { thumbprint: given() }),
            several => Err(NotFound::Ambiguous { thumbprint: given(), count: several.len() }),
        }
    }

    fn fault(&mut self, file: PathBuf, reason: String) {
        self.faults.push(StoreFault { file, reason });
    }
}

/// A thumbprint as the facts have it, if it is one.
fn plain_digits(thumbprint: &str) -> String {
    thumbprint.chars().filter(|c| *c != ':' && !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect()
}

fn is_sha256(text: &str) -> bool {
    text.len() == SHA256_DIGITS && text.chars().all(|c| c.is_ascii_hexdigit())
}

/// The text of a file of bounded size.
fn read_bounded(file: &Path) -> Result<String, String> {
    let found = std::fs::metadata(file).map_err(|error| format!("it cannot be read: {error}"))?;
    if !found.is_file() || found.len() > MAX_BYTES {
        return Err(format!("it is no file of at most {MAX_BYTES} bytes"));
    }
    std::fs::read_to_string(file).map_err(|error| format!("it cannot be read: {error}"))
}

/// The same; `None` if there is no such file.
fn read_if_there(file: &Path) -> Result<Option<String>, String> {
    match std::fs::symlink_metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Ok(_) | Err(_) => read_bounded(file).map(Some),
    }
}

#[cfg(test)]
mod tests;
