use std::sync::Arc;

use admin_api::{ApiError, MailboxRow, code};
use axum::body::Bytes;
use axum::extract::{Path, State};

use super::answer::{Answer, Refusal, blocking};
use super::mailboxes::{find, row};
use super::router::Desk;
use super::wav::recorded_name;

/// `PUT /v1/mailboxes/EXT[@PLAN]/recorded-name`, the body a WAV file.
pub(super) async fn set(
    State(desk): State<Arc<Desk>>,
    Path(address): Path<String>,
    bytes: Bytes,
) -> Answer<MailboxRow> {
    blocking(move || {
        let store = &desk.state.store;
        let mailbox = find(store, &address)?;
        let name = recorded_name(&bytes).map_err(|refusal| {
            let object = format!("recorded name of mailbox {}", MailboxRow::address(&mailbox));
            Refusal(ApiError::told(code::INVALID, object, &refusal.to_string()))
        })?;
        row(store, store.set_recorded_name(mailbox.id, &name)?)
    })
    .await
}

/// `DELETE /v1/mailboxes/EXT[@PLAN]/recorded-name`
pub(super) async fn remove(State(desk): State<Arc<Desk>>, Path(address): Path<String>) -> Answer<MailboxRow> {
    blocking(move || {
        let store = &desk.state.store;
        let mailbox = find(store, &address)?;
        row(store, store.remove_recorded_name(mailbox.id)?)
    })
    .await
}
