use std::sync::{Arc, PoisonError, RwLock};

use admin_api::{CertificateCandidate, CertificateRow, PresentedCertificate};
use cert_manager::{CertificateFacts, CertificateStore, Choice, Identity, Standing};

/// What this server shows to its peers, and why: told by the start, read by `um cert` and `um status`.
#[derive(Debug, Default)]
pub struct CertificateDesk {
    presented: RwLock<Option<Arc<PresentedCertificate>>>,
}

impl CertificateDesk {
    /// The desk of a server that shows this certificate.
    pub fn new(presented: PresentedCertificate) -> Self {
        Self { presented: RwLock::new(Some(Arc::new(presented))) }
    }

    /// The desk of a server that opens no TLS port (`startup_mode = "tcp"`).
    pub fn without_tls() -> Self {
        Self::default()
    }

    /// Another certificate is shown from now on.
    pub fn replace(&self, presented: PresentedCertificate) {
        *self.presented.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(presented));
    }

    /// What is shown; `None` without TLS.
    pub fn presented(&self) -> Option<Arc<PresentedCertificate>> {
        self.presented.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What is told of `identity`, which `choice` found in the store, or which was generated because it found none.
pub fn presented_as(identity: &Identity, choice: &Choice, store: &CertificateStore) -> PresentedCertificate {
    let entry = |facts: &CertificateFacts| {
        let known = store.candidates().iter().find(|candidate| candidate.facts.sha256 == facts.sha256);
        let name = known.and_then(|candidate| candidate.file.file_name());
        name.map_or_else(|| facts.sha256.clone(), |name| name.to_string_lossy().into_owned())
    };
    let mut why = "no certificate of the store fits, so this one was generated".to_owned();
    let mut candidates = Vec::new();
    if choice.chosen.is_none() {
        candidates.push(CertificateCandidate {
            certificate: Some(certificate_row(identity.facts())),
            entry: entry(identity.facts()),
            presented: true,
            verdict: "generated: no other fits".to_owned(),
        });
    }
    for found in &choice.explanation {
        let presented = match &found.standing {
            Standing::Chosen { why: reason } => {
                why.clone_from(reason);
                true
            }
            Standing::ChosenForDialing { .. } => true,
            Standing::Outranked { .. } | Standing::Waiting { .. } | Standing::PassedOver { .. } => false,
        };
        candidates.push(CertificateCandidate {
            certificate: Some(certificate_row(&found.facts)),
            entry: entry(&found.facts),
            presented,
            verdict: found.standing.to_string(),
        });
    }
    candidates.extend(store.faults().iter().map(|fault| CertificateCandidate {
        certificate: None,
        entry: fault.file.display().to_string(),
        presented: false,
        verdict: fault.reason.clone(),
    }));
    PresentedCertificate {
        certificate: certificate_row(identity.facts()),
        why,
        candidates,
        pem: identity.chain_pem(),
    }
}

/// What is told of a certificate.
fn certificate_row(facts: &CertificateFacts) -> CertificateRow {
    CertificateRow {
        subject: facts.subject.clone(),
        names: facts.names(),
        issuer: facts.issuer.clone(),
        self_signed: facts.self_signed,
        serial: facts.serial.clone(),
        not_before: facts.not_before,
        not_after: facts.not_after,
        key: facts.key.to_string(),
        usages: facts.purposes.clone(),
        sha1: facts.sha1.clone(),
        sha256: facts.sha256.clone(),
    }
}
