use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use cert_manager::{
    CertificateStore, Flags, Identity, IssueError, OwnIdentities, Revocations, StoreError, SuccessionStep,
    issue_self_signed, renew_self_signed, succession,
};
use dial_plan::Site;
use jiff::{SignedDuration, Timestamp};
use telephony::{Event, kind};
use tokio::sync::watch;

use super::{
    OwnSettings, Presenting,
    decision::{Decision, Found, Shown, decide},
    revocation::KnownLists,
    told::{Announced, Told, about},
};
use crate::config::SelfSigned;

/// The store is read anew after this time although nothing has changed: successions are counted in days.
const LOOK_ANYHOW: SignedDuration = SignedDuration::from_hours(1);

/// Keeps what this server shows true to the store: reads it, decides, and swaps the whole or nothing.
///
/// Reads files, and may take a second to make a key: call it where blocking is allowed.
pub struct CertificateKeeper {
    settings: OwnSettings,
    presenting: Presenting,
    kept: Mutex<Kept>,
    swapped: watch::Sender<()>,
    tell: Box<dyn Fn(Event) + Send + Sync>,
}

/// What is known of the last look into the store.
#[derive(Default)]
struct Kept {
    fingerprint: u64,
    /// The revocation lists that were asked.
    lists: KnownLists,
    /// Owners of bindings, besides those of listeners.
    bound: BTreeSet<String>,
    shown: Vec<Shown>,
    /// Why the store as it is now is not in force.
    held: Option<String>,
    /// When something changes by itself.
    due: Option<Timestamp>,
    told: Told,
    announced: Announced,
}

/// When the store is judged, and by which lists.
pub(super) struct Moment {
    pub(super) revocations: Revocations,
    pub(super) now: Timestamp,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum OwnCertificateError {
    /// None fits, and none could be generated.
    #[error("no certificate of `{folder}` fits, and none could be generated")]
    Issue {
        /// The folder that was searched.
        folder: String,
        /// Why.
        #[source]
        source: IssueError,
    },
    /// The generated one could not be kept.
    #[error("the generated certificate could not be kept")]
    Keep(#[from] StoreError),
}

/// What an administrator changes in the store.
pub struct StoreChange<'a> {
    /// Who, for the record.
    pub who: &'a str,
    /// What, in a few words.
    pub what: String,
}

/// The store as it is, and what is made of it.
pub struct StoreView {
    /// What is in the folder.
    pub store: CertificateStore,
    /// What is chosen from it, whether or not it is in force.
    pub chosen: OwnIdentities,
    /// Why it is not in force.
    pub held: Option<String>,
}

impl CertificateKeeper {
    /// Chooses our certificates from the store, or makes one and keeps it there; `tell` hears of it.
    ///
    /// # Errors
    /// [`OwnCertificateError`]: the server cannot open its TLS port.
    pub fn open(
        settings: OwnSettings,
        site: &Site,
        tell: impl Fn(Event) + Send + Sync + 'static,
        now: Timestamp,
    ) -> Result<Self, OwnCertificateError> {
        let kept = Kept { bound: bound_owners(site), ..Kept::default() };
        let empty = CertificateStore::load(&settings.folder);
        let owners = settings.listener_owners.union(&kept.bound).cloned().collect();
        let identities = OwnIdentities::compile(&empty, &settings.fqdn, &owners, &|_| false, now);
        let keeper = Self {
            presenting: Presenting::new(identities),
            settings,
            kept: Mutex::new(kept),
            swapped: watch::Sender::default(),
            tell: Box::new(tell),
        };
        keeper.presenting.bind(site);
        keeper.read(&mut keeper.lock(), now)?;
        Ok(keeper)
    }

    /// What handshakes go by.
    pub fn presenting(&self) -> &Presenting {
        &self.presenting
    }

    /// Told after each swap.
    pub fn swaps(&self) -> watch::Receiver<()> {
        self.swapped.subscribe()
    }

    /// The bindings of this Site hold from now on.
    pub fn follow(&self, site: &Site, now: Timestamp) {
        self.presenting.bind(site);
        let mut kept = self.lock();
        let bound = bound_owners(site);
        if std::mem::replace(&mut kept.bound, bound) != bound_owners(site) {
            self.read_and_tell(&mut kept, now);
        }
    }

