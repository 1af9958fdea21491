use mailbox::{Greetings, Mailbox, PhoneOptions, PinStanding, Subscriber};
use rusqlite::Transaction;

use crate::{StoreError, recorded_names::read_recorded_name};

/// All that a conversation with the owner of a mailbox begins with.
pub(super) fn subscriber_of(
    snapshot: &Transaction<'_>,
    mailbox: Mailbox,
    pin: PinStanding,
) -> Result<Subscriber, StoreError> {
    let recorded_name = read_recorded_name(snapshot, mailbox.id)?;
    Ok(Subscriber {
        mailbox,
        recorded_name,
        pin,
        options: PhoneOptions::default(),
        greetings: Greetings::default(),
    })
}
