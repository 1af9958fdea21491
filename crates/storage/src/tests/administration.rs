use std::{os::unix::fs::PermissionsExt, sync::PoisonError};

use dial_plan::Site;
use jiff::{SignedDuration, Timestamp};
use mailbox::{CallMedia, CallRecord, CallResult, MailboxChange, MessageId, NewMailbox, PinStanding};
use rusqlite::Connection;
use telephony::{Event, Extension, PhoneNumber, kind};

use super::{
    at, enable,
    log_on::{attempt, log_on, standing},
    new_mailbox, noon, open, options, pin,
};
use crate::{
    CallFilter, ImportError, ImportMode, ImportRefusal, ImportRow, MailboxConflict, MailboxFilter,
    MessagesOfDisabled, PinOrigin, Store, StoreError, StoreOptions,
};

#[test]
fn a_second_server_is_told_who_has_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let _store = open(folder.path());

    let Err(second) = Store::open(folder.path(), options()) else { panic!("both have the folder") };

    assert!(matches!(second, StoreError::Locked { pid: Some(pid), .. } if pid == std::process::id()));
    assert!(second.to_string().contains(&format!("in use by process {}", std::process::id())));
}

#[test]
fn folder_and_files_are_for_their_owner_alone() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a/b");
    let _store = open(&folder);
    let mode = |name: &str| folder.join(name).metadata().unwrap().permissions().mode() & 0o777;

    assert_eq!([mode(""), mode("audio")], [0o700, 0o700]);
    assert_eq!([mode("um.db"), mode("um.db-wal"), mode("um.lock")], [0o600, 0o600, 0o600]);
}

#[test]
fn a_database_of_a_later_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).shutdown();
    let connection = Connection::open(folder.path().join("um.db")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);

    let refused = Store::open(folder.path(), options()).map(|_| ());

    assert!(matches!(refused, Err(StoreError::DatabaseTooNew { found: 99, known: 4 })), "{refused:?}");
}

fn numbered(revision: u64) -> Site {
    let mut site = Site::empty();
    site.revision = revision;
    site
}

#[test]
fn the_site_is_saved_as_revisions_and_a_stale_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let first = numbered(1);
    let second = numbered(2);

    assert_eq!(store.load_site().unwrap(), Site::empty());
    store.save_site(&first, "root", "create dial plan hq", noon()).unwrap();
    store.save_site(&first, "root", "nothing", noon()).unwrap();
    store.save_site(&second, "ada", "create gateway gw1", at("2026-11-05T13:00:00Z")).unwrap();
    let stale = store.save_site(&numbered(4), "root", "late", noon());

    assert!(matches!(stale, Err(StoreError::SiteStale { base: 3, newest: 2 })), "{stale:?}");
    store.shutdown();
    let store = open(folder.path());
    assert_eq!(store.load_site().unwrap(), second);
    assert_eq!(store.site_at(1).unwrap(), Some(first));
    let told: Vec<(u64, String, String)> =
        store.site_revisions(10).unwrap().into_iter().map(|row| (row.revision, row.who, row.what)).collect();
    assert_eq!(
        told,
        [(2, "ada".into(), "create gateway gw1".into()), (1, "root".into(), "create dial plan hq".into())]
    );
}

#[test]
fn an_extension_is_unique_in_its_plan_and_free_in_another() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    enable(&store, "4001");

    let taken = store.enable_mailbox(&new_mailbox("4001", &[]), None, noon());
    let elsewhere = mailbox::NewMailbox { dial_plan: "branch".into(), ..new_mailbox("4001", &[]) };

    let Err(StoreError::Mailbox(conflict)) = taken else { panic!("{taken:?}") };
    assert_eq!(
        conflict,
        MailboxConflict::ExtensionTaken {
            dial_plan: "hq".into(),
            extension: "4001".into(),
            holder: "4001".into()
        }
    );
    store.enable_mailbox(&elsewhere, None, noon()).unwrap();
    let filter = MailboxFilter { extension: Some(Extension::parse("4001").unwrap()), dial_plan: None };
    let plans: Vec<String> =
        store.mailboxes(&filter).unwrap().into_iter().map(|mailbox| mailbox.dial_plan).collect();
    assert_eq!(plans, ["branch", "hq"]);
    assert_eq!(store.count_mailboxes("hq").unwrap(), 1);
}

#[test]
fn a_number_means_one_mailbox_whether_alias_or_extension() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.enable_mailbox(&new_mailbox("4001", &["5001"]), None, noon()).unwrap();

    let as_extension = store.enable_mailbox(&new_mailbox("5001", &[]), None, noon());
    let as_alias = store.enable_mailbox(&new_mailbox("4002", &["4001"]), None, noon());

    assert!(matches!(as_extension, Err(StoreError::Mailbox(MailboxConflict::ExtensionTaken { .. }))));
    assert!(matches!(
        as_alias,
        Err(StoreError::Mailbox(MailboxConflict::NumberTaken { number, holder, .. })) if number == "4001" && holder == "4001"
    ));
    assert_eq!(store.count_mailboxes("hq").unwrap(), 1);
}

