use std::sync::Arc;

use admin_api::{MailboxRow, MissedCallQuery, MissedCallRow};
use axum::extract::{Path, State};

use super::answer::{Answer, Asked, blocking};
use super::mailboxes::find_all;
use super::router::Desk;

/// How many are listed unless it is said.
const LISTED: u32 = 100;

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
