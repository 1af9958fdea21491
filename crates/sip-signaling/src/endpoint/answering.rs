//! The user's answers, the dialog that a 2xx makes, and the repetition of the 2xx.

use std::time::Instant;

use bytes::Bytes;

use super::composing::OwnHeaders;
use super::deadlines::Waiting;
use super::own_address::contact;
use super::server_table::{Place, ServerTransaction, Unanswered};
use super::{EndCause, Endpoint, Origin, Path, Reply, SipError, TransportClass, UserKey};
use crate::dialog::{
    AnswerOutput, Dialog, DialogKey, OwnRefresh, Phase, RouteSet, SessionTerms, UnacknowledgedAnswer, Usage,
};
use crate::{
    DialogId, FinalResponseAlreadySent, HeaderName, Method, Reason, Request, RequestHead, ResponseClass,
    TransactionId,
};

impl Endpoint {
    /// Answers a request: any final status to any request, except a 2xx to an INVITE or SUBSCRIBE outside a dialog. No provisional
    /// response but the endpoint's own 100 is ever sent, so that none has to be reliable (RFC 3262 3).
    ///
    /// A 2xx to an INVITE or UPDATE inside a dialog gets our Contact, and takes over the peer's; that of an INVITE is
    /// repeated until its ACK.
    ///
    /// # Errors
    /// [`SipError::UnknownTransaction`], [`SipError::FinalResponseAlreadySent`], [`SipError::MakesADialog`],
    /// [`SipError::Provisional`].
    pub fn respond(
        &mut self,
        transaction: TransactionId,
        reply: Reply,
        now: Instant,
    ) -> Result<(), SipError> {
        let place = self.servers.get(transaction).ok_or(SipError::UnknownTransaction)?.place;
        let status = reply.status;
        if matches!(place, Place::NewCall | Place::NewSubscription)
            && status.class() == ResponseClass::Success
        {
            return Err(SipError::MakesADialog { status });
        }
        if !status.class().is_final() {
            return Err(SipError::Provisional { status });
        }
        self.answer_finally(transaction, &reply, now)?;
        self.settle_server(transaction, now);
        Ok(())
    }

    /// Accepts a new INVITE with a 2xx and makes its dialog, which belongs to the INVITE's owner.
    ///
    /// The 2xx is repeated until its ACK, told as [`UserEvent::Acknowledged`](crate::UserEvent::Acknowledged); after
    /// 64*T1 without one BYE is sent and the dialog ends with [`EndCause::AckNeverArrived`].
    ///
    /// # Errors
    /// [`SipError::UnknownTransaction`], [`SipError::FinalResponseAlreadySent`], [`SipError::MakesNoDialog`],
    /// [`SipError::Unclaimed`].
    pub fn accept_invite(
        &mut self,
        transaction: TransactionId,
        reply: Reply,
        now: Instant,
    ) -> Result<DialogId, SipError> {
        let found = self.servers.get(transaction).ok_or(SipError::UnknownTransaction)?;
        if found.place != Place::NewCall || reply.status.class() != ResponseClass::Success {
            return Err(SipError::MakesNoDialog { status: reply.status });
        }
        let user = found.user.ok_or(SipError::Unclaimed)?;
        let response = self.answer(transaction, &reply, now)?;
        let unanswered = self.servers.decide(transaction).ok_or(SipError::UnknownTransaction)?;
        let transaction_kept = self.servers.get(transaction).ok_or(SipError::UnknownTransaction)?;
        let dialog = new_dialog(transaction_kept, &unanswered, user, Usage::Session);
        let path = transaction_kept.path.clone();
        let dialog = self.dialogs.insert(dialog);
        let makes_offer = makes_offer(&unanswered.request, &reply);
        self.await_ack(dialog, path, unanswered.head.cseq.number, makes_offer, response, now);
        self.begin_session(dialog, &unanswered.request, &unanswered.head, now);
        self.settle_server(transaction, now);
        Ok(dialog)
    }

