use std::{fs, path::Path, sync::Arc, time::Duration};

use mailbox::{Message, MessageDetails, MessageState, StoreReplyKind, StoreRequestKind};
use rustix::io::Errno;
use telephony::AudioCodec;

use super::{
    ask, at, audio_files, begin, block, commit, enable,
    faulty_disk::{Fault, FaultyDisk, Operation},
    leave_message, open, options,
};
use crate::{
    AudioFileError, BlockError, EndOfAudio, MessagesOfDisabled, Recovered, Store, StoreError,
    UnfinishedRecording,
};

const FIRST: &str = "audio/20261105T120000Z-1-1-0.umaudio";

/// What a server says of a recording that it recovers: wrong about its length and its end on purpose.
fn told() -> MessageDetails {
    MessageDetails {
        received: at("2026-11-05T12:00:01Z"),
        length: Duration::from_secs(99),
        urgent: false,
        private: false,
        interrupted: false,
    }
}

/// A store that was shut down while recording 1 had two blocks, of 4000 and 20 octets.
fn left_behind(folder: &Path) -> (Store, Recovered) {
    let store = open(folder);
    let mailbox = enable(&store, "4001");
    begin(&store, 1, mailbox.id).unwrap();
    store.append(1, block(0, 1, 4000, false)).unwrap();
    store.append(1, block(1, 2, 20, false)).unwrap();
    store.shutdown();
    Store::open(folder, options()).unwrap()
}

fn octets(store: &Store, recording: &UnfinishedRecording) -> Vec<u8> {
    store.read_unfinished(recording).unwrap().flatten().collect()
}

#[test]
fn a_recording_in_progress_is_never_listed_and_is_found_by_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let (store, recovered) = left_behind(folder.path());

    let [found] = recovered.unfinished.as_slice() else { panic!("{recovered:?}") };
    assert_eq!(store.messages(found.header.mailbox).unwrap(), []);
    assert_eq!((found.file.as_str(), found.blocks, found.octets, found.is_whole()), (FIRST, 2, 4020, true));
    assert_eq!(found.length, Duration::from_millis(502));
    assert_eq!(
        (found.header.codec, found.header.caller.as_deref()),
        (AudioCodec::Pcmu, Some("+14255550123"))
    );
    assert_eq!(octets(&store, found), [vec![1; 4000], vec![2; 20]].concat());
    assert_eq!(recovered.unreadable.len(), 0);
}

#[test]
fn a_recovered_recording_is_an_interrupted_message_as_long_as_its_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let (store, recovered) = left_behind(folder.path());
    let mailbox = recovered.unfinished[0].header.mailbox;

    let id = store.recover(&recovered.unfinished[0], told()).unwrap();

    let expected = Message {
        id,
        mailbox,
        received: at("2026-11-05T12:00:01Z"),
        length: Duration::from_millis(502),
        codec: AudioCodec::Pcmu,
        caller: Some("+14255550123".into()),
        caller_name: Some("Ada".into()),
        call_id: "call-1@gw1".into(),
        urgent: false,
        interrupted: true,
        private: false,
        state: MessageState::New,
        sender: None,
        deleted_at: None,
        file: FIRST.into(),
        blocks: 2,
        octets: 4020,
    };
    assert_eq!(store.messages(mailbox).unwrap(), [expected]);
    assert_eq!(store.audio(id).unwrap().octets, [vec![1; 4000], vec![2; 20]].concat());
}

#[test]
fn a_file_cut_at_any_octet_of_its_last_block_is_recovered_up_to_the_block_before() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = left_behind(folder.path());
    store.shutdown();
    let whole = fs::read(folder.path().join(FIRST)).unwrap();
    let last = whole.len() - 32;
    for cut in last..whole.len() {
        let name = format!("audio/20261105T130000Z-1-{:02}-0.umaudio", cut - last);
        fs::write(folder.path().join(name), &whole[..cut]).unwrap();
    }

    let (store, recovered) = Store::open(folder.path(), options()).unwrap();

    assert_eq!((recovered.unfinished.len(), recovered.unreadable.len()), (33, 0));
    for (cut, found) in recovered.unfinished[1..].iter().enumerate() {
        let end = match cut {
            0 => EndOfAudio::Whole,
            _ => EndOfAudio::Bad(BlockError::Cut { number: 1 }),
        };
        assert_eq!((found.blocks, found.octets, found.end), (1, 4000, end), "cut at {cut}");
        assert_eq!(octets(&store, found), [1; 4000]);
        let id = store.recover(found, told()).unwrap();
        let message = store.message(id).unwrap();
        assert_eq!((message.blocks, message.octets), (1, 4000));
        assert_eq!((message.interrupted, message.length), (true, Duration::from_millis(500)));
        let audio = store.audio(id).unwrap();
        assert_eq!((audio.octets.as_ref(), audio.damaged), ([1; 4000].as_slice(), false));
        // Nothing was cut away: what stands behind the last whole block is still there to be looked at.
        assert_eq!(fs::read(store.path_of(&found.file)).unwrap(), whole[..last + cut]);
    }
}

