use std::{path::Path, sync::Arc};

use admin_api::{CertificateCandidate, CertificateExplanation, CertificateRow, PresentedCertificate};
use cert_manager::{Candidate, CertificateFacts, CertificateStore, Choice, Standing, StandingOf};
use dial_plan::IpGateway;
use jiff::Timestamp;

use crate::trust::{CertificateKeeper, StoreView};

/// What this server shows to its peers, and why: kept by the `CertificateKeeper`, read by `um cert` and `um status`.
#[derive(Default)]
pub struct CertificateDesk {
    keeper: Option<Arc<CertificateKeeper>>,
}

impl CertificateDesk {
    /// The desk of a server that shows what this keeper keeps.
    pub fn new(keeper: Arc<CertificateKeeper>) -> Self {
        Self { keeper: Some(keeper) }
    }

    /// The desk of a server that opens no TLS port (`startup_mode = "tcp"`).
    pub fn without_tls() -> Self {
        Self::default()
    }

    /// Who keeps the store; `None` without TLS.
    pub fn keeper(&self) -> Option<&Arc<CertificateKeeper>> {
        self.keeper.as_ref()
    }

    /// What our own certificate says; nothing is read from the disk. `None` without TLS, or if there is none.
    pub fn in_force(&self) -> Option<CertificateRow> {
        let identity = self.keeper.as_ref()?.presenting().current().inbound(None, None, None).ok()?.clone();
        Some(certificate_row(identity.facts()))
    }

    /// What is shown to everybody who is not bound to an owner; `None` without TLS, or if there is none. Reads files.
    pub fn presented(&self) -> Option<Arc<PresentedCertificate>> {
        let keeper = self.keeper.as_ref()?;
        let view = keeper.view(Timestamp::now());
        let current = keeper.presenting().current();
        let (_, choice) = current.choices().find(|(owner, _)| owner.is_none())?;
        let identity = choice.chosen.as_ref()?;
        let why = choice.explanation.iter().find_map(|found| match &found.standing {
            Standing::Chosen { why } => Some(why.clone()),
            Standing::ChosenForDialing { .. }
            | Standing::Outranked { .. }
            | Standing::Waiting { .. }
            | Standing::PassedOver { .. } => None,
        });
        let why = match (&view.held, why) {
            (Some(held), _) => format!("the store has changed and is not taken over: {held}"),
            (None, why) => why.unwrap_or_default(),
        };
        Some(Arc::new(PresentedCertificate {
            certificate: certificate_row(identity.facts()),
            why,
            candidates: list(keeper, &view),
            pem: identity.chain_pem(),
        }))
    }
}

/// Every certificate of the store with what is said of it, then the keys that wait, then what cannot be read.
pub(super) fn list(keeper: &CertificateKeeper, view: &StoreView) -> Vec<CertificateCandidate> {
    let said = view.store.candidates().iter().filter_map(|candidate| {
        said_of(view, candidate).map(|standing| shown(keeper, &view.store, standing))
    });
    let waiting = view.store.waiting_keys().iter().map(|key| CertificateCandidate {
        certificate: None,
        entry: file_name(&key.file),
        presented: false,
        state: "key".to_owned(),
        owner: None,
        preferred: false,
        verdict: format!("a key that waits for its certificate for {}: run `um cert import FILE`", key.fqdn),
    });
    let faults = view.store.faults().iter().map(|fault| CertificateCandidate {
        certificate: None,
        entry: fault.file.display().to_string(),
        presented: false,
        state: "inactive".to_owned(),
        owner: None,
        preferred: false,
        verdict: fault.reason.clone(),
    });
    said.chain(waiting).chain(faults).collect()
}

/// Which certificate is shown to this gateway, or to those who are not bound, and what was said of each.
pub(super) fn explanation(
    keeper: &CertificateKeeper,
    view: &StoreView,
    gateway: Option<&IpGateway>,
) -> CertificateExplanation {
    let owner = gateway.and_then(|gateway| gateway.certificate_owner.as_deref());
    let rule = match (gateway, owner) {
        (Some(gateway), Some(owner)) => format!(
            "gateway {} is bound to {owner}: in both directions it is shown the active certificate of {owner} that ends \
             last, never another",
            gateway.name
        ),
        (Some(gateway), None) => {
            format!(
                "gateway {} is not bound to an owner: it is shown this server's own certificate",
                gateway.name
            )
        }
        (None, _) => "this server's own certificate, for all who are not bound to an owner".to_owned(),
    };
    let listeners: Vec<&str> = keeper.settings().listener_owners.iter().map(String::as_str).collect();
    let rule = match listeners.as_slice() {
        [] => rule,
        owners => format!("{rule}; who connects to a listener of {} is shown theirs", owners.join(", ")),
    };
    let choice = choice_of(view, owner);
    let candidates = choice.into_iter().flat_map(|choice| &choice.explanation);
    CertificateExplanation {
        rule,
        candidates: candidates.map(|standing| shown(keeper, &view.store, standing)).collect(),
        held: view.held.clone(),
    }
}

/// What is told of a certificate.
pub(super) fn certificate_row(facts: &CertificateFacts) -> CertificateRow {
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

/// What was chosen for an owner, or for ourselves.
pub(super) fn choice_of<'a>(view: &'a StoreView, owner: Option<&str>) -> Option<&'a Choice> {
    view.chosen.choices().find(|(found, _)| *found == owner).map(|(_, choice)| choice)
}

/// What is said of a certificate where it belongs: by its owner's choice if anybody is bound to them, else by our own.
pub(super) fn said_of<'a>(view: &'a StoreView, candidate: &Candidate) -> Option<&'a StandingOf> {
    let of = |owner: Option<&str>| {
        let choice = choice_of(view, owner)?;
        choice.explanation.iter().find(|standing| standing.file == candidate.file)
    };
    of(candidate.flags.owner.as_deref()).or_else(|| of(None))
}

/// A certificate as the administrator sees it.
pub(super) fn shown(
    keeper: &CertificateKeeper,
    store: &CertificateStore,
    standing: &StandingOf,
) -> CertificateCandidate {
    let flags = store.candidates().iter().find(|candidate| candidate.file == standing.file);
    let flags = flags.map(|candidate| candidate.flags.clone()).unwrap_or_default();
    let state = match (flags.is_waiting(), flags.inactive) {
        (true, _) => "waiting",
        (false, true) => "inactive",
        (false, false) => "active",
    };
    CertificateCandidate {
        certificate: Some(certificate_row(&standing.facts)),
        entry: file_name(&standing.file),
        presented: keeper.presenting().shows(&standing.facts.sha256),
        state: state.to_owned(),
        owner: flags.owner,
        preferred: store.preferred() == Some(standing.facts.sha256.as_str()),
        verdict: standing.standing.to_string(),
    }
}

fn file_name(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}
