use std::path::Path;

use crate::StoreError;

/// How full the disk under the data folder is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DiskSpace {
    /// Octets that this process may still write.
    pub free: u64,
    /// Octets of the whole file system.
    pub total: u64,
}

impl DiskSpace {
    /// Asks the file system that holds `folder`.
    pub(crate) fn of(folder: &Path) -> Result<Self, StoreError> {
        let space = rustix::fs::statvfs(folder).map_err(|source| StoreError::File {
            doing: "asking for the free space of",
            path: folder.to_owned(),
            source: source.into(),
        })?;
        Ok(Self {
            free: space.f_bavail.saturating_mul(space.f_frsize),
            total: space.f_blocks.saturating_mul(space.f_frsize),
        })
    }
}
