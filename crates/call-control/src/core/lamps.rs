//! Does what the lamps ask for, and tells them what came of it; hands them the SUBSCRIBEs of peers.
use bytes::Bytes;
use sip_signaling::{
    EventPackage, Expires, HeaderName, MediaType, Origin, Reply, Request, StatusCode, TransactionId,
    TypedHeader, UserEvent, UserKey,
};

use super::{SignalingCore, ways::Seeker};
use crate::{
    message_waiting::{LampAttempt, LampNotice, LampOutput, MEDIA_TYPE, SubscribeAsked, SubscribeRefusal},
    moment::Moment,
    vocabulary::{LampNews, Output},
};

/// The owner of all subscriptions: what happens to them is told by their dialogs.
const SUBSCRIPTIONS: UserKey = UserKey(0);

impl SignalingCore {
    pub(super) fn take_lamp_news(&mut self, news: LampNews, at: Moment) {
        match news {
            LampNews::All(states) => self.lamps.take_all(states, at),
            LampNews::Changed(state) => self.lamps.take(*state, at),
            LampNews::Gone(mailbox) => self.lamps.forget(mailbox),
            LampNews::Refresh => self.lamps.read_all(at.now),
        }
    }

    /// Until the lamps ask for nothing more.
    pub(super) fn advance_lamps(&mut self, at: Moment) {
        while let Some(output) = self.lamps.poll_output() {
            match output {
                LampOutput::Open { attempt, gateway, transport, aim } => {
                    let order = self.endpoint.order_own_flow(gateway, transport, aim);
                    self.sought.insert(order.ticket, Seeker::Lamp(attempt));
                    self.outputs.push_back(Output::OpenFlow(order));
                }
                LampOutput::Notify(notice) => self.send_notify(*notice, at),
                LampOutput::Abandon(transaction) => self.endpoint.abandon(transaction),
                LampOutput::Tell { dialog, notification } => {
                    let sent = self.endpoint.notify_subscriber(dialog, notification, at.now);
                    self.lamps.subscriber_sent(dialog, sent.map_err(|refused| refused.to_string()));
                }
                LampOutput::End(dialog) => self.endpoint.end_subscription(dialog),
                LampOutput::Event(event) => self.outputs.push_back(Output::Event(event)),
                LampOutput::Report(report) => self.outputs.push_back(Output::LampChanged(report)),
                LampOutput::Gone(mailbox) => self.outputs.push_back(Output::LampGone(mailbox)),
                LampOutput::ReadAll => self.outputs.push_back(Output::ReadMailboxes),
            }
            self.drain_endpoint(None, at);
        }
    }

    /// What has come of a NOTIFY, or what a subscriber wants.
    pub(super) fn tell_lamps(&mut self, user: UserKey, what: UserEvent, at: Moment) {
        match what {
            UserEvent::NotifyAnswered { status, .. } => self.lamps.answered(LampAttempt(user.0), status, at),
            UserEvent::NotifyUnanswered { cause, .. } => {
                self.lamps.unanswered(LampAttempt(user.0), cause, at)
            }
            UserEvent::SubscriberTold { dialog, transaction, status } => {
                self.lamps.subscriber_told(dialog, transaction, status, at.now);
            }
            UserEvent::SubscriberUntold { dialog, transaction, .. } => {
                self.lamps.subscriber_untold(dialog, transaction, at.now);
            }
            UserEvent::Resubscribe { dialog, transaction, request } => {
                let seconds = seconds_of(&request);
                let reply = match self.lamps.resubscribed(dialog, seconds, at.now) {
                    Ok(granted) => accepted(granted),
                    Err(refusal) => refusal.reply(&self.settings.fqdn),
                };
                // An Err says that the transaction is gone: nobody waits for the answer.
                let _ = self.endpoint.respond(transaction, reply, at.now);
            }
            UserEvent::Cancelled { .. }
            | UserEvent::Acknowledged { .. }
            | UserEvent::Offer { .. }
            | UserEvent::RefreshDue { .. }
            | UserEvent::OfferAnswered { .. }
            | UserEvent::OfferRefused { .. }
            | UserEvent::Info { .. }
            | UserEvent::OptionsAnswered { .. }
            | UserEvent::OptionsUnanswered { .. }
            | UserEvent::ReferAnswered { .. }
            | UserEvent::ReferUnanswered { .. }
            | UserEvent::ReferNotified { .. }
            | UserEvent::Ended { .. } => {}
        }
    }

