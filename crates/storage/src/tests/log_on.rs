//! Log-ons by phone: what an attempt costs, and who is told what.
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, mpsc},
};

use mailbox::{
    Clock, Greetings, LogOn, OptionChange, PhoneOptions, PinAttempt, PinRules, PinStanding, RecordedName,
    StoreReplyKind, StoreRequest, StoreRequestKind,
};
use telephony::{AudioCodec, Event, Secret};

use super::{ask, at, enable, noon, open, options, pin};
use crate::{CallersGreeting, LogOnCounts, NewPin, PinCost, PinOrigin, Store, StoreOptions};

pub(super) const RIGHT: &str = "294815";
pub(super) const WRONG: &str = "294816";
pub(super) const POLICY: &str = "hq Default Policy";

/// A telephone in the street tries a PIN at a mailbox of the plan `hq`, at noon.
pub(super) fn attempt(number: &str, digits: &str) -> PinAttempt {
    PinAttempt {
        dial_plan: "hq".into(),
        number: number.into(),
        pin: Secret::new(digits.into()),
        gateway: "gw1".into(),
        caller: Some("+14255550123".into()),
        rules: Arc::new(BTreeMap::from([(POLICY.into(), PinRules::default())])),
        at: noon(),
    }
}

pub(super) fn log_on(store: &Store, attempt: &PinAttempt) -> LogOn {
    match ask(store, StoreRequestKind::LogOn(attempt.clone())).unwrap() {
        StoreReplyKind::LogOn(came) => came,
        other => panic!("{other:?}"),
    }
}

/// What a right PIN asks; `None` if it was refused.
pub(super) fn standing(came: LogOn) -> Option<PinStanding> {
    match came {
        LogOn::Opened(subscriber) => Some(subscriber.pin),
        LogOn::Refused => None,
    }
}

pub(super) fn chosen(digits: &str) -> NewPin {
    pin(digits, PinOrigin::Chosen)
}

/// A store that keeps the events it tells.
pub(super) fn told() -> (StoreOptions, Arc<Mutex<Vec<Event>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let events = Arc::clone(&told);
    let on_event = Arc::new(move |event| events.lock().unwrap().push(event));
    (StoreOptions { on_event, ..options() }, told)
}

pub(super) fn ids(told: &Mutex<Vec<Event>>) -> Vec<u16> {
    told.lock().unwrap().iter().map(|event| event.kind.id).collect()
}

/// 4001 with the PIN [`RIGHT`].
fn with_4001(folder: &std::path::Path) -> (Store, Arc<Mutex<Vec<Event>>>) {
    let (options, told) = told();
    let (store, _) = Store::open(folder, options).unwrap();
    let ada = enable(&store, "4001");
    store.set_pin(ada.id, &chosen(RIGHT), "root", noon()).unwrap();
    told.lock().unwrap().clear();
    (store, told)
}

#[test]
fn the_right_pin_opens_the_mailbox_and_a_wrong_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let (store, told) = with_4001(folder.path());

    let refused = log_on(&store, &attempt("4001", WRONG));
    let opened = log_on(&store, &attempt("4001", RIGHT));

    assert_eq!(refused, LogOn::Refused);
    let LogOn::Opened(subscriber) = opened else { panic!("refused") };
    assert_eq!((subscriber.mailbox.extension.as_str(), subscriber.pin), ("4001", PinStanding::Good));
    assert_eq!(store.pin_status(subscriber.mailbox.id).unwrap().unwrap().failures, 0);
    assert_eq!(ids(&told), Vec::<u16>::new());
}

#[test]
fn a_log_on_brings_what_the_owner_has_recorded_and_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = with_4001(folder.path());
    let ada = store.mailboxes(&crate::MailboxFilter::default()).unwrap().remove(0).id;
    let name = RecordedName::new(AudioCodec::Pcmu, vec![1; 8000]).unwrap();
    store.set_recorded_name(ada, &name).unwrap();
    let audio: &[u8] = &[2; 4000];
    let greeting = store.set_greeting(ada, CallersGreeting::Personal, (AudioCodec::Pcmu, audio), noon());
    assert!(store.set_phone_option(ada, &OptionChange::Clock(Clock::TwentyFour)).unwrap());

    let LogOn::Opened(subscriber) = log_on(&store, &attempt("4001", RIGHT)) else { panic!("refused") };

    assert_eq!(subscriber.recorded_name, Some(name));
    assert_eq!(subscriber.greetings, Greetings { personal: Some(greeting.unwrap()), out_of_office: None });
    assert_eq!(subscriber.options, PhoneOptions { clock: Clock::TwentyFour, ..PhoneOptions::default() });
}

