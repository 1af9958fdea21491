//! Who has a number, and whose name some keys spell.
use mailbox::{MailboxCard, MailboxId, NAMES_AT_MOST, NameOrder, NamesFound, spells};
use rusqlite::Transaction;
use telephony::Extension;

use crate::{
    Store, StoreError, database::columns::word, error::Doing, mailboxes::recorded_names::read_recorded_name,
    mailboxes::rows::find, store::Shared,
};

impl Store {
    /// The mailbox that a number of the plan means: an extension or an alias.
    ///
    /// # Errors
    /// The database failed.
    pub fn holder_of_number(
        &self,
        dial_plan: &str,
        number: &str,
    ) -> Result<Option<Box<MailboxCard>>, StoreError> {
        card(self.shared(), dial_plan, number)
    }

    /// The mailboxes of a plan whose name these keys begin to spell, by name; at most [`NAMES_AT_MOST`].
    ///
    /// # Errors
    /// The database failed.
    pub fn names_spelled(
        &self,
        dial_plan: &str,
        digits: &str,
        order: NameOrder,
    ) -> Result<NamesFound, StoreError> {
        spelled(self.shared(), dial_plan, digits, order)
    }
}

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

/// Reads every name of the plan: some milliseconds for 10,000 of them, and no second copy of the names that could differ.
pub(super) fn spelled(
    shared: &Shared,
    dial_plan: &str,
    digits: &str,
    order: NameOrder,
) -> Result<NamesFound, StoreError> {
    shared.database.read(|snapshot| {
        let mut found = matches(snapshot, dial_plan, |name| spells(digits, name, order))?;
        let more = found.len() > NAMES_AT_MOST;
        found.truncate(NAMES_AT_MOST);
        for card in &mut found {
            card.recorded_name = read_recorded_name(snapshot, card.id)?;
        }
        Ok(NamesFound { cards: found, more })
    })
}

/// The first mailboxes by name that fit, one more than are read out; their recorded names are not read.
fn matches(
    snapshot: &Transaction<'_>,
    dial_plan: &str,
    fits: impl Fn(&str) -> bool,
) -> Result<Vec<MailboxCard>, StoreError> {
    let read = || -> rusqlite::Result<Vec<MailboxCard>> {
        let mut statement = snapshot.prepare_cached(
            "SELECT id, extension, name FROM mailboxes WHERE dial_plan = ?1
             ORDER BY name COLLATE NOCASE, extension",
        )?;
        let mut rows = statement.query([dial_plan])?;
        let mut cards = Vec::new();
        while let Some(row) = rows.next()? {
            if !fits(row.get_ref(2)?.as_str()?) {
                continue;
            }
            cards.push(MailboxCard {
                id: MailboxId(row.get(0)?),
                extension: word(row, 1, Extension::parse)?,
                name: row.get(2)?,
                recorded_name: None,
            });
            if cards.len() > NAMES_AT_MOST {
                break;
            }
        }
        Ok(cards)
    };
    read().doing("looking for names")
}
