use dial_plan::MailboxPolicy;
use mailbox::PinRules;

/// What a mailbox policy asks of PINs, as the store counts and judges it: 0 means never in a policy.
pub fn pin_rules(policy: &MailboxPolicy) -> PinRules {
    PinRules {
        minimum_length: policy.min_pin_length,
        lifetime_days: Some(policy.pin_lifetime_days).filter(|days| *days > 0),
        history_count: policy.pin_history,
        failures_before_reset: Some(policy.logon_failures_before_reset).filter(|failures| *failures > 0),
        failures_before_lockout: policy.max_logon_attempts,
        allow_common_patterns: policy.allow_common_patterns,
    }
}
