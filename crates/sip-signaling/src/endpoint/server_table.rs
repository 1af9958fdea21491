use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;

use super::{FlowId, Origin, Path};
use crate::transaction::{MergeKey, ServerKey};
use crate::{
    DialogId, FinalResponseAlreadySent, InviteServerOutput, InviteServerTransaction, NonInviteServerOutput,
    NonInviteServerTransaction, Request, RequestHead, StatusCode, TransactionId, UserKey,
};

/// The machine of a server transaction.
#[derive(Debug)]
pub(crate) enum ServerMachine {
    Invite(InviteServerTransaction),
    NonInvite(NonInviteServerTransaction),
}

/// What either machine asks for.
#[derive(Debug)]
pub(crate) enum ServerOutput {
    Transmit(Bytes),
    TryingDue,
    AnswerOverdue,
    Terminated,
}

impl ServerMachine {
    pub(crate) fn respond(
        &mut self,
        status: StatusCode,
        response: Bytes,
        now: Instant,
    ) -> Result<(), FinalResponseAlreadySent> {
        match self {
            Self::Invite(machine) => machine.respond(status, response, now),
            Self::NonInvite(machine) => machine.respond(status, response, now),
        }
    }

    pub(crate) fn handle_retransmission(&mut self) {
        match self {
            Self::Invite(machine) => machine.handle_invite(),
            Self::NonInvite(machine) => machine.handle_request(),
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        match self {
            Self::Invite(machine) => machine.handle_timeout(now),
            Self::NonInvite(machine) => machine.handle_timeout(now),
        }
    }

    pub(crate) fn handle_transport_failure(&mut self) {
        match self {
            Self::Invite(machine) => machine.handle_transport_failure(),
            Self::NonInvite(machine) => machine.handle_transport_failure(),
        }
    }

    pub(crate) fn poll_output(&mut self) -> Option<ServerOutput> {
        match self {
            Self::Invite(machine) => machine.poll_output().map(|output| match output {
                InviteServerOutput::Transmit(bytes) => ServerOutput::Transmit(bytes),
                InviteServerOutput::TryingDue => ServerOutput::TryingDue,
                InviteServerOutput::AnswerOverdue => ServerOutput::AnswerOverdue,
                InviteServerOutput::Terminated(_) => ServerOutput::Terminated,
            }),
            Self::NonInvite(machine) => machine.poll_output().map(|output| match output {
                NonInviteServerOutput::Transmit(bytes) => ServerOutput::Transmit(bytes),
                NonInviteServerOutput::Terminated(_) => ServerOutput::Terminated,
            }),
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Invite(machine) => machine.poll_timeout(),
            Self::NonInvite(machine) => machine.poll_timeout(),
        }
    }
}

/// What a request belongs to, and so what its answer does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// Outside any dialog.
    Outside,
    /// A new INVITE, which a 2xx makes into a dialog.
    NewCall,
    /// A new SUBSCRIBE, which a 2xx makes into a dialog.
    NewSubscription,
    /// Inside a dialog.
    Inside(DialogId),
}

/// A request that is not answered yet.
#[derive(Debug)]
pub(crate) struct Unanswered {
    pub(crate) request: Request,
    pub(crate) head: RequestHead,
}

/// One server transaction with what its answer needs.
#[derive(Debug)]
pub(crate) struct ServerTransaction {
    pub(crate) machine: ServerMachine,
    pub(crate) origin: Origin,
    pub(crate) path: Path,
    pub(crate) place: Place,
    /// The tag of our To, the same in every response (RFC 3261 8.2.6.2).
    pub(crate) local_tag: Box<str>,
    pub(crate) user: Option<UserKey>,
    /// Until the final response is given.
    pub(crate) unanswered: Option<Unanswered>,
    /// The connection of its request is gone: the response needs another way.
    pub(crate) is_cut_off: bool,
    key: ServerKey,
    merge: Option<MergeKey>,
}

impl ServerTransaction {
    pub(crate) fn new(
        machine: ServerMachine,
        origin: Origin,
        path: Path,
        place: Place,
        local_tag: String,
        unanswered: Unanswered,
    ) -> Self {
        let key = ServerKey::of(&origin, &unanswered.request, &unanswered.head);
        let merge = MergeKey::of(&unanswered.head);
        let local_tag = local_tag.into();
        let unanswered = Some(unanswered);
        let (user, is_cut_off) = (None, false);
        Self { machine, origin, path, place, local_tag, user, unanswered, is_cut_off, key, merge }
    }
}

