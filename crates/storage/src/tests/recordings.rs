use std::{fs, time::Duration};

use mailbox::{Message, MessageState, StoreFailure, StoreReplyKind, StoreRequestKind};
use telephony::AudioCodec;

use super::{ask, at, audio_files, begin, block, commit, enable, leave_message, open, options};
use crate::{EndOfAudio, MessagesOfDisabled, Store, StoreError};

#[test]
fn a_committed_message_is_listed_and_plays_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mailbox = enable(&store, "4001");

    let id = leave_message(&store, 1, mailbox.id);
    store.shutdown();
    let (store, recovered) = Store::open(folder.path(), options()).unwrap();

    let messages = store.messages(mailbox.id).unwrap();
    let expected = Message {
        id,
        mailbox: mailbox.id,
        received: at("2026-11-05T12:00:30.5Z"),
        length: Duration::from_millis(1250),
        codec: AudioCodec::Pcmu,
        caller: Some("+14255550123".into()),
        caller_name: Some("Ada".into()),
        call_id: "call-1@gw1".into(),
        urgent: true,
        interrupted: false,
        private: false,
        state: MessageState::New,
        sender: None,
        deleted_at: None,
        file: "audio/20261105T120000Z-1-1-0.umaudio".into(),
        blocks: 3,
        octets: 10_000,
    };
    assert_eq!(messages, [expected]);
    let audio = store.audio(id).unwrap();
    assert_eq!(audio.octets, [vec![1; 4000], vec![2; 4000], vec![3; 2000]].concat());
    assert_eq!((audio.damaged, audio.length()), (false, Duration::from_millis(1250)));
    assert_eq!((recovered.unfinished.len(), recovered.unreadable.len()), (0, 0));
}

#[test]
fn audio_is_read_block_by_block_up_to_the_first_bad_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let id = leave_message(&store, 1, enable(&store, "4001").id);
    let path = store.path_of(&store.message(id).unwrap().file);
    let mut bytes = fs::read(&path).unwrap();
    let in_second_block = bytes.len() - 2012 - 100;
    bytes[in_second_block] ^= 1;
    fs::write(&path, bytes).unwrap();

    let mut reader = store.open_audio(id).unwrap();

    assert_eq!(reader.next_block().unwrap(), vec![1; 4000]);
    assert_eq!(reader.next_block(), None);
    assert!(matches!(reader.end(), Some(EndOfAudio::Bad(_))));
    assert!(store.audio(id).unwrap().damaged);
}

#[test]
fn half_a_block_that_a_full_disk_left_is_no_damage_to_the_message() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let id = leave_message(&store, 1, enable(&store, "4001").id);
    let path = store.path_of(&store.message(id).unwrap().file);
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend_from_slice(&[0xa0, 0x0f, 0, 0, 3, 0]);
    fs::write(&path, bytes).unwrap();

    let audio = store.audio(id).unwrap();

    assert_eq!((audio.damaged, audio.octets.len()), (false, 10_000));
}

#[test]
fn a_recording_can_be_heard_from_its_beginning_until_it_is_committed_or_discarded() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mailbox = enable(&store, "4001");
    begin(&store, 1, mailbox.id).unwrap();
    begin(&store, 2, mailbox.id).unwrap();
    store.append(1, block(0, 1, 4000, true)).unwrap();
    // The spool writer works in order: with the answer to this, the block is written.
    begin(&store, 3, mailbox.id).unwrap();

    let mut audio = store.open_recording(1).unwrap();
    assert_eq!(audio.next_block().unwrap(), [1; 4000].as_slice());
    commit(&store, 1, 500).unwrap();
    ask(&store, StoreRequestKind::DiscardRecording { recording: 2 }).unwrap();

    for recording in [1, 2, 4] {
        let opened = store.open_recording(recording);
        assert!(matches!(opened, Err(StoreError::NoSuchRecording { recording: told }) if told == recording));
    }
}

#[test]
fn a_discarded_recording_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mailbox = enable(&store, "4001");
    begin(&store, 1, mailbox.id).unwrap();
    store.append(1, block(0, 1, 4000, true)).unwrap();

    let reply = ask(&store, StoreRequestKind::DiscardRecording { recording: 1 });

    assert_eq!(reply, Ok(StoreReplyKind::Discarded));
    assert_eq!(audio_files(&store), 0);
    assert_eq!(commit(&store, 1, 500), Err(StoreFailure::NoSuchRecording { recording: 1 }));
}

#[test]
fn a_missing_block_makes_the_message_interrupted_and_as_long_as_what_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mailbox = enable(&store, "4001");
    begin(&store, 1, mailbox.id).unwrap();
    store.append(1, block(0, 1, 4000, false)).unwrap();
    store.append(1, block(2, 3, 4000, true)).unwrap();

    commit(&store, 1, 1500).unwrap();

    let message = store.messages(mailbox.id).unwrap().remove(0);
    assert!(message.interrupted);
    assert_eq!((message.length, message.blocks, message.octets), (Duration::from_millis(500), 1, 4000));
}

