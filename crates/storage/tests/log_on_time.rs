//! How long a log-on keeps the processor says nothing about its mailbox. Alone in its process: the clock counts every
//! thread of it, and no other process.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise, its helpers too")]

use std::{
    collections::BTreeMap,
    sync::{Arc, mpsc},
    time::Duration,
};

use jiff::Timestamp;
use mailbox::{
    LogOn, Mailbox, NewMailbox, PinAttempt, PinRules, StoreReplyKind, StoreRequest, StoreRequestKind,
};
use rustix::time::{ClockId, clock_gettime};
use storage::{NewPin, PinCost, PinOrigin, Store, StoreOptions};
use telephony::{Extension, Secret};

/// A hash that costs about what a write does, so that none of them is lost beside the others.
const COST: PinCost = PinCost { memory_kib: 512, passes: 1 };
/// Log-ons of each kind.
const ROUNDS: usize = 200;
/// How far the medians may lie from that of a wrong PIN, in percent of it. On two busy cores they lay within 4. Left out
/// on one side, the hash makes 33, the second write about 20, and the reading of the mailbox 15.
const APART_AT_MOST: f64 = 10.0;

const POLICY: &str = "hq Default Policy";
const RIGHT: &str = "294815";
const WRONG: &str = "294816";

/// What meets a PIN.
const KINDS: [(&str, &str); 5] = [
    ("a wrong PIN", "4001"),
    ("an unknown mailbox", "4999"),
    ("a locked mailbox", "4002"),
    ("a mailbox without PIN", "4003"),
    ("a mailbox without access", "4004"),
];

fn noon() -> Timestamp {
    "2026-11-05T12:00:00Z".parse().unwrap()
}

fn enable(store: &Store, extension: &str, policy: &str) -> Mailbox {
    let new = NewMailbox {
        dial_plan: "hq".into(),
        extension: Extension::parse(extension).unwrap(),
        numbers: Vec::new(),
        name: format!("Person {extension}"),
        email: None,
        policy: policy.into(),
    };
    store.enable_mailbox(&new, None, noon()).unwrap()
}

/// The n-th telephone tries a PIN that nobody has. Nothing is locked or reset by so many of them.
fn attempt(telephone: usize, number: &str, failures_before_lockout: u16) -> PinAttempt {
    let rules = PinRules { failures_before_reset: None, failures_before_lockout, ..PinRules::default() };
    PinAttempt {
        dial_plan: "hq".into(),
        number: number.into(),
        pin: Secret::new(WRONG.into()),
        gateway: "gw1".into(),
        caller: Some(format!("+1425{telephone:07}")),
        rules: Arc::new(BTreeMap::from([(POLICY.to_owned(), rules)])),
        at: noon(),
    }
}

fn log_on(store: &Store, attempt: PinAttempt) {
    let (replies, inbox) = mpsc::channel();
    let request = StoreRequest { token: 1, what: StoreRequestKind::LogOn(attempt) };
    store.submit(request, move |reply| replies.send(reply.what).unwrap()).unwrap();
    assert_eq!(inbox.recv().unwrap(), Ok(StoreReplyKind::LogOn(LogOn::Refused)));
}

/// What this process has had of the processors so far.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap(), u32::try_from(time.tv_nsec).unwrap())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[test]
fn every_refused_log_on_takes_the_processor_for_as_long() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { pin_cost: COST, ..StoreOptions::new([42; 32]) };
    let (store, _) = Store::open(folder.path(), options).unwrap();
    for extension in ["4001", "4002"] {
        let own = enable(&store, extension, POLICY).id;
        let pin = NewPin { pin: Secret::new(RIGHT.into()), origin: PinOrigin::Chosen };
        store.set_pin(own, &pin, "root", noon()).unwrap();
    }
    enable(&store, "4003", POLICY);
    enable(&store, "4004", "a policy that lets nobody in");
    log_on(&store, attempt(0, "4002", 1));

    let mut times: [Vec<Duration>; KINDS.len()] = Default::default();
    let mut telephone = 0;
    for round in 0..ROUNDS {
        // Not always the same one behind the other.
        for place in 0..KINDS.len() {
            let kind = (place + round) % KINDS.len();
            telephone += 1;
            let attempt = attempt(telephone, KINDS[kind].1, u16::MAX);
            let before = processor_time();
            log_on(&store, attempt);
            times[kind].push(processor_time().saturating_sub(before));
        }
    }

    assert_eq!(store.log_on_counts().hashes, u64::try_from(1 + telephone).unwrap());
    let medians = times.map(median);
    let wrong = medians[0].as_secs_f64();
    for ((kind, _), median) in KINDS.into_iter().zip(medians) {
        let apart = 100.0 * (median.as_secs_f64() / wrong - 1.0);
        assert!(apart.abs() <= APART_AT_MOST, "{kind}: {medians:?}, {apart:+.1} %");
    }
}
