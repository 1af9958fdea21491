use jiff::Timestamp;
use mailbox::{Mailbox, PinStanding, Subscriber};
use rusqlite::Transaction;

use crate::{
    StoreError, mailboxes::greetings::read_greetings, mailboxes::phone_options::read_phone_options,
    mailboxes::recorded_names::read_recorded_name, store::Shared,
};

/// All that a conversation with the owner of a mailbox begins with.
pub(super) fn subscriber_of(
    shared: &Shared,
    snapshot: &Transaction<'_>,
    mailbox: Mailbox,
    pin: PinStanding,
    at: Timestamp,
) -> Result<Subscriber, StoreError> {
    Ok(Subscriber {
        recorded_name: read_recorded_name(snapshot, mailbox.id)?,
        pin,
        options: read_phone_options(snapshot, mailbox.id)?,
        greetings: read_greetings(snapshot, mailbox.id)?,
        room: shared.room(snapshot, &mailbox)?,
        deleted_soon: shared.deleted_soon(snapshot, &mailbox, at)?.unwrap_or_default(),
        mailbox,
    })
}
