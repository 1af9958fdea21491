use std::path::{Path, PathBuf};

use admin_api::{AnnouncementRow, Done, PromptQuery, PromptRow, PromptVoice};
use clap::{Args, Subcommand};

use crate::client::{Client, path, query};
use crate::failure::Failure;
use crate::new_file::NewFile;
use crate::report::{self, Format, counted, talk};
use crate::voice_folder::{self, VoiceFolder};

/// `um prompt ..`
#[derive(Debug, Subcommand)]
pub(crate) enum PromptCommand {
    /// List the prompts: key, whose voice, length, and what the built-in voice says.
    List {
        /// Only this language, such as en-US.
        #[arg(conflicts_with = "announcements")]
        language: Option<String>,
        /// List the recordings of your own instead, which dial plans and attendants know by name.
        #[arg(long)]
        announcements: bool,
        #[command(flatten)]
        format: Format,
    },
    /// List the prompts that have no audio. Exit 1 if there are any.
    Check {
        /// Only this language, such as en-US.
        language: Option<String>,
        /// List those too that the built-in voice speaks: what a voice of your own lacks.
        #[arg(long)]
        own_voice: bool,
        #[command(flatten)]
        format: Format,
    },
    /// Replace a prompt or a whole voice, or keep a recording of your own. Heard from the next sentence on.
    Import(Import),
    /// Write a prompt or a whole voice, or a recording of your own, as WAV files.
    Export(Export),
    /// Go back to the built-in voice, or delete a recording of your own.
    Remove(Remove),
}

/// `um prompt import`
#[derive(Args, Debug)]
pub(crate) struct Import {
    /// A WAV file, or a folder of files that are called KEY.wav.
    #[arg(value_name = "FILE.wav|FOLDER")]
    from: PathBuf,
    /// The language whose prompts are replaced.
    #[arg(long, value_name = "LANGUAGE", required_unless_present = "announcement")]
    language: Option<String>,
    /// The prompt that the file replaces. Default: the file's name without .wav.
    #[arg(long, requires = "language")]
    key: Option<String>,
    /// Keep the file as a recording of your own with this name.
    #[arg(long, value_name = "NAME", conflicts_with = "language")]
    announcement: Option<String>,
    /// Only check the files.
    #[arg(long)]
    dry_run: bool,
}

/// `um prompt export`
#[derive(Args, Debug)]
pub(crate) struct Export {
    #[command(flatten)]
    which: Which,
    /// The file to write, or for a whole voice the folder to make; what exists is not touched.
    #[arg(long, value_name = "FILE.wav|FOLDER")]
    to: PathBuf,
}

/// `um prompt remove`
#[derive(Args, Debug)]
pub(crate) struct Remove {
    #[command(flatten)]
    which: Which,
}

/// One prompt, a whole voice, or a recording of the administrator's own.
#[derive(Args, Debug)]
struct Which {
    /// The language; without --key its whole voice.
    #[arg(long, value_name = "LANGUAGE", required_unless_present = "announcement")]
    language: Option<String>,
    /// The prompt.
    #[arg(long, requires = "language")]
    key: Option<String>,
    /// The recording of your own with this name.
    #[arg(long, value_name = "NAME", conflicts_with = "language")]
    announcement: Option<String>,
}

/// Where the audio of something is.
enum Place {
    Voice(String),
    Prompt { language: String, key: String },
    Announcement(String),
}

impl PromptCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::List { announcements: true, format, .. } => {
                let rows: Vec<AnnouncementRow> = client.get(&path(&["announcements"])).await?;
                format.list(&rows, ["NAME", "LENGTH"], |row| [row.name.clone(), length(row.length_seconds)])
            }
            Self::List { language, format, .. } => show(&prompts(client, language).await?, format),
            Self::Check { language, own_voice, format } => check(client, language, own_voice, format).await,
            Self::Import(import) => import.run(client).await,
            Self::Export(export) => export.run(client).await,
            Self::Remove(remove) => remove.run(client).await,
        }
    }
}

impl Import {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        let place = Which { language: self.language, key: self.key, announcement: self.announcement }.place();
        let put = |place: &Place| query(&place.path(), &[("check", self.dry_run.then(|| "true".to_owned()))]);
        match place {
            Place::Voice(language) if self.from.is_dir() => {
                VoiceFolder::read(&self.from)?.send(client, &language, self.dry_run).await
            }
            Place::Voice(language) => {
                let place = Place::Prompt { language, key: voice_folder::stem(&self.from) };
                client.put_bytes::<PromptRow>(&put(&place), voice_folder::wav(&self.from)?).await.map(|_| ())
            }
            Place::Prompt { .. } => {
                client.put_bytes::<PromptRow>(&put(&place), voice_folder::wav(&self.from)?).await.map(|_| ())
            }
            Place::Announcement(_) => {
                let wav = voice_folder::wav(&self.from)?;
                client.put_bytes::<AnnouncementRow>(&put(&place), wav).await.map(|_| ())
            }
        }
    }
}

