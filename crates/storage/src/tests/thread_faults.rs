use std::{
    path::Path,
    sync::{Arc, mpsc},
};

use mailbox::{MailboxId, StoreFailure, StoreReplyKind, StoreRequest, StoreRequestKind};

use super::{
    ask, begin, block, commit, enable,
    faulty_disk::{Fault, FaultyDisk, Operation},
    noon, options,
};
use crate::{QueueFull, Store, StoreOptions};

/// A store, its disk, a mailbox, and the names of the threads that are gone.
fn watched(folder: &Path) -> (Store, FaultyDisk, MailboxId, mpsc::Receiver<&'static str>) {
    let (faults, told) = mpsc::channel();
    let on_fault = Arc::new(move |thread| faults.send(thread).unwrap());
    let options = StoreOptions { on_fault, committers: 1, ..options() };
    let disk = FaultyDisk::default();
    let (store, _) = Store::open_on(Arc::new(disk.clone()), folder, options).unwrap();
    let mailbox = enable(&store, "4001").id;
    (store, disk, mailbox, told)
}

fn find() -> StoreRequest {
    let what =
        StoreRequestKind::FindMailbox { dial_plan: "hq".into(), candidates: vec!["4001".into()], at: noon() };
    StoreRequest { token: 1, what }
}

#[test]
fn a_spool_writer_that_panics_is_told_and_its_queue_takes_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let (store, disk, mailbox, told) = watched(folder.path());
    begin(&store, 1, mailbox).unwrap();
    store.append(1, block(0, 1, 4000, false)).unwrap();
    disk.fail(Operation::Append, 1, Fault::Stalls);
    disk.fail(Operation::Append, 1, Fault::Panics);
    store.append(1, block(1, 2, 4000, false)).unwrap();
    disk.wait_until_stalled();
    store.append(1, block(2, 3, 4000, false)).unwrap();
    let (replies, inbox) = mpsc::channel();
    let what = StoreRequestKind::CommitMessage { recording: 1, details: super::details(1500) };
    store.submit(StoreRequest { token: 3, what }, move |reply| replies.send(reply).unwrap()).unwrap();
    disk.go_on();

    assert_eq!(told.recv(), Ok("store-spool"));

    assert_eq!(inbox.recv().unwrap().what, Err(StoreFailure::Closed));
    assert_eq!(store.append(1, block(3, 4, 1, true)), Err(QueueFull));
    // The other threads go on, and the store can be shut down.
    let found = ask(&store, find().what);
    assert!(matches!(found, Ok(StoreReplyKind::Mailbox(Some(_)))));
    store.shutdown();
    assert_eq!(told.try_recv(), Err(mpsc::TryRecvError::Empty));
    let (_store, recovered) = Store::open(folder.path(), options()).unwrap();
    assert_eq!((recovered.unfinished[0].blocks, recovered.unfinished[0].octets), (2, 8000));
}

#[test]
fn a_committer_that_panics_is_told_and_nobody_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let (store, disk, mailbox, told) = watched(folder.path());
    begin(&store, 1, mailbox).unwrap();
    begin(&store, 2, mailbox).unwrap();
    store.append(2, block(0, 1, 4000, true)).unwrap();
    disk.fail(Operation::SyncFile, 0, Fault::Panics);

    assert_eq!(commit(&store, 1, 0), Err(StoreFailure::Closed));

    assert_eq!(told.recv(), Ok("store-commit"));
    assert_eq!(commit(&store, 2, 0), Err(StoreFailure::Closed));
    store.shutdown();
    let (_store, recovered) = Store::open(folder.path(), options()).unwrap();
    assert_eq!(recovered.unfinished.iter().map(|found| found.blocks).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn an_indexer_that_panics_is_told_and_nobody_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let (store, disk, mailbox, told) = watched(folder.path());
    begin(&store, 1, mailbox).unwrap();
    begin(&store, 2, mailbox).unwrap();
    disk.fail(Operation::SyncFolder, 0, Fault::Panics);

    assert_eq!(commit(&store, 1, 0), Err(StoreFailure::Closed));

    assert_eq!(told.recv(), Ok("store-index"));
    assert_eq!(commit(&store, 2, 0), Err(StoreFailure::Closed));
}

#[test]
fn a_reply_that_panics_ends_the_thread_that_gave_it_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _disk, _mailbox, told) = watched(folder.path());

    store.submit(find(), |_| panic!("a fault of the asker")).unwrap();

    assert_eq!(told.recv(), Ok("store-find"));
    assert_eq!(store.submit(find(), |_| panic!("a refused request was answered")), Err(QueueFull));
}
