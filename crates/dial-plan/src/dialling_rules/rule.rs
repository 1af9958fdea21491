use std::fmt;

use serde::{Deserialize, Serialize};

use super::mask::DialMask;
use crate::name::Name;

/// Numbers outside the plan that may be dialled by those whom the group is allowed.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DiallingRule {
    /// The group, at most 32 characters; rules of one group are allowed together.
    pub group: Name,
    /// The numbers, as a caller enters them.
    pub mask: DialMask,
    /// What is dialled for them: no more `x` than the mask has, `*` only if it has one.
    pub dialled: DialMask,
    /// For administrators.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

impl DiallingRule {
    /// The most characters of a group's name.
    pub const MAX_GROUP_CHARACTERS: usize = 32;
    /// The most characters of a comment.
    pub const MAX_COMMENT_CHARACTERS: usize = 128;

    /// What is wrong with the rule by itself.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        if self.group.chars().count() > Self::MAX_GROUP_CHARACTERS {
            return Some("the name of its group has more than 32 characters");
        }
        if self.comment.chars().count() > Self::MAX_COMMENT_CHARACTERS
            || self.comment.contains(char::is_control)
        {
            return Some("its comment has more than 128 characters, or control characters");
        }
        if self.dialled.wildcards() > self.mask.wildcards() {
            return Some(
                "what is dialled has more x than the mask: a rule can keep no more digits than it matches",
            );
        }
        if self.dialled.has_tail() && !self.mask.has_tail() {
            return Some("what is dialled ends with * and the mask does not");
        }
        None
    }

    /// The number that is dialled for `number`, if the rule is about it.
    pub(crate) fn rewrite(&self, number: &str) -> Option<String> {
        self.mask.matched(number).map(|matched| self.dialled.filled(&matched))
    }
}

impl fmt::Display for DiallingRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} -> {}", self.group, self.mask, self.dialled)
    }
}

/// What may be dialled, beside the operator. Closed unless opened: mailboxes of the plan, and nothing else.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct DialPermissions {
    /// Numbers of the plan that have a mailbox.
    pub allow_dial_plan_subscribers: bool,
    /// Every number with as many digits as the plan's extensions have.
    pub allow_extensions: bool,
    /// Groups of the plan's dialling rules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_groups: Vec<Name>,
}

impl Default for DialPermissions {
    fn default() -> Self {
        Self { allow_dial_plan_subscribers: true, allow_extensions: false, allowed_groups: Vec::new() }
    }
}

impl DialPermissions {
    /// Whether they are those that a new object has.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The permissions with those of `patch` in place of their own.
    pub(crate) fn patched(&self, patch: &DialPermissionsPatch) -> Self {
        Self {
            allow_dial_plan_subscribers: patch
                .allow_dial_plan_subscribers
                .unwrap_or(self.allow_dial_plan_subscribers),
            allow_extensions: patch.allow_extensions.unwrap_or(self.allow_extensions),
            allowed_groups: patch.allowed_groups.clone().unwrap_or_else(|| self.allowed_groups.clone()),
        }
    }

    /// The settings in words.
    pub(crate) fn settings(&self) -> [(&'static str, String); 3] {
        let groups: Vec<&str> = self.allowed_groups.iter().map(Name::as_str).collect();
        [
            ("allow_dial_plan_subscribers", self.allow_dial_plan_subscribers.to_string()),
            ("allow_extensions", self.allow_extensions.to_string()),
            ("allowed_groups", format!("[{}]", groups.join(", "))),
        ]
    }
}

/// A change of [`DialPermissions`]; what is `None` stays.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct DialPermissionsPatch {
    /// See [`DialPermissions::allow_dial_plan_subscribers`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_dial_plan_subscribers: Option<bool>,
    /// See [`DialPermissions::allow_extensions`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_extensions: Option<bool>,
    /// See [`DialPermissions::allowed_groups`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_groups: Option<Vec<Name>>,
}

impl DialPermissionsPatch {
    /// Whether it changes nothing.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
