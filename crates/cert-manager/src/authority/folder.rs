//! The folder of a CA. Each file is written whole under another name and then renamed.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use telephony::Secret;

use super::{Authority, AuthorityError, IssuedEntry, IssuedLeaf, LeafRefusal, LeafRequest, RevokeRefusal};
use crate::key_kind::KeyKind;

/// The CA's certificate.
const CERTIFICATE: &str = "ca.pem";
/// Its private key.
const KEY: &str = "ca.key";
/// What it has issued.
const INDEX: &str = "index";
/// Folder of the issued certificates, `SERIAL.pem`, with the keys that were made here, `SERIAL.key`.
const ISSUED: &str = "issued";
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// A CA that is kept in a folder: `ca.pem`, `ca.key`, `index`, and `issued/SERIAL.pem` with `issued/SERIAL.key`.
#[derive(Debug)]
pub struct AuthorityFolder {
    folder: PathBuf,
    authority: Authority,
}

/// A certificate that was issued before, as it was handed out.
#[derive(Debug)]
pub struct KeptLeaf {
    /// What the index says of it.
    pub entry: IssuedEntry,
    /// The certificate, then the CA's, in PEM form.
    pub chain_pem: String,
    /// Its key in PEM form, if it was made here.
    pub key: Option<Secret<String>>,
}

/// Why a CA in a folder did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityFolderError {
    /// There is one.
    #[error("there is a CA in `{}` already: `um ca list` shows what it has issued", folder.display())]
    Exists {
        /// The folder.
        folder: PathBuf,
    },
    /// The CA itself.
    #[error("{0}")]
    Authority(AuthorityError),
    /// Nothing was issued.
    #[error("{0}")]
    Leaf(LeafRefusal),
    /// Nothing was revoked.
    #[error("{0}")]
    Revoke(RevokeRefusal),
    /// A file or folder could not be read or written; nothing was issued or revoked.
    #[error("`{}` cannot be read or written ({source}): let this server's user write in its folder", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// The operating system's word.
        source: io::Error,
    },
}

impl AuthorityFolder {
    /// Opens the CA of a folder; `None` if there is none.
    ///
    /// # Errors
    /// [`AuthorityFolderError::File`], [`AuthorityFolderError::Authority`].
    pub fn open(folder: &Path) -> Result<Option<Self>, AuthorityFolderError> {
        let Some(certificate) = read(&folder.join(CERTIFICATE))? else { return Ok(None) };
        let key = Secret::new(read(&folder.join(KEY))?.unwrap_or_default());
        // It is written before the certificate. Taken for empty, it would take every revocation back.
        let index = read(&folder.join(INDEX))?.ok_or_else(|| {
            let detail = format!("its `{INDEX}` of what was issued and revoked is gone");
            AuthorityFolderError::Authority(AuthorityError::Broken { detail })
        })?;
        let authority = Authority::from_pem(&certificate, key.expose(), &index)
            .map_err(AuthorityFolderError::Authority)?;
        Ok(Some(Self { folder: folder.to_owned(), authority }))
    }

    /// Founds a CA in a folder that has none. The certificate is written last: without it there is no CA.
    ///
    /// # Errors
    /// [`AuthorityFolderError::Exists`], `File` and `Authority`.
    pub fn found(
        folder: &Path,
        name: &str,
        key: KeyKind,
        now: Timestamp,
    ) -> Result<Self, AuthorityFolderError> {
        if folder.join(CERTIFICATE).exists() {
            return Err(AuthorityFolderError::Exists { folder: folder.to_owned() });
        }
        let authority = Authority::found(name, key, now).map_err(AuthorityFolderError::Authority)?;
        let issued = folder.join(ISSUED);
        make_folder(&issued)?;
        write(&folder.join(KEY), authority.key_pem().expose().as_bytes())?;
        write(&folder.join(INDEX), authority.index_text().as_bytes())?;
        write(&folder.join(CERTIFICATE), authority.certificate_pem().as_bytes())?;
        Ok(Self { folder: folder.to_owned(), authority })
    }

    /// The CA, with the URL of its revocation list in what it issues from now on.
    #[must_use]
    pub fn naming_list(mut self, url: Option<String>) -> Self {
        self.authority.crl_url = url;
        self
    }

    /// The CA.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Where the root certificate is, for `um trust add`.
    pub fn certificate_file(&self) -> PathBuf {
        self.folder.join(CERTIFICATE)
    }