    /// A SUBSCRIBE outside of dialogs.
    pub(super) fn take_subscribe(
        &mut self,
        transaction: TransactionId,
        origin: &Origin,
        request: &Request,
        now: std::time::Instant,
    ) {
        let user = request.uri.as_sip().and_then(|uri| uri.user()).unwrap_or_default();
        let event = request.headers.get(&EventPackage::NAME).cloned().unwrap_or_default();
        let asked = SubscribeAsked {
            gateways: &origin.peers,
            class: origin.transport.class(),
            user,
            seconds: seconds_of(request),
            event,
        };
        let granted = match self.lamps.judge(&asked) {
            Ok(_) if !takes_summaries(request) => {
                let reply = Reply::new(StatusCode::NOT_ACCEPTABLE);
                return self.refuse_subscribe(transaction, reply, now);
            }
            Ok(granted) => granted,
            Err(refusal) => {
                self.outputs.extend(refusal.event().map(Output::Event));
                let reply = refusal.reply(&self.settings.fqdn);
                return self.refuse_subscribe(transaction, reply, now);
            }
        };
        self.endpoint.attribute(transaction, granted.gateway.clone());
        let reply = accepted(granted.seconds);
        match self.endpoint.accept_subscription(transaction, SUBSCRIPTIONS, reply, now) {
            Ok(dialog) => self.lamps.subscribed(dialog, granted, now),
            Err(_) => {
                let reply = SubscribeRefusal::TooMany.reply(&self.settings.fqdn);
                self.refuse_subscribe(transaction, reply, now);
            }
        }
    }

    fn refuse_subscribe(&mut self, transaction: TransactionId, reply: Reply, now: std::time::Instant) {
        // An Err says that the transaction is gone: nobody waits for the answer.
        let _ = self.endpoint.respond(transaction, reply, now);
    }

    fn send_notify(&mut self, notice: LampNotice, at: Moment) {
        let LampNotice { attempt, gateway, target, notification, flow, transport, remote } = notice;
        let way = match self.own_way(gateway, transport, flow, remote) {
            Ok(way) => way,
            Err(reason) => return self.lamps.no_way(attempt, &reason, at),
        };
        match self.endpoint.notify(UserKey(attempt.0), target, notification, &way, at.now) {
            Ok(transaction) => self.lamps.sent(attempt, transaction),
            Err(refused) => self.lamps.no_way(attempt, &refused.to_string(), at),
        }
    }
}

fn accepted(seconds: u32) -> Reply {
    Reply::new(StatusCode::OK).header(HeaderName::Expires, seconds.to_string())
}

/// Its Expires; one that cannot be read is as good as none.
fn seconds_of(request: &Request) -> Option<u32> {
    let expires: Option<Expires> = request.headers.read().ok().flatten();
    expires.map(|Expires(seconds)| seconds)
}

/// Whether the subscriber reads what we send: without Accept it does (RFC 3842 3.5).
fn takes_summaries(request: &Request) -> bool {
    let mut accepted = request.headers.values(&HeaderName::Accept).peekable();
    accepted.peek().is_none()
        || accepted.any(|value: Bytes| {
            let essence = MediaType::parse(&value).map(|media_type| media_type.essence());
            essence.is_ok_and(|essence| [MEDIA_TYPE, "application/*", "*/*"].contains(&essence.as_str()))
        })
}
