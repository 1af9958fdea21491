//! Steps a call inside `catch_unwind` and does what it orders.
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use dial_plan::Dialled;
use jiff::Timestamp;
use mailbox::{MessageDetails, MessageId, StoreRequest, StoreRequestKind};
use sip_signaling::{DialogId, Host, Reply, SipUri, StatusCode, TransactionId};
use srtp_media::{MediaCommand, MediaCommandKind, Token};
use telephony::{Event, kind};

use super::{SignalingCore, calls::LiveCall};
use crate::{
    call::{CallInput, Effect, Surroundings, TransferReport},
    moment::Moment,
    vocabulary::{CallKey, Output},
};

impl SignalingCore {
    /// One step of one call, with all that it orders.
    pub(super) fn step(&mut self, key: CallKey, input: CallInput, at: Moment) {
        let orders = self.ask(key, input, at);
        self.carry_out(key, orders, at);
    }

    /// Does what a call has ordered, and what it orders when it hears of that, until nothing is left.
    pub(super) fn carry_out(&mut self, key: CallKey, orders: Vec<Effect>, at: Moment) {
        let mut orders = VecDeque::from(orders);
        while let Some(order) = orders.pop_front() {
            if let Some(outcome) = self.perform(key, order, at.now) {
                orders.extend(self.ask(key, outcome, at));
            }
        }
        self.settle(key, at.date);
    }

    /// What a call orders on `input`. A panic in it ends that call alone (architecture, invariant 7).
    fn ask(&mut self, key: CallKey, input: CallInput, at: Moment) -> Vec<Effect> {
        let Some(mut live) = self.calls.take(key) else { return Vec::new() };
        let mut effects = Vec::new();
        let gateway_addresses = self.addresses.addresses_of(&live.call.snapshot().gateway).collect();
        let mut world = Surroundings {
            now: at.now,
            date: at.date,
            settings: &self.settings,
            leases: &mut self.leases,
            rng: &mut self.rng,
            ids: &mut self.ids,
            room: self.service.room(),
            peer: live.flow.remote,
            gateway_addresses,
            effects: &mut effects,
        };
        let survived = catch_unwind(AssertUnwindSafe(|| {
            live.call.handle_input(input, &mut world);
            live.call.finish(&mut world);
        }));
        if survived.is_err() {
            self.bury(live, at);
            return Vec::new();
        }
        self.calls.insert(live);
        effects
    }

    /// Forgets a call that is over, or sets its next deadline.
    fn settle(&mut self, key: CallKey, date: Timestamp) {
        self.calls.follow(key);
        let Some(live) = self.calls.get(key).filter(|live| live.call.over().is_some()) else { return };
        let (seen, record) = (live.call.test_call_seen(), self.record(live, date));
        self.calls.forget(key);
        self.outputs.extend(record);
        self.outputs.extend(seen.map(|seen| Output::TestCallOver(Box::new(seen))));
        self.outputs.push_back(Output::CallEnded(key));
    }

    /// A poisoned call is dropped: the peer hears `500` or BYE, what it recorded is kept as interrupted.
    fn bury(&mut self, live: LiveCall, at: Moment) {
        let key = live.call.key();
        if let Some(transaction) = live.call.unanswered() {
            // The peer may have given up meanwhile; then there is nobody to answer.
            let _ = self.endpoint.respond(transaction, Reply::new(StatusCode::SERVER_INTERNAL_ERROR), at.now);
        }
        if let Some(dialog) = live.call.dialog() {
            let _ = self.endpoint.bye(dialog, Vec::new(), at.now);
        }
        if let Some(lease) = live.call.media_session() {
            let command = MediaCommand {
                session: lease.session,
                token: Token(u64::MAX),
                what: MediaCommandKind::Close,
            };
            self.outputs.push_back(Output::Media { worker: lease.worker, command });
        }
        if let Some(recording) = live.call.recording()
            && live.call.test_line().is_none()
        {
            self.ids += 1;
            // The store knows what it has: this bounds nothing, and nobody waits for the reply.
            let details = MessageDetails {
                received: at.date,
                length: Duration::MAX,
                urgent: false,
                private: false,
                interrupted: true,
            };
            let what = StoreRequestKind::CommitMessage { recording: recording.0, details };
            self.outputs.push_back(Output::Store(StoreRequest { token: self.ids, what }));
        }
        let record = self.record(&live, at.date);
        self.outputs.extend(record);
        let snapshot = live.call.snapshot();
        self.outputs.push_back(Output::Event(
            Event::new(&kind::CALL_PANICKED)
                .with("call_id", &snapshot.call_id)
                .with("gateway", &snapshot.gateway),
        ));
        self.calls.forget(key);
        self.outputs.push_back(Output::CallEnded(key));
    }

