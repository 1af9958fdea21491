use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A file that a command exports to: never one that existed before.
#[derive(Debug)]
pub(crate) struct NewFile {
    path: PathBuf,
    file: File,
}

impl NewFile {
    /// Makes the empty file.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        Self::opened(path, File::create_new(path))
    }

    /// Makes the empty file, which its owner alone may read: for keys.
    pub(crate) fn create_private(path: &Path) -> Result<Self, Failure> {
        Self::opened(path, File::options().write(true).create_new(true).mode(0o600).open(path))
    }

    fn opened(path: &Path, opened: std::io::Result<File>) -> Result<Self, Failure> {
        match opened {
            Ok(file) => Ok(Self { path: path.to_owned(), file }),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Failure::no(
                format!("{} exists", path.display()),
                "give another name, or delete the file first",
            )),
            Err(error) => Err(Failure::could_not_run(
                format!("{} cannot be written: {error}", path.display()),
                "give --to a file in a folder that you may write to",
            )),
        }
    }

    /// Writes all of it.
    pub(crate) fn fill(mut self, content: &[u8]) -> Result<(), Failure> {
        self.file.write_all(content).and_then(|()| self.file.sync_all()).map_err(|error| {
            Failure::could_not_run(format!("{} cannot be written: {error}", self.path.display()), "")
        })
    }

    /// Takes the empty file away again, because there is nothing to write.
    pub(crate) fn give_up(self) {
        // It was ours; a failure to remove it changes nothing in the answer.
        let _ = std::fs::remove_file(&self.path);
    }
}
