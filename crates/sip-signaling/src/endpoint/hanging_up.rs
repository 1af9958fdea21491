//! BYE of ours (RFC 3261 15.1.1).

use std::time::Instant;

use bytes::Bytes;

use super::client_table::{ClientTransaction, Purpose};
use super::own_address::via;
use super::{EndCause, Endpoint, Path, SipError};
use crate::dialog::{Dialog, Phase};
use crate::transaction::ClientKey;
use crate::{
    CSeq, DialogId, HeaderName, Headers, Method, NonInviteClientTransaction, Reliability, Request,
    StatusCode, Uri,
};

impl Endpoint {
    /// The remote target of a dialog: the peer's last Contact (RFC 3261 12.1.1).
    pub fn remote_target(&self, dialog: DialogId) -> Option<&Uri> {
        self.dialogs.get(dialog).map(|dialog| dialog.routes.target())
    }

    /// Hangs up with BYE, and with `headers` (such as Reason) in it. `Ended` follows when it is answered, has timed out
    /// or cannot be sent.
    ///
    /// Before the ACK of our 2xx the BYE is held until that ACK comes, or 64*T1 have passed. An offer of the peer that
    /// still waits is answered 487.
    ///
    /// # Errors
    /// [`SipError::UnknownDialog`], [`SipError::DialogEnding`].
    pub fn bye(
        &mut self,
        dialog: DialogId,
        headers: Vec<(HeaderName, Bytes)>,
        now: Instant,
    ) -> Result<(), SipError> {
        let found = self.dialogs.get_mut(dialog).ok_or(SipError::UnknownDialog)?;
        match found.phase {
            Phase::ByeHeld { .. } | Phase::ByeSent => return Err(SipError::DialogEnding),
            Phase::Confirmed => {}
        }
        let is_acknowledged = found.unacknowledged.is_none();
        if let Some(offer) = found.pending_offer {
            self.withdraw(offer, StatusCode::REQUEST_TERMINATED, now);
        }
        match is_acknowledged {
            true => self.send_bye(dialog, headers, now),
            false => {
                if let Some(dialog) = self.dialogs.get_mut(dialog) {
                    dialog.phase = Phase::ByeHeld { headers };
                }
            }
        }
        Ok(())
    }

    /// Sends BYE; the dialog ends when it is answered.
    pub(super) fn send_bye(&mut self, id: DialogId, headers: Vec<(HeaderName, Bytes)>, now: Instant) {
        match self.transmit_bye(id, headers, now) {
            Sent::Awaited => {}
            Sent::Unawaited => self.end_dialog(id, EndCause::ByeTimedOut),
            Sent::NoWay => self.end_dialog(id, EndCause::FlowLost),
        }
    }

    /// Sends BYE and ends the dialog with `cause` at once: nobody waits for the answer.
    pub(super) fn send_last_bye(
        &mut self,
        id: DialogId,
        headers: Vec<(HeaderName, Bytes)>,
        cause: EndCause,
        now: Instant,
    ) {
        self.transmit_bye(id, headers, now);
        self.end_dialog(id, cause);
    }

    fn transmit_bye(&mut self, id: DialogId, headers: Vec<(HeaderName, Bytes)>, now: Instant) -> Sent {
        let branch = self.tokens.branch();
        let way = self.way_of(id);
        let Some(dialog) = self.dialogs.get_mut(id) else { return Sent::NoWay };
        dialog.phase = Phase::ByeSent;
        let Some(path) = way else { return Sent::NoWay };
        let mut request = compose(dialog, Method::Bye, &path, &branch, &self.config.fqdn);
        for (name, value) in headers {
            request.headers.push(name, value);
        }
        if !self.own_headers.product.is_empty() {
            request.headers.push(HeaderName::UserAgent, self.own_headers.product.clone());
        }
        request.headers.push(HeaderName::ContentLength, Bytes::from_static(b"0"));
        let belongs_to = dialog.origin.clone();
        let bytes = request.to_bytes();
        if self.clients.len() >= self.config.limits.client_transactions {
            self.transmit(&path, bytes);
            return Sent::Unawaited;
        }
        let reliability = match path.transport.is_reliable() {
            true => Reliability::Reliable,
            false => Reliability::Unreliable,
        };
        let machine = NonInviteClientTransaction::new(bytes, reliability, self.config.timing, now);
        let transaction = self.next_transaction();
        let key = ClientKey { branch, method: Method::Bye };
        let purpose = Purpose::Bye { dialog: id };
        self.clients.insert(transaction, ClientTransaction { machine, path, purpose, belongs_to, key });
        self.settle_client(transaction);
        Sent::Awaited
    }
}

/// What became of a BYE.
enum Sent {
    /// Its transaction waits for the answer.
    Awaited,
    /// It was sent once: there is no room for a transaction.
    Unawaited,
    /// There is no flow to the peer.
    NoWay,
}

/// A request of ours inside a dialog, without Content-Length (RFC 3261 12.2.1.1).
pub(super) fn compose(dialog: &mut Dialog, method: Method, path: &Path, branch: &str, fqdn: &str) -> Request {
    let (uri, routes) = dialog.routes.request_uri_and_routes();
    let cseq = CSeq { number: dialog.next_sequence(), method: method.clone() };
    let mut headers = Headers::new();
    let via = via(path.transport, dialog.origin.local, fqdn, branch);
    headers.push(HeaderName::Via, via.to_string());
    for route in routes {
        headers.push(HeaderName::Route, route);
    }
    headers.push(HeaderName::MaxForwards, Bytes::from_static(b"70"));
    headers.push(HeaderName::From, dialog.local.clone());
    headers.push(HeaderName::To, dialog.remote.clone());
    headers.push(HeaderName::CallId, Bytes::copy_from_slice(dialog.key.call_id.as_bytes()));
    headers.push(HeaderName::CSeq, cseq.to_string());
    let mut request = Request::new(method, uri);
    request.headers = headers;
    request
}