/// Cost, hash, and the date of the PIN in force.
fn stored_pin(store: &Store) -> (u32, u32, Vec<u8>, i64) {
    let read = "SELECT memory_kib, passes, hash, set_at FROM pins";
    let row = store.shared().database.read(|snapshot| {
        let row = snapshot
            .query_row(read, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .unwrap();
        Ok::<_, crate::StoreError>(row)
    });
    row.unwrap()
}

#[test]
fn a_hash_of_another_cost_is_renewed_by_the_right_pin_alone_and_only_once() {
    for (memory_kib, passes) in [(32, 1), (16, 3), (8, 1)] {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = with_4001(folder.path());
        let (before, set_at) = (stored_pin(&store), noon().as_microsecond());
        assert_eq!((before.0, before.1, before.3), (16, 1, set_at));
        store.shutdown();
        let pin_cost = PinCost { memory_kib, passes };
        let (options, told) = told();
        let (store, _) = Store::open(folder.path(), StoreOptions { pin_cost, ..options }).unwrap();

        assert_eq!(log_on(&store, &attempt("4001", WRONG)), LogOn::Refused);
        assert_eq!(stored_pin(&store), before);
        assert!(standing(log_on(&store, &attempt("4001", RIGHT))).is_some());

        let renewed = stored_pin(&store);
        assert_eq!((renewed.0, renewed.1, renewed.3), (memory_kib, passes, set_at));
        assert_ne!(renewed.2, before.2);
        assert_eq!(log_on(&store, &attempt("4001", WRONG)), LogOn::Refused);
        assert!(standing(log_on(&store, &attempt("4001", RIGHT))).is_some());
        assert_eq!(stored_pin(&store), renewed);
        assert_eq!(ids(&told), Vec::<u16>::new());
    }
}

#[test]
fn an_attempt_stands_in_the_database_before_its_pin_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = with_4001(folder.path());
    let ada = store.mailboxes(&crate::MailboxFilter::default()).unwrap().remove(0).id;
    let (replies, inbox) = mpsc::channel();

    // Nobody hashes while this is held.
    let gate = store.shared().pin_gate.lock().unwrap_or_else(PoisonError::into_inner);
    let request = StoreRequest { token: 1, what: StoreRequestKind::LogOn(attempt("4001", RIGHT)) };
    store.submit(request, move |reply| replies.send(reply.what).unwrap()).unwrap();
    while store.pin_status(ada).unwrap().unwrap().failures == 0 {
        std::thread::yield_now();
    }

    assert_eq!(store.log_on_counts(), LogOnCounts { hashes: 0, comparisons: 0 });
    assert!(inbox.try_recv().is_err());
    drop(gate);
    assert!(matches!(inbox.recv().unwrap(), Ok(StoreReplyKind::LogOn(LogOn::Opened(_)))));
    assert_eq!(store.pin_status(ada).unwrap().unwrap().failures, 0);
}

#[test]
fn an_attempt_that_is_cut_off_stays_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = with_4001(folder.path());
    let ada = store.mailboxes(&crate::MailboxFilter::default()).unwrap().remove(0).id;
    store
        .shared()
        .database
        .write(|transaction| {
            // A hash that cannot be made ends the attempt as a crash would.
            transaction.execute("UPDATE pins SET memory_kib = 1", []).unwrap();
            Ok::<_, crate::StoreError>(())
        })
        .unwrap();

    assert!(ask(&store, StoreRequestKind::LogOn(attempt("4001", RIGHT))).is_err());

    store.shutdown();
    assert_eq!(open(folder.path()).pin_status(ada).unwrap().unwrap().failures, 1);
}

