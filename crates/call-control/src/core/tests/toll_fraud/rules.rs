//! What stands between a caller and a number outside the plan.
use dial_plan::{AttendantPatch, DialMask, DialPermissions, DialPermissionsPatch, DiallingRule, PolicyPatch};

use super::super::{visit::*, *};

pub(super) fn rule(plan: &str, group: &str, mask: &str, dialled: &str) -> SiteChange {
    let rule = DiallingRule {
        group: name(group),
        mask: DialMask::parse(mask).unwrap(),
        dialled: DialMask::parse(dialled).unwrap(),
        comment: String::new(),
    };
    SiteChange::AddDiallingRule { plan: plan.into(), rule }
}

/// Whose permissions count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scope {
    Main,
    Inner,
    Subscriber,
    Stranger,
}

const SCOPES: [Scope; 4] = [Scope::Main, Scope::Inner, Scope::Subscriber, Scope::Stranger];

/// What stands between the caller and [`super::FAR`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Rules {
    /// No plan has a rule.
    None,
    /// The scope is allowed the group.
    Allowed,
    /// The scope is allowed a group whose rules are about other numbers.
    OtherGroup,
    /// Every scope of the plan but this one is allowed the group.
    OtherScopes,
    /// Another plan has the rule, and allows it to all of its own.
    OtherPlan,
}

pub(super) const RULES: [Rules; 5] =
    [Rules::None, Rules::Allowed, Rules::OtherGroup, Rules::OtherScopes, Rules::OtherPlan];

fn groups(groups: &[&str]) -> DialPermissionsPatch {
    let allowed_groups = Some(groups.iter().map(|group| name(group)).collect());
    DialPermissionsPatch { allowed_groups, ..DialPermissionsPatch::default() }
}

/// Allows a scope of the plan `hq` these groups.
fn allow(scope: Scope, allowed: &[&str]) -> SiteChange {
    let dialling = groups(allowed);
    let of_attendant = |attendant: &str| SiteChange::SetAttendant {
        name: attendant.into(),
        patch: Box::new(AttendantPatch { dialling: dialling.clone(), ..AttendantPatch::default() }),
    };
    match scope {
        Scope::Main => of_attendant("main"),
        Scope::Inner => of_attendant("inner"),
        Scope::Subscriber => set_policy(PolicyPatch { dialling, ..PolicyPatch::default() }),
        Scope::Stranger => set_plan(DialPlanPatch { dialling, ..DialPlanPatch::default() }),
    }
}

pub(super) fn rules(rules: Rules, scope: Scope) -> Vec<SiteChange> {
    let far = |plan: &str| rule(plan, "far", "9xxxxxxx", "+49xxxxxxx");
    let near = rule("hq", "near", "8xxxxxxx", "8xxxxxxx");
    match rules {
        Rules::None => Vec::new(),
        Rules::Allowed => vec![far("hq"), near, allow(scope, &["far"])],
        Rules::OtherGroup => vec![far("hq"), near, allow(scope, &["near"])],
        Rules::OtherScopes => {
            let others = SCOPES.into_iter().filter(|other| *other != scope);
            [far("hq"), near].into_iter().chain(others.map(|other| allow(other, &["far"]))).collect()
        }
        Rules::OtherPlan => {
            let mut other = attendant("elsewhere", &[]);
            other.dial_plan = name("branch");
            other.dialling =
                DialPermissions { allowed_groups: vec![name("far")], ..DialPermissions::default() };
            let patch = DialPlanPatch { dialling: groups(&["far"]), ..DialPlanPatch::default() };
            let policy = PolicyPatch { dialling: groups(&["far"]), ..PolicyPatch::default() };
            vec![
                far("branch"),
                create(other),
                SiteChange::SetDialPlan { name: "branch".into(), patch },
                SiteChange::SetPolicy { name: "branch Default Policy".into(), patch: policy },
            ]
        }
    }
}
