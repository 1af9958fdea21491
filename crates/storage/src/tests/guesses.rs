//! Ten thousand guesses, over many callers, gateways, calls at once and restarts.
use std::{collections::BTreeMap, sync::Arc};

use jiff::SignedDuration;
use mailbox::{LogOn, PinAttempt, PinRules, StoreReplyKind, StoreRequestKind};
use telephony::Secret;

use super::{
    ask, enable,
    log_on::{POLICY, attempt, chosen, ids, log_on, told},
    noon,
};
use crate::{LogOnCounts, Store};

/// Guesses in all.
const GUESSES: u32 = 10_000;

/// The n-th guess: another PIN, from one of 700 telephones behind one of three gateways, some minutes later.
fn guess(number: u32) -> PinAttempt {
    PinAttempt {
        pin: Secret::new(format!("{:06}", 100_000 + number)),
        gateway: format!("gw{}", number % 3),
        caller: (!number.is_multiple_of(7)).then(|| format!("+1425555{}", number % 700)),
        at: noon().checked_add(SignedDuration::from_mins(i64::from(number))).unwrap(),
        ..attempt("4001", "")
    }
}

#[test]
fn of_ten_thousand_guesses_only_fifteen_are_compared_over_all_calls_callers_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let (options, told) = told();
    let (store, _) = Store::open(folder.path(), options.clone()).unwrap();
    let ada = enable(&store, "4001").id;
    // One of the later guesses would be right, if it were compared.
    store.set_pin(ada, &chosen("100500"), "root", noon()).unwrap();
    store.shutdown();
    let (calls, restarts) = (4, GUESSES / 20);
    let mut counts = LogOnCounts { hashes: 0, comparisons: 0 };

    let mut begun = 0;
    while begun < GUESSES {
        let (store, _) = Store::open(folder.path(), options.clone()).unwrap();
        // Four calls at once, each with its share of guesses.
        std::thread::scope(|scope| {
            for call in 0..calls {
                let store = &store;
                scope.spawn(move || {
                    for number in (begun..begun + restarts).filter(|number| number % calls == call) {
                        assert_eq!(log_on(store, &guess(number)), LogOn::Refused);
                    }
                });
            }
        });
        begun += restarts;
        counts.hashes += store.log_on_counts().hashes;
        counts.comparisons += store.log_on_counts().comparisons;
        store.shutdown();
    }

    assert_eq!(counts, LogOnCounts { hashes: u64::from(begun), comparisons: 15 });
    assert!(begun >= GUESSES);
    let mine: Vec<u16> = ids(&told).into_iter().filter(|id| ![2052, 2053].contains(id)).collect();
    assert_eq!(mine, [2051, 1012]);
}

#[test]
fn two_calls_at_once_share_the_counter() {
    let folder = tempfile::tempdir().unwrap();
    let (options, _) = told();
    let (store, _) = Store::open(folder.path(), options).unwrap();
    let ada = enable(&store, "4001").id;
    store.set_pin(ada, &chosen("294815"), "root", noon()).unwrap();
    let rules = PinRules { failures_before_reset: None, failures_before_lockout: 7, ..PinRules::default() };
    let rules = Arc::new(BTreeMap::from([(POLICY.to_owned(), rules)]));

    std::thread::scope(|scope| {
        for call in 0..2 {
            let (store, rules) = (&store, &rules);
            scope.spawn(move || {
                for number in 0..6 {
                    let digits = format!("{}", 400_000 + 10 * number + call);
                    let attempt = PinAttempt { rules: Arc::clone(rules), ..attempt("4001", &digits) };
                    let came = ask(store, StoreRequestKind::LogOn(attempt)).unwrap();
                    assert_eq!(came, StoreReplyKind::LogOn(LogOn::Refused));
                }
            });
        }
    });

    assert_eq!(store.log_on_counts(), LogOnCounts { hashes: 12, comparisons: 7 });
    assert_eq!(store.pin_status(ada).unwrap().unwrap().failures, 7);
}
