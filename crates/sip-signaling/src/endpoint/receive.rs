//! Messages of peers: which transaction, dialog or rule they meet.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::time::Instant;

use bytes::Bytes;
use telephony::{Event, kind};

use super::client_table::Purpose;
use super::own_address::reply_path;
use super::refreshing::check_session_interval;
use super::server_table::{Place, ServerMachine, ServerTransaction, Unanswered};
use super::{Endpoint, EndpointOutput, Origin, Path, Reply, UserEvent, UserKey, rules};
use crate::transaction::{ClientKey, MergeKey, ServerKey};
use crate::{
    HeaderName, InviteServerState, InviteServerTransaction, Message, Method, NonInviteClientState,
    NonInviteServerTransaction, ParseFailure, Reliability, Request, RequestHead, Response, ResponseHead,
    StatusCode, TransactionId, parse_datagram,
};

impl Endpoint {
    /// One datagram, or one message that the stream framer has cut out.
    pub fn handle_message(&mut self, origin: &Origin, bytes: &Bytes, now: Instant) {
        match parse_datagram(bytes) {
            Ok(Message::Request(request)) => self.receive_request(origin, request, now),
            Ok(Message::Response(response)) => self.receive_response(origin, &response, now),
            Err(failure) => self.receive_malformed(origin, failure),
        }
    }

    /// An INVITE now belongs to `user`, who hears of its CANCEL and of its dialog. Nothing happens if it is over.
    pub fn claim(&mut self, transaction: TransactionId, user: UserKey) {
        if let Some(transaction) = self.servers.get_mut(transaction) {
            transaction.user = Some(user);
        }
    }

    /// Rule 4, as the transaction user judges it: from here on an INVITE for a new call is refused with `reply`, before
    /// rule 5 is looked at; `None` lets calls come.
    pub fn limit_calls(&mut self, reply: Option<Reply>) {
        self.no_more_calls = reply;
    }

    fn receive_request(&mut self, origin: &Origin, request: Request, now: Instant) {
        let head = match RequestHead::read(&request) {
            Ok(head) => head,
            Err(failure) => return self.receive_malformed(origin, failure),
        };
        let running = self.servers.find(&ServerKey::of(origin, &request, &head));
        if running.is_none() && !origin.is_stranger() {
            self.tell_passed_over(origin, &request, &head);
        }
        match (&request.method, running) {
            (Method::Ack, _) => self.receive_ack(origin, &request, &head, running, now),
            (Method::Cancel, _) => self.receive_cancel(origin, request, &head, running, now),
            (_, Some(id)) => {
                if self.servers.get(id).is_some_and(|transaction| transaction.is_cut_off) {
                    // The peer has come back on another connection.
                    self.servers.set_path(id, reply_path(origin, &head.via));
                }
                if let Some(transaction) = self.servers.get_mut(id) {
                    transaction.machine.handle_retransmission();
                }
                self.settle_server(id, now);
            }
            (_, None) if head.to.tag().is_some() => self.receive_within_dialog(origin, request, head, now),
            (_, None) => self.receive_outside(origin, request, head, now),
        }
    }

    /// A request that names no dialog: rules 2, 4 and 5.
    fn receive_outside(&mut self, origin: &Origin, request: Request, head: RequestHead, now: Instant) {
        if origin.is_stranger() {
            return self.hand_out_stranger(origin, request);
        }
        if let Err(reply) = self.check_outside(origin, &request, &head) {
            self.tell_refusal(origin, &request, &head, &reply);
            return self.refuse(origin, &request, &head, &reply);
        }
        let unanswered = Unanswered { request: request.clone(), head: head.clone() };
        let place = if request.method == Method::Invite {
            Place::NewCall
        } else if request.method == Method::Subscribe {
            Place::NewSubscription
        } else {
            Place::Outside
        };
        let transaction = self.open_server(origin, unanswered, place, now);
        let origin = origin.clone();
        self.outputs.push_back(match place {
            Place::NewCall => EndpointOutput::Invite { transaction, origin, request, head },
            Place::NewSubscription => EndpointOutput::Subscribe { transaction, origin, request },
            Place::Outside | Place::Inside(_) => EndpointOutput::Options { transaction, origin, request },
        });
    }

