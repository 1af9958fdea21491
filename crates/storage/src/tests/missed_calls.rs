//! Callers who left nothing, and the outbox.
use jiff::{SignedDuration, Timestamp};
use mailbox::{MailboxId, MissedCall, NewMailbox, StoreReplyKind, StoreRequestKind};
use telephony::Extension;

use super::{ask, enable, leave_message, new_mailbox, noon, open};
use crate::{
    MISSED_CALLS_KEPT, MailboxFilter, MessagesOfDisabled, MissedCallFilter, OUTBOX_KEPT, OutboxItem, Store,
    StoreError, messages::purge,
};

fn missed(mailbox: MailboxId, at: Timestamp) -> MissedCall {
    MissedCall {
        mailbox,
        at,
        caller: Some("+14255550123".into()),
        caller_name: None,
        call_id: "call-1@gw1".into(),
    }
}

fn note(store: &Store, call: MissedCall) -> bool {
    match ask(store, StoreRequestKind::NoteMissed(call)).unwrap() {
        StoreReplyKind::Changed(changed) => changed,
        other => panic!("{other:?}"),
    }
}

/// The newest missed calls of a mailbox.
fn of(store: &Store, extension: &str, limit: u32) -> Vec<MissedCall> {
    let extension = Some(Extension::parse(extension).unwrap());
    let filter = MissedCallFilter { mailboxes: MailboxFilter { extension, dial_plan: None }, since: None };
    store.list_missed_calls(&filter, limit).unwrap().into_iter().map(|row| row.call).collect()
}

fn later(minutes: i64) -> Timestamp {
    noon() + SignedDuration::from_mins(minutes)
}

#[test]
fn missed_calls_are_listed_the_newest_first_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (ada, grace) = (enable(&store, "4001").id, enable(&store, "4002").id);

    for (mailbox, minutes) in [(ada, 1), (ada, 3), (ada, 2), (grace, 4)] {
        assert!(note(&store, missed(mailbox, later(minutes))));
    }
    store.shutdown();
    let store = open(folder.path());

    let told: Vec<Timestamp> = of(&store, "4001", 2).into_iter().map(|call| call.at).collect();
    assert_eq!(told, [later(3), later(2)]);
    assert_eq!(of(&store, "4002", 9), [missed(grace, later(4))]);
}

#[test]
fn missed_calls_of_all_mailboxes_are_asked_for_by_date_plan_and_extension() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (ada, grace) = (enable(&store, "4001").id, enable(&store, "4002").id);
    let lab = NewMailbox { dial_plan: "lab".into(), ..new_mailbox("4001", &[]) };
    let lab = store.enable_mailbox(&lab, None, noon()).unwrap().id;
    for (mailbox, minutes) in [(ada, 1), (grace, 2), (lab, 3), (ada, 4)] {
        assert!(note(&store, missed(mailbox, later(minutes))));
    }
    let since = |minutes| Some(later(minutes));
    let hq = || Some("hq".to_owned());
    let extension = |text| Some(Extension::parse(text).unwrap());
    let table = [
        (None, None, None, 9, vec!["4001@hq 4", "4001@lab 3", "4002@hq 2", "4001@hq 1"]),
        (None, None, None, 2, vec!["4001@hq 4", "4001@lab 3"]),
        (since(3), None, None, 9, vec!["4001@hq 4", "4001@lab 3"]),
        (since(5), None, None, 9, vec![]),
        (None, hq(), None, 9, vec!["4001@hq 4", "4002@hq 2", "4001@hq 1"]),
        (None, None, extension("4001"), 9, vec!["4001@hq 4", "4001@lab 3", "4001@hq 1"]),
        (since(2), hq(), extension("4001"), 9, vec!["4001@hq 4"]),
        (None, hq(), extension("4003"), 9, vec![]),
    ];

    for (since, dial_plan, extension, limit, expected) in table {
        let filter = MissedCallFilter { since, mailboxes: MailboxFilter { dial_plan, extension } };
        let rows = store.list_missed_calls(&filter, limit).unwrap();
        let minutes = |call: &MissedCall| call.at.duration_since(noon()).as_mins();
        let told: Vec<String> = rows
            .iter()
            .map(|row| format!("{}@{} {}", row.extension, row.dial_plan, minutes(&row.call)))
            .collect();
        assert_eq!(told, expected, "{filter:?}");
    }
}

#[test]
fn a_missed_call_of_a_mailbox_that_is_gone_is_not_kept_and_fails_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    assert!(note(&store, missed(ada, noon())));
    store.disable_mailbox(ada, MessagesOfDisabled::Keep).unwrap();

    assert!(!note(&store, missed(ada, later(1))));

    assert_eq!(of(&store, "4001", 9), []);
    assert_eq!(store.outbox(9).unwrap(), []);
}

#[test]
fn every_message_and_missed_call_is_in_the_outbox_until_it_is_taken_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;

    let message = leave_message(&store, 1, ada);
    note(&store, missed(ada, later(1)));
    let deleted = leave_message(&store, 2, ada);
    store.delete_message(deleted).unwrap();

    let outbox = store.outbox(9).unwrap();
    let items: Vec<(MailboxId, OutboxItem)> = outbox.iter().map(|row| (row.mailbox, row.item)).collect();
    assert_eq!(items, [(ada, OutboxItem::Message(message)), (ada, OutboxItem::Missed(1))]);
    assert_eq!(store.outbox(1).unwrap(), outbox[..1]);
    for _ in 0..2 {
        store.take_from_outbox(outbox[0].id).unwrap();
    }
    assert_eq!(store.outbox(9).unwrap(), outbox[1..]);
}

#[test]
fn missed_calls_and_untold_items_go_after_ninety_days() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    note(&store, missed(ada, noon()));
    assert_eq!(purge::MISSED_CALLS_DAYS, 90);

    assert_eq!(store.purge(noon() + SignedDuration::from_hours(24 * 90)).unwrap().missed, 0);
    assert_eq!(store.purge(noon() + SignedDuration::from_secs(24 * 90 * 3600 + 1)).unwrap().missed, 1);

    assert_eq!((of(&store, "4001", 9).len(), store.outbox(9).unwrap().len()), (0, 0));
}

#[test]
fn of_more_than_a_hundred_thousand_missed_calls_the_oldest_go() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    for minutes in 0..3 {
        note(&store, missed(ada, later(minutes)));
    }
    let far = |transaction: &rusqlite::Transaction<'_>| {
        let moved = "UPDATE sqlite_sequence SET seq = 100001 WHERE name IN ('missed_calls', 'outbox')";
        Ok::<_, StoreError>(transaction.execute(moved, []).unwrap())
    };
    store.shared().database.write(far).unwrap();
    assert_eq!((MISSED_CALLS_KEPT, OUTBOX_KEPT), (100_000, 100_000));

    note(&store, missed(ada, later(3)));

    let told: Vec<Timestamp> = of(&store, "4001", 9).into_iter().map(|call| call.at).collect();
    assert_eq!(told, [later(3), later(2)]);
    assert_eq!(store.outbox(9).unwrap().len(), 2);
}
