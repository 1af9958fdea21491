use std::{
    path::Path,
    sync::{Arc, mpsc},
};

use mailbox::{
    MailboxId, RecordingHeader, StoreFailure, StoreReply, StoreReplyKind, StoreRequest, StoreRequestKind,
};
use rustix::io::Errno;
use telephony::{AudioCodec, Event};

use super::{
    administration::call,
    ask, audio_files, begin, block, commit, details, enable,
    faulty_disk::{Fault, FaultyDisk, Operation},
    leave_message, noon, open, options,
};
use crate::{DiskSpace, QueueFull, Store, StoreOptions};

fn on_faulty_disk(folder: &Path, options: StoreOptions) -> (Store, FaultyDisk, MailboxId) {
    let disk = FaultyDisk::default();
    let (store, _) = Store::open_on(Arc::new(disk.clone()), folder, options).unwrap();
    let mailbox = enable(&store, "4001").id;
    (store, disk, mailbox)
}

/// With recording 1, of one block; `on_faulty_disk` otherwise.
fn with_recording(folder: &Path) -> (Store, FaultyDisk, MailboxId) {
    let (store, disk, mailbox) = on_faulty_disk(folder, options());
    begin(&store, 1, mailbox).unwrap();
    store.append(1, block(0, 1, 4000, true)).unwrap();
    (store, disk, mailbox)
}

/// The disk stalls on the first block of recording 1.
fn stall(store: &Store, disk: &FaultyDisk) {
    disk.fail(Operation::Append, 0, Fault::Stalls);
    store.append(1, block(0, 1, 4000, false)).unwrap();
    disk.wait_until_stalled();
}

/// Asks for a message of 9 s, and waits for no reply.
fn commit_later(store: &Store, recording: u64) -> mpsc::Receiver<StoreReply> {
    let (replies, inbox) = mpsc::channel();
    let what = StoreRequestKind::CommitMessage { recording, details: details(9000) };
    store.submit(StoreRequest { token: 1, what }, move |reply| replies.send(reply).unwrap()).unwrap();
    inbox
}

/// Pages that the database may have; fewer than it has are as many as it has.
fn limit_pages(store: &Store, pages: u32) {
    let pragma = format!("PRAGMA max_page_count = {pages};");
    store
        .shared()
        .database
        .write(|transaction| transaction.execute_batch(&pragma).map_err(|error| panic!("{error}")))
        .unwrap_or_else(|error: crate::StoreError| panic!("{error}"));
}

/// Blocks and octets of the recordings that the next start finds.
fn found_by_next_start(store: Store, folder: &Path) -> Vec<(u32, u64)> {
    store.shutdown();
    let (_store, recovered) = Store::open(folder, options()).unwrap();
    assert_eq!(recovered.unreadable.len(), 0);
    recovered.unfinished.iter().map(|found| (found.blocks, found.octets)).collect()
}

fn broken(doing: &'static str, reply: Result<StoreReplyKind, StoreFailure>) {
    match reply {
        Err(StoreFailure::Broken { doing: told, .. }) => assert_eq!(told, doing),
        other => panic!("{other:?}"),
    }
}

/// A store on a faulty disk, and what it tells.
fn telling(folder: &Path) -> (Store, FaultyDisk, MailboxId, mpsc::Receiver<Event>) {
    let (sender, told) = mpsc::channel();
    let on_event = Arc::new(move |event| sender.send(event).unwrap());
    let (store, disk, mailbox) = on_faulty_disk(folder, StoreOptions { on_event, ..options() });
    (store, disk, mailbox, told)
}

fn fields(event: &Event) -> Vec<(&str, &str)> {
    event.fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[test]
fn a_block_that_cannot_be_written_is_told_once_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (store, disk, mailbox, told) = telling(folder.path());
    begin(&store, 1, mailbox).unwrap();
    disk.fail(Operation::Append, 2, Fault::Refused(Errno::IO));

    for number in 0..4 {
        store.append(1, block(number, 1, 4000, number == 3)).unwrap();
    }
    commit(&store, 1, 1500).unwrap();

    let events: Vec<Event> = told.try_iter().collect();
    assert_eq!(events.iter().map(|event| event.kind.id).collect::<Vec<_>>(), [2030]);
    let fields = fields(&events[0]);
    assert_eq!(fields[2], ("length_seconds", "1"));
    assert!(fields[3].0 == "reason" && fields[3].1.contains("os error 5"), "{fields:?}");
    assert!(store.messages(mailbox).unwrap()[0].interrupted);
}

#[test]
fn call_records_that_a_full_database_did_not_take_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _disk, _mailbox, told) = telling(folder.path());
    limit_pages(&store, 1);
    // Longer than any free room in a page.
    let long = call(&"x".repeat(100_000), noon());

    store.post_call(long).unwrap();

    let event = told.recv().unwrap();
    assert_eq!(event.kind.id, 2031);
    assert_eq!(fields(&event)[..3], [("call_records", "1"), ("messages", "0"), ("missed_calls", "0")]);
    assert!(fields(&event)[3].1.contains("writing a call record"), "{event:?}");
}

