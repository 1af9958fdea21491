use std::sync::Arc;

use admin_api::{AnnouncementRow, ApiError, Done, PromptImport, PromptQuery, PromptRow, PromptVoice, code};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use dial_plan::Name;
use ivr::{Language, PromptKey};
use storage::wav_bytes;
use telephony::AudioCodec;

use super::answer::{Answer, Asked, Refusal, blocking};
use super::router::Desk;
use super::spoken::player;
use crate::prompts::{PromptShelf, PromptSource, PromptTrouble, text_of};

/// `GET /v1/prompts`: each language in the order of its keys.
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Asked(query): Asked<PromptQuery>,
) -> Answer<Vec<PromptRow>> {
    let shelf = &desk.state.prompts;
    let only = query.language.as_deref().map(language).transpose()?;
    let languages = Language::ALL.iter().filter(|language| only.is_none_or(|only| only == **language));
    Ok(Json(languages.flat_map(|language| language.keys().map(|key| row(shelf, *language, key))).collect()))
}

/// `PUT /v1/prompts/LANGUAGE/KEY`, the body a WAV file.
pub(super) async fn replace(
    State(desk): State<Arc<Desk>>,
    Path((tag, key)): Path<(String, String)>,
    Asked(import): Asked<PromptImport>,
    bytes: Bytes,
) -> Answer<PromptRow> {
    blocking(move || {
        let (language, key) = prompt(&tag, &key)?;
        let object = format!("prompt {} of {language}", key.as_str());
        let octets = audio(&object, &bytes)?;
        let shelf = &desk.state.prompts;
        match import.check {
            true => PromptShelf::fits(&octets).map_err(|trouble| refusal(&object, &trouble))?,
            false => shelf.replace(language, key, &octets).map_err(|trouble| refusal(&object, &trouble))?,
        }
        Ok(row(shelf, language, key))
    })
    .await
}

/// `DELETE /v1/prompts/LANGUAGE/KEY`: the built-in voice is heard again.
pub(super) async fn restore(
    State(desk): State<Arc<Desk>>,
    Path((tag, key)): Path<(String, String)>,
) -> Answer<PromptRow> {
    blocking(move || {
        let (language, key) = prompt(&tag, &key)?;
        let object = format!("prompt {} of {language}", key.as_str());
        let shelf = &desk.state.prompts;
        shelf.restore(language, key).map_err(|trouble| refusal(&object, &trouble))?;
        Ok(row(shelf, language, key))
    })
    .await
}

/// `GET /v1/prompts/LANGUAGE/KEY/audio.wav`
pub(super) async fn export(
    State(desk): State<Arc<Desk>>,
    Path((tag, key)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let (language, key) = prompt(&tag, &key)?;
    let set = desk.state.prompts.current();
    let octets = set.mu_law(language, key).ok_or_else(|| {
        let object = format!("prompt {} of {language}", key.as_str());
        let message = format!("there is no audio of {object}");
        Refusal(ApiError::new(code::NOT_FOUND, object, message, "run `um prompt import` to bring some"))
    })?;
    Ok(wav(octets))
}

/// `GET /v1/announcements`: by name.
pub(super) async fn announcements(State(desk): State<Arc<Desk>>) -> Answer<Vec<AnnouncementRow>> {
    let set = desk.state.prompts.current();
    let mut rows: Vec<_> = set
        .announcements()
        .map(|(name, octets)| AnnouncementRow { name: name.to_owned(), length_seconds: seconds(octets) })
        .collect();
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Json(rows))
}

/// `PUT /v1/announcements/NAME`, the body a WAV file.
pub(super) async fn keep_announcement(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    Asked(import): Asked<PromptImport>,
    bytes: Bytes,
) -> Answer<AnnouncementRow> {
    blocking(move || {
        let name = announcement(&name)?;
        let object = format!("announcement {name}");
        let octets = audio(&object, &bytes)?;
        match import.check {
            true => PromptShelf::fits(&octets),
            false => desk.state.prompts.keep_announcement(&name, &octets),
        }
        .map_err(|trouble| refusal(&object, &trouble))?;
        Ok(AnnouncementRow { name: name.to_string(), length_seconds: seconds(&octets) })
    })
    .await
}

