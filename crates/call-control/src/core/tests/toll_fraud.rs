//! Toll fraud: every way out of the server against the rules. What leaves is exactly the REFER of the table, or none.
mod by_peers;
mod rules;
mod ways;

use dial_plan::{AttendantPatch, DialPermissionsPatch};

use self::{
    rules::{RULES, Rules, Scope, rules},
    ways::{Answered, Expected, Operator, Sender, WAYS, Way, by_attendant, changes},
};
use super::{visit::*, *};

/// Outside the plan; the rule of group `far` makes [`REWRITTEN`] of it.
const FAR: &str = "95550100";
const REWRITTEN: &str = "+495550100";

fn visit(way: &Way, rules_of: Rules) -> Visit {
    let mut all = changes(way);
    all.extend(rules(rules_of, way.scope));
    let mut town = Town::of(&[("4001", "Ada Example"), ("4002", "Tony Smith")]);
    match way.sender {
        Sender::Far => town.caller = Some(FAR.to_owned()),
        Sender::Colleague => town.sender = Some("4002".to_owned()),
    }
    let called = if way.answered == Answered::Mailbox { "4001" } else { DIALLED };
    let mut visit = Visit::of(rig_with(&all, &[]), &town, "2002", called);
    visit.does(way.deeds);
    visit
}

#[test]
fn every_way_out_leads_only_where_the_rules_let_it() {
    for way in WAYS {
        for rules in RULES {
            let number = match way.expected {
                Expected::Always(number) => Some(number),
                Expected::Never => None,
                Expected::WhereAllowed => (rules == Rules::Allowed).then_some(REWRITTEN),
            };
            let expected = number.map(|number| {
                let by = way.by.map(|extension| format!("{extension}@")).unwrap_or_default();
                (format!("<sip:{number}@127.0.0.1:6000;user=phone>"), format!("<sip:{by}um.example.com>"))
            });

            let visit = visit(way, rules);

            assert_eq!(
                visit.refers(),
                Vec::from_iter(expected),
                "{}: {rules:?}: {:?}",
                way.what,
                visit.last_words()
            );
            // Each refusal is told to the administrator, each transfer too.
            let told = |id: u16| visit.told.iter().filter(|(told, _)| *told == id).count();
            assert_eq!(told(1024), visit.refers().len(), "{}: {rules:?}", way.what);
        }
    }
}

#[test]
fn refused_subscriber_hears_so_and_goes_on_listening() {
    let way = WAYS.iter().find(|way| way.what == "call the sender while it is heard").unwrap();
    for rules in RULES.into_iter().filter(|rules| *rules != Rules::Allowed) {
        let mut visit = visit(way, rules);

        assert!(visit.hears(&[said("call-not-allowed")]), "{rules:?}: {:?}", visit.last_words());
        assert!(!visit.has_hung_up());
        let failed: Vec<&String> =
            visit.told.iter().filter(|(id, _)| *id == 1025).map(|(_, text)| text).collect();
        assert!(matches!(failed[..], [text] if text.contains(FAR)), "{failed:?}");
        // The message again.
        let played = visit.played.len();
        visit.does(".001,.");
        assert!(visit.played.len() > played + 1, "{rules:?}");
        assert_eq!(visit.refers(), []);
    }
}

#[test]
fn ways_of_the_table_go_where_their_names_say() {
    // Who never reaches the mailbox, the recipient or the nested attendant would leave no REFER either.
    let reached = |what: &str, asked: fn(&StoreRequestKind) -> bool| {
        let way = WAYS.iter().find(|way| way.what == what).unwrap_or_else(|| panic!("no way {what}"));
        assert!(visit(way, Rules::Allowed).asked.iter().any(asked), "{what}");
    };
    let is_sent = |asked: &StoreRequestKind| {
        matches!(asked, StoreRequestKind::Change { what: mailbox::PhoneChange::Send { .. }, .. })
    };
    reached("reply to a sender of the plan", is_sent);
    reached("forward to a colleague", is_sent);
    reached("a new message by name", is_sent);
    reached(
        "a message by name before the log-on",
        |asked| matches!(asked, StoreRequestKind::FindMailbox { candidates, .. } if *candidates == ["4002"]),
    );
    let is_asked_for = |asked: &StoreRequestKind| matches!(asked, StoreRequestKind::Phone(mailbox::PhoneQuestion::Card { number, .. }) if number == FAR);
    reached("forward to the number", is_asked_for);
    reached("a new message to the number", is_asked_for);
}

