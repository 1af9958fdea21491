use crate::{Mailbox, MailboxId, MessageDetails, MessageId, RecordedName, RecordingHeader};

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
