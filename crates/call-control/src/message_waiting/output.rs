//! What the lamps ask of the core.
use std::net::SocketAddr;

use mailbox::MailboxId;
use sip_signaling::{Aim, DialogId, FlowId, Notification, PeerName, SipUri, TransactionId, Transport};
use telephony::Event;

use super::{LampAttempt, LampReport};

/// What the lamps ask for or tell.
#[derive(Debug)]
pub enum LampOutput {
    /// Find a way of our own; answered with [`way_found`](super::MessageWaiting::way_found) or
    /// [`no_way`](super::MessageWaiting::no_way).
    Open {
        /// For whom.
        attempt: LampAttempt,
        /// To whom.
        gateway: PeerName,
        /// Over what.
        transport: Transport,
        /// To which of its addresses over UDP.
        aim: Aim,
    },
    /// Send NOTIFY; [`sent`](super::MessageWaiting::sent) tells its transaction, or
    /// [`no_way`](super::MessageWaiting::no_way) that it could not be.
    Notify(Box<LampNotice>),
    /// Nobody waits for this answer any more, and the NOTIFY is not to be repeated.
    Abandon(TransactionId),
    /// Send NOTIFY inside a subscription; [`subscriber_sent`](super::MessageWaiting::subscriber_sent) tells what came of
    /// it.
    Tell {
        /// The subscription.
        dialog: DialogId,
        /// What it says.
        notification: Notification,
    },
    /// A subscription is over; after its last [`Tell`](Self::Tell).
    End(DialogId),
    /// For the administrator.
    Event(Event),
    /// How a lamp stands has changed.
    Report(Box<LampReport>),
    /// A mailbox is gone.
    Gone(MailboxId),
    /// All mailboxes are to be read anew, for [`take_all`](super::MessageWaiting::take_all).
    ReadAll,
}

/// One NOTIFY that is to go out.
#[derive(Debug)]
pub struct LampNotice {
    /// For whom.
    pub attempt: LampAttempt,
    /// To whom.
    pub gateway: PeerName,
    /// Its Request-URI and To.
    pub target: SipUri,
    /// What it says.
    pub notification: Notification,
    /// On which way.
    pub flow: FlowId,
    /// What that is.
    pub transport: Transport,
    /// Where it leads to.
    pub remote: SocketAddr,
}
