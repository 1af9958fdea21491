//! The rows of mailboxes and of their numbers.
use std::collections::HashMap;

use jiff::Timestamp;
use mailbox::{Mailbox, MailboxId, NewMailbox};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use telephony::{Extension, PhoneNumber};

use crate::{
    MailboxConflict, MailboxFilter, StoreError,
    database::columns::{timestamp, word},
    error::Doing,
    mailboxes::recorded_names::name_length,
};

/// What the database did, and whether the rows can stand.
pub(crate) type Judged<T> = Result<Result<T, MailboxConflict>, StoreError>;

/// Inserts a mailbox with its numbers. After an inner `Err` nothing of it is in the transaction but what a refused
/// import throws away with the rest.
pub(crate) fn insert_mailbox(
    transaction: &Transaction<'_>,
    new: &NewMailbox,
    at: Timestamp,
) -> Judged<MailboxId> {
    if let Err(refusal) = new.check() {
        return Ok(Err(MailboxConflict::Refused(refusal)));
    }
    if let Some(holder) = holder_of(transaction, &new.dial_plan, new.extension.as_str())? {
        return Ok(Err(MailboxConflict::ExtensionTaken {
            dial_plan: new.dial_plan.clone(),
            extension: new.extension.as_str().to_owned(),
            holder,
        }));
    }
    transaction
        .prepare_cached(
            "INSERT INTO mailboxes (dial_plan, extension, name, email, policy, created)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                new.dial_plan,
                new.extension.as_str(),
                new.name,
                new.email,
                new.policy,
                at.as_microsecond()
            ])
        })
        .doing("writing a mailbox")?;
    let id = MailboxId(transaction.last_insert_rowid());
    insert_number(transaction, &new.dial_plan, id, new.extension.as_str(), 0)?;
    Ok(insert_numbers(transaction, &new.dial_plan, id, &new.numbers)?.map(|()| id))
}

pub(crate) fn insert_numbers(
    transaction: &Transaction<'_>,
    dial_plan: &str,
    mailbox: MailboxId,
    numbers: &[PhoneNumber],
) -> Judged<()> {
    for (position, number) in (1..).zip(numbers) {
        if let Some(holder) = holder_of(transaction, dial_plan, number.as_str())? {
            return Ok(Err(MailboxConflict::NumberTaken {
                dial_plan: dial_plan.to_owned(),
                number: number.as_str().to_owned(),
                holder,
            }));
        }
        insert_number(transaction, dial_plan, mailbox, number.as_str(), position)?;
    }
    Ok(Ok(()))
}

fn insert_number(
    transaction: &Transaction<'_>,
    dial_plan: &str,
    mailbox: MailboxId,
    number: &str,
    position: i64,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO dial_numbers (dial_plan, number, mailbox, position) VALUES (?1, ?2, ?3, ?4)",
        )
        .and_then(|mut statement| statement.execute(params![dial_plan, number, mailbox.0, position]))
        .doing("writing a number of a mailbox")?;
    Ok(())
}

/// The extension of the mailbox that a number of the plan means.
fn holder_of(
    transaction: &Transaction<'_>,
    dial_plan: &str,
    number: &str,
) -> Result<Option<String>, StoreError> {
    transaction
        .prepare_cached(
            "SELECT extension FROM mailboxes WHERE id =
                 (SELECT mailbox FROM dial_numbers WHERE dial_plan = ?1 AND number = ?2)",
        )
        .and_then(|mut statement| statement.query_row([dial_plan, number], |row| row.get(0)).optional())
        .doing("looking whose number it is")
}

/// The mailbox that a number of the plan means.
pub(crate) fn find(
    snapshot: &Transaction<'_>,
    dial_plan: &str,
    number: &str,
) -> Result<Option<Mailbox>, StoreError> {
    holder_id(snapshot, dial_plan, number)?.map_or(Ok(None), |id| read_mailbox(snapshot, id))
}

/// The row of the mailbox that a number of the plan means.
pub(crate) fn holder_id(
    snapshot: &Transaction<'_>,
    dial_plan: &str,
    number: &str,
) -> Result<Option<MailboxId>, StoreError> {
    snapshot
        .prepare_cached("SELECT mailbox FROM dial_numbers WHERE dial_plan = ?1 AND number = ?2")
        .and_then(|mut statement| {
            statement.query_row([dial_plan, number], |row| Ok(MailboxId(row.get(0)?))).optional()
        })
        .doing("looking for a mailbox by number")
}

