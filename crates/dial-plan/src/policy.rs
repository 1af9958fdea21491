use serde::{Deserialize, Serialize};

use crate::{
    dialling_rules::{DialPermissions, DialPermissionsPatch},
    name::Name,
    quota::{MailboxQuota, QuotaPatch},
};

/// The rules that the mailboxes of a plan share, first of all for their PINs. Defaults are those of Exchange UM.
///
/// The fields are checked by the [`crate::Site`] that takes the policy in.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MailboxPolicy {
    /// At most 64 characters; the one made with a plan is `<plan> Default Policy`.
    pub name: Name,
    /// The plan whose mailboxes it rules.
    pub dial_plan: Name,
    /// The fewest digits of a PIN, 4 to 24.
    #[serde(default = "min_pin_length")]
    pub min_pin_length: u8,
    /// Days until a PIN must be changed, 0 to 999; 0 means never.
    #[serde(default = "pin_lifetime_days")]
    pub pin_lifetime_days: u16,
    /// How many PINs must differ before one may come again, 1 to 20.
    #[serde(default = "five")]
    pub pin_history: u8,
    /// Wrong PINs before a new PIN is sent, 0 to 998, fewer than `max_logon_attempts`; 0 sends none.
    #[serde(default = "logon_failures_before_reset")]
    pub logon_failures_before_reset: u16,
    /// Wrong PINs before the mailbox is locked, 1 to 999.
    #[serde(default = "max_logon_attempts")]
    pub max_logon_attempts: u16,
    /// Allows sequences and repeats (1234, 1111) as PINs; the end of the extension is refused always.
    #[serde(default)]
    pub allow_common_patterns: bool,
    /// Lets the owners of the mailboxes log on by phone.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub allow_subscriber_access: bool,
    /// The longest greeting, 1 to 10 minutes.
    #[serde(default = "five")]
    pub max_greeting_minutes: u8,
    /// Whether lamps show the messages of its mailboxes.
    #[serde(default = "yes")]
    pub allow_message_waiting: bool,
    /// What the owners may dial after they have logged on.
    #[serde(default, skip_serializing_if = "DialPermissions::is_default")]
    pub dialling: DialPermissions,
    /// How much a mailbox may hold.
    #[serde(default, skip_serializing_if = "MailboxQuota::is_default")]
    pub quota: MailboxQuota,
}

impl MailboxPolicy {
    /// A policy with every default.
    pub fn new(name: Name, dial_plan: Name) -> Self {
        Self {
            name,
            dial_plan,
            min_pin_length: min_pin_length(),
            pin_lifetime_days: pin_lifetime_days(),
            pin_history: five(),
            logon_failures_before_reset: logon_failures_before_reset(),
            max_logon_attempts: max_logon_attempts(),
            allow_common_patterns: false,
            allow_subscriber_access: true,
            max_greeting_minutes: five(),
            dialling: DialPermissions::default(),
            quota: MailboxQuota::default(),
            allow_message_waiting: true,
        }
    }

    /// The policy with the settings of `patch` in place of its own.
    #[must_use]
    pub fn patched(&self, patch: &PolicyPatch) -> Self {
        Self {
            name: self.name.clone(),
            dial_plan: self.dial_plan.clone(),
            min_pin_length: patch.min_pin_length.unwrap_or(self.min_pin_length),
            pin_lifetime_days: patch.pin_lifetime_days.unwrap_or(self.pin_lifetime_days),
            pin_history: patch.pin_history.unwrap_or(self.pin_history),
            logon_failures_before_reset: patch
                .logon_failures_before_reset
                .unwrap_or(self.logon_failures_before_reset),
            max_logon_attempts: patch.max_logon_attempts.unwrap_or(self.max_logon_attempts),
            allow_common_patterns: patch.allow_common_patterns.unwrap_or(self.allow_common_patterns),
            allow_subscriber_access: patch.allow_subscriber_access.unwrap_or(self.allow_subscriber_access),
            max_greeting_minutes: patch.max_greeting_minutes.unwrap_or(self.max_greeting_minutes),
            dialling: self.dialling.patched(&patch.dialling),
            quota: self.quota.patched(&patch.quota),
            allow_message_waiting: patch.allow_message_waiting.unwrap_or(self.allow_message_waiting),
        }
    }
}

/// The settings of a policy that may change; what is `None` stays.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyPatch {
    /// See [`MailboxPolicy::min_pin_length`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_pin_length: Option<u8>,
    /// See [`MailboxPolicy::pin_lifetime_days`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin_lifetime_days: Option<u16>,
    /// See [`MailboxPolicy::pin_history`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin_history: Option<u8>,
    /// See [`MailboxPolicy::logon_failures_before_reset`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logon_failures_before_reset: Option<u16>,
    /// See [`MailboxPolicy::max_logon_attempts`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_logon_attempts: Option<u16>,
    /// See [`MailboxPolicy::allow_common_patterns`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_common_patterns: Option<bool>,
    /// See [`MailboxPolicy::allow_subscriber_access`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_subscriber_access: Option<bool>,
    /// See [`MailboxPolicy::max_greeting_minutes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_greeting_minutes: Option<u8>,
    /// See [`MailboxPolicy::dialling`].
    #[serde(skip_serializing_if = "DialPermissionsPatch::is_empty")]
    pub dialling: DialPermissionsPatch,
    /// See [`MailboxPolicy::quota`].
    #[serde(skip_serializing_if = "QuotaPatch::is_empty")]
    pub quota: QuotaPatch,
    /// See [`MailboxPolicy::allow_message_waiting`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_message_waiting: Option<bool>,
}

/// What is appended to a plan's name to name the policy that is made with it.
pub(crate) const DEFAULT_POLICY_WORDS: &str = " Default Policy";

fn yes() -> bool {
    true
}

fn is_yes(allowed: &bool) -> bool {
    *allowed
}

fn min_pin_length() -> u8 {
    6
}

fn pin_lifetime_days() -> u16 {
    60
}

fn five() -> u8 {
    5
}

fn logon_failures_before_reset() -> u16 {
    5
}

fn max_logon_attempts() -> u16 {
    15
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_policy_has_the_pin_rules_of_exchange() {
        let policy = MailboxPolicy::new(Name::parse("p").unwrap(), Name::parse("hq").unwrap());

        assert_eq!((policy.min_pin_length, policy.pin_lifetime_days, policy.pin_history), (6, 60, 5));
        assert_eq!((policy.logon_failures_before_reset, policy.max_logon_attempts), (5, 15));
        assert!(!policy.allow_common_patterns);
        assert!(policy.allow_subscriber_access);
        assert!(!policy.allow_common_patterns && policy.allow_message_waiting);
    }
}
