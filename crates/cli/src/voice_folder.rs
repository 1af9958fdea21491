//! A voice as a folder: `KEY.wav` for each prompt, and the texts.
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use admin_api::{ErrorDetail, PromptRow};

use crate::client::{Client, path, query};
use crate::failure::Failure;
use crate::new_file::NewFile;
use crate::report::{counted, talk};

/// The audio files of a folder.
pub(crate) struct VoiceFolder {
    files: Vec<PathBuf>,
}

impl VoiceFolder {
    /// Finds the files; what is no WAV file is passed over.
    pub(crate) fn read(folder: &Path) -> Result<Self, Failure> {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = entries.map_err(|error| unreadable(folder, &error))?;
        let mut files: Vec<_> = entries
            .into_iter()
            .map(|entry| entry.path())
            .filter(|file| file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wav")))
            .collect();
        files.sort();
        match files.is_empty() {
            true => Err(Failure::no(
                format!("{} has no WAV files", folder.display()),
                "name them KEY.wav; `um prompt list` shows the keys",
            )),
            false => Ok(Self { files }),
        }
    }

    /// Replaces the prompts of these names: all of them, or none if one of the files is refused.
    pub(crate) async fn send(&self, client: &Client, language: &str, dry_run: bool) -> Result<(), Failure> {
        let mut mistakes = Vec::new();
        for file in &self.files {
            let checked = put(client, language, file, Some("true".to_owned())).await;
            if let Err(failure) = checked {
                let message = failure.refusal().ok_or(failure)?;
                mistakes.push(ErrorDetail { place: file.display().to_string(), message });
            }
        }
        if !mistakes.is_empty() {
            let hint = "mend the files or take them out of the folder; `um prompt list` shows the keys";
            return Err(
                Failure::no("the voice cannot be taken, so nothing was changed", hint).with_details(mistakes)
            );
        }
        if !dry_run {
            for file in &self.files {
                put(client, language, file, None).await?;
            }
        }
        talk(counted(self.files.len() as u64, "prompt", "prompts"));
        Ok(())
    }
}

async fn put(client: &Client, language: &str, file: &Path, check: Option<String>) -> Result<(), Failure> {
    let to = query(&path(&["prompts", language, &stem(file)]), &[("check", check)]);
    client.put_bytes::<PromptRow>(&to, wav(file)?).await.map(|_| ())
}

/// The file's name without its ending.
pub(crate) fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// What is in a file.
pub(crate) fn wav(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| unreadable(file, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::could_not_run(
        format!("{} cannot be read: {error}", path.display()),
        "give a file or folder that exists and that this user may read",
    )
}

/// Makes the folder of an export.
pub(crate) fn make(folder: &Path) -> Result<(), Failure> {
    fs::create_dir(folder).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::no(format!("{} exists", folder.display()), "give --to a folder that is not there yet")
        }
        _ => Failure::could_not_run(
            format!("{} cannot be made: {error}", folder.display()),
            "give --to a folder in one that you may write to",
        ),
    })
}

/// Writes `texts.csv` beside the audio: what a speaker has to say for each key.
pub(crate) fn write_texts(folder: &Path, rows: &[PromptRow]) -> Result<(), Failure> {
    let mut texts = String::from("key,text\n");
    for row in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(texts, "{},\"{}\"", row.key, row.text.replace('"', "\"\""));
    }
    NewFile::create(&folder.join("texts.csv"))?.fill(texts.as_bytes())
}
