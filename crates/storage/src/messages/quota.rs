//! How much a mailbox holds, and how much it may.
use std::{sync::PoisonError, time::Duration};

use dial_plan::MailboxQuota;
use mailbox::{Mailbox, MailboxId, MailboxRoom};
use rusqlite::Transaction;
use telephony::{Event, kind};

use crate::{
    Store, StoreError,
    database::columns::{duration, natural},
    error::Doing,
    mailboxes::rows::read_mailbox,
    store::Shared,
};

/// What a mailbox holds; what its owner deleted is not counted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Held {
    messages: u64,
    length: Duration,
}

impl Store {
    /// What a mailbox has left of the quota of its policy in the newest site.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`], or the database failed.
    pub fn room(&self, mailbox: MailboxId) -> Result<MailboxRoom, StoreError> {
        let shared = self.shared();
        shared.database.read(|snapshot| {
            let mailbox = read_mailbox(snapshot, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox })?;
            shared.room(snapshot, &mailbox)
        })
    }
}

impl Shared {
    pub(crate) fn room(
        &self,
        snapshot: &Transaction<'_>,
        mailbox: &Mailbox,
    ) -> Result<MailboxRoom, StoreError> {
        let quota = self.site_rules.quota(&mailbox.policy);
        if quota.max_messages == 0 && quota.max_minutes == 0 {
            return Ok(MailboxRoom::Some);
        }
        Ok(room_of(&quota, held(snapshot, mailbox.id)?))
    }

    /// Tells the administrator, once, when a mailbox has come to have less room. To be called after the commit.
    pub(crate) fn tell_room(&self, mailbox: MailboxId) {
        let looked_at = self.database.read(|snapshot| {
            let Some(mailbox) = read_mailbox(snapshot, mailbox)? else { return Ok(None) };
            let room = self.room(snapshot, &mailbox)?;
            Ok(Some((mailbox, room)))
        });
        // A database that fails here is told of by whoever needs its answer.
        let Ok(Some((mailbox, room))) = looked_at else { return };
        let mut told = self.rooms_told.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match room {
            MailboxRoom::Some => told.remove(&mailbox.id),
            MailboxRoom::Little | MailboxRoom::Full => told.insert(mailbox.id, room),
        };
        drop(told);
        let kind = match (before, room) {
            (_, MailboxRoom::Some)
            | (Some(MailboxRoom::Little | MailboxRoom::Full), MailboxRoom::Little)
            | (Some(MailboxRoom::Full), MailboxRoom::Full) => return,
            (None | Some(MailboxRoom::Some), MailboxRoom::Little) => &kind::MAILBOX_ALMOST_FULL,
            (None | Some(MailboxRoom::Some | MailboxRoom::Little), MailboxRoom::Full) => &kind::MAILBOX_FULL,
        };
        let event = Event::new(kind)
            .with("extension", &mailbox.extension)
            .with("dial_plan", &mailbox.dial_plan)
            .with("policy", &mailbox.policy);
        (self.options.on_event)(event);
    }
}

fn room_of(quota: &MailboxQuota, held: Held) -> MailboxRoom {
    let minute = 60_000;
    let milliseconds = u64::try_from(held.length.as_millis()).unwrap_or(u64::MAX);
    let used = [
        (held.messages, u64::from(quota.max_messages)),
        (milliseconds, u64::from(quota.max_minutes).saturating_mul(minute)),
    ];
    let used = used.into_iter().filter(|(_, limit)| *limit > 0);
    let percents = used.map(|(used, limit)| used.saturating_mul(100) / limit);
    match percents.max() {
        Some(100..) => MailboxRoom::Full,
        Some(percent) if percent >= u64::from(quota.warning_percent) => MailboxRoom::Little,
        Some(_) | None => MailboxRoom::Some,
    }
}

fn held(snapshot: &Transaction<'_>, mailbox: MailboxId) -> Result<Held, StoreError> {
    snapshot
        .prepare_cached(
            "SELECT count(*), coalesce(sum(length), 0) FROM messages WHERE mailbox = ?1 AND state < 2",
        )
        .and_then(|mut statement| {
            statement.query_row([mailbox.0], |row| {
                Ok(Held { messages: natural(row, 0)?, length: duration(row, 1)? })
            })
        })
        .doing("counting what a mailbox holds")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_full_at_either_limit_and_has_little_room_from_the_warning_on() {
        let quota = MailboxQuota { max_messages: 10, max_minutes: 5, ..MailboxQuota::default() };
        let cases = [
            (8, 0, MailboxRoom::Some),
            (9, 0, MailboxRoom::Little),
            (10, 0, MailboxRoom::Full),
            (11, 0, MailboxRoom::Full),
            (0, 269_999, MailboxRoom::Some),
            (0, 270_000, MailboxRoom::Little),
            (0, 299_999, MailboxRoom::Little),
            (0, 300_000, MailboxRoom::Full),
            (9, 300_000, MailboxRoom::Full),
        ];
        for (messages, milliseconds, room) in cases {
            let held = Held { messages, length: Duration::from_millis(milliseconds) };
            assert_eq!(room_of(&quota, held), room, "{held:?}");
        }
    }

    #[test]
    fn nothing_fills_a_mailbox_without_limits() {
        let held = Held { messages: u64::MAX, length: Duration::MAX };

        assert_eq!(room_of(&MailboxQuota::default(), held), MailboxRoom::Some);
    }
}
