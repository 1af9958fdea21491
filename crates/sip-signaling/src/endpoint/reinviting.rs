//! Our re-INVITE: it refreshes the session of a peer that does not take UPDATE (RFC 4028 7.4, RFC 3261 14.1).

use std::time::Instant;

use bytes::Bytes;

use super::hanging_up::compose;
use super::own_address::{contact, via};
use super::{Endpoint, Origin, SipBody, SipError, UserEvent};
use crate::dialog::{DialogKey, OwnInvite, Phase};
use crate::{
    DialogId, HeaderName, InviteClientOutput, Method, Response, ResponseClass, ResponseHead, TerminationCause,
};

impl Endpoint {
    /// Sends a re-INVITE with an offer, as [`UserEvent::RefreshDue`] asks. [`UserEvent::OfferAnswered`] or
    /// [`UserEvent::OfferRefused`] follows.
    ///
    /// # Errors
    /// [`SipError::UnknownDialog`], [`SipError::DialogEnding`]; [`SipError::OfferPending`] if another offer waits or
    /// nothing leads to the peer: the refresh falls due again.
    pub fn reinvite(&mut self, id: DialogId, offer: SipBody, now: Instant) -> Result<(), SipError> {
        let branch = self.tokens.branch();
        let dialog = self.dialogs.get_mut(id).ok_or(SipError::UnknownDialog)?;
        if dialog.phase != Phase::Confirmed {
            return Err(SipError::DialogEnding);
        }
        let is_free =
            dialog.pending_offer.is_none() && dialog.unacknowledged.is_none() && dialog.own_invite.is_none();
        let way = if is_free { self.way_of(id) } else { None };
        let dialog = self.dialogs.get_mut(id).ok_or(SipError::UnknownDialog)?;
        let Some(path) = way else {
            if let Some(session) = &mut dialog.session {
                session.retry();
            }
            self.note_dialog_deadline(id);
            return Err(SipError::OfferPending);
        };
        let mut headers = dialog.session.as_ref().map(|session| session.headers()).unwrap_or_default();
        let contact = contact(&dialog.origin, &self.config.fqdn, dialog.secure);
        headers.push((HeaderName::Contact, Bytes::from(contact)));
        headers.push((HeaderName::Supported, self.own_headers.supported.clone()));
        headers.push((HeaderName::Allow, self.own_headers.allow.clone()));
        headers.push((HeaderName::UserAgent, self.own_headers.product.clone()));
        headers.push((HeaderName::ContentType, offer.content_type));
        headers.push((HeaderName::ContentLength, Bytes::from(offer.bytes.len().to_string())));
        let mut request = compose(dialog, Method::Invite, &path, &branch, &self.config.fqdn);
        for (name, value) in headers.into_iter().filter(|(_, value)| !value.is_empty()) {
            request.headers.push(name, value);
        }
        request.body = offer.bytes;
        dialog.own_invite = Some(OwnInvite::new(request, path, branch, self.config.timing, now));
        self.settle_own_invite(id);
        self.note_dialog_deadline(id);
        Ok(())
    }

    /// A response to no other request of ours.
    pub(super) fn receive_answer_to_reinvite(
        &mut self,
        origin: &Origin,
        response: &Response,
        head: &ResponseHead,
        now: Instant,
    ) {
        let key = DialogKey {
            call_id: head.call_id.as_str().into(),
            local_tag: head.from.tag().unwrap_or_default().into(),
            remote_tag: head.to.tag().unwrap_or_default().into(),
        };
        let Some(id) = self.dialogs.find(&key) else { return };
        let ack_branch = self.tokens.branch();
        let Some(dialog) = self.dialogs.get_mut(id).filter(|dialog| dialog.admits(origin)) else { return };
        let ack_via = |path: &super::Path, local| via(path.transport, local, &self.config.fqdn, &ack_branch);
        let local = dialog.origin.local;
        let Some(invite) = dialog.own_invite.as_mut().filter(|invite| {
            head.cseq.method == Method::Invite && head.via.branch() == Some(invite.branch.as_str())
        }) else {
            return;
        };
        let is_first = invite.is_unanswered();
        let status = response.status;
        invite.machine.handle_response(status, now);
        let is_success = status.class() == ResponseClass::Success;
        if status.class().is_final() && invite.acknowledgement.is_none() {
            let via = ack_via(&invite.path, local).to_string();
            invite.acknowledgement = Some(invite.acknowledge(status, &via));
        }
        let path = invite.path.clone();
        if let Some(ack) = invite.acknowledgement.clone().filter(|_| is_success) {
            self.transmit(&path, ack);
        }
        self.settle_own_invite(id);
        if is_first && status.class().is_final() {
            self.own_offer_decided(id, response, is_success, now);
        }
        self.note_dialog_deadline(id);
    }

    fn own_offer_decided(&mut self, id: DialogId, response: &Response, is_success: bool, now: Instant) {
        if let Some(contact) = response.headers.name_addrs(&HeaderName::Contact).flatten().next()
            && is_success
            && let Some(dialog) = self.dialogs.get_mut(id)
        {
            dialog.routes.refresh(&contact.uri);
        }
        self.refresh_answered(id, response, now);
        let Some(user) = self.dialogs.get(id).map(|dialog| dialog.user) else { return };
        self.tell(
            user,
            match is_success {
                true => UserEvent::OfferAnswered { dialog: id, body: SipBody::of(response) },
                false => UserEvent::OfferRefused { dialog: id },
            },
        );
    }

    /// Fires the deadlines of our re-INVITE.
    pub(super) fn handle_own_invite_timeout(&mut self, id: DialogId, now: Instant) {
        if let Some(invite) = self.dialogs.get_mut(id).and_then(|dialog| dialog.own_invite.as_mut()) {
            invite.machine.handle_timeout(now);
        }
        self.settle_own_invite(id);
    }

    /// Does what the transaction asks for, until it asks no more.
    fn settle_own_invite(&mut self, id: DialogId) {
        while let Some(dialog) = self.dialogs.get_mut(id) {
            let Some(invite) = &mut dialog.own_invite else { return };
            let Some(output) = invite.machine.poll_output() else { return };
            let path = invite.path.clone();
            match output {
                InviteClientOutput::Transmit(bytes) => self.transmit(&path, bytes),
                InviteClientOutput::Acknowledge => {
                    if let Some(ack) = invite.acknowledgement.clone() {
                        self.transmit(&path, ack);
                    }
                }
                // The user hears of it where it came in.
                InviteClientOutput::Deliver(_) => {}
                InviteClientOutput::Terminated(cause) => {
                    dialog.own_invite = None;
                    self.own_invite_over(id, cause);
                }
            }
        }
    }

    fn own_invite_over(&mut self, id: DialogId, cause: TerminationCause) {
        match cause {
            TerminationCause::TimedOut | TerminationCause::TransportFailed => {
                self.refresh_unanswered(id, cause);
                if let Some(user) = self.dialogs.get(id).map(|dialog| dialog.user) {
                    self.tell(user, UserEvent::OfferRefused { dialog: id });
                }
            }
            TerminationCause::Finished
            | TerminationCause::AckNeverArrived
            | TerminationCause::NeverAnswered => {}
        }
    }
}
