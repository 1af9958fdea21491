use std::{
    io,
    sync::{MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use mailbox::{MessageDetails, MessageId, RecordingHeader, RecordingPurpose};
use rusqlite::OptionalExtension;

use crate::{
    AudioFileError, AudioReader, EndOfAudio, Store, StoreError, audio::playing_time,
    disk::data_folder::DataFolder, error::Doing, messages::new_message::NewMessage, store::Shared,
};

/// What earlier processes left behind, found when the store was opened: audio files without a row. Drafts among them
/// are thrown away. Each other stays as it is
/// until [`Store::recover`] or [`Store::discard_unfinished`] is called for it, over as many starts as it takes.
#[derive(Debug, Default)]
pub struct Recovered {
    /// Recordings that were cut off, or whose commit failed; in order of their names, which is that of their dates.
    pub unfinished: Vec<UnfinishedRecording>,
    /// Files of which nothing can be recovered by this program.
    pub unreadable: Vec<UnreadableRecording>,
}

/// An audio file without a row: what can be played of it is whole.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnfinishedRecording {
    /// Relative to the data folder.
    pub file: String,
    /// What was known when the recording began, the codec too.
    pub header: RecordingHeader,
    /// Whole blocks; none if it was cut right behind its head.
    pub blocks: u32,
    /// Octets of audio in those blocks.
    pub octets: u64,
    /// How long those blocks play.
    pub length: Duration,
    /// What stands behind the last whole block.
    pub end: EndOfAudio,
}

impl UnfinishedRecording {
    /// The file ends with its last whole block. If not, the rest behind that block is left alone and never played.
    pub fn is_whole(&self) -> bool {
        self.end == EndOfAudio::Whole
    }
}

/// A file in the audio folder, without a row, that cannot be read from its head on.
#[derive(Debug)]
pub struct UnreadableRecording {
    /// Relative to the data folder.
    pub file: String,
    /// Why. Of [`AudioFileError::HeadCut`] nothing is lost: the server was killed before the first block. A file that
    /// is too new or sealed may be whole, and is for the program that wrote it.
    pub reason: AudioFileError,
}

impl Store {
    /// Makes an unfinished recording a message: interrupted, with the whole blocks and their length, whatever `details`
    /// say about those; `received`, `urgent` and `private` are taken from there. The message is durable when this returns; the
    /// file is synced but not written to. Called again for the same recording, it gives the same message.
    ///
    /// Blocks; for the time between [`Store::open`] and the first call. If the process is killed at any point in here
    /// the next start finds either the message or the unfinished recording.
    ///
    /// # Errors
    /// - [`StoreError::NoSuchMailbox`]: the mailbox is gone; the file stays, and is found again by the next start.
    /// - [`StoreError::NotUnfinished`]: the recording was discarded, or is not one that [`Store::open`] found.
    /// - [`StoreError::File`] or [`StoreError::Database`]: the disk refused; it is no message yet, and can be tried again.
    pub fn recover(
        &self,
        recording: &UnfinishedRecording,
        details: MessageDetails,
    ) -> Result<MessageId, StoreError> {
        let shared = self.shared();
        let file = &recording.file;
        let mut left_behind = shared.left_behind();
        if !left_behind.contains(file) {
            let not_unfinished = StoreError::NotUnfinished { file: file.clone() };
            return shared.message_of_file(file)?.ok_or(not_unfinished);
        }
        shared.folder.sync_audio(file).map_err(|source| shared.failed("syncing", file, source))?;
        shared
            .folder
            .sync_audio_folder()
            .map_err(|source| shared.failed("syncing the folder of", file, source))?;
        let message = NewMessage {
            file: file.clone(),
            header: recording.header.clone(),
            details: MessageDetails { length: recording.length, interrupted: true, ..details },
            blocks: recording.blocks,
            octets: recording.octets,
            sender: None,
        };
        let id = shared.database.write(|transaction| message.insert(transaction))?;
        shared.tell_changed([recording.header.mailbox]);
        left_behind.remove(file);
        Ok(id)
    }

    /// The payloads of the whole blocks, in order, octets of `recording.header.codec`; read from the disk as they are
    /// asked for.
    ///
    /// # Errors
    /// [`StoreError::Audio`]: the file cannot be read any more.
    pub fn read_unfinished(
        &self,
        recording: &UnfinishedRecording,
    ) -> Result<impl Iterator<Item = Bytes> + use<>, StoreError> {
        let path = self.path_of(&recording.file);
        let mut reader = AudioReader::open(&path).map_err(|source| StoreError::Audio { path, source })?;
        let mut left = recording.blocks;
        Ok(std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            reader.next_block()
        }))
    }

    /// Removes the file of an unfinished or unreadable recording, durably: it does not come back after a crash.
    ///
    /// # Errors
    /// - [`StoreError::NotUnfinished`]: it is a message, was discarded, or is not one that [`Store::open`] found.
    /// - [`StoreError::File`]: the disk refused; it can be tried again, and the next start finds it if it still stands.
    pub fn discard_unfinished(&self, file: &str) -> Result<(), StoreError> {
        let shared = self.shared();
        let mut left_behind = shared.left_behind();
        if !left_behind.contains(file) {
            return Err(StoreError::NotUnfinished { file: file.to_owned() });
        }
        shared.folder.remove(file).map_err(|source| shared.failed("removing", file, source))?;
        shared
            .folder
            .sync_audio_folder()
            .map_err(|source| shared.failed("syncing the folder of", file, source))?;
        left_behind.remove(file);
        Ok(())
    }
}

