//! What the SIP endpoint hands up: strangers, OPTIONS, new calls.
use std::time::Instant;

use bytes::Bytes;
use dial_plan::GatewayStatus;
use sip_signaling::{
    EndpointOutput, HeaderName, Origin, Reply, Request, RequestHead, StatusCode, TransactionId, Transport,
    UserEvent, UserKey, Warning,
};
use telephony::{Event, kind};

use super::{SignalingCore, calls::LiveCall};
use crate::{
    admission,
    call::{Call, CallInput},
    call_facts::FactSheet,
    gateway_probe::ProbeAttempt,
    moment::Moment,
    refusal::{Refusal, transport_word},
    strangers::bare_refusal,
    vocabulary::{CallKey, CallSnapshot, CallStage, CertifiedPeer, Flow, Output, PeerIdentity},
};

/// An INVITE that begins a call, taken apart by the endpoint.
struct NewInvite<'a> {
    transaction: TransactionId,
    origin: &'a Origin,
    flow: &'a Flow,
    request: &'a Request,
    head: &'a RequestHead,
}

impl SignalingCore {
    /// `arrival` is the flow and length of the message that has just come in, if one has.
    pub(super) fn drain_endpoint(&mut self, arrival: Option<(&Flow, usize)>, at: Moment) {
        while let Some(output) = self.endpoint.poll_output() {
            match output {
                EndpointOutput::Transmit { flow, remote, bytes, .. } => {
                    self.outputs.push_back(Output::Transmit { flow, remote, bytes });
                }
                EndpointOutput::OpenFlow(order) => self.look_for_way(order, at.now),
                EndpointOutput::Event(event) => {
                    let record = arrival.and_then(|(flow, _)| self.record_unheard(&event, flow, at));
                    self.outputs.push_back(Output::Event(event));
                    self.outputs.extend(record);
                }
                EndpointOutput::Stranger { origin, request } => {
                    self.refuse_stranger(&origin, &request, arrival, at.now);
                }
                EndpointOutput::MalformedStranger { origin, answer, detail } => {
                    self.refuse_malformed(&origin, answer, &detail, at.now);
                }
                EndpointOutput::Options { transaction, origin, .. } => {
                    self.answer_options(transaction, &origin, at.now);
                }
                EndpointOutput::Subscribe { transaction, origin, request } => {
                    self.take_subscribe(transaction, &origin, &request, at.now);
                }
                EndpointOutput::Invite { transaction, origin, request, head } => {
                    let Some((flow, _)) = arrival else { continue };
                    let (origin, request, head) = (&origin, &request, &head);
                    self.admit(&NewInvite { transaction, origin, flow, request, head }, at);
                }
                EndpointOutput::User { user, what: UserEvent::OptionsAnswered { response, .. } } => {
                    self.probe_answered(user, &response, arrival.map(|(flow, _)| flow), at);
                }
                EndpointOutput::User { user, what: UserEvent::OptionsUnanswered { cause, .. } } => {
                    self.probes.unanswered(ProbeAttempt(user.0), cause, at.now, at.date);
                }
                EndpointOutput::User {
                    user,
                    what:
                        what @ (UserEvent::NotifyAnswered { .. }
                        | UserEvent::NotifyUnanswered { .. }
                        | UserEvent::Resubscribe { .. }
                        | UserEvent::SubscriberTold { .. }
                        | UserEvent::SubscriberUntold { .. }),
                } => self.tell_lamps(user, what, at),
                EndpointOutput::User { user, what } => self.handle_user(user, what, at),
            }
        }
    }

    /// No gateway of ours: the bare `403`, within the limit; a connection is closed after it, or after its last call.
    fn refuse_stranger(
        &mut self,
        origin: &Origin,
        request: &Request,
        arrival: Option<(&Flow, usize)>,
        now: Instant,
    ) {
        let length = arrival.map_or(0, |(_, length)| length);
        self.answer_stranger(origin, bare_refusal(request, length), now);
        let event = match arrival.map(|(flow, _)| &flow.peer) {
            // It takes a certificate that a root of ours vouches for to cause this one: nobody floods with it.
            Some(PeerIdentity::Certificate(certified)) if certified.was_known => unnamed(certified),
            Some(PeerIdentity::Certificate(_)) => return,
            Some(PeerIdentity::Address) | None if self.strangers.admit_event(now) => {
                Event::new(&kind::STRANGER_REFUSED)
            }
            Some(PeerIdentity::Address) | None => return,
        };
        self.outputs.push_back(Output::Event(
            event
                .with("source", origin.remote.ip())
                .with("transport", transport_word(origin.transport))
                .with("method", &request.method),
        ));
    }

