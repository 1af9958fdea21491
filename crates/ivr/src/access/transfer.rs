//! The caller is connected with somebody else, if the dialling rules allow it.
use super::{SubscriberAccess, prompts as say, turn::Turn};
use crate::conversation::{DialScope, IvrOutput, Successor, TransferFailure};

impl SubscriberAccess {
    pub(super) fn transfer(&mut self, number: String) {
        let scope = match &self.subscriber {
            Some(subscriber) => DialScope::Subscriber { policy: subscriber.mailbox.policy.clone() },
            None => DialScope::DialPlan,
        };
        self.fall_silent();
        self.turn = Turn::Transferring;
        self.outputs.push_back(IvrOutput::Transfer { number, scope });
    }

    /// The caller leaves this conversation for another.
    pub(super) fn hand_over(&mut self, successor: Successor) {
        self.fall_silent();
        self.turn = Turn::Transferring;
        self.outputs.push_back(IvrOutput::HandOver(successor));
    }

    pub(super) fn not_transferred(&mut self, why: TransferFailure) {
        self.announce(match why {
            TransferFailure::NotAllowed => say::CALL_NOT_ALLOWED,
            TransferFailure::Failed => say::CALL_FAILED,
        });
        self.go_back();
    }

    pub(super) fn call_operator(&mut self) {
        match self.settings.operator.clone() {
            Some(number) => self.transfer(number),
            None => self.go_back(),
        }
    }
}
