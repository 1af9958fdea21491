use std::path::PathBuf;

use admin_api::{Done, MailboxAddress, MessageRow, Warning};
use clap::Subcommand;
use mailbox::MessageState;

use crate::client::{Client, path, query};
use crate::failure::Failure;
use crate::new_file::NewFile;
use crate::report::{Format, clock, date, or_hyphen, warning, yes_no};

/// `um message ..`
#[derive(Debug, Subcommand)]
pub(crate) enum MessageCommand {
    /// List the messages of a mailbox; EXT alone lists over all dial plans.
    List {
        /// The mailbox.
        #[arg(value_name = "EXT")]
        mailbox: MailboxAddress,
        /// Only those that the owner deleted and that can be restored.
        #[arg(long)]
        deleted: bool,
        #[command(flatten)]
        format: Format,
    },
    /// Show one message.
    Show {
        /// The mailbox.
        #[arg(value_name = "EXT")]
        mailbox: MailboxAddress,
        /// The message's number, from the list.
        id: i64,
        #[command(flatten)]
        format: Format,
    },
    /// Write the audio of a message to a WAV file.
    Export {
        /// The mailbox.
        #[arg(value_name = "EXT")]
        mailbox: MailboxAddress,
        /// The message's number, from the list.
        id: i64,
        /// The file to write; one that exists is not touched.
        #[arg(long, value_name = "FILE.wav")]
        to: PathBuf,
    },
    /// Bring a message back that its owner deleted, as a new one.
    Restore {
        /// The mailbox.
        #[arg(value_name = "EXT")]
        mailbox: MailboxAddress,
        /// The message's number, from the list of deleted ones.
        id: i64,
    },
    /// Delete a message for good.
    Delete {
        /// The mailbox.
        #[arg(value_name = "EXT")]
        mailbox: MailboxAddress,
        /// The message's number, from the list.
        id: i64,
    },
}

impl MessageCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::List { mailbox, deleted, format } => {
                let place = path(&["mailboxes", &mailbox.to_string(), "messages"]);
                let asked = query(&place, &[("deleted", deleted.then(|| "true".to_owned()))]);
                let rows: Vec<MessageRow> = client.get(&asked).await?;
                format.list(&rows, ["ID", "MAILBOX", "RECEIVED", "LENGTH", "CALLER", "MARKS"], |row| {
                    [
                        row.id.to_string(),
                        row.mailbox.clone(),
                        date(row.received),
                        clock(row.length_seconds),
                        or_hyphen(row.caller.as_deref()),
                        marks(row),
                    ]
                })
            }
            Self::Show { mailbox, id, format } => {
                let row: MessageRow = client.get(&message(&mailbox, id, None)).await?;
                format.facts(&row, facts)
            }
            Self::Export { mailbox, id, to } => {
                // Before anything is asked of the server.
                let file = NewFile::create(&to)?;
                match client.audio(&message(&mailbox, id, Some("audio.wav"))).await {
                    Ok(audio) => {
                        file.fill(&audio.wav)?;
                        if audio.is_damaged {
                            warning(&damaged(&mailbox, id));
                        }
                        Ok(())
                    }
                    Err(failure) => {
                        file.give_up();
                        Err(failure)
                    }
                }
            }
            Self::Restore { mailbox, id } => {
                let MessageRow { .. } = client.post(&message(&mailbox, id, Some("restore")), &()).await?;
                Ok(())
            }
            Self::Delete { mailbox, id } => {
                client.delete::<Done>(&message(&mailbox, id, None)).await.map(|Done {}| ())
            }
        }
    }
}

fn damaged(mailbox: &MailboxAddress, id: i64) -> Warning {
    Warning {
        code: "audio-damaged".to_owned(),
        message: format!("the stored file of message {id} is damaged: the export ends before its end"),
        remedy: format!(
            "`um message show {mailbox} {id}` tells how long it was; a backup of the data folder may have it whole"
        ),
    }
}

fn message(mailbox: &MailboxAddress, id: i64, part: Option<&str>) -> String {
    let (mailbox, id) = (mailbox.to_string(), id.to_string());
    let mut parts = vec!["mailboxes", mailbox.as_str(), "messages", id.as_str()];
    parts.extend(part);
    path(&parts)
}

fn marks(row: &MessageRow) -> String {
    let marks: Vec<&str> = [
        (row.state == MessageState::New, "new"),
        (row.state == MessageState::Deleted, "deleted"),
        (row.urgent, "urgent"),
        (row.private, "private"),
        (row.interrupted, "interrupted"),
    ]
    .into_iter()
    .filter_map(|(set, word)| set.then_some(word))
    .collect();
    or_hyphen(Some(&marks.join(", ")))
}

fn state_word(state: MessageState) -> &'static str {
    match state {
        MessageState::New => "new",
        MessageState::Saved => "saved",
        MessageState::Deleted => "deleted",
    }
}

fn facts(row: &MessageRow) -> Vec<(&'static str, String)> {
    vec![
        ("id", row.id.to_string()),
        ("mailbox", row.mailbox.clone()),
        ("received", date(row.received)),
        ("length", clock(row.length_seconds)),
        ("codec", row.codec.clone()),
        ("caller", or_hyphen(row.caller.as_deref())),
        ("caller name", or_hyphen(row.caller_name.as_deref())),
        ("call-id", row.call_id.clone()),
        ("state", state_word(row.state).to_owned()),
        ("deleted", or_hyphen(row.deleted_at.map(date).as_deref())),
        ("urgent", yes_no(row.urgent)),
        ("private", yes_no(row.private)),
        ("interrupted", yes_no(row.interrupted)),
    ]
}
