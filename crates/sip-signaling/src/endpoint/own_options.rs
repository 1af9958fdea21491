//! OPTIONS of ours outside of dialogs (RFC 3261 11.1): whether a gateway is there, and takes us for whom we say we are.

use std::time::Instant;

use super::client_table::{ClientTransaction, Purpose};
use super::deadlines::Waiting;
use super::own_address::{contact, own_host, via};
use super::receive::reliability;
use super::{Endpoint, Origin, Path, SipError, Transport, UserKey};
use crate::transaction::ClientKey;
use crate::{
    HeaderName, Method, NonInviteClientTransaction, Request, RequestBuilder, SipUri, TransactionId, Uri,
};

/// RFC 3261 8.1.1.6.
const MAX_FORWARDS: &str = "70";

impl Endpoint {
    /// Sends OPTIONS to `target` by `way`: a UDP socket, or a connection to the one gateway that `way.peers` names.
    /// Exactly one of [`OptionsAnswered`](super::UserEvent::OptionsAnswered) and
    /// [`OptionsUnanswered`](super::UserEvent::OptionsUnanswered) follows for `user`, unless the request is
    /// [abandoned](Self::abandon_options). It is never sent on another way.
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
        let limit = self.config.limits.client_transactions;
        if self.clients.len() >= limit {
            return Err(SipError::TooManyTransactions { limit });
        }
        let branch = self.tokens.branch();
        let request = self.compose_options(target, way, &branch).to_bytes();
        let machine = NonInviteClientTransaction::new(request, reliability(way), self.config.timing, now);
        let id = self.next_transaction();
        let path = Path { flow: way.flow, remote: way.remote, transport: way.transport };
        let key = ClientKey { branch, method: Method::Options };
        let purpose = Purpose::Options { user };
        let belongs_to = way.clone();
        self.clients.insert(id, ClientTransaction { machine, path, purpose, belongs_to, key });
        self.settle_client(id);
        Ok(id)
    }

    /// Nobody waits for the answer to this OPTIONS any more: it is not sent again, and its user hears nothing of it.
    pub fn abandon_options(&mut self, transaction: TransactionId) {
        let purpose = self.clients.get_mut(transaction).map(|transaction| transaction.purpose);
        match purpose {
            Some(Purpose::Options { .. }) => {
                self.clients.remove(transaction);
                self.deadlines.set(Waiting::Client(transaction), None);
            }
            Some(Purpose::Bye { .. } | Purpose::Refresh { .. }) | None => {}
        }
    }

    /// RFC 3261 8.1.1 and 11.1; the addresses are those of docs/security-modes.md 2a.
    fn compose_options(&mut self, target: SipUri, way: &Origin, branch: &str) -> Request {
        let fqdn = self.config.fqdn.as_str();
        let host = own_host(Transport::Tls, way.local, fqdn);
        let from = format!("<{}>;tag={}", SipUri::new(host.clone()), self.tokens.tag());
        let to = format!("<{}>", SipUri::new(target.host().clone()));
        let call_id = format!("{}@{host}", self.tokens.tag());
        let mut builder = RequestBuilder::new(Method::Options, Uri::from(target))
            .via(&via(way.transport, way.local, fqdn, branch))
            .header(HeaderName::MaxForwards, MAX_FORWARDS)
            .header(HeaderName::From, from)
            .header(HeaderName::To, to)
            .header(HeaderName::CallId, call_id)
            .cseq(1)
            .header(HeaderName::Contact, contact(way, fqdn, false));
        let own = &self.own_headers;
        for (name, value) in [
            (HeaderName::Accept, &own.accept),
            (HeaderName::Allow, &own.allow),
            (HeaderName::Supported, &own.supported),
            (HeaderName::UserAgent, &own.product),
        ] {
            if !value.is_empty() {
                builder = builder.header(name, value.clone());
            }
        }
        builder.build()
    }
}