    /// Issues a certificate and keeps it, first in the index. See [`Authority::issue`].
    ///
    /// # Errors
    /// [`AuthorityFolderError::Leaf`], [`AuthorityFolderError::File`].
    pub fn issue(
        &mut self,
        request: &LeafRequest<'_>,
        now: Timestamp,
    ) -> Result<IssuedLeaf, AuthorityFolderError> {
        let before = self.authority.index.clone();
        let leaf = self.authority.issue(request, now).map_err(AuthorityFolderError::Leaf)?;
        self.keep_index(before)?;
        if let Some(key) = &leaf.key {
            write(&self.issued(&leaf.facts.serial, "key"), key.expose().as_bytes())?;
        }
        write(&self.issued(&leaf.facts.serial, "pem"), leaf.chain_pem.as_bytes())?;
        Ok(leaf)
    }

    /// Revokes a certificate and forgets its key. See [`Authority::revoke`].
    ///
    /// # Errors
    /// [`AuthorityFolderError::Revoke`], [`AuthorityFolderError::File`].
    pub fn revoke(&mut self, which: &str, now: Timestamp) -> Result<IssuedEntry, AuthorityFolderError> {
        let before = self.authority.index.clone();
        let entry = self.authority.revoke(which, now).map_err(AuthorityFolderError::Revoke)?;
        self.keep_index(before)?;
        let key = self.issued(&entry.serial, "key");
        match fs::remove_file(&key) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(AuthorityFolderError::File { file: key, source })
            }
            Ok(()) | Err(_) => Ok(entry),
        }
    }

    /// The certificate of a name that is valid at `now`, not revoked, and lives longest.
    ///
    /// # Errors
    /// [`AuthorityFolderError::File`].
    pub fn kept(&self, fqdn: &str, now: Timestamp) -> Result<Option<KeptLeaf>, AuthorityFolderError> {
        let usable = |entry: &&IssuedEntry| {
            entry.fqdn.eq_ignore_ascii_case(fqdn) && entry.revoked.is_none() && now <= entry.not_after
        };
        let best = self.authority.list().iter().filter(usable).max_by_key(|entry| entry.not_after);
        let Some(entry) = best.cloned() else { return Ok(None) };
        // In the index and not there: the server was stopped between the two.
        let Some(chain_pem) = read(&self.issued(&entry.serial, "pem"))? else { return Ok(None) };
        let key = read(&self.issued(&entry.serial, "key"))?.map(Secret::new);
        Ok(Some(KeptLeaf { entry, chain_pem, key }))
    }

    /// Writes the revocation list of `now`, in DER, as `SHA256-OF-ROOT.crl` into a folder, where it is in force for this
    /// server's own peers; gives the file's name.
    ///
    /// # Errors
    /// [`AuthorityFolderError::Authority`], [`AuthorityFolderError::File`].
    pub fn write_crl(&self, folder: &Path, now: Timestamp) -> Result<PathBuf, AuthorityFolderError> {
        let list = self.authority.crl_der(now).map_err(AuthorityFolderError::Authority)?;
        make_folder(folder)?;
        let file = folder.join(&self.authority.facts().sha256).with_extension("crl");
        write(&file, &list)?;
        Ok(file)
    }

    fn issued(&self, serial: &str, extension: &str) -> PathBuf {
        self.folder.join(ISSUED).join(serial).with_extension(extension)
    }

    /// Writes the index, or takes the change back.
    fn keep_index(&mut self, before: super::index::Index) -> Result<(), AuthorityFolderError> {
        let kept = write(&self.folder.join(INDEX), self.authority.index_text().as_bytes());
        if kept.is_err() {
            self.authority.index = before;
        }
        kept
    }
}

fn read(file: &Path) -> Result<Option<String>, AuthorityFolderError> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(AuthorityFolderError::File { file: file.to_owned(), source }),
    }
}

fn make_folder(folder: &Path) -> Result<(), AuthorityFolderError> {
    let made = fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder);
    made.map_err(|source| AuthorityFolderError::File { file: folder.to_owned(), source })
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), AuthorityFolderError> {
    let partial = file.with_extension("part");
    let written = || {
        let mut options = fs::OpenOptions::new();
        let mut opened = options.write(true).create(true).truncate(true).mode(FILE_MODE).open(&partial)?;
        opened.set_permissions(fs::Permissions::from_mode(FILE_MODE))?;
        opened.write_all(bytes)?;
        opened.sync_all()?;
        fs::rename(&partial, file)?;
        file.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    };
    written().map_err(|source| AuthorityFolderError::File { file: file.to_owned(), source })
}
