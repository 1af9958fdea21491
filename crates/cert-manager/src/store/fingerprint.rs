//! Has anything changed in the folder?

use std::{
    ffi::OsStr,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::{CHOSEN, CertificateStore};

const EXTENSIONS: [&str; 4] = ["pem", "key", "flags", "csr"];

impl CertificateStore {
    /// A number that changes whenever a file of the folder that is read by [`CertificateStore::load`] comes, goes or is
    /// written: of their names, sizes, inodes and times. Nothing is opened. A folder that is not there has one as well.
    ///
    /// Take it *before* loading: what is written in between is then found by the next comparison.
    pub fn fingerprint(folder: &Path) -> u64 {
        let mut hasher = DefaultHasher::new();
        let Ok(entries) = fs::read_dir(folder) else { return hasher.finish() };
        let mut files: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(|path| counts(path)).collect();
        files.sort();
        for file in files {
            file.hash(&mut hasher);
            // Of the file that a link leads to: tools of renewal exchange that one.
            if let Ok(found) = fs::metadata(&file) {
                (found.len(), found.ino(), found.mode()).hash(&mut hasher);
                (found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec()).hash(&mut hasher);
            }
        }
        hasher.finish()
    }
}

fn counts(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    path.file_name() == Some(OsStr::new(CHOSEN)) || extension.is_some_and(|found| EXTENSIONS.contains(&found))
}
