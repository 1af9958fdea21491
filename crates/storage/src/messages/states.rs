//! Where messages stand with their owners, and how many there are of each.
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use mailbox::{MailboxId, MessageCounts, MessageId, MessageState};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::{Store, StoreError, StoreNotice, error::Doing, store::Shared};

impl Store {
    /// Moves a message to another state, durably. `false`: the mailbox has no such message.
    ///
    /// A message that is [deleted](MessageState::Deleted) so is kept until [`Store::purge`] comes for it.
    ///
    /// # Errors
    /// The database failed.
    pub fn mark_message(
        &self,
        mailbox: MailboxId,
        message: MessageId,
        state: MessageState,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.shared().mark_message(mailbox, message, state, at)
    }

    /// How many messages a mailbox has; none if there is no such mailbox.
    ///
    /// # Errors
    /// The database failed.
    pub fn counts(&self, mailbox: MailboxId) -> Result<MessageCounts, StoreError> {
        self.shared().database.read(|snapshot| {
            snapshot
                .prepare_cached(
                    "SELECT state, urgent, count(*) FROM messages WHERE mailbox = ?1 GROUP BY state, urgent",
                )
                .and_then(|mut statement| {
                    let mut counts = MessageCounts::default();
                    let mut rows = statement.query([mailbox.0])?;
                    while let Some(row) = rows.next()? {
                        count_in(&mut counts, row, 0)?;
                    }
                    Ok(counts)
                })
                .doing("counting messages")
        })
    }

    /// The counts of every mailbox that has messages, from one reading.
    ///
    /// # Errors
    /// The database failed.
    pub fn all_counts(&self) -> Result<BTreeMap<MailboxId, MessageCounts>, StoreError> {
        self.shared().database.read(|snapshot| {
            snapshot
                .prepare_cached(
                    "SELECT mailbox, state, urgent, count(*) FROM messages GROUP BY mailbox, state, urgent",
                )
                .and_then(|mut statement| {
                    let mut all: BTreeMap<MailboxId, MessageCounts> = BTreeMap::new();
                    let mut rows = statement.query([])?;
                    while let Some(row) = rows.next()? {
                        count_in(all.entry(MailboxId(row.get(0)?)).or_default(), row, 1)?;
                    }
                    Ok(all)
                })
                .doing("counting messages")
        })
    }
}

impl Shared {
    pub(crate) fn mark_message(
        &self,
        mailbox: MailboxId,
        message: MessageId,
        state: MessageState,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let before =
            self.database.write(|transaction| write_state(transaction, mailbox, message, state, at))?;
        if before.is_some_and(|before| before != state) {
            self.tell_changed([mailbox]);
            self.tell_room(mailbox);
        }
        Ok(before.is_some())
    }

    /// To be called after the commit.
    pub(crate) fn tell_changed(&self, mailboxes: impl IntoIterator<Item = MailboxId>) {
        for mailbox in mailboxes.into_iter().collect::<BTreeSet<_>>() {
            (self.options.on_notice)(StoreNotice::MailboxChanged { mailbox });
        }
    }
}

/// Where it stood before; `None` if the mailbox has no such message.
fn write_state(
    transaction: &Transaction<'_>,
    mailbox: MailboxId,
    message: MessageId,
    state: MessageState,
    at: Timestamp,
) -> Result<Option<MessageState>, StoreError> {
    let before = transaction
        .prepare_cached("SELECT state FROM messages WHERE id = ?1 AND mailbox = ?2")
        .and_then(|mut statement| {
            statement.query_row([message.0, mailbox.0], |row| message_state(row, 0)).optional()
        })
        .doing("looking where a message stands")?;
    // Deleted twice, it is kept from the first time on.
    if before.is_some_and(|before| before != state) {
        let at = at.as_microsecond();
        let deleted_at = (state == MessageState::Deleted).then_some(at);
        let restored_at = (before == Some(MessageState::Deleted)).then_some(at);
        transaction
            .prepare_cached(
                "UPDATE messages SET state = ?1, deleted_at = ?2, restored_at = coalesce(?3, restored_at)
                 WHERE id = ?4",
            )
            .and_then(|mut statement| {
                statement.execute(params![state_number(state), deleted_at, restored_at, message.0])
            })
            .doing("marking a message")?;
    }
    Ok(before)
}

/// Adds a row of state, urgency and how many there are of both.
fn count_in(counts: &mut MessageCounts, row: &Row<'_>, column: usize) -> rusqlite::Result<()> {
    let urgent: bool = row.get(column.saturating_add(1))?;
    let count: u32 = row.get(column.saturating_add(2))?;
    let (all, urgent_ones) = match message_state(row, column)? {
        MessageState::New => (&mut counts.new, &mut counts.new_urgent),
        MessageState::Saved => (&mut counts.old, &mut counts.old_urgent),
        MessageState::Deleted => return Ok(()),
    };
    *all = all.saturating_add(count);
    if urgent {
        *urgent_ones = urgent_ones.saturating_add(count);
    }
    Ok(())
}

/// The state in its column.
pub(crate) fn state_number(state: MessageState) -> u8 {
    match state {
        MessageState::New => 0,
        MessageState::Saved => 1,
        MessageState::Deleted => 2,
    }
}

/// Reads what [`state_number`] wrote.
pub(crate) fn message_state(row: &Row<'_>, column: usize) -> rusqlite::Result<MessageState> {
    match row.get(column)? {
        0 => Ok(MessageState::New),
        1 => Ok(MessageState::Saved),
        2 => Ok(MessageState::Deleted),
        other => Err(rusqlite::Error::IntegralValueOutOfRange(column, other)),
    }
}
