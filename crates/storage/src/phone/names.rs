//! Who has a number, and whose name some keys spell.
use mailbox::{MailboxCard, NameOrder, NamesFound};

use crate::{StoreError, mailbox_rows::find, recorded_names::read_recorded_name, store::Shared};

pub(super) fn card(
    shared: &Shared,
    dial_plan: &str,
    number: &str,
) -> Result<Option<Box<MailboxCard>>, StoreError> {
    shared.database.read(|snapshot| {
        let Some(mailbox) = find(snapshot, dial_plan, number)? else { return Ok(None) };
        let recorded_name = read_recorded_name(snapshot, mailbox.id)?;
        Ok(Some(Box::new(MailboxCard {
            id: mailbox.id,
            extension: mailbox.extension,
            name: mailbox.name,
            recorded_name,
        })))
    })
}

pub(super) fn spelled(
    _shared: &Shared,
    _dial_plan: &str,
    _digits: &str,
    _order: NameOrder,
) -> Result<NamesFound, StoreError> {
    Ok(NamesFound::default())
}
