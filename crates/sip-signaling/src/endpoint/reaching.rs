//! Ways to a gateway where there is none: requests of ours inside a dialog, and responses whose connection is gone, wait
//! here until the user of the endpoint has found one (docs/security-modes.md 2a).

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::server_table::{Place, Unanswered};
use super::{Endpoint, EndpointOutput, FlowId, Origin, Path, PeerName, Transport};
use crate::{DialogId, Host, TransactionId, Uri, Via};

/// Messages that wait for one way; more are dropped, and their transactions repeat them or time out.
const MAX_HELD: usize = 16;
/// The first number of ways that are not found yet. Flows of the edge are counted from 0 and never come here.
const FIRST_SOUGHT: u64 = 1 << 63;

/// Names one [`FlowOrder`] for as long as the endpoint lives; never used again.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FlowTicket(u64);

/// A way to a gateway that is to be found, or a connection that is to be opened. It is answered with
/// [`flow_opened`](Endpoint::flow_opened) or [`flow_failed`](Endpoint::flow_failed); meanwhile what is to be sent waits
/// with its timers running.
#[derive(Clone, Debug)]
pub struct FlowOrder {
    /// Its name.
    pub ticket: FlowTicket,
    /// What it must be made of: the dialog's transport, whatever a URI says.
    pub transport: Transport,
    /// Whom it must lead to; one gateway alone where its INVITE was [attributed](Endpoint::attribute).
    pub peers: Arc<[PeerName]>,
    /// Where the peer says that it is. A hint among the gateway's own addresses, never more.
    pub next_hop: Option<NextHop>,
    /// What it is for, and so which ways will do.
    pub purpose: FlowPurpose,
}

/// What a way is sought for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FlowPurpose {
    /// Something of a dialog, or a response: any open connection of the gateway will do.
    Dialog {
        /// The way on which the call began: for UDP its socket, which is always open.
        began_on: FlowId,
        /// Where the call came from.
        source: SocketAddr,
    },
    /// An OPTIONS that is to prove our side of the handshake: a connection opened by us, never one of the gateway's;
    /// for UDP a socket of ours.
    Probe(Aim),
}

/// Which of a gateway's addresses a probe goes to where nothing tells that nobody listens: over UDP each probe is one
/// address.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Aim {
    /// The first.
    #[default]
    First,
    /// The one that has answered.
    At(SocketAddr),
    /// The one behind this, which has not answered; behind the last comes the first.
    Behind(SocketAddr),
}

impl Aim {
    /// Puts the addresses into the order in which they are to be tried. One that is no longer among them aims at the first.
    pub fn arrange(self, addresses: &mut [SocketAddr]) {
        let place = |wanted| addresses.iter().position(|address| *address == wanted);
        let first = match self {
            Self::First => None,
            Self::At(address) => place(address),
            Self::Behind(address) => place(address).map(|place| place.saturating_add(1)),
        };
        addresses.rotate_left(first.unwrap_or(0));
    }
}

/// Host and port of a URI or of `sent-by`.
#[derive(Clone, Debug)]
pub struct NextHop {
    /// A name or an address.
    pub host: Host,
    /// `None` if it is not written.
    pub port: Option<u16>,
}

impl NextHop {
    /// Of the topmost URI of a route set, or of the remote target.
    pub(crate) fn of_uri(uri: &Uri) -> Option<Self> {
        let uri = uri.as_sip()?;
        Some(Self { host: uri.host().clone(), port: uri.port() })
    }

    /// Of the sender of a request, for its response (RFC 3261 18.2.2).
    fn of_via(via: &Via) -> Self {
        Self { host: via.host.clone(), port: via.port }
    }
}

impl FlowTicket {
    fn sought(self) -> FlowId {
        FlowId(FIRST_SOUGHT | self.0)
    }
}

impl Path {
    /// Whether it is lost with one connection, open or sought; a UDP socket is never lost.
    pub(crate) fn can_be_lost(&self) -> bool {
        self.transport.is_reliable() || self.flow.0 >= FIRST_SOUGHT
    }
}

/// What waits for ways that are not found yet.
#[derive(Debug, Default)]
pub(crate) struct SoughtFlows {
    last: u64,
    held: HashMap<FlowId, Held>,
}

#[derive(Debug)]
struct Held {
    transport: Transport,
    messages: Vec<Bytes>,
}

impl SoughtFlows {
    /// Keeps the bytes if their way is still sought; gives them back if it is a real one.
    pub(super) fn hold(&mut self, flow: FlowId, bytes: Bytes) -> Option<Bytes> {
        if flow.0 < FIRST_SOUGHT {
            return Some(bytes);
        }
        // A way that was not found takes nothing any more.
        if let Some(held) = self.held.get_mut(&flow)
            && held.messages.len() < MAX_HELD
        {
            held.messages.push(bytes);
        }
        None
    }

    /// Whether nothing waits.
    #[cfg(test)]
    pub(crate) fn is_clean(&self) -> bool {
        self.held.is_empty()
    }
}

impl Endpoint {
    /// The INVITE came from this gateway and no other, and so does its dialog: [`FlowOrder`]s name it alone.
    pub fn attribute(&mut self, transaction: TransactionId, gateway: PeerName) {
        if let Some(transaction) = self.servers.get_mut(transaction) {
            transaction.origin.peers = Arc::from([gateway]);
        }
    }