    /// Gives a response to a transaction and answers the bytes of it.
    pub(super) fn answer(
        &mut self,
        id: TransactionId,
        reply: &Reply,
        now: Instant,
    ) -> Result<Bytes, SipError> {
        self.renew_reply_path(id);
        let Self { config, own_headers, servers, dialogs, .. } = self;
        let transaction = servers.get_mut(id).ok_or(SipError::UnknownTransaction)?;
        let Some(Unanswered { request, head }) = &transaction.unanswered else {
            return Err(FinalResponseAlreadySent { status: reply.status }.into());
        };
        let secure = match transaction.place {
            Place::Inside(dialog) => dialogs.get(dialog).is_some_and(|dialog| dialog.secure),
            Place::NewCall | Place::NewSubscription | Place::Outside => {
                is_secure(&transaction.origin, request, head)
            }
        };
        let contact = contact(&transaction.origin, &config.fqdn, secure);
        let is_session = matches!(request.method, Method::Invite | Method::Update);
        let terms = SessionTerms::of(request, head).ok().flatten().filter(|_| is_session);
        let mut ours = vec![(HeaderName::Contact, Bytes::from(contact))];
        ours.extend(terms.into_iter().flat_map(SessionTerms::headers));
        let response = compose(own_headers, request, transaction, reply, ours);
        transaction.machine.respond(reply.status, response.clone(), now)?;
        Ok(response)
    }

    /// Gives a final response that makes no dialog, and does what it means to its dialog.
    pub(super) fn answer_finally(
        &mut self,
        id: TransactionId,
        reply: &Reply,
        now: Instant,
    ) -> Result<(), SipError> {
        let response = self.answer(id, reply, now)?;
        let Some(Unanswered { request, head }) = self.servers.decide(id) else { return Ok(()) };
        let Some(ServerTransaction { place: Place::Inside(dialog), path, .. }) = self.servers.get(id) else {
            return Ok(());
        };
        let (dialog, path) = (*dialog, path.clone());
        self.release_offer(dialog, id);
        if reply.status.class() != ResponseClass::Success {
            return Ok(());
        }
        // A SUBSCRIBE "is a target-refresh request" as well (RFC 6665 3.1).
        if matches!(request.method, Method::Invite | Method::Update | Method::Subscribe)
            && let Some(contact) = &head.contact
            && let Some(dialog) = self.dialogs.get_mut(dialog)
        {
            dialog.routes.refresh(&contact.uri);
        }
        if request.method == Method::Invite {
            let makes_offer = makes_offer(&request, reply);
            self.await_ack(dialog, path, head.cseq.number, makes_offer, response, now);
        }
        if matches!(request.method, Method::Invite | Method::Update) {
            self.begin_session(dialog, &request, &head, now);
        }
        Ok(())
    }

    /// A 2xx to an INVITE was sent: repeat it until its ACK comes.
    fn await_ack(
        &mut self,
        id: DialogId,
        path: Path,
        sequence: u32,
        makes_offer: bool,
        response: Bytes,
        now: Instant,
    ) {
        let answer = UnacknowledgedAnswer::new(sequence, makes_offer, response, self.config.timing, now);
        let Some(dialog) = self.dialogs.get_mut(id) else { return };
        let earlier = dialog.unacknowledged.replace(answer);
        self.dialogs.set_answer_path(id, path);
        if earlier.is_some() {
            // Who sends the next INVITE has seen our 2xx to the last one; its ACK was lost (RFC 5407 3.1.4).
            self.finish_acknowledgement(id, None, now);
        }
        self.note_dialog_deadline(id);
    }

    /// The deadline of a 2xx without ACK.
    pub(super) fn repeat_answer(&mut self, id: DialogId, now: Instant) {
        let Some(dialog) = self.dialogs.get_mut(id) else { return };
        match dialog.unacknowledged.as_mut().and_then(|answer| answer.handle_timeout(now)) {
            Some(AnswerOutput::Transmit(bytes)) => {
                if let Some(path) = self.way_of_answer(id) {
                    self.transmit(&path, bytes);
                }
            }
            Some(AnswerOutput::NeverAcknowledged) => {
                dialog.unacknowledged = None;
                let headers = match &dialog.phase {
                    Phase::ByeHeld { headers } => headers.clone(),
                    Phase::Confirmed | Phase::ByeSent => {
                        vec![(HeaderName::Reason, Reason::sip(408, "ACK never arrived").into())]
                    }
                };
                self.send_last_bye(id, headers, EndCause::AckNeverArrived, now);
            }
            None => {}
        }
        self.note_dialog_deadline(id);
    }

