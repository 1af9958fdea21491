//! Messages: from the finished recording to the row, their states, what limits them and when they go.
pub(crate) mod aging;
pub(crate) mod drafts;
pub(crate) mod new_message;
pub(crate) mod outbox;
pub(crate) mod purge;
pub(crate) mod quota;
pub(crate) mod recovery;
pub(crate) mod states;
pub(crate) mod totals;

use std::{io::Write, os::unix::fs::OpenOptionsExt, path::Path, sync::PoisonError, time::Duration};

use bytes::Bytes;
use mailbox::{MailboxId, Message, MessageId};
use rusqlite::{OptionalExtension, Row, Transaction};
use telephony::AudioCodec;

use crate::{
    AudioReader, Store, StoreError,
    audio::{playing_time, wav_bytes},
    database::columns::{codec, duration, natural, timestamp},
    error::Doing,
    messages::states::message_state,
    store::Shared,
};

/// The audio of a message, whole in memory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExportedAudio {
    /// How the octets are coded.
    pub codec: AudioCodec,
    /// The octets of all good blocks.
    pub octets: Bytes,
    /// Fewer blocks than the index knows could be read.
    pub damaged: bool,
}

impl ExportedAudio {
    /// How long it plays.
    pub fn length(&self) -> Duration {
        playing_time(self.codec, u64::try_from(self.octets.len()).unwrap_or(u64::MAX))
    }
}

const COLUMNS: &str = "id, mailbox, received, length, codec, caller, caller_name, call_id, urgent, interrupted, \
                       private, state, sender, deleted_at, file, blocks, octets";

impl Store {
    /// The messages of a mailbox, oldest first; those that its owner deleted are left out.
    ///
    /// # Errors
    /// The database failed. A mailbox that does not exist has no messages.
    pub fn messages(&self, mailbox: MailboxId) -> Result<Vec<Message>, StoreError> {
        self.read_messages(mailbox, "state < 2 ORDER BY received, id")
    }

    /// The messages that the owner of a mailbox deleted and that can still be restored, the last one deleted first.
    ///
    /// # Errors
    /// The database failed.
    pub fn deleted_messages(&self, mailbox: MailboxId) -> Result<Vec<Message>, StoreError> {
        self.read_messages(mailbox, "state = 2 ORDER BY deleted_at DESC, id")
    }

    fn read_messages(&self, mailbox: MailboxId, which: &'static str) -> Result<Vec<Message>, StoreError> {
        self.shared().database.read(|snapshot| {
            snapshot
                .prepare_cached(&format!("SELECT {COLUMNS} FROM messages WHERE mailbox = ?1 AND {which}"))
                .and_then(|mut statement| statement.query_map([mailbox.0], message_of)?.collect())
                .doing("reading messages")
        })
    }

    /// One message.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMessage`], or the database failed.
    pub fn message(&self, message: MessageId) -> Result<Message, StoreError> {
        self.shared()
            .database
            .read(|snapshot| read_message(snapshot, message)?.ok_or(StoreError::NoSuchMessage { message }))
    }

    /// Deletes a message for good: its row first, durably, then its file. A crash between the two leaves a file that the next
    /// start removes.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMessage`], or the database failed; the message is still there then.
    pub fn delete_message(&self, message: MessageId) -> Result<(), StoreError> {
        let (mailbox, file) = self.shared().database.write(|transaction| {
            let deleted = transaction
                .query_row("DELETE FROM messages WHERE id = ?1 RETURNING mailbox, file", [message.0], |row| {
                    Ok((MailboxId(row.get(0)?), row.get::<_, String>(1)?))
                })
                .optional()
                .doing("deleting a message")?;
            let (mailbox, file) = deleted.ok_or(StoreError::NoSuchMessage { message })?;
            note_removal(transaction, &file)?;
            Ok::<_, StoreError>((mailbox, file))
        })?;
        self.shared().tell_changed([mailbox]);
        self.shared().finish_removals(&[file])
    }

    /// Opens the audio of a message for reading block by block.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMessage`]; [`StoreError::Audio`] if the file cannot be read from its head on.
    pub fn open_audio(&self, message: MessageId) -> Result<AudioReader, StoreError> {
        self.open_audio_of(&self.message(message)?)
    }

    /// Opens the audio of a recording that is neither committed nor discarded yet, as far as it has been written.
    ///
    /// # Errors
    /// [`StoreError::NoSuchRecording`]; [`StoreError::Audio`] if the file cannot be read from its head on.
    pub fn open_recording(&self, recording: u64) -> Result<AudioReader, StoreError> {
        let open = self.shared().open_recordings.lock().unwrap_or_else(PoisonError::into_inner);
        let file = open.get(&recording).ok_or(StoreError::NoSuchRecording { recording })?;
        let path = self.shared().folder.path_of(file);
        drop(open);
        AudioReader::open(&path).map_err(|source| StoreError::Audio { path, source })
    }

