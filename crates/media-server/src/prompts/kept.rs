//! The administrator's audio files in the data folder.
use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use storage::wav_bytes;
use telephony::AudioCodec;

use super::{PromptTrouble, built_in::mu_law};

/// A folder of `NAME.wav` files, each mu-law of 8 kHz as we wrote it.
#[derive(Clone, Debug)]
pub(super) struct KeptFolder {
    path: PathBuf,
}

/// A file that is there, and its octets of mu-law or why there are none.
pub(super) struct KeptFile {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) audio: Result<Vec<u8>, String>,
}

const EXTENSION: &str = "wav";
/// Linux takes 255 octets, and a file in the making has a longer ending.
const LONGEST_NAME: usize = 240;

impl KeptFolder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Every file; none if there is no folder.
    pub(super) fn read(&self) -> Vec<KeptFile> {
        let Ok(entries) = fs::read_dir(&self.path) else { return Vec::new() };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let audio = paths.filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION));
        audio
            .map(|path| KeptFile {
                name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
                audio: read_audio(&path),
                path,
            })
            .collect()
    }

    /// Writes a file, whole or not at all, in place of the one before.
    ///
    /// # Errors
    /// [`PromptTrouble::Name`], [`PromptTrouble::Keep`].
    pub(super) fn write(&self, name: &str, octets: &[u8]) -> Result<(), PromptTrouble> {
        if name.len() > LONGEST_NAME {
            return Err(PromptTrouble::Name { name: name.to_owned() });
        }
        let file = self.file(name);
        self.write_whole(&file, &wav_bytes(AudioCodec::Pcmu, octets)).map_err(trouble(file))
    }

    /// Takes a file away; it is no failure if there is none.
    ///
    /// # Errors
    /// [`PromptTrouble::Keep`].
    pub(super) fn remove(&self, name: &str) -> Result<(), PromptTrouble> {
        let file = self.file(name);
        match fs::remove_file(&file) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(trouble(file)(source)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}.{EXTENSION}"))
    }

    fn write_whole(&self, file: &Path, content: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.path)?;
        let partial = file.with_extension("partial");
        let mut opened = fs::File::create(&partial)?;
        opened.write_all(content)?;
        opened.sync_all()?;
        fs::rename(&partial, file)?;
        fs::File::open(&self.path)?.sync_all()
    }
}

fn trouble(file: PathBuf) -> impl FnOnce(io::Error) -> PromptTrouble {
    move |source| PromptTrouble::Keep { file, source }
}

fn read_audio(path: &Path) -> Result<Vec<u8>, String> {
    let wav = fs::read(path).map_err(|error| error.to_string())?;
    match mu_law(&wav) {
        [] => Err("it is no WAV file of 8 kHz and mu-law".to_owned()),
        octets => Ok(octets.to_vec()),
    }
}
