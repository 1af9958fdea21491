//! Certificates that come in and go out as files: signing requests, imports, PKCS#12.
use std::sync::Arc;

use admin_api::{
    ApiError, CertificateChanged, ExportPkcs12, ExportedFile, FileContent, ImportCertificate,
    MadeSigningRequest, MakeSigningRequest, code,
};
use axum::{
    body::Bytes,
    extract::{Path, State},
};
use cert_manager::{
    CertificateDer, CertificateFacts, CertificateStore, Flags, ImportFile, RequestFor, WaitingKey,
    export_pkcs12, make_signing_request, read_import,
};
use jiff::Timestamp;

use super::{
    answer::{Answer, Refusal, blocking, body},
    certificate_orders::key,
    certificates::{find, keeper, unusable},
    order::Order,
    router::Desk,
};

/// `POST /v1/certificates/requests`: the key stays here and waits for its certificate.
pub(super) async fn request(by: Order, bytes: Bytes) -> Answer<MadeSigningRequest> {
    let order: MakeSigningRequest = body(&bytes)?;
    by.on_store(move |ordered| {
        let keeper = ordered.keeper;
        let key = match &order.key {
            Some(word) => key(word)?,
            None => keeper.settings().key,
        };
        let wanted = RequestFor { fqdn: order.fqdn, email: order.email, key };
        let made = make_signing_request(&wanted)
            .map_err(|error| Refusal(ApiError::told(code::INVALID, &wanted.fqdn, &error.to_string())))?;
        let change = ordered.record(format!("csr {}", made.fqdn));
        keeper.change(change, Timestamp::now(), |store| store.add_request(&made))?;
        Ok(MadeSigningRequest { fqdn: made.fqdn, pem: made.pem, spki_sha256: made.spki_sha256 })
    })
    .await
}

/// `POST /v1/certificates/import`
pub(super) async fn import(by: Order, bytes: Bytes) -> Answer<CertificateChanged> {
    let order: ImportCertificate = body(&bytes)?;
    by.on_store(move |ordered| {
        let keeper = ordered.keeper;
        let mut notes = Vec::new();
        let fqdn = keeper.settings().fqdn.clone();
        let mut changed = ordered.change_to_show(format!("import {}", order.file), |store| {
            let file = ImportFile {
                name: &order.file,
                bytes: order.content.expose(),
                password: order.password.as_ref().map(|password| password.secret().clone()),
            };
            let waiting = waiting_keys(store, &mut notes);
            let known = known_issuers(store);
            // An owner's certificate names whatever the gateways that are bound to them expect.
            let fqdn = order.owner.is_none().then_some(fqdn.as_str());
            let imported = read_import(&file, &waiting, &known, fqdn, Timestamp::now()).map_err(|error| {
                Refusal(ApiError::told("import-refused", &order.file, &error.to_string()))
            })?;
            if keeper.settings().revocation.current().revoke(&imported.identity, Timestamp::now()) {
                return Err(revoked(&order.file, imported.identity.facts()));
            }
            notes.extend(imported.notes);
            let facts = Arc::clone(imported.identity.facts());
            let flags = Flags { inactive: order.inactive, owner: order.owner.clone(), successor_of: None };
            store.add(imported.identity, flags)?;
            Ok(facts)
        })?;
        // What stands in its way comes last.
        notes.append(&mut changed.notes);
        Ok(CertificateChanged { notes, ..changed })
    })
    .await
}

/// `POST /v1/certificates/THUMBPRINT/pkcs12`: the one way by which a key leaves, encrypted.
pub(super) async fn pkcs12(
    State(desk): State<Arc<Desk>>,
    Path(thumbprint): Path<String>,
    bytes: Bytes,
) -> Answer<ExportedFile> {
    let order: ExportPkcs12 = body(&bytes)?;
    blocking(move || {
        let keeper = keeper(&desk)?;
        let view = keeper.view(Timestamp::now());
        let found = find(&view.store, &thumbprint)?;
        let told = |error: &dyn std::fmt::Display| unusable(&found.facts.sha256, &error.to_string());
        let identity = found.identity.as_ref().map_err(|error| told(error))?;
        let file = export_pkcs12(identity, order.password.secret()).map_err(|error| told(&error))?;
        Ok(ExportedFile { content: FileContent::new(file) })
    })
    .await
}

/// It could never be chosen.
fn revoked(file: &str, facts: &CertificateFacts) -> Refusal {
    let CertificateFacts { subject, issuer, .. } = facts;
    let words = format!(
        "{file}: the certificate {subject} was revoked by its issuer ({issuer}): have a new one issued"
    );
    Refusal(ApiError::told("import-refused", file, &words))
}

/// Keys that wait, with their texts; what cannot be read is told of and passed over.
fn waiting_keys(store: &CertificateStore, notes: &mut Vec<String>) -> Vec<(WaitingKey, String)> {
    let mut keys = Vec::new();
    for waiting in store.waiting_keys() {
        match store.waiting_key_pem(waiting) {
            Ok(pem) => keys.push((waiting.clone(), pem)),
            Err(error) => notes.push(error.to_string()),
        }
    }
    keys
}

/// Issuers that came with other certificates: the next one of the same CA may lack them.
fn known_issuers(store: &CertificateStore) -> Vec<CertificateDer<'static>> {
    let chains = store.candidates().iter().filter_map(|candidate| candidate.identity.as_ref().ok());
    chains.flat_map(|identity| identity.chain().iter().skip(1).cloned()).collect()
}
