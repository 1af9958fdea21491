//! Subscriptions of peers: who may have one (the user of the Request-URI is the mailbox), and what each is told.
use std::time::{Duration, Instant};

use bytes::Bytes;
use dial_plan::{GatewayStatus, IpGateway, Site};
use mailbox::{MailboxId, MessageCounts};
use sip_signaling::{
    DialogId, HeaderName, Notification, PeerName, Reason, Reply, ResponseClass, StatusCode,
    SubscriptionState, TransactionId, TransportClass, Warning,
};
use telephony::{Event, kind};

use super::{LampOutput, MessageWaiting, subscription::Subscription, summary::summary};
use crate::admission::fits;

/// What a SUBSCRIBE without Expires gets, in seconds (RFC 3842 3.4), and the longest that any gets.
pub const LONGEST_SUBSCRIPTION: u32 = 3600;
/// A shorter one is answered `423`.
pub const SHORTEST_SUBSCRIPTION: u32 = 60;
/// Peers that may subscribe to one mailbox.
pub const SUBSCRIBERS_OF_ONE: usize = 32;
/// When a SUBSCRIBE may come again that nobody can answer yet, in seconds.
const READY_AFTER: u32 = 5;

/// A SUBSCRIBE outside of dialogs.
#[derive(Debug)]
pub(crate) struct SubscribeAsked<'a> {
    /// The gateways that it may come from.
    pub(crate) gateways: &'a [PeerName],
    /// Over what.
    pub(crate) class: TransportClass,
    /// The user part of its Request-URI, as received.
    pub(crate) user: &'a str,
    /// Its Expires.
    pub(crate) seconds: Option<u32>,
    /// The value of its Event.
    pub(crate) event: Bytes,
}

/// A SUBSCRIBE that is to be accepted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Granted {
    mailbox: MailboxId,
    /// Whose it is.
    pub(crate) gateway: PeerName,
    class: TransportClass,
    dial_plan: String,
    event: Bytes,
    /// For so long; 0 asks once.
    pub(crate) seconds: u32,
}

/// Why a SUBSCRIBE is refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum SubscribeRefusal {
    /// The mailboxes have not been read yet, or the server is stopping.
    NotReady,
    /// Rule 7 of security-modes section 0.
    GatewayTakesNoCalls { gateway: String },
    /// The gateway or the mailbox's policy does not allow it.
    TurnedOff { words: String },
    /// No plan of the gateway whose mode fits the transport has such a mailbox.
    NoMailbox { number: String },
    /// Several plans have one.
    Ambiguous { number: String, gateway: String, plans: String },
    /// Shorter than [`SHORTEST_SUBSCRIPTION`].
    TooBrief,
    /// As many as may.
    TooMany,
}

impl SubscribeRefusal {
    /// The answer, with words for an administrator.
    pub(crate) fn reply(&self, fqdn: &str) -> Reply {
        let (status, cause, words) = match self {
            Self::NotReady => {
                let reply = self.explained(StatusCode::SERVICE_UNAVAILABLE, 41, "try again", fqdn);
                return reply.header(HeaderName::RetryAfter, READY_AFTER.to_string());
            }
            Self::TooBrief => {
                let least = SHORTEST_SUBSCRIPTION.to_string();
                return Reply::new(StatusCode::INTERVAL_TOO_BRIEF).header(HeaderName::MinExpires, least);
            }
            Self::GatewayTakesNoCalls { gateway } => {
                (StatusCode::SERVICE_UNAVAILABLE, 41, format!("gateway {gateway} is not enabled"))
            }
            Self::TurnedOff { words } => (StatusCode::FORBIDDEN, 21, words.clone()),
            Self::NoMailbox { .. } => (
                StatusCode::NOT_FOUND,
                1,
                "no dial plan of this gateway whose mode fits the transport has this mailbox".to_owned(),
            ),
            Self::Ambiguous { plans, .. } => {
                (StatusCode::NOT_FOUND, 1, format!("several dial plans have this number: {plans}"))
            }
            Self::TooMany => (StatusCode::SERVICE_UNAVAILABLE, 41, "too many subscribe already".to_owned()),
        };
        self.explained(status, cause, &words, fqdn)
    }

