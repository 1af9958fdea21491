use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use crate::DiskSpace;

/// What the store asks of the file system for its audio: the seam at which tests let a disk fail.
pub(crate) trait FileSystem: Send + Sync {
    /// Makes a new file, readable by its owner alone, that only grows.
    fn create(&self, path: &Path) -> io::Result<Box<dyn GrowingFile>>;

    /// Makes what a file holds durable; the file may have been written by an earlier process.
    fn sync_file(&self, path: &Path) -> io::Result<()>;

    /// Makes the list of names of a folder durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Removes a file; one that is not there is [`io::ErrorKind::NotFound`].
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// The names in a folder, in any order.
    fn list(&self, folder: &Path) -> io::Result<Vec<OsString>>;

    /// How full the file system that holds a folder is.
    fn space(&self, folder: &Path) -> io::Result<DiskSpace>;
}

/// A file that is being written.
pub(crate) trait GrowingFile: Send {
    /// Appends all octets, or fails with some of them written.
    fn append(&mut self, octets: &[u8]) -> io::Result<()>;

    /// Makes what was appended durable.
    fn sync(&self) -> io::Result<()>;
}

/// The file system of the machine.
pub(crate) struct SystemFiles;

impl FileSystem for SystemFiles {
    fn create(&self, path: &Path) -> io::Result<Box<dyn GrowingFile>> {
        let file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)?;
        Ok(Box::new(file))
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect()
    }

    fn space(&self, folder: &Path) -> io::Result<DiskSpace> {
        let space = rustix::fs::statvfs(folder)?;
        Ok(DiskSpace {
            free: space.f_bavail.saturating_mul(space.f_frsize),
            total: space.f_blocks.saturating_mul(space.f_frsize),
        })
    }
}

impl GrowingFile for File {
    fn append(&mut self, octets: &[u8]) -> io::Result<()> {
        self.write_all(octets)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_all()
    }
}
