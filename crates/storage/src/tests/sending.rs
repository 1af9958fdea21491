//! Messages from one mailbox to another.
use std::{sync::Arc, time::Duration};

use mailbox::{
    MailboxId, MessageDetails, MessageId, OutgoingMessage, OutgoingRecording, PhoneChange, StoreFailure,
    StoreReplyKind, StoreRequestKind,
};
use rustix::io::Errno;
use telephony::AudioCodec;

use super::{
    ask, audio_files, begin, block, details, draft, enable,
    faulty_disk::{Fault, FaultyDisk, Operation},
    leave_message,
    message_states::listed,
    noon, open, options,
};
use crate::{MessagesOfDisabled, Store, StoreError, phone::sending::SENT_LONGEST};

pub(super) fn to(from: MailboxId, to: MailboxId) -> OutgoingMessage {
    OutgoingMessage { from, to, recorded: None, forwarded: None, urgent: false, private: false }
}

pub(super) fn send(
    store: &Store,
    recording: Option<OutgoingRecording>,
    message: &OutgoingMessage,
) -> Result<bool, StoreFailure> {
    let recorded = recording.map(|recording| recording.length);
    let what = PhoneChange::Send { recording, message: OutgoingMessage { recorded, ..message.clone() } };
    match ask(store, StoreRequestKind::Change { at: noon(), what })? {
        StoreReplyKind::Changed(changed) => Ok(changed),
        other => panic!("{other:?}"),
    }
}

fn only_audio(store: &Store, mailbox: MailboxId) -> (MessageId, Vec<u8>) {
    let messages = store.messages(mailbox).unwrap();
    assert_eq!(messages.len(), 1);
    (messages[0].id, store.audio(messages[0].id).unwrap().octets.to_vec())
}

#[test]
fn a_reply_arrives_as_its_sender_spoke_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (ada, grace) = (enable(&store, "4001"), enable(&store, "4002").id);
    let recording = draft(&store, 1, ada.id, (AudioCodec::Pcma, &[5; 9000]));
    let message = OutgoingMessage { urgent: true, private: true, ..to(ada.id, grace) };

    assert_eq!(send(&store, Some(recording), &message), Ok(true));

    let (id, octets) = only_audio(&store, grace);
    assert_eq!(octets, vec![5; 9000]);
    let stored = store.message(id).unwrap();
    assert_eq!((stored.codec, stored.length), (AudioCodec::Pcma, Duration::from_millis(1125)));
    assert_eq!((stored.received, stored.blocks, stored.interrupted), (noon(), 3, false));
    assert_eq!(
        (stored.caller.as_deref(), stored.caller_name.as_deref()),
        (Some("4001"), Some("Person 4001"))
    );
    let told = listed(&store, grace).remove(0);
    assert_eq!((told.urgent, told.private), (true, true));
    assert_eq!(told.sender.map(|sender| sender.id), Some(ada.id));
    assert_eq!(store.counts(grace).unwrap().new, 1);
    assert_eq!(audio_files(&store), 1);
}

#[test]
fn a_forwarded_message_stands_behind_its_introduction_in_one_codec() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (ada, grace) = (enable(&store, "4001").id, enable(&store, "4002").id);
    let forwarded = leave_message(&store, 1, ada);
    let introduction = draft(&store, 2, ada, (AudioCodec::Pcma, &[0xd5; 800]));
    let message = OutgoingMessage { forwarded: Some(forwarded), ..to(ada, grace) };

    assert_eq!(send(&store, Some(introduction), &message), Ok(true));

    let (id, octets) = only_audio(&store, grace);
    // The octets 1, 2 and 3 of mu-law have these neighbours in A-law (G.711 table 3).
    let expected =
        [vec![0xd5; 800], vec![0xd5; 4000], vec![0x2b; 4000], vec![0x28; 4000], vec![0x29; 2000]].concat();
    assert_eq!(octets, expected);
    let stored = store.message(id).unwrap();
    assert_eq!((stored.codec, stored.length), (AudioCodec::Pcma, Duration::from_millis(1850)));
    assert_eq!(store.audio(forwarded).unwrap().octets.len(), 10_000);
    assert_eq!(audio_files(&store), 2);
}

#[test]
fn a_message_is_forwarded_without_an_introduction_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (ada, grace) = (enable(&store, "4001").id, enable(&store, "4002").id);
    let forwarded = leave_message(&store, 1, ada);
    let message = OutgoingMessage { forwarded: Some(forwarded), ..to(ada, grace) };

    assert_eq!(send(&store, None, &message), Ok(true));

    let (id, octets) = only_audio(&store, grace);
    assert_eq!(octets, [vec![1; 4000], vec![2; 4000], vec![3; 2000]].concat());
    assert_ne!(id, forwarded);
    store.delete_message(forwarded).unwrap();
    assert_eq!(store.audio(id).unwrap().octets.len(), 10_000);
}

