use std::sync::Arc;

use admin_api::{
    CallRecordQuery, CallRecordRow, CallReportQuery, CallReportRow, PostureQuery, PostureReport,
};
use axum::extract::State;
use storage::CallFilter;

use super::answer::{Answer, Asked, blocking};
use super::call_report::CallReport;
use super::posture::Posture;
use super::router::Desk;

/// `GET /v1/call-records`: the newest calls that are over.
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Asked(query): Asked<CallRecordQuery>,
) -> Answer<Vec<CallRecordRow>> {
    if let Some(gateway) = &query.gateway {
        desk.known_gateway(gateway)?;
    }
    let limit = query.effective_limit();
    let CallRecordQuery { since, until, gateway, extension, .. } = query;
    let filter = CallFilter { since, until, gateway, extension };
    blocking(move || {
        desk.state.store.catch_up();
        let rows = desk.state.store.list_calls(&filter, limit)?;
        Ok(rows.into_iter().map(|row| CallRecordRow { id: row.id, call: row.call }).collect())
    })
    .await
}

/// `GET /v1/reports/calls`
pub(super) async fn report(
    State(desk): State<Arc<Desk>>,
    Asked(query): Asked<CallReportQuery>,
) -> Answer<Vec<CallReportRow>> {
    blocking(move || {
        desk.state.store.catch_up();
        let mut report = CallReport::new(query.by);
        let filter = CallFilter { since: query.since, until: query.until, ..CallFilter::default() };
        desk.state.store.each_call(&filter, |call| report.count(&call))?;
        Ok(report.rows())
    })
    .await
}

/// `GET /v1/reports/posture`
pub(super) async fn posture(
    State(desk): State<Arc<Desk>>,
    Asked(query): Asked<PostureQuery>,
) -> Answer<PostureReport> {
    let site = desk.state.site.current();
    blocking(move || {
        desk.state.store.catch_up();
        let mut posture = Posture::of(&site);
        let filter = CallFilter { since: query.since, ..CallFilter::default() };
        desk.state.store.each_call(&filter, |call| posture.count(&call))?;
        Ok(posture.report())
    })
    .await
}
