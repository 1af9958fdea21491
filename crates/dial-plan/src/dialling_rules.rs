//! What may be dialled out of the server: nothing that neither a permission nor a rule allows.
mod mask;
mod may_dial;
mod rule;

pub use self::{
    mask::{DialMask, DialMaskError},
    may_dial::{Dialled, DialledBy, DiallingRefusal, DiallingScope, NumberHolder},
    rule::{DialPermissions, DialPermissionsPatch, DiallingRule},
};

use crate::{name::Name, object_kind::ObjectKind, plan::DialPlan, refusal::SiteError, site::Site};

impl Site {
    /// The most dialling rules of a plan.
    pub const MAX_DIALLING_RULES: usize = 256;

    pub(crate) fn add_dialling_rule(&mut self, plan: &str, rule: &DiallingRule) -> Result<(), SiteError> {
        self.plan_mut(plan)?.dialling_rules.push(rule.clone());
        Ok(())
    }

    pub(crate) fn remove_dialling_rule(
        &mut self,
        plan: &str,
        group: &str,
        mask: &str,
    ) -> Result<(), SiteError> {
        let found = self.plan_mut(plan)?;
        let before = found.dialling_rules.len();
        found.dialling_rules.retain(|rule| rule.group.as_str() != group || rule.mask.as_str() != mask);
        if found.dialling_rules.len() == before {
            return Err(SiteError::BadDiallingRule {
                plan: found.name.clone(),
                fault: format!("no rule of group `{group}` is for {mask}"),
            });
        }
        Ok(())
    }

    fn plan_mut(&mut self, plan: &str) -> Result<&mut DialPlan, SiteError> {
        let missing = || SiteError::NotFound { kind: ObjectKind::DialPlan, name: plan.to_owned() };
        self.dial_plans.get_mut(plan).ok_or_else(missing)
    }

    /// The rules of every plan, and that each group that somebody is allowed has one.
    pub(crate) fn check_dialling(&self) -> Result<(), SiteError> {
        for plan in self.dial_plans.values() {
            check_rules(plan)?;
            known_groups(plan, ObjectKind::DialPlan, &plan.name, &plan.dialling)?;
        }
        for policy in self.policies.values() {
            if let Some(plan) = self.dial_plans.get(&policy.dial_plan) {
                known_groups(plan, ObjectKind::Policy, &policy.name, &policy.dialling)?;
            }
        }
        Ok(())
    }
}

/// Refuses a permission for a group that the plan has no rule of: it is a slip of the pen.
pub(crate) fn known_groups(
    plan: &DialPlan,
    kind: ObjectKind,
    name: &Name,
    permissions: &DialPermissions,
) -> Result<(), SiteError> {
    let known = |group: &&Name| plan.dialling_rules.iter().any(|rule| rule.group == **group);
    match permissions.allowed_groups.iter().find(|group| !known(group)) {
        None => Ok(()),
        Some(group) => Err(SiteError::NoSuchGroup {
            kind,
            name: name.clone(),
            group: group.clone(),
            plan: plan.name.clone(),
        }),
    }
}

fn check_rules(plan: &DialPlan) -> Result<(), SiteError> {
    let bad = |fault| Err(SiteError::BadDiallingRule { plan: plan.name.clone(), fault });
    if plan.dialling_rules.len() > Site::MAX_DIALLING_RULES {
        return bad(format!("more than {} rules", Site::MAX_DIALLING_RULES));
    }
    for (place, rule) in plan.dialling_rules.iter().enumerate() {
        if let Some(fault) = rule.fault() {
            return bad(format!("{rule}: {fault}"));
        }
        let twice = |other: &&DiallingRule| other.group == rule.group && other.mask == rule.mask;
        if plan.dialling_rules.iter().take(place).any(|other| twice(&other)) {
            return bad(format!(
                "{rule}: the group has a rule for this mask already, and only the first would be applied"
            ));
        }
    }
    Ok(())
}
