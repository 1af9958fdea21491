//! Session timers (RFC 4028): the terms in our 2xx, our own refresh by UPDATE or re-INVITE, and the end of a session that nobody has
//! refreshed.

use std::time::Instant;

use bytes::Bytes;

use super::client_table::{ClientTransaction, Purpose};
use super::hanging_up::compose;
use super::own_address::contact;
use super::{EndCause, Endpoint, UserEvent};
use crate::dialog::{OwnRefresh, Phase, SHORTEST_INTERVAL, SessionOutput, SessionTerms, SessionTimer};
use crate::transaction::ClientKey;
use crate::{
    DialogId, HeaderName, Method, NonInviteClientTransaction, Reason, Reliability, Reply, Request,
    RequestHead, Response, ResponseClass, StatusCode, TerminationCause,
};

/// The reply that refuses an interval below ours (RFC 4028 9).
pub(super) fn check_session_interval(request: &Request, head: &RequestHead) -> Result<(), Reply> {
    SessionTerms::of(request, head).map(drop).map_err(|_| {
        let least = SHORTEST_INTERVAL.as_secs().to_string();
        Reply::new(StatusCode::SESSION_INTERVAL_TOO_SMALL).header(HeaderName::MinSe, least)
    })
}

impl Endpoint {
    /// A 2xx to INVITE or UPDATE was sent: its terms hold from now on, and no others.
    pub(super) fn begin_session(
        &mut self,
        id: DialogId,
        request: &Request,
        head: &RequestHead,
        now: Instant,
    ) {
        let Some(dialog) = self.dialogs.get_mut(id) else { return };
        // What is too small was refused when it came.
        let terms = SessionTerms::of(request, head).ok().flatten();
        dialog.session = terms.map(|terms| SessionTimer::begin(terms, now));
        self.note_dialog_deadline(id);
    }

    /// A deadline of a dialog: of its 2xx, or of its session.
    pub(super) fn handle_dialog_timeout(&mut self, id: DialogId, now: Instant) {
        self.repeat_answer(id, now);
        self.handle_own_invite_timeout(id, now);
        let Some(dialog) = self.dialogs.get_mut(id) else { return };
        if dialog.phase != Phase::Confirmed {
            dialog.session = None;
        }
        match dialog.session.as_mut().and_then(|session| session.handle_timeout(now)) {
            Some(SessionOutput::Refresh) => match (dialog.own_refresh, dialog.user) {
                (OwnRefresh::Update, _) => self.send_refresh(id, now),
                (OwnRefresh::Reinvite, user) => self.tell(user, UserEvent::RefreshDue { dialog: id }),
            },
            Some(SessionOutput::Expired) => self.expire(id, now),
            None => {}
        }
        self.note_dialog_deadline(id);
    }

    /// "If the side not performing refreshes does not receive a session refresh request before the session expiration,
    /// it SHOULD send a BYE" (RFC 4028 10); the same if our refresh was not answered.
    fn expire(&mut self, id: DialogId, now: Instant) {
        if let Some(offer) = self.dialogs.get(id).and_then(|dialog| dialog.pending_offer) {
            self.withdraw(offer, StatusCode::REQUEST_TERMINATED, now);
        }
        let reason = Bytes::from(Reason::sip(408, "the session was not refreshed"));
        self.send_last_bye(id, vec![(HeaderName::Reason, reason)], EndCause::SessionExpired, now);
    }

    /// UPDATE without an offer, for the session's sake alone.
    fn send_refresh(&mut self, id: DialogId, now: Instant) {
        let branch = self.tokens.branch();
        let is_full = self.clients.len() >= self.config.limits.client_transactions;
        let way = self.way_of(id).filter(|_| !is_full);
        let Some(dialog) = self.dialogs.get_mut(id) else { return };
        let Some(session) = &mut dialog.session else { return };
        let Some(path) = way else { return session.retry() };
        let mut headers = session.headers();
        let contact = contact(&dialog.origin, &self.config.fqdn, dialog.secure);
        headers.push((HeaderName::Contact, Bytes::from(contact)));
        headers.push((HeaderName::Supported, self.own_headers.supported.clone()));
        headers.push((HeaderName::Allow, self.own_headers.allow.clone()));
        headers.push((HeaderName::UserAgent, self.own_headers.product.clone()));
        headers.push((HeaderName::ContentLength, Bytes::from_static(b"0")));
        let mut request = compose(dialog, Method::Update, &path, &branch, &self.config.fqdn);
        for (name, value) in headers.into_iter().filter(|(_, value)| !value.is_empty()) {
            request.headers.push(name, value);
        }
        let belongs_to = dialog.origin.clone();
        let reliability = match path.transport.is_reliable() {
            true => Reliability::Reliable,
            false => Reliability::Unreliable,
        };
        let machine =
            NonInviteClientTransaction::new(request.to_bytes(), reliability, self.config.timing, now);
        let transaction = self.next_transaction();
        let key = ClientKey { branch, method: Method::Update };
        let purpose = Purpose::Refresh { dialog: id };
        self.clients.insert(transaction, ClientTransaction { machine, path, purpose, belongs_to, key });
        self.settle_client(transaction);
    }

    /// The final response to our refresh, the first time that it comes.
    pub(super) fn refresh_answered(&mut self, id: DialogId, response: &Response, now: Instant) {
        let Some(dialog) = self.dialogs.get_mut(id) else { return };
        let Some(session) = &mut dialog.session else { return };
        match response.status {
            StatusCode::SESSION_INTERVAL_TOO_SMALL => {
                session.lengthen(response.headers.read().ok().flatten());
            }
            // RFC 3261 12.2.1.2: the peer does not know the dialog any more.
            StatusCode::CALL_DOES_NOT_EXIST | StatusCode::REQUEST_TIMEOUT => session.give_up(),
            status if status.class() == ResponseClass::Success => {
                *session = session.renewed(response.headers.read().ok().flatten(), now);
            }
            _ => session.retry(),
        }
        self.note_dialog_deadline(id);
    }

    /// Our refresh is over without an answer.
    pub(super) fn refresh_unanswered(&mut self, id: DialogId, cause: TerminationCause) {
        let Some(session) = self.dialogs.get_mut(id).and_then(|dialog| dialog.session.as_mut()) else {
            return;
        };
        match cause {
            TerminationCause::TimedOut => session.give_up(),
            TerminationCause::TransportFailed => session.retry(),
            TerminationCause::Finished
            | TerminationCause::AckNeverArrived
            | TerminationCause::NeverAnswered => {}
        }
        self.note_dialog_deadline(id);
    }
}
