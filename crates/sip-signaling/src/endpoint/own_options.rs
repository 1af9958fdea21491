//! OPTIONS of ours outside of dialogs (RFC 3261 11.1): whether a gateway is there, and takes us for whom we say we are.

use std::time::Instant;

use super::beginning::Beginning;
use super::client_table::Purpose;
use super::deadlines::Waiting;
use super::{Endpoint, Origin, SipError, UserKey};
use crate::{HeaderName, Method, SipUri, TransactionId};

impl Endpoint {
    /// Sends OPTIONS to `target` by `way`: a UDP socket, or a connection to the one gateway that `way.peers` names.
    /// Exactly one of [`OptionsAnswered`](super::UserEvent::OptionsAnswered) and
    /// [`OptionsUnanswered`](super::UserEvent::OptionsUnanswered) follows for `user`, unless the request is
    /// [abandoned](Self::abandon). It is never sent on another way.
    ///
    /// # Errors
    /// [`SipError::TooManyTransactions`]; nothing was sent.
    pub fn options(
        &mut self,
        user: UserKey,
        target: SipUri,
        way: &Origin,
        now: Instant,
    ) -> Result<TransactionId, SipError> {
        let own = &self.own_headers;
        let headers = vec![
            (HeaderName::Accept, own.accept.clone()),
            (HeaderName::Allow, own.allow.clone()),
            (HeaderName::Supported, own.supported.clone()),
        ];
        let to = SipUri::new(target.host().clone());
        let beginning = Beginning { method: Method::Options, target, to, headers, body: None };
        self.begin_request(beginning, Purpose::Options { user }, way, now)
    }

    /// Nobody waits for the answer to this OPTIONS, or to this NOTIFY outside of dialogs, any more: it is not sent again,
    /// and its user hears nothing of it.
    pub fn abandon(&mut self, transaction: TransactionId) {
        let purpose = self.clients.get_mut(transaction).map(|transaction| transaction.purpose);
        match purpose {
            Some(Purpose::Options { .. } | Purpose::Notify { .. }) => {
                self.clients.remove(transaction);
                self.deadlines.set(Waiting::Client(transaction), None);
            }
            Some(
                Purpose::Bye { .. }
                | Purpose::Refresh { .. }
                | Purpose::Refer { .. }
                | Purpose::Subscription { .. },
            )
            | None => {}
        }
    }
}
