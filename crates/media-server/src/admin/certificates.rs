use std::sync::Arc;

use admin_api::{ApiError, CertificateCandidate, PresentedCertificate, code};
use axum::Json;
use axum::extract::State;

use super::answer::{Answer, Refusal};
use super::router::Desk;

/// `GET /v1/certificates`: the store's entries, each with what was said of it.
pub(super) async fn list(State(desk): State<Arc<Desk>>) -> Answer<Vec<CertificateCandidate>> {
    let presented = desk.state.certificates.presented();
    Ok(Json(presented.map(|presented| presented.candidates.clone()).unwrap_or_default()))
}

/// `GET /v1/certificates/presented`
pub(super) async fn presented(State(desk): State<Arc<Desk>>) -> Answer<PresentedCertificate> {
    match desk.state.certificates.presented() {
        Some(presented) => Ok(Json(presented.as_ref().clone())),
        None => Err(Refusal(ApiError::new(
            code::NOT_FOUND,
            "certificate",
            "this server shows no certificate, because it opens no TLS port",
            "set startup_mode = \"dual\" under [sip] in um.toml and start the server again",
        ))),
    }
}
