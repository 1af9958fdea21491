//! Subscriptions of peers: the notifier's side of RFC 6665. How long one lives, and what its NOTIFYs say, is its owner's
//! matter; here it is a dialog with its ways, its sequence numbers and its one kind of request.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::time::Instant;

use super::answering::new_dialog;
use super::asking_within::Asking;
use super::client_table::Purpose;
use super::server_table::Place;
use super::{Endpoint, Notification, Origin, Reply, SipError, UserEvent, UserKey, rules};
use crate::dialog::Usage;
use crate::{DialogId, Method, Request, RequestHead, ResponseClass, StatusCode, TransactionId};

impl Endpoint {
    /// Accepts a new SUBSCRIBE with a 2xx, which is to carry Expires, and makes its dialog, which belongs to `user`. The
    /// first [`notify_subscriber`](Self::notify_subscriber) is to follow at once (RFC 6665 4.2.1.2).
    ///
    /// # Errors
    /// [`SipError::UnknownTransaction`], [`SipError::FinalResponseAlreadySent`], [`SipError::MakesNoDialog`],
    /// [`SipError::TooManySubscriptions`]: then answer it with [`respond`](Self::respond).
    pub fn accept_subscription(
        &mut self,
        transaction: TransactionId,
        user: UserKey,
        reply: Reply,
        now: Instant,
    ) -> Result<DialogId, SipError> {
        let place = self.servers.get(transaction).ok_or(SipError::UnknownTransaction)?.place;
        if place != Place::NewSubscription || reply.status.class() != ResponseClass::Success {
            return Err(SipError::MakesNoDialog { status: reply.status });
        }
        let limit = self.config.limits.subscriptions;
        if self.dialogs.subscriptions() >= limit {
            return Err(SipError::TooManySubscriptions { limit });
        }
        self.answer(transaction, &reply, now)?;
        let unanswered = self.servers.decide(transaction).ok_or(SipError::UnknownTransaction)?;
        let kept = self.servers.get(transaction).ok_or(SipError::UnknownTransaction)?;
        let dialog = new_dialog(kept, &unanswered, user, Usage::Subscription);
        let dialog = self.dialogs.insert(dialog);
        self.settle_server(transaction, now);
        Ok(dialog)
    }

    /// Sends a NOTIFY inside a subscription. Exactly one of [`SubscriberTold`](UserEvent::SubscriberTold) and
    /// [`SubscriberUntold`](UserEvent::SubscriberUntold) follows, unless it is ended before.
    ///
    /// # Errors
    /// [`SipError::UnknownDialog`], [`SipError::TooManyTransactions`], [`SipError::NoWay`]; nothing was sent.
    pub fn notify_subscriber(
        &mut self,
        id: DialogId,
        notification: Notification,
        now: Instant,
    ) -> Result<TransactionId, SipError> {
        if !self.dialogs.get(id).is_some_and(|dialog| dialog.usage == Usage::Subscription) {
            return Err(SipError::UnknownDialog);
        }
        let headers = notification.headers();
        let asking = Asking { method: Method::Notify, headers, body: notification.body };
        self.ask_within(id, asking, Purpose::Subscription { dialog: id }, now)
    }

    /// The subscription is over: its dialog is forgotten. A NOTIFY that is under way still goes its way, and nobody hears
    /// of its answer.
    pub fn end_subscription(&mut self, id: DialogId) {
        if self.dialogs.get(id).is_some_and(|dialog| dialog.usage == Usage::Subscription) {
            self.dialogs.remove(id);
        }
    }

    /// A refresh, or the end that the subscriber wishes.
    pub(super) fn receive_resubscribe(
        &mut self,
        id: DialogId,
        origin: &Origin,
        request: Request,
        head: RequestHead,
        now: Instant,
    ) {
        let is_subscription = self.dialogs.get(id).is_some_and(|dialog| dialog.usage == Usage::Subscription);
        let checked = match is_subscription {
            true => rules::check_event(&request, &self.config, &self.own_headers),
            // A call is no subscription, and makes none.
            false => Err(Reply::new(StatusCode::CALL_DOES_NOT_EXIST)),
        };
        if let Err(reply) = checked {
            return self.refuse(origin, &request, &head, &reply);
        }
        self.tell_user_of(id, origin, request, head, now, |dialog, transaction, request| {
            UserEvent::Resubscribe { dialog, transaction, request }
        });
    }
}
