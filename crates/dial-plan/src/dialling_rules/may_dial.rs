#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;

use telephony::PhoneNumber;

use super::rule::{DialPermissions, DiallingRule};
use crate::{called_number::shown, name::Name, plan::DialPlan, site::Site};

/// On whose behalf a number is dialled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DiallingScope<'a> {
    /// Somebody who has not logged on: the plan's permissions.
    DialPlan,
    /// A caller of this attendant of the plan: its permissions alone, whatever those of the plan are.
    Attendant(&'a str),
    /// A subscriber: the permissions of this mailbox policy of the plan.
    Policy(&'a str),
}

/// Who has the number in the plan, as the store says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NumberHolder {
    /// A mailbox of the plan.
    Mailbox,
    /// No mailbox of the plan.
    Nobody,
}

/// A number that the rules allow. [`Site::may_dial`] alone makes one: a transfer takes nothing else.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dialled {
    number: PhoneNumber,
    by: DialledBy,
}

/// What allows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DialledBy {
    /// It is the operator that an administrator has set.
    Operator,
    /// It is a mailbox of the plan.
    Subscriber,
    /// It is as long as the plan's extensions.
    Extension,
    /// A rule of this group is about it.
    Rule(Name),
}

impl Dialled {
    /// What is dialled: decimal digits, 32 at most, behind a `+` only if the operator's number or a rule says so.
    pub fn number(&self) -> &PhoneNumber {
        &self.number
    }

    /// What allows it.
    pub fn by(&self) -> &DialledBy {
        &self.by
    }
}

impl fmt::Display for DialledBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("it is the operator"),
            Self::Subscriber => f.write_str("it is a mailbox of the plan"),
            Self::Extension => f.write_str("it is as long as an extension of the plan"),
            Self::Rule(group) => write!(f, "a rule of group {group} allows it"),
        }
    }
}

/// Why a number is not dialled.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DiallingRefusal {
    /// No digits, too many of them, or something else among them.
    #[error("`{number}` cannot be dialled: only 1 to 32 decimal digits can")]
    NotDigits {
        /// What was to be dialled, escaped and cut.
        number: String,
    },
    /// Nobody can dial on behalf of what does not exist.
    #[error("nothing can be dialled for {who}: it does not exist in dial plan `{plan}`")]
    NoSuchScope {
        /// The plan.
        plan: String,
        /// Which attendant or policy, or the plan itself.
        who: String,
    },
    /// No permission and no rule covers it.
    #[error("{who} may not dial {number}")]
    NotAllowed {
        /// Who.
        who: String,
        /// The number.
        number: String,
        /// The command that would allow it.
        remedy: String,
    },
}

impl DiallingRefusal {
    /// The command that mends it.
    pub fn remedy(&self) -> String {
        match self {
            Self::NotDigits { .. } => "use decimal digits only".to_owned(),
            Self::NoSuchScope { .. } => {
                "run `um attendant list` and `um policy list` to see the names".to_owned()
            }
            Self::NotAllowed { remedy, .. } => remedy.clone(),
        }
    }
}

/// Whose permissions count.
struct Caller<'a> {
    permissions: &'a DialPermissions,
    operator: Option<&'a PhoneNumber>,
    words: String,
    command: String,
}

impl Site {
    /// Whether a number may be dialled in a plan on somebody's behalf, and what is dialled for it. The number is what
    /// a caller has entered or an administrator has set; `holder` is the store's word about it.
    ///
    /// Allowed are: the operator; a mailbox of the plan, a number as long as its extensions, and what a rule of an
    /// allowed group is about, each if the permissions say so. The first of these that fits counts.
    ///
    /// # Errors
    /// [`DiallingRefusal`] for all else: nothing may be dialled then.
    pub fn may_dial(
        &self,
        plan: &str,
        scope: DiallingScope<'_>,
        number: &str,
        holder: NumberHolder,
    ) -> Result<Dialled, DiallingRefusal> {
        let plan = self.dial_plan(plan).ok_or_else(|| DiallingRefusal::NoSuchScope {
            plan: shown(plan),
            who: format!("dial plan `{}`", shown(plan)),
        })?;
        let caller = self.caller(plan, scope)?;
        let wanted =
            PhoneNumber::parse(number).map_err(|_| DiallingRefusal::NotDigits { number: shown(number) })?;
        let permissions = caller.permissions;
        let is_extension = wanted.as_str().len() == usize::from(plan.extension_digits)
            && wanted.as_str().bytes().all(|byte| byte.is_ascii_digit());
        let by = if caller.operator == Some(&wanted) {
            DialledBy::Operator
        } else if holder == NumberHolder::Mailbox && permissions.allow_dial_plan_subscribers {
            DialledBy::Subscriber
        } else if is_extension && permissions.allow_extensions {
            DialledBy::Extension
        } else {
            return by_rule(plan, &caller, &wanted);
        };
        Ok(Dialled { number: wanted, by })
    }

