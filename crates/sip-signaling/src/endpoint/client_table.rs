use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;

use super::{FlowId, Origin, Path, Transport, UserKey};
use crate::transaction::ClientKey;
use crate::{DialogId, NonInviteClientTransaction, TransactionId};

/// Why we sent a request, and so who hears of its answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// A BYE; the dialog may be gone already.
    Bye { dialog: DialogId },
    /// An UPDATE that refreshes the session.
    Refresh { dialog: DialogId },
    /// A REFER.
    Refer { dialog: DialogId },
    /// A NOTIFY of a subscription.
    Subscription { dialog: DialogId },
    /// OPTIONS outside of dialogs.
    Options { user: UserKey },
    /// A NOTIFY outside of dialogs.
    Notify { user: UserKey },
}

impl Purpose {
    /// The dialog whose request it is; `None` outside of dialogs.
    pub(crate) fn dialog(self) -> Option<DialogId> {
        match self {
            Self::Bye { dialog }
            | Self::Refresh { dialog }
            | Self::Refer { dialog }
            | Self::Subscription { dialog } => Some(dialog),
            Self::Options { .. } | Self::Notify { .. } => None,
        }
    }
}

/// One client transaction.
#[derive(Debug)]
pub(crate) struct ClientTransaction {
    pub(crate) machine: NonInviteClientTransaction,
    pub(crate) path: Path,
    pub(crate) purpose: Purpose,
    /// Where the dialog came from, or the way of a request outside of dialogs: who may answer.
    pub(crate) belongs_to: Origin,
    pub(crate) key: ClientKey,
}

impl ClientTransaction {
    /// Whether a response that came from `origin` can be the peer's.
    ///
    /// A request outside of dialogs is a matter of its own connection (an OPTIONS proves it), so the answer comes on it,
    /// and on TLS from whom that connection still is.
    pub(crate) fn may_be_answered_by(&self, origin: &Origin) -> bool {
        let Self { path, belongs_to, .. } = self;
        let is_same_class = belongs_to.transport.class() == origin.transport.class();
        let may_answer = match (self.purpose.dialog(), belongs_to.transport) {
            (Some(_), _) => belongs_to.may_be(origin) || path.leads_to(origin),
            (None, Transport::Udp) => belongs_to.may_be(origin),
            (None, Transport::Tcp) => path.leads_to(origin),
            (None, Transport::Tls) => path.leads_to(origin) && belongs_to.shares_peer(origin),
        };
        is_same_class && may_answer
    }
}

/// All client transactions, found by id, by the key of a response, and by flow.
#[derive(Debug, Default)]
pub(crate) struct ClientTable {
    transactions: HashMap<TransactionId, Box<ClientTransaction>>,
    by_key: HashMap<ClientKey, TransactionId>,
    by_flow: BTreeSet<(FlowId, TransactionId)>,
}

impl ClientTable {
    pub(crate) fn len(&self) -> usize {
        self.transactions.len()
    }

    pub(crate) fn insert(&mut self, id: TransactionId, transaction: ClientTransaction) {
        self.by_key.insert(transaction.key.clone(), id);
        if transaction.path.can_be_lost() {
            self.by_flow.insert((transaction.path.flow, id));
        }
        self.transactions.insert(id, Box::new(transaction));
    }

    /// The request now takes another way.
    pub(crate) fn set_path(&mut self, id: TransactionId, path: Path) {
        let Some(transaction) = self.transactions.get_mut(&id) else { return };
        self.by_flow.remove(&(transaction.path.flow, id));
        if path.can_be_lost() {
            self.by_flow.insert((path.flow, id));
        }
        transaction.path = path;
    }

    /// The way that was `sought` is found.
    pub(crate) fn lead_over(&mut self, sought: FlowId, flow: FlowId, remote: SocketAddr) {
        for id in self.on_flow(sought) {
            if let Some(transport) = self.get_mut(id).map(|transaction| transaction.path.transport) {
                self.set_path(id, Path { flow, remote, transport });
            }
        }
    }

    /// Whether nothing is left, in any index either.
    #[cfg(test)]
    pub(crate) fn is_clean(&self) -> bool {
        self.transactions.is_empty() && self.by_key.is_empty() && self.by_flow.is_empty()
    }

    pub(crate) fn get_mut(&mut self, id: TransactionId) -> Option<&mut ClientTransaction> {
        self.transactions.get_mut(&id).map(Box::as_mut)
    }

    pub(crate) fn find(&self, key: &ClientKey) -> Option<TransactionId> {
        self.by_key.get(key).copied()
    }

    pub(crate) fn on_flow(&self, flow: FlowId) -> Vec<TransactionId> {
        let all = (flow, TransactionId(0))..=(flow, TransactionId(u64::MAX));
        self.by_flow.range(all).map(|(_, id)| *id).collect()
    }

    pub(crate) fn remove(&mut self, id: TransactionId) {
        let Some(transaction) = self.transactions.remove(&id) else { return };
        self.by_key.remove(&transaction.key);
        self.by_flow.remove(&(transaction.path.flow, id));
    }
}