    fn check_outside(&self, origin: &Origin, request: &Request, head: &RequestHead) -> Result<(), Reply> {
        self.check_limits(request)?;
        rules::check_method_outside(&request.method, &self.config, &self.own_headers)?;
        rules::check_uri_scheme(&request.uri, origin, &self.config)?;
        if MergeKey::of(head).is_some_and(|key| self.servers.is_merged(&key)) {
            // "the same request has arrived at the UAS more than once, following different paths" (RFC 3261 8.2.2.2)
            return Err(Reply::new(StatusCode::LOOP_DETECTED));
        }
        rules::check_require(head, &self.config)?;
        let makes_dialog = matches!(request.method, Method::Invite | Method::Subscribe);
        if makes_dialog && head.contact.is_none() {
            return Err(Reply::new(StatusCode::BAD_REQUEST).phrase("Missing Contact"));
        }
        if request.method == Method::Subscribe {
            rules::check_event(request, &self.config, &self.own_headers)?;
        }
        if request.method == Method::Invite {
            rules::check_body(request, &self.config, &self.own_headers)?;
            check_session_interval(request, head)?;
        }
        Ok(())
    }

    /// Rule 4. What makes a dialog leaves room for what ends calls and for OPTIONS; what is shed is told so without Retry-After,
    /// which would turn a trunk away altogether.
    fn check_limits(&self, request: &Request) -> Result<(), Reply> {
        if request.method == Method::Invite
            && let Some(reply) = &self.no_more_calls
        {
            return Err(reply.clone());
        }
        let limits = &self.config.limits;
        let free = limits.server_transactions.saturating_sub(self.servers.len());
        let calls = self.dialogs.sessions().saturating_add(self.servers.undecided_calls());
        let is_full = if request.method == Method::Invite {
            free <= limits.reserved_server_transactions || calls >= limits.dialogs
        } else if request.method == Method::Subscribe {
            let subscriptions = self.dialogs.subscriptions();
            free <= limits.reserved_server_transactions || subscriptions >= limits.subscriptions
        } else {
            free == 0
        };
        match is_full {
            true => Err(self.explained(
                StatusCode::SERVICE_UNAVAILABLE,
                42,
                "the server handles as many requests as it may: try again",
            )),
            false => Ok(()),
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.servers.len() >= self.config.limits.server_transactions
    }

    /// Begins a server transaction.
    pub(super) fn open_server(
        &mut self,
        origin: &Origin,
        unanswered: Unanswered,
        place: Place,
        now: Instant,
    ) -> TransactionId {
        let id = self.next_transaction();
        let (reliability, timing) = (reliability(origin), self.config.timing);
        let machine = match unanswered.request.method == Method::Invite {
            true => ServerMachine::Invite(InviteServerTransaction::new(reliability, timing, now)),
            false => ServerMachine::NonInvite(NonInviteServerTransaction::new(reliability, timing, now)),
        };
        let path = reply_path(origin, &unanswered.head.via);
        let tag = self.tokens.tag();
        let transaction = ServerTransaction::new(machine, origin.clone(), path, place, tag, unanswered);
        self.servers.insert(id, transaction);
        self.settle_server(id, now);
        id
    }

    /// RFC 3261 9.2. A CANCEL is answered at once and keeps no state; its INVITE remembers.
    fn receive_cancel(
        &mut self,
        origin: &Origin,
        request: Request,
        head: &RequestHead,
        running: Option<TransactionId>,
        now: Instant,
    ) {
        let Some((id, invite)) = running.and_then(|id| self.servers.get(id).map(|invite| (id, invite)))
        else {
            if origin.is_stranger() {
                return self.hand_out_stranger(origin, request);
            }
            return self.refuse(origin, &request, head, &Reply::new(StatusCode::CALL_DOES_NOT_EXIST));
        };
        // "the To tag of the response to the CANCEL and the To tag in the response to the original request SHOULD be the
        // same"
        let tag = invite.local_tag.clone();
        let is_undecided = invite.unanswered.is_some();
        self.reply_once(origin, &request, head, &tag, &Reply::new(StatusCode::OK));
        if is_undecided {
            self.withdraw(id, StatusCode::REQUEST_TERMINATED, now);
        }
    }

    /// An ACK belongs to the transaction that refused its INVITE, else to a dialog.
    fn receive_ack(
        &mut self,
        origin: &Origin,
        request: &Request,
        head: &RequestHead,
        running: Option<TransactionId>,
        now: Instant,
    ) {
        if let Some(id) = running
            && let Some(transaction) = self.servers.get_mut(id)
            && let ServerMachine::Invite(machine) = &mut transaction.machine
            && machine.state() != InviteServerState::Accepted
        {
            machine.handle_ack(now);
            return self.settle_server(id, now);
        }
        self.receive_ack_of_success(origin, request, head, now);
    }

    fn receive_response(&mut self, origin: &Origin, response: &Response, now: Instant) {
        let Ok(head) = ResponseHead::read(response) else { return };
        // "If more than one Via header field value is present in a response, the UAC SHOULD discard the message"
        // (RFC 3261 8.1.3.3).
        if response.headers.values(&HeaderName::Via).nth(1).is_some() {
            return;
        }
        let branch = head.via.branch().unwrap_or_default().to_owned();
        let key = ClientKey { branch, method: head.cseq.method.clone() };
        let Some(id) = self.clients.find(&key) else {
            return self.receive_answer_to_reinvite(origin, response, &head, now);
        };
        let Some(transaction) = self.clients.get_mut(id) else { return };
        if transaction.may_be_answered_by(origin) {
            let is_first = transaction.machine.state() != NonInviteClientState::Completed;
            let purpose = transaction.purpose;
            transaction.machine.handle_response(response.status, now);
            self.settle_client(id);
            if !is_first || !response.status.class().is_final() {
                return;
            }
            match purpose {
                // Its dialog ended with the status (see settling).
                Purpose::Bye { .. } => {}
                Purpose::Refresh { dialog } => self.refresh_answered(dialog, response, now),
                Purpose::Refer { dialog } => self.refer_answered(dialog, id, response.status),
                Purpose::Subscription { dialog } => self.tell_owner(dialog, |dialog| {
                    UserEvent::SubscriberTold { dialog, transaction: id, status: response.status }
                }),
                Purpose::Options { user } => {
                    let response = response.clone();
                    self.tell(user, UserEvent::OptionsAnswered { transaction: id, response });
                }
                Purpose::Notify { user } => {
                    let status = response.status;
                    self.tell(user, UserEvent::NotifyAnswered { transaction: id, status });
                }
            }
        }
    }

    /// Rule 1: a message that cannot be read is answered if it can be. A stranger's is handed out with its answer, which
    /// is given as rarely as every answer to strangers.
    fn receive_malformed(&mut self, origin: &Origin, failure: ParseFailure) {
        let (answer, detail) = match failure {
            ParseFailure::Drop { detail } => (None, detail),
            ParseFailure::Answer { response_bytes, detail, .. } => (Some(response_bytes), detail),
        };
        if origin.is_stranger() {
            let origin = origin.clone();
            return self.outputs.push_back(EndpointOutput::MalformedStranger { origin, answer, detail });
        }
        if let Some(answer) = answer {
            let path = Path { flow: origin.flow, remote: origin.remote, transport: origin.transport };
            self.transmit(&path, answer);
        }
        let event = Event::new(&kind::MALFORMED_MESSAGE)
            .with("source", origin.remote)
            .with("transport", origin.transport.via_token())
            .with("detail", detail);
        self.outputs.push_back(EndpointOutput::Event(event));
    }
}

/// Whether what carries a message repeats lost bytes itself.
pub(super) fn reliability(origin: &Origin) -> Reliability {
    match origin.transport.is_reliable() {
        true => Reliability::Reliable,
        false => Reliability::Unreliable,
    }
}
