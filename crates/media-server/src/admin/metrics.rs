use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::router::Desk;
use crate::observe::metrics::ExpiryKind;

/// The text format of Prometheus.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /v1/metrics`
pub(super) async fn show(State(desk): State<Arc<Desk>>) -> Response {
    let metrics = &desk.state.observed.metrics;
    let now = Timestamp::now();
    let left = |not_after: Timestamp| not_after.duration_since(now).as_secs();
    if let Some(presented) = desk.state.certificates.presented() {
        let own = &presented.certificate;
        metrics.expiry.set(ExpiryKind::Own, &own.sha256, left(own.not_after));
    }
    let site = desk.state.site.current();
    for anchor in site.gateways().flat_map(|gateway| &gateway.trust) {
        metrics.expiry.set(ExpiryKind::Trusted, &anchor.sha256, left(anchor.not_after));
    }
    let page = metrics.page(&desk.state.board.counts(), Instant::now());
    ([(CONTENT_TYPE, TEXT_FORMAT)], page).into_response()
}
