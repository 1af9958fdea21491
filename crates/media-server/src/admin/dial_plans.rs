use std::sync::Arc;

use admin_api::Changed;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use dial_plan::{DialPlan, ObjectKind, SiteChange};

use super::answer::{Answer, body};
use super::order::Order;
use super::router::Desk;
use super::site::missing;

/// `GET /v1/dial-plans`
pub(super) async fn list(State(desk): State<Arc<Desk>>) -> Answer<Vec<DialPlan>> {
    Ok(Json(desk.state.site.current().dial_plans().cloned().collect()))
}

/// `GET /v1/dial-plans/NAME`
pub(super) async fn show(State(desk): State<Arc<Desk>>, Path(name): Path<String>) -> Answer<DialPlan> {
    let site = desk.state.site.current();
    site.dial_plan(&name).cloned().map(Json).ok_or_else(|| missing(ObjectKind::DialPlan, &name))
}

/// `POST /v1/dial-plans`
pub(super) async fn create(by: Order, bytes: Bytes) -> Answer<Changed> {
    by.change(SiteChange::CreateDialPlan(body(&bytes)?)).await
}

/// `PATCH /v1/dial-plans/NAME`
pub(super) async fn set(by: Order, Path(name): Path<String>, bytes: Bytes) -> Answer<Changed> {
    by.change(SiteChange::SetDialPlan { name, patch: body(&bytes)? }).await
}

/// `DELETE /v1/dial-plans/NAME`
pub(super) async fn remove(by: Order, Path(name): Path<String>) -> Answer<Changed> {
    by.change(SiteChange::DeleteDialPlan { name }).await
}

/// `POST /v1/dial-plans/NAME/dialling-rules`
pub(super) async fn add_rule(by: Order, Path(plan): Path<String>, bytes: Bytes) -> Answer<Changed> {
    by.change(SiteChange::AddDiallingRule { plan, rule: body(&bytes)? }).await
}

/// `DELETE /v1/dial-plans/NAME/dialling-rules/GROUP/MASK`
pub(super) async fn remove_rule(
    by: Order,
    Path((plan, group, mask)): Path<(String, String, String)>,
) -> Answer<Changed> {
    by.change(SiteChange::RemoveDiallingRule { plan, group, mask }).await
}
