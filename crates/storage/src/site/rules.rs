//! What the newest site says about mailboxes: the store keeps the sites, so it need not be told.
use std::sync::{Arc, Mutex, PoisonError};

use dial_plan::{MailboxQuota, Site};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{database::Database, site::revisions::newest_site};

/// The newest site, as long as it can be read.
#[derive(Default)]
pub(crate) struct SiteRules(Mutex<Option<Arc<Site>>>);

impl SiteRules {
    /// A site that cannot be read has no rules; [`crate::Store::load_site`] tells of it.
    pub(crate) fn read_from(&self, database: &Database) {
        let newest = database.read(newest_site).ok().flatten();
        if let Some(site) = newest.and_then(|(_, text)| serde_json::from_str::<Site>(&text).ok()) {
            self.follow(&site);
        }
    }

    /// Goes by this site from now on.
    pub(crate) fn follow(&self, site: &Site) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(site.clone()));
    }

    /// The newest site; `None` if there is none that can be read.
    pub(crate) fn site(&self) -> Option<Arc<Site>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How much the mailboxes of a policy may hold.
    pub(crate) fn quota(&self, policy: &str) -> MailboxQuota {
        self.site().and_then(|site| Some(site.policy(policy)?.quota.clone())).unwrap_or_default()
    }

    /// The day that it is in a plan.
    pub(crate) fn day(&self, dial_plan: &str, at: Timestamp) -> Date {
        let zone = self.site().and_then(|site| Some(site.dial_plan(dial_plan)?.zone()));
        at.to_zoned(zone.unwrap_or(TimeZone::UTC)).date()
    }
}
