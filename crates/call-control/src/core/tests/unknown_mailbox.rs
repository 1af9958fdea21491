//! A caller of an access number learns from nothing that comes out whether a mailbox exists.
use super::{visit::*, *};

/// Somebody has the first, nobody the second.
const KNOWN: &str = "4444";
const UNKNOWN: &str = "5555";

fn town() -> Town {
    Town::of(&[(KNOWN, "Ada Example"), ("2002", "Bob Example")])
}

fn rig(mailboxes_of_the_policy: bool) -> Rig {
    let access_numbers = Some(vec![number(DIALLED)]);
    let operator = Some(Some(number("0500")));
    let plan = DialPlanPatch { access_numbers, operator, ..DialPlanPatch::default() };
    let allow_subscriber_access = Some(mailboxes_of_the_policy);
    let policy = dial_plan::PolicyPatch { allow_subscriber_access, ..dial_plan::PolicyPatch::default() };
    rig_with(&[set_plan(plan), set_policy(policy)], &[])
}

fn visit(rig: Rig, caller: &str, deeds: &str, extension: &str) -> Visit {
    let mut visit = Visit::from(rig, &town(), caller);
    visit.does(&deeds.replace("EXT", extension));
    visit
}

/// All that came out of a call that does this, from the INVITE on, with the extension blotted out.
fn trace(rig: Rig, caller: &str, deeds: &str, extension: &str) -> Vec<String> {
    let visit = visit(rig, caller, deeds, extension);
    visit.trace.into_iter().map(|step| step.replace(extension, "EXT")).collect()
}

fn log_ons(visit: &Visit) -> usize {
    visit.asked.iter().filter(|asked| matches!(asked, StoreRequestKind::LogOn(_))).count()
}

/// Wrong PINs, as patient and impatient callers press them, and how many of them reach the store.
const WAYS: [(&str, usize); 9] = [
    // Everything is heard to its end before the next key.
    (".EXT,.111111#.222222#.333333#.", 3),
    // Nothing is.
    ("EXT#111111#222222#333333#.", 3),
    // The digits end by silence.
    (".EXT,.111111,.222222,.333333,.", 3),
    // Another extension each time, which is the same.
    (".EXT,.111111#.*.EXT,.222222#.*.EXT,.333333#.", 3),
    // No PIN, then wrong keys, then another extension and back.
    (".EXT,.#A.*.EXT,.1#.A22#.333#.", 3),
    // A PIN that no mailbox can have.
    (".EXT,.##.73029473029473029473029473029473029473#.0#.1#.", 3),
    // The caller says nothing at all after the extension.
    (".EXT,.,.,.,.,.", 0),
    // One attempt, and then the caller stays away.
    (".EXT,.111111#.,.,.,.", 1),
    // The operator behind a refusal.
    (".EXT#.111111#.*.0#", 1),
];

#[test]
fn known_and_unknown_mailbox_are_one_sequence_from_the_invite_to_the_goodbye() {
    for (deeds, _) in WAYS {
        let known = trace(rig(true), "3003", deeds, KNOWN);
        let unknown = trace(rig(true), "3003", deeds, UNKNOWN);

        assert_eq!(known, unknown, "{deeds}");
    }
}

#[test]
fn who_has_a_mailbox_of_their_own_learns_as_little_about_another() {
    for (deeds, _) in WAYS {
        let deeds = format!(".*{deeds}");
        let known = trace(rig(true), "2002", &deeds, KNOWN);
        let unknown = trace(rig(true), "2002", &deeds, UNKNOWN);

        assert_eq!(known, unknown, "{deeds}");
    }
}

#[test]
fn right_pin_of_a_mailbox_without_access_is_told_as_a_mailbox_that_nobody_has() {
    let deeds = format!(".EXT,.{PIN}#.EXT,.{PIN}#.EXT,.{PIN}#.");

    let known = trace(rig(false), "3003", &deeds, KNOWN);
    let unknown = trace(rig(false), "3003", &deeds, UNKNOWN);

    assert_eq!(known, unknown);
}

#[test]
fn sequences_are_those_of_whole_calls_and_a_right_pin_makes_another() {
    for (deeds, wrong_pins) in WAYS {
        let visit = visit(rig(true), "3003", deeds, UNKNOWN);

        assert_eq!(log_ons(&visit), wrong_pins, "{deeds}: {:?}", visit.last_words());
        let (hung_up, transfers) = if deeds.ends_with("0#") { (false, 1) } else { (true, 0) };
        assert_eq!((visit.has_hung_up(), visit.refers().len()), (hung_up, transfers), "{deeds}");
    }
    let refused = visit(rig(true), "3003", WAYS[0].0, UNKNOWN);
    assert!(refused.hears(&[said("log-on-refused"), said("goodbye")]), "{:?}", refused.last_words());
    let right = format!(".EXT,.{PIN}#.,.,.,.");
    assert_ne!(trace(rig(true), "3003", &right, KNOWN), trace(rig(true), "3003", &right, UNKNOWN));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(128))]

    #[test]
    fn no_keys_tell_a_known_mailbox_from_an_unknown_one(deeds in "([0-36-9*#A.,]|EXT[#,]){0,24}") {
        let deeds = format!(".EXT#{deeds}");

        let known = trace(rig(true), "3003", &deeds, KNOWN);
        let unknown = trace(rig(true), "3003", &deeds, UNKNOWN);

        proptest::prop_assert_eq!(known, unknown);
    }
}
