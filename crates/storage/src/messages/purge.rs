//! What has reached the end of its time goes: old messages are deleted as by their owner, deleted ones for good.
use std::collections::BTreeSet;

use dial_plan::{MailboxPolicy, MailboxQuota};
use jiff::{SignedDuration, Timestamp};
use mailbox::MailboxId;
use rusqlite::{Transaction, params};

use crate::{Store, StoreError, error::Doing, messages::note_removal};

/// Rows that one transaction changes: the next message does not wait long for the writer.
const AT_ONCE: usize = 500;

/// Days for which missed calls are kept.
pub(crate) const MISSED_CALLS_DAYS: u16 = 90;

/// What a purge did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Purged {
    /// Messages that have become too old, and can be restored for a while.
    pub aged: u64,
    /// Deleted messages that are gone for good, with their files.
    pub removed: u64,
    /// Missed calls that nobody lists any more.
    pub missed: u64,
}

impl Store {
    /// Deletes the messages that are older than the policies of the newest site allow, and removes those that were
    /// deleted longer ago than the policies keep them. To be called now and then; blocks.
    ///
    /// What nobody has deleted, a clock that is wrong by years cannot remove: it can be restored for one retention more.
    ///
    /// # Errors
    /// The database failed: what was done before stays done, the rest is for the next time.
    pub fn purge(&self, at: Timestamp) -> Result<Purged, StoreError> {
        let mut purged = Purged { missed: self.forget_missed(at)?, ..Purged::default() };
        let Some(site) = self.shared().site_rules.site() else { return Ok(purged) };
        for policy in site.policies() {
            purged.aged += self.delete_aged(policy, at)?;
            purged.removed += self.remove_deleted(policy, at)?;
        }
        Ok(purged)
    }

    /// Missed calls, and what nobody has told from the outbox.
    fn forget_missed(&self, at: Timestamp) -> Result<u64, StoreError> {
        let Some(before) = days_before(at, MISSED_CALLS_DAYS) else { return Ok(0) };
        let before = before.as_microsecond();
        self.shared().database.write(|transaction| {
            transaction
                .execute("DELETE FROM outbox WHERE at < ?1", [before])
                .doing("letting old items of the outbox go")?;
            let missed = transaction
                .execute("DELETE FROM missed_calls WHERE at < ?1", [before])
                .doing("letting old missed calls go")?;
            Ok(u64::try_from(missed).unwrap_or(u64::MAX))
        })
    }

    fn delete_aged(&self, policy: &MailboxPolicy, at: Timestamp) -> Result<u64, StoreError> {
        let MailboxQuota { max_message_age_days, .. } = policy.quota;
        let Some(before) = days_before(at, max_message_age_days) else { return Ok(0) };
        if max_message_age_days == 0 {
            return Ok(0);
        }
        let mut count = 0;
        loop {
            let mailboxes = self
                .shared()
                .database
                .write(|transaction| mark_aged(transaction, policy.name.as_str(), before, at))?;
            count += u64::try_from(mailboxes.len()).unwrap_or(u64::MAX);
            let is_last = mailboxes.len() < AT_ONCE;
            let changed: BTreeSet<MailboxId> = mailboxes.into_iter().collect();
            self.shared().tell_changed(changed.iter().copied());
            changed.into_iter().for_each(|mailbox| self.shared().tell_room(mailbox));
            if is_last {
                return Ok(count);
            }
        }
    }

    fn remove_deleted(&self, policy: &MailboxPolicy, at: Timestamp) -> Result<u64, StoreError> {
        let Some(before) = days_before(at, policy.quota.deleted_retention_days) else { return Ok(0) };
        let mut count = 0;
        loop {
            let files = self
                .shared()
                .database
                .write(|transaction| delete_purged(transaction, policy.name.as_str(), before))?;
            count += u64::try_from(files.len()).unwrap_or(u64::MAX);
            self.shared().finish_removals(&files)?;
            if files.len() < AT_ONCE {
                return Ok(count);
            }
        }
    }
}

/// Whose messages were deleted, once for each.
fn mark_aged(
    transaction: &Transaction<'_>,
    policy: &str,
    before: Timestamp,
    at: Timestamp,
) -> Result<Vec<MailboxId>, StoreError> {
    transaction
        .prepare_cached(
            "UPDATE messages SET state = 2, deleted_at = ?3 WHERE id IN
                 (SELECT messages.id FROM mailboxes JOIN messages ON messages.mailbox = mailboxes.id
                  WHERE policy = ?1 AND state < 2 AND coalesce(restored_at, received) < ?2 LIMIT ?4)
             RETURNING mailbox",
        )
        .and_then(|mut statement| {
            statement
                .query_map(params![policy, before.as_microsecond(), at.as_microsecond(), limit()], |row| {
                    Ok(MailboxId(row.get(0)?))
                })?
                .collect()
        })
        .doing("deleting old messages")
}

/// The files, to be removed after the commit.
fn delete_purged(
    transaction: &Transaction<'_>,
    policy: &str,
    before: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let files: Vec<String> = transaction
        .prepare_cached(
            "DELETE FROM messages WHERE id IN
                 (SELECT messages.id FROM messages JOIN mailboxes ON messages.mailbox = mailboxes.id
                  WHERE state = 2 AND deleted_at <= ?2 AND policy = ?1 LIMIT ?3)
             RETURNING file",
        )
        .and_then(|mut statement| {
            statement
                .query_map(params![policy, before.as_microsecond(), limit()], |row| row.get(0))?
                .collect()
        })
        .doing("removing deleted messages")?;
    for file in &files {
        note_removal(transaction, file)?;
    }
    Ok(files)
}

fn days_before(at: Timestamp, days: u16) -> Option<Timestamp> {
    at.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).ok()
}

fn limit() -> i64 {
    i64::try_from(AT_ONCE).unwrap_or(i64::MAX)
}
