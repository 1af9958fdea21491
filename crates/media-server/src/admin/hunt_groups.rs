use std::sync::Arc;

use admin_api::Changed;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use dial_plan::{HuntGroup, SiteChange};

use super::answer::{Answer, body};
use super::order::Order;
use super::router::Desk;

/// `GET /v1/hunt-groups`
pub(super) async fn list(State(desk): State<Arc<Desk>>) -> Answer<Vec<HuntGroup>> {
    Ok(Json(desk.state.site.current().hunt_groups().cloned().collect()))
}

/// `POST /v1/hunt-groups`
pub(super) async fn create(by: Order, bytes: Bytes) -> Answer<Changed> {
    by.change(SiteChange::CreateHuntGroup(body(&bytes)?)).await
}

/// `DELETE /v1/hunt-groups/NAME`
pub(super) async fn remove(by: Order, Path(name): Path<String>) -> Answer<Changed> {
    by.change(SiteChange::DeleteHuntGroup { name }).await
}
