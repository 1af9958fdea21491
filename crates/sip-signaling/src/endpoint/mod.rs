//! The endpoint: a user agent server core over transactions and dialogs, with one timer queue (RFC 3261 8.2, 12, 13.3,
//! 14.2, 15.1.2; RFC 3515, RFC 6665), in the order of rules of docs/security-modes.md section 0.

mod answering;
mod asking_within;
mod beginning;
mod client_table;
mod composing;
mod config;
mod deadlines;
mod dialog_table;
mod error;
mod hanging_up;
mod origin;
mod output;
mod own_address;
mod own_notify;
mod own_options;
mod passed_over;
mod reaching;
mod receive;
mod referring;
mod refreshing;
mod refusal;
mod reinviting;
mod reply;
mod rules;
mod server_table;
mod settling;
mod shedding;
mod subscriptions;
#[cfg(test)]
mod tests;
mod tokens;
mod within_dialog;

use std::collections::VecDeque;
use std::time::Instant;

pub use config::{
    EndpointConfig, EndpointLimits, MAX_CLIENT_TRANSACTIONS, MAX_DIALOGS, MAX_SERVER_TRANSACTIONS,
    MAX_SUBSCRIPTIONS, RESERVED_SERVER_TRANSACTIONS,
};
pub use error::SipError;
pub(crate) use origin::Path;
pub use origin::{FlowId, Origin, PeerName, Transport, TransportClass};
pub use output::{EndCause, EndpointOutput, UserEvent, UserKey};
pub use own_notify::Notification;
pub(crate) use reaching::SoughtFlows;
pub use reaching::{Aim, FlowOrder, FlowPurpose, FlowTicket, NextHop};
pub use reply::{Reply, SipBody};
pub use shedding::shed_answer;

use client_table::ClientTable;
use composing::OwnHeaders;
use deadlines::{DeadlineQueue, Waiting};
use dialog_table::DialogTable;
use server_table::ServerTable;
use tokens::TokenSource;

use crate::TransactionId;

/// SIP signalling of the server as one value without sockets and clocks.
///
/// Feed it messages, deadlines and closed flows; after each call drain [`poll_output`](Self::poll_output) to `None` and
/// ask [`poll_timeout`](Self::poll_timeout). The same seed and inputs give the same outputs.
pub struct Endpoint {
    config: EndpointConfig,
    own_headers: OwnHeaders,
    tokens: TokenSource,
    servers: ServerTable,
    clients: ClientTable,
    dialogs: DialogTable,
    deadlines: DeadlineQueue,
    sought: SoughtFlows,
    /// What a new call is refused with by rule 4, whatever else is wrong with it.
    no_more_calls: Option<Reply>,
    outputs: VecDeque<EndpointOutput>,
    last_transaction: u64,
}

impl Endpoint {
    /// An endpoint without transactions. `seed` makes its tags and branches: take it from the system's randomness.
    pub fn new(config: EndpointConfig, seed: [u8; 32]) -> Self {
        Self {
            own_headers: OwnHeaders::new(&config),
            config,
            tokens: TokenSource::new(seed),
            servers: ServerTable::default(),
            clients: ClientTable::default(),
            dialogs: DialogTable::default(),
            deadlines: DeadlineQueue::default(),
            sought: SoughtFlows::default(),
            no_more_calls: None,
            outputs: VecDeque::new(),
            last_transaction: 0,
        }
    }

    /// The next thing to do or to know; `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<EndpointOutput> {
        self.outputs.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.next_deadline()
    }

    /// Fires every deadline up to `now`, in their order.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(waiting) = self.deadlines.take_due(now) {
            match waiting {
                Waiting::Server(id) => {
                    if let Some(transaction) = self.servers.get_mut(id) {
                        transaction.machine.handle_timeout(now);
                    }
                    self.settle_server(id, now);
                }
                Waiting::Client(id) => {
                    if let Some(transaction) = self.clients.get_mut(id) {
                        transaction.machine.handle_timeout(now);
                    }
                    self.settle_client(id);
                }
                Waiting::Dialog(id) => self.handle_dialog_timeout(id, now),
            }
        }
    }

    /// A TCP or TLS connection is gone. No dialog ends by that: what is still to be answered, and a request of ours that
    /// waits for its answer, take another way to the gateway (docs/security-modes.md 2a).
    pub fn handle_flow_closed(&mut self, flow: FlowId, now: Instant) {
        self.dialogs.forget_flow(flow);
        let unanswered = self.servers.cut_off(flow);
        self.fail_servers(self.servers.on_flow(flow), now);
        let (resent, lost): (Vec<_>, Vec<_>) =
            self.clients.on_flow(flow).into_iter().partition(|id| self.resend(*id));
        resent.into_iter().for_each(|id| self.settle_client(id));
        self.fail_clients(lost);
        unanswered.into_iter().for_each(|id| self.settle_server(id, now));
    }

    fn fail_servers(&mut self, ids: Vec<TransactionId>, now: Instant) {
        for id in ids {
            if let Some(transaction) = self.servers.get_mut(id) {
                transaction.machine.handle_transport_failure();
            }
            self.settle_server(id, now);
        }
    }

    fn fail_clients(&mut self, ids: Vec<TransactionId>) {
        for id in ids {
            if let Some(transaction) = self.clients.get_mut(id) {
                transaction.machine.handle_transport_failure();
            }
            self.settle_client(id);
        }
    }

    /// Dialogs that have not ended, subscriptions among them.
    pub fn dialog_count(&self) -> usize {
        self.dialogs.len()
    }

    /// Subscriptions of peers that have not ended.
    pub fn subscription_count(&self) -> usize {
        self.dialogs.subscriptions()
    }

    /// Transactions of both sides that still wait or absorb.
    pub fn transaction_count(&self) -> usize {
        self.servers.len().saturating_add(self.clients.len())
    }

    fn next_transaction(&mut self) -> TransactionId {
        self.last_transaction = self.last_transaction.saturating_add(1);
        TransactionId(self.last_transaction)
    }

    fn tell(&mut self, user: UserKey, what: UserEvent) {
        self.outputs.push_back(EndpointOutput::User { user, what });
    }

    fn transmit(&mut self, path: &Path, bytes: bytes::Bytes) {
        let Path { flow, remote, transport } = *path;
        if let Some(bytes) = self.sought.hold(flow, bytes) {
            self.outputs.push_back(EndpointOutput::Transmit { flow, remote, transport, bytes });
        }
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("dialogs", &self.dialog_count())
            .field("transactions", &self.transaction_count())
            .finish_non_exhaustive()
    }
}
