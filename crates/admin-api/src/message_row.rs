use jiff::Timestamp;
use mailbox::MessageState;
use serde::{Deserialize, Serialize};

/// Header of the answer with a message's audio: `true` if the file is damaged and the audio ends where it can no longer
/// be read; absent otherwise.
pub const DAMAGED_HEADER: &str = "um-damaged";

/// A stored message as lists show it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct MessageRow {
    /// Its number; unique on this server.
    pub id: i64,
    /// The mailbox, `4001@hq`.
    pub mailbox: String,
    /// When it was left.
    pub received: Timestamp,
    /// How long it is.
    pub length_seconds: f64,
    /// The codec that it is stored in.
    pub codec: String,
    /// The caller's number; `None` if withheld.
    pub caller: Option<String>,
    /// The caller's name, if one came with the call.
    pub caller_name: Option<String>,
    /// The SIP Call-ID of the call that left it.
    pub call_id: String,
    /// Marked urgent by the caller.
    pub urgent: bool,
    /// The recording was cut short by a fault or a stop of the server.
    pub interrupted: bool,
    /// Not to be forwarded.
    pub private: bool,
    /// `new`, `saved` or `deleted`.
    pub state: MessageState,
    /// When the owner deleted it; `None` unless `state` is `deleted`.
    pub deleted_at: Option<Timestamp>,
}

/// Which messages of a mailbox a list is asked for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct MessageQuery {
    /// Those that the owner deleted and that can be restored, in place of the others.
    #[serde(default)]
    pub deleted: bool,
}
