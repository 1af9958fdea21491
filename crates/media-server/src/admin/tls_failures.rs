use std::sync::Arc;

use admin_api::{TlsFailureQuery, TlsFailureRow};
use axum::Json;
use axum::extract::State;

use super::answer::{Answer, Asked};
use super::router::Desk;

/// `GET /v1/tls/failures`: handshakes that failed, the oldest first.
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Asked(query): Asked<TlsFailureQuery>,
) -> Answer<Vec<TlsFailureRow>> {
    if let Some(gateway) = &query.gateway {
        desk.known_gateway(gateway)?;
    }
    Ok(Json(desk.state.observed.handshakes.rows(query.gateway.as_deref())))
}
