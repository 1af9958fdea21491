//! What the endpoint tells of the dialog of a call, in the words of the call.
use sip_signaling::{SipBody, UserEvent, UserKey, info_digit};

use super::SignalingCore;
use crate::{
    call::{CallInput, TransferReport},
    moment::Moment,
    vocabulary::CallKey,
};

impl SignalingCore {
    pub(super) fn handle_user(&mut self, user: UserKey, what: UserEvent, at: Moment) {
        let key = CallKey(user.0);
        let input = match what {
            UserEvent::Cancelled { transaction } => match self.calls.note_answered(transaction) {
                true => CallInput::Cancelled,
                // An offer inside the dialog is withdrawn: the session goes on as it was.
                false => return,
            },
            UserEvent::Acknowledged { body, .. } => {
                CallInput::Acknowledged { answer: body.as_ref().and_then(SipBody::sdp) }
            }
            UserEvent::Offer { transaction, request, .. } => CallInput::Offer { transaction, request },
            UserEvent::RefreshDue { .. } => CallInput::RefreshDue,
            UserEvent::OfferAnswered { body, .. } => {
                CallInput::OfferAnswered { answer: body.as_ref().and_then(SipBody::sdp) }
            }
            UserEvent::OfferRefused { .. } => CallInput::OfferRefused,
            UserEvent::Info { transaction, request, .. } => {
                CallInput::Info { transaction, digit: info_digit(&request) }
            }
            UserEvent::ReferAnswered { status, .. } => {
                CallInput::Transfer(TransferReport::Answered(Some(status)))
            }
            UserEvent::ReferUnanswered { .. } => CallInput::Transfer(TransferReport::Answered(None)),
            UserEvent::ReferNotified { status, is_over, .. } => {
                CallInput::Transfer(TransferReport::Notified { status, is_over })
            }
            UserEvent::Ended { cause, .. } => CallInput::LegEnded(cause),
            // A probe's, taken where it comes in.
            UserEvent::OptionsAnswered { .. } | UserEvent::OptionsUnanswered { .. } => return,
            // The lamps', taken where they come in.
            UserEvent::NotifyAnswered { .. }
            | UserEvent::NotifyUnanswered { .. }
            | UserEvent::Resubscribe { .. }
            | UserEvent::SubscriberTold { .. }
            | UserEvent::SubscriberUntold { .. } => return,
        };
        self.step(key, input, at);
    }
}