    pub(super) fn note_dialog_deadline(&mut self, id: DialogId) {
        let deadline = self.dialogs.get(id).and_then(Dialog::poll_timeout);
        self.deadlines.set(Waiting::Dialog(id), deadline);
    }
}

/// A 2xx to INVITE, UPDATE or SUBSCRIBE carries our Contact (RFC 3261 12.1.1, RFC 3311 5.2, RFC 6665 4.2.1.1), and what
/// it says of the session's life (RFC 4028 9).
fn compose(
    own: &OwnHeaders,
    request: &Request,
    transaction: &ServerTransaction,
    reply: &Reply,
    ours: Vec<(HeaderName, Bytes)>,
) -> Bytes {
    let has_contact = matches!(request.method, Method::Invite | Method::Update | Method::Subscribe);
    let (origin, tag) = (&transaction.origin, &transaction.local_tag);
    if has_contact && reply.status.class() == ResponseClass::Success {
        let mut reply = reply.clone();
        let is_given = |name: &HeaderName| reply.headers.iter().any(|(given, _)| given == name);
        let missing: Vec<_> = ours.into_iter().filter(|(name, _)| !is_given(name)).collect();
        reply.headers.splice(0..0, missing);
        return own.compose(request, origin, tag, &reply).to_bytes();
    }
    own.compose(request, origin, tag, reply).to_bytes()
}

/// "If the request that initiated the dialog contained a SIPS URI in the Request-URI or in the top Record-Route header
/// field value, if there was any, or the Contact header field if there was no Record-Route header field, the Contact
/// header field in the response MUST be a SIPS URI" (RFC 3261 12.1.1); on TLS alone.
fn is_secure(origin: &Origin, request: &Request, head: &RequestHead) -> bool {
    let next_hop = head.record_routes.first().or(head.contact.as_ref());
    origin.transport.class() == TransportClass::Tls
        && (request.uri.is_sips() || next_hop.is_some_and(|next_hop| next_hop.uri.is_sips()))
}

/// The 2xx offers if the INVITE did not (RFC 3261 13.2.1).
fn makes_offer(request: &Request, reply: &Reply) -> bool {
    reply.body.is_some() && request.sdp().is_none()
}

/// RFC 3261 12.1.1.
pub(super) fn new_dialog(
    transaction: &ServerTransaction,
    unanswered: &Unanswered,
    user: UserKey,
    usage: Usage,
) -> Dialog {
    let Unanswered { request, head } = unanswered;
    let local_tag = &transaction.local_tag;
    let target = head.contact.as_ref().map_or(&head.from.uri, |contact| &contact.uri);
    let value = |name| request.headers.get(&name).map(|value| value.to_vec()).unwrap_or_default();
    let mut local = value(HeaderName::To);
    local.extend_from_slice(b";tag=");
    local.extend_from_slice(local_tag.as_bytes());
    Dialog {
        key: DialogKey::answered_with(head, local_tag),
        user,
        usage,
        origin: transaction.origin.clone(),
        secure: is_secure(&transaction.origin, request, head),
        path: Some(transaction.path.clone()),
        routes: RouteSet::new(target, &head.record_routes),
        local: Bytes::from(local),
        remote: Bytes::from(value(HeaderName::From)),
        phase: Phase::Confirmed,
        pending_offer: None,
        unacknowledged: None,
        answer_path: None,
        own_refresh: OwnRefresh::told_by(request).unwrap_or_default(),
        session: None,
        own_invite: None,
        own_refer: None,
        local_sequence: 0,
        remote_sequence: head.cseq.number,
    }
}