impl Shared {
    /// Finds what earlier processes left behind, and remembers the names: nothing else can be recovered or discarded
    /// by name, least of all a recording of this process.
    pub(crate) fn find_left_behind(&self) -> Result<Recovered, StoreError> {
        let mut recovered = Recovered::default();
        let mut drafts = Vec::new();
        for file in self.files_without_row()? {
            match read_recording(&self.folder, &file) {
                Ok(recording) if recording.header.purpose == RecordingPurpose::Draft => drafts.push(file),
                Ok(recording) => recovered.unfinished.push(recording),
                Err(reason) => recovered.unreadable.push(UnreadableRecording { file, reason }),
            }
        }
        self.throw_away(&drafts);
        let unfinished = recovered.unfinished.iter().map(|recording| &recording.file);
        let unreadable = recovered.unreadable.iter().map(|recording| &recording.file);
        self.left_behind().extend(unfinished.chain(unreadable).cloned());
        Ok(recovered)
    }

    /// Drafts whose subscriber is long gone. What the disk does not let go now, the next start tries again.
    fn throw_away(&self, drafts: &[String]) {
        for draft in drafts {
            let _ = self.folder.remove(draft);
        }
        if !drafts.is_empty() {
            let _ = self.folder.sync_audio_folder();
        }
    }

    fn files_without_row(&self) -> Result<Vec<String>, StoreError> {
        let files = self.folder.audio_files()?;
        self.database.read(|snapshot| {
            let mut known = snapshot
                .prepare(
                    "SELECT 1 FROM messages WHERE file = ?1 UNION ALL SELECT 1 FROM greetings WHERE file = ?1
                     UNION ALL SELECT 1 FROM removals WHERE file = ?1",
                )
                .doing("looking for unfinished recordings")?;
            let mut without_row = Vec::new();
            for file in files {
                if !known.exists([&file]).doing("looking for unfinished recordings")? {
                    without_row.push(file);
                }
            }
            Ok(without_row)
        })
    }

    fn message_of_file(&self, file: &str) -> Result<Option<MessageId>, StoreError> {
        self.database.read(|snapshot| {
            snapshot
                .query_row("SELECT id FROM messages WHERE file = ?1", [file], |row| {
                    Ok(MessageId(row.get(0)?))
                })
                .optional()
                .doing("looking for the message of a recording")
        })
    }

    fn left_behind(&self) -> MutexGuard<'_, std::collections::BTreeSet<String>> {
        self.left_behind.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, doing: &'static str, file: &str, source: io::Error) -> StoreError {
        StoreError::File { doing, path: self.folder.path_of(file), source }
    }
}

/// Reads a file once through: what is whole is only known at its end.
fn read_recording(folder: &DataFolder, file: &str) -> Result<UnfinishedRecording, AudioFileError> {
    let mut reader = AudioReader::open(&folder.path_of(file))?;
    let mut octets: u64 = 0;
    while let Some(block) = reader.next_block() {
        octets = octets.saturating_add(u64::try_from(block.len()).unwrap_or(u64::MAX));
    }
    let header = reader.header().clone();
    Ok(UnfinishedRecording {
        file: file.to_owned(),
        blocks: reader.blocks_read(),
        octets,
        length: playing_time(header.codec, octets),
        header,
        end: reader.end().unwrap_or(EndOfAudio::Whole),
    })
}
