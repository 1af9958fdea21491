//! What callers hear in place of the server's words: a row for each greeting, and a file like that of a message.
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use mailbox::{
    GreetingId, GreetingKind, Greetings, MailboxId, RecordedGreeting, RecordingHeader, RecordingPurpose,
};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use telephony::AudioCodec;

use crate::{
    AudioReader, ExportedAudio, Store, StoreError,
    audio::codec_number,
    database::columns::{codec, duration, milliseconds, timestamp},
    error::Doing,
    mailboxes::rows::read_mailbox,
    messages::drafts::Draft,
    messages::note_removal,
    store::Shared,
};

/// A greeting as lists show it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredGreeting {
    /// Which.
    pub kind: GreetingKind,
    /// The row and the length.
    pub greeting: RecordedGreeting,
    /// When it was recorded or imported.
    pub recorded: Timestamp,
    /// How its octets are coded.
    pub codec: AudioCodec,
}

impl Store {
    /// The greetings of a mailbox, without its recorded name.
    ///
    /// # Errors
    /// The database failed.
    pub fn greetings(&self, mailbox: MailboxId) -> Result<Vec<StoredGreeting>, StoreError> {
        self.shared().database.read(|snapshot| {
            snapshot
                .prepare_cached(
                    "SELECT kind, id, length, recorded, codec FROM greetings WHERE mailbox = ?1 ORDER BY kind",
                )
                .and_then(|mut statement| statement.query_map([mailbox.0], stored_greeting)?.collect())
                .doing("reading greetings")
        })
    }

    /// Opens the audio of a recorded greeting for reading block by block.
    ///
    /// # Errors
    /// [`StoreError::NoSuchGreeting`]; [`StoreError::Audio`] if the file cannot be read from its head on.
    pub fn open_greeting(&self, greeting: GreetingId) -> Result<AudioReader, StoreError> {
        let file: Option<String> = self.shared().database.read(|snapshot| {
            snapshot
                .prepare_cached("SELECT file FROM greetings WHERE id = ?1")
                .and_then(|mut statement| statement.query_row([greeting.0], |row| row.get(0)).optional())
                .doing("looking for a greeting")
        })?;
        let path = self.path_of(&file.ok_or(StoreError::NoSuchGreeting { greeting })?);
        AudioReader::open(&path).map_err(|source| StoreError::Audio { path, source })
    }

    /// The audio of a greeting, up to its first bad block.
    ///
    /// # Errors
    /// As [`Store::open_greeting`].
    pub fn greeting_audio(&self, greeting: RecordedGreeting) -> Result<ExportedAudio, StoreError> {
        let mut reader = self.open_greeting(greeting.id)?;
        let mut octets = Vec::new();
        while let Some(block) = reader.next_block() {
            octets.extend_from_slice(&block);
        }
        let audio =
            ExportedAudio { codec: reader.header().codec, octets: Bytes::from(octets), damaged: false };
        Ok(ExportedAudio { damaged: audio.length() < greeting.length, ..audio })
    }