#[test]
fn a_mailbox_is_changed_as_a_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    enable(&store, "4001");
    let grace = store.enable_mailbox(&new_mailbox("4002", &["5002"]), None, noon()).unwrap();
    let numbers = |numbers: &[&str]| Some(numbers.iter().map(|n| PhoneNumber::parse(n).unwrap()).collect());

    let change = MailboxChange {
        name: Some("Grace".into()),
        email: Some(Some("grace@example.com".into())),
        numbers: numbers(&["+5002", "5003"]),
        policy: None,
    };
    let changed = store.change_mailbox(grace.id, &change).unwrap();
    let refused = store.change_mailbox(
        grace.id,
        &MailboxChange { name: Some("G".into()), numbers: numbers(&["5004", "4001"]), ..Default::default() },
    );

    assert_eq!(changed.numbers.iter().map(PhoneNumber::as_str).collect::<Vec<_>>(), ["+5002", "5003"]);
    assert_eq!(changed.email.as_deref(), Some("grace@example.com"));
    assert!(matches!(refused, Err(StoreError::Mailbox(MailboxConflict::NumberTaken { .. }))));
    assert_eq!(store.mailbox(grace.id).unwrap(), changed);
}

#[test]
fn a_disabled_mailbox_frees_its_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = store
        .enable_mailbox(&new_mailbox("4001", &["5001"]), Some(&pin("294815", PinOrigin::Chosen)), noon())
        .unwrap();

    store.disable_mailbox(ada.id, MessagesOfDisabled::Keep).unwrap();

    assert!(matches!(store.mailbox(ada.id), Err(StoreError::NoSuchMailbox { .. })));
    let next = store.enable_mailbox(&new_mailbox("5001", &["4001"]), None, noon()).unwrap();
    assert_ne!(next.id, ada.id);
    assert_eq!(store.pin_status(ada.id).unwrap(), None);
}

fn import_rows(count: u32) -> Vec<ImportRow> {
    (0..count)
        .map(|row| ImportRow {
            mailbox: new_mailbox(&format!("{}", 10_000 + row), &[&format!("+1425555{}", 10_000 + row)]),
            pin: Some(pin(&format!("{:06}", 294_815 + row), PinOrigin::Made)),
        })
        .collect()
}

#[test]
fn ten_thousand_mailboxes_are_imported_in_one_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());

    let ids = store.import_mailboxes(&import_rows(10_000), ImportMode::Store, noon()).unwrap();

    assert_eq!(ids.len(), 10_000);
    let listed = store.mailboxes(&MailboxFilter::default()).unwrap();
    assert_eq!(listed.len(), 10_000);
    assert_eq!(listed[9_999].numbers[0].as_str(), "+142555519999");
}

#[test]
fn an_import_with_bad_rows_names_them_all_and_stores_none() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    enable(&store, "10001");
    let mut rows = import_rows(4);
    rows[2].mailbox.name = " ".into();
    rows[3].mailbox.extension = rows[0].mailbox.extension.clone();

    let outcome = store.import_mailboxes(&rows, ImportMode::Store, noon());

    let Err(ImportError::Rows { refusals }) = outcome else { panic!("{outcome:?}") };
    let taken = |extension: &str| MailboxConflict::ExtensionTaken {
        dial_plan: "hq".into(),
        extension: extension.into(),
        holder: extension.into(),
    };
    let nameless = mailbox::MailboxRefusal::NameEmpty { extension: Extension::parse("10002").unwrap() };
    assert_eq!(
        refusals,
        [
            ImportRefusal { row: 1, why: taken("10001") },
            ImportRefusal { row: 2, why: MailboxConflict::Refused(nameless) },
            ImportRefusal { row: 3, why: taken("10000") },
        ]
    );
    assert_eq!(store.count_mailboxes("hq").unwrap(), 1);
}

#[test]
fn an_import_stops_telling_after_a_thousand_refusals() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let rows = vec![import_rows(1).remove(0); 1500];

    let Err(ImportError::Rows { refusals }) = store.import_mailboxes(&rows, ImportMode::Store, noon()) else {
        panic!("a number was given twice")
    };

    assert_eq!(refusals.len(), 1000);
}

#[test]
fn a_dry_run_stores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());

    assert_eq!(store.import_mailboxes(&import_rows(3), ImportMode::DryRun, noon()).unwrap(), []);
    assert_eq!(store.count_mailboxes("hq").unwrap(), 0);
}

