use std::collections::HashMap;

use jiff::Timestamp;
use mailbox::{Mailbox, MailboxChange, MailboxId, NewMailbox};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use telephony::{Extension, PhoneNumber};

use crate::{
    ImportError, ImportRefusal, MailboxConflict, NewPin, Store, StoreError,
    columns::{timestamp, word},
    error::Doing,
    messages::delete_rows_of,
    pin_hash::PinHash,
    pins::write_pin,
    recorded_names::name_length,
};

/// Which mailboxes are listed; `None` means all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MailboxFilter {
    /// Those of one dial plan.
    pub dial_plan: Option<String>,
    /// Those with this extension, in whatever plan.
    pub extension: Option<Extension>,
}

/// One row of an import; its policy and plan are checked by the caller.
#[derive(Clone, Debug)]
pub struct ImportRow {
    /// The mailbox.
    pub mailbox: NewMailbox,
    /// Its PIN; without one nobody can log on until a PIN is set.
    pub pin: Option<NewPin>,
}

/// Whether an import stores its rows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ImportMode {
    /// All rows or none.
    Store,
    /// None; only the refusals are of interest.
    DryRun,
}

/// What becomes of the messages of a mailbox that is disabled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MessagesOfDisabled {
    /// A mailbox that has any is not disabled.
    Keep,
    /// They are deleted with it.
    Delete,
}

impl Store {
    /// The mailboxes that fit, by dial plan and extension.
    ///
    /// # Errors
    /// The database failed.
    pub fn mailboxes(&self, filter: &MailboxFilter) -> Result<Vec<Mailbox>, StoreError> {
        self.shared().database.read(|snapshot| {
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
        })
    }

