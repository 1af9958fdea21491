use std::sync::Arc;

use admin_api::{ApiError, Done, FaultOrder, code};
use axum::body::Bytes;
use axum::extract::State;
use call_control::{CallKey, PanicPlace};

use super::answer::{Answer, Refusal, blocking, body};
use super::router::Desk;

/// `POST /v1/test/fault`: a panic in one call, or outside of all, to see what it costs.
pub(super) async fn provoke(State(desk): State<Arc<Desk>>, bytes: Bytes) -> Answer<Done> {
    let order: FaultOrder = body(&bytes)?;
    if !desk.state.fault_injection {
        return Err(Refusal(ApiError::new(
            code::NOT_ALLOWED,
            "this server",
            "this server was not started for fault injection",
            "on a test system, start it with UM_FAULT_INJECTION=1",
        )));
    }
    let place = order.call.map_or(PanicPlace::Core, |call| PanicPlace::Call(CallKey(call)));
    blocking(move || {
        desk.state.core.panic(place)?;
        Ok(Done {})
    })
    .await
}
