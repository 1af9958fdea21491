use mailbox::{Mailbox, MailboxId};

/// Something that others go by has changed, durably; see [`crate::StoreOptions::on_notice`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StoreNotice {
    /// A mailbox is new, or its facts or its [counts](mailbox::MessageCounts) may have changed: ask
    /// [`crate::Store::mailbox`] and [`crate::Store::counts`] for them.
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