    /// Gives a mailbox a greeting of these octets, in place of the one of the same kind; durable when this returns.
    ///
    /// [`GreetingKind::Name`] has [`Store::set_recorded_name`].
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`], or the disk refused; the old greeting stays then.
    pub fn set_greeting(
        &self,
        mailbox: MailboxId,
        kind: CallersGreeting,
        (codec, audio): (AudioCodec, &[u8]),
        at: Timestamp,
    ) -> Result<RecordedGreeting, StoreError> {
        let header = RecordingHeader {
            codec,
            mailbox,
            call_id: String::new(),
            started: at,
            caller: None,
            caller_name: None,
            purpose: RecordingPurpose::Draft,
        };
        let mut draft = Draft::begin(self.shared(), header)?;
        draft.append(audio)?;
        self.shared().keep_greeting(mailbox, kind, draft)
    }

    /// Takes a greeting away. `false`: there is none.
    ///
    /// # Errors
    /// The database failed.
    pub fn remove_greeting(&self, mailbox: MailboxId, kind: CallersGreeting) -> Result<bool, StoreError> {
        let file = self.shared().database.write(|transaction| delete_greeting(transaction, mailbox, kind))?;
        let was_there = file.is_some();
        self.shared().finish_removals(file.as_slice())?;
        Ok(was_there)
    }
}

/// The greetings that have files of their own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallersGreeting {
    /// [`GreetingKind::Personal`].
    Personal,
    /// [`GreetingKind::OutOfOffice`].
    OutOfOffice,
}

impl CallersGreeting {
    fn number(self) -> u8 {
        match self {
            Self::Personal => 0,
            Self::OutOfOffice => 1,
        }
    }
}

impl From<CallersGreeting> for GreetingKind {
    fn from(kind: CallersGreeting) -> Self {
        match kind {
            CallersGreeting::Personal => Self::Personal,
            CallersGreeting::OutOfOffice => Self::OutOfOffice,
        }
    }
}

impl Shared {
    /// Makes a draft the greeting of a mailbox: the file durable first, then its row.
    pub(crate) fn keep_greeting(
        &self,
        mailbox: MailboxId,
        kind: CallersGreeting,
        draft: Draft<'_>,
    ) -> Result<RecordedGreeting, StoreError> {
        draft.sync()?;
        let length = draft.length();
        let written = self.database.write(|transaction| {
            read_mailbox(transaction, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox })?;
            let old = delete_greeting(transaction, mailbox, kind)?;
            transaction
                .execute(
                    "INSERT INTO greetings (mailbox, kind, recorded, length, codec, file)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![
                        mailbox.0,
                        kind.number(),
                        draft.header().started.as_microsecond(),
                        milliseconds(length),
                        codec_number(draft.header().codec),
                        draft.name()
                    ],
                )
                .doing("writing a greeting")?;
            Ok::<_, StoreError>((GreetingId(transaction.last_insert_rowid()), old))
        });
        if !matches!(written, Err(StoreError::NoSuchMailbox { .. })) {
            draft.keep();
        }
        let (id, old) = written?;
        self.finish_removals(old.as_slice())?;
        Ok(RecordedGreeting { id, length: Duration::from_millis(milliseconds(length).unsigned_abs()) })
    }
}

/// Which greetings a mailbox has recorded.
pub(crate) fn read_greetings(
    snapshot: &Transaction<'_>,
    mailbox: MailboxId,
) -> Result<Greetings, StoreError> {
    let stored: Vec<StoredGreeting> = snapshot
        .prepare_cached("SELECT kind, id, length, recorded, codec FROM greetings WHERE mailbox = ?1")
        .and_then(|mut statement| statement.query_map([mailbox.0], stored_greeting)?.collect())
        .doing("reading greetings")?;
    let of_kind =
        |kind| stored.iter().find(|greeting| greeting.kind == kind).map(|greeting| greeting.greeting);
    Ok(Greetings {
        personal: of_kind(GreetingKind::Personal),
        out_of_office: of_kind(GreetingKind::OutOfOffice),
    })
}

/// The files of all greetings of a mailbox that is about to go; to be removed after the commit.
pub(crate) fn delete_greetings_of(
    transaction: &Transaction<'_>,
    mailbox: MailboxId,
) -> Result<Vec<String>, StoreError> {
    let files: Vec<Option<String>> = [CallersGreeting::Personal, CallersGreeting::OutOfOffice]
        .into_iter()
        .map(|kind| delete_greeting(transaction, mailbox, kind))
        .collect::<Result<_, _>>()?;
    Ok(files.into_iter().flatten().collect())
}

/// The file that is to be removed after the commit.
fn delete_greeting(
    transaction: &Transaction<'_>,
    mailbox: MailboxId,
    kind: CallersGreeting,
) -> Result<Option<String>, StoreError> {
    let file: Option<String> = transaction
        .prepare_cached("DELETE FROM greetings WHERE mailbox = ?1 AND kind = ?2 RETURNING file")
        .and_then(|mut statement| {
            statement.query_row(params![mailbox.0, kind.number()], |row| row.get(0)).optional()
        })
        .doing("removing a greeting")?;
    if let Some(file) = &file {
        note_removal(transaction, file)?;
    }
    Ok(file)
}

fn stored_greeting(row: &Row<'_>) -> rusqlite::Result<StoredGreeting> {
    let kind = match row.get(0)? {
        0 => GreetingKind::Personal,
        1 => GreetingKind::OutOfOffice,
        other => return Err(rusqlite::Error::IntegralValueOutOfRange(0, other)),
    };
    let greeting = RecordedGreeting { id: GreetingId(row.get(1)?), length: duration(row, 2)? };
    Ok(StoredGreeting { kind, greeting, recorded: timestamp(row, 3)?, codec: codec(row, 4)? })
}
