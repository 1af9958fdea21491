//! What every order about the store of certificates has in common: who keeps the store, and what came of it.
use std::sync::Arc;

use admin_api::CertificateChanged;
use cert_manager::{CertificateFacts, CertificateStore};
use jiff::Timestamp;

use super::{
    answer::{Answer, Refusal, blocking},
    certificate_desk::certificate_row,
    certificates::keeper,
    order::Order,
};
use crate::trust::{CertificateKeeper, StoreChange};

/// An order about the store that is being carried out, on a thread that may wait.
pub(super) struct Ordered<'a> {
    /// Who keeps the store.
    pub(super) keeper: &'a CertificateKeeper,
    who: String,
}

impl Order {
    /// Does work on the store of certificates; refused where this server has no TLS.
    pub(super) async fn on_store<T: Send + 'static>(
        self,
        work: impl FnOnce(&Ordered<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Answer<T> {
        blocking(move || work(&Ordered { keeper: keeper(&self.desk)?, who: self.peer.words() })).await
    }
}

impl Ordered<'_> {
    /// What the record says of a change.
    pub(super) fn record(&self, what: String) -> StoreChange<'_> {
        StoreChange { who: &self.who, what }
    }

    /// Changes the store and tells what came of it for one certificate.
    pub(super) fn change(
        &self,
        what: String,
        work: impl FnOnce(&mut CertificateStore) -> Result<Arc<CertificateFacts>, Refusal>,
    ) -> Result<CertificateChanged, Refusal> {
        let (facts, held) = self.keeper.change(self.record(what), Timestamp::now(), work)?;
        Ok(CertificateChanged {
            presented: self.keeper.presenting().shows(&facts.sha256),
            certificate: Some(certificate_row(&facts)),
            notes: Vec::new(),
            held,
        })
    }

    /// The same for a certificate that is meant to be shown: what stands in its way is noted.
    pub(super) fn change_to_show(
        &self,
        what: String,
        work: impl FnOnce(&mut CertificateStore) -> Result<Arc<CertificateFacts>, Refusal>,
    ) -> Result<CertificateChanged, Refusal> {
        let mut changed = self.change(what, work)?;
        let Some(certificate) = changed.certificate.as_ref().filter(|_| !changed.presented) else {
            return Ok(changed);
        };
        let view = self.keeper.view(Timestamp::now());
        let said = view.chosen.choices().find_map(|(_, choice)| {
            choice.explanation.iter().find(|found| found.facts.sha256 == certificate.sha256)
        });
        if let Some(said) = said {
            changed.notes.push(format!("it is not shown yet: {}", said.standing));
        }
        Ok(changed)
    }
}
