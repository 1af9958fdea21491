use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rustix::fs::{FlockOperation, flock};

use crate::StoreError;

/// The lock file of a data folder; it says the process id of the holder.
const LOCK_FILE: &str = "um.lock";

/// Holds a data folder for one server; the system lets go when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the folder, or says who has it.
    pub(crate) fn take(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(LOCK_FILE);
        let failed =
            |source| StoreError::File { doing: "locking the data folder by", path: path.clone(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut text = String::new();
                // Not readable means not known; the refusal stands either way.
                let _ = file.take(32).read_to_string(&mut text);
                return Err(StoreError::Locked { folder: folder.to_owned(), pid: text.trim().parse().ok() });
            }
            Err(errno) => return Err(failed(errno.into())),
        }
        file.set_len(0).map_err(failed)?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_told_the_process_of_the_first() {
        let folder = tempfile::tempdir().unwrap();

        let held = FolderLock::take(folder.path()).unwrap();
        let second = FolderLock::take(folder.path());

        assert!(
            matches!(second, Err(StoreError::Locked { pid: Some(pid), .. }) if pid == std::process::id()),
            "{second:?}"
        );
        drop(held);
        assert!(FolderLock::take(folder.path()).is_ok());
    }
}
