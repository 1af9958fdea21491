//! From the folder into memory.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    CHOSEN, Candidate, CertificateStore, Flags, MAX_FILES, is_sha256, plain_digits, read_bounded,
    read_if_there,
};
use crate::{
    facts::CertificateFacts,
    identity::{Identity, IdentityError},
    pem,
    waiting_key::WaitingKey,
};

impl CertificateStore {
    pub(super) fn read_folder(&mut self) {
        let mut files = self.files();
        for file in files.remove("pem").unwrap_or_default() {
            self.read(file);
        }
        for request in files.remove("csr").unwrap_or_default() {
            self.read_request(request);
        }
        self.read_chosen();
    }

    /// The files of the folder by extension, each kind by name.
    fn files(&mut self) -> BTreeMap<&'static str, Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return BTreeMap::new(),
            Err(error) => {
                self.fault(self.folder.clone(), format!("the folder cannot be read: {error}"));
                return BTreeMap::new();
            }
        };
        let mut files: BTreeMap<&str, Vec<PathBuf>> = BTreeMap::new();
        for path in entries.flatten().map(|entry| entry.path()) {
            let extension = path.extension().and_then(OsStr::to_str);
            let Some(kind) = ["pem", "csr"].into_iter().find(|kind| extension == Some(kind)) else {
                continue;
            };
            files.entry(kind).or_default().push(path);
        }
        for (kind, files) in &mut files {
            files.sort();
            if files.len() > MAX_FILES {
                files.truncate(MAX_FILES);
                let reason = format!("it holds more than {MAX_FILES} files `*.{kind}`; the rest is not read");
                self.fault(self.folder.clone(), reason);
            }
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
        let identity = self.identity(&file, &text).map(Arc::new);
        let flags = self.flags(&file.with_extension("flags"));
        self.candidates.push(Candidate { file, facts, identity, flags });
    }

    /// The key beside the certificate, else the one in the same file.
    fn identity(&mut self, file: &Path, text: &str) -> Result<Identity, IdentityError> {
        let beside = file.with_extension("key");
        let key = match read_if_there(&beside) {
            Ok(Some(key)) => {
                self.ask_for_privacy(&beside);
                key
            }
            Ok(None) | Err(_) if pem::private_key(text).is_some() => {
                self.ask_for_privacy(file);
                text.to_owned()
            }
            Ok(None) => return Err(IdentityError::NoKey),
            Err(reason) => {
                self.fault(beside, reason);
                return Err(IdentityError::NoKey);
            }
        };
        Identity::from_pem(text, &key)
    }

    /// Flags that cannot be read may have said that the certificate is not to be presented: so it is not.
    fn flags(&mut self, file: &Path) -> Flags {
        let read = read_if_there(file).and_then(|text| Flags::read(text.as_deref().unwrap_or_default()));
        read.unwrap_or_else(|reason| {
            self.fault(file.to_owned(), format!("{reason}; until then the certificate is inactive"));
            Flags { inactive: true, ..Flags::default() }
        })
    }

    fn read_request(&mut self, file: PathBuf) {
        if file.with_extension("pem").exists() {
            return;
        }
        let key = file.with_extension("key");
        if !key.exists() {
            let reason = "there is no key to this signing request: make another one with `um cert csr`";
            return self.fault(file, reason.to_owned());
        }
        self.ask_for_privacy(&key);
        match read_bounded(&file).and_then(|text| WaitingKey::read(&key, &text)) {
            Ok(waiting) => self.waiting.push(waiting),
            Err(reason) => self.fault(file, reason),
        }
    }

    fn read_chosen(&mut self) {
        let file = self.folder.join(CHOSEN);
        let text = match read_if_there(&file) {
            Ok(Some(text)) => text,
            Ok(None) => return,
            Err(reason) => return self.fault(file, reason),
        };
        let sha256 = plain_digits(&text);
        if !is_sha256(&sha256) {
            let reason = "it holds no SHA-256 of a certificate: run `um cert use THUMBPRINT`";
            return self.fault(file, reason.to_owned());
        }
        if !self.candidates.iter().any(|candidate| candidate.facts.sha256 == sha256) {
            let reason = format!(
                "the certificate {sha256} is not in this folder: import it, or run `um cert use THUMBPRINT` with another"
            );
            self.fault(file, reason);
        }
        self.preferred = Some(sha256);
    }

    fn ask_for_privacy(&mut self, file: &Path) {
        let open = fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o077 != 0);
        if open {
            let reason = "others may read this private key: run `chmod 600` on it";
            self.fault(file.to_owned(), reason.to_owned());
        }
    }
}