    /// What the administrator is told, if anything.
    pub(crate) fn event(&self) -> Option<Event> {
        let Self::Ambiguous { number, gateway, plans } = self else { return None };
        let event = Event::new(&kind::SUBSCRIPTION_AMBIGUOUS).with("extension", number);
        Some(event.with("gateway", gateway).with("dial_plans", plans))
    }

    fn explained(&self, status: StatusCode, cause: u16, words: &str, fqdn: &str) -> Reply {
        Reply::new(status)
            .header(HeaderName::Warning, Warning::new(399, fqdn, words))
            .header(HeaderName::Reason, Reason::q850(cause, words))
    }
}

impl MessageWaiting {
    /// Whether a SUBSCRIBE may have what it asks for. Nothing changes by that.
    pub(crate) fn judge(&self, asked: &SubscribeAsked<'_>) -> Result<Granted, SubscribeRefusal> {
        if !self.is_ready || self.is_stopped {
            return Err(SubscribeRefusal::NotReady);
        }
        let gateways: Vec<&IpGateway> =
            asked.gateways.iter().filter_map(|name| self.site.gateway(name)).collect();
        let mut taking =
            gateways.iter().filter(|gateway| gateway.status == GatewayStatus::Enabled).peekable();
        if taking.peek().is_none() {
            let gateway = asked.gateways.first().map(ToString::to_string).unwrap_or_default();
            return Err(SubscribeRefusal::GatewayTakesNoCalls { gateway });
        }
        let Some((gateway, dial_plan, mailbox)) = self.only_mailbox(taking.copied(), asked)? else {
            return Err(SubscribeRefusal::NoMailbox { number: asked.user.to_owned() });
        };
        self.check_allowed(gateway, mailbox)?;
        let seconds = granted_seconds(asked.seconds)?;
        if self.subscriptions.count_of(mailbox) >= SUBSCRIBERS_OF_ONE {
            return Err(SubscribeRefusal::TooMany);
        }
        let gateway = PeerName::from(gateway.name.as_str());
        let event = Bytes::copy_from_slice(&asked.event);
        Ok(Granted { mailbox, gateway, class: asked.class, dial_plan, event, seconds })
    }

    /// The SUBSCRIBE has been accepted: it is told at once (RFC 6665 4.2.1.2).
    pub(crate) fn subscribed(&mut self, dialog: DialogId, granted: Granted, now: Instant) {
        let Granted { mailbox, gateway, class, dial_plan, event, seconds } = granted;
        let expires = now + Duration::from_secs(u64::from(seconds));
        let subscription = Subscription {
            mailbox,
            gateway,
            class,
            dial_plan,
            event,
            expires,
            in_flight: None,
            is_stale: false,
            told: None,
        };
        self.subscriptions.insert(dialog, subscription);
        match seconds {
            0 => self.end(dialog, Some("timeout")),
            _ => self.tell(dialog, now),
        }
        self.report(mailbox);
    }

    /// A SUBSCRIBE inside a subscription: the seconds that it gets. Its NOTIFY follows.
    pub(crate) fn resubscribed(
        &mut self,
        dialog: DialogId,
        seconds: Option<u32>,
        now: Instant,
    ) -> Result<u32, SubscribeRefusal> {
        let seconds = granted_seconds(seconds)?;
        if seconds == 0 {
            self.end(dialog, Some("timeout"));
        } else {
            self.subscriptions.extend(dialog, now + Duration::from_secs(u64::from(seconds)));
            self.tell(dialog, now);
        }
        Ok(seconds)
    }

    /// A NOTIFY inside a subscription is out, or could not be sent.
    pub(crate) fn subscriber_sent(&mut self, dialog: DialogId, sent: Result<TransactionId, String>) {
        match sent {
            Ok(transaction) => {
                if let Some(subscription) = self.subscriptions.get_mut(dialog)
                    && let Some((known, _)) = &mut subscription.in_flight
                {
                    *known = Some(transaction);
                }
            }
            Err(_) => self.end(dialog, None),
        }
    }

