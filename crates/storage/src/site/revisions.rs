use dial_plan::Site;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::{
    Store, StoreError,
    database::columns::{natural, timestamp},
    error::Doing,
};

/// A change of the site: who made it, when, and what it was.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SiteRevision {
    /// The number of the site after the change.
    pub revision: u64,
    /// When.
    pub at: Timestamp,
    /// Who, as the admin interface knows the caller.
    pub who: String,
    /// What changed, in words.
    pub what: String,
}

impl Store {
    /// The newest site; an empty one, revision 0, if none was ever saved.
    ///
    /// # Errors
    /// [`StoreError::SiteUnreadable`], or the database failed.
    pub fn load_site(&self) -> Result<Site, StoreError> {
        let newest = self.shared().database.read(newest_site)?;
        newest.map_or_else(|| Ok(Site::empty()), |(revision, text)| read_site(revision, &text))
    }

    /// The site as it was at a revision; `None` if there is no such revision.
    ///
    /// # Errors
    /// [`StoreError::SiteUnreadable`], or the database failed.
    pub fn site_at(&self, revision: u64) -> Result<Option<Site>, StoreError> {
        let text: Option<String> = self.shared().database.read(|snapshot| {
            snapshot
                .query_row("SELECT site FROM site_revisions WHERE revision = ?1", [signed(revision)], |row| {
                    row.get(0)
                })
                .optional()
                .doing("reading a revision of the site")
        })?;
        text.map(|text| read_site(revision, &text)).transpose()
    }

    /// Saves a site that `Site::apply` made from the newest one: its revision must be the next. The newest one itself,
    /// unchanged, is accepted and nothing is written.
    ///
    /// # Errors
    /// [`StoreError::SiteStale`] if the site was made from an older revision; nothing is saved then.
    pub fn save_site(&self, site: &Site, who: &str, what: &str, at: Timestamp) -> Result<(), StoreError> {
        let revision = site.revision;
        let text =
            serde_json::to_string(site).map_err(|source| StoreError::SiteUnreadable { revision, source })?;
        self.shared().database.write(|transaction| {
            let newest = newest_site(transaction)?;
            let newest_revision = newest.as_ref().map_or(0, |(revision, _)| *revision);
            if newest.is_some_and(|(number, stored)| number == revision && stored == text) {
                return Ok(());
            }
            if revision.checked_sub(1) != Some(newest_revision) {
                let base = revision.saturating_sub(1);
                return Err(StoreError::SiteStale { base, newest: newest_revision });
            }
            transaction
                .execute(
                    "INSERT INTO site_revisions (revision, at, who, what, site) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![signed(revision), at.as_microsecond(), who, what, text],
                )
                .doing("writing a revision of the site")?;
            Ok(())
        })?;
        self.shared().site_rules.follow(site);
        Ok(())
    }

    /// The newest `limit` revisions, newest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn site_revisions(&self, limit: u32) -> Result<Vec<SiteRevision>, StoreError> {
        self.shared().database.read(|snapshot| {
            snapshot
                .prepare_cached(
                    "SELECT revision, at, who, what FROM site_revisions ORDER BY revision DESC LIMIT ?1",
                )
                .and_then(|mut statement| {
                    statement
                        .query_map([limit], |row| {
                            Ok(SiteRevision {
                                revision: natural(row, 0)?,
                                at: timestamp(row, 1)?,
                                who: row.get(2)?,
                                what: row.get(3)?,
                            })
                        })?
                        .collect()
                })
                .doing("reading the revisions of the site")
        })
    }
}

pub(crate) fn newest_site(snapshot: &Transaction<'_>) -> Result<Option<(u64, String)>, StoreError> {
    snapshot
        .query_row("SELECT revision, site FROM site_revisions ORDER BY revision DESC LIMIT 1", [], |row| {
            Ok((natural(row, 0)?, row.get(1)?))
        })
        .optional()
        .doing("reading the site")
}

fn read_site(revision: u64, text: &str) -> Result<Site, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::SiteUnreadable { revision, source })
}

fn signed(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}