#[test]
fn two_recordings_are_recovered_each_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (ada, ben) = (enable(&store, "4001"), enable(&store, "4002"));
    begin(&store, 1, ada.id).unwrap();
    begin(&store, 2, ben.id).unwrap();
    store.append(2, block(0, 7, 100, false)).unwrap();
    store.append(1, block(0, 5, 300, false)).unwrap();
    store.append(2, block(1, 8, 100, false)).unwrap();
    store.shutdown();

    let (store, recovered) = Store::open(folder.path(), options()).unwrap();
    let [first, second] = recovered.unfinished.as_slice() else { panic!("{recovered:?}") };
    let id = store.recover(first, told()).unwrap();
    store.shutdown();

    let (store, recovered) = Store::open(folder.path(), options()).unwrap();
    assert_eq!(recovered.unfinished.as_slice(), std::slice::from_ref(second));
    let other = store.recover(second, told()).unwrap();
    assert_eq!(store.audio(id).unwrap().octets, vec![5; 300]);
    assert_eq!(store.audio(other).unwrap().octets, [vec![7; 100], vec![8; 100]].concat());
    assert_eq!((store.messages(ada.id).unwrap().len(), store.messages(ben.id).unwrap().len()), (1, 1));
}

#[test]
fn a_recording_of_a_mailbox_that_is_gone_stays_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (store, recovered) = left_behind(folder.path());
    let mailbox = recovered.unfinished[0].header.mailbox;
    store.disable_mailbox(mailbox, MessagesOfDisabled::Keep).unwrap();

    let refused = store.recover(&recovered.unfinished[0], told());
    store.shutdown();

    assert!(matches!(refused, Err(StoreError::NoSuchMailbox { mailbox: gone }) if gone == mailbox));
    let (_store, again) = Store::open(folder.path(), options()).unwrap();
    assert_eq!(again.unfinished, recovered.unfinished);
}

#[test]
fn a_file_whose_head_cannot_be_read_is_told_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = left_behind(folder.path());
    store.shutdown();
    let whole = fs::read(folder.path().join(FIRST)).unwrap();
    let mut too_new = whole.clone();
    too_new[8] = 3;
    let mut damaged = whole.clone();
    damaged[30] ^= 1;
    for (name, bytes) in [("b", &whole[..20]), ("c", &too_new), ("d", &damaged), ("e", b"RIFF0123456789abc")]
    {
        fs::write(folder.path().join("audio").join(name), bytes).unwrap();
    }

    let (store, recovered) = Store::open(folder.path(), options()).unwrap();

    let told: Vec<(&str, &AudioFileError)> =
        recovered.unreadable.iter().map(|found| (found.file.as_str(), &found.reason)).collect();
    assert!(
        matches!(
            told.as_slice(),
            [
                ("audio/b", AudioFileError::HeadCut),
                ("audio/c", AudioFileError::TooNew { found: 3 }),
                ("audio/d", AudioFileError::HeadDamaged),
                ("audio/e", AudioFileError::NotOurs),
            ]
        ),
        "{told:?}"
    );
    assert_eq!(recovered.unfinished.len(), 1);
    store.discard_unfinished("audio/b").unwrap();
    assert_eq!(audio_files(&store), 4);
}

#[test]
fn a_recording_recovered_twice_is_one_message() {
    let folder = tempfile::tempdir().unwrap();
    let (store, recovered) = left_behind(folder.path());
    let found = &recovered.unfinished[0];

    let id = store.recover(found, told()).unwrap();

    assert_eq!(store.recover(found, told()).unwrap(), id);
    assert_eq!(store.messages(found.header.mailbox).unwrap().len(), 1);
    store.shutdown();
    let (store, again) = Store::open(folder.path(), options()).unwrap();
    assert_eq!(again.unfinished, []);
    assert_eq!(store.recover(found, told()).unwrap(), id);
}

