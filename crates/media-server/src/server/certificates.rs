//! The certificates that this server shows: opened before the listeners, kept true as long as it runs.
use std::sync::Arc;

use dial_plan::Site;
use jiff::Timestamp;
use tokio::task::JoinSet;

use super::{ServeError, foundation::blocking, signals::hang_ups};
use crate::{
    admin::{AdminState, CertificateDesk},
    config::{ServerConfig, StartupMode},
    flow::{FlowTable, connection::Switchboard},
    listen::TlsListening,
    observe::{Alarm, Observer, Watched},
    trust::{
        CertificateKeeper, Encounters, ExpirySources, OwnRevocation, OwnSettings, PeerTrust, Reloading, keep,
        let_go, remind, watch_expiry,
    },
};

/// What is shown, and its keeper; without TLS there is none.
#[derive(Clone)]
pub(super) struct OwnCertificates {
    keeper: Option<Arc<CertificateKeeper>>,
    encounters: Arc<Encounters>,
}

impl OwnCertificates {
    /// Chooses our certificates, or makes one.
    ///
    /// # Errors
    /// [`ServeError::Certificate`].
    pub(super) async fn open(
        config: &ServerConfig,
        site: &Site,
        encounters: &Arc<Encounters>,
        revocation: &Arc<OwnRevocation>,
        observer: &Observer,
    ) -> Result<Self, ServeError> {
        let encounters = Arc::clone(encounters);
        match config.sip.startup_mode {
            StartupMode::Tcp => return Ok(Self { keeper: None, encounters }),
            StartupMode::Dual | StartupMode::Tls => {}
        }
        let settings = OwnSettings { revocation: Arc::clone(revocation), ..OwnSettings::of(config) };
        let (site, observer) = (site.clone(), observer.clone());
        let opened = blocking(move || {
            CertificateKeeper::open(settings, &site, move |event| observer.tell(event), Timestamp::now())
        });
        Ok(Self { keeper: Some(Arc::new(opened.await?)), encounters })
    }

    /// What TLS listeners go by.
    pub(super) fn listening(&self, trust: &PeerTrust) -> Option<TlsListening> {
        let keeper = self.keeper.as_ref()?;
        let (policies, encounters) = (Arc::clone(trust.policies()), Arc::clone(&self.encounters));
        Some(TlsListening { presenting: keeper.presenting().clone(), owner: None, policies, encounters })
    }

    /// What `um cert` works on.
    pub(super) fn desk(&self) -> CertificateDesk {
        match &self.keeper {
            Some(keeper) => CertificateDesk::new(Arc::clone(keeper)),
            None => CertificateDesk::without_tls(),
        }
    }

    /// Where the dates are that `um cert check` and the watch go by.
    pub(super) fn expiry(&self, trust: &Arc<PeerTrust>, flows: &Arc<FlowTable>) -> ExpirySources {
        ExpirySources { keeper: self.keeper.clone(), trust: Arc::clone(trust), flows: Arc::clone(flows) }
    }

    /// The bindings of this Site hold from now on. Reads files.
    pub(super) fn follow(&self, site: &Site) {
        if let Some(keeper) = &self.keeper {
            keeper.follow(site, Timestamp::now());
        }
    }

    /// Looks for changes, and closes connections that were made under certificates of before, until the tasks end.
    ///
    /// # Errors
    /// [`ServeError::System`]: no signals.
    pub(super) fn watch(
        &self,
        config: &ServerConfig,
        alarm: &Alarm,
        switchboard: &Switchboard,
        state: &AdminState,
    ) -> Result<JoinSet<()>, ServeError> {
        let mut tasks = JoinSet::new();
        // Listened for in any case: without a hearer the signal would end the process.
        let mut hang_ups = hang_ups()?;
        let Switchboard { flows, inbox, observer } = switchboard.clone();
        let steps = config.certificates.warn_days.clone();
        let site = Arc::downgrade(&state.site);
        let expiry = watch_expiry(state.trust.expiry.clone(), site, steps, observer.clone());
        tasks.spawn(watched(alarm.watch("expiry watch"), expiry));
        let reminding = remind(Arc::clone(&flows), Arc::clone(&self.encounters), observer.clone());
        tasks.spawn(watched(alarm.watch("waived demands"), reminding));
        let Some(keeper) = &self.keeper else {
            tasks.spawn(async move { while hang_ups.recv().await.is_some() {} });
            return Ok(tasks);
        };
        let reloading = Reloading {
            keeper: Arc::clone(keeper),
            hang_ups,
            command: config.certificates.command.clone(),
            observer: observer.clone(),
        };
        tasks.spawn(watched(alarm.watch("certificate store"), keep(reloading)));
        let letting_go = let_go(keeper.presenting().clone(), keeper.swaps(), flows, inbox, observer);
        tasks.spawn(watched(alarm.watch("connections of earlier certificates"), letting_go));
        Ok(tasks)
    }
}

/// A task whose panic raises the alarm.
async fn watched(watched: Watched, task: impl Future<Output = ()>) {
    let _watched = watched;
    task.await;
}
