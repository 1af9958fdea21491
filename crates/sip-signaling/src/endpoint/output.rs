use std::net::SocketAddr;

use bytes::Bytes;
use telephony::Event;

use super::{FlowId, FlowOrder, Origin, SipBody, Transport};
use crate::{DialogId, Request, RequestHead, Response, StatusCode, TerminationCause, TransactionId};

/// The owner of transactions and dialogs, chosen by the user of the endpoint.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UserKey(pub u64);

/// What an [`Endpoint`](crate::Endpoint) asks for or tells.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "outputs are moved once, straight into the caller's match")]
pub enum EndpointOutput {
    /// Send these bytes, never waiting.
    Transmit {
        /// The socket or connection.
        flow: FlowId,
        /// The address; of interest for UDP only.
        remote: SocketAddr,
        /// What the flow is.
        transport: Transport,
        /// One whole message.
        bytes: Bytes,
    },
    /// A way to a gateway is needed and there is none.
    OpenFlow(FlowOrder),
    /// A request of nobody we know. It was not answered and nothing is kept of it.
    Stranger {
        /// Where it came from.
        origin: Origin,
        /// The request.
        request: Request,
    },
    /// A message of nobody we know that breaks rule 1. It was not answered and nothing is kept of it.
    MalformedStranger {
        /// Where it came from.
        origin: Origin,
        /// The `400` or `505` that rule 1 gives, less than 64 bytes longer than the message; `None` if it gets none.
        answer: Option<Bytes>,
        /// What is wrong, printable, at most some 150 bytes.
        detail: String,
    },
    /// Something for the administrator.
    Event(Event),
    /// A new call, past rules 1 to 5 of docs/security-modes.md. Claim it, then answer it with
    /// [`accept_invite`](crate::Endpoint::accept_invite) or [`respond`](crate::Endpoint::respond); `100` is sent by
    /// itself after 200 ms.
    Invite {
        /// Its transaction.
        transaction: TransactionId,
        /// Where it came from.
        origin: Origin,
        /// The INVITE.
        request: Request,
        /// What the endpoint has read of it.
        head: RequestHead,
    },
    /// A SUBSCRIBE that begins a subscription to one of our event packages, past rules 1 to 5. Answer it with
    /// [`accept_subscription`](crate::Endpoint::accept_subscription) or [`respond`](crate::Endpoint::respond).
    Subscribe {
        /// Its transaction.
        transaction: TransactionId,
        /// Where it came from.
        origin: Origin,
        /// The SUBSCRIBE.
        request: Request,
    },
    /// OPTIONS, outside a dialog or inside one. Answer it with [`respond`](crate::Endpoint::respond); a 2xx gets
    /// Allow, Accept, Accept-Encoding, Accept-Language and Supported by itself.
    Options {
        /// Its transaction.
        transaction: TransactionId,
        /// Where it came from.
        origin: Origin,
        /// The request.
        request: Request,
    },
    /// Something for the owner of a transaction or dialog.
    User {
        /// The owner.
        user: UserKey,
        /// What happened.
        what: UserEvent,
    },
}

