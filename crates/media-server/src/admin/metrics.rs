use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use cert_manager::CertificateFacts;
use jiff::Timestamp;

use super::AdminState;
use super::router::Desk;
use crate::observe::metrics::{ExpiryGauges, ExpiryKind};

/// The text format of Prometheus.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /v1/metrics`
pub(super) async fn show(State(desk): State<Arc<Desk>>) -> Response {
    let metrics = &desk.state.observed.metrics;
    set_expiries(&desk.state, &metrics.expiry, Timestamp::now());
    let page = metrics.page(&desk.state.board.counts(), Instant::now());
    ([(CONTENT_TYPE, TEXT_FORMAT)], page).into_response()
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
