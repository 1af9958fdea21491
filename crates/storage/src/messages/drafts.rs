//! Recordings that become something else than a caller's message: greetings, names, what a subscriber sends.
use std::{io, path::PathBuf, sync::mpsc, time::Duration};

use mailbox::{OutgoingRecording, RecordingHeader};

use crate::{
    AudioReader, BLOCK_LONGEST, StoreError,
    audio::{block_bytes, header_bytes, playing_time},
    disk::file_system::GrowingFile,
    disk::spool::{SpoolWork, TakenRecording},
    store::Shared,
};

/// An audio file that has no row yet. Dropped, it is removed, unless it was kept; a crash before that leaves it to the
/// next start, which knows it for a [draft](mailbox::RecordingPurpose::Draft).
pub(crate) struct Draft<'a> {
    shared: &'a Shared,
    file: Box<dyn GrowingFile>,
    name: String,
    header: RecordingHeader,
    blocks: u32,
    octets: u64,
    is_kept: bool,
}

impl<'a> Draft<'a> {
    /// The recording that a conversation has just ended. Waits for the spool writer, and not for the disk.
    ///
    /// # Errors
    /// [`StoreError::NoSuchRecording`]; [`StoreError::RecordingNotWhole`], its file is removed then.
    pub(crate) fn of_recording(shared: &'a Shared, outgoing: OutgoingRecording) -> Result<Self, StoreError> {
        let recording = outgoing.recording;
        let (taker, taken) = mpsc::sync_channel(1);
        shared
            .spool
            .push(SpoolWork::Take { recording, taker }, usize::MAX)
            .map_err(|_| StoreError::Closed)?;
        let taken = taken.recv().map_err(|_| StoreError::Closed)?;
        let TakenRecording { file, name, header, octets, is_complete } =
            taken.ok_or(StoreError::NoSuchRecording { recording })?;
        let draft = Self { shared, file, name, header, blocks: 0, octets, is_kept: false };
        if is_complete { Ok(draft) } else { Err(StoreError::RecordingNotWhole { recording }) }
    }

    /// A new file with nothing in it yet.
    ///
    /// # Errors
    /// The disk refused.
    pub(crate) fn begin(shared: &'a Shared, header: RecordingHeader) -> Result<Self, StoreError> {
        let made = shared.folder.create_audio(0, &header);
        let (file, name) =
            made.map_err(|source| file_error("making", shared.folder.path_of("audio"), source))?;
        let mut draft = Self { shared, file, name, header, blocks: 0, octets: 0, is_kept: false };
        let head = header_bytes(&draft.header);
        draft.file.append(&head).map_err(|source| draft.failed("writing", source))?;
        Ok(draft)
    }

    /// Appends octets of the header's codec; only to a draft that [`Draft::begin`] made.
    ///
    /// # Errors
    /// The disk refused.
    pub(crate) fn append(&mut self, audio: &[u8]) -> Result<(), StoreError> {
        for payload in audio.chunks(BLOCK_LONGEST) {
            let block = block_bytes(self.blocks, payload);
            self.file.append(&block).map_err(|source| self.failed("writing", source))?;
            self.blocks = self.blocks.saturating_add(1);
            self.octets = self.octets.saturating_add(u64::try_from(payload.len()).unwrap_or(u64::MAX));
        }
        Ok(())
    }

    /// Makes the file and its name durable: what has to be before its row.
    ///
    /// # Errors
    /// The disk refused.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        self.file.sync().map_err(|source| self.failed("syncing", source))?;
        self.shared.folder.sync_audio_folder().map_err(|source| self.failed("syncing the folder of", source))
    }

    /// From its first block on.
    ///
    /// # Errors
    /// [`StoreError::Audio`].
    pub(crate) fn read(&self) -> Result<AudioReader, StoreError> {
        let path = self.path();
        AudioReader::open(&path).map_err(|source| StoreError::Audio { path, source })
    }

    /// It has a row now; or it may have one, because the database failed while it was written: then the next start
    /// throws it away or finds its row.
    pub(crate) fn keep(mut self) {
        self.is_kept = true;
    }

    /// Relative to the data folder.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn header(&self) -> &RecordingHeader {
        &self.header
    }

    /// Blocks that were appended by [`Draft::append`].
    pub(crate) fn blocks(&self) -> u32 {
        self.blocks
    }

    pub(crate) fn octets(&self) -> u64 {
        self.octets
    }

    pub(crate) fn length(&self) -> Duration {
        playing_time(self.header.codec, self.octets)
    }

    fn path(&self) -> PathBuf {
        self.shared.folder.path_of(&self.name)
    }

    fn failed(&self, doing: &'static str, source: io::Error) -> StoreError {
        file_error(doing, self.path(), source)
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.is_kept {
            // What stays, the next start throws away.
            let _ = self.shared.folder.remove(&self.name);
        }
    }
}

fn file_error(doing: &'static str, path: PathBuf, source: io::Error) -> StoreError {
    StoreError::File { doing, path, source }
}
