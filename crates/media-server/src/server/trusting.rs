//! Trust, opened before the listeners: whom the Site trusts, revocation lists, what this server shows, and its own CA.
use std::{path::Path, sync::Arc, time::Duration};

use cert_manager::Authority;
use dial_plan::Site;
use jiff::Timestamp;
use telephony::{Event, kind};
use tokio::time::{Instant, interval_at};

use super::{ServeError, certificates::OwnCertificates, foundation::blocking};
use crate::{
    admin::{AuthorityDesk, TrustDesk},
    config::ServerConfig,
    flow::FlowTable,
    listen::TlsListening,
    observe::Observer,
    trust::{CrlShelf, Encounters, OwnRevocation, PeerTrust, REVOCATION_LISTS, TRUSTED_ROOTS, company_roots},
};

/// From one revocation list of our own CA to the next; each is good for 30 days.
const CRL_RENEWAL: Duration = Duration::from_secs(24 * 60 * 60);

/// What TLS of this server goes by.
pub(super) struct Trusting {
    /// Whom the Site of the moment trusts.
    pub(super) trust: Arc<PeerTrust>,
    /// The revocation lists of the roots.
    pub(super) crls: Arc<CrlShelf>,
    /// What is remembered of handshakes.
    pub(super) encounters: Arc<Encounters>,
    /// What this server shows.
    pub(super) own: OwnCertificates,
    /// Its CA.
    pub(super) authority: Arc<AuthorityDesk>,
}

impl Trusting {
    /// Reads all of it; makes a certificate where none can be used.
    ///
    /// # Errors
    /// [`ServeError::Certificate`].
    pub(super) async fn open(
        config: &ServerConfig,
        site: &Site,
        observer: &Observer,
    ) -> Result<Self, ServeError> {
        let trust = Arc::new(load_trust(config, site, observer).await);
        let crls = open_crls(config, &trust, observer).await;
        let encounters = Arc::new(Encounters::default());
        let revocation = Arc::new(OwnRevocation::by(Arc::clone(&trust)));
        // First: what it has revoked is not to be shown.
        let authority = authority(config, &crls, &revocation, observer).await;
        let own = OwnCertificates::open(config, site, &encounters, &revocation, observer).await?;
        Ok(Self { trust, crls, encounters, own, authority })
    }

    /// What the management API works on.
    pub(super) fn desk(&self, flows: &Arc<FlowTable>) -> TrustDesk {
        TrustDesk {
            own: Arc::new(self.own.desk()),
            authority: Arc::clone(&self.authority),
            peers: Arc::clone(&self.trust),
            crls: Arc::clone(&self.crls),
            encounters: Arc::clone(&self.encounters),
            expiry: self.own.expiry(&self.trust, flows),
        }
    }

    /// What TLS listeners and connections of ours go by; nothing without TLS.
    pub(super) fn listening(&self) -> Option<TlsListening> {
        self.own.listening(&self.trust)
    }
}

/// Whom the stored Site trusts, and the company's roots.
async fn load_trust(config: &ServerConfig, site: &Site, observer: &Observer) -> PeerTrust {
    let folder = config.data_dir.join(TRUSTED_ROOTS);
    let (roots, faults) = blocking(move || company_roots(&folder, Timestamp::now())).await;
    let trust = PeerTrust::new(roots);
    faults.into_iter().chain(trust.follow(site)).for_each(|event| observer.tell(event));
    trust
}

/// The CA of this server, whose revocation list is written at once and then once a day as long as the server runs.
async fn authority(
    config: &ServerConfig,
    crls: &Arc<CrlShelf>,
    revocation: &Arc<OwnRevocation>,
    observer: &Observer,
) -> Arc<AuthorityDesk> {
    let (telling, observer) = (observer.clone(), observer.clone());
    let tell = move |event| telling.tell(event);
    let (shelf, revocation) = (Arc::clone(crls), Arc::clone(revocation));
    let listed = move |authority: &Authority, file: &Path| {
        shelf.reread(&authority.facts().sha256, file);
        if let Err(reason) = revocation.note_authority(&authority.certificate_pem(), file) {
            observer.tell(Event::new(&kind::AUTHORITY_FAULT).with("reason", reason));
        }
    };
    let desk = AuthorityDesk::new(&config.data_dir, tell, listed);
    let desk = Arc::new(desk.naming_list(config.authority.crl_url.clone()));
    let first = Arc::clone(&desk);
    blocking(move || first.renew_list(Timestamp::now())).await;
    let renewing = Arc::downgrade(&desk);
    tokio::spawn(async move {
        let mut days = interval_at(Instant::now() + CRL_RENEWAL, CRL_RENEWAL);
        loop {
            days.tick().await;
            let Some(desk) = renewing.upgrade() else { return };
            blocking(move || desk.renew_list(Timestamp::now())).await;
        }
    });
    desk
}

/// The revocation lists of the roots.
async fn open_crls(config: &ServerConfig, trust: &Arc<PeerTrust>, observer: &Observer) -> Arc<CrlShelf> {
    let folder = config.data_dir.join(REVOCATION_LISTS);
    let (trust, observer) = (Arc::clone(trust), observer.clone());
    Arc::new(blocking(move || CrlShelf::open(folder, trust, move |event| observer.tell(event))).await)
}
