//! Callers with wrong PINs, as an administrator sees them and lets them go on.
use jiff::Timestamp;
use mailbox::{LogOn, PinAttempt};

use super::{
    at, enable,
    log_on::{RIGHT, WRONG, attempt, chosen, ids, log_on, standing, told},
    noon,
};
use crate::{FailingCaller, ForgivenCallers, Store};

fn fail(store: &Store, (gateway, caller): (&str, Option<&str>), times: u32) {
    for stranger in 0..times {
        let number = format!("{}", 9000 + stranger);
        let attempt = PinAttempt {
            gateway: gateway.into(),
            caller: caller.map(str::to_owned),
            ..attempt(&number, WRONG)
        };
        assert_eq!(log_on(store, &attempt), LogOn::Refused);
    }
}

/// As the list shows them: number, failures, until when they are stopped.
fn listed(store: &Store, now: Timestamp) -> Vec<(String, u32, Option<Timestamp>)> {
    let name = |caller: FailingCaller| {
        let number = caller.caller.unwrap_or_else(|| "withheld".into());
        (format!("{number}@{}", caller.gateway), caller.failures, caller.stopped_until)
    };
    store.failing_callers(now, 9).unwrap().into_iter().map(name).collect()
}

#[test]
fn callers_with_wrong_pins_are_listed_for_a_day_the_stopped_ones_first() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), told().0).unwrap();

    fail(&store, ("gw1", Some("4001")), 2);
    fail(&store, ("gw2", None), 44);
    fail(&store, ("gw1", Some("4002")), 45);

    let stopped = ("4002@gw1".into(), 45, Some(at("2026-11-06T12:00:00Z")));
    let all = [stopped, ("withheld@gw2".into(), 44, None), ("4001@gw1".into(), 2, None)];
    assert_eq!(listed(&store, noon()), all);
    assert_eq!(listed(&store, at("2026-11-06T12:00:00Z")), all);
    assert_eq!(listed(&store, at("2026-11-06T12:00:00.000001Z")), []);
    assert_eq!(store.failing_callers(noon(), 1).unwrap().len(), 1);
    let first = store.failing_callers(noon(), 1).unwrap().remove(0);
    assert_eq!((first.since, first.last), (noon(), noon()));
}

#[test]
fn stopped_caller_who_is_forgiven_may_log_on_again_and_the_event_says_who_did_it() {
    let folder = tempfile::tempdir().unwrap();
    let (options, told) = told();
    let (store, _) = Store::open(folder.path(), options).unwrap();
    let ada = enable(&store, "4001");
    store.set_pin(ada.id, &chosen(RIGHT), "root", noon()).unwrap();
    let longest = format!("+{}", "7".repeat(80));
    let me = PinAttempt { caller: Some(longest.clone()), ..attempt("4001", RIGHT) };
    fail(&store, ("gw1", Some(&longest)), 45);
    assert_eq!(log_on(&store, &me), LogOn::Refused);
    told.lock().unwrap().clear();

    let forgiven = store.forgive_callers("gw1", ForgivenCallers::Number(&longest), "root").unwrap();

    assert_eq!((forgiven, ids(&told)), (1, vec![2058]));
    let event = told.lock().unwrap().remove(0);
    let field =
        |name: &str| event.fields.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
    assert_eq!((field("gateway"), field("caller")), (Some("gw1".into()), Some(longest.clone())));
    assert_eq!(field("by"), Some("root".into()));
    assert!(standing(log_on(&store, &me)).is_some());
}

/// Who is forgiven, how many they are, and who is listed then.
#[test]
fn one_caller_those_without_a_number_or_a_whole_gateway_are_forgiven() {
    let table = [
        (ForgivenCallers::Number("4001"), 1, vec!["4002@gw1", "4001@gw2", "withheld@gw1"]),
        (ForgivenCallers::Number("4003"), 0, vec!["4001@gw1", "4002@gw1", "4001@gw2", "withheld@gw1"]),
        (ForgivenCallers::Withheld, 1, vec!["4001@gw1", "4002@gw1", "4001@gw2"]),
        (ForgivenCallers::All, 3, vec!["4001@gw2"]),
    ];

    for (which, count, left) in table {
        let folder = tempfile::tempdir().unwrap();
        let (options, told) = told();
        let (store, _) = Store::open(folder.path(), options).unwrap();
        fail(&store, ("gw1", Some("4001")), 4);
        fail(&store, ("gw1", Some("4002")), 3);
        fail(&store, ("gw2", Some("4001")), 2);
        fail(&store, ("gw1", None), 1);

        assert_eq!(store.forgive_callers("gw1", which, "root").unwrap(), count, "{which:?}");

        let names: Vec<String> = listed(&store, noon()).into_iter().map(|(name, ..)| name).collect();
        assert_eq!(names, left, "{which:?}");
        assert_eq!(ids(&told).len(), usize::from(count > 0), "{which:?}");
    }
}