/// Imported PINs whose hash is still a quick one.
fn quick_left(store: &Store) -> u32 {
    let counted = store.shared().database.read(|snapshot| {
        let sql = "SELECT count(*) FROM pins WHERE memory_kib = 0";
        Ok(snapshot.query_row(sql, [], |row| row.get(0)).unwrap())
    });
    counted.unwrap()
}

#[test]
fn hardening_does_not_stand_in_the_queue_of_log_ons() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let gate = store.shared().pin_gate.lock().unwrap_or_else(PoisonError::into_inner);

    store.import_mailboxes(&import_rows(40), ImportMode::Store, noon()).unwrap();

    while quick_left(&store) > 0 {
        std::thread::yield_now();
    }
    drop(gate);
}

#[test]
fn imported_pins_are_right_at_once_and_stay_right_when_they_are_hardened() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.import_mailboxes(&import_rows(40), ImportMode::Store, noon()).unwrap();

    assert_eq!(standing(log_on(&store, &attempt("10039", "294854"))), Some(PinStanding::MustChange));
    while quick_left(&store) > 0 {
        std::thread::yield_now();
    }

    assert_eq!(standing(log_on(&store, &attempt("10000", "294815"))), Some(PinStanding::MustChange));
    assert_eq!(standing(log_on(&store, &attempt("10039", "294854"))), Some(PinStanding::MustChange));
    assert_eq!(standing(log_on(&store, &attempt("10039", "294855"))), None);
}

#[test]
fn no_pin_stands_in_the_data_folder_or_in_a_debug_print() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let new_pin = pin("72940368", PinOrigin::Chosen);
    store.enable_mailbox(&new_mailbox("4001", &[]), Some(&new_pin), noon()).unwrap();
    store
        .import_mailboxes(
            &[ImportRow { mailbox: new_mailbox("4002", &[]), pin: Some(new_pin.clone()) }],
            ImportMode::Store,
            noon(),
        )
        .unwrap();

    for name in ["um.db", "um.db-wal"] {
        let bytes = std::fs::read(folder.path().join(name)).unwrap();
        assert!(!bytes.windows(8).any(|window| window == b"72940368"), "{name}");
    }
    assert_eq!(format!("{new_pin:?}"), "NewPin { pin: [secret], origin: Chosen }");
}

#[test]
fn events_are_bounded_and_the_oldest_go_first() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), StoreOptions { events_kept: 3, ..options() }).unwrap();

    for minute in 0..5 {
        let event = Event::new(&kind::CALL_REJECTED).with("reason", format!("number {minute}"));
        store.append_event(at(&format!("2026-11-05T12:0{minute}:00Z")), &event, minute + 1).unwrap();
    }

    let rows = store.list_events(None, 100).unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!(rows[0].fields, [("reason".to_owned(), "number 2".to_owned())]);
    assert_eq!((rows[0].kind, rows[0].name.as_str(), rows[0].count), (1021, "call-rejected", 3));
    let since = store.list_events(Some(at("2026-11-05T12:04:00Z")), 100).unwrap();
    assert_eq!(since.iter().map(|row| row.id).collect::<Vec<_>>(), [5]);
    assert_eq!(store.list_events(None, 1).unwrap()[0].id, 5);
    assert_eq!(store.events_after(3, 1).unwrap()[0].id, 4);
}

/// An answered call to 4001 over `gw1` that lasted a minute.
pub(super) fn call(call_id: &str, ended: Timestamp) -> CallRecord {
    CallRecord {
        call_id: call_id.into(),
        started: ended - SignedDuration::from_secs(60),
        answered: Some(ended - SignedDuration::from_secs(59)),
        ended,
        gateway: Some("gw1".into()),
        source: Some("192.0.2.7:5060".into()),
        dial_plan: Some("hq".into()),
        mode: Some("unsecured".into()),
        transport: "udp".into(),
        tls_version: None,
        tls_cipher: None,
        peer_subject: None,
        caller: None,
        called: Some("5000".into()),
        extension: Some("4001".into()),
        suite: None,
        codec: Some("PCMU".into()),
        media: Some(CallMedia {
            packets_received: 2950,
            packets_sent: 2950,
            packets_lost: 0,
            packets_late: 0,
            packets_unauthentic: 0,
            packets_replayed: 0,
            loss_percent: 0.0,
            jitter_ms: 0.25,
            mos: Some(4.41),
        }),
        digits: 1,
        status: 200,
        result: CallResult::Answered,
        refusal: None,
        reason: "caller hung up".into(),
        message: Some(MessageId(1)),
    }
}

fn call_ids(store: &Store, filter: &CallFilter, limit: u32) -> Vec<String> {
    store.list_calls(filter, limit).unwrap().into_iter().map(|row| row.call.call_id).collect()
}

