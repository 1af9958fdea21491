use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A call that is up, as the board shows it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LiveCall {
    /// Its number: never used twice in the life of a server process.
    pub id: u64,
    /// The Call-ID of the peer's INVITE.
    pub sip_call_id: String,
    /// The gateway that it came from.
    pub gateway: String,
    /// Its dial plan.
    pub dial_plan: String,
    /// The mailbox, `4001@hq`, once it is known.
    pub mailbox: Option<String>,
    /// The caller's number; `None` if withheld.
    pub caller: Option<String>,
    /// The caller's display name, if one came with the call.
    pub caller_name: Option<String>,
    /// `UDP`, `TCP` or `TLS`.
    pub transport: String,
    /// Where it is: `admitting`, `answering`, `talking` or `ending`.
    pub stage: String,
    /// When it came.
    pub started: Timestamp,
}

/// Which calls are asked for.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct CallQuery {
    /// Only of this gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
}