    /// A way was found: `flow` leads to the gateway that the order names, and `remote` is its address. What has waited
    /// is sent.
    pub fn flow_opened(&mut self, ticket: FlowTicket, flow: FlowId, remote: SocketAddr) {
        let sought = ticket.sought();
        let Some(held) = self.sought.held.remove(&sought) else { return };
        self.dialogs.lead_over(sought, flow, remote);
        self.servers.lead_over(sought, flow, remote);
        self.clients.lead_over(sought, flow, remote);
        let Held { transport, messages } = held;
        for bytes in messages {
            self.outputs.push_back(EndpointOutput::Transmit { flow, remote, transport, bytes });
        }
    }

    /// No way was found. What has waited for it has failed; dialogs stay, their next request asks again.
    pub fn flow_failed(&mut self, ticket: FlowTicket, now: Instant) {
        let sought = ticket.sought();
        if self.sought.held.remove(&sought).is_some() {
            self.dialogs.forget_flow(sought);
            self.fail_servers(self.servers.on_flow(sought), now);
            self.fail_clients(self.clients.on_flow(sought));
        }
    }

    /// An order for a way of our own to a gateway, to be given to the edge by whoever asks: a probe, which then sends its
    /// [`options`](Self::options) on it. The endpoint waits for nothing, and the answer to the ticket is not for it.
    pub fn order_own_flow(&mut self, gateway: PeerName, transport: Transport, aim: Aim) -> FlowOrder {
        self.sought.last = self.sought.last.saturating_add(1);
        let ticket = FlowTicket(self.sought.last);
        let peers = Arc::from([gateway]);
        FlowOrder { ticket, transport, peers, next_hop: None, purpose: FlowPurpose::Probe(aim) }
    }

    /// Whether a call needs this connection, or a request that is not answered yet. A subscription does not: its next
    /// NOTIFY finds another way.
    pub fn needs_flow(&self, flow: FlowId) -> bool {
        let is_unanswered =
            |id: &TransactionId| self.servers.get(*id).is_some_and(|server| server.unanswered.is_some());
        self.dialogs.needs_flow(flow)
            || self.servers.on_flow(flow).iter().any(is_unanswered)
            || !self.clients.on_flow(flow).is_empty()
    }

    /// Sources of UDP may lose their gateway: our next request of a dialog whose last source `is_known` no longer for
    /// one of its gateways asks for a way.
    pub fn forget_sources(&mut self, is_known: impl Fn(&[PeerName], SocketAddr) -> bool) {
        self.dialogs.forget_sources(is_known);
    }

    /// The way of a request of ours inside a dialog: that of the dialog's last request, else one that is now sought.
    /// `None` if the dialog is gone or nobody's.
    pub(super) fn way_of(&mut self, id: DialogId) -> Option<Path> {
        let dialog = self.dialogs.get(id)?;
        if let Some(path) = &dialog.path {
            return Some(path.clone());
        }
        let (origin, next_hop) = (dialog.origin.clone(), NextHop::of_uri(dialog.routes.next_hop()));
        let path = self.seek(&origin, next_hop)?;
        self.dialogs.set_path(id, path.clone());
        Some(path)
    }

    /// The way of the repeated 2xx of a dialog: as it went, else that of our requests.
    pub(super) fn way_of_answer(&mut self, id: DialogId) -> Option<Path> {
        if let Some(path) = self.dialogs.get(id)?.answer_path.clone() {
            return Some(path);
        }
        let path = self.way_of(id)?;
        self.dialogs.set_answer_path(id, path.clone());
        Some(path)
    }

    /// A response is about to be given: if the connection of its request is gone, it takes the way of our requests.
    pub(super) fn renew_reply_path(&mut self, id: TransactionId) {
        let Some(transaction) = self.servers.get(id).filter(|transaction| transaction.is_cut_off) else {
            return;
        };
        let origin = transaction.origin.clone();
        let path = match (transaction.place, &transaction.unanswered) {
            (Place::Inside(dialog), _) => self.way_of(dialog),
            (Place::NewCall | Place::NewSubscription | Place::Outside, Some(Unanswered { head, .. })) => {
                let next_hop = NextHop::of_via(&head.via);
                self.seek(&origin, Some(next_hop))
            }
            (Place::NewCall | Place::NewSubscription | Place::Outside, None) => None,
        };
        if let Some(path) = path {
            self.servers.set_path(id, path);
        }
    }

    /// The connection under a request of ours is gone before the answer: it is sent once more on another way. `false`
    /// if it was already, or there is none.
    pub(super) fn resend(&mut self, id: TransactionId) -> bool {
        let Some(transaction) = self.clients.get_mut(id) else { return false };
        // A request outside of dialogs is a matter of its very connection.
        let Some(dialog) = transaction.purpose.dialog() else { return false };
        if !transaction.machine.resend() {
            return false;
        }
        let origin = transaction.belongs_to.clone();
        let path = match self.dialogs.get(dialog) {
            Some(_) => self.way_of(dialog),
            None => self.seek(&origin, None),
        };
        let Some(path) = path else { return false };
        self.clients.set_path(id, path);
        true
    }

    fn seek(&mut self, origin: &Origin, next_hop: Option<NextHop>) -> Option<Path> {
        if origin.is_stranger() {
            return None;
        }
        self.sought.last = self.sought.last.saturating_add(1);
        let ticket = FlowTicket(self.sought.last);
        let transport = origin.transport;
        self.sought.held.insert(ticket.sought(), Held { transport, messages: Vec::new() });
        self.outputs.push_back(EndpointOutput::OpenFlow(FlowOrder {
            ticket,
            transport,
            peers: Arc::clone(&origin.peers),
            next_hop,
            purpose: FlowPurpose::Dialog { began_on: origin.flow, source: origin.remote },
        }));
        Some(Path { flow: ticket.sought(), remote: origin.remote, transport })
    }
}
