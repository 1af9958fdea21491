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

mod audio;
mod database;
mod disk;
mod error;
mod mailboxes;
mod messages;
mod notice;
mod options;
mod phone;
mod pins;
mod records;
mod site;
mod store;
mod work;

pub use audio::{
    AudioBlock, AudioFileError, AudioReader, BLOCK_LONGEST, BlockError, EndOfAudio, FORMAT_VERSION, wav_bytes,
};
pub use disk::DiskSpace;
pub use disk::marks::{DiskMark, DiskMarkError, DiskMarks};
pub use error::{ImportError, ImportRefusal, MailboxConflict, StoreError};
pub use mailboxes::greetings::{CallersGreeting, StoredGreeting};
pub use mailboxes::import::{ImportMode, ImportRow};
pub use mailboxes::{MailboxFilter, MessagesOfDisabled};
pub use messages::ExportedAudio;
pub use messages::outbox::{OUTBOX_KEPT, OutboxItem, OutboxRow};
pub use messages::purge::Purged;
pub use messages::recovery::{Recovered, UnfinishedRecording, UnreadableRecording};
pub use messages::totals::StoreTotals;
pub use notice::StoreNotice;
pub use options::{PinCost, StoreOptions};
pub use phone::{FailingCaller, ForgivenCallers};
pub use pins::log_on_counts::LogOnCounts;
pub use pins::{NewPin, PinOrigin, PinStatus};
pub use records::call_records::{CALLS_KEPT, CALLS_KEPT_DAYS, CallFilter, CallRow};
pub use records::event_log::{EVENTS_KEPT, EventRow};
pub use records::missed_calls::{MISSED_CALLS_KEPT, MissedCallFilter, MissedCallRow};
pub use site::revisions::SiteRevision;
pub use store::Store;
pub use work::queue::QueueFull;

#[cfg(test)]
mod tests;
