//! PINs as mailbox commands give them or let them be made.

use admin_api::{ApiError, PinText, code};
use dial_plan::MailboxPolicy;
use mailbox::{PinGenerator, PinRules};
use ring::rand::{SecureRandom, SystemRandom};
use storage::{NewPin, PinOrigin};
use telephony::{Extension, Secret};

use super::answer::Refusal;

/// The PIN rules of a policy.
pub(super) fn rules(policy: &MailboxPolicy) -> PinRules {
    PinRules {
        minimum_length: policy.min_pin_length,
        lifetime_days: (policy.pin_lifetime_days > 0).then_some(policy.pin_lifetime_days),
        history_count: policy.pin_history,
        failures_before_reset: (policy.logon_failures_before_reset > 0)
            .then_some(policy.logon_failures_before_reset),
        failures_before_lockout: policy.max_logon_attempts,
        allow_common_patterns: policy.allow_common_patterns,
    }
}

/// A generator with a seed of the system.
pub(super) fn generator() -> Result<PinGenerator, Refusal> {
    let mut seed = [0; 32];
    match SystemRandom::new().fill(&mut seed) {
        Ok(()) => Ok(PinGenerator::new(seed)),
        Err(_) => Err(Refusal(ApiError::new(
            code::INTERNAL,
            "",
            "the system's source of randomness failed, so no PIN could be made",
            "check the machine; a PIN of your own can be given with --pin-stdin",
        ))),
    }
}

/// The PIN that was given, if it fits the policy.
pub(super) fn chosen(
    pin: &PinText,
    policy: &MailboxPolicy,
    extension: &Extension,
) -> Result<NewPin, Refusal> {
    let pin = Secret::new(pin.expose().to_owned());
    match rules(policy).check(&pin, extension) {
        Ok(()) => Ok(NewPin { pin, origin: PinOrigin::Chosen }),
        Err(refusal) => Err(Refusal(ApiError::told(
            "pin-refused",
            format!("mailbox {extension}"),
            &format!("policy `{}` refuses the PIN: {refusal}", policy.name),
        ))),
    }
}

/// A made PIN that fits the policy, to be stored and to be told.
pub(super) fn made(
    generator: &mut PinGenerator,
    policy: &MailboxPolicy,
    extension: &Extension,
) -> (NewPin, PinText) {
    let pin = generator.generate(&rules(policy), extension);
    let told = PinText::new(pin.expose().clone());
    (NewPin { pin, origin: PinOrigin::Made }, told)
}