#[test]
fn posted_calls_are_there_after_a_shutdown() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), StoreOptions { calls_kept: 2, ..options() }).unwrap();

    for call_id in ["a", "b", "c"] {
        store.post_call(call(call_id, noon())).unwrap();
    }
    store.shutdown();

    let store = open(folder.path());
    let calls = store.list_calls(&CallFilter::default(), 10).unwrap();
    assert_eq!(calls.iter().map(|row| row.call.call_id.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    assert_eq!(calls[1].call, call("c", noon()));
}

#[test]
fn posted_call_is_there_once_a_reader_has_caught_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());

    for call_id in ["a", "b", "c"] {
        store.post_call(call(call_id, noon())).unwrap();
    }
    store.catch_up();

    assert_eq!(call_ids(&store, &CallFilter::default(), 10), ["a", "b", "c"]);
    store.shutdown();
    store.catch_up();
}

#[test]
fn calls_are_found_by_date_gateway_and_extension_the_newest_of_them_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let at = |minutes| noon() + SignedDuration::from_mins(minutes);
    store.post_call(call("a", at(0))).unwrap();
    store.post_call(CallRecord { gateway: Some("gw2".into()), ..call("b", at(1)) }).unwrap();
    store.post_call(CallRecord { extension: Some("4002".into()), ..call("c", at(2)) }).unwrap();
    store.post_call(CallRecord { gateway: None, extension: None, ..call("d", at(3)) }).unwrap();
    store.shutdown();
    let store = open(folder.path());

    let all = CallFilter::default();
    assert_eq!(call_ids(&store, &all, 10), ["a", "b", "c", "d"]);
    assert_eq!(call_ids(&store, &all, 2), ["c", "d"]);
    assert_eq!(call_ids(&store, &CallFilter { since: Some(at(2)), ..all.clone() }, 10), ["c", "d"]);
    assert_eq!(call_ids(&store, &CallFilter { until: Some(at(2)), ..all.clone() }, 10), ["a", "b"]);
    assert_eq!(call_ids(&store, &CallFilter { gateway: Some("gw1".into()), ..all.clone() }, 10), ["a", "c"]);
    assert_eq!(call_ids(&store, &CallFilter { extension: Some("4002".into()), ..all.clone() }, 10), ["c"]);
    let mut seen = Vec::new();
    store.each_call(&all, |call| seen.push(call.call_id)).unwrap();
    assert_eq!(seen, ["d", "c", "b", "a"]);
}

#[test]
fn calls_go_after_ninety_days_with_the_next_call_or_when_somebody_looks_for_old_ones() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let day = |days: i64| noon() + SignedDuration::from_hours(24 * days);
    for (call_id, days) in [("a", 0), ("b", 1), ("c", 2)] {
        store.post_call(call(call_id, day(days))).unwrap();
    }
    store.post_call(call("d", day(90) + SignedDuration::from_secs(1))).unwrap();
    store.shutdown();
    let store = open(folder.path());

    let all = CallFilter::default();
    assert_eq!(call_ids(&store, &all, 10), ["b", "c", "d"]);
    assert_eq!(store.purge_calls(day(91)).unwrap(), 0);
    assert_eq!(store.purge_calls(day(92)).unwrap(), 1);
    assert_eq!(call_ids(&store, &all, 10), ["c", "d"]);
}

#[test]
fn row_of_an_older_version_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let old = r#"{"call_id":"a","started":"2026-11-05T12:00:00Z","ended":"2026-11-05T12:01:00Z",
        "answered_for":null,"transport":"udp","gateway":"gw1","dial_plan":"hq","extension":"4001","caller":null,
        "suite":null,"status":200,"outcome":"completed","message":null}"#;
    store.shutdown();
    let database = Connection::open(folder.path().join("um.db")).unwrap();
    database.execute("INSERT INTO calls (ended, record) VALUES (?1, ?2)", (0, old)).unwrap();
    drop(database);

    let rows = open(folder.path()).list_calls(&CallFilter::default(), 10).unwrap();

    assert_eq!((rows[0].call.call_id.as_str(), rows[0].call.reason.as_str()), ("a", "completed"));
}

#[test]
fn totals_count_mailboxes_by_plan() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for (plan, extension) in [("hq", "4001"), ("hq", "4002"), ("lab", "4001")] {
        let new = NewMailbox { dial_plan: plan.into(), ..new_mailbox(extension, &[]) };
        store.enable_mailbox(&new, None, noon()).unwrap();
    }

    let totals = store.totals().unwrap();

    assert_eq!(totals.mailboxes, [("hq".to_owned(), 2), ("lab".to_owned(), 1)].into());
    assert_eq!(totals.messages, 0);
}

#[test]
fn the_disk_has_room_and_says_how_much() {
    let folder = tempfile::tempdir().unwrap();
    let space = open(folder.path()).disk_space().unwrap();

    assert!(space.free > 0 && space.free <= space.total, "{space:?}");
}
