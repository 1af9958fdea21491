use std::sync::Arc;

use admin_api::{Changed, DisableGateway, GatewayDetails, GatewayDisabled, NewGateway};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use dial_plan::{GatewayPatch, GatewayStatus, IpGateway, NumberRule, ObjectKind, SiteChange};

use super::answer::{Answer, blocking, body};
use super::listener::Peer;
use super::router::Desk;
use super::site::{change, missing};

/// `GET /v1/gateways`
pub(super) async fn list(State(desk): State<Arc<Desk>>) -> Answer<Vec<IpGateway>> {
    Ok(Json(desk.state.site.current().gateways().cloned().collect()))
}

/// `GET /v1/gateways/NAME`
pub(super) async fn show(State(desk): State<Arc<Desk>>, Path(name): Path<String>) -> Answer<GatewayDetails> {
    let site = desk.state.site.current();
    let gateway = site.gateway(&name).cloned().ok_or_else(|| missing(ObjectKind::Gateway, &name))?;
    let hunt_groups = site.hunt_groups_of(&name).cloned().collect();
    Ok(Json(GatewayDetails { gateway, hunt_groups, live_calls: desk.state.board.calls_of(&name) }))
}

/// `POST /v1/gateways`
pub(super) async fn create(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    bytes: Bytes,
) -> Answer<Changed> {
    let NewGateway { gateway, dial_plan } = body(&bytes)?;
    change(desk, peer, SiteChange::CreateGateway { gateway, dial_plan }).await
}

/// `PATCH /v1/gateways/NAME`
pub(super) async fn set(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Answer<Changed> {
    change(desk, peer, SiteChange::SetGateway { name, patch: body(&bytes)? }).await
}

/// `DELETE /v1/gateways/NAME`
pub(super) async fn remove(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(name): Path<String>,
) -> Answer<Changed> {
    change(desk, peer, SiteChange::DeleteGateway { name }).await
}

/// `POST /v1/gateways/NAME/disable`: no new calls from now on; with `immediate` the live ones end.
pub(super) async fn disable(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Answer<GatewayDisabled> {
    let DisableGateway { immediate } =
        if bytes.is_empty() { DisableGateway::default() } else { body(&bytes)? };
    let patch = GatewayPatch { status: Some(GatewayStatus::Disabled), ..GatewayPatch::default() };
    blocking(move || {
        let disabled = SiteChange::SetGateway { name: name.clone(), patch };
        let revision = desk.state.site.change(&disabled, &peer.words())?;
        if immediate {
            desk.state.core.hang_up_gateway(&name)?;
        }
        let live_calls = desk.state.board.calls_of(&name);
        Ok(GatewayDisabled { revision: revision.site.revision, live_calls })
    })
    .await
}

/// `GET /v1/gateways/NAME/number-rules`
pub(super) async fn number_rules(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
) -> Answer<Vec<NumberRule>> {
    let site = desk.state.site.current();
    let gateway = site.gateway(&name).ok_or_else(|| missing(ObjectKind::Gateway, &name))?;
    Ok(Json(gateway.number_rules.clone()))
}

/// `POST /v1/gateways/NAME/number-rules`
pub(super) async fn add_number_rule(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Answer<Changed> {
    change(desk, peer, SiteChange::AddNumberRule { gateway: name, rule: body(&bytes)? }).await
}

/// `DELETE /v1/gateways/NAME/number-rules/MASK`
pub(super) async fn remove_number_rule(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path((gateway, from)): Path<(String, String)>,
) -> Answer<Changed> {
    change(desk, peer, SiteChange::RemoveNumberRule { gateway, from }).await
}
