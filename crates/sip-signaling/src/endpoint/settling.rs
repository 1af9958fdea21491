//! What machines ask for after a step is done here, and their next deadline noted.

use std::time::Instant;

use super::client_table::Purpose;
use super::deadlines::Waiting;
use super::server_table::{Place, ServerOutput};
use super::{EndCause, Endpoint, Reply, UserEvent};
use crate::{NonInviteClientOutput, StatusCode, TerminationCause, TransactionId};

impl Endpoint {
    /// Does what a server transaction asks for, until it asks no more.
    pub(super) fn settle_server(&mut self, id: TransactionId, now: Instant) {
        while let Some(transaction) = self.servers.get_mut(id) {
            let Some(output) = transaction.machine.poll_output() else {
                let deadline = transaction.machine.poll_timeout();
                self.deadlines.set(Waiting::Server(id), deadline);
                return;
            };
            match output {
                ServerOutput::Transmit(bytes) => {
                    let path = transaction.path.clone();
                    self.transmit(&path, bytes);
                }
                ServerOutput::TryingDue => {
                    // The transaction is in Proceeding, where a 100 is never refused.
                    let _ = self.answer(id, &Reply::new(StatusCode::TRYING), now);
                }
                ServerOutput::AnswerOverdue => self.withdraw(id, StatusCode::SERVER_INTERNAL_ERROR, now),
                ServerOutput::Terminated => self.forget_server(id),
            }
        }
        self.deadlines.set(Waiting::Server(id), None);
    }

    /// Does what a client transaction asks for, until it asks no more.
    pub(super) fn settle_client(&mut self, id: TransactionId) {
        while let Some(transaction) = self.clients.get_mut(id) {
            let Some(output) = transaction.machine.poll_output() else {
                let deadline = transaction.machine.poll_timeout();
                self.deadlines.set(Waiting::Client(id), deadline);
                return;
            };
            let purpose = transaction.purpose;
            match output {
                NonInviteClientOutput::Transmit(bytes) => {
                    let path = transaction.path.clone();
                    self.transmit(&path, bytes);
                }
                NonInviteClientOutput::Deliver(status) => self.client_answered(purpose, status),
                NonInviteClientOutput::Terminated(cause) => {
                    self.clients.remove(id);
                    self.client_terminated(id, purpose, cause);
                }
            }
        }
        self.deadlines.set(Waiting::Client(id), None);
    }

    fn client_answered(&mut self, purpose: Purpose, status: StatusCode) {
        match purpose {
            // "The UAC MUST consider the session terminated .. as soon as the BYE request is passed to the client
            // transaction" (RFC 3261 15.1.1): no final status, a challenge neither, changes that.
            Purpose::Bye { dialog } if status.class().is_final() => {
                self.end_dialog(dialog, EndCause::ByeAnswered);
            }
            // The answer to a refresh is taken with its headers, where it comes in.
            // So is that to what else asks.
            Purpose::Bye { .. }
            | Purpose::Refresh { .. }
            | Purpose::Refer { .. }
            | Purpose::Subscription { .. }
            | Purpose::Options { .. }
            | Purpose::Notify { .. } => {}
        }
    }

    fn client_terminated(&mut self, id: TransactionId, purpose: Purpose, cause: TerminationCause) {
        match (purpose, cause) {
            (Purpose::Bye { dialog }, TerminationCause::TimedOut) => {
                self.end_dialog(dialog, EndCause::ByeTimedOut);
            }
            (Purpose::Bye { dialog }, TerminationCause::TransportFailed) => {
                self.end_dialog(dialog, EndCause::FlowLost);
            }
            (Purpose::Options { user }, TerminationCause::TimedOut | TerminationCause::TransportFailed) => {
                self.tell(user, UserEvent::OptionsUnanswered { transaction: id, cause });
            }
            (Purpose::Notify { user }, TerminationCause::TimedOut | TerminationCause::TransportFailed) => {
                self.tell(user, UserEvent::NotifyUnanswered { transaction: id, cause });
            }
            (
                Purpose::Subscription { dialog },
                TerminationCause::TimedOut | TerminationCause::TransportFailed,
            ) => self.tell_owner(dialog, |dialog| UserEvent::SubscriberUntold {
                dialog,
                transaction: id,
                cause,
            }),
            (Purpose::Refer { dialog }, TerminationCause::TimedOut | TerminationCause::TransportFailed) => {
                self.refer_unanswered(dialog, id, cause)
            }
            (
                Purpose::Bye { .. }
                | Purpose::Options { .. }
                | Purpose::Notify { .. }
                | Purpose::Refer { .. }
                | Purpose::Subscription { .. },
                TerminationCause::Finished
                | TerminationCause::AckNeverArrived
                | TerminationCause::NeverAnswered,
            ) => {}
            (Purpose::Refresh { dialog }, cause) => self.refresh_unanswered(dialog, cause),
        }
    }

    /// Answers an INVITE or offer in the place of its user, and tells the user.
    pub(super) fn withdraw(&mut self, id: TransactionId, status: StatusCode, now: Instant) {
        let user = self.servers.get(id).and_then(|transaction| transaction.user);
        if self.answer_finally(id, &Reply::new(status), now).is_err() {
            return;
        }
        if let Some(user) = user {
            self.tell(user, UserEvent::Cancelled { transaction: id });
        }
        self.settle_server(id, now);
    }

    /// Tells the owner of a dialog something; nobody hears of one that is gone.
    pub(super) fn tell_owner(
        &mut self,
        id: crate::DialogId,
        what: impl FnOnce(crate::DialogId) -> UserEvent,
    ) {
        if let Some(user) = self.dialogs.get(id).map(|dialog| dialog.user) {
            self.tell(user, what(id));
        }
    }

    /// Removes a dialog and tells its user why; nothing happens if it is gone already.
    pub(super) fn end_dialog(&mut self, id: crate::DialogId, cause: EndCause) {
        let Some(dialog) = self.dialogs.remove(id) else { return };
        self.deadlines.set(Waiting::Dialog(id), None);
        self.tell(dialog.user, UserEvent::Ended { dialog: id, cause });
    }

    fn forget_server(&mut self, id: TransactionId) {
        let Some(transaction) = self.servers.get(id) else { return };
        let (user, place) = (transaction.user, transaction.place);
        let was_unanswered = transaction.unanswered.is_some();
        self.servers.remove(id);
        let was_offer = match place {
            Place::NewCall => true,
            Place::Outside | Place::NewSubscription => false,
            Place::Inside(dialog) => self.release_offer(dialog, id),
        };
        if let Some(user) = user
            && was_unanswered
            && was_offer
        {
            self.tell(user, UserEvent::Cancelled { transaction: id });
        }
    }

    /// The offer of this transaction no longer waits; answers whether it did.
    pub(super) fn release_offer(&mut self, dialog: crate::DialogId, id: TransactionId) -> bool {
        self.dialogs
            .get_mut(dialog)
            .is_some_and(|dialog| dialog.pending_offer.take_if(|offer| *offer == id).is_some())
    }
}
