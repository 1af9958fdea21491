/// How full the disk under the data folder is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DiskSpace {
    /// Octets that this process may still write.
    pub free: u64,
    /// Octets of the whole file system.
    pub total: u64,
}
