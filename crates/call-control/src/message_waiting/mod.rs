//! Lamps: what telephones show of waiting messages (RFC 3842).
//!
//! [`MessageWaiting`] knows every mailbox with its counts. A change is told at once to the first gateway of the mailbox's
//! dial plan that takes it, for [`GIVE_UP_AFTER`] at most; all mailboxes are told again after each start and every
//! [`REFRESH_EVERY`], at most one in [`TURN_EVERY`]. Peers may subscribe as well (RFC 6665); each subscription is told of
//! every change. Without I/O: it asks for ways and requests, and what came of them is told to it.
mod delivering;
mod failures;
mod lamp;
mod output;
mod route;
mod subscribing;
mod subscription;
mod summary;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use dial_plan::Site;
use mailbox::{MailboxId, MessageCounts};
use sip_signaling::{Aim, PeerName, TransportClass};
use telephony::kind;

pub use lamp::{LampAttempt, LampReport, LampStanding, LampState};
pub use output::{LampNotice, LampOutput};
pub use route::LampTransports;
pub(crate) use subscribing::{SubscribeAsked, SubscribeRefusal};
pub(crate) use summary::{MEDIA_TYPE, PACKAGE};

use failures::Failures;
use lamp::{Lamp, Round};
use route::{Route, routes};
use subscription::Subscriptions;

use crate::{
    gateway_probe::{GatewayReport, GatewayState},
    moment::Moment,
};

/// So long a state of a mailbox is offered to the gateways, before event 1344.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(300);
/// After every gateway has refused, the first is tried again so much later.
pub const RETRY_AFTER: Duration = Duration::from_secs(10);
/// The longest wait for the answer of a gateway, before the next one is tried.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(8);
/// Every mailbox is told again so often, whatever has become of the lamp meanwhile.
pub const REFRESH_EVERY: Duration = Duration::from_secs(12 * 3600);
/// Refreshes and repeated tries begin no closer together, so that a restart with 5,000 mailboxes floods nobody.
pub const TURN_EVERY: Duration = Duration::from_millis(20);
/// Refreshes and repeated tries under way at once, together with changes; changes do not wait.
pub const MAX_IN_FLIGHT: usize = 64;
/// The longest wait for a way: whoever looks for it is quicker.
const WAY_WITHIN: Duration = Duration::from_secs(30);
/// If the mailboxes that were asked for have not come, they are asked for again.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// The lamps of all mailboxes, without I/O.
pub struct MessageWaiting {
    fqdn: String,
    transports: LampTransports,
    site: Arc<Site>,
    routes: BTreeMap<String, Route>,
    lamps: BTreeMap<MailboxId, Lamp>,
    /// By dial plan and number: an extension or an alias.
    by_number: HashMap<(String, String), MailboxId>,
    /// What the probes say, and over UDP where the gateway answers.
    gateways: BTreeMap<(PeerName, TransportClass), Known>,
    /// Lamps with a deadline; each stands here once.
    timers: BTreeSet<(Instant, MailboxId)>,
    /// Lamps that wait for their turn.
    queue: BTreeMap<u64, MailboxId>,
    next_turn: Option<Instant>,
    attempts: HashMap<LampAttempt, MailboxId>,
    subscriptions: Subscriptions,
    failures: Failures,
    losses: Failures,
    /// When all mailboxes are to be read anew; `None`: nobody is told anything.
    read_due: Option<Instant>,
    /// Whether all mailboxes have been read once.
    is_ready: bool,
    is_stopped: bool,
    last: u64,
    outputs: VecDeque<LampOutput>,
}

/// What is known of a gateway over one class.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    state: GatewayState,
    aim: Aim,
}

impl MessageWaiting {
    /// No mailbox is known yet. `fqdn` is this server's name, in the account that a summary names.
    pub fn new(fqdn: String, transports: LampTransports) -> Self {
        Self {
            fqdn,
            transports,
            site: Arc::new(Site::empty()),
            routes: BTreeMap::new(),
            lamps: BTreeMap::new(),
            by_number: HashMap::new(),
            gateways: BTreeMap::new(),
            timers: BTreeSet::new(),
            queue: BTreeMap::new(),
            next_turn: None,
            attempts: HashMap::new(),
            subscriptions: Subscriptions::default(),
            failures: Failures::new(&kind::LAMP_FAILED),
            losses: Failures::new(&kind::SUBSCRIPTION_LOST),
            read_due: None,
            is_ready: false,
            is_stopped: false,
            last: 0,
            outputs: VecDeque::new(),
        }
    }