    /// A NOTIFY inside a subscription was answered. "If the NOTIFY request fails .. the notifier MUST remove the
    /// corresponding subscription" (RFC 6665 4.2.2).
    pub(crate) fn subscriber_told(
        &mut self,
        dialog: DialogId,
        transaction: TransactionId,
        status: StatusCode,
        now: Instant,
    ) {
        let Some(counts) = self.take_in_flight(dialog, transaction) else { return };
        if status.class() != ResponseClass::Success {
            let reason = format!("it answered {} {}", status.code(), status.reason_phrase());
            return self.lose(dialog, &reason, now);
        }
        let Some(subscription) = self.subscriptions.get_mut(dialog) else { return };
        subscription.told = Some(counts);
        if std::mem::take(&mut subscription.is_stale) {
            self.tell(dialog, now);
        }
    }

    /// No answer to a NOTIFY inside a subscription will come.
    pub(crate) fn subscriber_untold(&mut self, dialog: DialogId, transaction: TransactionId, now: Instant) {
        if self.take_in_flight(dialog, transaction).is_some() {
            self.lose(dialog, "it did not answer", now);
        }
    }

    /// Every subscription to a mailbox is told how it is.
    pub(super) fn tell_subscribers(&mut self, mailbox: MailboxId, now: Instant) {
        for dialog in self.subscriptions.of(mailbox) {
            self.tell(dialog, now);
        }
    }

    /// Ends the subscriptions to a mailbox, for a reason of RFC 6665 4.1.3.
    pub(super) fn end_subscriptions_of(&mut self, mailbox: MailboxId, reason: &'static str) {
        for dialog in self.subscriptions.of(mailbox) {
            self.end(dialog, Some(reason));
        }
    }

    /// Ends the subscriptions that the configuration does not admit any more: a mode has changed, a hunt group is gone.
    pub(super) fn end_unfitting(&mut self) {
        let unfitting: Vec<(DialogId, MailboxId)> = self
            .subscriptions
            .iter()
            .filter(|(_, subscription)| !self.is_fitting(subscription))
            .map(|(dialog, subscription)| (dialog, subscription.mailbox))
            .collect();
        for (dialog, mailbox) in unfitting {
            self.end(dialog, Some("deactivated"));
            self.report(mailbox);
        }
    }

    pub(super) fn expire_subscriptions(&mut self, now: Instant) {
        while let Some(dialog) = self.subscriptions.expired(now) {
            self.end(dialog, Some("timeout"));
        }
    }

    fn is_fitting(&self, subscription: &Subscription) -> bool {
        let Subscription { mailbox, gateway, class, dial_plan, .. } = subscription;
        let Some(gateway) = self.site.gateway(gateway) else { return false };
        gateway.status == GatewayStatus::Enabled
            && self.check_allowed(gateway, *mailbox).is_ok()
            && plans_of(&self.site, gateway, *class).any(|plan| plan == dial_plan)
    }