    fn caller<'a>(
        &'a self,
        plan: &'a DialPlan,
        scope: DiallingScope<'_>,
    ) -> Result<Caller<'a>, DiallingRefusal> {
        let missing = |who| DiallingRefusal::NoSuchScope { plan: plan.name.to_string(), who };
        match scope {
            DiallingScope::DialPlan => Ok(Caller {
                permissions: &plan.dialling,
                operator: plan.operator.as_ref(),
                words: format!("a caller of dial plan `{}`", plan.name),
                command: format!("um dialplan set {}", plan.name.shell_word()),
            }),
            DiallingScope::Attendant(name) => {
                let found = self.attendant(name).filter(|attendant| attendant.dial_plan == plan.name);
                let attendant = found.ok_or_else(|| missing(format!("attendant `{}`", shown(name))))?;
                Ok(Caller {
                    permissions: &attendant.dialling,
                    operator: attendant.operator.as_ref().or(plan.operator.as_ref()),
                    words: format!("a caller of attendant `{name}`"),
                    command: format!("um attendant set {}", attendant.name.shell_word()),
                })
            }
            DiallingScope::Policy(name) => {
                let found = self.policy(name).filter(|policy| policy.dial_plan == plan.name);
                let policy = found.ok_or_else(|| missing(format!("policy `{}`", shown(name))))?;
                Ok(Caller {
                    permissions: &policy.dialling,
                    operator: plan.operator.as_ref(),
                    words: format!("a subscriber with policy `{name}`"),
                    command: format!("um policy set {}", policy.name.shell_word()),
                })
            }
        }
    }
}

fn by_rule(plan: &DialPlan, caller: &Caller<'_>, wanted: &PhoneNumber) -> Result<Dialled, DiallingRefusal> {
    let allowed = |rule: &&DiallingRule| caller.permissions.allowed_groups.contains(&rule.group);
    let fitting = plan
        .dialling_rules
        .iter()
        .filter(allowed)
        .find_map(|rule| Some((rule.rewrite(wanted.as_str())?, rule)));
    let Some((dialled, rule)) = fitting else {
        return Err(DiallingRefusal::NotAllowed {
            who: caller.words.clone(),
            number: wanted.to_string(),
            remedy: remedy(plan, caller, wanted),
        });
    };
    let number =
        PhoneNumber::parse(&dialled).map_err(|_| DiallingRefusal::NotDigits { number: shown(&dialled) })?;
    Ok(Dialled { number, by: DialledBy::Rule(rule.group.clone()) })
}

/// A rule that would do if its group were allowed, else how to make one. The groups that are allowed stay so.
fn remedy(plan: &DialPlan, caller: &Caller<'_>, wanted: &PhoneNumber) -> String {
    let allowed = |group: &str| {
        let own = caller.permissions.allowed_groups.iter().map(Name::as_str);
        let groups: Vec<&str> = own.chain([group]).collect();
        format!("`{} --allowed-groups '{}'`", caller.command, groups.join(","))
    };
    match plan.dialling_rules.iter().find(|rule| rule.rewrite(wanted.as_str()).is_some()) {
        Some(rule) => format!("if it should be, run {}", allowed(rule.group.as_str())),
        None => format!(
            "if it should be, run `um dialplan rule add {} GROUP {wanted} {wanted}` and {}",
            plan.name.shell_word(),
            allowed("GROUP")
        ),
    }
}

#[cfg(test)]
mod tests;
