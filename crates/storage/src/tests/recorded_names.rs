//! Recorded names, and the schema that brought them.
use std::{fs, time::Duration};

use mailbox::{MailboxId, Message, RecordedName, StoreReplyKind, StoreRequestKind};
use rusqlite::Connection;
use telephony::{AudioCodec, PhoneNumber};

use super::{
    ask, at, enable, found,
    log_on::{attempt, log_on, standing},
    noon, open,
};
use crate::{MailboxFilter, MessagesOfDisabled, Store, StoreError};

fn name(codec: AudioCodec, octet: u8) -> RecordedName {
    RecordedName::new(codec, vec![octet; 12_000]).unwrap()
}

fn look_up(store: &Store) -> Option<RecordedName> {
    let what =
        StoreRequestKind::FindMailbox { dial_plan: "hq".into(), candidates: vec!["4001".into()], at: noon() };
    match ask(store, what) {
        Ok(StoreReplyKind::Mailbox(Some(found))) => found.recorded_name,
        other => panic!("{other:?}"),
    }
}

#[test]
fn recorded_name_comes_with_the_lookup_of_the_next_call_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001");
    assert_eq!((ada.recorded_name, look_up(&store)), (None, None));

    store.set_recorded_name(ada.id, &name(AudioCodec::Pcma, 1)).unwrap();
    let changed = store.set_recorded_name(ada.id, &name(AudioCodec::Pcmu, 2)).unwrap();

    assert_eq!(changed.recorded_name, Some(Duration::from_millis(1500)));
    assert_eq!(look_up(&store), Some(name(AudioCodec::Pcmu, 2)));
    store.shutdown();
    let store = open(folder.path());
    assert_eq!(look_up(&store), Some(name(AudioCodec::Pcmu, 2)));
    assert_eq!(store.recorded_name(ada.id).unwrap(), Some(name(AudioCodec::Pcmu, 2)));
    let listed = store.mailboxes(&MailboxFilter::default()).unwrap();
    assert_eq!(listed[0].recorded_name, Some(Duration::from_millis(1500)));
}

#[test]
fn removed_name_is_gone_and_removing_it_twice_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001");
    store.set_recorded_name(ada.id, &name(AudioCodec::Pcmu, 2)).unwrap();

    for _ in 0..2 {
        assert_eq!(store.remove_recorded_name(ada.id).unwrap().recorded_name, None);
        assert_eq!(look_up(&store), None);
    }
}

#[test]
fn name_goes_with_its_mailbox() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001");
    store.set_recorded_name(ada.id, &name(AudioCodec::Pcmu, 2)).unwrap();

    store.disable_mailbox(ada.id, MessagesOfDisabled::Keep).unwrap();

    assert_eq!(store.recorded_name(ada.id).unwrap(), None);
}

#[test]
fn mailbox_that_is_not_there_gets_no_name() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());

    let set = store.set_recorded_name(MailboxId(99), &name(AudioCodec::Pcmu, 2));
    let removed = store.remove_recorded_name(MailboxId(99));

    assert!(matches!(set, Err(StoreError::NoSuchMailbox { mailbox: MailboxId(99) })));
    assert!(matches!(removed, Err(StoreError::NoSuchMailbox { mailbox: MailboxId(99) })));
}

/// A database that the program with schema 1 wrote: a site, mailboxes 4001 (a number, a PIN, a message) and 4002.
#[test]
fn database_of_schema_1_is_copied_and_keeps_all_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("um.db");
    fs::write(&database, include_bytes!("vectors/schema-1.db")).unwrap();

    let store = open(folder.path());

    let mailboxes = store.mailboxes(&MailboxFilter::default()).unwrap();
    let ada = &mailboxes[0];
    assert_eq!([ada.extension.as_str(), mailboxes[1].extension.as_str()], ["4001", "4002"]);
    assert_eq!(ada.numbers, [PhoneNumber::parse("+14255554001").unwrap()]);
    assert_eq!((ada.created, ada.recorded_name), (noon(), None));
    assert_eq!(store.load_site().unwrap().revision, 1);
    let messages: Vec<Message> = store.messages(ada.id).unwrap();
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].received, messages[0].octets), (at("2026-11-05T12:00:30.5Z"), 10_000));
    assert!(standing(log_on(&store, &attempt("4001", "739142"))).is_some());
    store.set_recorded_name(ada.id, &name(AudioCodec::Pcmu, 2)).unwrap();
    assert_eq!(look_up(&store), Some(name(AudioCodec::Pcmu, 2)));
    let without_name = found(0, &mailboxes[1]);
    let what =
        StoreRequestKind::FindMailbox { dial_plan: "hq".into(), candidates: vec!["4002".into()], at: noon() };
    assert_eq!(ask(&store, what), Ok(StoreReplyKind::Mailbox(Some(without_name))));
    let copy = Connection::open(folder.path().join("um.db.before-2")).unwrap();
    let version: i64 = copy.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 1);
}