    /// The mailbox that the user means, in the one plan that has it.
    fn only_mailbox<'a>(
        &self,
        gateways: impl Iterator<Item = &'a IpGateway>,
        asked: &SubscribeAsked<'_>,
    ) -> Result<Option<(&'a IpGateway, String, MailboxId)>, SubscribeRefusal> {
        let mut found: Vec<(&IpGateway, String, MailboxId)> = Vec::new();
        for gateway in gateways {
            let number = gateway.number_of(asked.user);
            for plan in plans_of(&self.site, gateway, asked.class) {
                let key = (plan.to_owned(), number.clone());
                let Some(mailbox) = self.by_number.get(&key) else { continue };
                if !found.iter().any(|(_, known, _)| known == plan) {
                    found.push((gateway, plan.to_owned(), *mailbox));
                }
            }
        }
        if let [(gateway, ..), _, ..] = found.as_slice() {
            let plans: Vec<&str> = found.iter().map(|(_, plan, _)| plan.as_str()).collect();
            let (number, gateway) = (gateway.number_of(asked.user), gateway.name.to_string());
            return Err(SubscribeRefusal::Ambiguous { number, gateway, plans: plans.join(", ") });
        }
        Ok(found.pop())
    }

    fn check_allowed(&self, gateway: &IpGateway, mailbox: MailboxId) -> Result<(), SubscribeRefusal> {
        if !gateway.message_waiting {
            let name = gateway.name.shell_word();
            let words = format!("turned off for this gateway: um gateway set {name} --message-waiting true");
            return Err(SubscribeRefusal::TurnedOff { words });
        }
        match self.lamps.get(&mailbox) {
            Some(lamp) if !lamp.is_allowed => {
                let words = "the mailbox policy does not allow message waiting".to_owned();
                Err(SubscribeRefusal::TurnedOff { words })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Sends what the mailbox has now, or notes that something is to be sent after the one under way.
    fn tell(&mut self, dialog: DialogId, now: Instant) {
        let Some(subscription) = self.subscriptions.get_mut(dialog) else { return };
        if subscription.in_flight.is_some() {
            subscription.is_stale = true;
            return;
        }
        let left = subscription.expires.saturating_duration_since(now).as_secs();
        let state = SubscriptionState::active(u32::try_from(left).unwrap_or(LONGEST_SUBSCRIPTION));
        let (mailbox, event) = (subscription.mailbox, subscription.event.clone());
        let counts = self.counts_of(mailbox);
        if let Some(subscription) = self.subscriptions.get_mut(dialog) {
            subscription.in_flight = Some((None, counts));
        }
        let notification = self.notification(mailbox, event, state, counts);
        self.outputs.push_back(LampOutput::Tell { dialog, notification });
    }

    /// Ends a subscription; with a reason its peer is told.
    fn end(&mut self, dialog: DialogId, reason: Option<&'static str>) {
        let Some(subscription) = self.subscriptions.remove(dialog) else { return };
        let Subscription { mailbox, event, .. } = subscription;
        if let Some(reason) = reason {
            let state = SubscriptionState::terminated(Some(reason));
            let notification = self.notification(mailbox, event, state, self.counts_of(mailbox));
            self.outputs.push_back(LampOutput::Tell { dialog, notification });
        }
        self.outputs.push_back(LampOutput::End(dialog));
        self.report(mailbox);
    }

    /// Its peer does not take NOTIFYs: event 2071.
    fn lose(&mut self, dialog: DialogId, reason: &str, now: Instant) {
        let Some(subscription) = self.subscriptions.get_mut(dialog) else { return };
        let (mailbox, gateway) = (subscription.mailbox, subscription.gateway.clone());
        let extension = self.lamps.get(&mailbox).map(|lamp| lamp.state.mailbox.extension.to_string());
        let event = Event::new(&kind::SUBSCRIPTION_LOST)
            .with("extension", extension.unwrap_or_default())
            .with("gateway", gateway)
            .with("reason", reason);
        self.outputs.extend(self.losses.admit(event, now).map(LampOutput::Event));
        self.end(dialog, None);
    }

    fn take_in_flight(&mut self, dialog: DialogId, transaction: TransactionId) -> Option<MessageCounts> {
        let subscription = self.subscriptions.get_mut(dialog)?;
        let (_, counts) = subscription.in_flight.take_if(|(known, _)| *known == Some(transaction))?;
        Some(counts)
    }

    fn notification(
        &self,
        mailbox: MailboxId,
        event: Bytes,
        state: SubscriptionState,
        counts: MessageCounts,
    ) -> Notification {
        // A mailbox that is gone has no lamp, and its last NOTIFY no body (RFC 6665 4.2.2).
        let body = self.lamps.get(&mailbox).map(|lamp| {
            let account = format!("sip:{}@{}", lamp.state.mailbox.extension, self.fqdn);
            summary(&account, counts)
        });
        Notification { event, state, body }
    }
}

/// The plans of a gateway whose mode fits the transport, each once.
fn plans_of<'a>(
    site: &'a Site,
    gateway: &'a IpGateway,
    class: TransportClass,
) -> impl Iterator<Item = &'a str> {
    let mut plans: Vec<&str> = site
        .dial_plans_of(gateway.name.as_str())
        .filter(|plan| fits(plan.voip_security, class))
        .map(|plan| plan.name.as_str())
        .collect();
    plans.sort_unstable();
    plans.dedup();
    plans.into_iter()
}

fn granted_seconds(asked: Option<u32>) -> Result<u32, SubscribeRefusal> {
    match asked.unwrap_or(LONGEST_SUBSCRIPTION).min(LONGEST_SUBSCRIPTION) {
        0 => Ok(0),
        seconds if seconds < SHORTEST_SUBSCRIPTION => Err(SubscribeRefusal::TooBrief),
        seconds => Ok(seconds),
    }
}
