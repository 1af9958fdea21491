use std::sync::Arc;

use admin_api::{AllMissedCallsQuery, MailboxRow, MissedCallQuery, MissedCallRow};
use axum::extract::{Path, State};
use dial_plan::ObjectKind;
use storage::{MailboxFilter, MissedCallFilter};

use super::answer::{Answer, Asked, blocking};
use super::mailboxes::{extension, find_all};
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
        let filter = MissedCallFilter { since: query.since, mailboxes };
        let missed = desk.state.store.list_missed_calls(&filter, query.limit.unwrap_or(LISTED))?;
        Ok(missed
            .into_iter()
            .map(|row| MissedCallRow {
                mailbox: format!("{}@{}", row.extension, row.dial_plan),
                at: row.call.at,
                caller: row.call.caller,
                caller_name: row.call.caller_name,
                call_id: row.call.call_id,
            })
            .collect())
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
        store.catch_up();
        let limit = query.limit.unwrap_or(LISTED);
        let mut rows = Vec::new();
        for mailbox in find_all(store, &address)? {
            let missed = store.missed_calls(mailbox.id, limit)?;
            rows.extend(missed.into_iter().map(|call| MissedCallRow {
                mailbox: MailboxRow::address(&mailbox),
                at: call.at,
                caller: call.caller,
                caller_name: call.caller_name,
                call_id: call.call_id,
            }));
        }
        Ok(rows)
    })
    .await
}
