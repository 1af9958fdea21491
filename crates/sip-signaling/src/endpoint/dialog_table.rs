use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use super::{FlowId, Origin, Path, PeerName, TransportClass};
use crate::DialogId;
use crate::dialog::{Dialog, DialogKey, Usage};

/// All dialogs, found by id, by the key of a request, by source address and by flow.
#[derive(Debug, Default)]
pub(crate) struct DialogTable {
    dialogs: HashMap<DialogId, Box<Dialog>>,
    by_key: HashMap<DialogKey, DialogId>,
    by_source: HashMap<IpAddr, usize>,
    by_flow: BTreeSet<(FlowId, DialogId)>,
    subscriptions: usize,
    last: u64,
}

impl DialogTable {
    pub(crate) fn len(&self) -> usize {
        self.dialogs.len()
    }

    /// Dialogs that are calls.
    pub(crate) fn sessions(&self) -> usize {
        self.dialogs.len().saturating_sub(self.subscriptions)
    }

    /// Dialogs that are subscriptions.
    pub(crate) fn subscriptions(&self) -> usize {
        self.subscriptions
    }

    pub(crate) fn insert(&mut self, dialog: Dialog) -> DialogId {
        self.last = self.last.saturating_add(1);
        let id = DialogId(self.last);
        let count = self.by_source.entry(source(&dialog)).or_default();
        *count = count.saturating_add(1);
        if dialog.usage == Usage::Subscription {
            self.subscriptions = self.subscriptions.saturating_add(1);
        }
        self.by_key.insert(dialog.key.clone(), id);
        self.by_flow.extend(flows(&dialog).map(|flow| (flow, id)));
        self.dialogs.insert(id, Box::new(dialog));
        id
    }

    /// Whether nothing is left, in any index either.
    #[cfg(test)]
    pub(crate) fn is_clean(&self) -> bool {
        self.dialogs.is_empty()
            && self.by_key.is_empty()
            && self.by_source.is_empty()
            && self.by_flow.is_empty()
            && self.subscriptions == 0
    }

    pub(crate) fn get_mut(&mut self, id: DialogId) -> Option<&mut Dialog> {
        self.dialogs.get_mut(&id).map(Box::as_mut)
    }

    pub(crate) fn get(&self, id: DialogId) -> Option<&Dialog> {
        self.dialogs.get(&id).map(Box::as_ref)
    }

    pub(crate) fn find(&self, key: &DialogKey) -> Option<DialogId> {
        self.by_key.get(key).copied()
    }

    /// Whether a running dialog came from this address, or for TLS runs on this connection: "a source stays known to its
    /// running dialogs".
    pub(crate) fn knows(&self, origin: &Origin) -> bool {
        match origin.transport.class() {
            TransportClass::Clear => self.by_source.contains_key(&origin.remote.ip().to_canonical()),
            TransportClass::Tls => self.by_flow.range(all(origin.flow)).next().is_some(),
        }
    }

    /// Whether our requests of a call take this connection.
    pub(crate) fn needs_flow(&self, flow: FlowId) -> bool {
        let mut dialogs = self.by_flow.range(all(flow)).filter_map(|(_, id)| self.get(*id));
        dialogs.any(|dialog| dialog.usage == Usage::Session)
    }

    /// Our requests now take the way of the dialog's last request.
    pub(crate) fn set_path(&mut self, id: DialogId, path: Path) {
        self.change_paths(id, |dialog| dialog.path = Some(path));
    }

    /// A 2xx is sent, and repeated, on `path`.
    pub(crate) fn set_answer_path(&mut self, id: DialogId, path: Path) {
        self.change_paths(id, |dialog| dialog.answer_path = Some(path));
    }

    /// The connection is gone, and with it the ways that led over it. The dialogs stay: their gateway may come back on
    /// another one.
    pub(crate) fn forget_flow(&mut self, flow: FlowId) {
        for id in self.on_flow(flow) {
            self.change_paths(id, |dialog| {
                dialog.path.take_if(|path| path.flow == flow);
                dialog.answer_path.take_if(|path| path.flow == flow);
            });
        }
    }

    /// The way that was `sought` is found.
    pub(crate) fn lead_over(&mut self, sought: FlowId, flow: FlowId, remote: SocketAddr) {
        for id in self.on_flow(sought) {
            self.change_paths(id, |dialog| {
                let invite = dialog.own_invite.as_mut().map(|invite| &mut invite.path);
                let others = [&mut dialog.path, &mut dialog.answer_path];
                for path in others.into_iter().flatten().chain(invite) {
                    if path.flow == sought {
                        *path = Path { flow, remote, transport: path.transport };
                    }
                }
            });
        }
    }

    /// Takes the way of our requests from dialogs whose last source over UDP is not known any more.
    pub(crate) fn forget_sources(&mut self, is_known: impl Fn(&[PeerName], SocketAddr) -> bool) {
        // Each by itself: their order plays no part.
        self.dialogs.values_mut().for_each(|dialog| {
            let peers = &dialog.origin.peers;
            dialog.path.take_if(|path| !path.can_be_lost() && !is_known(peers, path.remote));
        });
    }

    fn on_flow(&self, flow: FlowId) -> Vec<DialogId> {
        self.by_flow.range(all(flow)).map(|(_, id)| *id).collect()
    }

    pub(crate) fn remove(&mut self, id: DialogId) -> Option<Dialog> {
        let dialog = self.dialogs.remove(&id)?;
        if dialog.usage == Usage::Subscription {
            self.subscriptions = self.subscriptions.saturating_sub(1);
        }
        self.by_key.remove(&dialog.key);
        for flow in flows(&dialog) {
            self.by_flow.remove(&(flow, id));
        }
        let address = source(&dialog);
        if let Some(count) = self.by_source.get_mut(&address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.by_source.remove(&address);
            }
        }
        Some(*dialog)
    }

    fn change_paths(&mut self, id: DialogId, change: impl FnOnce(&mut Dialog)) {
        let Some(dialog) = self.dialogs.get_mut(&id) else { return };
        for flow in flows(dialog) {
            self.by_flow.remove(&(flow, id));
        }
        change(dialog);
        self.by_flow.extend(flows(dialog).map(|flow| (flow, id)));
    }
}

fn all(flow: FlowId) -> RangeInclusive<(FlowId, DialogId)> {
    (flow, DialogId(0))..=(flow, DialogId(u64::MAX))
}

fn source(dialog: &Dialog) -> IpAddr {
    dialog.origin.remote.ip().to_canonical()
}

fn flows(dialog: &Dialog) -> impl Iterator<Item = FlowId> {
    [&dialog.path, &dialog.answer_path]
        .into_iter()
        .flatten()
        .filter(|path| path.can_be_lost())
        .map(|path| path.flow)
}