/// The mailboxes that fit, by dial plan and extension.
pub(crate) fn read_mailboxes(
    snapshot: &Transaction<'_>,
    filter: &MailboxFilter,
) -> Result<Vec<Mailbox>, StoreError> {
    let mut mailboxes = snapshot
        .prepare_cached(
            "SELECT id, dial_plan, extension, name, email, policy, created,
                 (SELECT length(audio) FROM recorded_names WHERE mailbox = mailboxes.id)
             FROM mailboxes
             WHERE (?1 IS NULL OR dial_plan = ?1) AND (?2 IS NULL OR extension = ?2)
             ORDER BY dial_plan, extension",
        )
        .and_then(|mut statement| {
            statement
                .query_map(
                    params![filter.dial_plan, filter.extension.as_ref().map(Extension::as_str)],
                    mailbox_without_numbers,
                )?
                .collect::<rusqlite::Result<Vec<Mailbox>>>()
        })
        .doing("reading mailboxes")?;
    if let [only] = mailboxes.as_mut_slice() {
        only.numbers = numbers_of(snapshot, only.id)?;
        return Ok(mailboxes);
    }
    let mut numbers = all_numbers(snapshot)?;
    for mailbox in &mut mailboxes {
        mailbox.numbers = numbers.remove(&mailbox.id).unwrap_or_default();
    }
    Ok(mailboxes)
}

pub(crate) fn read_mailbox(snapshot: &Transaction<'_>, id: MailboxId) -> Result<Option<Mailbox>, StoreError> {
    let found = snapshot
        .prepare_cached(
            "SELECT id, dial_plan, extension, name, email, policy, created,
                 (SELECT length(audio) FROM recorded_names WHERE mailbox = mailboxes.id)
             FROM mailboxes WHERE id = ?1",
        )
        .and_then(|mut statement| statement.query_row([id.0], mailbox_without_numbers).optional())
        .doing("reading a mailbox")?;
    found.map(|mailbox| Ok(Mailbox { numbers: numbers_of(snapshot, id)?, ..mailbox })).transpose()
}

fn mailbox_without_numbers(row: &Row<'_>) -> rusqlite::Result<Mailbox> {
    Ok(Mailbox {
        id: MailboxId(row.get(0)?),
        dial_plan: row.get(1)?,
        extension: word(row, 2, Extension::parse)?,
        numbers: Vec::new(),
        name: row.get(3)?,
        email: row.get(4)?,
        policy: row.get(5)?,
        created: timestamp(row, 6)?,
        recorded_name: name_length(row, 7)?,
    })
}

fn numbers_of(snapshot: &Transaction<'_>, mailbox: MailboxId) -> Result<Vec<PhoneNumber>, StoreError> {
    snapshot
        .prepare_cached(
            "SELECT number FROM dial_numbers WHERE mailbox = ?1 AND position > 0 ORDER BY position",
        )
        .and_then(|mut statement| {
            statement.query_map([mailbox.0], |row| word(row, 0, PhoneNumber::parse))?.collect()
        })
        .doing("reading the numbers of a mailbox")
}

fn all_numbers(snapshot: &Transaction<'_>) -> Result<HashMap<MailboxId, Vec<PhoneNumber>>, StoreError> {
    let rows: Vec<(MailboxId, PhoneNumber)> = snapshot
        .prepare_cached(
            "SELECT mailbox, number FROM dial_numbers WHERE position > 0 ORDER BY mailbox, position",
        )
        .and_then(|mut statement| {
            statement
                .query_map([], |row| Ok((MailboxId(row.get(0)?), word(row, 1, PhoneNumber::parse)?)))?
                .collect()
        })
        .doing("reading the numbers of mailboxes")?;
    let mut numbers: HashMap<MailboxId, Vec<PhoneNumber>> = HashMap::new();
    for (mailbox, number) in rows {
        numbers.entry(mailbox).or_default().push(number);
    }
    Ok(numbers)
}