#[test]
fn a_recording_without_its_last_block_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mailbox = enable(&store, "4001");
    begin(&store, 1, mailbox.id).unwrap();
    store.append(1, block(0, 1, 4000, false)).unwrap();

    commit(&store, 1, 500).unwrap();

    assert!(store.messages(mailbox.id).unwrap()[0].interrupted);
}

#[test]
fn an_empty_last_block_completes_the_recording_without_a_block_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mailbox = enable(&store, "4001");
    begin(&store, 1, mailbox.id).unwrap();
    store.append(1, block(0, 1, 4000, false)).unwrap();
    store.append(1, block(1, 0, 0, true)).unwrap();

    commit(&store, 1, 500).unwrap();

    let message = store.messages(mailbox.id).unwrap().remove(0);
    assert_eq!((message.interrupted, message.blocks), (false, 1));
}

#[test]
fn a_number_of_a_recording_is_open_once_and_ended_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mailbox = enable(&store, "4001");
    begin(&store, 1, mailbox.id).unwrap();

    assert_eq!(begin(&store, 1, mailbox.id), Err(StoreFailure::RecordingOpen { recording: 1 }));
    assert!(commit(&store, 1, 0).is_ok());
    assert_eq!(commit(&store, 1, 0), Err(StoreFailure::NoSuchRecording { recording: 1 }));
}

#[test]
fn two_recordings_of_the_same_second_and_number_have_two_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mailbox = enable(&store, "4001");

    leave_message(&store, 1, mailbox.id);
    leave_message(&store, 1, mailbox.id);

    let files: Vec<String> =
        store.messages(mailbox.id).unwrap().into_iter().map(|message| message.file).collect();
    assert_eq!(files, ["audio/20261105T120000Z-1-1-0.umaudio", "audio/20261105T120000Z-1-1-1.umaudio"]);
}

#[test]
fn a_commit_to_a_mailbox_disabled_meanwhile_fails_and_keeps_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mailbox = enable(&store, "4001");
    begin(&store, 1, mailbox.id).unwrap();
    store.disable_mailbox(mailbox.id, MessagesOfDisabled::Keep).unwrap();

    let reply = commit(&store, 1, 0);

    assert_eq!(reply, Err(StoreFailure::NoSuchMailbox { mailbox: mailbox.id }));
    assert_eq!(audio_files(&store), 1);
}

#[test]
fn a_deleted_message_takes_its_file_along() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mailbox = enable(&store, "4001");
    let id = leave_message(&store, 1, mailbox.id);

    store.delete_message(id).unwrap();

    assert_eq!(store.messages(mailbox.id).unwrap(), []);
    assert_eq!(audio_files(&store), 0);
    assert!(matches!(store.delete_message(id), Err(StoreError::NoSuchMessage { message }) if message == id));
}

#[test]
fn a_file_that_outlived_its_deleted_row_is_removed_by_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mailbox = enable(&store, "4001");
    leave_message(&store, 1, mailbox.id);
    // As a crash between the two halves of a deletion leaves it.
    store
        .shared()
        .database
        .write(|transaction| crate::messages::delete_rows_of(transaction, mailbox.id))
        .unwrap();
    assert_eq!(audio_files(&store), 1);
    store.shutdown();

    let (store, recovered) = Store::open(folder.path(), options()).unwrap();

    assert_eq!(audio_files(&store), 0);
    assert_eq!((recovered.unfinished.len(), recovered.unreadable.len()), (0, 0));
}

#[test]
fn a_message_is_exported_as_a_new_wav_file_only() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("data"));
    let id = leave_message(&store, 1, enable(&store, "4001").id);
    let to = folder.path().join("message.wav");

    store.export_wav(id, &to).unwrap();

    let wav = fs::read(&to).unwrap();
    assert_eq!(wav.len(), 58 + 10_000);
    assert_eq!(wav[20], 7);
    assert_eq!(wav[58..4058], [1; 4000]);
    assert!(matches!(store.export_wav(id, &to), Err(StoreError::File { doing: "writing the WAV file", .. })));
}

#[test]
fn two_hundred_calls_at_once_leave_two_hundred_whole_messages() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mailbox = enable(&store, "4001");

    std::thread::scope(|scope| {
        for thread in 0..8_u64 {
            let store = &store;
            scope.spawn(move || {
                for call in 0..25 {
                    leave_message(store, thread * 25 + call, mailbox.id);
                }
            });
        }
    });

    let messages = store.messages(mailbox.id).unwrap();
    assert_eq!(messages.len(), 200);
    assert!(messages.iter().all(|message| !message.interrupted && message.octets == 10_000));
    assert!(messages.iter().all(|message| !store.audio(message.id).unwrap().damaged));
}
