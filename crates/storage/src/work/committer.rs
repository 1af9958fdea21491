use std::{collections::BTreeSet, sync::mpsc::SyncSender};

use mailbox::{CallRecord, MailboxId, MessageId, MissedCall, StoreFailure, StoreReplyKind};
use telephony::{Event, kind};

use crate::{
    StoreError, disk::spool::FinishedRecording, mailboxes::finder::broken, messages::new_message::NewMessage,
    records::call_records::insert_call, records::missed_calls::insert_missed, store::Shared,
    work::answer::Answer,
};

/// Rows that one group commit takes.
const GROUP: usize = 256;

/// What the committers do.
pub(crate) enum CommitWork {
    /// Sync the file, then have its row written.
    Store { finished: Box<FinishedRecording>, answer: Answer },
    /// Remove the file of a recording that was discarded.
    Remove { name: String, answer: Answer },
}

/// What the indexer writes.
pub(crate) enum IndexWork {
    /// A message whose file is synced.
    Message { message: Box<NewMessage>, answer: Answer },
    /// A caller who left nothing.
    Missed { missed: Box<MissedCall>, answer: Answer },
    /// A call that is over.
    Call(Box<CallRecord>),
    /// Say when all before it is written.
    Answer(SyncSender<()>),
}

/// A committer thread: syncs files, so that a slow disk holds up nobody but those who wait for it.
pub(crate) fn run_committer(shared: &Shared) {
    while let Some(work) = shared.commits.pop() {
        match work {
            CommitWork::Store { finished, answer } => match finished.file.sync() {
                Ok(()) => {
                    let message = Box::new(finished.message);
                    shared.hand_to_indexer(IndexWork::Message { message, answer });
                }
                Err(error) => answer.give(Err(broken("syncing an audio file", &error))),
            },
            CommitWork::Remove { name, answer } => {
                // Synced too: after a crash a discarded recording must not come back as an interrupted one.
                let removed = shared.folder.remove(&name).and_then(|()| shared.folder.sync_audio_folder());
                answer.give(
                    removed
                        .map(|()| StoreReplyKind::Discarded)
                        .map_err(|error| broken("removing an audio file", &error)),
                );
            }
        }
    }
}

/// The indexer thread: one folder sync and one transaction for all that waits.
pub(crate) fn run_indexer(shared: &Shared) {
    loop {
        let group = shared.index.pop_many(GROUP);
        if group.is_empty() {
            return;
        }
        let (messages, rest): (Vec<_>, Vec<_>) =
            group.into_iter().partition(|work| matches!(work, IndexWork::Message { .. }));
        let (rows, folder_failure) = match messages.is_empty() {
            true => (rest, None),
            false => match shared.folder.sync_audio_folder() {
                Ok(()) => (messages.into_iter().chain(rest).collect(), None),
                Err(error) => (rest, Some((messages, broken("syncing the audio folder", &error)))),
            },
        };
        if let Some((messages, failure)) = folder_failure {
            fail(messages, &failure);
        }
        write_group(shared, rows);
    }
}

/// Writes all rows in one transaction, and answers after its commit.
fn write_group(shared: &Shared, group: Vec<IndexWork>) {
    if group.is_empty() {
        return;
    }
    let written: Result<Vec<Result<StoreReplyKind, StoreFailure>>, StoreError> =
        shared.database.write(|transaction| {
            let mut replies = Vec::new();
            for work in &group {
                match work {
                    IndexWork::Message { message, .. } => replies.push(reply(message.insert(transaction))?),
                    IndexWork::Missed { missed, .. } => {
                        replies
                            .push(insert_missed(transaction, missed).map(StoreReplyKind::Changed).map(Ok)?);
                    }
                    IndexWork::Call(call) => insert_call(transaction, call, shared.options.calls_kept)?,
                    IndexWork::Answer(_) => {}
                }
            }
            Ok(replies)
        });
    match written {
        Ok(replies) => {
            let kept = mailboxes(&group).zip(&replies).filter(|(_, reply)| reply.is_ok());
            let kept: BTreeSet<MailboxId> = kept.filter_map(|(mailbox, _)| mailbox).collect();
            shared.tell_changed(kept.iter().copied());
            for (answer, reply) in answers(group).zip(replies) {
                answer.give(reply);
            }
            kept.into_iter().for_each(|mailbox| shared.tell_room(mailbox));
        }
        Err(error) => {
            if let Some(event) = lost(&group, &error) {
                (shared.options.on_event)(event);
            }
            fail(group, &broken("writing the index", &error));
        }
    }
}

/// What a group that was not written has cost, besides the messages, whose callers are answered; nothing if nothing.
fn lost(group: &[IndexWork], error: &StoreError) -> Option<Event> {
    let calls = group.iter().filter(|work| matches!(work, IndexWork::Call(_))).count();
    let missed = group.iter().filter(|work| matches!(work, IndexWork::Missed { .. })).count();
    let messages = group.iter().filter(|work| matches!(work, IndexWork::Message { .. })).count();
    (calls > 0 || missed > 0).then(|| {
        Event::new(&kind::RECORDS_LOST)
            .with("call_records", calls)
            .with("messages", messages)
            .with("missed_calls", missed)
            .with("reason", error)
    })
}

/// A mailbox that is gone fails its message alone, everything else the whole group.
fn reply(
    inserted: Result<MessageId, StoreError>,
) -> Result<Result<StoreReplyKind, StoreFailure>, StoreError> {
    match inserted {
        Ok(message) => Ok(Ok(StoreReplyKind::Committed { message })),
        Err(StoreError::NoSuchMailbox { mailbox }) => Ok(Err(StoreFailure::NoSuchMailbox { mailbox })),
        Err(error) => Err(error),
    }
}

fn fail(group: Vec<IndexWork>, failure: &StoreFailure) {
    for answer in answers(group) {
        answer.give(Err(failure.clone()));
    }
}

/// Whose counts each work changes that is answered, in their order.
fn mailboxes(group: &[IndexWork]) -> impl Iterator<Item = Option<MailboxId>> {
    group.iter().filter_map(|work| match work {
        IndexWork::Message { message, .. } => Some(Some(message.header.mailbox)),
        IndexWork::Missed { .. } => Some(None),
        IndexWork::Call(_) | IndexWork::Answer(_) => None,
    })
}

fn answers(group: Vec<IndexWork>) -> impl Iterator<Item = Answer> {
    group.into_iter().filter_map(|work| match work {
        IndexWork::Message { answer, .. } | IndexWork::Missed { answer, .. } => Some(answer),
        IndexWork::Call(_) => None,
        IndexWork::Answer(done) => {
            // Full never; gone if nobody waits any more.
            let _ = done.try_send(());
            None
        }
    })
}
