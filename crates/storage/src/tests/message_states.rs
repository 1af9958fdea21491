//! Where messages stand, how many there are of each, what the phone lists, and who is told of a change.
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use mailbox::{
    MailboxChange, MailboxId, MessageCounts, MessageId, MessageState, MessageSummary, PhoneChange,
    PhoneQuestion, RecordedName, StoreReplyKind, StoreRequestKind,
};
use rusqlite::params;
use telephony::AudioCodec;

use super::{ask, at, begin, commit, enable, leave_message, new_mailbox, noon, open, options};
use crate::{
    MessagesOfDisabled, Store, StoreError, StoreNotice, StoreOptions,
    phone::messages::{LISTED_AT_MOST, SENDERS_NAMED},
};

type Told = Arc<Mutex<Vec<StoreNotice>>>;

fn listening(folder: &std::path::Path) -> (Store, Told) {
    let told = Told::default();
    let telling = Arc::clone(&told);
    let on_notice = Arc::new(move |notice| telling.lock().unwrap().push(notice));
    (Store::open(folder, StoreOptions { on_notice, ..options() }).unwrap().0, told)
}

fn taken(told: &Told) -> Vec<StoreNotice> {
    std::mem::take(&mut told.lock().unwrap())
}

fn changed(mailbox: MailboxId) -> StoreNotice {
    StoreNotice::MailboxChanged { mailbox }
}

fn mark(store: &Store, mailbox: MailboxId, message: MessageId, state: MessageState) -> bool {
    let what = PhoneChange::Message { mailbox, message, state };
    match ask(store, StoreRequestKind::Change { at: noon(), what }).unwrap() {
        StoreReplyKind::Changed(changed) => changed,
        other => panic!("{other:?}"),
    }
}

pub(super) fn listed(store: &Store, mailbox: MailboxId) -> Vec<MessageSummary> {
    match ask(store, StoreRequestKind::Phone(PhoneQuestion::Messages { mailbox })).unwrap() {
        StoreReplyKind::Messages(messages) => messages,
        other => panic!("{other:?}"),
    }
}

fn ids(messages: &[MessageSummary]) -> Vec<i64> {
    messages.iter().map(|message| message.id.0).collect()
}

/// A row alone, without audio; received so many seconds after noon.
fn insert(store: &Store, mailbox: MailboxId, seconds: i64, (urgent, state): (bool, u8)) -> MessageId {
    let received = noon().as_microsecond() + seconds * 1_000_000;
    let write = |transaction: &rusqlite::Transaction<'_>| {
        transaction
            .execute(
                "INSERT INTO messages (mailbox, received, length, codec, call_id, urgent, interrupted, state, file,
                                       blocks, octets)
                 VALUES (?1, ?2, 1000, 0, 'c', ?3, 0, ?4, ?5, 0, 0)",
                params![mailbox.0, received, urgent, state, format!("audio/{mailbox}-{seconds}")],
            )
            .unwrap();
        Ok::<_, StoreError>(MessageId(transaction.last_insert_rowid()))
    };
    store.shared().database.write(write).unwrap()
}

#[test]
fn a_message_goes_from_new_to_saved_to_deleted_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    let id = leave_message(&store, 1, ada);
    let counts = |new, old| MessageCounts { new, new_urgent: new, old, old_urgent: old };

    assert_eq!(store.message(id).unwrap().state, MessageState::New);
    assert_eq!(store.counts(ada).unwrap(), counts(1, 0));
    assert!(mark(&store, ada, id, MessageState::Saved));
    assert_eq!(store.counts(ada).unwrap(), counts(0, 1));
    assert!(mark(&store, ada, id, MessageState::Deleted));
    assert_eq!(store.counts(ada).unwrap(), counts(0, 0));
    assert_eq!((store.messages(ada).unwrap().len(), listed(&store, ada).len()), (0, 0));
    assert_eq!(store.deleted_messages(ada).unwrap()[0].deleted_at, Some(noon()));
    assert!(mark(&store, ada, id, MessageState::New));

    let message = store.message(id).unwrap();
    assert_eq!((message.state, message.deleted_at), (MessageState::New, None));
    assert_eq!(store.counts(ada).unwrap(), counts(1, 0));
}

