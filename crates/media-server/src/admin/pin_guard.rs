use std::sync::Arc;

use admin_api::{ApiError, CallersForgiven, FailingCallerQuery, FailingCallerRow, ForgiveQuery, code};
use axum::extract::{Path, State};
use jiff::Timestamp;
use storage::ForgivenCallers;

use super::answer::{Answer, Asked, Refusal, blocking};
use super::order::Order;
use super::router::Desk;

/// How many are listed unless it is said.
const LISTED: u32 = 100;

/// `GET /v1/pin-guard`: callers with wrong PINs, those with the most first.
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Asked(query): Asked<FailingCallerQuery>,
) -> Answer<Vec<FailingCallerRow>> {
    blocking(move || {
        let limit = query.limit.unwrap_or(LISTED);
        let callers = desk.state.store.failing_callers(Timestamp::now(), limit)?;
        Ok(callers
            .into_iter()
            .map(|caller| FailingCallerRow {
                gateway: caller.gateway,
                caller: caller.caller,
                failures: caller.failures,
                since: caller.since,
                last: caller.last,
                stopped_until: caller.stopped_until,
            })
            .collect())
    })
    .await
}

/// `DELETE /v1/pin-guard/GATEWAY?caller=NUMBER`: a caller, or all of the gateway, may log on again. The gateway need not
/// be there any more.
pub(super) async fn clear(
    Order { desk, peer }: Order,
    Path(gateway): Path<String>,
    Asked(query): Asked<ForgiveQuery>,
) -> Answer<CallersForgiven> {
    blocking(move || {
        let (which, words) = match (&query.caller, query.withheld) {
            (Some(number), _) => (ForgivenCallers::Number(number), format!("caller {number}")),
            (None, true) => (ForgivenCallers::Withheld, "no caller without a number".to_owned()),
            (None, false) => (ForgivenCallers::All, "no caller".to_owned()),
        };
        let callers = desk.state.store.forgive_callers(&gateway, which, &peer.words())?;
        if callers > 0 {
            return Ok(CallersForgiven { callers });
        }
        let has = if query.caller.is_some() { "has no wrong PINs" } else { "has wrong PINs" };
        Err(Refusal(ApiError::new(
            code::NOT_FOUND,
            format!("gateway {gateway}"),
            format!("{words} of gateway `{gateway}` {has}"),
            "run `um pin-guard list` to see who has",
        )))
    })
    .await
}
