use std::sync::{Arc, Mutex, PoisonError, RwLock};

use dial_plan::{Name, Site, SiteChange, SiteError, SiteWarning, TrustedRoot, VoipSecurity};
use ivr::UnknownLanguage;
use jiff::Timestamp;
use storage::{MailboxFilter, Store, StoreError};

use super::{attendant_numbers, spoken, trust};
use crate::{config::StartupMode, prompts::PromptShelf};

/// The configuration in force, and the one way to change it: a new revision in the database, swapped in whole, told to
/// the core. Changes are made one after the other.
pub struct SiteHolder {
    store: Store,
    startup_mode: StartupMode,
    prompts: Arc<PromptShelf>,
    current: RwLock<Arc<Site>>,
    changing: Mutex<()>,
    notify: Box<dyn Fn(&NewRevision) + Send + Sync>,
}

/// A revision that is stored and in force.
#[derive(Clone, Debug)]
pub struct NewRevision {
    /// The configuration.
    pub site: Arc<Site>,
    /// Who changed it.
    pub who: String,
    /// What changed, in a few words.
    pub what: String,
    /// What deserves a look and was not so before.
    pub warnings: Vec<SiteWarning>,
}

/// Why a change of the configuration is refused; nothing of it has happened.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// A rule of the site.
    #[error(transparent)]
    Refused(#[from] SiteError),
    /// The plan would leave mailboxes behind.
    #[error(
        "dial plan `{plan}` has mailboxes ({count}): disable them with `um mailbox disable EXT@{plan}` before"
    )]
    PlanHasMailboxes {
        /// The plan.
        plan: Name,
        /// Its mailboxes.
        count: u64,
    },
    /// The policy would leave mailboxes behind.
    #[error("policy `{policy}` is used by mailbox {user}: run `um mailbox set {user} --policy OTHER` before")]
    PolicyHasMailboxes {
        /// The policy.
        policy: Name,
        /// The first mailbox that uses it.
        user: String,
    },
    /// The plan wants TLS, and this server opens no port for it.
    #[error(
        "dial plan `{plan}` would be {mode}, and this server takes no SIP over TLS ([sip] startup_mode = \"tcp\" in um.toml): set startup_mode = \"dual\" and start the server again, or use --voip-security unsecured"
    )]
    NoTlsHere {
        /// The plan.
        plan: Name,
        /// The mode that it was to have.
        mode: VoipSecurity,
    },
    /// No voice speaks it.
    #[error("{object}: {unknown}")]
    UnknownLanguage {
        /// Whose language it was to be.
        object: String,
        /// The language.
        unknown: UnknownLanguage,
    },
    /// A recording that is not there.
    #[error(
        "{object} names the announcement `{name}`, and there is none: run `um prompt import FILE.wav --announcement {}` before",
        name.shell_word()
    )]
    NoSuchAnnouncement {
        /// Who names it.
        object: String,
        /// Its name.
        name: Name,
    },
    /// A number of an attendant or plan that leads nowhere, or means a mailbox too.
    #[error("{object}: {fault}")]
    BadNumber {
        /// Whose number.
        object: String,
        /// What is wrong with it.
        fault: String,
        /// The command that mends it.
        remedy: String,
    },
    /// What is said of a trusted certificate is not what it says.
    #[error(
        "a certificate of gateway `{gateway}` ({subject}) is not what is said of it, {detail}: give the file itself with `um gateway set {} --trust FILE.pem`",
        gateway.shell_word()
    )]
    ForgedTrust {
        /// The gateway.
        gateway: Name,
        /// What is said to be its subject.
        subject: String,
        /// What differs.
        detail: String,
    },
    /// What is said of a trusted root is not what it says.
    #[error(
        "the root {subject} is not what is said of it, {detail}: give the file itself with `um trust add FILE.pem`"
    )]
    ForgedRoot {
        /// What is said to be its subject.
        subject: String,
        /// What differs.
        detail: String,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SiteHolder {
    /// Holds the newest revision of the store. `notify` is called after each change, on the thread that made it and
    /// before the next change begins: it may wait for room in a queue. In [`StartupMode::Tcp`] no plan becomes secure.
    pub fn new(
        store: Store,
        site: Site,
        startup_mode: StartupMode,
        prompts: Arc<PromptShelf>,
        notify: impl Fn(&NewRevision) + Send + Sync + 'static,
    ) -> Self {
        Self {
            store,
            startup_mode,
            prompts,
            current: RwLock::new(Arc::new(site)),
            changing: Mutex::new(()),
            notify: Box::new(notify),
        }
    }

    /// The configuration in force.
    pub fn current(&self) -> Arc<Site> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes a change: whole or not at all. Blocks for the disk.
    ///
    /// # Errors
    /// [`ChangeError`], and nothing has changed.
    pub fn change(&self, change: &SiteChange, who: &str) -> Result<NewRevision, ChangeError> {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.current();
        let (site, warnings) = self.checked(&before, change)?;
        let what = change.to_string();
        let revision =
            NewRevision { site: Arc::new(site), who: who.to_owned(), what: what.clone(), warnings };
        if revision.site.revision == before.revision {
            return Ok(revision);
        }
        self.store.save_site(&revision.site, who, &what, Timestamp::now())?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&revision.site);
        (self.notify)(&revision);
        Ok(revision)
    }

    /// What a change would make, without making it.
    ///
    /// # Errors
    /// [`ChangeError`] as [`SiteHolder::change`] would give it.
    pub fn try_out(&self, change: &SiteChange) -> Result<(Site, Vec<SiteWarning>), ChangeError> {
        self.checked(&self.current(), change)
    }

    /// Does something about mailboxes while no plan or policy can go away.
    pub fn while_unchanged<T>(&self, work: impl FnOnce(&Site) -> T) -> T {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        work(&self.current())
    }

    fn checked(&self, before: &Site, change: &SiteChange) -> Result<(Site, Vec<SiteWarning>), ChangeError> {
        let (after, warnings) = before.apply(change)?;
        self.tls_is_there(before, &after)?;
        spoken::check(&self.prompts, before, &after)?;
        trust_is_true(before, &after)?;
        attendant_numbers::check(&self.store, before, &after)?;
        for plan in before.dial_plans().filter(|plan| after.dial_plan(plan.name.as_str()).is_none()) {
            let count = self.store.count_mailboxes(plan.name.as_str())?;
            if count > 0 {
                return Err(ChangeError::PlanHasMailboxes { plan: plan.name.clone(), count });
            }
        }
        for policy in before.policies() {
            // A policy that moved to another plan is as good as gone for the mailboxes that use it.
            let stays =
                after.policy(policy.name.as_str()).is_some_and(|kept| kept.dial_plan == policy.dial_plan);
            if !stays {
                self.unused(&policy.name, &policy.dial_plan)?;
            }
        }
        Ok((after, warnings))
    }

    /// A plan that is secure already stays as it is: it may be from a time when this server had a TLS port.
    fn tls_is_there(&self, before: &Site, after: &Site) -> Result<(), ChangeError> {
        match self.startup_mode {
            StartupMode::Dual | StartupMode::Tls => return Ok(()),
            StartupMode::Tcp => {}
        }
        let was_secure =
            |name: &Name| before.dial_plan(name.as_str()).is_some_and(|plan| plan.voip_security.wants_tls());
        match after.dial_plans().find(|plan| plan.voip_security.wants_tls() && !was_secure(&plan.name)) {
            Some(plan) => Err(ChangeError::NoTlsHere { plan: plan.name.clone(), mode: plan.voip_security }),
            None => Ok(()),
        }
    }

    fn unused(&self, policy: &Name, plan: &Name) -> Result<(), ChangeError> {
        let filter = MailboxFilter { dial_plan: Some(plan.to_string()), extension: None };
        let mailboxes = self.store.mailboxes(&filter)?;
        match mailboxes.iter().find(|mailbox| mailbox.policy == policy.as_str()) {
            Some(user) => Err(ChangeError::PolicyHasMailboxes {
                policy: policy.clone(),
                user: admin_api::MailboxRow::address(user),
            }),
            None => Ok(()),
        }
    }
}

