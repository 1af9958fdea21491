use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// How much a mailbox of a policy may hold, and for how long. Without settings nothing is limited, and what owners
/// delete is kept for two weeks.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailboxQuota {
    /// Messages at most, up to 100,000; 0 means no limit. Deleted ones are not counted.
    pub max_messages: u32,
    /// Minutes that all messages may play together, up to 100,000; 0 means no limit.
    pub max_minutes: u32,
    /// Days after which a message is deleted by itself, up to 3,650; 0 means never.
    pub max_message_age_days: u16,
    /// Per cent of the limits, of age too, from which on the owner is warned at log-on, 1 to 100.
    pub warning_percent: u8,
    /// Days for which deleted messages can be restored, up to 365.
    pub deleted_retention_days: u16,
}

impl MailboxQuota {
    /// What each setting may be, by the name that the command line has for it.
    pub(crate) const RANGES: [(&'static str, RangeInclusive<u32>); 5] = [
        ("max_messages", 0..=100_000),
        ("max_minutes", 0..=100_000),
        ("max_message_age_days", 0..=3650),
        ("quota_warning_percent", 1..=100),
        ("deleted_retention_days", 0..=365),
    ];

    /// The settings in the order of [`MailboxQuota::RANGES`].
    pub(crate) fn values(&self) -> [u32; 5] {
        [
            self.max_messages,
            self.max_minutes,
            self.max_message_age_days.into(),
            self.warning_percent.into(),
            self.deleted_retention_days.into(),
        ]
    }

    /// Whether it is the default, which is not written out.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The quota with the settings of `patch` in place of its own.
    #[must_use]
    pub fn patched(&self, patch: &QuotaPatch) -> Self {
        Self {
            max_messages: patch.max_messages.unwrap_or(self.max_messages),
            max_minutes: patch.max_minutes.unwrap_or(self.max_minutes),
            max_message_age_days: patch.max_message_age_days.unwrap_or(self.max_message_age_days),
            warning_percent: patch.warning_percent.unwrap_or(self.warning_percent),
            deleted_retention_days: patch.deleted_retention_days.unwrap_or(self.deleted_retention_days),
        }
    }
}

impl Default for MailboxQuota {
    fn default() -> Self {
        Self {
            max_messages: 0,
            max_minutes: 0,
            max_message_age_days: 0,
            warning_percent: 90,
            deleted_retention_days: 14,
        }
    }
}

/// The settings of a quota that may change; what is `None` stays.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuotaPatch {
    /// See [`MailboxQuota::max_messages`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_messages: Option<u32>,
    /// See [`MailboxQuota::max_minutes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_minutes: Option<u32>,
    /// See [`MailboxQuota::max_message_age_days`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_message_age_days: Option<u16>,
    /// See [`MailboxQuota::warning_percent`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning_percent: Option<u8>,
    /// See [`MailboxQuota::deleted_retention_days`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_retention_days: Option<u16>,
}

impl QuotaPatch {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MailboxPolicy, Name, PolicyPatch, Site, SiteChange, SiteError};

    fn changed(patch: QuotaPatch) -> Result<MailboxQuota, SiteError> {
        let (plan, policy) = (Name::parse("hq").unwrap(), Name::parse("p").unwrap());
        let site = Site::empty();
        let site = site.apply(&SiteChange::CreateDialPlan(crate::DialPlan::new(plan.clone(), 4))).unwrap().0;
        let create = SiteChange::CreatePolicy(MailboxPolicy::new(policy.clone(), plan));
        let site = site.apply(&create).unwrap().0;
        let patch = PolicyPatch { quota: patch, ..PolicyPatch::default() };
        let site = site.apply(&SiteChange::SetPolicy { name: policy.to_string(), patch })?.0;
        Ok(site.policy("p").unwrap().quota.clone())
    }

    #[test]
    fn a_new_policy_limits_nothing_and_keeps_deleted_messages_for_two_weeks() {
        let quota = MailboxQuota::default();

        assert_eq!(quota.values(), [0, 0, 0, 90, 14]);
    }

    #[test]
    fn settings_change_one_by_one() {
        let patch = QuotaPatch { max_messages: Some(100), ..QuotaPatch::default() };

        assert_eq!(changed(patch).unwrap(), MailboxQuota { max_messages: 100, ..MailboxQuota::default() });
    }

    #[test]
    fn a_setting_out_of_its_range_is_refused_by_name() {
        let cases = [
            (QuotaPatch { max_messages: Some(100_001), ..QuotaPatch::default() }, "max_messages"),
            (QuotaPatch { max_minutes: Some(100_001), ..QuotaPatch::default() }, "max_minutes"),
            (
                QuotaPatch { max_message_age_days: Some(3651), ..QuotaPatch::default() },
                "max_message_age_days",
            ),
            (QuotaPatch { warning_percent: Some(0), ..QuotaPatch::default() }, "quota_warning_percent"),
            (QuotaPatch { warning_percent: Some(101), ..QuotaPatch::default() }, "quota_warning_percent"),
            (
                QuotaPatch { deleted_retention_days: Some(366), ..QuotaPatch::default() },
                "deleted_retention_days",
            ),
        ];
        for (patch, named) in cases {
            let Err(SiteError::OutOfRange { setting, .. }) = changed(patch) else { panic!("{named}") };
            assert_eq!(setting, named);
        }
    }

    #[test]
    fn a_default_quota_is_not_written_out_and_another_one_is_read_back() {
        let mut policy = MailboxPolicy::new(Name::parse("p").unwrap(), Name::parse("hq").unwrap());
        assert!(!serde_json::to_string(&policy).unwrap().contains("quota"));

        policy.quota.max_minutes = 60;
        let text = serde_json::to_string(&policy).unwrap();

        assert_eq!(serde_json::from_str::<MailboxPolicy>(&text).unwrap(), policy);
    }
}
