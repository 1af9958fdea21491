//! What the probes ask of the core.
use std::net::SocketAddr;

use sip_signaling::{Aim, FlowId, PeerName, SipUri, TransactionId, Transport, TransportClass};
use telephony::Event;

use super::GatewayReport;

/// One probe; never used twice in the life of a process.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ProbeAttempt(pub u64);

/// What the probes ask for or tell.
#[derive(Debug)]
pub enum ProbeOutput {
    /// Find a way of our own; answered with [`way_found`](super::GatewayProbes::way_found) or
    /// [`no_way`](super::GatewayProbes::no_way).
    Open {
        /// For whom.
        attempt: ProbeAttempt,
        /// To whom.
        gateway: PeerName,
        /// Over what.
        transport: Transport,
        /// To which of its addresses over UDP.
        aim: Aim,
    },
    /// Send OPTIONS; [`asked`](super::GatewayProbes::asked) tells its transaction, or
    /// [`no_way`](super::GatewayProbes::no_way) that it could not be.
    Ask(Question),
    /// Nobody waits for this answer any more.
    Abandon(TransactionId),
    /// For the administrator.
    Event(Event),
    /// A probe has ended.
    Report(Box<GatewayReport>),
    /// A gateway is no longer probed over this class: its reports are of no use.
    Forget {
        /// The gateway.
        gateway: PeerName,
        /// The class.
        class: TransportClass,
    },
}

/// One OPTIONS that is to go out.
#[derive(Debug)]
pub struct Question {
    /// For whom.
    pub attempt: ProbeAttempt,
    /// To whom.
    pub gateway: PeerName,
    /// Its Request-URI.
    pub target: SipUri,
    /// On which way.
    pub flow: FlowId,
    /// What that is.
    pub transport: Transport,
    /// Where it leads to.
    pub remote: SocketAddr,
}