impl Export {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        match self.which.place() {
            Place::Voice(language) => {
                let rows = prompts(client, Some(language)).await?;
                voice_folder::make(&self.to)?;
                for row in rows.iter().filter(|row| row.voice != PromptVoice::Missing) {
                    let place = Place::Prompt { language: row.language.clone(), key: row.key.clone() };
                    export(client, &place, &self.to.join(format!("{}.wav", row.key))).await?;
                }
                voice_folder::write_texts(&self.to, &rows)
            }
            place => export(client, &place, &self.to).await,
        }
    }
}

impl Remove {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        match self.which.place() {
            Place::Voice(language) => {
                let rows = prompts(client, Some(language)).await?;
                let replaced = rows.iter().filter(|row| row.voice == PromptVoice::Replaced);
                for row in replaced {
                    let place = Place::Prompt { language: row.language.clone(), key: row.key.clone() };
                    client.delete::<PromptRow>(&place.path()).await?;
                }
                Ok(())
            }
            place @ Place::Prompt { .. } => client.delete::<PromptRow>(&place.path()).await.map(|_| ()),
            place @ Place::Announcement(_) => client.delete::<Done>(&place.path()).await.map(|Done {}| ()),
        }
    }
}

impl Which {
    fn place(self) -> Place {
        match (self.announcement, self.language.unwrap_or_default(), self.key) {
            (Some(name), _, _) => Place::Announcement(name),
            (None, language, Some(key)) => Place::Prompt { language, key },
            (None, language, None) => Place::Voice(language),
        }
    }
}

impl Place {
    fn path(&self) -> String {
        match self {
            Self::Voice(language) => path(&["prompts", language]),
            Self::Prompt { language, key } => path(&["prompts", language, key]),
            Self::Announcement(name) => path(&["announcements", name]),
        }
    }
}

async fn prompts(client: &Client, language: Option<String>) -> Result<Vec<PromptRow>, Failure> {
    let PromptQuery { language } = PromptQuery { language };
    client.get(&query(&path(&["prompts"]), &[("language", language)])).await
}

fn show(rows: &[PromptRow], format: Format) -> Result<(), Failure> {
    format.list(rows, ["LANGUAGE", "KEY", "VOICE", "LENGTH", "TEXT"], |row| {
        let voice = match row.voice {
            PromptVoice::BuiltIn => "built-in",
            PromptVoice::Replaced => "replaced",
            PromptVoice::Missing => "missing",
        };
        [
            row.language.clone(),
            row.key.clone(),
            voice.to_owned(),
            length(row.length_seconds),
            row.text.clone(),
        ]
    })
}

async fn check(
    client: &Client,
    language: Option<String>,
    own_voice: bool,
    format: Format,
) -> Result<(), Failure> {
    let rows = prompts(client, language).await?;
    let lacks = |row: &PromptRow| match row.voice {
        PromptVoice::Missing => true,
        PromptVoice::BuiltIn => own_voice,
        PromptVoice::Replaced => false,
    };
    let checked = rows.len();
    let lacking: Vec<PromptRow> = rows.into_iter().filter(lacks).collect();
    if lacking.is_empty() {
        if format.json {
            return report::json(&lacking);
        }
        talk(format!("{}, and each has its audio", counted(checked as u64, "prompt", "prompts")));
        return Ok(());
    }
    show(&lacking, format)?;
    Err(Failure::no(
        format!("{} lacking", counted(lacking.len() as u64, "prompt is", "prompts are")),
        "record what TEXT says as KEY.wav and run `um prompt import KEY.wav --language LANGUAGE`",
    ))
}

async fn export(client: &Client, place: &Place, to: &Path) -> Result<(), Failure> {
    // Before anything is asked of the server.
    let file = NewFile::create(to)?;
    match client.audio(&format!("{}/audio.wav", place.path())).await {
        Ok(audio) => file.fill(&audio.wav),
        Err(failure) => {
            file.give_up();
            Err(failure)
        }
    }
}

fn length(seconds: f64) -> String {
    format!("{seconds:.1} s")
}
