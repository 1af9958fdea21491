use std::path::{Path, PathBuf};

use admin_api::{Done, GreetingName, GreetingRow, MailboxAddress};
use clap::{Subcommand, ValueEnum};

use crate::client::{Client, path};
use crate::failure::Failure;
use crate::new_file::NewFile;
use crate::report::{Format, clock, date};

/// The largest WAV file that is sent: ten minutes of 48 kHz, 16 bits, one channel, and some.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// `um mailbox greeting ..`
#[derive(Debug, Subcommand)]
pub(crate) enum GreetingCommand {
    /// List the greetings of a mailbox.
    List {
        /// The mailbox.
        #[arg(value_name = "EXT")]
        mailbox: MailboxAddress,
        #[command(flatten)]
        format: Format,
    },
    /// Make the audio of a WAV file a greeting: PCM or G.711 of 8 to 48 kHz, as long as the policy allows.
    Import {
        /// The mailbox.
        #[arg(value_name = "EXT")]
        mailbox: MailboxAddress,
        /// Which greeting.
        greeting: GreetingWord,
        /// The file.
        #[arg(value_name = "FILE.wav")]
        file: PathBuf,
        #[command(flatten)]
        format: Format,
    },
    /// Write the audio of a greeting to a WAV file.
    Export {
        /// The mailbox.
        #[arg(value_name = "EXT")]
        mailbox: MailboxAddress,
        /// Which greeting.
        greeting: GreetingWord,
        /// The file to write; one that exists is not touched.
        #[arg(long, value_name = "FILE.wav")]
        to: PathBuf,
    },
    /// Take a greeting away: callers hear the server's own words.
    Remove {
        /// The mailbox.
        #[arg(value_name = "EXT")]
        mailbox: MailboxAddress,
        /// Which greeting.
        greeting: GreetingWord,
    },
}

/// Which greeting.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum GreetingWord {
    /// When nobody answers.
    Personal,
    /// While the owner is away.
    OutOfOffice,
}

impl From<GreetingWord> for GreetingName {
    fn from(word: GreetingWord) -> Self {
        match word {
            GreetingWord::Personal => Self::Personal,
            GreetingWord::OutOfOffice => Self::OutOfOffice,
        }
    }
}

impl GreetingCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::List { mailbox, format } => {
                let rows: Vec<GreetingRow> =
                    client.get(&path(&["mailboxes", &mailbox.to_string(), "greetings"])).await?;
                format.list(&rows, ["MAILBOX", "GREETING", "RECORDED", "LENGTH"], |row| {
                    [
                        row.mailbox.clone(),
                        row.greeting.word().to_owned(),
                        date(row.recorded),
                        clock(row.length_seconds),
                    ]
                })
            }
            Self::Import { mailbox, greeting, file, format } => {
                let wav = read_wav(&file)?;
                let row: GreetingRow = client.put_bytes(&place(&mailbox, greeting, None), wav).await?;
                format.facts(&row, facts)
            }
            Self::Export { mailbox, greeting, to } => {
                // Before anything is asked of the server.
                let file = NewFile::create(&to)?;
                match client.audio(&place(&mailbox, greeting, Some("audio.wav"))).await {
                    Ok(audio) => file.fill(&audio.wav),
                    Err(failure) => {
                        file.give_up();
                        Err(failure)
                    }
                }
            }
            Self::Remove { mailbox, greeting } => {
                client.delete::<Done>(&place(&mailbox, greeting, None)).await.map(|Done {}| ())
            }
        }
    }
}

/// Reads a WAV file that is to be sent to the server, unless it is larger than any that it takes.
pub(crate) fn read_wav(file: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::could_not_run(
            format!("{} cannot be read: {error}", file.display()),
            "give a WAV file of 8 to 48 kHz, PCM or G.711",
        )
    };
    check_size(file, std::fs::metadata(file).map_err(unreadable)?.len())?;
    std::fs::read(file).map_err(unreadable)
}

fn check_size(file: &Path, octets: u64) -> Result<(), Failure> {
    if octets <= LARGEST_FILE {
        return Ok(());
    }
    let megabytes = |octets: u64| octets.div_ceil(1024 * 1024);
    Err(Failure::could_not_run(
        format!(
            "{} has {} MB, {} MB are allowed",
            file.display(),
            megabytes(octets),
            megabytes(LARGEST_FILE)
        ),
        "make it smaller, as with `sox IN.wav -r 8000 -c 1 -b 16 -e signed-integer OUT.wav`",
    ))
}

fn place(mailbox: &MailboxAddress, greeting: GreetingWord, part: Option<&str>) -> String {
    let mailbox = mailbox.to_string();
    let mut parts = vec!["mailboxes", mailbox.as_str(), "greetings", GreetingName::from(greeting).word()];
    parts.extend(part);
    path(&parts)
}

fn facts(row: &GreetingRow) -> Vec<(&'static str, String)> {
    vec![
        ("mailbox", row.mailbox.clone()),
        ("greeting", row.greeting.word().to_owned()),
        ("recorded", date(row.recorded)),
        ("length", clock(row.length_seconds)),
        ("codec", row.codec.clone()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_no_server_takes_is_refused_before_it_is_read() {
        let file = Path::new("long.wav");
        assert!(check_size(file, 67_108_864).is_ok());

        let failure = format!("{:?}", check_size(file, 67_108_865).unwrap_err());

        assert!(failure.contains("long.wav has 65 MB, 64 MB are allowed"), "{failure}");
        assert!(failure.contains("sox IN.wav"), "{failure}");
    }
}
