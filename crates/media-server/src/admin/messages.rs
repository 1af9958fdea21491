use std::sync::Arc;

use admin_api::{ApiError, DAMAGED_HEADER, Done, MailboxRow, MessageQuery, MessageRow, code};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use mailbox::{Mailbox, Message, MessageId, MessageState};
use storage::{Store, StoreError, wav_bytes};

use super::answer::{Answer, Asked, Refusal, blocking};
use super::mailboxes::{find, find_all};
use super::router::Desk;

/// `GET /v1/mailboxes/EXT[@PLAN]/messages`; EXT alone lists over all plans.
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Path(address): Path<String>,
    Asked(query): Asked<MessageQuery>,
) -> Answer<Vec<MessageRow>> {
    blocking(move || {
        let store = &desk.state.store;
        let mut rows = Vec::new();
        for mailbox in find_all(store, &address)? {
            let messages = match query.deleted {
                true => store.deleted_messages(mailbox.id)?,
                false => store.messages(mailbox.id)?,
            };
            rows.extend(messages.into_iter().map(|message| row(&mailbox, message)));
        }
        Ok(rows)
    })
    .await
}

/// `GET /v1/mailboxes/EXT[@PLAN]/messages/ID`
pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    Path((address, id)): Path<(String, String)>,
) -> Answer<MessageRow> {
    blocking(move || {
        let (mailbox, message) = message(&desk.state.store, &address, &id)?;
        Ok(row(&mailbox, message))
    })
    .await
}

/// `DELETE /v1/mailboxes/EXT[@PLAN]/messages/ID`
pub(super) async fn remove(
    State(desk): State<Arc<Desk>>,
    Path((address, id)): Path<(String, String)>,
) -> Answer<Done> {
    blocking(move || {
        let (_, message) = message(&desk.state.store, &address, &id)?;
        desk.state.store.delete_message(message.id)?;
        Ok(Done {})
    })
    .await
}

/// `POST /v1/mailboxes/EXT[@PLAN]/messages/ID/restore`
pub(super) async fn restore(
    State(desk): State<Arc<Desk>>,
    Path((address, id)): Path<(String, String)>,
) -> Answer<MessageRow> {
    blocking(move || {
        let store = &desk.state.store;
        let (mailbox, found) = message(store, &address, &id)?;
        if found.state != MessageState::Deleted {
            let address = MailboxRow::address(&mailbox);
            return Err(Refusal(ApiError::new(
                code::CONFLICT,
                format!("message {id}"),
                format!("message {id} of mailbox {address} is not deleted"),
                format!("run `um message list {address} --deleted` to see those that are"),
            )));
        }
        // The owner's lamp tells them that it is back.
        store.mark_message(mailbox.id, found.id, MessageState::New, Timestamp::now())?;
        Ok(row(&mailbox, store.message(found.id)?))
    })
    .await
}

/// `GET /v1/mailboxes/EXT[@PLAN]/messages/ID/audio.wav`
pub(super) async fn audio(
    State(desk): State<Arc<Desk>>,
    Path((address, id)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let Json((wav, damaged)) = blocking(move || {
        let (_, message) = message(&desk.state.store, &address, &id)?;
        let audio = desk.state.store.audio(message.id)?;
        Ok((wav_bytes(audio.codec, &audio.octets), audio.damaged))
    })
    .await?;
    let mut response = ([(CONTENT_TYPE, "audio/x-wav")], wav).into_response();
    if damaged {
        response.headers_mut().insert(DAMAGED_HEADER, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// A message by its number, if one of the mailboxes of the address has it.
fn message(store: &Store, address: &str, id: &str) -> Result<(Mailbox, Message), Refusal> {
    let none = || {
        Refusal(ApiError::new(
            code::NOT_FOUND,
            format!("message {id}"),
            format!("mailbox {address} has no message {id}"),
            format!("run `um message list {address}` to see its messages"),
        ))
    };
    let mailbox = find(store, address)?;
    let number = id.parse().map_err(|_| none())?;
    match store.message(MessageId(number)) {
        Ok(message) if message.mailbox == mailbox.id => Ok((mailbox, message)),
        Ok(_) | Err(StoreError::NoSuchMessage { .. }) => Err(none()),
        Err(error) => Err(error.into()),
    }
}

fn row(mailbox: &Mailbox, message: Message) -> MessageRow {
    MessageRow {
        id: message.id.0,
        mailbox: MailboxRow::address(mailbox),
        received: message.received,
        length_seconds: message.length.as_secs_f64(),
        codec: message.codec.encoding_name().to_owned(),
        caller: message.caller,
        caller_name: message.caller_name,
        call_id: message.call_id,
        urgent: message.urgent,
        interrupted: message.interrupted,
        private: message.private,
        state: message.state,
        deleted_at: message.deleted_at,
    }
}
