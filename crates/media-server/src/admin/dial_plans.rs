use std::sync::Arc;

use admin_api::Changed;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use dial_plan::{DialPlan, ObjectKind, SiteChange};

use super::answer::{Answer, body};
use super::listener::Peer;
use super::router::Desk;
use super::site::{change, missing};

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
pub(super) async fn create(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    bytes: Bytes,
) -> Answer<Changed> {
    change(desk, peer, SiteChange::CreateDialPlan(body(&bytes)?)).await
}

/// `PATCH /v1/dial-plans/NAME`
pub(super) async fn set(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Answer<Changed> {
    change(desk, peer, SiteChange::SetDialPlan { name, patch: body(&bytes)? }).await
}

/// `DELETE /v1/dial-plans/NAME`
pub(super) async fn remove(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(name): Path<String>,
) -> Answer<Changed> {
    change(desk, peer, SiteChange::DeleteDialPlan { name }).await
}