#[test]
fn a_mailbox_locks_at_the_fifteenth_failure_and_opens_only_after_unlock() {
    let folder = tempfile::tempdir().unwrap();
    let (store, told) = with_4001(folder.path());
    let ada = store.mailboxes(&crate::MailboxFilter::default()).unwrap().remove(0).id;
    let rules = PinRules { failures_before_reset: None, ..PinRules::default() };
    let rules = Arc::new(BTreeMap::from([(POLICY.to_owned(), rules)]));
    let try_pin =
        |digits: &str| log_on(&store, &PinAttempt { rules: Arc::clone(&rules), ..attempt("4001", digits) });

    for _ in 0..14 {
        assert_eq!(try_pin(WRONG), LogOn::Refused);
    }
    assert_eq!((store.pin_status(ada).unwrap().unwrap().locked_at, ids(&told)), (None, Vec::<u16>::new()));
    assert_eq!(try_pin(WRONG), LogOn::Refused);

    let status = store.pin_status(ada).unwrap().unwrap();
    assert_eq!((status.failures, status.locked_at), (15, Some(noon())));
    let event = told.lock().unwrap()[0].clone();
    assert_eq!(
        event.fields,
        [
            ("dial_plan", "hq"),
            ("extension", "4001"),
            ("failures", "15"),
            ("gateway", "gw1"),
            ("caller", "+14255550123")
        ]
        .map(|(name, value)| (name, value.to_owned()))
    );
    assert!(event.remedy_words().contains("um mailbox unlock 4001@hq"), "{}", event.remedy_words());
    assert_eq!(try_pin(RIGHT), LogOn::Refused);
    assert_eq!(store.log_on_counts(), LogOnCounts { hashes: 16, comparisons: 15 });
    assert_eq!(ids(&told), [1012]);
    told.lock().unwrap().clear();
    let unlocked = store.unlock(ada, "root").unwrap().unwrap();
    assert_eq!((unlocked.failures, unlocked.locked_at), (0, None));
    assert_eq!(
        told.lock().unwrap()[0].fields,
        [("dial_plan", "hq"), ("extension", "4001"), ("what", "it was unlocked"), ("by", "root")]
            .map(|(name, value)| (name, value.to_owned()))
    );
    assert_eq!(standing(try_pin(RIGHT)), Some(PinStanding::Good));
}

#[test]
fn the_fifteenth_pin_may_still_be_the_right_one() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = with_4001(folder.path());
    let rules = PinRules { failures_before_reset: None, ..PinRules::default() };
    let rules = Arc::new(BTreeMap::from([(POLICY.to_owned(), rules)]));
    let try_pin =
        |digits: &str| log_on(&store, &PinAttempt { rules: Arc::clone(&rules), ..attempt("4001", digits) });

    for _ in 0..14 {
        assert_eq!(try_pin(WRONG), LogOn::Refused);
    }

    assert_eq!(standing(try_pin(RIGHT)), Some(PinStanding::Good));
    assert_eq!(try_pin(WRONG), LogOn::Refused);
    assert_eq!(standing(try_pin(RIGHT)), Some(PinStanding::Good));
}

#[test]
fn a_mailbox_over_a_limit_that_became_stricter_is_locked_without_a_comparison() {
    let folder = tempfile::tempdir().unwrap();
    let (store, told) = with_4001(folder.path());
    for _ in 0..3 {
        log_on(&store, &attempt("4001", WRONG));
    }
    let rules = PinRules { failures_before_lockout: 2, failures_before_reset: None, ..PinRules::default() };
    let strict = PinAttempt {
        rules: Arc::new(BTreeMap::from([(POLICY.to_owned(), rules)])),
        ..attempt("4001", RIGHT)
    };

    assert_eq!(log_on(&store, &strict), LogOn::Refused);

    assert_eq!(store.log_on_counts(), LogOnCounts { hashes: 4, comparisons: 3 });
    assert_eq!(ids(&told), [1012]);
}

