//! Orders about certificates: each changes the store, and what is shown follows from it.
use std::sync::Arc;

use admin_api::{ApiError, CertificateChanged, Done, GenerateCertificate, PreferCertificate, code};
use axum::{
    body::Bytes,
    extract::{Path, State},
};
use cert_manager::{CertificateFacts, Flags, Standing, StoreError, issue_self_signed};
use jiff::Timestamp;

use super::{
    answer::{Answer, Refusal, blocking, body},
    certificate_desk::choice_of,
    certificates::{find, keeper},
    order::Order,
    router::Desk,
};
use crate::{config::key_kind, trust::StoreView};

/// `POST /v1/certificates`: makes a self-signed certificate. It waits inactive unless there is no usable one.
pub(super) async fn generate(by: Order, bytes: Bytes) -> Answer<CertificateChanged> {
    let order: GenerateCertificate = body(&bytes)?;
    by.on_store(move |ordered| {
        let now = Timestamp::now();
        let mut request = ordered.keeper.settings().request();
        if let Some(word) = &order.key {
            request.key = key(word)?;
        }
        let made = issue_self_signed(&request, now)
            .map_err(|error| Refusal(ApiError::told(code::INVALID, "certificate", &error.to_string())))?;
        let view = ordered.keeper.view(now);
        let is_needed = choice_of(&view, order.owner.as_deref()).is_none_or(|choice| choice.chosen.is_none());
        let flags = Flags { inactive: !is_needed, owner: order.owner.clone(), successor_of: None };
        let facts = Arc::clone(made.facts());
        let what = format!("generate {}", facts.sha256);
        let mut changed = ordered.change(what, |store| {
            store.add(made, flags)?;
            Ok(facts)
        })?;
        if !is_needed {
            changed.notes.push(
                "it is inactive: give it to the gateways with `um cert export`, then run `um cert activate`"
                    .to_owned(),
            );
        }
        Ok(changed)
    })
    .await
}

/// `PUT /v1/certificates/preferred`
pub(super) async fn prefer(by: Order, bytes: Bytes) -> Answer<CertificateChanged> {
    let order: PreferCertificate = body(&bytes)?;
    by.on_store(move |ordered| {
        let Some(thumbprint) = order.thumbprint else {
            let change = ordered.record("use the best by the rule".to_owned());
            let ((), held) = ordered.keeper.change(change, Timestamp::now(), |store| store.prefer(None))?;
            return Ok(CertificateChanged { certificate: None, presented: false, notes: Vec::new(), held });
        };
        ordered.change_to_show(format!("use {thumbprint}"), |store| {
            let found = find(store, &thumbprint)?;
            if let Some(owner) = &found.flags.owner {
                return Err(refused(
                    &found.facts,
                    &format!(
                        "it belongs to {owner}, whose last active certificate is shown to those who are bound"
                    ),
                    "use one of this server's own",
                ));
            }
            let facts = Arc::clone(&found.facts);
            store.prefer(Some(&facts.sha256))?;
            Ok(facts)
        })
    })
    .await
}

/// `POST /v1/certificates/THUMBPRINT/activate`
pub(super) async fn activate(by: Order, Path(thumbprint): Path<String>) -> Answer<CertificateChanged> {
    by.on_store(move |ordered| {
        ordered.change_to_show(format!("activate {thumbprint}"), |store| {
            let found = find(store, &thumbprint)?;
            let facts = Arc::clone(&found.facts);
            let owner = found.flags.owner.clone();
            store.set_flags(&facts.sha256, Flags { inactive: false, owner, successor_of: None })?;
            Ok(facts)
        })
    })
    .await
}

/// `POST /v1/certificates/THUMBPRINT/deactivate`
pub(super) async fn deactivate(by: Order, Path(thumbprint): Path<String>) -> Answer<CertificateChanged> {
    by.on_store(move |ordered| {
        let view = ordered.keeper.view(Timestamp::now());
        ordered.change(format!("deactivate {thumbprint}"), |store| {
            let found = find(store, &thumbprint)?;
            let facts = Arc::clone(&found.facts);
            let flags = found.flags.clone();
            if is_only_one(&view, flags.owner.as_deref(), &facts) {
                return Err(refused(
                    &facts,
                    "it is in use, and no other can take its place",
                    "bring another with `um cert import FILE` or `um cert generate` and `um cert activate` first",
                ));
            }
            // A successor that was to take over by itself does so no more.
            store.set_flags(&facts.sha256, Flags { inactive: true, successor_of: None, ..flags })?;
            Ok(facts)
        })
    })
    .await
}

/// `DELETE /v1/certificates/THUMBPRINT`
pub(super) async fn remove(by: Order, Path(thumbprint): Path<String>) -> Answer<CertificateChanged> {
    by.on_store(move |ordered| {
        ordered.change(format!("delete {thumbprint}"), |store| {
            let facts = Arc::clone(&find(store, &thumbprint)?.facts);
            if ordered.keeper.presenting().shows(&facts.sha256) {
                return Err(refused(
                    &facts,
                    "peers are shown this certificate",
                    "run `um cert use` with another, or `um cert deactivate`, first",
                ));
            }
            store.remove(&facts.sha256)?;
            Ok(facts)
        })
    })
    .await
}

/// `POST /v1/certificates/reload`: reads the store, as SIGHUP does.
pub(super) async fn reload(State(desk): State<Arc<Desk>>) -> Answer<Done> {
    blocking(move || {
        let keeper = keeper(&desk)?;
        match keeper.reload(Timestamp::now()) {
            None => Ok(Done {}),
            Some(held) => Err(Refusal(ApiError::told(
                "certificates-kept",
                "certificates",
                &format!("peers are shown what they were shown before, because {held}"),
            ))),
        }
    })
    .await
}

/// The word for a key.
pub(super) fn key(word: &str) -> Result<cert_manager::KeyKind, Refusal> {
    key_kind(word).ok_or_else(|| {
        Refusal(ApiError::new(
            code::INVALID,
            "certificate",
            format!("`{word}` is no kind of key"),
            "take rsa-2048, rsa-3072, p-256 or p-384",
        ))
    })
}

pub(super) fn refused(facts: &CertificateFacts, message: &str, remedy: &str) -> Refusal {
    Refusal(ApiError::new(code::IN_USE, format!("certificate {}", facts.sha256), message, remedy))
}

/// Whether it is the chosen one of its owner, and none of the others would do.
fn is_only_one(view: &StoreView, owner: Option<&str>, facts: &CertificateFacts) -> bool {
    let Some(choice) = choice_of(view, owner) else { return false };
    let is_chosen = choice.chosen.as_ref().is_some_and(|chosen| chosen.facts().sha256 == facts.sha256);
    let would_do = |standing: &Standing| match standing {
        Standing::Outranked { .. } | Standing::ChosenForDialing { .. } => true,
        Standing::Chosen { .. } | Standing::Waiting { .. } | Standing::PassedOver { .. } => false,
    };
    let others = choice.explanation.iter().filter(|found| found.facts.sha256 != facts.sha256);
    is_chosen && !others.into_iter().any(|found| would_do(&found.standing))
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Unknown { .. } => code::NOT_FOUND,
            StoreError::BadOwner { .. } | StoreError::Full => code::INVALID,
            StoreError::Write { .. } => code::INTERNAL,
        };
        let mut refusal = ApiError::told(code, "certificate", &error.to_string());
        if let Some(cause) = std::error::Error::source(&error) {
            refusal.message = format!("{} ({cause})", refusal.message);
        }
        Self(refusal)
    }
}
