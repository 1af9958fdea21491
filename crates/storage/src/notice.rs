use mailbox::{Mailbox, MailboxId};

/// Something that others go by has changed, durably; see [`crate::StoreOptions::on_notice`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StoreNotice {
    /// The [counts](mailbox::MessageCounts) of a mailbox may have changed: ask [`crate::Store::counts`] for them.
    MailboxChanged {
        /// The mailbox.
        mailbox: MailboxId,
    },
    /// A mailbox was disabled, and its messages are gone with it.
    MailboxGone {
        /// As it was.
        mailbox: Box<Mailbox>,
    },
}
