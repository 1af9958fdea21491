use std::sync::Arc;
use std::time::Duration;

use admin_api::{ApiError, Done, GreetingName, GreetingRow, MailboxRow, code};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use mailbox::{GreetingKind, Mailbox};
use srtp_media::wav::{self, WavRefusal};
use storage::{CallersGreeting, Store, StoredGreeting, wav_bytes};

use super::answer::{Answer, Refusal, blocking};
use super::mailboxes::find;
use super::router::Desk;

/// `GET /v1/mailboxes/EXT[@PLAN]/greetings`
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Path(address): Path<String>,
) -> Answer<Vec<GreetingRow>> {
    blocking(move || {
        let mailbox = find(&desk.state.store, &address)?;
        let greetings = desk.state.store.greetings(mailbox.id)?;
        Ok(greetings.iter().filter_map(|greeting| row(&mailbox, greeting)).collect())
    })
    .await
}

/// `PUT /v1/mailboxes/EXT[@PLAN]/greetings/personal|out-of-office`, the body a WAV file.
pub(super) async fn set(
    State(desk): State<Arc<Desk>>,
    Path((address, word)): Path<(String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> Answer<GreetingRow> {
    blocking(move || {
        let store = &desk.state.store;
        let mailbox = find(store, &address)?;
        let kind = kind_of(&mailbox, &word)?;
        let object = || format!("{word} greeting of mailbox {}", MailboxRow::address(&mailbox));
        let bytes = body.map_err(|rejection| {
            let remedy = "make it smaller, as with `sox IN.wav -r 8000 -c 1 -b 16 -e signed-integer OUT.wav`";
            Refusal(ApiError::new(code::INVALID, object(), rejection.body_text(), remedy))
        })?;
        let (codec, audio) = wav::audio(&bytes)
            .map_err(|refusal| Refusal(ApiError::told(code::INVALID, object(), &refusal.to_string())))?;
        let length = playing_time(&audio);
        let allowed = longest(&desk, &mailbox);
        if length > allowed {
            let refusal = WavRefusal::TooLong { length, allowed };
            return Err(Refusal(ApiError::told(code::INVALID, object(), &refusal.to_string())));
        }
        store.set_greeting(mailbox.id, kind, (codec, &audio), Timestamp::now())?;
        stored(store, &mailbox, kind)
            .and_then(|greeting| row(&mailbox, &greeting).ok_or_else(|| none(&mailbox, &word)))
    })
    .await
}

/// `DELETE /v1/mailboxes/EXT[@PLAN]/greetings/personal|out-of-office`
pub(super) async fn remove(
    State(desk): State<Arc<Desk>>,
    Path((address, word)): Path<(String, String)>,
) -> Answer<Done> {
    blocking(move || {
        let mailbox = find(&desk.state.store, &address)?;
        let kind = kind_of(&mailbox, &word)?;
        if desk.state.store.remove_greeting(mailbox.id, kind)? {
            return Ok(Done {});
        }
        Err(none(&mailbox, &word))
    })
    .await
}

/// `GET /v1/mailboxes/EXT[@PLAN]/greetings/personal|out-of-office/audio.wav`
pub(super) async fn audio(
    State(desk): State<Arc<Desk>>,
    Path((address, word)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let Json(wav) = blocking(move || {
        let store = &desk.state.store;
        let mailbox = find(store, &address)?;
        let greeting = stored(store, &mailbox, kind_of(&mailbox, &word)?)?;
        let audio = store.greeting_audio(greeting.greeting)?;
        Ok(wav_bytes(audio.codec, &audio.octets))
    })
    .await?;
    Ok(([(CONTENT_TYPE, "audio/x-wav")], wav).into_response())
}

fn stored(store: &Store, mailbox: &Mailbox, kind: CallersGreeting) -> Result<StoredGreeting, Refusal> {
    let wanted = GreetingKind::from(kind);
    let mut greetings = store.greetings(mailbox.id)?.into_iter();
    let word = name_of(wanted).map_or("", GreetingName::word);
    greetings.find(|greeting| greeting.kind == wanted).ok_or_else(|| none(mailbox, word))
}

/// As the policy of the mailbox says; without a policy, as a new one would.
fn longest(desk: &Desk, mailbox: &Mailbox) -> Duration {
    let site = desk.state.site.current();
    let minutes = site.policy(&mailbox.policy).map_or(5, |policy| policy.max_greeting_minutes);
    Duration::from_secs(60 * u64::from(minutes))
}

/// Of G.711 at 8,000 octets a second.
fn playing_time(audio: &[u8]) -> Duration {
    Duration::from_micros(125).saturating_mul(u32::try_from(audio.len()).unwrap_or(u32::MAX))
}

fn kind_of(mailbox: &Mailbox, word: &str) -> Result<CallersGreeting, Refusal> {
    match GreetingName::ALL.into_iter().find(|name| name.word() == word) {
        Some(GreetingName::Personal) => Ok(CallersGreeting::Personal),
        Some(GreetingName::OutOfOffice) => Ok(CallersGreeting::OutOfOffice),
        None => Err(Refusal(ApiError::new(
            code::NOT_FOUND,
            format!("mailbox {}", MailboxRow::address(mailbox)),
            format!("there is no greeting called `{word}`"),
            "say `personal` or `out-of-office`",
        ))),
    }
}

fn none(mailbox: &Mailbox, word: &str) -> Refusal {
    let address = MailboxRow::address(mailbox);
    Refusal(ApiError::new(
        code::NOT_FOUND,
        format!("{word} greeting of mailbox {address}"),
        format!("mailbox {address} has no {word} greeting"),
        format!("give it one with `um mailbox greeting import {address} {word} FILE.wav`"),
    ))
}

/// `None` for the recorded name, which is no row of this list.
fn row(mailbox: &Mailbox, greeting: &StoredGreeting) -> Option<GreetingRow> {
    Some(GreetingRow {
        mailbox: MailboxRow::address(mailbox),
        greeting: name_of(greeting.kind)?,
        recorded: greeting.recorded,
        length_seconds: greeting.greeting.length.as_secs_f64(),
        codec: greeting.codec.encoding_name().to_owned(),
    })
}

fn name_of(kind: GreetingKind) -> Option<GreetingName> {
    match kind {
        GreetingKind::Personal => Some(GreetingName::Personal),
        GreetingKind::OutOfOffice => Some(GreetingName::OutOfOffice),
        GreetingKind::Name => None,
    }
}
