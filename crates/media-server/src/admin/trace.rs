use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use admin_api::{ApiError, TraceQuery, TraceRow, code};
use axum::Json;
use axum::extract::State;
use tokio::time::{Instant, sleep, timeout_at};

use super::answer::{Answer, Asked, Refusal};
use super::router::Desk;
use crate::observe::trace::{Trace, Wanted};

/// After a message this much time gathers those behind it: who follows a busy gateway asks ten times a second, not once
/// a message.
const GATHER: Duration = Duration::from_millis(100);

/// `GET /v1/trace`: the newest messages, or those behind `after`; with `wait_seconds` it waits for one if there is none.
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Asked(query): Asked<TraceQuery>,
) -> Answer<Vec<TraceRow>> {
    if let Some(gateway) = &query.gateway {
        desk.known_gateway(gateway)?;
    }
    let trace = Arc::clone(&desk.state.observed.trace);
    let call_id = query.call.as_deref().map(|call| call_id(&trace, call)).transpose()?;
    let wanted = Wanted {
        gateway: query.gateway.as_deref(),
        call_id: call_id.as_deref(),
        after: query.after.unwrap_or(0),
    };
    let deadline = Instant::now() + Duration::from_secs(query.effective_wait().into());
    let mut stopping = desk.stopping.clone();
    loop {
        // Enabled before the messages are looked at: one in between is not missed.
        let mut news = pin!(trace.news());
        news.as_mut().enable();
        let rows = newest(&trace, &wanted);
        if !rows.is_empty() || Instant::now() >= deadline {
            return Ok(Json(rows));
        }
        tokio::select! {
            heard = timeout_at(deadline, news) => if heard.is_err() { return Ok(Json(rows)) },
            _ = stopping.wait_for(|stop| *stop) => return Ok(Json(rows)),
        }
        sleep(GATHER).await;
    }
}

fn newest(trace: &Trace, wanted: &Wanted<'_>) -> Vec<TraceRow> {
    let messages = trace.messages(wanted);
    let older = messages.len().saturating_sub(TraceQuery::MAX_MESSAGES);
    messages.iter().skip(older).map(|message| message.row()).collect()
}

/// The Call-ID that is meant: a number is a call's of this process, anything else is a Call-ID itself.
fn call_id(trace: &Trace, call: &str) -> Result<String, Refusal> {
    let Ok(number) = call.parse::<u64>() else { return Ok(call.to_owned()) };
    trace.call_id(number).ok_or_else(|| {
        Refusal(ApiError::new(
            code::NOT_FOUND,
            format!("call {call}"),
            format!("no call {call} is known"),
            "run `um calls list` to see those that are up, or give the Call-ID as events have it",
        ))
    })
}
