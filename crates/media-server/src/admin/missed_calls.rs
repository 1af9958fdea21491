use std::sync::Arc;

use admin_api::{AllMissedCallsQuery, MissedCallQuery, MissedCallRow};
use axum::extract::{Path, State};
use dial_plan::ObjectKind;
use storage::{MailboxFilter, MissedCallFilter, Store};

use super::answer::{Answer, Asked, Refusal, blocking};
use super::mailboxes::{extension, filter_of, find_all};
use super::router::Desk;
use super::site::missing;

/// How many are listed unless it is said.
const LISTED: u32 = 100;

/// `GET /v1/missed-calls`: of all mailboxes, newest first.
pub(super) async fn list_all(
    State(desk): State<Arc<Desk>>,
    Asked(query): Asked<AllMissedCallsQuery>,
) -> Answer<Vec<MissedCallRow>> {
    blocking(move || {
        let site = desk.state.site.current();
        if let Some(plan) = query.dial_plan.as_deref().filter(|plan| site.dial_plan(plan).is_none()) {
            return Err(missing(ObjectKind::DialPlan, plan));
        }
        let extension = query.extension.as_deref().map(extension).transpose()?;
        let mailboxes = MailboxFilter { dial_plan: query.dial_plan, extension };
        rows(&desk.state.store, &MissedCallFilter { since: query.since, mailboxes }, query.limit)
    })
    .await
}

/// `GET /v1/mailboxes/EXT[@PLAN]/missed-calls`, newest first; EXT alone lists over all plans.
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Path(address): Path<String>,
    Asked(query): Asked<MissedCallQuery>,
) -> Answer<Vec<MissedCallRow>> {
    blocking(move || {
        let store = &desk.state.store;
        find_all(store, &address)?;
        rows(store, &MissedCallFilter { since: None, mailboxes: filter_of(&address)? }, query.limit)
    })
    .await
}

fn rows(store: &Store, filter: &MissedCallFilter, limit: Option<u32>) -> Result<Vec<MissedCallRow>, Refusal> {
    store.catch_up();
    let missed = store.list_missed_calls(filter, limit.unwrap_or(LISTED))?;
    let row = |row: storage::MissedCallRow| MissedCallRow {
        mailbox: format!("{}@{}", row.extension, row.dial_plan),
        at: row.call.at,
        caller: row.call.caller,
        caller_name: row.call.caller_name,
        call_id: row.call.call_id,
    };
    Ok(missed.into_iter().map(row).collect())
}
