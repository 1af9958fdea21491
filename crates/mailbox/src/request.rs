use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use telephony::Secret;

use crate::{
    GreetingKind, KeptGreeting, LogOn, Mailbox, MailboxCard, MailboxId, MailboxRoom, MessageDetails,
    MessageId, MessageState, MessageSummary, MissedCall, NameOrder, NamesFound, OptionChange,
    OutgoingMessage, PinRefusal, PinRules, RecordedGreeting, RecordedName, RecordingHeader,
};

/// Something the signalling core asks of the store. The answer is a [`StoreReply`] with the same token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoreRequest {
    /// Chosen by the asker; comes back with the reply, so that a late one is known as stale.
    pub token: u64,
    /// What is asked.
    pub what: StoreRequestKind,
}

/// The requests of a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StoreRequestKind {
    /// Whom is the call for? The first candidate that equals an extension or a number alias of the plan wins.
    FindMailbox {
        /// The dial plan, by name.
        dial_plan: String,
        /// Numbers after the gateway's number rules, best first.
        candidates: Vec<String>,
        /// When: the day decides which greeting callers hear.
        at: Timestamp,
    },
    /// Make the audio file. Blocks of this recording may be appended once this request has been submitted.
    BeginRecording {
        /// The asker's own number for the recording, used once in the life of the process.
        recording: u64,
        /// The head of the file.
        header: RecordingHeader,
    },
    /// Make the recording a message. Asked after the last block has been appended; answered when the file and its
    /// row are durable, and not before.
    CommitMessage {
        /// The recording.
        recording: u64,
        /// What is known at its end.
        details: MessageDetails,
    },
    /// Throw the recording away on purpose, its file too.
    DiscardRecording {
        /// The recording.
        recording: u64,
    },
    /// Try a PIN. Counted durably before it is compared, and costs the same whether the mailbox exists or not.
    LogOn(PinAttempt),
    /// What the phone asks about mailboxes and messages.
    Phone(PhoneQuestion),
    /// What the phone changes; answered when it is durable.
    Change {
        /// When.
        at: Timestamp,
        /// What.
        what: PhoneChange,
    },
    /// A caller has left nothing: [`StoreReplyKind::Changed`] once it is durable.
    NoteMissed(MissedCall),
}

/// One try of a PIN.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PinAttempt {
    /// The dial plan, by name.
    pub dial_plan: String,
    /// The number that was entered, or that called.
    pub number: String,
    /// The digits.
    pub pin: Secret<String>,
    /// The gateway that brought the call; with `caller` the one who guesses.
    pub gateway: String,
    /// The caller's number; `None` if withheld.
    pub caller: Option<String>,
    /// What each policy of the plan that lets its subscribers log on asks of PINs, by the policy's name.
    pub rules: Arc<BTreeMap<String, PinRules>>,
    /// When.
    pub at: Timestamp,
}

/// What the phone asks about mailboxes and messages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PhoneQuestion {
    /// Who has this number?
    Card {
        /// The dial plan, by name.
        dial_plan: String,
        /// An extension or alias.
        number: String,
    },
    /// The messages of a mailbox, new ones first, urgent ones first among them, then oldest first; deleted ones left out.
    Messages {
        /// The mailbox.
        mailbox: MailboxId,
    },
    /// Whose name do these keys spell?
    Names {
        /// The dial plan, by name.
        dial_plan: String,
        /// Decimal keys, at least one.
        digits: String,
        /// Which name comes first.
        order: NameOrder,
    },
}

/// What the phone changes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PhoneChange {
    /// A new PIN, thought of by the owner.
    Pin {
        /// The mailbox.
        mailbox: MailboxId,
        /// The digits.
        pin: Secret<String>,
        /// What the policy asks.
        rules: PinRules,
    },
    /// Where a message stands.
    Message {
        /// The mailbox, whose message it must be.
        mailbox: MailboxId,
        /// The message.
        message: MessageId,
        /// From now on.
        state: MessageState,
    },
    /// A message from one mailbox to another.
    Send {
        /// The recording in it, if one was made.
        recording: Option<OutgoingRecording>,
        /// The message.
        message: OutgoingMessage,
    },
    /// What was recorded becomes a greeting or the recorded name: [`StoreReplyKind::GreetingKept`].
    Greeting {
        /// The mailbox.
        mailbox: MailboxId,
        /// Which.
        kind: GreetingKind,
        /// The recording.
        recording: OutgoingRecording,
    },
    /// An option.
    Option {
        /// The mailbox.
        mailbox: MailboxId,
        /// What.
        change: OptionChange,
    },
}

/// An open recording that a change uses up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OutgoingRecording {
    /// As [`StoreRequestKind::BeginRecording`] named it.
    pub recording: u64,
    /// How long it plays.
    pub length: Duration,
}

/// The answer to a [`StoreRequest`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoreReply {
    /// The token of the request.
    pub token: u64,
    /// What came of it.
    pub what: Result<StoreReplyKind, StoreFailure>,
}

/// The mailbox that a call is for, with all that its greeting needs: the audio is read here, where the call waits for
/// the disk once anyway, and is played from memory like a prompt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FoundMailbox {
    /// The place of the winning candidate.
    pub candidate: usize,
    /// The mailbox.
    pub mailbox: Mailbox,
    /// Its recorded name.
    pub recorded_name: Option<RecordedName>,
    /// The greeting that callers hear now.
    pub greeting: Option<RecordedGreeting>,
    /// What is left of its quota.
    pub room: MailboxRoom,
}

/// What the store answers, by request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StoreReplyKind {
    /// Whom the call is for; `None` if no candidate is a number of the plan.
    Mailbox(Option<Box<FoundMailbox>>),
    /// The audio file stands.
    RecordingBegun,
    /// The message is durable; now the caller may be told.
    Committed {
        /// The row of the message.
        message: MessageId,
    },
    /// The file is gone.
    Discarded,
    /// What came of the log-on.
    LogOn(LogOn),
    /// Who has the number.
    Card(Option<Box<MailboxCard>>),
    /// The messages.
    Messages(Vec<MessageSummary>),
    /// Whose name it is.
    Names(NamesFound),
    /// The PIN is changed, or why not.
    Pin(Result<(), PinRefusal>),
    /// What the recording has become, durably; `None`: the mailbox is gone, or nothing was said.
    GreetingKept(Option<KeptGreeting>),
    /// The change is durable. `false`: what it was about is not there any more.
    Changed(bool),
}

/// Why the store could not do it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StoreFailure {
    /// A number that was never begun, or was committed or discarded already: the asker's mistake.
    #[error("recording {recording} is not open: begin it first, and end it once")]
    NoSuchRecording {
        /// The number asked for.
        recording: u64,
    },
    /// A number that is open already: the asker's mistake.
    #[error("recording {recording} is open already: use another number")]
    RecordingOpen {
        /// The number asked for.
        recording: u64,
    },
    /// The mailbox was disabled while the caller spoke. The audio file is kept.
    #[error("mailbox {mailbox} does not exist any more: its audio file is kept in the data folder")]
    NoSuchMailbox {
        /// The mailbox of the recording.
        mailbox: MailboxId,
    },
    /// The disk or the database failed. What was written is kept.
    #[error("the store failed while {doing} ({detail}): look at the disk of the data folder")]
    Broken {
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        detail: String,
    },
    /// The store is shutting down.
    #[error("the store is closed: the server is stopping")]
    Closed,
}