#[test]
fn a_message_is_marked_in_its_own_mailbox_only() {
    let folder = tempfile::tempdir().unwrap();
    let (store, told) = listening(folder.path());
    let (ada, grace) = (enable(&store, "4001").id, enable(&store, "4002").id);
    let id = leave_message(&store, 1, ada);
    taken(&told);

    assert!(!mark(&store, grace, id, MessageState::Deleted));
    assert!(!mark(&store, ada, MessageId(99), MessageState::Saved));

    assert_eq!(store.message(id).unwrap().state, MessageState::New);
    assert_eq!(taken(&told), []);
}

#[test]
fn deleted_twice_a_message_is_kept_from_the_first_time_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    let id = leave_message(&store, 1, ada);

    assert!(store.mark_message(ada, id, MessageState::Deleted, noon()).unwrap());
    assert!(store.mark_message(ada, id, MessageState::Deleted, at("2026-12-24T12:00:00Z")).unwrap());

    assert_eq!(store.message(id).unwrap().deleted_at, Some(noon()));
}

#[test]
fn the_phone_lists_new_before_saved_urgent_before_others_and_the_oldest_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    let grace = enable(&store, "4002").id;
    let saved_urgent = insert(&store, ada, 1, (true, 1));
    let saved = insert(&store, ada, 0, (false, 1));
    let _deleted = insert(&store, ada, 2, (true, 2));
    let newest = insert(&store, ada, 9, (false, 0));
    let new = insert(&store, ada, 4, (false, 0));
    let new_urgent = insert(&store, ada, 8, (true, 0));
    insert(&store, grace, 0, (true, 0));

    let told = [new_urgent, new, newest, saved_urgent, saved].map(|id| id.0);
    assert_eq!(ids(&listed(&store, ada)), told);
    let ada_counts = MessageCounts { new: 3, new_urgent: 1, old: 2, old_urgent: 1 };
    let grace_counts = MessageCounts { new: 1, new_urgent: 1, old: 0, old_urgent: 0 };
    assert_eq!(store.counts(ada).unwrap(), ada_counts);
    assert_eq!(Vec::from_iter(store.all_counts().unwrap()), [(ada, ada_counts), (grace, grace_counts)]);
    assert_eq!(store.counts(MailboxId(99)).unwrap(), MessageCounts::default());
}

#[test]
fn a_list_ends_after_a_thousand_messages() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    let write = |transaction: &rusqlite::Transaction<'_>| {
        let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1002)
             INSERT INTO messages (mailbox, received, length, codec, call_id, urgent, interrupted, file, blocks, octets)
             SELECT ?1, i, 1000, 0, 'c', 0, 0, 'audio/' || i, 0, 0 FROM n";
        Ok::<_, StoreError>(transaction.execute(many, [ada.0]).unwrap())
    };
    store.shared().database.write(write).unwrap();

    let messages = listed(&store, ada);

    assert_eq!((LISTED_AT_MOST, messages.len()), (1000, 1000));
    assert_eq!(messages[0].received, Timestamp::from_microsecond(1).unwrap());
}

#[test]
fn the_sender_is_the_mailbox_whose_number_called() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    let grace = store.enable_mailbox(&new_mailbox("4002", &["+14255550123"]), None, noon()).unwrap();
    let spoken = RecordedName::new(AudioCodec::Pcmu, vec![7; 8000]).unwrap();
    store.set_recorded_name(grace.id, &spoken).unwrap();

    leave_message(&store, 1, ada);

    let sender = listed(&store, ada)[0].sender.clone().unwrap();
    assert_eq!(
        (sender.id, sender.extension.as_str(), sender.name.as_str()),
        (grace.id, "4002", "Person 4002")
    );
    assert_eq!(sender.recorded_name, Some(spoken));
    store.disable_mailbox(grace.id, MessagesOfDisabled::Keep).unwrap();
    assert_eq!(listed(&store, ada)[0].sender, None);
}