#[test]
fn a_disk_full_in_the_middle_of_a_block_ends_the_recording_at_the_block_before() {
    let folder = tempfile::tempdir().unwrap();
    let (store, disk, mailbox) = on_faulty_disk(folder.path(), options());
    begin(&store, 1, mailbox).unwrap();
    disk.fail(Operation::Append, 1, Fault::Torn(1000, Errno::NOSPC));

    store.append(1, block(0, 1, 4000, false)).unwrap();
    store.append(1, block(1, 2, 4000, false)).unwrap();
    store.append(1, block(2, 3, 4000, true)).unwrap();
    commit(&store, 1, 1500).unwrap();

    let message = store.messages(mailbox).unwrap().remove(0);
    assert_eq!((message.interrupted, message.blocks, message.octets), (true, 1, 4000));
    let audio = store.audio(message.id).unwrap();
    assert_eq!((audio.octets.as_ref(), audio.damaged), ([1; 4000].as_slice(), false));
    // 69 octets of head, a whole block, and what the full disk took of the next one; nothing behind that.
    assert_eq!(store.path_of(&message.file).metadata().unwrap().len(), 69 + 4012 + 1000);
    leave_message(&store, 2, mailbox);
}

#[test]
fn a_disk_full_in_the_head_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let (store, disk, mailbox) = on_faulty_disk(folder.path(), options());
    disk.fail(Operation::Append, 0, Fault::Torn(20, Errno::NOSPC));

    broken("making an audio file", begin(&store, 1, mailbox));

    assert_eq!(audio_files(&store), 0);
    store.append(1, block(0, 1, 4000, true)).unwrap();
    assert_eq!(commit(&store, 1, 500), Err(StoreFailure::NoSuchRecording { recording: 1 }));
    leave_message(&store, 1, mailbox);
}

#[test]
fn half_a_head_that_cannot_even_be_removed_is_found_as_unreadable() {
    let folder = tempfile::tempdir().unwrap();
    let (store, disk, mailbox) = on_faulty_disk(folder.path(), options());
    disk.fail(Operation::Append, 0, Fault::Torn(20, Errno::NOSPC));
    disk.fail(Operation::Remove, 0, Fault::Refused(Errno::IO));

    broken("making an audio file", begin(&store, 1, mailbox));
    store.shutdown();

    let (_store, recovered) = Store::open(folder.path(), options()).unwrap();
    assert_eq!((recovered.unfinished.len(), recovered.unreadable.len()), (0, 1));
}

#[test]
fn a_file_or_folder_that_cannot_be_synced_commits_nothing_and_keeps_the_file() {
    for (operation, errno, doing) in [
        (Operation::SyncFile, Errno::NOSPC, "syncing an audio file"),
        (Operation::SyncFolder, Errno::IO, "syncing the audio folder"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (store, disk, mailbox) = with_recording(folder.path());
        disk.fail(operation, 0, Fault::Refused(errno));

        broken(doing, commit(&store, 1, 500));

        assert_eq!(store.messages(mailbox).unwrap(), [], "{doing}");
        leave_message(&store, 2, mailbox);
        assert_eq!(found_by_next_start(store, folder.path()), [(1, 4000)], "{doing}");
    }
}

#[test]
fn a_full_database_commits_nothing_and_keeps_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mailbox = enable(&store, "4001").id;
    limit_pages(&store, 1);
    let header = RecordingHeader {
        codec: AudioCodec::Pcmu,
        mailbox,
        // Longer than any free room in a page.
        call_id: "c".repeat(100_000),
        started: noon(),
        caller: None,
        caller_name: None,
        purpose: mailbox::RecordingPurpose::Message,
    };
    ask(&store, StoreRequestKind::BeginRecording { recording: 1, header }).unwrap();
    store.append(1, block(0, 1, 4000, true)).unwrap();

    broken("writing the index", commit(&store, 1, 500));

    assert_eq!(store.messages(mailbox).unwrap(), []);
    limit_pages(&store, 1_000_000);
    leave_message(&store, 2, mailbox);
    store.shutdown();
    let (store, recovered) = Store::open(folder.path(), options()).unwrap();
    let id = store.recover(&recovered.unfinished[0], details(0)).unwrap();
    assert_eq!(store.audio(id).unwrap().octets, vec![1; 4000]);
    // The head of the file keeps so much of a text.
    assert_eq!(store.message(id).unwrap().call_id, "c".repeat(1024));
}

