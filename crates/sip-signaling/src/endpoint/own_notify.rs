//! NOTIFY of ours that nobody has subscribed to, as RFC 3842 peers take it: outside of dialogs, and over with itself.

use std::time::Instant;

use bytes::Bytes;

use super::beginning::Beginning;
use super::client_table::Purpose;
use super::{Endpoint, Origin, SipBody, SipError, UserKey};
use crate::{HeaderName, Method, SipUri, SubscriptionState, TransactionId};

/// What a NOTIFY says (RFC 6665 8.1.3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notification {
    /// The value of Event: the package, with the id of the SUBSCRIBE if it had one.
    pub event: Bytes,
    /// What has become of the subscription.
    pub state: SubscriptionState,
    /// The state itself.
    pub body: Option<SipBody>,
}

impl Notification {
    pub(super) fn headers(&self) -> Vec<(HeaderName, Bytes)> {
        vec![
            (HeaderName::Event, self.event.clone()),
            (HeaderName::SubscriptionState, Bytes::from(self.state.to_string())),
        ]
    }
}

impl Endpoint {
    /// Sends a NOTIFY to `target`, which stands in To as well, by `way`: a UDP socket, or a connection to the one gateway
    /// that `way.peers` names. Exactly one of [`NotifyAnswered`](super::UserEvent::NotifyAnswered) and
    /// [`NotifyUnanswered`](super::UserEvent::NotifyUnanswered) follows for `user`, unless the request is
    /// [abandoned](Self::abandon). It is never sent on another way.
    ///
    /// # Errors
    /// [`SipError::TooManyTransactions`]; nothing was sent.
    pub fn notify(
        &mut self,
        user: UserKey,
        target: SipUri,
        notification: Notification,
        way: &Origin,
        now: Instant,
    ) -> Result<TransactionId, SipError> {
        let headers = notification.headers();
        let (to, body) = (target.clone(), notification.body);
        let beginning = Beginning { method: Method::Notify, target, to, headers, body };
        self.begin_request(beginning, Purpose::Notify { user }, way, now)
    }
}
