//! PINs as mailbox commands give them or let them be made.

use admin_api::{ApiError, PinText, code};
use call_control::pin_rules;
use dial_plan::MailboxPolicy;
use mailbox::{Mailbox, PinGenerator, PinRefusal};
use ring::rand::{SecureRandom, SystemRandom};
use storage::{NewPin, PinOrigin, Store};
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

/// The PIN that was given for a new mailbox, if it fits the policy.
pub(super) fn chosen(
    pin: &PinText,
    policy: &MailboxPolicy,
    extension: &Extension,
) -> Result<NewPin, Refusal> {
    let pin = Secret::new(pin.expose().to_owned());
    match pin_rules(policy).check(&pin, extension) {
        Ok(()) => Ok(NewPin { pin, origin: PinOrigin::Chosen }),
        Err(refusal) => Err(refused(policy, extension, refusal)),
    }
}

/// The PIN that was given in place of another, if it fits the policy and is none of the last ones.
pub(super) fn chosen_anew(
    pin: &PinText,
    policy: &MailboxPolicy,
    mailbox: &Mailbox,
    store: &Store,
) -> Result<NewPin, Refusal> {
    let pin = Secret::new(pin.expose().to_owned());
    match store.judge_pin(mailbox.id, &pin, &pin_rules(policy))? {
        Ok(()) => Ok(NewPin { pin, origin: PinOrigin::Chosen }),
        Err(refusal) => Err(refused(policy, &mailbox.extension, refusal)),
    }
}

fn refused(policy: &MailboxPolicy, extension: &Extension, refusal: PinRefusal) -> Refusal {
    Refusal(ApiError::told(
        "pin-refused",
        format!("mailbox {extension}"),
        &format!("policy `{}` refuses the PIN: {refusal}", policy.name),
    ))
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
