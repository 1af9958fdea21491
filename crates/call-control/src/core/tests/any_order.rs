//! Keys, ends of prompts, silence and a slow store in any order: no call breaks, is lost, or stays behind.
use dial_plan::DialPlanPatch;

use super::{visit::*, *};

/// Longer than a call whose caller has gone is kept.
const AFTERWARDS: Duration = Duration::from_secs(61);
/// The plan lets a call last for half an hour.
const SILENCE: Duration = Duration::from_secs(10 * 60);
const CALL_PANICKED: u16 = telephony::kind::CALL_PANICKED.id;

fn rig() -> Rig {
    let mut main = attendant("main", &["6000"]);
    let other = attendant("other", &[]);
    for (pressed, action) in [
        ("1", "transfer:4002"),
        ("2", "message:4002"),
        ("3", "message:4003"),
        ("4", "attendant:other"),
        ("5", "directory"),
        ("timeout", "message:4001"),
    ] {
        key(&mut main, pressed, action);
    }
    let plan = DialPlanPatch {
        access_numbers: Some(vec![number(DIALLED)]),
        operator: Some(Some(number("4002"))),
        ..DialPlanPatch::default()
    };
    rig_with(&[set_plan(plan), create(other), create(main)], &[])
}

fn town() -> Town {
    Town::of(&[("4001", "Ada Example"), ("4002", "Tony Smith"), ("4003", "Zoe Smith")])
}

/// Deeds of [`Visit::does`]; `o`, `n` and `f`: the store answers what it owes longest or shortest, or fails; `h` and `r`: the
/// gateway holds and resumes.
fn live(visit: &mut Visit, deeds: &str) {
    for deed in deeds.chars() {
        match deed {
            'o' => visit.answers(Reply::Oldest),
            'n' => visit.answers(Reply::Newest),
            'f' => visit.answers(Reply::Failure),
            'h' => visit.offer("sendonly"),
            'r' => visit.offer("sendrecv"),
            '!' if !visit.records() => {}
            deed => visit.does(&deed.to_string()),
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(192))]

    #[test]
    fn call_of_any_deeds_ends_without_a_fault_and_leaves_nothing_behind(
        called in proptest::sample::select(&["4001", "5000", "6000"][..]),
        beginning in proptest::sample::select(&["", ".", "o", "4001,o730294#o", "4001,o730294#o.1.", "#.76484#o"][..]),
        deeds in "([0-9*#.,onf!hr]|o[.]|,o|002|006|730294#){0,40}",
    ) {
        let mut visit = Visit::of(rig(), &town(), "2002", called).slow();

        live(&mut visit, beginning);
        live(&mut visit, &deeds);
        let tag = visit.tag.clone();
        let ended = visit.rig.in_dialog("BYE", 90, &tag);
        visit.note(ended);
        visit.wait(AFTERWARDS);
        live(&mut visit, "nnoo");

        proptest::prop_assert!(visit.told.iter().all(|(id, _)| *id != CALL_PANICKED), "{:?}", visit.told);
        proptest::prop_assert_eq!(visit.rig.core.call_count(), 0);
        for (to, _) in visit.refers() {
            proptest::prop_assert!(["<sip:4001@", "<sip:4002@", "<sip:4003@"].iter().any(|known| to.starts_with(known)), "{}", to);
        }
        // One record, and one end.
        let ends = visit.told.iter().filter(|(id, _)| *id == 2008).count();
        proptest::prop_assert_eq!(ends, 1, "{:?}", visit.told);
    }

    #[test]
    fn caller_who_does_nothing_any_more_is_let_go_long_before_the_longest_call(
        called in proptest::sample::select(&["4001", "5000", "6000"][..]),
        beginning in proptest::sample::select(&["", ".", "o", "4001,o730294#o", "4001,o730294#o.1.", "#.76484#o"][..]),
        deeds in "([0-9*#.,onf!hr]|o[.]|,o|002|006|730294#){0,40}",
    ) {
        let mut visit = Visit::of(rig(), &town(), "2002", called).slow();
        live(&mut visit, beginning);
        live(&mut visit, &deeds);
        live(&mut visit, "r");

        // What is said is heard, what is asked is answered, and a gateway that is asked for a transfer says nothing.
        let silent_since = visit.rig.now;
        while !visit.has_hung_up() && visit.rig.now - silent_since < SILENCE {
            live(&mut visit, "oooo.!");
            visit.wait(Duration::from_secs(7));
        }

        proptest::prop_assert!(visit.has_hung_up(), "{:?}", visit.last_words());
        // By what it hears, not by the clock of the plan.
        proptest::prop_assert!(visit.told.iter().all(|(_, text)| !text.contains("longest call")), "{:?}", visit.told);
    }
}