    /// Reads the store if it has changed, if a revocation list came, or if it is time.
    pub fn look(&self, now: Timestamp) {
        let mut kept = self.lock();
        let is_due = kept.due.is_some_and(|due| due <= now);
        let has_lists = kept.lists.is_still(&self.settings.revocation.known());
        if is_due || !has_lists || CertificateStore::fingerprint(&self.settings.folder) != kept.fingerprint {
            self.read_and_tell(&mut kept, now);
        }
    }

    /// Reads the store whatever is known of it: an order. Why what was shown before goes on, if it does.
    pub fn reload(&self, now: Timestamp) -> Option<String> {
        let mut kept = self.lock();
        // An order is answered anew.
        kept.held = None;
        self.read_and_tell(&mut kept, now);
        kept.held.clone()
    }

    /// Changes the store and shows what follows from it. Nobody else changes it meanwhile.
    ///
    /// # Errors
    /// What `work` says; what is shown is as it was.
    pub fn change<T, E>(
        &self,
        change: StoreChange<'_>,
        now: Timestamp,
        work: impl FnOnce(&mut CertificateStore) -> Result<T, E>,
    ) -> Result<(T, Option<String>), E> {
        let mut kept = self.lock();
        let mut store = CertificateStore::load(&self.settings.folder);
        let done = work(&mut store)?;
        (self.tell)(
            Event::new(&kind::CERTIFICATE_CHANGED).with("who", change.who).with("what", &change.what),
        );
        kept.held = None;
        self.read_and_tell(&mut kept, now);
        Ok((done, kept.held.clone()))
    }

    /// The store as it is now.
    pub fn view(&self, now: Timestamp) -> StoreView {
        let kept = self.lock();
        let store = CertificateStore::load(&self.settings.folder);
        let revocations = self.settings.revocation.current();
        let chosen = self.compile(&store, &kept.bound, &Moment { revocations, now });
        StoreView { store, chosen, held: kept.held.clone() }
    }

    /// What the choice goes by.
    pub fn settings(&self) -> &OwnSettings {
        &self.settings
    }

