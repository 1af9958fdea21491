use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use mailbox::RecordingHeader;

use crate::{
    DiskSpace, StoreError,
    disk::file_system::{FileSystem, GrowingFile},
};

/// The folder of audio files inside the data folder.
const AUDIO: &str = "audio";
/// How a name is tried again when it is taken.
const NAME_ATTEMPTS: u32 = 1000;

/// The paths of a data folder, and every operation that makes, syncs or removes a file in it. What happens to audio
/// goes by the [`FileSystem`] seam.
#[derive(Clone)]
pub(crate) struct DataFolder {
    root: PathBuf,
    files: Arc<dyn FileSystem>,
}

impl DataFolder {
    /// Makes the folder and the audio folder in it, readable by their owner alone.
    pub(crate) fn create(root: &Path, files: Arc<dyn FileSystem>) -> Result<Self, StoreError> {
        let folder = Self { root: root.to_owned(), files };
        for path in [root.to_owned(), folder.root.join(AUDIO)] {
            DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(|source| {
                StoreError::File { doing: "making the folder", path: path.clone(), source }
            })?;
        }
        for path in root.parent().into_iter().chain([root]) {
            // A parent that may not be opened (not ours) cannot be synced; the folder stands all the same.
            let _ = File::open(path).and_then(|folder| folder.sync_all());
        }
        Ok(folder)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The database, made empty with narrow permissions if it is not there.
    pub(crate) fn database(&self) -> Result<PathBuf, StoreError> {
        let path = self.root.join("um.db");
        let made = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        made.and_then(|_| File::open(&self.root)?.sync_all()).map_err(|source| StoreError::File {
            doing: "making",
            path: path.clone(),
            source,
        })?;
        Ok(path)
    }

    /// The full path of a file as the index names it.
    pub(crate) fn path_of(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    /// Makes a new audio file under its final name. The name sorts by date and is new by `create_new`.
    pub(crate) fn create_audio(
        &self,
        recording: u64,
        header: &RecordingHeader,
    ) -> io::Result<(Box<dyn GrowingFile>, String)> {
        let started = header.started.strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut taken = io::Error::from(io::ErrorKind::AlreadyExists);
        for attempt in 0..NAME_ATTEMPTS {
            let name = format!("{AUDIO}/{started}-{}-{recording}-{attempt}.umaudio", header.mailbox);
            match self.files.create(&self.path_of(&name)) {
                Ok(file) => return Ok((file, name)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = error,
                Err(error) => return Err(error),
            }
        }
        Err(taken)
    }

    /// Makes what an audio file holds durable.
    pub(crate) fn sync_audio(&self, file: &str) -> io::Result<()> {
        self.files.sync_file(&self.path_of(file))
    }

    /// Makes the folder's list of names durable.
    pub(crate) fn sync_audio_folder(&self) -> io::Result<()> {
        self.files.sync_folder(&self.root.join(AUDIO))
    }

    /// Removes a file; one that is gone already is no error.
    pub(crate) fn remove(&self, file: &str) -> io::Result<()> {
        match self.files.remove(&self.path_of(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// The audio files there are, as the index names them, in order of name.
    pub(crate) fn audio_files(&self) -> Result<Vec<String>, StoreError> {
        let path = self.root.join(AUDIO);
        let names =
            self.files.list(&path).map_err(|source| StoreError::File { doing: "listing", path, source })?;
        // Names of ours are ASCII; what is not even text is nobody's recording.
        let mut files: Vec<String> = names
            .into_iter()
            .filter_map(|name| Some(format!("{AUDIO}/{}", name.into_string().ok()?)))
            .collect();
        files.sort();
        Ok(files)
    }

    /// How full the disk is.
    pub(crate) fn space(&self) -> Result<DiskSpace, StoreError> {
        self.files.space(&self.root).map_err(|source| StoreError::File {
            doing: "asking for the free space of",
            path: self.root.clone(),
            source,
        })
    }
}
