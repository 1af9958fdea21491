//! Notices which open connections have lost their trust, so that they close after their last call (security-modes 1).
//!
//! Nothing depends on it in the meantime: each message is judged when it comes.
use std::{collections::BTreeSet, sync::Arc, time::Duration};

use call_control::{Input, PeerIdentity};
use sip_signaling::PeerName;
use tokio::{sync::watch, time::timeout};

use crate::{core::Inbox, flow::FlowTable};

/// An expired certificate is noticed this late.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The names of the gateways whose calls are taken; told anew with every Site.
pub type Enabled = BTreeSet<PeerName>;

/// Looks at every connection when trust changes, and now and then; until nobody changes trust any more.
pub async fn watch_connections(
    mut sites: watch::Receiver<Arc<Enabled>>,
    flows: Arc<FlowTable>,
    inbox: Inbox,
) {
    let mut enabled = Arc::clone(&sites.borrow_and_update());
    loop {
        let before = Arc::clone(&enabled);
        if let Ok(changed) = timeout(LOOK_EVERY, sites.changed()).await {
            if changed.is_err() {
                return;
            }
            enabled = Arc::clone(&sites.borrow_and_update());
        }
        for (flow, peering) in flows.peerings() {
            let PeerIdentity::Certificate(certified) = peering.identity() else { continue };
            if peering.was_known
                && is_withdrawn(&certified.peers, &before, &enabled)
                && inbox.send(Input::FlowWithdrawn(flow)).await.is_gone()
            {
                return;
            }
        }
    }
}

/// Nobody's any more, or every gateway that it may be takes no calls since now.
fn is_withdrawn(peers: &[PeerName], before: &Enabled, enabled: &Enabled) -> bool {
    peers.iter().all(|peer| !enabled.contains(peer))
        && (peers.is_empty() || peers.iter().any(|peer| before.contains(peer)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<PeerName> {
        names.iter().map(|name| PeerName::from(*name)).collect()
    }

    #[test]
    fn connection_is_withdrawn_when_its_last_gateway_goes_and_a_new_one_of_a_disabled_gateway_is_not() {
        type Row = (&'static [&'static str], &'static [&'static str], &'static [&'static str], bool);
        let rows: [Row; 6] = [
            (&["gw1"], &["gw1"], &["gw1"], false),
            (&[], &["gw1"], &["gw1"], true),
            (&["gw1"], &["gw1"], &[], true),
            (&["gw1"], &[], &[], false),
            (&["gw1", "gw2"], &["gw1", "gw2"], &["gw2"], false),
            (&["gw1", "gw2"], &["gw2"], &[], true),
        ];
        for (peers, before, enabled, withdrawn) in rows {
            let set = |these: &[&str]| names(these).into_iter().collect::<Enabled>();

            assert_eq!(
                is_withdrawn(&names(peers), &set(before), &set(enabled)),
                withdrawn,
                "{peers:?} {before:?} {enabled:?}"
            );
        }
    }
}
