/// How many messages a mailbox has, as a lamp shows it (RFC 3842 5.2): deleted ones are not counted.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct MessageCounts {
    /// Those not heard yet, the urgent ones among them.
    pub new: u32,
    /// The urgent ones of [`MessageCounts::new`].
    pub new_urgent: u32,
    /// Those heard and kept, the urgent ones among them.
    pub old: u32,
    /// The urgent ones of [`MessageCounts::old`].
    pub old_urgent: u32,
}

impl MessageCounts {
    /// All messages.
    pub fn all(self) -> u32 {
        self.new.saturating_add(self.old)
    }

    /// Whether the lamp is lit.
    pub fn is_waiting(self) -> bool {
        self.new > 0
    }
}