    /// The configuration from now on. With the first one all mailboxes are asked for; later, lamps whose gateways have
    /// changed are told again, and subscriptions that it does not admit any more end.
    pub fn follow(&mut self, site: &Arc<Site>, at: Moment) {
        if self.is_stopped {
            return;
        }
        self.site = Arc::clone(site);
        let routes = routes(site, self.transports);
        let before = std::mem::replace(&mut self.routes, routes);
        let ids: Vec<MailboxId> = self.lamps.keys().copied().collect();
        for id in ids {
            let Some(lamp) = self.lamps.get_mut(&id) else { continue };
            let plan = &lamp.state.mailbox.dial_plan;
            let is_allowed = allows(site, &lamp.state.mailbox.policy);
            let is_changed = lamp.is_allowed != is_allowed || before.get(plan) != self.routes.get(plan);
            lamp.is_allowed = is_allowed;
            if is_changed {
                self.enqueue(id, Round::new(at.now));
            }
        }
        self.end_unfitting();
        if self.read_due.is_none() {
            self.read_all(at.now);
        }
        self.start_turns(at);
    }

    /// All mailboxes, as they are. Those that are not among them are gone; every other is told, changed or not.
    pub fn take_all(&mut self, states: Vec<LampState>, at: Moment) {
        if self.is_stopped {
            return;
        }
        let known: BTreeSet<MailboxId> = states.iter().map(|state| state.mailbox.id).collect();
        let gone: Vec<MailboxId> = self.lamps.keys().filter(|id| !known.contains(id)).copied().collect();
        gone.into_iter().for_each(|id| self.forget(id));
        for state in states {
            let id = state.mailbox.id;
            let is_changed = self.note(state);
            if is_changed {
                self.tell_subscribers(id, at.now);
            }
            let is_under_way = self.lamps.get(&id).is_some_and(|lamp| lamp.phase.attempt().is_some());
            if is_changed || !is_under_way {
                self.enqueue(id, Round::new(at.now));
            }
        }
        self.is_ready = true;
        self.read_due = Some(at.now + REFRESH_EVERY);
        self.start_turns(at);
    }

    /// A mailbox has changed: what its lamp shows, or who it is.
    pub fn take(&mut self, state: LampState, at: Moment) {
        if self.is_stopped {
            return;
        }
        let id = state.mailbox.id;
        if self.note(state) {
            self.tell_subscribers(id, at.now);
            self.begin(id, at);
        }
    }

    /// A mailbox is gone: its lamp is nobody's any more.
    pub fn forget(&mut self, id: MailboxId) {
        self.leave(id);
        let Some(lamp) = self.lamps.remove(&id) else { return };
        self.forget_numbers(id, &lamp.state);
        self.end_subscriptions_of(id, "noresource");
        self.outputs.push_back(LampOutput::Gone(id));
    }

    /// All mailboxes are asked for, and then told.
    pub fn read_all(&mut self, now: Instant) {
        if !self.is_stopped {
            self.read_due = Some(now + READ_AGAIN_AFTER);
            self.outputs.push_back(LampOutput::ReadAll);
        }
    }

    /// What a probe has found. A gateway that is back is told what it has missed.
    pub fn gateway_probed(&mut self, report: &GatewayReport, at: Moment) {
        let key = (PeerName::clone(&report.gateway), report.transport.class());
        let known = self.gateways.entry(key).or_default();
        let before = std::mem::replace(&mut known.state, report.state);
        if let (GatewayState::Up, Some(remote)) = (report.state, report.remote) {
            known.aim = Aim::At(remote);
        }
        if report.state == GatewayState::Up && before != GatewayState::Up {
            self.tell_returned(&report.gateway, before, at);
        }
    }

