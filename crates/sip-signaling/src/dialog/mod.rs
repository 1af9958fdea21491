//! Dialogs (RFC 3261 12): who belongs to one, in which order its requests come, and where ours go.

mod answer;
mod key;
mod own_invite;
mod route;
mod session_timer;

use std::time::Instant;

use bytes::Bytes;

pub(crate) use answer::{AnswerOutput, UnacknowledgedAnswer};
pub(crate) use key::DialogKey;
pub(crate) use own_invite::OwnInvite;
pub(crate) use route::RouteSet;
pub(crate) use session_timer::{OwnRefresh, SHORTEST_INTERVAL, SessionOutput, SessionTerms, SessionTimer};

use crate::endpoint::{Origin, Path};
use crate::{HeaderName, Method, TransactionId, UserKey};

/// Names one dialog of an [`Endpoint`](crate::Endpoint) for as long as the endpoint lives; never used again.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DialogId(pub(crate) u64);

/// The largest CSeq number (RFC 3261 8.1.1.5: "less than 2**31").
const MAX_SEQUENCE: u32 = 0x7fff_ffff;

/// Whether a dialog still serves its session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Phase {
    /// Confirmed by our 2xx (RFC 3261 12.1.1).
    Confirmed,
    /// The user has hung up before the ACK: "the callee's UA MUST NOT send a BYE on a confirmed dialog until it has
    /// received an ACK for its 2xx response or until the server transaction times out" (RFC 3261 15).
    ByeHeld { headers: Vec<(HeaderName, Bytes)> },
    /// Our BYE is under way.
    ByeSent,
}

/// What a dialog is for. One that serves several (RFC 5057) is not made here, but for the subscription that a REFER
/// brings with it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Usage {
    /// A call.
    Session,
    /// A subscription of the peer's (RFC 6665).
    Subscription,
}

impl Usage {
    /// Whether such a dialog can be meant by a request of this method.
    pub(crate) fn takes(self, method: &Method) -> bool {
        match self {
            Self::Session => true,
            Self::Subscription => matches!(method, Method::Subscribe | Method::Options),
        }
    }
}

/// Our last REFER in a dialog, as long as something may come of it (RFC 3515).
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnRefer {
    pub(crate) transaction: TransactionId,
    /// Its CSeq number: "the id parameter .. MUST be .. the sequence number .. of the REFER request" (RFC 3515 2.4.6).
    pub(crate) sequence: u32,
}

/// One dialog that a 2xx of ours has made (RFC 3261 12.1.1).
#[derive(Debug)]
pub(crate) struct Dialog {
    pub(crate) key: DialogKey,
    pub(crate) user: UserKey,
    pub(crate) usage: Usage,
    /// Where the INVITE or SUBSCRIBE came from: who belongs to this dialog, and our address for Via.
    pub(crate) origin: Origin,
    /// Whether our Contact is `sips:`.
    pub(crate) secure: bool,
    /// The way of our requests: that of the dialog's last request; `None` once its connection is gone.
    pub(crate) path: Option<Path>,
    pub(crate) routes: RouteSet,
    /// From of our requests: To of the INVITE or SUBSCRIBE with our tag.
    pub(crate) local: Bytes,
    /// To of our requests: its From.
    pub(crate) remote: Bytes,
    pub(crate) phase: Phase,
    /// The re-INVITE or UPDATE with an offer that the user has not answered.
    pub(crate) pending_offer: Option<TransactionId>,
    pub(crate) unacknowledged: Option<UnacknowledgedAnswer>,
    /// The way of the 2xx; `None` once its connection is gone.
    pub(crate) answer_path: Option<Path>,
    /// How we can refresh the session, by the peer's last Allow.
    pub(crate) own_refresh: OwnRefresh,
    /// `None` = the session lives until BYE.
    pub(crate) session: Option<SessionTimer>,
    /// Our re-INVITE under way.
    pub(crate) own_invite: Option<OwnInvite>,
    pub(crate) own_refer: Option<OwnRefer>,
    pub(crate) local_sequence: u32,
    pub(crate) remote_sequence: u32,
}

impl Dialog {
    /// Whether a request may belong to this dialog: the same transport class, and the same source or a gateway in
    /// common (docs/security-modes.md rule 3).
    pub(crate) fn admits(&self, origin: &Origin) -> bool {
        let is_on_its_way = self.path.as_ref().is_some_and(|path| path.leads_to(origin));
        self.origin.transport.class() == origin.transport.class()
            && (is_on_its_way || self.origin.may_be(origin))
    }

    /// Notes the CSeq of a request. `false` if it is out of order: "the request is out of order and MUST be rejected
    /// with a 500" (RFC 3261 12.2.2). The number of an earlier request is out of order too: a retransmission would
    /// have found its transaction.
    pub(crate) fn accept_sequence(&mut self, sequence: u32) -> bool {
        let in_order = sequence > self.remote_sequence;
        if in_order {
            self.remote_sequence = sequence;
        }
        in_order
    }

    /// The CSeq number of our next request.
    pub(crate) fn next_sequence(&mut self) -> u32 {
        self.local_sequence = match self.local_sequence {
            MAX_SEQUENCE.. => 1,
            last => last.saturating_add(1),
        };
        self.local_sequence
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let answer = self.unacknowledged.as_ref().map(UnacknowledgedAnswer::poll_timeout);
        let session = self.session.as_ref().map(SessionTimer::poll_timeout);
        let own = self.own_invite.as_ref().and_then(|invite| invite.machine.poll_timeout());
        [answer, session, own].into_iter().flatten().min()
    }
}
