//! What a page of metrics asks of the other parts.
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use call_control::GatewayState;
use cert_manager::CertificateFacts;
use jiff::Timestamp;
use sip_signaling::{Transport, TransportClass};
use storage::{DiskSpace, Store, StoreTotals};
use tokio::{sync::Semaphore, time::timeout};

use super::readiness;
use crate::{
    admin::AdminState,
    flow::OpenedBy,
    observe::metrics::{ExpiryGauges, ExpiryKind, Readings},
};

/// The database answers within this time, or it does not answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks the store, one question at a time: a database that hangs holds one thread, however often it is asked.
pub(super) struct StoreQuestion {
    store: Store,
    turn: Arc<Semaphore>,
}

/// What the store said.
#[derive(Debug)]
pub(super) struct StoreAnswer {
    /// What it holds, or why it does not say.
    pub(super) totals: Result<StoreTotals, String>,
    /// The disk under it, if that says.
    pub(super) disk: Option<DiskSpace>,
    /// How long it took.
    pub(super) took: Duration,
}

impl StoreQuestion {
    pub(super) fn new(store: Store) -> Self {
        Self { store, turn: Arc::new(Semaphore::new(1)) }
    }

    pub(super) async fn ask(&self) -> StoreAnswer {
        let asked = Instant::now();
        let (store, turn) = (self.store.clone(), Arc::clone(&self.turn));
        let question = async move {
            let place = turn.acquire_owned().await;
            tokio::task::spawn_blocking(move || {
                let said = (store.totals().map_err(|error| error.to_string()), store.disk_space().ok());
                drop(place);
                said
            })
            .await
        };
        let (totals, disk) = match timeout(PATIENCE, question).await {
            Ok(Ok(said)) => said,
            Ok(Err(_)) => (Err("a fault in the program ended the question".to_owned()), None),
            Err(_) => (Err(format!("no answer within {} s", PATIENCE.as_secs())), None),
        };
        StoreAnswer { totals, disk, took: asked.elapsed() }
    }
}

/// The page of metrics of this moment.
pub(super) fn page(state: &AdminState, answer: &StoreAnswer) -> String {
    let metrics = &state.observed.metrics;
    set_expiries(state, &metrics.expiry, Timestamp::now());
    metrics.page(&readings(state, answer), Instant::now())
}

fn readings(state: &AdminState, answer: &StoreAnswer) -> Readings {
    let board = &state.board;
    let program = board.program();
    let checks = readiness::checks(state, answer);
    Readings {
        program: (program.version.clone(), program.commit.clone()),
        started: board.state().1.map_or(0, Timestamp::as_second),
        calls: board.counts(),
        call_limit: u64::try_from(board.call_limit()).unwrap_or(u64::MAX),
        checks: checks.iter().map(|check| (check.name(), check.passes())).collect(),
        connections: connections(state),
        totals: answer.totals.as_ref().ok().cloned(),
        store_took: answer.took,
        disk: answer.disk,
        disk_state: board.disk(),
        gateways: gateways(state),
    }
}

/// Every combination, those included that there are none of.
fn connections(state: &AdminState) -> BTreeMap<(&'static str, &'static str), u64> {
    let kinds = ["tcp", "tls"].into_iter().flat_map(|transport| ["peer", "us"].map(|by| (transport, by)));
    let mut counts: BTreeMap<_, u64> = kinds.map(|kind| (kind, 0)).collect();
    for (_, peering) in state.trust.expiry.flows.peerings() {
        let transport = match peering.transport {
            Transport::Tls => "tls",
            Transport::Tcp | Transport::Udp => "tcp",
        };
        let opened_by = match peering.opened_by {
            OpenedBy::Us => "us",
            OpenedBy::Peer => "peer",
        };
        let count = counts.entry((transport, opened_by)).or_default();
        *count = count.saturating_add(1);
    }
    counts
}

/// Those of which a probe has decided it.
fn gateways(state: &AdminState) -> Vec<(String, &'static str, bool)> {
    let site = state.site.current();
    let reports = site.gateways().flat_map(|gateway| state.board.probes_of(gateway.name.as_str()));
    reports
        .filter(|report| report.state != GatewayState::Unknown)
        .map(|report| {
            let class = match report.transport.class() {
                TransportClass::Clear => "clear",
                TransportClass::Tls => "tls",
            };
            (report.gateway.to_string(), class, report.state == GatewayState::Up)
        })
        .collect()
}

/// What ends, as it is now: what is shown and trusted no more is on the page no more.
fn set_expiries(state: &AdminState, gauges: &ExpiryGauges, now: Timestamp) {
    let left = |not_after: Timestamp| not_after.duration_since(now).as_secs();
    let of = |facts: &CertificateFacts| (facts.sha256.clone(), left(facts.not_after));
    let sources = &state.trust.expiry;
    if let Some(keeper) = &sources.keeper {
        let current = keeper.presenting().current();
        let shown = current.choices().flat_map(|(_, choice)| [&choice.chosen, &choice.dialing]);
        gauges.replace(ExpiryKind::Own, shown.flatten().map(|identity| of(identity.facts())));
    }
    let site = state.site.current();
    let anchors = site.gateways().flat_map(|gateway| &gateway.trust);
    let anchors = anchors.map(|anchor| (anchor.sha256.clone(), left(anchor.not_after)));
    let roots = sources.trust.known_roots();
    gauges.replace(ExpiryKind::Trusted, anchors.chain(roots.iter().map(|known| of(known.facts()))));
    let lists = sources.trust.lists();
    let lists = lists.lists().map(|list| (list.issuer().sha256.clone(), left(list.next_update())));
    gauges.replace(ExpiryKind::RevocationList, lists);
}