#[test]
fn what_a_caller_marks_private_is_told_as_private_and_forwarded_to_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (ada, grace) = (enable(&store, "4001").id, enable(&store, "4002").id);
    begin(&store, 1, ada).unwrap();
    store.append(1, block(0, 1, 4000, true)).unwrap();
    let details = MessageDetails { private: true, ..details(500) };

    let committed = ask(&store, StoreRequestKind::CommitMessage { recording: 1, details });

    let Ok(StoreReplyKind::Committed { message }) = committed else { panic!("{committed:?}") };
    let told = listed(&store, ada).remove(0);
    assert_eq!((told.id, told.urgent, told.private), (message, true, true));
    let forwarding = OutgoingMessage { forwarded: Some(message), ..to(ada, grace) };
    assert_eq!(send(&store, None, &forwarding), Ok(false));
    assert_eq!(store.messages(grace).unwrap(), []);
}

#[test]
fn what_cannot_be_sent_is_not_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (ada, grace) = (enable(&store, "4001").id, enable(&store, "4002").id);
    let gone = enable(&store, "4003").id;
    store.disable_mailbox(gone, MessagesOfDisabled::Keep).unwrap();
    let of_grace = leave_message(&store, 1, grace);
    let private = {
        let recording = draft(&store, 2, grace, (AudioCodec::Pcmu, &[5; 800]));
        let message = OutgoingMessage { private: true, ..to(grace, ada) };
        send(&store, Some(recording), &message).unwrap();
        store.messages(ada).unwrap()[0].id
    };
    let files = audio_files(&store);

    for (case, message) in [
        ("no receiver", to(ada, gone)),
        ("no sender", to(gone, grace)),
        ("private", OutgoingMessage { forwarded: Some(private), ..to(ada, grace) }),
        ("of somebody else", OutgoingMessage { forwarded: Some(of_grace), ..to(ada, grace) }),
        ("gone", OutgoingMessage { forwarded: Some(MessageId(99)), ..to(ada, grace) }),
    ] {
        let recording = draft(&store, 3, ada, (AudioCodec::Pcmu, &[5; 800]));
        assert_eq!(send(&store, Some(recording), &message), Ok(false), "{case}");
    }
    assert_eq!(send(&store, None, &to(ada, grace)), Ok(false));

    assert_eq!(audio_files(&store), files);
    assert_eq!(store.messages(grace).unwrap().len(), 1);
}

#[test]
fn a_message_that_has_grown_beyond_two_hours_is_not_forwarded() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (ada, grace) = (enable(&store, "4001").id, enable(&store, "4002").id);
    let long = leave_message(&store, 1, ada);
    let grown = |milliseconds: i64| {
        let write = |transaction: &rusqlite::Transaction<'_>| {
            let update = "UPDATE messages SET length = ?1 WHERE id = ?2";
            Ok::<_, StoreError>(transaction.execute(update, [milliseconds, long.0]).unwrap())
        };
        store.shared().database.write(write).unwrap();
    };
    let message = OutgoingMessage { forwarded: Some(long), ..to(ada, grace) };
    assert_eq!(SENT_LONGEST, Duration::from_secs(7200));

    grown(7_200_001);
    assert_eq!(send(&store, None, &message), Ok(false));
    grown(7_200_000);
    assert_eq!(send(&store, None, &message), Ok(true));
}

#[test]
fn a_damaged_message_is_forwarded_as_far_as_it_can_be_read_and_marked_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (ada, grace) = (enable(&store, "4001").id, enable(&store, "4002").id);
    let forwarded = leave_message(&store, 1, ada);
    let path = store.path_of(&store.message(forwarded).unwrap().file);
    let mut bytes = std::fs::read(&path).unwrap();
    let in_second_block = bytes.len() - 2012 - 100;
    bytes[in_second_block] ^= 1;
    std::fs::write(&path, bytes).unwrap();

    let message = OutgoingMessage { forwarded: Some(forwarded), ..to(ada, grace) };
    assert_eq!(send(&store, None, &message), Ok(true));

    let (id, octets) = only_audio(&store, grace);
    assert_eq!(octets, vec![1; 4000]);
    assert!(store.message(id).unwrap().interrupted);
}

#[test]
fn a_message_that_was_sent_survives_a_power_cut_and_one_that_was_not_leaves_nothing() {
    for (operation, is_sent) in
        [(None, true), (Some(Operation::SyncFile), false), (Some(Operation::SyncFolder), false)]
    {
        let folder = tempfile::tempdir().unwrap();
        let disk = FaultyDisk::default();
        let (store, _) = Store::open_on(Arc::new(disk.clone()), folder.path(), options()).unwrap();
        let (ada, grace) = (enable(&store, "4001").id, enable(&store, "4002").id);
        let recording = draft(&store, 1, ada, (AudioCodec::Pcmu, &[5; 9000]));
        if let Some(operation) = operation {
            disk.fail(operation, 0, Fault::Refused(Errno::IO));
        }

        let sent = send(&store, Some(recording), &to(ada, grace));

        assert_eq!(sent.is_ok(), is_sent, "{operation:?}");
        disk.kill();
        drop(store);
        disk.cut_power();
        let (store, left) = Store::open(folder.path(), options()).unwrap();
        let octets: Vec<u64> = store.messages(grace).unwrap().iter().map(|message| message.octets).collect();
        assert_eq!(octets, if is_sent { vec![9000] } else { vec![] }, "{operation:?}");
        assert_eq!((left.unfinished.len(), left.unreadable.len()), (0, 0), "{operation:?}");
    }
}
