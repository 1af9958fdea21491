use super::*;
use crate::{AutoAttendant, DialMask, DialPermissionsPatch, DialPlanPatch, MailboxPolicy, SiteChange};

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn rule(group: &str, mask: &str, dialled: &str) -> SiteChange {
    SiteChange::AddDiallingRule {
        plan: "hq".into(),
        rule: DiallingRule {
            group: name(group),
            mask: DialMask::parse(mask).unwrap(),
            dialled: DialMask::parse(dialled).unwrap(),
            comment: String::new(),
        },
    }
}

fn permissions(groups: &[&str]) -> DialPermissionsPatch {
    DialPermissionsPatch {
        allowed_groups: Some(groups.iter().map(|group| name(group)).collect()),
        ..DialPermissionsPatch::default()
    }
}

fn changed(site: Site, change: &SiteChange) -> Site {
    site.apply(change).unwrap().0
}

fn set_plan(site: Site, patch: DialPlanPatch) -> Site {
    changed(site, &SiteChange::SetDialPlan { name: "hq".into(), patch })
}

/// Plan `hq` with operator 4000 and rules of three groups, attendant `main`, the default policy; nothing is allowed.
fn closed() -> Site {
    let plan =
        DialPlan { operator: Some(PhoneNumber::parse("4000").unwrap()), ..DialPlan::new(name("hq"), 4) };
    let attendant = AutoAttendant::new(name("main"), name("hq"));
    [
        SiteChange::CreateDialPlan(plan),
        SiteChange::CreateDialPlan(DialPlan::new(name("branch"), 4)),
        SiteChange::CreateAttendant(Box::new(attendant)),
        rule("local", "9xxxxxxx", "9xxxxxxx"),
        rule("national", "91xxxxxxxxxx", "+1xxxxxxxxxx"),
        rule("world", "9011*", "011*"),
    ]
    .iter()
    .fold(Site::empty(), changed)
}

