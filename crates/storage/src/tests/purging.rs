//! What has reached the end of its time.
use std::{collections::BTreeMap, sync::Arc};

use dial_plan::MailboxQuota;
use jiff::{SignedDuration, Timestamp};
use mailbox::{LogOn, MessageCounts, MessageState, PinAttempt, PinRules};

use super::{
    at, audio_files, leave_message,
    log_on::{RIGHT, attempt, chosen, log_on},
    noon, open,
    quota::{site, strict},
};
use crate::{Purged, Store};

/// So many whole days after the messages of the tests were received, and a second more.
fn days(days: i64) -> Timestamp {
    at("2026-11-05T12:00:31.5Z") + SignedDuration::from_hours(24 * days)
}

fn with(quota: MailboxQuota, folder: &std::path::Path) -> Store {
    let store = open(folder);
    store.save_site(&site(quota), "root", "new", noon()).unwrap();
    store
}

#[test]
fn a_deleted_message_can_be_restored_until_its_days_are_over() {
    let folder = tempfile::tempdir().unwrap();
    let store = with(MailboxQuota { deleted_retention_days: 7, ..MailboxQuota::default() }, folder.path());
    let ada = strict(&store, "4001");
    let (kept, deleted) = (leave_message(&store, 1, ada), leave_message(&store, 2, ada));
    store.mark_message(ada, deleted, MessageState::Deleted, days(0)).unwrap();

    let early = days(7) - SignedDuration::from_micros(1);
    assert_eq!(store.purge(early).unwrap(), Purged::default());
    assert!(store.mark_message(ada, deleted, MessageState::New, early).unwrap());
    assert_eq!(store.purge(days(400)).unwrap(), Purged::default());
    store.mark_message(ada, deleted, MessageState::Deleted, days(400)).unwrap();
    assert_eq!(store.purge(days(407)).unwrap(), Purged { aged: 0, removed: 1, missed: 0 });

    assert!(!store.mark_message(ada, deleted, MessageState::New, days(407)).unwrap());
    assert_eq!(audio_files(&store), 1);
    assert_eq!(store.messages(ada).unwrap()[0].id, kept);
}

#[test]
fn a_message_that_is_too_old_is_deleted_as_by_its_owner_and_removed_later() {
    let folder = tempfile::tempdir().unwrap();
    let quota =
        MailboxQuota { max_message_age_days: 30, deleted_retention_days: 7, ..MailboxQuota::default() };
    let store = with(quota, folder.path());
    let ada = strict(&store, "4001");
    let id = leave_message(&store, 1, ada);

    assert_eq!(store.purge(days(29)).unwrap(), Purged::default());
    assert_eq!(store.purge(days(30)).unwrap(), Purged { aged: 1, removed: 0, missed: 0 });
    assert_eq!(store.counts(ada).unwrap(), MessageCounts::default());
    assert_eq!(store.deleted_messages(ada).unwrap()[0].deleted_at, Some(days(30)));
    // Restored, it is as young as on its first day.
    assert!(store.mark_message(ada, id, MessageState::New, days(31)).unwrap());
    assert_eq!(store.purge(days(60)).unwrap(), Purged::default());
    assert_eq!(store.purge(days(62)).unwrap(), Purged { aged: 1, removed: 0, missed: 0 });
    assert_eq!(store.purge(days(69)).unwrap(), Purged { aged: 0, removed: 1, missed: 0 });

    assert_eq!(audio_files(&store), 0);
}

/// Days after the message, and how many messages its owner is told of.
#[test]
fn owner_is_told_of_messages_that_are_nearly_too_old_and_not_of_deleted_ones() {
    let folder = tempfile::tempdir().unwrap();
    let quota = MailboxQuota { max_message_age_days: 30, warning_percent: 80, ..MailboxQuota::default() };
    let store = with(quota, folder.path());
    let (ada, grace) = (strict(&store, "4001"), super::enable(&store, "4002").id);
    let ids = [1, 2, 3].map(|number| leave_message(&store, number, ada));
    leave_message(&store, 4, grace);
    let told = |at| store.deleted_soon(ada, at).unwrap();
    store.set_pin(ada, &chosen(RIGHT), "root", noon()).unwrap();

    assert_eq!((told(days(0)), told(days(23))), (Some(0), Some(0)));
    assert_eq!(told(days(24)), Some(3));
    store.mark_message(ada, ids[0], MessageState::Deleted, days(25)).unwrap();
    store.mark_message(ada, ids[1], MessageState::Saved, days(25)).unwrap();
    assert_eq!(told(days(26)), Some(2));
    let rules = Arc::new(BTreeMap::from([("strict".to_owned(), PinRules::default())]));
    let by_phone = log_on(&store, &PinAttempt { at: days(26), rules, ..attempt("4001", RIGHT) });
    let LogOn::Opened(subscriber) = by_phone else { panic!("refused") };
    assert_eq!(subscriber.deleted_soon, 2);
    store.purge(days(30)).unwrap();
    assert_eq!(told(days(30)), Some(0));
    // Restored, it is as young as on its first day.
    store.mark_message(ada, ids[2], MessageState::New, days(31)).unwrap();
    assert_eq!((told(days(54)), told(days(56))), (Some(0), Some(1)));
    assert_eq!(store.deleted_soon(grace, days(400)).unwrap(), None);
}

#[test]
fn messages_of_other_policies_and_without_an_age_stay() {
    let folder = tempfile::tempdir().unwrap();
    let store = with(MailboxQuota { max_message_age_days: 1, ..MailboxQuota::default() }, folder.path());
    let grace = super::enable(&store, "4002").id;
    leave_message(&store, 1, grace);

    assert_eq!(store.purge(days(3000)).unwrap(), Purged::default());
    assert_eq!(store.messages(grace).unwrap().len(), 1);
}

#[test]
fn a_purge_goes_through_more_messages_than_one_transaction_takes() {
    let folder = tempfile::tempdir().unwrap();
    let quota =
        MailboxQuota { max_message_age_days: 30, deleted_retention_days: 0, ..MailboxQuota::default() };
    let store = with(quota, folder.path());
    let ada = strict(&store, "4001");
    let write = |transaction: &rusqlite::Transaction<'_>| {
        let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1203)
             INSERT INTO messages (mailbox, received, length, codec, call_id, urgent, interrupted, file, blocks, octets)
             SELECT ?1, i, 1000, 0, 'c', 0, 0, 'audio/' || i, 0, 0 FROM n";
        Ok::<_, crate::StoreError>(transaction.execute(many, [ada.0]).unwrap())
    };
    store.shared().database.write(write).unwrap();

    assert_eq!(store.purge(noon()).unwrap(), Purged { aged: 1203, removed: 1203, missed: 0 });

    assert_eq!((store.messages(ada).unwrap().len(), store.deleted_messages(ada).unwrap().len()), (0, 0));
}