#[test]
fn a_recovery_killed_between_sync_and_row_is_done_by_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    left_behind(folder.path()).0.shutdown();
    let disk = FaultyDisk::default();
    let (store, recovered) = Store::open_on(Arc::new(disk.clone()), folder.path(), options()).unwrap();
    disk.fail(Operation::SyncFolder, 0, Fault::KilledAfter);

    let killed = store.recover(&recovered.unfinished[0], told());
    drop(store);

    assert!(matches!(killed, Err(StoreError::File { doing: "syncing the folder of", .. })));
    let (store, again) = Store::open(folder.path(), options()).unwrap();
    assert_eq!(again.unfinished, recovered.unfinished);
    assert_eq!(store.messages(recovered.unfinished[0].header.mailbox).unwrap(), []);
    let id = store.recover(&again.unfinished[0], told()).unwrap();
    assert_eq!(store.audio(id).unwrap().octets.len(), 4020);
}

#[test]
fn a_recovery_that_the_disk_refuses_can_be_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    left_behind(folder.path()).0.shutdown();
    let disk = FaultyDisk::default();
    let (store, recovered) = Store::open_on(Arc::new(disk.clone()), folder.path(), options()).unwrap();
    let found = &recovered.unfinished[0];
    disk.fail(Operation::SyncFile, 0, Fault::Refused(Errno::IO));

    let refused = store.recover(found, told());

    assert!(matches!(refused, Err(StoreError::File { doing: "syncing", .. })));
    assert_eq!(store.messages(found.header.mailbox).unwrap(), []);
    assert!(store.recover(found, told()).is_ok());
}

#[test]
fn a_discarded_recording_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let (store, recovered) = left_behind(folder.path());
    let found = &recovered.unfinished[0];

    store.discard_unfinished(FIRST).unwrap();

    assert_eq!(audio_files(&store), 0);
    assert!(
        matches!(store.discard_unfinished(FIRST), Err(StoreError::NotUnfinished { file }) if file == FIRST)
    );
    assert!(matches!(store.recover(found, told()), Err(StoreError::NotUnfinished { file }) if file == FIRST));
    assert!(matches!(store.read_unfinished(found).err(), Some(StoreError::Audio { .. })));
}

#[test]
fn a_discard_is_not_told_done_before_the_folder_is_synced() {
    let folder = tempfile::tempdir().unwrap();
    left_behind(folder.path()).0.shutdown();
    let disk = FaultyDisk::default();
    let (store, _) = Store::open_on(Arc::new(disk.clone()), folder.path(), options()).unwrap();
    disk.fail(Operation::SyncFolder, 0, Fault::Refused(Errno::IO));

    let refused = store.discard_unfinished(FIRST);

    assert!(matches!(refused, Err(StoreError::File { doing: "syncing the folder of", .. })));
    store.discard_unfinished(FIRST).unwrap();
}

#[test]
fn only_what_was_left_behind_can_be_discarded() {
    let folder = tempfile::tempdir().unwrap();
    let (store, recovered) = left_behind(folder.path());
    let mailbox = recovered.unfinished[0].header.mailbox;
    let message = store.message(leave_message(&store, 5, mailbox)).unwrap();
    begin(&store, 6, mailbox).unwrap();

    for file in [&message.file, "audio/20261105T120000Z-1-6-0.umaudio", "um.db", "audio/../um.db"] {
        let refused = store.discard_unfinished(file);
        assert!(matches!(refused, Err(StoreError::NotUnfinished { .. })), "{file}");
    }

    assert_eq!(audio_files(&store), 3);
    assert_eq!(store.audio(message.id).unwrap().octets.len(), 10_000);
    assert!(matches!(commit(&store, 6, 0), Ok(StoreReplyKind::Committed { .. })));
}

#[test]
fn opening_changes_nothing_of_what_was_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (store, recovered) = left_behind(folder.path());
    let before = fs::read(store.path_of(FIRST)).unwrap();
    store.shutdown();

    let (store, again) = Store::open(folder.path(), options()).unwrap();

    assert_eq!(again.unfinished, recovered.unfinished);
    assert_eq!(fs::read(store.path_of(FIRST)).unwrap(), before);
    let reply = ask(&store, StoreRequestKind::DiscardRecording { recording: 1 });
    assert!(reply.is_err(), "recordings of an earlier process are not open");
}
