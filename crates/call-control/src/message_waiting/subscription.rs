//! The table of subscriptions: who is told of which mailbox, until when.
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use bytes::Bytes;
use mailbox::{MailboxId, MessageCounts};
use sip_signaling::{DialogId, PeerName, TransactionId, TransportClass};

/// One peer that has subscribed to one mailbox.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub(super) mailbox: MailboxId,
    pub(super) gateway: PeerName,
    pub(super) class: TransportClass,
    pub(super) dial_plan: String,
    /// The value of Event in its SUBSCRIBE: with its id, if it had one.
    pub(super) event: Bytes,
    pub(super) expires: Instant,
    /// The NOTIFY under way, with what it says.
    pub(super) in_flight: Option<(Option<TransactionId>, MessageCounts)>,
    /// Something has changed since that went out.
    pub(super) is_stale: bool,
    /// What the peer has taken last.
    pub(super) told: Option<MessageCounts>,
}

/// All subscriptions, found by dialog, by mailbox and by when they expire.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    by_dialog: BTreeMap<DialogId, Subscription>,
    by_mailbox: BTreeMap<MailboxId, BTreeSet<DialogId>>,
    by_expiry: BTreeSet<(Instant, DialogId)>,
}

impl Subscriptions {
    pub(super) fn insert(&mut self, dialog: DialogId, subscription: Subscription) {
        self.by_mailbox.entry(subscription.mailbox).or_default().insert(dialog);
        self.by_expiry.insert((subscription.expires, dialog));
        self.by_dialog.insert(dialog, subscription);
    }

    pub(super) fn get_mut(&mut self, dialog: DialogId) -> Option<&mut Subscription> {
        self.by_dialog.get_mut(&dialog)
    }

    pub(super) fn remove(&mut self, dialog: DialogId) -> Option<Subscription> {
        let subscription = self.by_dialog.remove(&dialog)?;
        if let Some(dialogs) = self.by_mailbox.get_mut(&subscription.mailbox) {
            dialogs.remove(&dialog);
            if dialogs.is_empty() {
                self.by_mailbox.remove(&subscription.mailbox);
            }
        }
        self.by_expiry.remove(&(subscription.expires, dialog));
        Some(subscription)
    }

    /// It lives until then.
    pub(super) fn extend(&mut self, dialog: DialogId, expires: Instant) {
        let Some(subscription) = self.by_dialog.get_mut(&dialog) else { return };
        self.by_expiry.remove(&(subscription.expires, dialog));
        subscription.expires = expires;
        self.by_expiry.insert((expires, dialog));
    }

    pub(super) fn of(&self, mailbox: MailboxId) -> Vec<DialogId> {
        self.dialogs_of(mailbox).collect()
    }

    pub(super) fn count_of(&self, mailbox: MailboxId) -> usize {
        self.by_mailbox.get(&mailbox).map_or(0, BTreeSet::len)
    }

    /// Whether one peer that subscribes to the mailbox has taken these very counts.
    pub(super) fn is_served(&self, mailbox: MailboxId, counts: MessageCounts) -> bool {
        let mut subscriptions = self.dialogs_of(mailbox).filter_map(|dialog| self.by_dialog.get(&dialog));
        subscriptions.any(|subscription| subscription.told == Some(counts))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (DialogId, &Subscription)> {
        self.by_dialog.iter().map(|(dialog, subscription)| (*dialog, subscription))
    }

    pub(super) fn next_expiry(&self) -> Option<Instant> {
        self.by_expiry.first().map(|(expires, _)| *expires)
    }

    /// One that has expired.
    pub(super) fn expired(&self, now: Instant) -> Option<DialogId> {
        self.by_expiry.first().filter(|(expires, _)| *expires <= now).map(|(_, dialog)| *dialog)
    }

    fn dialogs_of(&self, mailbox: MailboxId) -> impl Iterator<Item = DialogId> {
        self.by_mailbox.get(&mailbox).into_iter().flatten().copied()
    }
}
