//! Requests inside dialogs (RFC 3261 12.2.2, 14.2, 15.1.2; RFC 3311; RFC 6086; RFC 3515; RFC 6665).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::time::Instant;

use telephony::{Event, kind};

use super::own_address::reply_path;
use super::refreshing::check_session_interval;
use super::server_table::{Place, Unanswered};
use super::{EndCause, Endpoint, EndpointOutput, Origin, Reply, SipBody, UserEvent, rules};
use crate::dialog::{Dialog, DialogKey, OwnInvite, OwnRefresh, Phase};
use crate::{DialogId, HeaderName, Method, Request, RequestHead, StatusCode, TransactionId};

impl Endpoint {
    pub(super) fn receive_within_dialog(
        &mut self,
        origin: &Origin,
        request: Request,
        head: RequestHead,
        now: Instant,
    ) {
        if origin.is_stranger() && !self.dialogs.knows(origin) {
            return self.hand_out_stranger(origin, request);
        }
        let id = match self.check_within_dialog(origin, &request, &head) {
            Ok(id) => id,
            Err(reply) => return self.refuse(origin, &request, &head, &reply),
        };
        self.dialogs.set_path(id, reply_path(origin, &head.via));
        match &request.method {
            Method::Invite | Method::Update => self.receive_offer(id, origin, request, head, now),
            Method::Info => {
                self.tell_user_of(id, origin, request, head, now, |dialog, transaction, request| {
                    UserEvent::Info { dialog, transaction, request }
                });
            }
            Method::Bye => self.receive_bye(id, origin, request, head, now),
            Method::Options => {
                let unanswered = Unanswered { request: request.clone(), head };
                let transaction = self.open_server(origin, unanswered, Place::Inside(id), now);
                let origin = origin.clone();
                self.outputs.push_back(EndpointOutput::Options { transaction, origin, request });
            }
            Method::Notify => self.receive_refer_notify(id, origin, request, head, now),
            Method::Subscribe => self.receive_resubscribe(id, origin, request, head, now),
            // No reliable provisional response waits for a PRACK (RFC 3262 3); the others were refused by their method.
            Method::Ack
            | Method::Cancel
            | Method::Message
            | Method::Other(_)
            | Method::Prack
            | Method::Publish
            | Method::Refer
            | Method::Register => {
                self.refuse(origin, &request, &head, &Reply::new(StatusCode::CALL_DOES_NOT_EXIST));
            }
        }
    }

    /// Rules 3 to 5 inside a dialog, and the order of CSeq.
    fn check_within_dialog(
        &mut self,
        origin: &Origin,
        request: &Request,
        head: &RequestHead,
    ) -> Result<DialogId, Reply> {
        let is_bye = request.method == Method::Bye;
        let found = DialogKey::of_request(head).and_then(|key| self.dialogs.find(&key));
        let Some((id, dialog)) = found.and_then(|id| self.dialogs.get(id).map(|dialog| (id, dialog))) else {
            return Err(Reply::new(StatusCode::CALL_DOES_NOT_EXIST));
        };
        if !dialog.admits(origin) {
            return Err(self.refuse_foreign(origin, id));
        }
        if !dialog.usage.takes(&request.method) || (dialog.phase != Phase::Confirmed && !is_bye) {
            return Err(Reply::new(StatusCode::CALL_DOES_NOT_EXIST));
        }
        if self.is_full() && !is_bye {
            let words = "the server handles as many requests as it may: try again";
            return Err(self.explained(StatusCode::SERVICE_UNAVAILABLE, 42, words));
        }
        let is_in_order =
            self.dialogs.get_mut(id).is_some_and(|dialog| dialog.accept_sequence(head.cseq.number));
        if !is_in_order {
            return Err(Reply::new(StatusCode::SERVER_INTERNAL_ERROR).phrase("CSeq out of order"));
        }
        rules::check_method(&request.method, &self.config, &self.own_headers)?;
        if !is_bye {
            rules::check_require(head, &self.config)?;
        }
        if matches!(request.method, Method::Invite | Method::Update) {
            rules::check_body(request, &self.config, &self.own_headers)?;
            check_session_interval(request, head)?;
        }
        if request.method == Method::Info {
            rules::check_info(request)?;
        }
        Ok(id)
    }

    /// Rule 3: the dialog is another gateway's, or runs on the other transport class. The session goes on.
    fn refuse_foreign(&mut self, origin: &Origin, id: DialogId) -> Reply {
        let words = "this dialog belongs to another gateway or to the other transport class";
        let mut event = Event::new(&kind::FOREIGN_IN_DIALOG)
            .with("source", origin.remote)
            .with("transport", origin.transport.via_token());
        if let Some(dialog) = self.dialogs.get(id) {
            event = event
                .with("dialog_source", dialog.origin.remote)
                .with("dialog_transport", dialog.origin.transport.via_token())
                .with("call_id", &dialog.key.call_id);
        }
        self.outputs.push_back(EndpointOutput::Event(event));
        self.explained(StatusCode::FORBIDDEN, 21, words)
    }

