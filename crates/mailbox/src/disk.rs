/// How much room the disk under the mailboxes has, against the marks of the configuration.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum DiskState {
    /// Messages are taken.
    #[default]
    Ample,
    /// Below `disk_soft`: callers are told that no message can be left.
    Low,
    /// Below `disk_floor`: an INVITE to a mailbox is refused with `503`.
    Full,
}
