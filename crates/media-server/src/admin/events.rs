use std::sync::Arc;
use std::time::Duration;

use admin_api::{EventQuery, EventRow};
use axum::extract::State;
use storage::Store;
use telephony::CATALOGUE;
use tokio::time::{Instant, timeout_at};

use super::answer::{Answer, Asked, Refusal, blocking};
use super::router::Desk;

/// `GET /v1/events`: the newest, or those behind `after`; with `wait_seconds` it waits for one if there is none.
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Asked(query): Asked<EventQuery>,
) -> Answer<Vec<EventRow>> {
    let deadline = Instant::now() + Duration::from_secs(query.effective_wait().into());
    // Subscribed before the database is read: an event in between is not missed.
    let mut news = desk.state.events.follow();
    desk.state.events.catch_up().await;
    let mut stopping = desk.stopping.clone();
    loop {
        let (store, asked) = (desk.state.store.clone(), query.clone());
        let rows = blocking(move || read(&store, &asked)).await?;
        if !rows.0.is_empty() || Instant::now() >= deadline {
            return Ok(rows);
        }
        tokio::select! {
            // A follower that lagged finds everything in the database.
            heard = timeout_at(deadline, news.recv()) => if heard.is_err() { return Ok(rows) },
            _ = stopping.wait_for(|stop| *stop) => return Ok(rows),
        }
    }
}

fn read(store: &Store, query: &EventQuery) -> Result<Vec<EventRow>, Refusal> {
    let rows = match query.after {
        Some(after) => {
            let mut rows = store.events_after(after, query.effective_limit())?;
            rows.retain(|row| query.since.is_none_or(|since| row.at >= since));
            rows
        }
        None => store.list_events(query.since, query.effective_limit())?,
    };
    Ok(rows.into_iter().map(shown).collect())
}

fn shown(row: storage::EventRow) -> EventRow {
    let summary = CATALOGUE.iter().find(|kind| kind.id == row.kind).map_or("", |kind| kind.summary);
    EventRow {
        sequence: row.id,
        at: row.at,
        id: row.kind,
        name: row.name,
        severity: row.severity,
        summary: summary.to_owned(),
        fields: row.fields,
        remedy: row.remedy,
        count: row.count.into(),
    }
}