#[test]
fn permissions_open_and_close_extensions_and_mailboxes_and_nothing_else() {
    let permission = |subscribers: bool, extensions: bool| {
        let dialling = DialPermissionsPatch {
            allow_dial_plan_subscribers: Some(subscribers),
            allow_extensions: Some(extensions),
            ..DialPermissionsPatch::default()
        };
        SiteChange::SetAttendant {
            name: "main".into(),
            patch: Box::new(AttendantPatch { dialling, ..AttendantPatch::default() }),
        }
    };
    // Mailboxes allowed, extensions allowed; what leaves by the mailbox 4002, by 4999, by the number.
    let rows = [
        ((true, false), [Some("4002"), None, None]),
        ((false, false), [None, None, None]),
        ((true, true), [Some("4002"), Some("4999"), None]),
        ((false, true), [Some("4002"), Some("4999"), None]),
    ];
    for ((subscribers, extensions), expected) in rows {
        for (deeds, expected) in [".2,.", ".3,.", ".1,."].into_iter().zip(expected) {
            let way = by_attendant("", Scope::Main, "", Expected::Never);
            let mut all = changes(&way);
            all.push(permission(subscribers, extensions));
            let town = Town::of(&[("4002", "Tony Smith")]);
            let mut visit = Visit::new(rig_with(&all, &[]), &town);

            visit.does(deeds);

            let to: Vec<String> = visit.refers().into_iter().map(|(to, _)| to).collect();
            let expected = expected.map(|number| format!("<sip:{number}@127.0.0.1:6000;user=phone>"));
            assert_eq!(to, Vec::from_iter(expected), "{deeds} {subscribers} {extensions}");
        }
    }
}

/// Where a caller begins who presses anything: at the first words, logged on, at a message, in the nested attendant,
/// among namesakes.
const BEGINNINGS: [&str; 5] = ["", ".4001,.730294#", ".4001,.730294#.1", ".4,", ".#.76484#"];

/// Whether the configuration lets this number out for anybody at all.
fn may_leave(number: &str, way: &Way, rules: Rules) -> bool {
    let is_masked = |prefix: &str| {
        let rest = number.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.len() == 7 && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let is_known = ["4001", "4002"].contains(&number) || (number == FAR && way.operator != Operator::Nobody);
    is_known
        || match rules {
            Rules::None | Rules::OtherPlan => false,
            Rules::Allowed | Rules::OtherScopes => is_masked("+49"),
            Rules::OtherGroup => is_masked("8"),
        }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_keys_are_pressed_nothing_leaves_that_no_rule_allows(
        deeds in "([0-9*#A.,]|95550100#|[.]002|[.]006){0,40}",
        beginning in 0..BEGINNINGS.len(),
        (way, rules) in (0..WAYS.len(), 0..RULES.len()),
    ) {
        let (way, rules) = (&WAYS[way], RULES[rules]);
        let mut visit = visit(&Way { deeds: BEGINNINGS[beginning], ..*way }, rules);

        for deed in deeds.chars() {
            visit.does(&deed.to_string());
            if visit.records() {
                visit.does("!");
            }
        }

        for (to, _) in visit.refers() {
            let number = to.strip_prefix("<sip:").and_then(|to| to.strip_suffix("@127.0.0.1:6000;user=phone>"));
            let allowed = number.is_some_and(|number| may_leave(number, way, rules));
            proptest::prop_assert!(allowed, "{}: {:?}: {}", way.what, rules, to);
        }
    }
}
