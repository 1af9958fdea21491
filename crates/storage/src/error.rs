use std::{io, path::PathBuf};

use mailbox::{GreetingId, MailboxId, MailboxRefusal, MessageId};

use crate::audio::AudioFileError;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another server holds the data folder.
    #[error(
        "the data folder {} is in use by process {}: stop that server, or give this one another --data-dir",
        folder.display(),
        pid.map_or_else(|| String::from("(unknown)"), |pid| pid.to_string())
    )]
    Locked {
        /// The data folder.
        folder: PathBuf,
        /// The process that holds it; `None` in the moment between its lock and its writing the number down.
        pid: Option<u32>,
    },
    /// The database was written by a later program.
    #[error(
        "the database has schema {found}, this program knows up to {known}: start the newer program, or put back the \
         copy that it made before it changed the database"
    )]
    DatabaseTooNew {
        /// The schema number in the file.
        found: usize,
        /// The newest schema number of this program.
        known: usize,
    },
    /// The site was changed by somebody else in between.
    #[error(
        "revision {base} is not the newest any more, {newest} is: look at the newest site and change that"
    )]
    SiteStale {
        /// The revision that the change was made from.
        base: u64,
        /// The newest revision in the database.
        newest: u64,
    },
    /// A stored site that this program cannot read.
    #[error("revision {revision} of the site cannot be read: restore the database from a copy")]
    SiteUnreadable {
        /// The revision.
        revision: u64,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The mailbox cannot be as asked.
    #[error(transparent)]
    Mailbox(#[from] MailboxConflict),
    /// No such mailbox.
    #[error("there is no mailbox {mailbox}: look with `um mailbox list`")]
    NoSuchMailbox {
        /// The row asked for.
        mailbox: MailboxId,
    },
    /// No such message.
    #[error("there is no message {message}: look with `um message list`")]
    NoSuchMessage {
        /// The row asked for.
        message: MessageId,
    },
    /// No such greeting: it has been recorded anew or taken away.
    #[error("there is no greeting {greeting}: the owner has recorded another one or removed it")]
    NoSuchGreeting {
        /// The row asked for.
        greeting: GreetingId,
    },
    /// No such recording is under way: it has become a message, or was thrown away, or never began.
    #[error("recording {recording} is not open: look for its message with `um message list`")]
    NoSuchRecording {
        /// Its number in this process.
        recording: u64,
    },
    /// A recording that lost its end on the way to the disk: not what its owner has heard.
    #[error("recording {recording} is not whole, because the disk did not keep up: record it again")]
    RecordingNotWhole {
        /// Its number in this process.
        recording: u64,
    },
    /// A recording that cannot be recovered or discarded, because it is not one that was left behind.
    #[error(
        "{file} is no unfinished recording: it is a message or was discarded, look with `um message list`"
    )]
    NotUnfinished {
        /// The file asked for, relative to the data folder.
        file: String,
    },
    /// A mailbox with messages is not disabled by accident.
    #[error("mailbox {mailbox} still has {count} messages: export or delete them first")]
    MailboxHasMessages {
        /// The mailbox.
        mailbox: MailboxId,
        /// How many messages it has.
        count: u64,
    },
    /// The audio file of a message cannot be read from its head on.
    #[error("the audio file {} cannot be read: restore it from a copy", path.display())]
    Audio {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: AudioFileError,
    },
    /// Our own misuse: Argon2 parameters outside of their range.
    #[error("the PIN hash parameters are out of range ({detail}): use at least 8 KiB and one pass")]
    PinCost {
        /// What Argon2 said.
        detail: String,
    },
    /// The database refused.
    #[error("the database failed while {doing}: look at the disk of the data folder")]
    Database {
        /// What was tried.
        doing: &'static str,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The file system refused.
    #[error("{doing} {} failed: look at the disk and the owner of the data folder", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// [`crate::Store::shutdown`] has been called.
    #[error("the store is closed: the server is stopping")]
    Closed,
}

/// Why a mailbox cannot be enabled or changed as asked.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MailboxConflict {
    /// A fact that cannot stand by itself.
    #[error(transparent)]
    Refused(#[from] MailboxRefusal),
    /// The extension is an extension or a number of another mailbox.
    #[error("extension {extension} of dial plan `{dial_plan}` is taken by mailbox {holder}: choose another")]
    ExtensionTaken {
        /// The dial plan.
        dial_plan: String,
        /// The extension asked for.
        extension: String,
        /// The extension of the mailbox that has it.
        holder: String,
    },
    /// A number alias is an extension or a number of another mailbox.
    #[error("number {number} of dial plan `{dial_plan}` is taken by mailbox {holder}: remove it there first")]
    NumberTaken {
        /// The dial plan.
        dial_plan: String,
        /// The number asked for.
        number: String,
        /// The extension of the mailbox that has it.
        holder: String,
    },
}

/// Why an import stored nothing.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Rows that cannot stand, in order; at most [`ImportError::REFUSALS_TOLD`] are told.
    #[error("{} rows cannot be imported, so none was: mend them and import the file again", refusals.len())]
    Rows {
        /// Each row with its reason.
        refusals: Vec<ImportRefusal>,
    },
    /// The store itself failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ImportError {
    /// After so many refused rows the rest of an import is not looked at.
    pub const REFUSALS_TOLD: usize = 1000;
}

/// One row that cannot be imported.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ImportRefusal {
    /// Place in the rows given, from 0.
    pub row: usize,
    /// Why it cannot stand.
    pub why: MailboxConflict,
}

/// Says what was being tried when SQLite refused.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Database { doing, source })
    }
}
