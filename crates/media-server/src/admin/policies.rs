use std::sync::Arc;

use admin_api::Changed;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use dial_plan::{MailboxPolicy, ObjectKind, SiteChange};

use super::answer::{Answer, body};
use super::order::Order;
use super::router::Desk;
use super::site::missing;

/// `GET /v1/policies`
pub(super) async fn list(State(desk): State<Arc<Desk>>) -> Answer<Vec<MailboxPolicy>> {
    Ok(Json(desk.state.site.current().policies().cloned().collect()))
}

/// `GET /v1/policies/NAME`
pub(super) async fn show(State(desk): State<Arc<Desk>>, Path(name): Path<String>) -> Answer<MailboxPolicy> {
    let site = desk.state.site.current();
    site.policy(&name).cloned().map(Json).ok_or_else(|| missing(ObjectKind::Policy, &name))
}

/// `POST /v1/policies`
pub(super) async fn create(by: Order, bytes: Bytes) -> Answer<Changed> {
    by.change(SiteChange::CreatePolicy(body(&bytes)?)).await
}

/// `PATCH /v1/policies/NAME`
pub(super) async fn set(by: Order, Path(name): Path<String>, bytes: Bytes) -> Answer<Changed> {
    by.change(SiteChange::SetPolicy { name, patch: body(&bytes)? }).await
}

/// `DELETE /v1/policies/NAME`
pub(super) async fn remove(by: Order, Path(name): Path<String>) -> Answer<Changed> {
    by.change(SiteChange::DeletePolicy { name }).await
}