/// All server transactions, found by id, by the key of a request, and by flow.
#[derive(Debug, Default)]
pub(crate) struct ServerTable {
    transactions: HashMap<TransactionId, Box<ServerTransaction>>,
    by_key: HashMap<ServerKey, TransactionId>,
    by_merge: HashMap<MergeKey, TransactionId>,
    by_flow: BTreeSet<(FlowId, TransactionId)>,
    undecided_calls: usize,
}

impl ServerTable {
    pub(crate) fn len(&self) -> usize {
        self.transactions.len()
    }

    /// New INVITEs without a final response: each may become a dialog.
    pub(crate) fn undecided_calls(&self) -> usize {
        self.undecided_calls
    }

    pub(crate) fn insert(&mut self, id: TransactionId, transaction: ServerTransaction) {
        self.by_key.insert(transaction.key.clone(), id);
        if let Some(merge) = &transaction.merge {
            self.by_merge.insert(merge.clone(), id);
        }
        if transaction.origin.transport.is_reliable() {
            self.by_flow.insert((transaction.path.flow, id));
        }
        if transaction.place == Place::NewCall {
            self.undecided_calls = self.undecided_calls.saturating_add(1);
        }
        self.transactions.insert(id, Box::new(transaction));
    }

    /// Whether nothing is left, in any index either.
    #[cfg(test)]
    pub(crate) fn is_clean(&self) -> bool {
        self.transactions.is_empty()
            && self.by_key.is_empty()
            && self.by_merge.is_empty()
            && self.by_flow.is_empty()
            && self.undecided_calls == 0
    }

    pub(crate) fn get_mut(&mut self, id: TransactionId) -> Option<&mut ServerTransaction> {
        self.transactions.get_mut(&id).map(Box::as_mut)
    }

    pub(crate) fn get(&self, id: TransactionId) -> Option<&ServerTransaction> {
        self.transactions.get(&id).map(Box::as_ref)
    }

    pub(crate) fn find(&self, key: &ServerKey) -> Option<TransactionId> {
        self.by_key.get(key).copied()
    }

    /// Whether a transaction is running for the same request on another way.
    pub(crate) fn is_merged(&self, key: &MergeKey) -> bool {
        self.by_merge.contains_key(key)
    }

    pub(crate) fn on_flow(&self, flow: FlowId) -> Vec<TransactionId> {
        let all = (flow, TransactionId(0))..=(flow, TransactionId(u64::MAX));
        self.by_flow.range(all).map(|(_, id)| *id).collect()
    }

    /// The connection is gone. INVITEs of gateways, and requests inside dialogs, that nobody has answered yet stay
    /// without a way; the others are left on it.
    pub(crate) fn cut_off(&mut self, flow: FlowId) -> Vec<TransactionId> {
        let mut stay = self.on_flow(flow);
        stay.retain(|id| {
            self.transactions.get(id).is_some_and(|transaction| {
                let is_worth_it = matches!(transaction.place, Place::NewCall | Place::Inside(_));
                transaction.unanswered.is_some() && is_worth_it
            })
        });
        for id in &stay {
            self.by_flow.remove(&(flow, *id));
            if let Some(transaction) = self.transactions.get_mut(id) {
                transaction.is_cut_off = true;
            }
        }
        stay
    }

    /// The response now takes another way.
    pub(crate) fn set_path(&mut self, id: TransactionId, path: Path) {
        let Some(transaction) = self.transactions.get_mut(&id) else { return };
        self.by_flow.remove(&(transaction.path.flow, id));
        if path.can_be_lost() {
            self.by_flow.insert((path.flow, id));
        }
        transaction.path = path;
        transaction.is_cut_off = false;
    }

    /// The way that was `sought` is found.
    pub(crate) fn lead_over(&mut self, sought: FlowId, flow: FlowId, remote: SocketAddr) {
        for id in self.on_flow(sought) {
            if let Some(transport) = self.get(id).map(|transaction| transaction.path.transport) {
                self.set_path(id, Path { flow, remote, transport });
            }
        }
    }

    /// Takes the request out of a transaction that has its final response.
    pub(crate) fn decide(&mut self, id: TransactionId) -> Option<Unanswered> {
        let transaction = self.transactions.get_mut(&id)?;
        let unanswered = transaction.unanswered.take()?;
        if transaction.place == Place::NewCall {
            self.undecided_calls = self.undecided_calls.saturating_sub(1);
        }
        Some(unanswered)
    }

    pub(crate) fn remove(&mut self, id: TransactionId) {
        self.decide(id);
        let Some(transaction) = self.transactions.remove(&id) else { return };
        self.by_key.remove(&transaction.key);
        if let Some(merge) = &transaction.merge
            && self.by_merge.get(merge) == Some(&id)
        {
            self.by_merge.remove(merge);
        }
        self.by_flow.remove(&(transaction.path.flow, id));
    }
}
