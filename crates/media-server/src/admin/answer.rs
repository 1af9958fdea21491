//! How requests are read and answered, and how errors of the layers below become [`ApiError`]s.

use admin_api::{ApiError, code};
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use dial_plan::SiteError;
use serde::de::DeserializeOwned;
use storage::{MailboxConflict, StoreError};

use super::{ChangeError, CoreGone};

/// A refused request as it goes over the wire.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) ApiError);

/// The answer to a request.
pub(super) type Answer<T> = Result<Json<T>, Refusal>;

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self.0)).into_response()
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl From<SiteError> for Refusal {
    fn from(error: SiteError) -> Self {
        Self(ApiError::new(error.code(), error.object(), error.to_string(), error.remedy()))
    }
}

impl From<ChangeError> for Refusal {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Refused(error) => error.into(),
            ChangeError::Store(error) => error.into(),
            ChangeError::PlanHasMailboxes { ref plan, .. } => {
                Self(ApiError::told(code::IN_USE, format!("dial plan {plan}"), &error.to_string()))
            }
            ChangeError::NoTlsHere { ref plan, .. } => {
                Self(ApiError::told("no-tls-here", format!("dial plan {plan}"), &error.to_string()))
            }
            ChangeError::UnknownLanguage { ref object, .. } => {
                Self(ApiError::told(code::INVALID, object, &error.to_string()))
            }
            ChangeError::NoSuchAnnouncement { ref object, .. } => {
                Self(ApiError::told(code::NOT_FOUND, object, &error.to_string()))
            }
            ChangeError::BadNumber { ref object, ref remedy, .. } => {
                Self(ApiError::new("bad-number", object, error.to_string(), remedy))
            }
            ChangeError::ForgedTrust { ref gateway, .. } => {
                Self(ApiError::told("bad-trust", format!("gateway {gateway}"), &error.to_string()))
            }
            ChangeError::ForgedRoot { ref subject, .. } => {
                Self(ApiError::told("bad-trust", format!("trusted root {subject}"), &error.to_string()))
            }
            ChangeError::PolicyHasMailboxes { ref policy, .. } => {
                Self(ApiError::told(code::IN_USE, format!("policy {policy}"), &error.to_string()))
            }
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::NoSuchMailbox { .. }
            | StoreError::NoSuchMessage { .. }
            | StoreError::NoSuchGreeting { .. }
            | StoreError::NoSuchRecording { .. }
            | StoreError::NotUnfinished { .. } => code::NOT_FOUND,
            StoreError::MailboxHasMessages { .. } => code::IN_USE,
            StoreError::SiteStale { .. } => code::CONFLICT,
            StoreError::Mailbox(conflict) => conflict_code(conflict),
            StoreError::Closed => code::UNAVAILABLE,
            StoreError::Locked { .. }
            | StoreError::DatabaseTooNew { .. }
            | StoreError::SiteUnreadable { .. }
            | StoreError::RecordingNotWhole { .. }
            | StoreError::Audio { .. }
            | StoreError::PinCost { .. }
            | StoreError::Database { .. }
            | StoreError::File { .. } => code::INTERNAL,
        };
        let mut refusal = ApiError::told(code, "", &error.to_string());
        if let Some(cause) = std::error::Error::source(&error) {
            refusal.message = format!("{} ({cause})", refusal.message);
        }
        Self(refusal)
    }
}

impl From<CoreGone> for Refusal {
    fn from(error: CoreGone) -> Self {
        Self(ApiError::told(code::UNAVAILABLE, "", &error.to_string()))
    }
}

/// The code of a mailbox that cannot be as asked.
pub(super) fn conflict_code(conflict: &MailboxConflict) -> &'static str {
    match conflict {
        MailboxConflict::Refused(_) => code::INVALID,
        MailboxConflict::ExtensionTaken { .. } | MailboxConflict::NumberTaken { .. } => code::ALREADY_EXISTS,
    }
}

/// Reads a JSON body; the content type is not asked, so that `curl --data` works as it is.
pub(super) fn body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(bytes).map_err(|error| {
        Refusal(ApiError::new(
            code::INVALID,
            "",
            format!("the request cannot be read: {error}"),
            "compare it with what `um` sends; docs/cli.md names every setting",
        ))
    })
}

/// The options behind `?`.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|axum::extract::Query(options)| Self(options)).map_err(|rejection| {
            Refusal(ApiError::new(code::INVALID, "", rejection.body_text(), "mend the part behind the ?"))
        })
    }
}

/// Does work that may wait for the disk, on a thread of its own.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Answer<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map(Json),
        Err(_) => Err(Refusal(ApiError::new(
            code::INTERNAL,
            "",
            "a fault in the program ended this request",
            "report it with the server's log",
        ))),
    }
}

/// Nothing under this path.
pub(super) async fn no_such_path(uri: axum::http::Uri) -> Refusal {
    Refusal(ApiError::new(
        code::NOT_FOUND,
        uri.path(),
        format!("there is nothing at {}", uri.path()),
        "the API begins with /v1; `um` of the same version knows every path",
    ))
}

/// A path that does not know the method.
pub(super) async fn no_such_method(method: axum::http::Method, uri: axum::http::Uri) -> Response {
    let error = ApiError::new(
        code::INVALID,
        uri.path(),
        format!("{} does not take {method}", uri.path()),
        "use another method: GET reads, POST makes, PATCH changes, DELETE deletes",
    );
    (StatusCode::METHOD_NOT_ALLOWED, Json(error)).into_response()
}