#[test]
fn the_fifth_failure_puts_a_pin_in_place_that_nobody_knows() {
    let folder = tempfile::tempdir().unwrap();
    let (store, told) = with_4001(folder.path());
    let ada = store.mailboxes(&crate::MailboxFilter::default()).unwrap().remove(0).id;

    for _ in 0..4 {
        log_on(&store, &attempt("4001", WRONG));
    }
    assert_eq!(store.pin_status(ada).unwrap().unwrap().reset_at, None);
    log_on(&store, &attempt("4001", WRONG));

    let status = store.pin_status(ada).unwrap().unwrap();
    assert_eq!((status.failures, status.made, status.reset_at), (5, true, Some(noon())));
    assert_eq!(ids(&told), [2051]);
    assert!(told.lock().unwrap()[0].remedy_words().contains("um mailbox reset-pin 4001@hq"));
    assert_eq!(log_on(&store, &attempt("4001", RIGHT)), LogOn::Refused);
    assert_eq!(store.pin_status(ada).unwrap().unwrap().failures, 6);
    // The administrator hands out one.
    store.set_pin(ada, &pin("518492", PinOrigin::Made), "root", noon()).unwrap();
    assert_eq!(standing(log_on(&store, &attempt("4001", "518492"))), Some(PinStanding::MustChange));
    assert_eq!(ids(&told), [2051, 2052]);
}

#[test]
fn failures_count_over_callers_gateways_aliases_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = with_4001(folder.path());
    let ada = store.mailboxes(&crate::MailboxFilter::default()).unwrap().remove(0);
    let alias = mailbox::MailboxChange {
        numbers: Some(vec![telephony::PhoneNumber::parse("5001").unwrap()]),
        ..Default::default()
    };
    store.change_mailbox(ada.id, &alias).unwrap();

    log_on(&store, &attempt("4001", WRONG));
    log_on(&store, &PinAttempt { caller: None, ..attempt("4001", WRONG) });
    store.shutdown();
    let store = open(folder.path());
    log_on(&store, &PinAttempt { gateway: "gw2".into(), ..attempt("5001", WRONG) });

    assert_eq!(store.pin_status(ada.id).unwrap().unwrap().failures, 3);
}

#[test]
fn a_policy_without_subscriber_access_lets_nobody_in_and_counts_nothing_on_the_mailbox() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = with_4001(folder.path());
    let ada = store.mailboxes(&crate::MailboxFilter::default()).unwrap().remove(0).id;

    let came = log_on(&store, &PinAttempt { rules: Arc::default(), ..attempt("4001", RIGHT) });

    assert_eq!(came, LogOn::Refused);
    assert_eq!(store.log_on_counts(), LogOnCounts { hashes: 1, comparisons: 0 });
    assert_eq!(store.pin_status(ada).unwrap().unwrap().failures, 0);
}

/// Octets that the log of the database grows by.
fn written(store: &Store, attempt: &PinAttempt) -> u64 {
    let length = || std::fs::metadata(store.data_dir().join("um.db-wal")).unwrap().len();
    let before = length();
    assert_eq!(log_on(store, attempt), LogOn::Refused);
    length() - before
}

#[test]
fn an_unknown_a_locked_and_a_pinless_mailbox_cost_and_answer_what_a_wrong_pin_does() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = with_4001(folder.path());
    let locked = enable(&store, "4002").id;
    store.set_pin(locked, &chosen(RIGHT), "root", noon()).unwrap();
    enable(&store, "4003");
    store
        .shared()
        .database
        .write(|transaction| {
            transaction.execute("UPDATE pins SET locked_at = 1 WHERE mailbox = ?1", [locked.0]).unwrap();
            Ok::<_, crate::StoreError>(())
        })
        .unwrap();
    let cost = |number: &str, digits: &str| {
        let before = store.log_on_counts().hashes;
        let written = written(&store, &attempt(number, digits));
        (store.log_on_counts().hashes - before, written)
    };
    // The first one brings the caller's row.
    cost("9999", WRONG);

    let wrong = cost("4001", WRONG);

    assert!(wrong.1 > 0);
    assert_eq!(cost("9999", WRONG), wrong);
    assert_eq!(cost("4002", RIGHT), wrong);
    assert_eq!(cost("4003", WRONG), wrong);
    assert_eq!(cost("", ""), wrong);
    assert_eq!(store.log_on_counts(), LogOnCounts { hashes: 6, comparisons: 1 });
}

