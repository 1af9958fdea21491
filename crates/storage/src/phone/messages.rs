//! Messages as the phone lists and marks them.
use std::collections::HashMap;

use jiff::Timestamp;
use mailbox::{MailboxCard, MailboxId, MessageId, MessageState, MessageSummary};
use rusqlite::{Row, Transaction};

use super::cards::card_of;
use crate::{
    StoreError,
    database::columns::{duration, timestamp},
    error::Doing,
    messages::states::message_state,
    store::Shared,
};

/// Messages told in one session at most, in their order; nobody presses through more.
pub(crate) const LISTED_AT_MOST: u32 = 1000;
/// Senders whose recorded names a list carries; each may have 80 kB. Of others the extension is spoken.
pub(crate) const SENDERS_NAMED: usize = 100;

pub(super) fn list(shared: &Shared, mailbox: MailboxId) -> Result<Vec<MessageSummary>, StoreError> {
    shared.database.read(|snapshot| {
        let rows: Vec<(MessageSummary, Option<MailboxId>)> = snapshot
            .prepare_cached(
                "SELECT id, received, length, urgent, private, state, caller, sender FROM messages
                 WHERE mailbox = ?1 AND state < 2 ORDER BY state, urgent DESC, received, id LIMIT ?2",
            )
            .and_then(|mut statement| statement.query_map((mailbox.0, LISTED_AT_MOST), summary_of)?.collect())
            .doing("reading messages for the phone")?;
        let mut senders = HashMap::new();
        rows.into_iter()
            .map(|(summary, sender)| {
                let sender = match sender {
                    Some(sender) => sender_of(snapshot, sender, &mut senders)?,
                    None => None,
                };
                Ok(MessageSummary { sender, ..summary })
            })
            .collect()
    })
}

/// The card of a sender, read once; the audio of its name is shared.
fn sender_of(
    snapshot: &Transaction<'_>,
    sender: MailboxId,
    known: &mut HashMap<MailboxId, Option<MailboxCard>>,
) -> Result<Option<MailboxCard>, StoreError> {
    if let Some(card) = known.get(&sender) {
        return Ok(card.clone());
    }
    let mut card = card_of(snapshot, sender)?;
    if known.len() >= SENDERS_NAMED {
        card = card.map(|card| MailboxCard { recorded_name: None, ..card });
    }
    known.insert(sender, card.clone());
    Ok(card)
}

fn summary_of(row: &Row<'_>) -> rusqlite::Result<(MessageSummary, Option<MailboxId>)> {
    let summary = MessageSummary {
        id: MessageId(row.get(0)?),
        received: timestamp(row, 1)?,
        length: duration(row, 2)?,
        urgent: row.get(3)?,
        private: row.get(4)?,
        state: message_state(row, 5)?,
        caller: row.get(6)?,
        sender: None,
    };
    Ok((summary, row.get::<_, Option<i64>>(7)?.map(MailboxId)))
}

pub(super) fn mark(
    shared: &Shared,
    mailbox: MailboxId,
    message: MessageId,
    state: MessageState,
    at: Timestamp,
) -> Result<bool, StoreError> {
    shared.mark_message(mailbox, message, state, at)
}