    /// Rule 1 before rule 2: no gateway of ours, and its message is malformed. What cannot be answered, over UDP, is
    /// noise that a spoofed source costs nothing: dropped without a word.
    fn refuse_malformed(&mut self, origin: &Origin, answer: Option<Bytes>, detail: &str, now: Instant) {
        if answer.is_none() && !origin.transport.is_reliable() {
            return;
        }
        self.answer_stranger(origin, answer, now);
        if self.strangers.admit_event(now) {
            let event = Event::new(&kind::STRANGER_REFUSED)
                .with("source", origin.remote.ip())
                .with("transport", transport_word(origin.transport))
                .with("detail", detail);
            self.outputs.push_back(Output::Event(event));
        }
    }

    /// The answer, if there is one, and the end of the connection: behind the answers to what came on it before.
    pub(super) fn close_unframed(&mut self, flow: &Flow, answer: Option<Bytes>, detail: &str, now: Instant) {
        let origin = self.origin_of(flow, now);
        if origin.is_stranger() {
            return self.refuse_malformed(&origin, answer, detail, now);
        }
        if let Some(bytes) = answer {
            self.outputs.push_back(Output::Transmit { flow: flow.id, remote: flow.remote, bytes });
        }
        self.outputs.push_back(Output::CloseFlow(flow.id));
        let event = Event::new(&kind::MALFORMED_MESSAGE)
            .with("source", flow.remote)
            .with("transport", transport_word(flow.transport))
            .with("detail", detail);
        self.outputs.push_back(Output::Event(event));
    }

    /// An answer within the limit; a connection is closed after it.
    fn answer_stranger(&mut self, origin: &Origin, answer: Option<Bytes>, now: Instant) {
        if let Some(bytes) = answer
            && self.strangers.admit(origin.remote.ip(), now)
        {
            self.outputs.push_back(Output::Transmit { flow: origin.flow, remote: origin.remote, bytes });
        }
        if origin.transport.is_reliable() {
            self.retire(origin.flow);
        }
    }

    /// security-modes section 6.
    fn answer_options(&mut self, transaction: TransactionId, origin: &Origin, now: Instant) {
        let gateways: Vec<_> = origin.peers.iter().filter_map(|name| self.site.gateway(name)).collect();
        let reply = if gateways.iter().all(|gateway| gateway.status != GatewayStatus::Enabled) {
            Reply::new(StatusCode::SERVICE_UNAVAILABLE)
        } else if let Some(refusal) = self.service.refusal(&mut self.rng) {
            refusal.reply(&self.settings.fqdn)
        } else if gateways.iter().any(|gateway| self.takes_calls_over(&gateway.name, origin.transport)) {
            Reply::new(StatusCode::OK)
        } else {
            let words =
                format!("no dial plan of this gateway takes calls over {}", transport_word(origin.transport));
            Reply::new(StatusCode::FORBIDDEN)
                .header(HeaderName::Warning, Warning::new(399, &self.settings.fqdn, &words))
        };
        // An Err says that the transaction is gone: nobody waits for the answer.
        let _ = self.endpoint.respond(transaction, reply, now);
    }

    /// Event 1175: another gateway could have sent the call with equal right.
    fn report_ambiguity(&mut self, admitted: &admission::Admitted, facts: &FactSheet) {
        let route = &admitted.route;
        if route.ambiguous.is_empty() {
            return;
        }
        let others: Vec<&str> = route.ambiguous.iter().map(dial_plan::Name::as_str).collect();
        self.outputs.push_back(Output::Event(
            Event::new(&kind::ADDRESS_SHARED)
                .with("gateway", &route.gateway)
                .with("others", others.join(", "))
                .with("call_id", facts.call_id()),
        ));
    }

