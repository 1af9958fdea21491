use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A SIP message as it went over the wire, without its secrets: `GET /v1/trace`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TraceRow {
    /// Ascending in the life of a server process; also the place to go on from.
    pub sequence: u64,
    /// When it came or went.
    pub at: Timestamp,
    /// The gateways that the peer may be; more than one only if they share an address.
    pub gateways: Vec<String>,
    /// `in` or `out`.
    pub direction: String,
    /// `UDP`, `TCP` or `TLS`.
    pub transport: String,
    /// The peer's address and port.
    pub peer: String,
    /// Its Call-ID, if it has one.
    pub call_id: Option<String>,
    /// Octets of the message on the wire.
    pub octets: usize,
    /// Only its first 8 KiB are kept.
    pub cut: bool,
    /// The message: secrets are blanked, lines end in a line feed, other control characters are escaped.
    pub text: String,
}

/// Which messages are asked for.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct TraceQuery {
    /// Only of this gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// Only of this call: its number in `um calls list`, or its Call-ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// Only messages behind this sequence number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// If there are none, wait this long for one, at most 60 s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_seconds: Option<u32>,
}

impl TraceQuery {
    /// The longest wait.
    pub const MAX_WAIT_SECONDS: u32 = 60;
    /// The most messages of one answer: the newest.
    pub const MAX_MESSAGES: usize = 1_000;

    /// The wait in force, in seconds.
    pub fn effective_wait(&self) -> u32 {
        self.wait_seconds.unwrap_or(0).min(Self::MAX_WAIT_SECONDS)
    }
}
