use std::sync::Arc;

use admin_api::Changed;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use dial_plan::{HuntGroup, SiteChange};

use super::answer::{Answer, body};
use super::listener::Peer;
use super::router::Desk;
use super::site::change;

/// `GET /v1/hunt-groups`
pub(super) async fn list(State(desk): State<Arc<Desk>>) -> Answer<Vec<HuntGroup>> {
    Ok(Json(desk.state.site.current().hunt_groups().cloned().collect()))
}

/// `POST /v1/hunt-groups`
pub(super) async fn create(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    bytes: Bytes,
) -> Answer<Changed> {
    change(desk, peer, SiteChange::CreateHuntGroup(body(&bytes)?)).await
}

/// `DELETE /v1/hunt-groups/NAME`
pub(super) async fn remove(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(name): Path<String>,
) -> Answer<Changed> {
    change(desk, peer, SiteChange::DeleteHuntGroup { name }).await
}
