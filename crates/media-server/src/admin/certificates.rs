use std::sync::Arc;

use admin_api::{
    ApiError, CertificateCandidate, CertificateDetails, CertificateExplanation, ExpiryQuery, ExpiryRow,
    ExplainQuery, PresentedCertificate, code,
};
use axum::extract::{Path, State};
use cert_manager::{Candidate, CertificateStore, NotFound, Watched};
use dial_plan::ObjectKind;
use jiff::{SignedDuration, Timestamp};

use super::{
    answer::{Answer, Asked, Refusal, blocking},
    certificate_desk::{explanation, list as listed, said_of, shown},
    router::Desk,
    site::missing,
};
use crate::trust::CertificateKeeper;

/// The word that means the successor that waits, in the place of a thumbprint.
const WAITING: &str = "waiting";
/// What ends within so many days is due, unless asked otherwise.
const DUE_WITHIN: u16 = 30;
const SECONDS_A_DAY: i64 = 86_400;

/// `GET /v1/certificates`: the store's entries, each with what was said of it.
pub(super) async fn list(State(desk): State<Arc<Desk>>) -> Answer<Vec<CertificateCandidate>> {
    blocking(move || {
        let keeper = keeper(&desk)?;
        Ok(listed(keeper, &keeper.view(Timestamp::now())))
    })
    .await
}

/// `GET /v1/certificates/presented`
pub(super) async fn presented(State(desk): State<Arc<Desk>>) -> Answer<PresentedCertificate> {
    blocking(move || {
        keeper(&desk)?;
        let presented = desk.state.trust.own.presented().ok_or_else(|| {
            Refusal(ApiError::new(
                code::NOT_FOUND,
                "certificate",
                "this server shows no certificate, because none of its store can be used and none may be made",
                "run `um cert explain`, then `um cert import FILE`, or set self_signed = \"generate\" under \
                 [certificates] in um.toml",
            ))
        })?;
        Ok(presented.as_ref().clone())
    })
    .await
}

/// `GET /v1/certificates/explain`
pub(super) async fn explain(
    State(desk): State<Arc<Desk>>,
    Asked(asked): Asked<ExplainQuery>,
) -> Answer<CertificateExplanation> {
    blocking(move || {
        let keeper = keeper(&desk)?;
        let site = desk.state.site.current();
        let gateway = match &asked.gateway {
            Some(name) => Some(site.gateway(name).ok_or_else(|| missing(ObjectKind::Gateway, name))?),
            None => None,
        };
        Ok(explanation(keeper, &keeper.view(Timestamp::now()), gateway))
    })
    .await
}

/// `GET /v1/certificates/expiry`: the first end first.
pub(super) async fn expiry(
    State(desk): State<Arc<Desk>>,
    Asked(asked): Asked<ExpiryQuery>,
) -> Answer<Vec<ExpiryRow>> {
    blocking(move || {
        let now = Timestamp::now();
        let days = i64::from(asked.within_days.unwrap_or(DUE_WITHIN));
        let within = SignedDuration::from_hours(24 * days);
        let mut watched = desk.state.trust.expiry.watched(&desk.state.site.current(), now);
        watched.sort_by(|a, b| (a.not_after, &a.key).cmp(&(b.not_after, &b.key)));
        let row = |one: &Watched| ExpiryRow {
            what: one.what.to_string(),
            subject: one.subject.clone(),
            not_after: one.not_after,
            days_left: one.not_after.duration_since(now).as_secs().div_euclid(SECONDS_A_DAY),
            due: one.is_due(within, now),
            remedy: one.remedy.clone(),
        };
        Ok(watched.iter().map(row).collect())
    })
    .await
}

/// `GET /v1/certificates/THUMBPRINT`
pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    Path(thumbprint): Path<String>,
) -> Answer<CertificateDetails> {
    blocking(move || {
        let keeper = keeper(&desk)?;
        let view = keeper.view(Timestamp::now());
        let found = find(&view.store, &thumbprint)?;
        let standing = said_of(&view, found).ok_or_else(|| no_words(&thumbprint))?;
        let pem = match &found.identity {
            Ok(identity) => identity.chain_pem(),
            Err(error) => return Err(unusable(&found.facts.sha256, &error.to_string())),
        };
        Ok(CertificateDetails { candidate: shown(keeper, &view.store, standing), pem })
    })
    .await
}

/// Who keeps the store.
pub(super) fn keeper(desk: &Desk) -> Result<&Arc<CertificateKeeper>, Refusal> {
    desk.state.trust.own.keeper().ok_or_else(|| {
        Refusal(ApiError::new(
            code::NOT_FOUND,
            "certificate",
            "this server shows no certificate, because it opens no TLS port",
            "set startup_mode = \"dual\" under [sip] in um.toml and start the server again",
        ))
    })
}

/// The certificate of a thumbprint, or the successor that waits.
pub(super) fn find<'a>(store: &'a CertificateStore, thumbprint: &str) -> Result<&'a Candidate, Refusal> {
    if thumbprint == WAITING {
        return waiting(store);
    }
    store.find(thumbprint).map_err(|error| {
        let code = match error {
            NotFound::NoThumbprint { .. } => code::INVALID,
            NotFound::Unknown { .. } => code::NOT_FOUND,
            NotFound::Ambiguous { .. } => code::AMBIGUOUS,
        };
        Refusal(ApiError::told(code, format!("certificate {thumbprint}"), &error.to_string()))
    })
}

/// The successor that waits; there may be one of ours and one of each owner.
fn waiting(store: &CertificateStore) -> Result<&Candidate, Refusal> {
    let refused = |code, message: String, remedy: &str| {
        Err(Refusal(ApiError::new(code, "certificate", message, remedy)))
    };
    let all: Vec<&Candidate> =
        store.candidates().iter().filter(|candidate| candidate.flags.is_waiting()).collect();
    match all.as_slice() {
        [only] => Ok(only),
        [] => refused(
            code::NOT_FOUND,
            "no successor waits in the store".to_owned(),
            "one is made 60 days before a self-signed certificate ends; `um cert list` shows what there is",
        ),
        several => refused(
            code::AMBIGUOUS,
            format!("{} successors wait in the store", several.len()),
            "give the thumbprint of one; `um cert list` shows them with their owners",
        ),
    }
}

/// The certificate is there, and nothing can be done with it.
pub(super) fn unusable(sha256: &str, why: &str) -> Refusal {
    Refusal(ApiError::told(code::INVALID, format!("certificate {sha256}"), why))
}

fn no_words(thumbprint: &str) -> Refusal {
    Refusal(ApiError::new(
        code::CONFLICT,
        format!("certificate {thumbprint}"),
        "the store is being changed",
        "ask again",
    ))
}