    /// A gateway is no longer probed over this class.
    pub fn gateway_unprobed(&mut self, gateway: &PeerName, class: TransportClass) {
        self.gateways.remove(&(PeerName::clone(gateway), class));
    }

    /// The server is stopping: nobody is told anything any more, and subscribers are told to come back later. After the
    /// next start all lamps are told.
    pub fn stop(&mut self) {
        let ids: Vec<MailboxId> = self.lamps.keys().copied().collect();
        for id in ids {
            self.leave(id);
            self.end_subscriptions_of(id, "probation");
        }
        self.read_due = None;
        self.is_stopped = true;
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, at: Moment) {
        while let Some(&(due, id)) = self.timers.first() {
            if due > at.now {
                break;
            }
            self.timers.remove(&(due, id));
            self.lamp_due(id, at);
        }
        self.expire_subscriptions(at.now);
        if self.read_due.is_some_and(|due| due <= at.now) {
            self.read_all(at.now);
        }
        let told = [self.failures.handle_timeout(at.now), self.losses.handle_timeout(at.now)];
        self.outputs.extend(told.into_iter().flatten().map(LampOutput::Event));
        self.start_turns(at);
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let has_turn = !self.queue.is_empty() && self.attempts.len() < MAX_IN_FLIGHT;
        [
            self.timers.first().map(|(due, _)| *due),
            self.next_turn.filter(|_| has_turn),
            self.subscriptions.next_expiry(),
            self.read_due,
            self.failures.poll_timeout(),
            self.losses.poll_timeout(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The next thing to do or to tell; `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<LampOutput> {
        self.outputs.pop_front()
    }

    /// Notes how a mailbox is. Whether its lamp has to be told.
    fn note(&mut self, state: LampState) -> bool {
        let id = state.mailbox.id;
        let is_allowed = allows(&self.site, &state.mailbox.policy);
        let before = self.lamps.get(&id).map(|lamp| lamp.state.clone());
        if before.as_ref() == Some(&state) {
            return false;
        }
        if let Some(before) = &before {
            self.forget_numbers(id, before);
            if number_of(before) != number_of(&state) {
                // Whoever subscribed has asked for another number.
                self.end_subscriptions_of(id, "deactivated");
            }
        }
        let plan = &state.mailbox.dial_plan;
        let extension = state.mailbox.extension.to_string();
        let numbers = state.mailbox.numbers.iter().map(ToString::to_string);
        for number in numbers.chain([extension]) {
            self.by_number.insert((plan.clone(), number), id);
        }
        match self.lamps.get_mut(&id) {
            Some(lamp) => {
                lamp.state = state;
                lamp.is_allowed = is_allowed;
            }
            None => {
                self.lamps.insert(id, Lamp::new(state, is_allowed));
            }
        }
        true
    }

    fn forget_numbers(&mut self, id: MailboxId, state: &LampState) {
        let plan = &state.mailbox.dial_plan;
        let extension = state.mailbox.extension.to_string();
        for number in state.mailbox.numbers.iter().map(ToString::to_string).chain([extension]) {
            let key = (plan.clone(), number);
            if self.by_number.get(&key) == Some(&id) {
                self.by_number.remove(&key);
            }
        }
    }

    fn report(&mut self, id: MailboxId) {
        let Some(lamp) = self.lamps.get_mut(&id) else { return };
        let report = lamp.report(self.subscriptions.count_of(id));
        if lamp.reported.as_ref() != Some(&report) {
            lamp.reported = Some(report.clone());
            self.outputs.push_back(LampOutput::Report(Box::new(report)));
        }
    }

    fn counts_of(&self, id: MailboxId) -> MessageCounts {
        self.lamps.get(&id).map(|lamp| lamp.state.counts).unwrap_or_default()
    }
}

fn number_of(state: &LampState) -> (&str, &telephony::Extension) {
    (&state.mailbox.dial_plan, &state.mailbox.extension)
}

/// Whether a mailbox policy allows lamps; one that is not there does.
fn allows(site: &Site, policy: &str) -> bool {
    site.policy(policy).is_none_or(|policy| policy.allow_message_waiting)
}