    /// Whether one of the gateway's dial plans has a mode that fits the transport.
    fn takes_calls_over(&self, gateway: &str, transport: Transport) -> bool {
        self.site.dial_plans_of(gateway).any(|plan| admission::fits(plan.voip_security, transport.class()))
    }

    fn admit(&mut self, invite: &NewInvite<'_>, at: Moment) {
        let NewInvite { transaction, origin, flow, request, head } = *invite;
        let facts = FactSheet::read(request, head);
        let site = self.site.clone();
        let addresses = self.addresses.clone();
        let lists = facts.lists(origin, &addresses);
        let ports = self.settings.sip_ports;
        let admitted = admission::admit(&site, &facts.call_facts(origin, &lists), origin.transport, ports)
            .map_err(|refusal| (refusal, None))
            .and_then(|admitted| match self.service.refusal(&mut self.rng) {
                None => Ok(admitted),
                Some(refusal) => Err((refusal, Some(Box::new(admitted)))),
            });
        match admitted {
            Ok(admitted) => {
                self.report_ambiguity(&admitted, &facts);
                self.ids += 1;
                let key = CallKey(self.ids);
                let snapshot = snapshot(key, &admitted, &facts, origin.transport);
                self.endpoint.claim(transaction, UserKey(key.0));
                self.endpoint.attribute(transaction, snapshot.gateway.as_str().into());
                self.calls.note_unanswered(transaction, key);
                let mut call = Call::new(snapshot, admitted, transaction, request.sdp());
                self.note_test_call(&mut call, flow, at.now);
                let called = facts.called().map(str::to_owned);
                self.calls.insert(LiveCall::new(call, flow.clone(), at.date, called));
                self.step(key, CallInput::Admitted, at);
            }
            Err((refusal, admitted)) => {
                self.tell_refused_test(&refusal, &facts, flow, at.now);
                self.refuse(transaction, &refusal, &facts, origin, at.now);
                self.record_refused(&refusal, &facts, admitted.as_deref(), (flow, at));
            }
        }
    }

    fn refuse(
        &mut self,
        transaction: TransactionId,
        refusal: &Refusal,
        facts: &FactSheet,
        origin: &Origin,
        now: Instant,
    ) {
        let mut event = refusal
            .event()
            .with("call_id", facts.call_id())
            .with("source", origin.remote)
            .with("transport", transport_word(origin.transport));
        if let Some(gateway) = origin.peers.first() {
            event = event.with("gateway", gateway);
        }
        self.outputs.push_back(Output::Event(event));
        // An Err says that the peer has cancelled meanwhile.
        let _ = self.endpoint.respond(transaction, refusal.reply(&self.settings.fqdn), now);
    }
}

/// What the board shows of a call that begins.
fn snapshot(
    key: CallKey,
    admitted: &admission::Admitted,
    facts: &FactSheet,
    transport: Transport,
) -> CallSnapshot {
    let gateway = admitted.gateway();
    let caller = facts.caller(gateway.caller_id);
    CallSnapshot {
        key,
        call_id: facts.call_id().to_owned(),
        gateway: gateway.name.to_string(),
        dial_plan: admitted.plan().name.to_string(),
        extension: None,
        caller: caller.map(|caller| caller.number.clone()),
        caller_name: caller.and_then(|caller| caller.name.clone()),
        transport,
        stage: CallStage::Admitting,
    }
}

fn unnamed(certified: &CertifiedPeer) -> Event {
    Event::new(&kind::PEER_UNNAMED)
        .with("subject", &certified.subject)
        .with("names", certified.names.join(", "))
        .with("trusted_for", certified.trusted_for.join(", "))
        .with("issuer", &certified.issuer)
        .with("serial", &certified.serial)
        .with("sha256", &certified.sha256)
        .with(
            "reason",
            match certified.trusted_for.as_slice() {
                [] => format!(
                    "the certificate that names {} was trusted when the connection was made; now its trust is taken \
                     back, or it has expired",
                    certified.names.join(", ")
                ),
                trusted_for => format!(
                    "certificate names {}; this root is trusted for {}",
                    certified.names.join(", "),
                    trusted_for.join(", ")
                ),
            },
        )
}
