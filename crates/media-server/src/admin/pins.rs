//! PINs as mailbox commands give them or let them be made.

use admin_api::{ApiError, PinText, code};
use call_control::pin_rules;
use dial_plan::MailboxPolicy;
use mailbox::PinGenerator;
use ring::rand::{SecureRandom, SystemRandom};
use storage::{NewPin, PinOrigin};
use telephony::{Extension, Secret};

use super::answer::Refusal;

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
    match pin_rules(policy).check(&pin, extension) {
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
    let pin = generator.generate(&pin_rules(policy), extension);
    let told = PinText::new(pin.expose().clone());
    (NewPin { pin, origin: PinOrigin::Made }, told)
}