#[test]
fn a_list_carries_the_recorded_names_of_a_hundred_senders() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    let spoken = RecordedName::new(AudioCodec::Pcmu, vec![7; 8]).unwrap();
    for number in 0..101 {
        let sender = enable(&store, &format!("{}", 5000 + number)).id;
        store.set_recorded_name(sender, &spoken).unwrap();
        let id = insert(&store, ada, number, (false, 0));
        let sent = |transaction: &rusqlite::Transaction<'_>| {
            let update = "UPDATE messages SET sender = ?1 WHERE id = ?2";
            Ok::<_, StoreError>(transaction.execute(update, [sender.0, id.0]).unwrap())
        };
        store.shared().database.write(sent).unwrap();
    }

    let messages = listed(&store, ada);

    let named = messages.iter().filter_map(|message| message.sender.as_ref()?.recorded_name.as_ref()).count();
    assert_eq!((SENDERS_NAMED, named), (100, 100));
    assert_eq!(messages.iter().filter(|message| message.sender.is_some()).count(), 101);
}

#[test]
fn who_listens_is_told_of_every_change_of_counts_after_its_commit_and_before_its_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (store, told) = listening(folder.path());
    let (ada, grace) = (enable(&store, "4001"), enable(&store, "4002"));
    assert_eq!(taken(&told), [changed(ada.id), changed(grace.id)]);
    store.change_mailbox(ada.id, &MailboxChange::default()).unwrap();
    assert_eq!(taken(&told), [changed(ada.id)]);

    let first = leave_message(&store, 1, ada.id);
    assert_eq!(taken(&told), [changed(ada.id)]);
    mark(&store, ada.id, first, MessageState::Saved);
    assert_eq!(taken(&told), [changed(ada.id)]);
    mark(&store, ada.id, first, MessageState::Saved);
    assert_eq!(taken(&told), []);
    store.delete_message(first).unwrap();
    assert_eq!(taken(&told), [changed(ada.id)]);
    begin(&store, 2, grace.id).unwrap();
    store.disable_mailbox(grace.id, MessagesOfDisabled::Keep).unwrap();
    assert_eq!(taken(&told), [StoreNotice::MailboxGone { mailbox: Box::new(grace) }]);
    assert!(commit(&store, 2, 0).is_err());
    assert_eq!(taken(&told), []);
}

#[test]
fn what_is_recovered_at_the_start_is_told_too() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    begin(&store, 1, ada).unwrap();
    store.shutdown();
    let told = Told::default();
    let telling = Arc::clone(&told);
    let on_notice = Arc::new(move |notice| telling.lock().unwrap().push(notice));
    let (store, left) = Store::open(folder.path(), StoreOptions { on_notice, ..options() }).unwrap();

    store.recover(&left.unfinished[0], super::details(0)).unwrap();

    assert_eq!(taken(&told), [changed(ada)]);
    assert_eq!(store.counts(ada).unwrap().new, 1);
}

#[test]
fn deleted_messages_do_not_keep_a_mailbox_and_go_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    let id = leave_message(&store, 1, ada);
    let kept = store.disable_mailbox(ada, MessagesOfDisabled::Keep);
    assert!(matches!(kept, Err(StoreError::MailboxHasMessages { count: 1, .. })), "{kept:?}");

    store.mark_message(ada, id, MessageState::Deleted, noon()).unwrap();
    store.disable_mailbox(ada, MessagesOfDisabled::Keep).unwrap();

    assert!(matches!(store.message(id), Err(StoreError::NoSuchMessage { .. })));
    assert_eq!(super::audio_files(&store), 0);
}

#[test]
fn what_was_heard_before_the_schema_had_states_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("um.db");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(crate::database::migration::MIGRATIONS[0]).unwrap();
    old.execute_batch(
        "INSERT INTO mailboxes (dial_plan, extension, name, policy, created) VALUES ('hq', '4001', 'Ada', 'p', 0);
         INSERT INTO messages (mailbox, received, length, codec, call_id, urgent, interrupted, read, file, blocks, octets)
         VALUES (1, 0, 1, 0, 'a', 0, 0, 1, 'audio/a', 0, 0), (1, 1, 1, 0, 'b', 1, 0, 0, 'audio/b', 0, 0);
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);

    let store = open(folder.path());

    let messages = store.messages(MailboxId(1)).unwrap();
    let told: Vec<(MessageState, bool)> =
        messages.iter().map(|message| (message.state, message.urgent)).collect();
    assert_eq!(told, [(MessageState::Saved, false), (MessageState::New, true)]);
}
