//! The four transactions of RFC 3261 17 with the corrections of RFC 6026, and how messages find theirs (17.1.3, 17.2.3).
//!
//! Each machine is a `match (state, event)` with one arm for each arrow of the RFC's figure. A machine knows no
//! grammar beyond the class of a status: it is given bytes and gives bytes back.

mod agenda;
mod invite_client;
mod invite_server;
mod key;
mod non_invite_client;
mod non_invite_server;
mod timing;

pub use invite_client::{InviteClientOutput, InviteClientState, InviteClientTransaction};
pub use invite_server::{
    InviteServerOutput, InviteServerState, InviteServerTransaction, TRYING_AFTER, UNANSWERED_INVITE_LIMIT,
};
pub(crate) use key::{ClientKey, MergeKey, ServerKey};
pub use non_invite_client::{NonInviteClientOutput, NonInviteClientState, NonInviteClientTransaction};
pub use non_invite_server::{NonInviteServerOutput, NonInviteServerState, NonInviteServerTransaction};
pub use timing::{Reliability, Timing};

use crate::StatusCode;

/// Names one transaction of an [`Endpoint`](crate::Endpoint) for as long as the endpoint lives; never used again.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TransactionId(pub(crate) u64);

/// Why a transaction is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TerminationCause {
    /// As the figure of the RFC wishes it: answered, and everything late has been absorbed.
    Finished,
    /// Timer H: the final response that refuses an INVITE was never acknowledged.
    AckNeverArrived,
    /// Timer B or F: nobody answered our request.
    TimedOut,
    /// The user of a server transaction gave no final response while the client could still hear it (RFC 4320 4.1).
    NeverAnswered,
    /// The flow below it is gone (RFC 3261 17.1.4, 17.2.4).
    TransportFailed,
}

/// A response was given to a transaction that has already sent its final one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the transaction has already sent a final response: do not answer {status} to it as well")]
pub struct FinalResponseAlreadySent {
    /// The status that came too late.
    pub status: StatusCode,
}

/// The three kinds of response that the figures of RFC 3261 17 tell apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// 1xx.
    Provisional,
    /// 2xx.
    Success,
    /// 300 to 699.
    Failure,
}

impl Outcome {
    pub(crate) fn of(status: StatusCode) -> Self {
        match status.code() {
            ..=199 => Self::Provisional,
            200..=299 => Self::Success,
            300.. => Self::Failure,
        }
    }
}