const SCOPES: [DiallingScope<'static>; 3] =
    [DiallingScope::DialPlan, DiallingScope::Attendant("main"), DiallingScope::Policy("hq Default Policy")];

fn dialled(
    site: &Site,
    scope: DiallingScope<'_>,
    number: &str,
    holder: NumberHolder,
) -> Option<(String, DialledBy)> {
    let dialled = site.may_dial("hq", scope, number, holder).ok()?;
    Some((dialled.number().to_string(), dialled.by().clone()))
}

#[test]
fn nothing_outside_the_plan_is_dialled_unless_a_group_is_allowed() {
    let site = closed();

    for scope in SCOPES {
        for number in ["95550100", "914255550100", "90114930123456", "112", "4999", "40010", "+14255550100"] {
            let refusal = site.may_dial("hq", scope, number, NumberHolder::Nobody).unwrap_err();

            assert!(matches!(refusal, DiallingRefusal::NotAllowed { .. }), "{scope:?} {number}: {refusal}");
        }
    }
}

#[test]
fn mailboxes_of_the_plan_and_the_operator_are_dialled_from_the_start() {
    let site = closed();

    for scope in SCOPES {
        assert_eq!(
            dialled(&site, scope, "4001", NumberHolder::Mailbox),
            Some(("4001".into(), DialledBy::Subscriber))
        );
        assert_eq!(
            dialled(&site, scope, "4000", NumberHolder::Nobody),
            Some(("4000".into(), DialledBy::Operator))
        );
    }
}

#[test]
fn mailboxes_are_not_dialled_where_subscribers_may_not_be() {
    let no =
        DialPermissionsPatch { allow_dial_plan_subscribers: Some(false), ..DialPermissionsPatch::default() };
    let site = set_plan(closed(), DialPlanPatch { dialling: no, ..DialPlanPatch::default() });

    assert_eq!(dialled(&site, DiallingScope::DialPlan, "4001", NumberHolder::Mailbox), None);
    assert!(dialled(&site, DiallingScope::Attendant("main"), "4001", NumberHolder::Mailbox).is_some());
}

#[test]
fn every_number_as_long_as_an_extension_is_dialled_only_where_extensions_may_be() {
    let yes = DialPermissionsPatch { allow_extensions: Some(true), ..DialPermissionsPatch::default() };
    let site = set_plan(closed(), DialPlanPatch { dialling: yes, ..DialPlanPatch::default() });

    assert_eq!(
        dialled(&site, DiallingScope::DialPlan, "4999", NumberHolder::Nobody),
        Some(("4999".into(), DialledBy::Extension))
    );
    for number in ["499", "49999", "+499"] {
        assert_eq!(dialled(&site, DiallingScope::DialPlan, number, NumberHolder::Nobody), None, "{number}");
    }
    assert_eq!(dialled(&site, DiallingScope::Attendant("main"), "4999", NumberHolder::Nobody), None);
}

#[test]
fn each_scope_dials_by_the_rules_of_its_own_groups_and_of_no_other() {
    let site =
        set_plan(closed(), DialPlanPatch { dialling: permissions(&["local"]), ..DialPlanPatch::default() });
    let site = changed(
        site,
        &SiteChange::SetAttendant {
            name: "main".into(),
            patch: Box::new(crate::AttendantPatch {
                dialling: permissions(&["national"]),
                ..crate::AttendantPatch::default()
            }),
        },
    );
    let patch = crate::PolicyPatch { dialling: permissions(&["world"]), ..crate::PolicyPatch::default() };
    let site = changed(site, &SiteChange::SetPolicy { name: "hq Default Policy".into(), patch });
    // Number, and what each scope makes of it: the plan, the attendant, the policy.
    let table: [(&str, [Option<&str>; 3]); 5] = [
        ("95550100", [Some("95550100"), None, None]),
        ("914255550100", [None, Some("+14255550100"), None]),
        ("90114930123456", [None, None, Some("0114930123456")]),
        ("9011", [None, None, None]),
        ("9555010", [None, None, None]),
    ];

    for (number, wanted) in table {
        for (scope, wanted) in SCOPES.into_iter().zip(wanted) {
            let found = dialled(&site, scope, number, NumberHolder::Nobody).map(|(number, _)| number);

            assert_eq!(found.as_deref(), wanted, "{scope:?} {number}");
        }
    }
}

#[test]
fn odd_characters_are_never_dialled_whatever_is_allowed() {
    let site = changed(closed(), &rule("all", "*", "*"));
    let yes = DialPermissionsPatch { allow_extensions: Some(true), ..permissions(&["all"]) };
    let site = set_plan(site, DialPlanPatch { dialling: yes, ..DialPlanPatch::default() });
    let long = "9".repeat(33);

    for number in [
        "",
        " ",
        "*",
        "#",
        "40*1",
        "40#1",
        "40A1",
        "4001;user=phone",
        "4001@evil.example",
        "4001>",
        "4001\r\nVia: x",
        "%34001",
        "4 001",
        "++4001",
        "40+01",
        "\u{664}\u{660}\u{660}\u{661}",
        "sip:4001",
        long.as_str(),
    ] {
        for holder in [NumberHolder::Mailbox, NumberHolder::Nobody] {
            let refusal = site.may_dial("hq", DiallingScope::DialPlan, number, holder).unwrap_err();

            assert!(matches!(refusal, DiallingRefusal::NotDigits { .. }), "{number:?}: {refusal}");
        }
    }
    assert!(dialled(&site, DiallingScope::DialPlan, &"9".repeat(32), NumberHolder::Nobody).is_some());
}

#[test]
fn a_rule_that_makes_too_long_a_number_dials_nothing() {
    let site = changed(closed(), &rule("long", "*", "00*"));
    let site = set_plan(site, DialPlanPatch { dialling: permissions(&["long"]), ..DialPlanPatch::default() });

    assert!(dialled(&site, DiallingScope::DialPlan, &"9".repeat(30), NumberHolder::Nobody).is_some());
    assert_eq!(dialled(&site, DiallingScope::DialPlan, &"9".repeat(31), NumberHolder::Nobody), None);
}

#[test]
fn nobody_dials_for_what_is_not_there_or_belongs_to_another_plan() {
    let site = closed();

    for (plan, scope) in [
        ("nowhere", DiallingScope::DialPlan),
        ("hq", DiallingScope::Attendant("lost")),
        ("hq", DiallingScope::Policy("branch Default Policy")),
        ("branch", DiallingScope::Attendant("main")),
    ] {
        let refusal = site.may_dial(plan, scope, "4001", NumberHolder::Mailbox).unwrap_err();

        assert!(matches!(refusal, DiallingRefusal::NoSuchScope { .. }), "{plan} {scope:?}");
    }
}

#[test]
fn a_refusal_names_the_command_that_would_allow_the_number() {
    let site = closed();
    let refused = |number| {
        site.may_dial("hq", DiallingScope::Attendant("main"), number, NumberHolder::Nobody).unwrap_err()
    };

    assert_eq!(refused("95550100").to_string(), "a caller of attendant `main` may not dial 95550100");
    assert_eq!(
        refused("95550100").remedy(),
        "if it should be, run `um attendant set main --allowed-groups 'local'`"
    );
    assert_eq!(
        refused("112").remedy(),
        "if it should be, run `um dialplan rule add hq GROUP 112 112` and `um attendant set main --allowed-groups 'GROUP'`"
    );
}

#[test]
fn rules_are_refused_that_would_never_count() {
    let site = closed();
    let refused = |change: &SiteChange| site.apply(change).unwrap_err();

    assert_eq!(
        refused(&rule("local", "9xx", "xxx")).to_string(),
        "dial plan `hq`: dialling rules: local: 9xx -> xxx: what is dialled has more x than the mask: a rule can keep \
         no more digits than it matches"
    );
    assert_eq!(
        refused(&rule("local", "9xx", "9*")).to_string(),
        "dial plan `hq`: dialling rules: local: 9xx -> 9*: what is dialled ends with * and the mask does not"
    );
    assert_eq!(refused(&rule("local", "9xxxxxxx", "8xxxxxxx")).code(), "bad-dialling-rule");
    assert_eq!(refused(&rule(&"g".repeat(33), "9", "9")).code(), "bad-dialling-rule");
    let unknown = DialPlanPatch { dialling: permissions(&["mars"]), ..DialPlanPatch::default() };
    let error = refused(&SiteChange::SetDialPlan { name: "hq".into(), patch: unknown });
    assert_eq!(
        error.to_string(),
        "dial plan `hq` allows the dialling group `mars`, of which dial plan `hq` has no rule"
    );
    assert_eq!(
        error.remedy(),
        "run `um dialplan rule add hq mars MASK DIALLED` first, or leave the group out"
    );
    let mut policy = MailboxPolicy::new(name("p"), name("hq"));
    policy.dialling.allowed_groups.push(name("mars"));
    assert_eq!(refused(&SiteChange::CreatePolicy(policy)).code(), "no-such-group");
}

#[test]
fn a_rule_is_removed_by_group_and_mask_unless_its_group_is_still_allowed() {
    let site =
        set_plan(closed(), DialPlanPatch { dialling: permissions(&["local"]), ..DialPlanPatch::default() });
    let remove = |group: &str, mask: &str| SiteChange::RemoveDiallingRule {
        plan: "hq".into(),
        group: group.into(),
        mask: mask.into(),
    };

    let after = changed(site.clone(), &remove("world", "9011*"));

    assert_eq!(after.dial_plan("hq").unwrap().dialling_rules.len(), 2);
    assert_eq!(site.apply(&remove("local", "9xxxxxxx")).unwrap_err().code(), "no-such-group");
    assert_eq!(site.apply(&remove("world", "9xxxxxxx")).unwrap_err().code(), "bad-dialling-rule");
}
