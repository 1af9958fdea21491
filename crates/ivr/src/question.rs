use mailbox::{
    GreetingKind, KeptGreeting, LogOn, MailboxCard, MailboxId, MessageId, MessageState, MessageSummary,
    NameOrder, NamesFound, OptionChange, OutgoingMessage, PinRefusal,
};
use std::time::Duration;
use telephony::Secret;

/// What a conversation asks of the store. One question is open at a time; each is answered by one
/// [`crate::IvrInput::Answered`], unless the call ends before.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Question {
    /// Is this the PIN of this number? [`Answer::LogOn`].
    LogOn {
        /// The extension, as entered or as it called.
        number: String,
        /// The digits.
        pin: Secret<String>,
    },
    /// Change the PIN: [`Answer::Pin`].
    SetPin {
        /// The mailbox, open.
        mailbox: MailboxId,
        /// The digits.
        pin: Secret<String>,
    },
    /// Who has this number of the plan? [`Answer::Card`].
    Card {
        /// An extension or alias.
        number: String,
    },
    /// The messages of a mailbox, in the order they are told: [`Answer::Messages`].
    Messages {
        /// The mailbox, open.
        mailbox: MailboxId,
    },
    /// Save, delete, undelete or make new again: [`Answer::Changed`].
    Mark {
        /// The mailbox, open.
        mailbox: MailboxId,
        /// Its message.
        message: MessageId,
        /// From now on.
        state: MessageState,
    },
    /// Send a message, with what was recorded last if [`OutgoingMessage::recorded`] says so: [`Answer::Changed`].
    Send(OutgoingMessage),
    /// What was recorded last becomes a greeting or the recorded name: [`Answer::GreetingKept`].
    KeepGreeting {
        /// The mailbox, open.
        mailbox: MailboxId,
        /// Which.
        kind: GreetingKind,
        /// As the recording's end told it.
        length: Duration,
    },
    /// Change an option: [`Answer::Changed`].
    SetOption {
        /// The mailbox, open.
        mailbox: MailboxId,
        /// What.
        change: OptionChange,
    },
    /// Whose name do these keys spell? [`Answer::Names`].
    Names {
        /// Decimal keys, at least one.
        digits: String,
        /// Which name comes first.
        order: NameOrder,
    },
}

/// What came of a [`Question`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// To [`Question::LogOn`].
    LogOn(LogOn),
    /// To [`Question::SetPin`].
    Pin(Result<(), PinRefusal>),
    /// To [`Question::Card`]: nobody has the number, or who has it.
    Card(Option<Box<MailboxCard>>),
    /// To [`Question::Messages`].
    Messages(Vec<MessageSummary>),
    /// To [`Question::KeepGreeting`]. `None`: the mailbox is gone, or nothing was said.
    GreetingKept(Option<KeptGreeting>),
    /// To the other changes. `false`: what it was about is not there any more.
    Changed(bool),
    /// To [`Question::Names`].
    Names(NamesFound),
    /// The store could not do it; nothing has changed.
    Failed,
}

impl Answer {
    /// Whether the change was made; `None` if the store could not try.
    pub(crate) fn changed(&self) -> Option<bool> {
        let Self::Changed(changed) = self else { return None };
        Some(*changed)
    }
}
