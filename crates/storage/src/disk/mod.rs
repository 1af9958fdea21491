//! What lies beside the database on the disk: the data folder, its lock, its marks and its files, and what callers speak.
pub(crate) mod data_folder;
pub(crate) mod file_system;
pub(crate) mod folder_lock;
pub(crate) mod marks;
pub(crate) mod spool;

/// How full the disk under the data folder is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DiskSpace {
    /// Octets that this process may still write.
    pub free: u64,
    /// Octets of the whole file system.
    pub total: u64,
}
