//! One SQLite file and one audio folder: site revisions, mailboxes, messages, events; nothing acknowledged is lost.
//!
//! The one rule: **the index row is the only commit point.** An audio file has its final name from the first byte and
//! grows by whole blocks; it is a message when, and only when, its row is durable. The row is written after the file
//! and its folder entry are, and the caller hears "saved" after the row. A deletion goes the other way round.
//!
//! Threads: the *spool writer* appends blocks and never syncs; *committers* sync files; the *indexer* writes rows in
//! group commits; the *finder* answers whose number was dialled; the *hardener* slows down quick PIN hashes. What a
//! call asks goes by bounded queues ([`Store::submit`], [`Store::append`]); what an administrator asks are plain
//! blocking methods of [`Store`].
//!
//! An audio file without a row is an *unfinished recording*: [`Store::open`] lists those, and its caller decides what is
//! to [become a message](Store::recover) and what to be [thrown away](Store::discard_unfinished).
//!
//! Dates and randomness are arguments here too: see [`StoreOptions`] and the `at` of each change.
//!
//! ```
//! use storage::{MailboxFilter, Store, StoreOptions};
//!
//! let folder = tempfile::tempdir()?;
//! let (store, left_behind) = Store::open(folder.path(), StoreOptions::new([0; 32]))?;
//!
//! assert!(left_behind.unfinished.is_empty());
//! assert!(store.mailboxes(&MailboxFilter::default())?.is_empty());
//! store.shutdown();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod aging;
mod answer;
mod audio;
mod call_records;
mod columns;
mod committer;
mod data_folder;
mod database;
mod disk;
mod disk_marks;
mod drafts;
mod error;
mod event_log;
mod file_system;
mod finder;
mod folder_lock;
mod greetings;
mod log_on_counts;
mod mailbox_import;
mod mailbox_rows;
mod mailboxes;
mod message_states;
mod messages;
mod migration;
mod missed_calls;
mod new_message;
mod notice;
mod options;
mod outbox;
mod phone;
mod phone_options;
mod pin_hardener;
mod pin_hash;
mod pin_rows;
mod pins;
mod purge;
mod queue;
mod quota;
mod recorded_names;
mod recovery;
mod site_revisions;
mod site_rules;
mod spool;
mod store;
mod threads;
mod totals;

pub use audio::{
    AudioBlock, AudioFileError, AudioReader, BLOCK_LONGEST, BlockError, EndOfAudio, FORMAT_VERSION, wav_bytes,
};
pub use call_records::{CALLS_KEPT, CALLS_KEPT_DAYS, CallFilter, CallRow};
pub use disk::DiskSpace;
pub use disk_marks::{DiskMark, DiskMarkError, DiskMarks};
pub use error::{ImportError, ImportRefusal, MailboxConflict, StoreError};
pub use event_log::{EVENTS_KEPT, EventRow};
pub use greetings::{CallersGreeting, StoredGreeting};
pub use log_on_counts::LogOnCounts;
pub use mailbox_import::{ImportMode, ImportRow};
pub use mailboxes::{MailboxFilter, MessagesOfDisabled};
pub use messages::ExportedAudio;
pub use missed_calls::{MISSED_CALLS_KEPT, MissedCallFilter, MissedCallRow};
pub use notice::StoreNotice;
pub use options::{PinCost, StoreOptions};
pub use outbox::{OUTBOX_KEPT, OutboxItem, OutboxRow};
pub use phone::{FailingCaller, ForgivenCallers};
pub use pins::{NewPin, PinOrigin, PinStatus};
pub use purge::Purged;
pub use queue::QueueFull;
pub use recovery::{Recovered, UnfinishedRecording, UnreadableRecording};
pub use site_revisions::SiteRevision;
pub use store::Store;
pub use totals::StoreTotals;

#[cfg(test)]
mod tests;
