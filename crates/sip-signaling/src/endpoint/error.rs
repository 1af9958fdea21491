use crate::{FinalResponseAlreadySent, StatusCode};

/// A command that the endpoint's user may not give now. Nothing was sent and nothing has changed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SipError {
    /// The transaction is over (its flow may be gone), or never was.
    #[error("no such transaction: it was answered and forgotten, or its flow is gone")]
    UnknownTransaction,
    /// The dialog is over, or never was.
    #[error("no such dialog: wait for no further event of it")]
    UnknownDialog,
    /// BYE was already sent or is about to be.
    #[error("the dialog is already ending: wait for its Ended event")]
    DialogEnding,
    /// Another offer waits in the dialog, or nothing leads to the peer.
    #[error(
        "an offer waits in the dialog, or no flow leads to the peer: try again when the refresh is due again"
    )]
    OfferPending,
    /// As many requests of ours wait for their answers as may.
    #[error("{limit} requests of this server wait for their answers already: ask again later")]
    TooManyTransactions {
        /// See [`EndpointLimits`](super::EndpointLimits).
        limit: usize,
    },
    /// As many peers subscribe as may.
    #[error("{limit} subscriptions are there already: answer 503")]
    TooManySubscriptions {
        /// See [`EndpointLimits`](super::EndpointLimits).
        limit: usize,
    },
    /// Nothing leads to the peer of the dialog, and nobody knows whose it is.
    #[error("no flow leads to the peer of the dialog: hang up")]
    NoWay,
    /// See [`FinalResponseAlreadySent`].
    #[error(transparent)]
    FinalResponseAlreadySent(#[from] FinalResponseAlreadySent),
    /// We send no provisional response of the user's: a peer that requires 100rel would have to get it reliably.
    #[error("{status} is provisional: answer with a final status")]
    Provisional {
        /// The status given to `respond`.
        status: StatusCode,
    },
    /// A 2xx to an INVITE or SUBSCRIBE outside a dialog makes a dialog.
    #[error(
        "answering {status} to a new INVITE or SUBSCRIBE makes a dialog: use accept_invite or accept_subscription"
    )]
    MakesADialog {
        /// The status given to `respond`.
        status: StatusCode,
    },
    /// `accept_invite` is for a new INVITE and a 2xx, `accept_subscription` for a new SUBSCRIBE.
    #[error("a dialog is made of a new INVITE or SUBSCRIBE and a 2xx, not {status}: use respond")]
    MakesNoDialog {
        /// The status given.
        status: StatusCode,
    },
    /// An INVITE has no owner.
    #[error("the INVITE has no owner: claim it before accepting it")]
    Unclaimed,
}