#[test]
fn a_stalled_disk_truncates_the_recording_and_later_ones_work_again() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { blocks_waiting: 3, ..options() };
    let (store, disk, mailbox) = on_faulty_disk(folder.path(), options);
    begin(&store, 1, mailbox).unwrap();
    stall(&store, &disk);

    store.append(1, block(1, 2, 4000, false)).unwrap();
    store.append(1, block(2, 3, 4000, false)).unwrap();
    store.append(1, block(3, 4, 4000, false)).unwrap();
    assert_eq!(store.append(1, block(4, 5, 4000, false)), Err(QueueFull));
    let reply = commit_later(&store, 1);
    disk.go_on();

    assert!(matches!(reply.recv().unwrap().what, Ok(StoreReplyKind::Committed { .. })));
    let message = store.messages(mailbox).unwrap().remove(0);
    assert_eq!((message.interrupted, message.blocks, message.length.as_millis()), (true, 4, 2000));
    let stored = [[1; 4000], [2; 4000], [3; 4000], [4; 4000]].concat();
    assert_eq!(store.audio(message.id).unwrap().octets, stored);
    let later = leave_message(&store, 2, mailbox);
    assert!(!store.message(later).unwrap().interrupted);
}

#[test]
fn blocks_behind_one_that_a_stalled_disk_refused_are_not_stored() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { blocks_waiting: 1, ..options() };
    let (store, disk, mailbox) = on_faulty_disk(folder.path(), options);
    begin(&store, 1, mailbox).unwrap();
    stall(&store, &disk);
    store.append(1, block(1, 2, 4000, false)).unwrap();
    assert_eq!(store.append(1, block(2, 3, 4000, false)), Err(QueueFull));
    disk.go_on();
    wait_for_queue(&store);

    store.append(1, block(3, 4, 4000, true)).unwrap();
    commit(&store, 1, 2000).unwrap();

    let message = store.messages(mailbox).unwrap().remove(0);
    assert_eq!((message.interrupted, message.blocks), (true, 2));
    assert_eq!(store.audio(message.id).unwrap().octets, [[1; 4000], [2; 4000]].concat());
}

/// A request is answered behind the blocks that came before it.
fn wait_for_queue(store: &Store) {
    let reply = ask(store, StoreRequestKind::DiscardRecording { recording: 99 });
    assert_eq!(reply, Err(StoreFailure::NoSuchRecording { recording: 99 }));
}

#[test]
fn a_recording_that_cannot_be_removed_is_not_told_discarded() {
    let folder = tempfile::tempdir().unwrap();
    let (store, disk, _) = with_recording(folder.path());
    disk.fail(Operation::Remove, 0, Fault::Refused(Errno::IO));

    broken("removing an audio file", ask(&store, StoreRequestKind::DiscardRecording { recording: 1 }));

    assert_eq!(found_by_next_start(store, folder.path()), [(1, 4000)]);
}

#[test]
fn a_recording_told_discarded_does_not_come_back_after_a_power_cut() {
    let folder = tempfile::tempdir().unwrap();
    let (store, disk, _) = with_recording(folder.path());

    ask(&store, StoreRequestKind::DiscardRecording { recording: 1 }).unwrap();
    disk.kill();
    drop(store);
    disk.cut_power();

    let (store, _) = Store::open(folder.path(), options()).unwrap();
    assert_eq!(audio_files(&store), 0);
}

#[test]
fn stopping_appends_what_waits_and_leaves_open_recordings_to_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let (store, disk, mailbox) = on_faulty_disk(folder.path(), options());
    begin(&store, 1, mailbox).unwrap();
    begin(&store, 2, mailbox).unwrap();
    stall(&store, &disk);
    store.append(1, block(1, 2, 4000, false)).unwrap();
    store.append(2, block(0, 3, 100, true)).unwrap();
    let reply = commit_later(&store, 2);

    std::thread::scope(|scope| {
        scope.spawn(|| store.shutdown());
        // Blocks of a recording that was never begun change nothing; they are refused once the store is stopping.
        while store.append(99, block(0, 0, 1, false)).is_ok() {
            std::thread::yield_now();
        }
        disk.go_on();
    });

    assert!(matches!(reply.recv().unwrap().what, Ok(StoreReplyKind::Committed { .. })));
    let (store, recovered) = Store::open(folder.path(), options()).unwrap();
    assert_eq!(store.messages(mailbox).unwrap().len(), 1);
    let [found] = recovered.unfinished.as_slice() else { panic!("{recovered:?}") };
    assert_eq!((found.blocks, found.octets), (2, 8000));
}

#[test]
fn a_folder_that_cannot_be_listed_or_measured_is_told_by_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let (store, disk, _) = on_faulty_disk(folder.path(), options());
    disk.fail(Operation::Space, 0, Fault::Refused(Errno::IO));

    let failed = store.disk_space().unwrap_err().to_string();
    assert!(failed.starts_with("asking for the free space of /"), "{failed}");
    let DiskSpace { free, total } = store.disk_space().unwrap();
    assert!(0 < total && free <= total);
    store.shutdown();

    let disk = FaultyDisk::default();
    disk.fail(Operation::List, 0, Fault::Refused(Errno::IO));
    let failed = Store::open_on(Arc::new(disk), folder.path(), options()).err().unwrap().to_string();
    assert!(failed.starts_with("listing /") && failed.contains("/audio failed"), "{failed}");
}
