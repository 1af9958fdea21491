use std::time::Duration;

use mailbox::{Mailbox, MailboxId, RecordedName};
use rusqlite::{OptionalExtension, Row, Transaction, params, types::Type};

use crate::{
    Store, StoreError,
    audio::codec_number,
    database::columns::{codec, natural},
    error::Doing,
    mailboxes::rows::read_mailbox,
};

impl Store {
    /// Gives a mailbox this recorded name, in place of the one it has; the next call hears it.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`], or the database failed.
    pub fn set_recorded_name(&self, mailbox: MailboxId, name: &RecordedName) -> Result<Mailbox, StoreError> {
        self.shared().database.write(|transaction| write_recorded_name(transaction, mailbox, name))
    }

    /// Takes the recorded name of a mailbox away, if it has one: its extension is spoken again.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`], or the database failed.
    pub fn remove_recorded_name(&self, mailbox: MailboxId) -> Result<Mailbox, StoreError> {
        self.shared().database.write(|transaction| {
            transaction
                .execute("DELETE FROM recorded_names WHERE mailbox = ?1", [mailbox.0])
                .doing("removing a recorded name")?;
            read_mailbox(transaction, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox })
        })
    }

    /// The recorded name of a mailbox.
    ///
    /// # Errors
    /// The database failed.
    pub fn recorded_name(&self, mailbox: MailboxId) -> Result<Option<RecordedName>, StoreError> {
        self.shared().database.read(|snapshot| read_recorded_name(snapshot, mailbox))
    }
}

/// The mailbox with the name that it has now.
pub(crate) fn write_recorded_name(
    transaction: &Transaction<'_>,
    mailbox: MailboxId,
    name: &RecordedName,
) -> Result<Mailbox, StoreError> {
    read_mailbox(transaction, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox })?;
    transaction
        .execute(
            "INSERT INTO recorded_names (mailbox, codec, audio) VALUES (?1, ?2, ?3)
             ON CONFLICT (mailbox) DO UPDATE SET codec = ?2, audio = ?3",
            params![mailbox.0, codec_number(name.codec()), &name.audio()[..]],
        )
        .doing("writing a recorded name")?;
    read_mailbox(transaction, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox })
}

pub(crate) fn read_recorded_name(
    snapshot: &Transaction<'_>,
    mailbox: MailboxId,
) -> Result<Option<RecordedName>, StoreError> {
    snapshot
        .prepare_cached("SELECT codec, audio FROM recorded_names WHERE mailbox = ?1")
        .and_then(|mut statement| statement.query_row([mailbox.0], recorded_name).optional())
        .doing("reading a recorded name")
}

fn recorded_name(row: &Row<'_>) -> rusqlite::Result<RecordedName> {
    let audio: Vec<u8> = row.get(1)?;
    RecordedName::new(codec(row, 0)?, audio)
        .map_err(|refusal| rusqlite::Error::FromSqlConversionFailure(1, Type::Blob, Box::new(refusal)))
}

/// How long the recorded name plays, from a column with the octets of its audio; both codecs have 8 to a millisecond.
pub(crate) fn name_length(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Duration>> {
    let octets: Option<i64> = row.get(column)?;
    octets.map(|_| Ok(Duration::from_micros(natural(row, column)?.saturating_mul(125)))).transpose()
}
