//! PINs that people choose: rules, history, lifetime.
use std::{collections::BTreeMap, sync::Arc};

use mailbox::{
    MailboxId, PhoneChange, PinAttempt, PinRefusal, PinRules, PinStanding, StoreFailure, StoreReplyKind,
    StoreRequestKind,
};
use telephony::Secret;

use super::{
    ask, at, enable,
    log_on::{POLICY, attempt, chosen, ids, log_on, standing, told},
    noon, open, pin,
};
use crate::{PinOrigin, Store, StoreError};

fn choose(store: &Store, mailbox: MailboxId, digits: &str, rules: &PinRules) -> Result<(), PinRefusal> {
    store.judge_pin(mailbox, &Secret::new(digits.into()), rules).unwrap()?;
    store.set_pin(mailbox, &chosen(digits), "root", noon()).unwrap();
    Ok(())
}

#[test]
fn a_chosen_pin_obeys_the_rules_and_is_good() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    let rules = PinRules::default();

    assert_eq!(choose(&store, ada, "123456", &rules), Err(PinRefusal::Sequence));
    assert_eq!(choose(&store, ada, "994001", &rules), Err(PinRefusal::HoldsExtension));
    assert_eq!(store.pin_status(ada).unwrap(), None);
    assert_eq!(choose(&store, ada, "294815", &rules), Ok(()));

    assert_eq!(standing(log_on(&store, &attempt("4001", "294815"))), Some(PinStanding::Good));
}

#[test]
fn with_a_history_of_three_the_fourth_change_may_bring_a_pin_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    let rules = PinRules { history_count: 3, ..PinRules::default() };
    store.set_pin(ada, &pin("294815", PinOrigin::Made), "root", noon()).unwrap();

    assert_eq!(choose(&store, ada, "294815", &rules), Err(PinRefusal::UsedBefore));
    assert_eq!(choose(&store, ada, "294825", &rules), Ok(()));
    assert_eq!(choose(&store, ada, "294815", &rules), Err(PinRefusal::UsedBefore));
    assert_eq!(choose(&store, ada, "294835", &rules), Ok(()));
    assert_eq!(choose(&store, ada, "294815", &rules), Err(PinRefusal::UsedBefore));
    assert_eq!(choose(&store, ada, "294845", &rules), Ok(()));

    assert_eq!(choose(&store, ada, "294815", &rules), Ok(()));
}

#[test]
fn twenty_pins_are_remembered_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    let rules = PinRules { history_count: 20, ..PinRules::default() };
    for number in 0..21 {
        assert_eq!(choose(&store, ada, &format!("{}", 294_815 + 10 * number), &rules), Ok(()));
    }

    assert_eq!(choose(&store, ada, "294825", &rules), Err(PinRefusal::UsedBefore));
    assert_eq!(choose(&store, ada, "294815", &PinRules { history_count: 255, ..rules }), Ok(()));
}

#[test]
fn a_quick_hash_becomes_a_hard_one_among_the_earlier_pins_too() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    store.set_pin(ada, &chosen("294815"), "root", noon()).unwrap();
    store
        .shared()
        .database
        .write(|transaction| {
            let quick = crate::pins::hash::PinHash::quick(&Secret::new("730294".into()), [9; 16])?;
            crate::pins::rows::reset_pin(transaction, ada, &quick, noon())
        })
        .unwrap();
    assert_eq!(choose(&store, ada, "518493", &PinRules::default()), Ok(()));

    store.shared().hardener.wake();
    let quick_left = || {
        let counted = store.shared().database.read(|snapshot| {
            let sql = "SELECT count(*) FROM earlier_pins WHERE memory_kib = 0";
            Ok(snapshot.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap())
        });
        counted.unwrap()
    };
    while quick_left() > 0 {
        std::thread::yield_now();
    }

    for earlier in ["294815", "730294", "518493"] {
        assert_eq!(
            choose(&store, ada, earlier, &PinRules::default()),
            Err(PinRefusal::UsedBefore),
            "{earlier}"
        );
    }
}

#[test]
fn the_owner_changes_the_pin_by_phone_and_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (options, told) = told();
    let (store, _) = Store::open(folder.path(), options).unwrap();
    let ada = enable(&store, "4001").id;
    store.set_pin(ada, &pin("294815", PinOrigin::Made), "root", noon()).unwrap();
    let change = |digits: &str| {
        let pin = Secret::new(digits.into());
        let what = PhoneChange::Pin { mailbox: ada, pin, rules: PinRules::default() };
        ask(&store, StoreRequestKind::Change { at: noon(), what })
    };

    assert_eq!(standing(log_on(&store, &attempt("4001", "294815"))), Some(PinStanding::MustChange));
    assert_eq!(change("29481"), Ok(StoreReplyKind::Pin(Err(PinRefusal::TooShort { length: 5, minimum: 6 }))));
    assert_eq!(change("294815"), Ok(StoreReplyKind::Pin(Err(PinRefusal::UsedBefore))));
    assert_eq!(ids(&told), [2052]);
    assert_eq!(change("730294"), Ok(StoreReplyKind::Pin(Ok(()))));

    assert_eq!(ids(&told), [2052, 2052]);
    assert_eq!(told.lock().unwrap()[1].fields[3], ("by", "the owner by phone".to_owned()));
    assert_eq!(standing(log_on(&store, &attempt("4001", "730294"))), Some(PinStanding::Good));
    assert_eq!(standing(log_on(&store, &attempt("4001", "294815"))), None);
}

#[test]
fn a_pin_by_phone_for_a_mailbox_that_is_gone_fails() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mailbox = MailboxId(99);
    let pin = Secret::new("294815".into());
    let what = PhoneChange::Pin { mailbox, pin, rules: PinRules::default() };

    let failed = ask(&store, StoreRequestKind::Change { at: noon(), what });

    assert!(matches!(failed, Err(StoreFailure::Broken { doing: "changing a mailbox", .. })), "{failed:?}");
    let nobody = store.set_pin(mailbox, &chosen("294815"), "root", noon());
    assert!(matches!(nobody, Err(StoreError::NoSuchMailbox { mailbox: MailboxId(99) })));
    assert!(matches!(
        store.unlock(mailbox, "root"),
        Err(StoreError::NoSuchMailbox { mailbox: MailboxId(99) })
    ));
}

#[test]
fn a_pin_tells_its_age_at_the_log_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    store.set_pin(ada, &chosen("294815"), "root", noon()).unwrap();
    let on = |date: &str| standing(log_on(&store, &PinAttempt { at: at(date), ..attempt("4001", "294815") }));

    assert_eq!(on("2026-12-01T12:00:00Z"), Some(PinStanding::Good));
    assert_eq!(on("2027-01-02T12:00:00Z"), Some(PinStanding::ExpiresIn { days: 2 }));
    assert_eq!(on("2027-01-04T12:00:01Z"), Some(PinStanding::MustChange));
}

#[test]
fn a_longer_minimum_asks_for_a_new_pin_at_the_next_log_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    store.set_pin(ada, &chosen("294815"), "root", noon()).unwrap();
    let asking_for = |minimum_length: u8| {
        let rules = PinRules { minimum_length, ..PinRules::default() };
        let rules = Arc::new(BTreeMap::from([(POLICY.to_owned(), rules)]));
        standing(log_on(&store, &PinAttempt { rules, ..attempt("4001", "294815") }))
    };

    assert_eq!(asking_for(6), Some(PinStanding::Good));
    assert_eq!(asking_for(7), Some(PinStanding::MustChange));
}