/// Trusted certificates that are new: a whole site that comes in brings its own words about them.
fn trust_is_true(before: &Site, after: &Site) -> Result<(), ChangeError> {
    let is_new = |root: &&TrustedRoot| {
        before
            .trusted_root(&root.sha256)
            .is_none_or(|known| known.pem != root.pem || known.subject != root.subject)
    };
    for root in after.trusted_roots().filter(is_new) {
        trust::check_root(root)
            .map_err(|detail| ChangeError::ForgedRoot { subject: root.subject.clone(), detail })?;
    }
    for vendor in after.device_vendors() {
        let known = before.device_vendor(vendor.name.as_str()).map(|known| known.roots.as_slice());
        let known = known.unwrap_or_default();
        for root in vendor.roots.iter().filter(|root| !known.contains(root)) {
            trust::check_vendor_root(root)
                .map_err(|detail| ChangeError::ForgedRoot { subject: root.subject.clone(), detail })?;
        }
    }
    for gateway in after.gateways() {
        let known =
            before.gateway(gateway.name.as_str()).map(|known| known.trust.as_slice()).unwrap_or_default();
        for anchor in gateway.trust.iter().filter(|anchor| !known.contains(anchor)) {
            trust::check(anchor).map_err(|detail| ChangeError::ForgedTrust {
                gateway: gateway.name.clone(),
                subject: anchor.subject.clone(),
                detail,
            })?;
        }
    }
    Ok(())
}
