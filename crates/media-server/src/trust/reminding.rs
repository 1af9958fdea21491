//! Tells what is not enforced yet for a gateway also while its connection stays open: once a day, as at a handshake.
use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use telephony::Event;
use tokio::time::{MissedTickBehavior, interval};

use super::Encounters;
use crate::{
    flow::{FlowTable, Peering},
    observe::Observer,
};

/// Between two looks at the open connections: a day is told this late.
const EVERY: Duration = Duration::from_secs(10 * 60);

/// Looks at every open connection now and then, until it is dropped.
pub async fn remind(flows: Arc<FlowTable>, encounters: Arc<Encounters>, observer: Observer) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let open: Vec<Arc<Peering>> = flows.peerings().into_iter().map(|(_, peering)| peering).collect();
        due(&open, &encounters, Timestamp::now()).into_iter().for_each(|event| observer.tell(event));
    }
}

/// What has not been told for a day.
fn due(open: &[Arc<Peering>], encounters: &Encounters, now: Timestamp) -> Vec<Event> {
    let told = open.iter().filter_map(|peering| Some((peering.verdict(now)?, peering.remote.ip())));
    told.flat_map(|(verdict, source)| encounters.known(&verdict, source, now)).collect()
}

#[cfg(test)]
mod tests {
    use arc_swap::ArcSwap;
    use cert_manager::{
        Authority, CertificateDer, Enforcement, KeyKind, LeafRequest, PeerPolicies, PeerPolicy, PeerSide,
        RevocationDemand, Root,
    };
    use jiff::SignedDuration;
    use sip_signaling::Transport;

    use super::*;
    use crate::{
        flow::OpenedBy,
        trust::{CertificateStanding, PeerStanding},
    };

    const NOW: &str = "2026-11-22T12:00:00Z";

    fn at(moment: &str) -> Timestamp {
        moment.parse().unwrap()
    }

    /// What is asked of gw1: a revocation list, which nobody has given; not yet, where it is observed.
    fn policies(root: &Root, enforcement: Enforcement) -> PeerPolicies {
        let peer = PeerPolicy {
            fqdn: Some("gw1.example.com".to_owned()),
            revocation: RevocationDemand::Hard,
            enforcement,
            ..PeerPolicy::new("gw1")
        };
        PeerPolicies::new(vec![peer], vec![root.clone()], Arc::default())
    }

    /// An open connection of gw1, made at [`NOW`], and the policies that it is judged by from then on.
    fn open() -> (Arc<Peering>, Arc<ArcSwap<PeerPolicies>>, Root) {
        let mut authority = Authority::found("Example CA", KeyKind::P256, at(NOW)).unwrap();
        let request = LeafRequest { fqdn: "gw1.example.com", csr: None, days: 825, key: KeyKind::P256 };
        let leaf = authority.issue(&request, at(NOW)).unwrap();
        let root = Root::from_pem(&authority.certificate_pem()).unwrap();
        let key = leaf.key.as_ref().unwrap();
        let identity = cert_manager::Identity::from_pem(&leaf.chain_pem, key.expose()).unwrap();
        let chain: Vec<CertificateDer<'static>> = identity.chain().to_vec();
        let judged_by = Arc::new(policies(&root, Enforcement::Observe));
        let verdict = judged_by.judge(&chain, PeerSide::Client, at(NOW));
        let current = Arc::new(ArcSwap::new(Arc::clone(&judged_by)));
        let shown = (chain, PeerSide::Client);
        let standing = CertificateStanding::new(shown, &verdict, Arc::clone(&current), judged_by).unwrap();
        let standing = PeerStanding::Certificate(Box::new(standing));
        let remote = "192.0.2.1:40000".parse().unwrap();
        (Arc::new(Peering::new(Transport::Tls, remote, OpenedBy::Peer, standing, None)), current, root)
    }

    /// How often it is told in each of the next days, looked at every ten minutes.
    fn told_daily(open: &Arc<Peering>, encounters: &Encounters, days: i64) -> Vec<usize> {
        let a_day = 24 * 60 / 10;
        let looks = |day: i64| (1..=a_day).map(move |look| (day * a_day + look) * 10);
        let told = |minutes| {
            let now = at(NOW) + SignedDuration::from_mins(minutes);
            due(std::slice::from_ref(open), encounters, now).len()
        };
        (0..days).map(|day| looks(day).map(told).sum()).collect()
    }

    #[test]
    fn waived_demand_is_told_daily_while_one_connection_stays_open_for_a_week() {
        let (open, _, _) = open();
        let encounters = Encounters::default();
        let at_the_handshake = due(std::slice::from_ref(&open), &encounters, at(NOW));

        let daily = told_daily(&open, &encounters, 7);

        assert_eq!(at_the_handshake.len(), 1);
        assert_eq!(at_the_handshake[0].kind.name, "demand-waived");
        assert!(at_the_handshake[0].fields.contains(&("demand", "revocation-list".to_owned())));
        assert_eq!(daily, [1; 7]);
    }

    #[test]
    fn nothing_is_told_once_the_gateway_meets_the_demand_or_is_refused_by_it() {
        let (open, current, root) = open();
        let encounters = Encounters::default();
        due(std::slice::from_ref(&open), &encounters, at(NOW));

        current.store(Arc::new(policies(&root, Enforcement::Required)));

        assert_eq!(told_daily(&open, &encounters, 3), [0; 3]);
    }
}
