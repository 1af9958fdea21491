//! REFER of ours inside a call, and what the peer tells of it (RFC 3515).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::time::Instant;

use bytes::Bytes;

use super::asking_within::Asking;
use super::client_table::Purpose;
use super::server_table::{Place, Unanswered};
use super::{Endpoint, Origin, Reply, SipError, UserEvent};
use crate::dialog::{OwnRefer, Phase, Usage};
use crate::{
    DialogId, EventPackage, HeaderName, Method, Request, RequestHead, ResponseClass, SipUri, StatusCode,
    SubscriptionState, TerminationCause, TransactionId,
};

impl Endpoint {
    /// Asks the peer of a call to call `refer_to` in our place. [`ReferAnswered`](UserEvent::ReferAnswered) or
    /// [`ReferUnanswered`](UserEvent::ReferUnanswered) follows for the owner of the dialog, and after a 2xx
    /// [`ReferNotified`](UserEvent::ReferNotified) as often as the peer tells something. The call itself goes on until
    /// either side hangs up. A second REFER takes the place of the first, of which nothing is told any more.
    ///
    /// # Errors
    /// [`SipError::UnknownDialog`], [`SipError::DialogEnding`], [`SipError::TooManyTransactions`], [`SipError::NoWay`];
    /// nothing was sent.
    pub fn refer(
        &mut self,
        id: DialogId,
        refer_to: &SipUri,
        referred_by: &SipUri,
        now: Instant,
    ) -> Result<TransactionId, SipError> {
        let dialog = self.dialogs.get(id).filter(|dialog| dialog.usage == Usage::Session);
        let dialog = dialog.ok_or(SipError::UnknownDialog)?;
        if dialog.phase != Phase::Confirmed {
            return Err(SipError::DialogEnding);
        }
        let headers = vec![
            (HeaderName::ReferTo, Bytes::from(format!("<{refer_to}>"))),
            (HeaderName::ReferredBy, Bytes::from(format!("<{referred_by}>"))),
            (HeaderName::Accept, Bytes::from_static(b"message/sipfrag")),
        ];
        let asking = Asking { method: Method::Refer, headers, body: None };
        let transaction = self.ask_within(id, asking, Purpose::Refer { dialog: id }, now)?;
        if let Some(dialog) = self.dialogs.get_mut(id) {
            dialog.own_refer = Some(OwnRefer { transaction, sequence: dialog.local_sequence });
        }
        Ok(transaction)
    }

    /// The first final response to our REFER.
    pub(super) fn refer_answered(&mut self, id: DialogId, transaction: TransactionId, status: StatusCode) {
        if !self.is_awaited(id, transaction) {
            return;
        }
        if let Some(dialog) = self.dialogs.get_mut(id)
            && status.class() != ResponseClass::Success
        {
            dialog.own_refer = None;
        }
        self.tell_owner(id, |dialog| UserEvent::ReferAnswered { dialog, transaction, status });
    }

    pub(super) fn refer_unanswered(
        &mut self,
        id: DialogId,
        transaction: TransactionId,
        cause: TerminationCause,
    ) {
        if !self.is_awaited(id, transaction) {
            return;
        }
        if let Some(dialog) = self.dialogs.get_mut(id) {
            dialog.own_refer = None;
        }
        self.tell_owner(id, |dialog| UserEvent::ReferUnanswered { dialog, transaction, cause });
    }

    /// Whether it is the last REFER of its call.
    fn is_awaited(&self, id: DialogId, transaction: TransactionId) -> bool {
        let refer = self.dialogs.get(id).and_then(|dialog| dialog.own_refer);
        refer.is_some_and(|refer| refer.transaction == transaction)
    }

    /// A NOTIFY inside a call: what has come of our REFER, or nothing that anybody has asked for, which gets 481
    /// (RFC 6665 4.1.3).
    pub(super) fn receive_refer_notify(
        &mut self,
        id: DialogId,
        origin: &Origin,
        request: Request,
        head: RequestHead,
        now: Instant,
    ) {
        let Some(refer) = self.refer_meant_by(id, &request) else {
            return self.refuse(origin, &request, &head, &Reply::new(StatusCode::CALL_DOES_NOT_EXIST));
        };
        let state: Option<SubscriptionState> = request.headers.read().ok().flatten();
        let is_over = state.is_some_and(|state| state.is_terminated());
        let status = fragment_status(&request.body);
        let transaction = self.open_server(origin, Unanswered { request, head }, Place::Inside(id), now);
        // A transaction that has just begun refuses no response.
        let _ = self.answer_finally(transaction, &Reply::new(StatusCode::OK), now);
        self.settle_server(transaction, now);
        if let Some(dialog) = self.dialogs.get_mut(id)
            && is_over
        {
            dialog.own_refer = None;
        }
        let transaction = refer.transaction;
        self.tell_owner(id, |dialog| UserEvent::ReferNotified { dialog, transaction, status, is_over });
    }

    /// The REFER that a NOTIFY is about. One without an id is about the last: the first REFER of a dialog needs none
    /// (RFC 3515 2.4.6), and many peers never write one.
    fn refer_meant_by(&self, id: DialogId, request: &Request) -> Option<OwnRefer> {
        let refer = self.dialogs.get(id)?.own_refer?;
        let event: EventPackage = request.headers.read().ok().flatten()?;
        let is_meant = event.id.is_none_or(|id| id == refer.sequence.to_string());
        (event.name.as_str() == "refer" && is_meant).then_some(refer)
    }
}

/// The status in the first line of a `message/sipfrag` (RFC 3515 2.4.5).
fn fragment_status(body: &[u8]) -> Option<StatusCode> {
    let line = body.trim_ascii_start().split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    if !words.next()?.eq_ignore_ascii_case(b"SIP/2.0") {
        return None;
    }
    let code = std::str::from_utf8(words.next()?).ok()?;
    code.parse().ok().and_then(StatusCode::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragment_begins_with_a_status_line() {
        for (body, status) in [
            (&b"SIP/2.0 200 OK\r\nContact: <sip:a@b>\r\n"[..], StatusCode::new(200)),
            (b"\r\nsip/2.0 100 Trying", StatusCode::new(100)),
            (b"SIP/2.0 486", StatusCode::new(486)),
            (b"SIP/2.0 99 X", None),
            (b"SIP/2.0 abc", None),
            (b"INVITE sip:a SIP/2.0", None),
            (b"", None),
        ] {
            assert_eq!(fragment_status(body), status, "{}", String::from_utf8_lossy(body));
        }
    }
}