    /// One mailbox.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`], or the database failed.
    pub fn mailbox(&self, mailbox: MailboxId) -> Result<Mailbox, StoreError> {
        self.shared()
            .database
            .read(|snapshot| read_mailbox(snapshot, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox }))
    }

    /// How many mailboxes a dial plan has; a plan with any should not be deleted.
    ///
    /// # Errors
    /// The database failed.
    pub fn count_mailboxes(&self, dial_plan: &str) -> Result<u64, StoreError> {
        self.shared().database.read(|snapshot| {
            snapshot
                .query_row("SELECT count(*) FROM mailboxes WHERE dial_plan = ?1", [dial_plan], |row| {
                    crate::columns::natural(row, 0)
                })
                .doing("counting mailboxes")
        })
    }

    /// Enables a mailbox; the PIN is hardened at once (about 25 ms).
    ///
    /// # Errors
    /// [`StoreError::Mailbox`] if a fact cannot stand or a number is taken; nothing is stored then.
    pub fn enable_mailbox(
        &self,
        new: &NewMailbox,
        pin: Option<&NewPin>,
        at: Timestamp,
    ) -> Result<Mailbox, StoreError> {
        let hash =
            pin.map(|pin| Ok::<_, StoreError>((self.shared().hash_hard(pin)?, pin.origin))).transpose()?;
        self.shared().database.write(|transaction| {
            let id = insert(transaction, new, at)??;
            if let Some((hash, origin)) = &hash {
                write_pin(transaction, id, hash, *origin, at)?;
            }
            read_mailbox(transaction, id)?.ok_or(StoreError::NoSuchMailbox { mailbox: id })
        })
    }

    /// Enables many mailboxes in one transaction. PINs are stored with a quick hash first and hardened in the
    /// background, so that 10,000 rows take about a second.
    ///
    /// # Errors
    /// [`ImportError::Rows`] with every row that cannot stand; nothing is stored then.
    pub fn import_mailboxes(
        &self,
        rows: &[ImportRow],
        mode: ImportMode,
        at: Timestamp,
    ) -> Result<Vec<MailboxId>, ImportError> {
        let hashes = match mode {
            ImportMode::Store => self.quick_hashes(rows)?,
            ImportMode::DryRun => Vec::new(),
        };
        let outcome = self.shared().database.write(|transaction| {
            let mut ids = Vec::with_capacity(rows.len());
            let mut refusals = Vec::new();
            for (row, new) in rows.iter().enumerate() {
                match insert(transaction, &new.mailbox, at)? {
                    Ok(id) => {
                        if let (Some(pin), Some(Some(hash))) = (&new.pin, hashes.get(row)) {
                            write_pin(transaction, id, hash, pin.origin, at)?;
                        }
                        ids.push(id);
                    }
                    Err(why) => refusals.push(ImportRefusal { row, why }),
                }
                if refusals.len() == ImportError::REFUSALS_TOLD {
                    break;
                }
            }
            match (refusals.is_empty(), mode) {
                (true, ImportMode::Store) => Ok(ids),
                (true, ImportMode::DryRun) => Err(Unstored::DryRun),
                (false, ImportMode::Store | ImportMode::DryRun) => Err(Unstored::Refused(refusals)),
            }
        });
        match outcome {
            Ok(ids) => {
                self.shared().hardener.wake();
                Ok(ids)
            }
            Err(Unstored::DryRun) => Ok(Vec::new()),
            Err(Unstored::Refused(refusals)) => Err(ImportError::Rows { refusals }),
            Err(Unstored::Store(error)) => Err(ImportError::Store(error)),
        }
    }

    /// Changes facts of a mailbox.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`], or [`StoreError::Mailbox`] if a fact cannot stand or a number is taken.
    pub fn change_mailbox(&self, mailbox: MailboxId, change: &MailboxChange) -> Result<Mailbox, StoreError> {
        self.shared().database.write(|transaction| {
            let old = read_mailbox(transaction, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox })?;
            change.check(&old.extension).map_err(MailboxConflict::Refused)?;
            let name = change.name.as_ref().unwrap_or(&old.name);
            let email = change.email.as_ref().unwrap_or(&old.email);
            let policy = change.policy.as_ref().unwrap_or(&old.policy);
            transaction
                .execute(
                    "UPDATE mailboxes SET name = ?1, email = ?2, policy = ?3 WHERE id = ?4",
                    params![name, email, policy, mailbox.0],
                )
                .doing("changing a mailbox")?;
            if let Some(numbers) = &change.numbers {
                transaction
                    .execute("DELETE FROM dial_numbers WHERE mailbox = ?1 AND position > 0", [mailbox.0])
                    .doing("changing the numbers of a mailbox")?;
                insert_numbers(transaction, &old.dial_plan, mailbox, numbers)??;
            }
            read_mailbox(transaction, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox })
        })
    }

    /// Disables a mailbox: it and its PIN are gone, its numbers are free again.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`]; [`StoreError::MailboxHasMessages`] if they are to be kept and there are any.
    pub fn disable_mailbox(
        &self,
        mailbox: MailboxId,
        messages: MessagesOfDisabled,
    ) -> Result<Mailbox, StoreError> {
        let (old, files) = self.shared().database.write(|transaction| {
            let old = read_mailbox(transaction, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox })?;
            let files = delete_rows_of(transaction, mailbox)?;
            if messages == MessagesOfDisabled::Keep && !files.is_empty() {
                let count = u64::try_from(files.len()).unwrap_or(u64::MAX);
                return Err(StoreError::MailboxHasMessages { mailbox, count });
            }
            transaction
                .execute("DELETE FROM mailboxes WHERE id = ?1", [mailbox.0])
                .doing("disabling a mailbox")?;
            Ok((old, files))
        })?;
        self.shared().finish_removals(&files)?;
        Ok(old)
    }

    fn quick_hashes(&self, rows: &[ImportRow]) -> Result<Vec<Option<PinHash>>, StoreError> {
        rows.iter().map(|row| row.pin.as_ref().map(|pin| self.shared().hash_quick(pin)).transpose()).collect()
    }
}

/// Why an import's transaction was rolled back.
enum Unstored {
    DryRun,
    Refused(Vec<ImportRefusal>),
    Store(StoreError),
}

impl From<StoreError> for Unstored {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

type Judged<T> = Result<Result<T, MailboxConflict>, StoreError>;

/// Inserts a mailbox with its numbers. After an inner `Err` nothing of it is in the transaction but what a refused
/// import throws away with the rest.
fn insert(transaction: &Transaction<'_>, new: &NewMailbox, at: Timestamp) -> Judged<MailboxId> {
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

fn insert_numbers(
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
    let id = snapshot
        .prepare_cached("SELECT mailbox FROM dial_numbers WHERE dial_plan = ?1 AND number = ?2")
        .and_then(|mut statement| {
            statement.query_row([dial_plan, number], |row| Ok(MailboxId(row.get(0)?))).optional()
        })
        .doing("looking for a mailbox by number")?;
    id.map_or(Ok(None), |id| read_mailbox(snapshot, id))
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
