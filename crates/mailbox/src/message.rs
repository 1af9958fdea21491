use std::{fmt, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use telephony::AudioCodec;

use crate::{MailboxId, MessageState};

/// The row of a message in the index; never given to a second message.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct MessageId(pub i64);

/// A stored voice message: it exists because its row does.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Message {
    /// The row in the index.
    pub id: MessageId,
    /// Whose message it is.
    pub mailbox: MailboxId,
    /// When it was kept: the recording had ended, and the caller had reviewed it or gone.
    pub received: Timestamp,
    /// How long it plays.
    pub length: Duration,
    /// How the stored octets are coded.
    pub codec: AudioCodec,
    /// The caller's number; `None` if withheld.
    pub caller: Option<String>,
    /// The caller's display name.
    pub caller_name: Option<String>,
    /// The SIP Call-ID of the call that left it.
    pub call_id: String,
    /// The caller asked for high importance.
    pub urgent: bool,
    /// The recording did not end as the caller meant: the server stopped, or the disk stalled.
    pub interrupted: bool,
    /// The caller, or the sender, asked that it be not forwarded.
    pub private: bool,
    /// Where it stands with the owner.
    pub state: MessageState,
    /// The mailbox that sent it, or whose number called.
    pub sender: Option<MailboxId>,
    /// When the owner deleted it; `None` unless it is [`MessageState::Deleted`].
    pub deleted_at: Option<Timestamp>,
    /// The audio file, relative to the data folder.
    pub file: String,
    /// Blocks in the audio file.
    pub blocks: u32,
    /// Octets of audio in the file.
    pub octets: u64,
}

/// What is known when a recording begins; written to the head of the audio file, so that an interrupted recording
/// can be recovered without its call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecordingHeader {
    /// How the blocks will be coded.
    pub codec: AudioCodec,
    /// Whom the message is for.
    pub mailbox: MailboxId,
    /// The SIP Call-ID.
    pub call_id: String,
    /// When the recording began.
    pub started: Timestamp,
    /// The caller's number; `None` if withheld.
    pub caller: Option<String>,
    /// The caller's display name.
    pub caller_name: Option<String>,
    /// What is to become of it.
    pub purpose: RecordingPurpose,
}

/// What is to become of a recording: decides what the next start does with one that was interrupted by a crash.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RecordingPurpose {
    /// A caller's message: kept as interrupted.
    #[default]
    Message,
    /// A greeting, a name, or what a subscriber was about to send: thrown away.
    Draft,
}

/// What is known only when a recording has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MessageDetails {
    /// When it was kept: the recording had ended, and the caller had reviewed it or gone.
    pub received: Timestamp,
    /// How long it plays, as the media session measured it.
    pub length: Duration,
    /// The caller asked for high importance.
    pub urgent: bool,
    /// Not to be forwarded.
    pub private: bool,
    /// The recording did not end as the caller meant.
    pub interrupted: bool,
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
