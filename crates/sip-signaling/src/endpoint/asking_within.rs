//! Requests of ours inside a dialog that make no session: REFER, NOTIFY (RFC 3261 12.2.1).

use std::time::Instant;

use bytes::Bytes;

use super::client_table::{ClientTransaction, Purpose};
use super::hanging_up::compose;
use super::own_address::contact;
use super::{Endpoint, SipBody, SipError};
use crate::transaction::ClientKey;
use crate::{DialogId, HeaderName, Method, NonInviteClientTransaction, Reliability, TransactionId};

/// A request inside a dialog.
pub(super) struct Asking {
    pub(super) method: Method,
    /// What it says beyond the headers of every request.
    pub(super) headers: Vec<(HeaderName, Bytes)>,
    pub(super) body: Option<SipBody>,
}

impl Endpoint {
    /// Sends it on the way of the dialog.
    pub(super) fn ask_within(
        &mut self,
        id: DialogId,
        asking: Asking,
        purpose: Purpose,
        now: Instant,
    ) -> Result<TransactionId, SipError> {
        let limit = self.config.limits.client_transactions;
        if self.clients.len() >= limit {
            return Err(SipError::TooManyTransactions { limit });
        }
        if self.dialogs.get(id).is_none() {
            return Err(SipError::UnknownDialog);
        }
        let branch = self.tokens.branch();
        let path = self.way_of(id).ok_or(SipError::NoWay)?;
        let dialog = self.dialogs.get_mut(id).ok_or(SipError::UnknownDialog)?;
        let Asking { method, headers, body } = asking;
        let key = ClientKey { branch: branch.clone(), method: method.clone() };
        let mut request = compose(dialog, method, &path, &branch, &self.config.fqdn);
        let contact = contact(&dialog.origin, &self.config.fqdn, dialog.secure);
        request.headers.push(HeaderName::Contact, contact);
        let product = (HeaderName::UserAgent, self.own_headers.product.clone());
        for (name, value) in headers.into_iter().chain([product]).filter(|(_, value)| !value.is_empty()) {
            request.headers.push(name, value);
        }
        let body = body.unwrap_or(SipBody { content_type: Bytes::new(), bytes: Bytes::new() });
        if !body.bytes.is_empty() {
            request.headers.push(HeaderName::ContentType, body.content_type);
        }
        request.headers.push(HeaderName::ContentLength, body.bytes.len().to_string());
        request.body = body.bytes;
        let belongs_to = dialog.origin.clone();
        let reliability = match path.transport.is_reliable() {
            true => Reliability::Reliable,
            false => Reliability::Unreliable,
        };
        let machine =
            NonInviteClientTransaction::new(request.to_bytes(), reliability, self.config.timing, now);
        let transaction = self.next_transaction();
        self.clients.insert(transaction, ClientTransaction { machine, path, purpose, belongs_to, key });
        self.settle_client(transaction);
        Ok(transaction)
    }
}