    /// Owners of bindings for whom there is nothing to show.
    pub fn owners_without(&self) -> Vec<String> {
        let current = self.presenting.current();
        let without = current.choices().filter(|(_, choice)| choice.chosen.is_none());
        without.filter_map(|(owner, _)| owner.map(str::to_owned)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // A look that panicked has swapped the whole or nothing.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compile(&self, store: &CertificateStore, bound: &BTreeSet<String>, at: &Moment) -> OwnIdentities {
        let owners = self.settings.listener_owners.union(bound).cloned().collect();
        let revoked = |identity: &Identity| at.revocations.revoke(identity, at.now);
        OwnIdentities::compile(store, &self.settings.fqdn, &owners, &revoked, at.now)
    }

    /// A failure to make a certificate ends no server that runs: what was shown goes on.
    fn read_and_tell(&self, kept: &mut Kept, now: Timestamp) {
        if let Err(error) = self.read(kept, now) {
            let cause =
                std::error::Error::source(&error).map(|cause| format!(" ({cause})")).unwrap_or_default();
            self.hold(kept, format!("{error}{cause}"), now);
        }
    }

    fn read(&self, kept: &mut Kept, now: Timestamp) -> Result<(), OwnCertificateError> {
        // Before it is read: what is written meanwhile is found by the next look.
        kept.fingerprint = CertificateStore::fingerprint(&self.settings.folder);
        kept.lists = self.settings.revocation.known();
        let at = Moment { revocations: self.settings.revocation.said_by(&kept.lists), now };
        let mut store = CertificateStore::load(&self.settings.folder);
        let mut chosen = self.compile(&store, &kept.bound, &at);
        kept.told.revoked(&kept.shown, &store, &at).into_iter().for_each(&*self.tell);
        kept.told.passed_over(&store, &chosen).into_iter().for_each(&*self.tell);
        if let Decision::Keep { reason } = decide(&kept.shown, &Found::of(&store, &chosen), now) {
            self.hold(kept, reason, now);
            return Ok(());
        }
        if self.succeed(kept, &mut store, &chosen, now) {
            chosen = self.compile(&store, &kept.bound, &at);
        }
        let is_missing = chosen.outbound(None).is_err();
        let mut made = None;
        if is_missing && self.settings.self_signed == SelfSigned::Generate {
            made = Some(self.make(&mut store, now)?);
            chosen = self.compile(&store, &kept.bound, &at);
        }
        let found = Found::of(&store, &chosen);
        let made = made.map(|identity| identity.facts().sha256.clone());
        let bound_to = |owner: &str| self.presenting.bound_to(owner);
        let news = kept.told.chosen(&kept.shown, &chosen, made.as_deref(), bound_to);
        kept.due = earlier(chosen.next_change(now), now.checked_add(LOOK_ANYHOW).ok());
        kept.shown = found.shown;
        kept.held = None;
        self.presenting.swap(chosen);
        news.into_iter().for_each(&*self.tell);
        self.swapped.send_replace(());
        Ok(())
    }

    /// What was shown goes on; told once for each reason.
    fn hold(&self, kept: &mut Kept, reason: String, now: Timestamp) {
        if kept.held.as_ref() != Some(&reason) {
            (self.tell)(Event::new(&kind::CERTIFICATES_KEPT).with("reason", &reason));
        }
        kept.held = Some(reason);
        let ends = kept.shown.iter().map(|shown| shown.not_after).filter(|end| *end >= now).min();
        let after = ends.and_then(|end| end.checked_add(SignedDuration::from_secs(1)).ok());
        kept.due = earlier(after, now.checked_add(LOOK_ANYHOW).ok());
    }

    fn make(
        &self,
        store: &mut CertificateStore,
        now: Timestamp,
    ) -> Result<Arc<Identity>, OwnCertificateError> {
        let made = issue_self_signed(&self.settings.request(), now).map_err(|source| {
            OwnCertificateError::Issue { folder: self.settings.folder.display().to_string(), source }
        })?;
        let made = store.add(made, Flags::default())?;
        (self.tell)(about(&kind::CERTIFICATE_GENERATED, made.facts()));
        Ok(made)
    }

    /// Makes, announces and settles successors of self-signed certificates. Whether the store has changed.
    fn succeed(
        &self,
        kept: &mut Kept,
        store: &mut CertificateStore,
        chosen: &OwnIdentities,
        now: Timestamp,
    ) -> bool {
        let steps: Vec<SuccessionStep> =
            chosen.choices().flat_map(|(_, choice)| succession(store, choice, now)).collect();
        let mut has_changed = false;
        for step in steps {
            match self.take_step(kept, store, step, now) {
                Ok(changed) => has_changed |= changed,
                Err(reason) => (self.tell)(Event::new(&kind::CERTIFICATES_KEPT).with("reason", reason)),
            }
        }
        has_changed
    }

    fn take_step(
        &self,
        kept: &mut Kept,
        store: &mut CertificateStore,
        step: SuccessionStep,
        now: Timestamp,
    ) -> Result<bool, String> {
        let gateways = || self.presenting.unbound_words();
        match step {
            SuccessionStep::Make { of, flags } => {
                let predecessor = store.find(&of).map_err(|error| error.to_string())?;
                let predecessor = predecessor.identity.clone().map_err(|error| error.to_string())?;
                let made = renew_self_signed(&predecessor, now).map_err(|error| error.to_string())?;
                let made = store.add(made, flags).map_err(|error| error.to_string())?;
                let event = about(&kind::SUCCESSOR_MADE, made.facts()).with("of", of);
                (self.tell)(event.with("gateways", gateways()));
                Ok(true)
            }
            SuccessionStep::Announce { successor, of, days_left } => {
                if kept.announced.is_news(&successor, days_left) {
                    (self.tell)(
                        Event::new(&kind::SUCCESSOR_WAITS)
                            .with("sha256", successor)
                            .with("of", of)
                            .with("days_left", days_left)
                            .with("gateways", gateways()),
                    );
                }
                Ok(false)
            }
            SuccessionStep::TakeOver { successor, of, flags } => {
                store.set_flags(&successor, flags).map_err(|error| error.to_string())?;
                if store.preferred() == Some(of.as_str()) {
                    store.prefer(Some(&successor)).map_err(|error| error.to_string())?;
                }
                let event = Event::new(&kind::SUCCESSOR_TOOK_OVER).with("sha256", successor).with("of", of);
                (self.tell)(event.with("gateways", gateways()));
                Ok(true)
            }
        }
    }
}

fn bound_owners(site: &Site) -> BTreeSet<String> {
    site.gateways().filter_map(|gateway| gateway.certificate_owner.clone()).collect()
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    [one, other].into_iter().flatten().min()
}

#[cfg(test)]
mod tests;
