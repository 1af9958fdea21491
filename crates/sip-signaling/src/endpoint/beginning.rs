//! Requests of ours outside of dialogs (RFC 3261 8.1.1).

use std::time::Instant;

use bytes::Bytes;

use super::client_table::{ClientTransaction, Purpose};
use super::own_address::{contact, own_host, via};
use super::receive::reliability;
use super::{Endpoint, Origin, Path, SipBody, SipError, Transport};
use crate::transaction::ClientKey;
use crate::{
    HeaderName, Method, NonInviteClientTransaction, Request, RequestBuilder, SipUri, TransactionId, Uri,
};

/// RFC 3261 8.1.1.6.
const MAX_FORWARDS: &str = "70";

/// A request that names no dialog.
pub(super) struct Beginning {
    pub(super) method: Method,
    pub(super) target: SipUri,
    /// Whom it is for, as it stands in To.
    pub(super) to: SipUri,
    /// What it says beyond the headers of every request; empty ones are left out.
    pub(super) headers: Vec<(HeaderName, Bytes)>,
    pub(super) body: Option<SipBody>,
}

impl Endpoint {
    /// Sends it by `way`, and on no other.
    pub(super) fn begin_request(
        &mut self,
        beginning: Beginning,
        purpose: Purpose,
        way: &Origin,
        now: Instant,
    ) -> Result<TransactionId, SipError> {
        let limit = self.config.limits.client_transactions;
        if self.clients.len() >= limit {
            return Err(SipError::TooManyTransactions { limit });
        }
        let branch = self.tokens.branch();
        let key = ClientKey { branch: branch.clone(), method: beginning.method.clone() };
        let request = self.compose_beginning(beginning, way, &branch).to_bytes();
        let machine = NonInviteClientTransaction::new(request, reliability(way), self.config.timing, now);
        let id = self.next_transaction();
        let path = Path { flow: way.flow, remote: way.remote, transport: way.transport };
        let belongs_to = way.clone();
        self.clients.insert(id, ClientTransaction { machine, path, purpose, belongs_to, key });
        self.settle_client(id);
        Ok(id)
    }

    /// The addresses are those of docs/security-modes.md 2a.
    fn compose_beginning(&mut self, beginning: Beginning, way: &Origin, branch: &str) -> Request {
        let fqdn = self.config.fqdn.as_str();
        let host = own_host(Transport::Tls, way.local, fqdn);
        let from = format!("<{}>;tag={}", SipUri::new(host.clone()), self.tokens.tag());
        let call_id = format!("{}@{host}", self.tokens.tag());
        let Beginning { method, target, to, headers, body } = beginning;
        let mut builder = RequestBuilder::new(method, Uri::from(target))
            .via(&via(way.transport, way.local, fqdn, branch))
            .header(HeaderName::MaxForwards, MAX_FORWARDS)
            .header(HeaderName::From, from)
            .header(HeaderName::To, format!("<{to}>"))
            .header(HeaderName::CallId, call_id)
            .cseq(1)
            .header(HeaderName::Contact, contact(way, fqdn, false));
        let product = (HeaderName::UserAgent, self.own_headers.product.clone());
        for (name, value) in headers.into_iter().chain([product]) {
            if !value.is_empty() {
                builder = builder.header(name, value);
            }
        }
        if let Some(body) = body {
            builder = builder.body(body.content_type, body.bytes);
        }
        builder.build()
    }
}