    /// Gives back what the call must hear of it at once.
    fn perform(&mut self, key: CallKey, effect: Effect, now: Instant) -> Option<CallInput> {
        match effect {
            Effect::Accept { transaction, reply } => {
                self.calls.note_answered(transaction);
                let dialog = self.endpoint.accept_invite(transaction, reply, now).ok();
                return Some(CallInput::Answered(dialog));
            }
            Effect::Respond { transaction, reply } => {
                self.calls.note_answered(transaction);
                // An Err says that the peer has cancelled or is gone: it does not want the answer any more.
                let _ = self.endpoint.respond(transaction, reply, now);
            }
            Effect::Reinvite { dialog, offer } => {
                return self.endpoint.reinvite(dialog, offer, now).err().map(|_| CallInput::OfferRefused);
            }
            Effect::Refer { dialog, dialled, domain, by } => {
                let sent = self.refer(dialog, &dialled, domain.as_deref(), by.as_deref(), now);
                return sent.is_none().then_some(CallInput::Transfer(TransferReport::Answered(None)));
            }
            Effect::Bye { dialog, headers } => {
                // An Err says that the dialog has just ended, which is what we want.
                let _ = self.endpoint.bye(dialog, headers, now);
            }
            Effect::Media(addressed) => {
                self.outputs
                    .push_back(Output::Media { worker: addressed.worker, command: addressed.command });
            }
            Effect::Store(request) => {
                self.calls.note_asked(request.token, key);
                self.outputs.push_back(Output::Store(request));
            }
            Effect::Event(event) => self.outputs.push_back(Output::Event(event)),
            Effect::Changed(snapshot) => self.outputs.push_back(Output::CallChanged(snapshot)),
        }
        None
    }

    /// `sip:NUMBER@HOST;user=phone` with host, port and transport of the peer's Contact, unless another host is set.
    fn refer(
        &mut self,
        dialog: DialogId,
        dialled: &Dialled,
        domain: Option<&str>,
        by: Option<&str>,
        now: Instant,
    ) -> Option<TransactionId> {
        let number = dialled.number().as_str();
        let target = self.endpoint.remote_target(dialog)?.as_sip()?;
        let to = match domain {
            Some(host) => SipUri::new(Host::parse(host).ok()?).with_user(number),
            None => {
                let uri = SipUri::new(target.host().clone()).with_user(number);
                let uri = target.port().map_or(uri.clone(), |port| uri.with_port(port));
                match target.transport() {
                    Some(transport) => uri.with_param("transport", Some(transport)),
                    None => uri,
                }
            }
        };
        let to = to.with_param("user", Some("phone"));
        let own = SipUri::new(Host::parse(&self.settings.fqdn).ok()?);
        let by = by.map_or(own.clone(), |extension| own.with_user(extension));
        self.endpoint.refer(dialog, &to, &by, now).ok()
    }

    pub(super) fn report_stored(&mut self, key: CallKey, message: MessageId) {
        let Some(live) = self.calls.get_mut(key) else { return };
        live.call.note_message(message);
        let snapshot = live.call.snapshot();
        self.outputs.push_back(Output::Event(
            Event::new(&kind::MESSAGE_STORED)
                .with("message", message.0)
                .with("extension", snapshot.extension.as_deref().unwrap_or_default())
                .with("dial_plan", &snapshot.dial_plan)
                .with("call_id", &snapshot.call_id),
        ));
    }
}