/// `DELETE /v1/announcements/NAME`; one that a dial plan or an attendant plays stays.
pub(super) async fn remove_announcement(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
) -> Answer<Done> {
    blocking(move || {
        let name = announcement(&name)?;
        let object = format!("announcement {name}");
        // Nothing begins to play it meanwhile.
        desk.state.site.while_unchanged(|site| match player(site, &name) {
            Some((kind, player)) => Err(Refusal(ApiError::new(
                code::IN_USE,
                &object,
                format!("{kind} `{player}` plays announcement `{name}`"),
                format!(
                    "take it from the {kind} before; `um {} show {}` shows where it stands",
                    kind.command(),
                    player.shell_word()
                ),
            ))),
            None => {
                let removed = desk.state.prompts.remove_announcement(&name);
                removed.map(|()| Done {}).map_err(|trouble| refusal(&object, &trouble))
            }
        })
    })
    .await
}

/// `GET /v1/announcements/NAME/audio.wav`
pub(super) async fn export_announcement(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    let set = desk.state.prompts.current();
    let octets = set.announcement(&name).ok_or_else(|| {
        let trouble = PromptTrouble::NoSuchAnnouncement { name: name.clone() };
        refusal(&format!("announcement {name}"), &trouble)
    })?;
    Ok(wav(octets))
}

fn language(tag: &str) -> Result<Language, Refusal> {
    tag.parse().map_err(|unknown: ivr::UnknownLanguage| {
        Refusal(ApiError::told(code::NOT_FOUND, format!("language {tag}"), &unknown.to_string()))
    })
}

fn prompt(tag: &str, key: &str) -> Result<(Language, PromptKey), Refusal> {
    let language = language(tag)?;
    let found = language.keys().find(|known| known.as_str() == key);
    let found = found.ok_or_else(|| {
        let trouble = PromptTrouble::NoSuchPrompt { language, key: key.to_owned() };
        refusal(&format!("prompt {key} of {language}"), &trouble)
    })?;
    Ok((language, found))
}

fn announcement(name: &str) -> Result<Name, Refusal> {
    Name::parse(name).map_err(|error| {
        Refusal(ApiError::told(code::INVALID, format!("announcement {name}"), &error.to_string()))
    })
}

fn audio(object: &str, wav: &[u8]) -> Result<Vec<u8>, Refusal> {
    srtp_media::wav::mu_law(wav)
        .map_err(|refusal| Refusal(ApiError::told(code::INVALID, object, &refusal.to_string())))
}

fn refusal(object: &str, trouble: &PromptTrouble) -> Refusal {
    let code = match trouble {
        PromptTrouble::NoSuchPrompt { .. } | PromptTrouble::NoSuchAnnouncement { .. } => code::NOT_FOUND,
        PromptTrouble::Name { .. } | PromptTrouble::Empty | PromptTrouble::TooLong { .. } => code::INVALID,
        PromptTrouble::Keep { .. } => code::INTERNAL,
    };
    Refusal(ApiError::told(code, object, &trouble.to_string()))
}

fn row(shelf: &PromptShelf, language: Language, key: PromptKey) -> PromptRow {
    PromptRow {
        language: language.to_string(),
        key: key.as_str().to_owned(),
        text: text_of(language, key).unwrap_or_default().to_owned(),
        voice: match shelf.source(language, key) {
            PromptSource::BuiltIn => PromptVoice::BuiltIn,
            PromptSource::Replaced => PromptVoice::Replaced,
            PromptSource::Missing => PromptVoice::Missing,
        },
        length_seconds: shelf.current().mu_law(language, key).map_or(0.0, |octets| seconds(octets)),
    }
}

fn seconds(octets: &[u8]) -> f64 {
    // Some megabytes at most: exact.
    octets.len() as f64 / f64::from(AudioCodec::Pcmu.octets_per_second())
}

fn wav(octets: &[u8]) -> Response {
    ([(CONTENT_TYPE, "audio/x-wav")], wav_bytes(AudioCodec::Pcmu, octets)).into_response()
}
