//! Messages that the age limit of a policy deletes soon.
use dial_plan::MailboxQuota;
use jiff::{SignedDuration, Timestamp};
use mailbox::{Mailbox, MailboxId};
use rusqlite::{Transaction, params};

use crate::{Store, StoreError, error::Doing, mailboxes::rows::read_mailbox, store::Shared};

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

impl Store {
    /// How many messages of a mailbox are so near to the age limit of its policy at `at` that their owner is warned; `None`
    /// if there is no such limit.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`], or the database failed.
    pub fn deleted_soon(&self, mailbox: MailboxId, at: Timestamp) -> Result<Option<u32>, StoreError> {
        let shared = self.shared();
        shared.database.read(|snapshot| {
            let mailbox = read_mailbox(snapshot, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox })?;
            shared.deleted_soon(snapshot, &mailbox, at)
        })
    }
}

impl Shared {
    /// [`Store::deleted_soon`].
    pub(crate) fn deleted_soon(
        &self,
        snapshot: &Transaction<'_>,
        mailbox: &Mailbox,
        at: Timestamp,
    ) -> Result<Option<u32>, StoreError> {
        let Some(age) = warned_from(&self.site_rules.quota(&mailbox.policy)) else { return Ok(None) };
        // No message is older than time.
        let before = at.checked_sub(age).unwrap_or(Timestamp::MIN);
        snapshot
            .prepare_cached(
                "SELECT count(*) FROM messages
                 WHERE mailbox = ?1 AND state < 2 AND coalesce(restored_at, received) <= ?2",
            )
            .and_then(|mut statement| {
                statement.query_row(params![mailbox.id.0, before.as_microsecond()], |row| row.get(0))
            })
            .doing("counting messages that are deleted soon")
            .map(Some)
    }
}

/// The age from which on the owner is warned: as many per cent of the limit as of the other limits of the quota.
fn warned_from(quota: &MailboxQuota) -> Option<SignedDuration> {
    let seconds = i64::from(quota.max_message_age_days) * SECONDS_OF_A_DAY;
    (seconds > 0).then(|| SignedDuration::from_secs(seconds * i64::from(quota.warning_percent) / 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_is_warned_from_the_same_share_of_the_age_as_of_the_other_limits() {
        let hours = |max_message_age_days, warning_percent| {
            let quota = MailboxQuota { max_message_age_days, warning_percent, ..MailboxQuota::default() };
            warned_from(&quota).map(|age| age.as_hours())
        };

        assert_eq!(hours(30, 90), Some(27 * 24));
        assert_eq!(hours(10, 75), Some(180));
        assert_eq!(hours(1, 100), Some(24));
        assert_eq!(hours(3650, 1), Some(876));
        assert_eq!(hours(0, 90), None);
    }
}
