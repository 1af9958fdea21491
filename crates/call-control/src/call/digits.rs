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

/// The keys of one call.
#[derive(Debug, Default)]
pub(super) struct Digits {
    way: Option<DigitWay>,
    heard: u32,
}

impl Digits {
    /// A key was told this way: whether it counts in this call.
    fn hear(&mut self, way: DigitWay) -> bool {
        let counts = *self.way.get_or_insert(way) == way;
        if counts {
            self.heard = self.heard.saturating_add(1);
        }
        counts
    }

    /// How many counted.
    pub(super) fn heard(&self) -> u32 {
        self.heard
    }
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
        if let Some(digit) = digit {
            self.take_digit(digit, DigitWay::Info, world);
        }
    }

    /// A key, told this way.
    pub(super) fn take_digit(&mut self, digit: Digit, way: DigitWay, world: &mut Surroundings<'_>) {
        if self.dialogue.digits.hear(way) {
            self.tell(IvrInput::Digit(digit), world);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_that_is_told_both_ways_counts_once_by_the_way_that_is_heard_first() {
        let mut digits = Digits::default();

        let counts = [DigitWay::Info, DigitWay::Media, DigitWay::Info].map(|way| digits.hear(way));

        assert_eq!((counts, digits.heard()), ([true, false, true], 2));
    }
}