#[test]
fn one_caller_is_stopped_after_forty_five_failures_in_a_day_whatever_the_mailbox() {
    let folder = tempfile::tempdir().unwrap();
    let (store, told) = with_4001(folder.path());
    for stranger in 0..45 {
        log_on(&store, &attempt(&format!("{}", 9000 + stranger), WRONG));
    }

    assert_eq!(log_on(&store, &attempt("4001", RIGHT)), LogOn::Refused);

    assert_eq!(store.log_on_counts(), LogOnCounts { hashes: 46, comparisons: 0 });
    assert_eq!(ids(&told), [2053]);
    let other = PinAttempt { caller: Some("+14255550124".into()), ..attempt("4001", RIGHT) };
    assert_eq!(standing(log_on(&store, &other)), Some(PinStanding::Good));
    let in_time = PinAttempt { at: at("2026-11-06T12:00:00Z"), ..attempt("4001", RIGHT) };
    assert_eq!(log_on(&store, &in_time), LogOn::Refused);
    assert_eq!(ids(&told), [2053]);
    let a_day_later = PinAttempt { at: at("2026-11-06T12:00:00.000001Z"), ..attempt("4001", RIGHT) };
    assert_eq!(standing(log_on(&store, &a_day_later)), Some(PinStanding::Good));
}

#[test]
fn withheld_numbers_of_a_gateway_are_one_caller() {
    let folder = tempfile::tempdir().unwrap();
    let (store, told) = with_4001(folder.path());
    let withheld = |gateway: &str, number: &str, digits: &str| {
        log_on(&store, &PinAttempt { caller: None, gateway: gateway.into(), ..attempt(number, digits) })
    };
    for _ in 0..45 {
        withheld("gw1", "9999", WRONG);
    }

    assert_eq!(withheld("gw1", "4001", RIGHT), LogOn::Refused);
    assert_eq!(ids(&told), [2053]);
    assert_eq!(standing(withheld("gw2", "4001", RIGHT)), Some(PinStanding::Good));
}

#[test]
fn logging_on_to_the_own_mailbox_does_not_forgive_guesses_at_others() {
    let folder = tempfile::tempdir().unwrap();
    let (store, told) = with_4001(folder.path());

    for stranger in 0..43 {
        log_on(&store, &attempt(&format!("{}", 9000 + stranger), WRONG));
        log_on(&store, &attempt("4001", WRONG));
        assert!(standing(log_on(&store, &attempt("4001", RIGHT))).is_some(), "{stranger}");
    }
    log_on(&store, &attempt("9043", WRONG));
    log_on(&store, &attempt("9044", WRONG));

    assert_eq!(log_on(&store, &attempt("4001", RIGHT)), LogOn::Refused);
    assert_eq!(ids(&told), [2053]);
}

#[test]
fn unlocking_a_mailbox_forgives_its_own_telephone() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = with_4001(folder.path());
    let ada = store.mailboxes(&crate::MailboxFilter::default()).unwrap().remove(0).id;
    let own =
        |digits: &str| log_on(&store, &PinAttempt { caller: Some("4001".into()), ..attempt("4001", digits) });
    for _ in 0..46 {
        log_on(&store, &PinAttempt { caller: Some("4001".into()), ..attempt("9999", WRONG) });
    }
    assert_eq!(own(RIGHT), LogOn::Refused);

    store.unlock(ada, "root").unwrap();

    assert_eq!(standing(own(RIGHT)), Some(PinStanding::Good));
}

#[test]
fn callers_are_bounded_and_those_with_many_failures_stay() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = with_4001(folder.path());
    for _ in 0..46 {
        log_on(&store, &attempt("9999", WRONG));
    }
    let count = |condition: &str| {
        let sql = format!("SELECT count(*) FROM log_on_callers WHERE {condition}");
        let counted = store
            .shared()
            .database
            .read(|snapshot| Ok(snapshot.query_row(&sql, [], |row| row.get::<_, u32>(0)).unwrap()));
        counted.unwrap()
    };
    store
        .shared()
        .database
        .write(|transaction| {
            transaction
                .execute(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
             INSERT INTO log_on_callers SELECT 'gw1', i, 1, ?1, ?1, 0 FROM n",
                    [noon().as_microsecond()],
                )
                .unwrap();
            Ok::<_, crate::StoreError>(())
        })
        .unwrap();
    assert_eq!(count("true"), 10_000);

    let later = at("2026-11-05T12:00:01Z");
    log_on(&store, &PinAttempt { caller: Some("newcomer".into()), at: later, ..attempt("4001", WRONG) });

    assert_eq!(count("true"), 9_001);
    assert_eq!(count("caller IN ('newcomer', '+14255550123')"), 2);
    assert_eq!(log_on(&store, &attempt("4001", RIGHT)), LogOn::Refused);
}