/// What happened to something that a user owns.
#[derive(Clone, Debug)]
pub enum UserEvent {
    /// An INVITE, or an offer inside a dialog, is over without an answer of the user: a CANCEL came, its flow was
    /// lost, its dialog has ended, or three minutes have passed. Everything was answered that can be.
    Cancelled {
        /// The INVITE.
        transaction: TransactionId,
    },
    /// The first ACK of a 2xx.
    Acknowledged {
        /// The dialog.
        dialog: DialogId,
        /// The body of the ACK: the answer to an offer that the 2xx made.
        body: Option<SipBody>,
    },
    /// A re-INVITE or UPDATE; answer it with [`respond`](crate::Endpoint::respond).
    Offer {
        /// The dialog.
        dialog: DialogId,
        /// Its transaction.
        transaction: TransactionId,
        /// The request.
        request: Request,
    },
    /// The session must be refreshed by an offer: the peer takes no UPDATE. Send one with
    /// [`reinvite`](crate::Endpoint::reinvite).
    RefreshDue {
        /// The dialog.
        dialog: DialogId,
    },
    /// The offer of our re-INVITE was answered with a 2xx, which is acknowledged.
    OfferAnswered {
        /// The dialog.
        dialog: DialogId,
        /// The answer.
        body: Option<SipBody>,
    },
    /// The offer of our re-INVITE was refused or never answered; the session is as it was.
    OfferRefused {
        /// The dialog.
        dialog: DialogId,
    },
    /// An INFO; answer it with [`respond`](crate::Endpoint::respond).
    Info {
        /// The dialog.
        dialog: DialogId,
        /// Its transaction.
        transaction: TransactionId,
        /// The request.
        request: Request,
    },
    /// The final response to an OPTIONS of ours outside of dialogs, whatever its status: somebody is there.
    OptionsAnswered {
        /// The OPTIONS.
        transaction: TransactionId,
        /// The answer.
        response: Response,
    },
    /// An OPTIONS of ours outside of dialogs is over without a final response.
    OptionsUnanswered {
        /// The OPTIONS.
        transaction: TransactionId,
        /// Timer F, or the end of its connection.
        cause: TerminationCause,
    },
    /// The final response to a NOTIFY of ours outside of dialogs.
    NotifyAnswered {
        /// The NOTIFY.
        transaction: TransactionId,
        /// Its status.
        status: StatusCode,
    },
    /// A NOTIFY of ours outside of dialogs is over without a final response.
    NotifyUnanswered {
        /// The NOTIFY.
        transaction: TransactionId,
        /// Timer F, or the end of its connection.
        cause: TerminationCause,
    },
    /// A SUBSCRIBE inside its subscription: it is refreshed, or ended with `Expires: 0`. Answer it with
    /// [`respond`](crate::Endpoint::respond).
    Resubscribe {
        /// The subscription.
        dialog: DialogId,
        /// Its transaction.
        transaction: TransactionId,
        /// The SUBSCRIBE.
        request: Request,
    },
    /// The final response to a NOTIFY of ours inside a subscription, which stays until it is
    /// [ended](crate::Endpoint::end_subscription).
    SubscriberTold {
        /// The subscription.
        dialog: DialogId,
        /// The NOTIFY.
        transaction: TransactionId,
        /// Its status.
        status: StatusCode,
    },
    /// A NOTIFY of ours inside a subscription is over without a final response.
    SubscriberUntold {
        /// The subscription.
        dialog: DialogId,
        /// The NOTIFY.
        transaction: TransactionId,
        /// Timer F, or no way was found.
        cause: TerminationCause,
    },
    /// The final response to our REFER. After a 2xx [`ReferNotified`](Self::ReferNotified) tells what comes of it; it
    /// may come before this. 481 and 408 say that the peer does not know the dialog any more.
    ReferAnswered {
        /// The dialog.
        dialog: DialogId,
        /// The REFER.
        transaction: TransactionId,
        /// Its status.
        status: StatusCode,
    },
    /// Our REFER is over without a final response: nothing comes of it.
    ReferUnanswered {
        /// The dialog.
        dialog: DialogId,
        /// The REFER.
        transaction: TransactionId,
        /// Timer F, or no way was found.
        cause: TerminationCause,
    },
    /// What has come of our REFER so far (RFC 3515 2.4.4). The NOTIFY is answered.
    ReferNotified {
        /// The dialog.
        dialog: DialogId,
        /// The REFER.
        transaction: TransactionId,
        /// The status in the `message/sipfrag` body: what the call to the target has been answered; `None` if there
        /// is none to be read.
        status: Option<StatusCode>,
        /// The peer tells no more.
        is_over: bool,
    },
    /// The dialog is gone; no further event names it.
    Ended {
        /// The dialog.
        dialog: DialogId,
        /// Why.
        cause: EndCause,
    },
}

/// Why a dialog has ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EndCause {
    /// The peer sent BYE.
    PeerBye {
        /// The value of its first Reason header (RFC 3326).
        reason: Option<String>,
    },
    /// Our 2xx was never acknowledged; BYE was sent.
    AckNeverArrived,
    /// Our BYE was answered, whatever the status.
    ByeAnswered,
    /// Our BYE was not answered for 64*T1.
    ByeTimedOut,
    /// We wished to send BYE and had no flow to the peer, or it was lost before the answer.
    FlowLost,
    /// The session was not refreshed in time (RFC 4028); BYE was sent.
    SessionExpired,
}
