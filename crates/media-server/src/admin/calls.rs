use std::sync::Arc;

use admin_api::{ApiError, CallQuery, Done, LiveCall, code};
use axum::Json;
use axum::extract::{Path, State};
use call_control::CallKey;

use super::answer::{Answer, Asked, Refusal, blocking};
use super::router::Desk;

/// `GET /v1/calls`
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Asked(query): Asked<CallQuery>,
) -> Answer<Vec<LiveCall>> {
    Ok(Json(desk.state.board.calls(query.gateway.as_deref())))
}

/// `GET /v1/calls/ID`
pub(super) async fn show(State(desk): State<Arc<Desk>>, Path(id): Path<String>) -> Answer<LiveCall> {
    found(&desk, &id).map(Json)
}

/// `DELETE /v1/calls/ID`: ends the call; what was recorded is kept.
pub(super) async fn hang_up(State(desk): State<Arc<Desk>>, Path(id): Path<String>) -> Answer<Done> {
    let call = found(&desk, &id)?;
    blocking(move || {
        desk.state.core.hang_up(CallKey(call.id))?;
        Ok(Done {})
    })
    .await
}

fn found(desk: &Desk, id: &str) -> Result<LiveCall, Refusal> {
    let call = id.parse().ok().and_then(|number| desk.state.board.call(number));
    call.ok_or_else(|| {
        Refusal(ApiError::new(
            code::NOT_FOUND,
            format!("call {id}"),
            format!("no call {id} is up"),
            "run `um calls list` to see those that are",
        ))
    })
}