    /// The audio of a message, up to its first bad block.
    ///
    /// # Errors
    /// As [`Store::open_audio`].
    pub fn audio(&self, message: MessageId) -> Result<ExportedAudio, StoreError> {
        let message = self.message(message)?;
        let mut reader = self.open_audio_of(&message)?;
        let mut octets = Vec::with_capacity(usize::try_from(message.octets).unwrap_or(0).min(AUDIO_AT_ONCE));
        while let Some(block) = reader.next_block() {
            octets.extend_from_slice(&block);
        }
        // Half a block behind the last counted one is what a full disk leaves; the message never had more.
        let damaged = reader.blocks_read() < message.blocks;
        Ok(ExportedAudio { codec: reader.header().codec, octets: Bytes::from(octets), damaged })
    }

    /// Writes the audio of a message as a new WAV file (G.711, tag 7 or 6), durable when this returns.
    ///
    /// # Errors
    /// As [`Store::open_audio`]; [`StoreError::File`] if `to` exists already or cannot be written.
    pub fn export_wav(&self, message: MessageId, to: &Path) -> Result<ExportedAudio, StoreError> {
        let audio = self.audio(message)?;
        let failed = |source| StoreError::File { doing: "writing the WAV file", path: to.to_owned(), source };
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(failed)?;
        file.write_all(&wav_bytes(audio.codec, &audio.octets)).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        Ok(audio)
    }

    fn open_audio_of(&self, message: &Message) -> Result<AudioReader, StoreError> {
        let path = self.shared().folder.path_of(&message.file);
        AudioReader::open(&path).map_err(|source| StoreError::Audio { path, source })
    }
}

/// Octets reserved for a message on the word of the index: the longest recording of 100 minutes.
const AUDIO_AT_ONCE: usize = 48_000_000;

impl Shared {
    /// Removes files whose rows are gone, and then the notes about them.
    pub(crate) fn finish_removals(&self, files: &[String]) -> Result<(), StoreError> {
        if files.is_empty() {
            return Ok(());
        }
        let gone: Vec<&String> = files.iter().filter(|file| self.folder.remove(file).is_ok()).collect();
        // What could not be removed or synced is tried again at the next start; the message is gone either way.
        if self.folder.sync_audio_folder().is_err() {
            return Ok(());
        }
        self.database.write(|transaction| {
            for file in gone {
                transaction
                    .execute("DELETE FROM removals WHERE file = ?1", [file])
                    .doing("noting that a file is gone")?;
            }
            Ok(())
        })
    }

    /// Removes what an earlier process could not.
    pub(crate) fn finish_all_removals(&self) -> Result<(), StoreError> {
        let files: Vec<String> = self.database.read(|snapshot| {
            snapshot
                .prepare("SELECT file FROM removals")
                .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
                .doing("reading the files to be removed")
        })?;
        self.finish_removals(&files)
    }
}

/// Deletes the rows of all messages of a mailbox; the files are to be removed after the commit.
pub(crate) fn delete_rows_of(
    transaction: &Transaction<'_>,
    mailbox: MailboxId,
) -> Result<Vec<String>, StoreError> {
    let files: Vec<String> = transaction
        .prepare("DELETE FROM messages WHERE mailbox = ?1 RETURNING file")
        .and_then(|mut statement| statement.query_map([mailbox.0], |row| row.get(0))?.collect())
        .doing("deleting the messages of a mailbox")?;
    for file in &files {
        note_removal(transaction, file)?;
    }
    Ok(files)
}

pub(crate) fn note_removal(transaction: &Transaction<'_>, file: &str) -> Result<(), StoreError> {
    transaction
        .execute("INSERT OR IGNORE INTO removals (file) VALUES (?1)", [file])
        .doing("noting a file to be removed")?;
    Ok(())
}

pub(crate) fn read_message(
    snapshot: &Transaction<'_>,
    message: MessageId,
) -> Result<Option<Message>, StoreError> {
    snapshot
        .prepare_cached(&format!("SELECT {COLUMNS} FROM messages WHERE id = ?1"))
        .and_then(|mut statement| statement.query_row([message.0], message_of).optional())
        .doing("reading a message")
}

fn message_of(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        id: MessageId(row.get(0)?),
        mailbox: MailboxId(row.get(1)?),
        received: timestamp(row, 2)?,
        length: duration(row, 3)?,
        codec: codec(row, 4)?,
        caller: row.get(5)?,
        caller_name: row.get(6)?,
        call_id: row.get(7)?,
        urgent: row.get(8)?,
        interrupted: row.get(9)?,
        private: row.get(10)?,
        state: message_state(row, 11)?,
        sender: row.get::<_, Option<i64>>(12)?.map(MailboxId),
        deleted_at: row.get::<_, Option<i64>>(13)?.map(|_| timestamp(row, 13)).transpose()?,
        file: row.get(14)?,
        blocks: row.get(15)?,
        octets: natural(row, 16)?,
    })
}