    fn receive_offer(
        &mut self,
        id: DialogId,
        origin: &Origin,
        request: Request,
        head: RequestHead,
        now: Instant,
    ) {
        // An UPDATE without a body offers nothing (RFC 3311 5.1): it only refreshes target and session.
        let offers = request.method == Method::Invite || !request.body.is_empty();
        if offers && let Err(reply) = self.check_overlap(id) {
            return self.refuse(origin, &request, &head, &reply);
        }
        if let (Some(told), Some(dialog)) = (OwnRefresh::told_by(&request), self.dialogs.get_mut(id)) {
            dialog.own_refresh = told;
        }
        let transaction =
            self.tell_user_of(id, origin, request, head, now, |dialog, transaction, request| {
                UserEvent::Offer { dialog, transaction, request }
            });
        if offers && let Some(dialog) = self.dialogs.get_mut(id) {
            dialog.pending_offer = transaction;
        }
    }

    /// One offer at a time (RFC 3261 14.2, RFC 3311 5.2).
    fn check_overlap(&mut self, id: DialogId) -> Result<(), Reply> {
        let Some(dialog) = self.dialogs.get(id) else { return Ok(()) };
        let is_offered = dialog.unacknowledged.as_ref().is_some_and(|answer| answer.makes_offer());
        if is_offered || dialog.own_invite.as_ref().is_some_and(OwnInvite::is_unanswered) {
            // Our own offer, in a 2xx or a re-INVITE, has no answer yet.
            return Err(Reply::new(StatusCode::REQUEST_PENDING));
        }
        if dialog.pending_offer.is_some() {
            // "A UAS that receives a second INVITE before it sends the final response to a first INVITE with a lower CSeq
            // sequence number on the same dialog MUST return a 500 (Server Internal Error) response to the second INVITE
            // and MUST include a Retry-After header field with a randomly chosen value of between 0 and 10 seconds."
            let seconds = self.tokens.retry_after().to_string();
            return Err(Reply::new(StatusCode::SERVER_INTERNAL_ERROR).header(HeaderName::RetryAfter, seconds));
        }
        Ok(())
    }

    /// Begins a transaction inside a dialog and hands its request to the user.
    pub(super) fn tell_user_of(
        &mut self,
        id: DialogId,
        origin: &Origin,
        request: Request,
        head: RequestHead,
        now: Instant,
        event: fn(DialogId, TransactionId, Request) -> UserEvent,
    ) -> Option<TransactionId> {
        let user = self.dialogs.get(id)?.user;
        let unanswered = Unanswered { request: request.clone(), head };
        let transaction = self.open_server(origin, unanswered, Place::Inside(id), now);
        self.claim(transaction, user);
        self.tell(user, event(id, transaction, request));
        Some(transaction)
    }

    /// RFC 3261 15.1.2: 200, and 487 to what is still unanswered.
    fn receive_bye(
        &mut self,
        id: DialogId,
        origin: &Origin,
        request: Request,
        head: RequestHead,
        now: Instant,
    ) {
        let reason = request.headers.text(&HeaderName::Reason).map(|reason| reason.into_owned());
        let reply = Reply::new(StatusCode::OK);
        if self.is_full() {
            self.refuse(origin, &request, &head, &reply);
        } else {
            let unanswered = Unanswered { request, head };
            let transaction = self.open_server(origin, unanswered, Place::Inside(id), now);
            // A transaction that has just begun refuses no response.
            let _ = self.answer_finally(transaction, &reply, now);
            self.settle_server(transaction, now);
        }
        if let Some(offer) = self.dialogs.get(id).and_then(|dialog| dialog.pending_offer) {
            self.withdraw(offer, StatusCode::REQUEST_TERMINATED, now);
        }
        self.end_dialog(id, EndCause::PeerBye { reason });
    }

    /// The ACK of a 2xx (RFC 3261 13.3.1.4). Another one, and one of another gateway, is dropped.
    pub(super) fn receive_ack_of_success(
        &mut self,
        origin: &Origin,
        request: &Request,
        head: &RequestHead,
        now: Instant,
    ) {
        let Some(id) = DialogKey::of_request(head).and_then(|key| self.dialogs.find(&key)) else { return };
        let Some(dialog) = self.dialogs.get_mut(id).filter(|dialog| dialog.admits(origin)) else { return };
        let acknowledged =
            dialog.unacknowledged.take_if(|answer| answer.is_acknowledged_by(head.cseq.number));
        if acknowledged.is_none() {
            return;
        }
        self.dialogs.set_path(id, reply_path(origin, &head.via));
        self.finish_acknowledgement(id, SipBody::of_request(request), now);
    }

    /// Tells the user that the 2xx has arrived, or sends the BYE that has waited for it.
    pub(super) fn finish_acknowledgement(&mut self, id: DialogId, body: Option<SipBody>, now: Instant) {
        let Some(Dialog { user, phase, .. }) = self.dialogs.get(id) else { return };
        let user = *user;
        match phase.clone() {
            Phase::Confirmed => self.tell(user, UserEvent::Acknowledged { dialog: id, body }),
            Phase::ByeHeld { headers } => self.send_bye(id, headers, now),
            Phase::ByeSent => {}
        }
        self.note_dialog_deadline(id);
    }
}
