//! The keys that the caller presses, however the gateway tells them.
use ivr::IvrInput;
use sip_signaling::{Reply, StatusCode, TransactionId};
use telephony::Digit;

use super::{Call, Effect, Surroundings};

/// How a gateway tells keys. Some tell each press both ways: the way that is heard first in a call counts in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum DigitWay {
    /// telephone-event (RFC 4733).
    Media,
    /// SIP INFO.
    Info,
}

impl Call {
    /// An INFO, with the key in it.
    pub(super) fn take_info(
        &mut self,
        transaction: TransactionId,
        digit: Option<Digit>,
        world: &mut Surroundings<'_>,
    ) {
        world.effects.push(Effect::Respond { transaction, reply: Reply::new(StatusCode::OK) });
        if let Some(digit) = digit.filter(|_| self.counts(DigitWay::Info)) {
            self.count_digit();
            self.tell(IvrInput::Digit(digit), world);
        }
    }

    /// Whether keys told this way count in this call.
    pub(super) fn counts(&mut self, way: DigitWay) -> bool {
        *self.digit_way.get_or_insert(way) == way
    }
}
