//! Whether the gateways are there: OPTIONS to each enabled one, over each transport class that its dial plans use, on a
//! way of our own, for it alone proves our side of the handshake (security-modes 2a).
//!
//! [`GatewayProbes`] asks for ways and for requests; what came of them is told to it. At once after each Site, later at
//! the interval, never more than [`MAX_IN_FLIGHT`] at a time.
mod output;
mod probe;
mod report;
mod timetable;

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use dial_plan::{ClearTransport, GatewayStatus, IpGateway, Site};
use jiff::Timestamp;
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore, SeedableRng},
};
use sip_signaling::{FlowId, HeaderName, PeerName, Response, TerminationCause, TransactionId, Transport};

pub use output::{ProbeAttempt, ProbeOutput, Question};
pub use report::{GatewayReport, GatewayState, ProbeOutcome};

use probe::{Change, Phase, Probe};
use report::shown;
use timetable::{Target, Timetable};

use crate::vocabulary::CertifiedPeer;

/// Probes under way at once; those that are due wait for a place.
pub const MAX_IN_FLIGHT: usize = 16;
/// A gateway that leaves so many probes in a row without an answer is down.
pub const UNANSWERED_UNTIL_DOWN: u32 = 3;
/// The longest wait for an answer; less where the interval is shorter.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(8);
/// The longest wait for a way: whoever looks for it is quicker.
const WAY_WITHIN: Duration = Duration::from_secs(30);
/// After a probe without an answer the next one follows so soon; sooner where the interval is shorter.
const AFTER_SILENCE: Duration = Duration::from_secs(5);
/// The interval is made longer or shorter by at most one in so many, so that not all are asked in one moment for ever.
const JITTER_PART: u32 = 10;

/// How gateways are probed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ProbeSettings {
    /// From the end of one probe of a gateway to the next; zero: nobody is probed.
    pub interval: Duration,
    /// What `auto` means for clear requests of ours; `None` if this server has no clear SIP.
    pub clear: Option<Transport>,
    /// Whether this server has TLS.
    pub has_tls: bool,
}

impl ProbeSettings {
    /// Nobody is probed.
    pub const OFF: Self = Self { interval: Duration::ZERO, clear: None, has_tls: false };
}

/// The probes of all gateways, without I/O.
pub struct GatewayProbes {
    settings: ProbeSettings,
    rng: ChaCha20Rng,
    probes: BTreeMap<Target, Probe>,
    timetable: Timetable,
    outputs: VecDeque<ProbeOutput>,
}

impl GatewayProbes {
    /// Nobody is known yet. `seed` makes the jitter.
    pub fn new(settings: ProbeSettings, seed: [u8; 32]) -> Self {
        Self {
            settings,
            rng: ChaCha20Rng::from_seed(seed),
            probes: BTreeMap::new(),
            timetable: Timetable::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Probes the gateways of `site` from now on, each of them at once.
    pub fn follow(&mut self, site: &Site, now: Instant) {
        let wanted = self.wanted(site);
        let gone: Vec<Target> =
            self.probes.keys().filter(|target| !wanted.contains_key(*target)).cloned().collect();
        for target in gone {
            self.drop_probe(&target);
            let (gateway, class) = target;
            self.outputs.push_back(ProbeOutput::Forget { gateway, class });
        }
        for (target, (gateway, transport)) in wanted {
            match self.probes.get_mut(&target) {
                Some(known) if known.transport == transport => {
                    known.gateway = gateway;
                    self.hasten(&target, now);
                }
                Some(_) | None => {
                    self.drop_probe(&target);
                    self.probes.insert(target.clone(), Probe::new(gateway, transport, now));
                    self.timetable.rest(target, now);
                }
            }
        }
        self.start_due(now);
    }

    /// Nobody is probed any more.
    pub fn stop(&mut self) {
        self.settings.interval = Duration::ZERO;
        let all: Vec<Target> = self.probes.keys().cloned().collect();
        all.iter().for_each(|target| self.drop_probe(target));
    }

    /// Gives up what has waited too long, and begins what is due.
    pub fn handle_timeout(&mut self, now: Instant, date: Timestamp) {
        while let Some(target) = self.timetable.next_overdue(now) {
            let Some(probe) = self.probes.get(&target) else { continue };
            let outcome = match probe.phase {
                Phase::Asking { sent, until, transaction, .. } => {
                    if let Some(transaction) = transaction {
                        self.outputs.push_back(ProbeOutput::Abandon(transaction));
                    }
                    let waited = until.saturating_duration_since(sent).as_secs_f32();
                    ProbeOutcome::Unanswered { reason: format!("no answer to OPTIONS within {waited} s") }
                }
                Phase::Opening { .. } | Phase::Resting { .. } => ProbeOutcome::NotReached {
                    reason: format!("no way was found within {} s", WAY_WITHIN.as_secs()),
                },
            };
            self.conclude(&target, outcome, now, date);
        }
        self.start_due(now);
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timetable.next()
    }

    /// The next thing to do or to tell; `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<ProbeOutput> {
        self.outputs.pop_front()
    }

    /// A way to the gateway of `attempt` is there.
    pub fn way_found(&mut self, attempt: ProbeAttempt, flow: FlowId, remote: SocketAddr, now: Instant) {
        let until = now + ANSWER_WITHIN.min(self.settings.interval);
        let Some(target) = self.timetable.target_of(attempt) else { return };
        let Some(probe) = self.probes.get_mut(&target) else { return };
        self.timetable.wait_on(target, probe.deadline(), until);
        probe.ask(attempt, remote, now, until);
        let (gateway, target, transport) = (probe.peer(), probe.target(remote), probe.transport);
        let question = Question { attempt, gateway, target, flow, transport, remote };
        self.outputs.push_back(ProbeOutput::Ask(question));
    }

    /// No way to the gateway of `attempt` was found, or nothing could be sent on it.
    pub fn no_way(&mut self, attempt: ProbeAttempt, reason: &str, now: Instant, date: Timestamp) {
        if let Some(target) = self.timetable.target_of(attempt) {
            let reason = reason.to_owned();
            self.conclude(&target, ProbeOutcome::NotReached { reason }, now, date);
            self.start_due(now);
        }
    }

    /// The OPTIONS of `attempt` is out.
    pub fn asked(&mut self, attempt: ProbeAttempt, asked: TransactionId) {
        let target = self.timetable.target_of(attempt);
        if let Some(Phase::Asking { transaction, .. }) =
            target.and_then(|target| self.probes.get_mut(&target)).map(|probe| &mut probe.phase)
        {
            *transaction = Some(asked);
        }
    }

    /// The gateway of `attempt` has answered; `certificate` is that of the connection.
    pub fn answered(
        &mut self,
        attempt: ProbeAttempt,
        response: &Response,
        certificate: Option<Arc<CertifiedPeer>>,
        now: Instant,
        date: Timestamp,
    ) {
        let Some(target) = self.timetable.target_of(attempt) else { return };
        let Some(probe) = self.probes.get_mut(&target) else { return };
        let Some(sent) = probe.sent() else { return };
        probe.note_certificate(certificate);
        let product = [HeaderName::Server, HeaderName::UserAgent]
            .iter()
            .find_map(|name| response.headers.get(name))
            .map(|value| shown(value))
            .filter(|product| !product.is_empty());
        let outcome = ProbeOutcome::Answered {
            status: response.status,
            phrase: shown(&response.reason),
            product,
            round_trip: now.saturating_duration_since(sent),
        };
        self.conclude(&target, outcome, now, date);
        self.start_due(now);
    }

    /// No answer to the OPTIONS of `attempt` will come.
    pub fn unanswered(
        &mut self,
        attempt: ProbeAttempt,
        cause: TerminationCause,
        now: Instant,
        date: Timestamp,
    ) {
        let Some(target) = self.timetable.target_of(attempt) else { return };
        let reason = match cause {
            TerminationCause::TransportFailed => "the connection was closed before the answer to OPTIONS",
            TerminationCause::TimedOut
            | TerminationCause::Finished
            | TerminationCause::AckNeverArrived
            | TerminationCause::NeverAnswered => "no answer to OPTIONS",
        };
        self.conclude(&target, ProbeOutcome::Unanswered { reason: reason.to_owned() }, now, date);
        self.start_due(now);
    }

    /// Whom to probe, and over what: of each enabled gateway the classes that its plans use and this server has.
    fn wanted(&self, site: &Site) -> BTreeMap<Target, (IpGateway, Transport)> {
        let mut wanted = BTreeMap::new();
        if self.settings.interval.is_zero() {
            return wanted;
        }
        for gateway in site.gateways().filter(|gateway| gateway.status == GatewayStatus::Enabled) {
            for plan in site.dial_plans_of(gateway.name.as_str()) {
                let transport = match plan.voip_security.wants_tls() {
                    true => self.settings.has_tls.then_some(Transport::Tls),
                    false => self.settings.clear.map(|auto| clear_transport(gateway, auto)),
                };
                if let Some(transport) = transport {
                    let target = (PeerName::from(gateway.name.as_str()), transport.class());
                    wanted.insert(target, (gateway.clone(), transport));
                }
            }
        }
        wanted
    }

    /// Due now, or right after the probe under way.
    fn hasten(&mut self, target: &Target, now: Instant) {
        let Some(probe) = self.probes.get_mut(target) else { return };
        match probe.phase {
            Phase::Resting { .. } => {
                self.timetable.leave(target, probe);
                probe.phase = Phase::Resting { due: now };
                self.timetable.rest(target.clone(), now);
            }
            Phase::Opening { .. } | Phase::Asking { .. } => probe.again = true,
        }
    }

    fn drop_probe(&mut self, target: &Target) {
        let Some(probe) = self.probes.remove(target) else { return };
        self.timetable.leave(target, &probe);
        if let Phase::Asking { transaction: Some(transaction), .. } = probe.phase {
            self.outputs.push_back(ProbeOutput::Abandon(transaction));
        }
    }

    fn start_due(&mut self, now: Instant) {
        while let Some(target) = self.timetable.next_due(now) {
            let Some(probe) = self.probes.get_mut(&target) else { continue };
            let until = now + WAY_WITHIN;
            let attempt = self.timetable.begin(&target, until);
            probe.phase = Phase::Opening { attempt, until };
            probe.again = false;
            let (gateway, transport, aim) = (probe.peer(), probe.transport, probe.aim());
            self.outputs.push_back(ProbeOutput::Open { attempt, gateway, transport, aim });
        }
    }

    /// A probe has ended: what it says is told, and the next one is set.
    fn conclude(&mut self, target: &Target, outcome: ProbeOutcome, now: Instant, date: Timestamp) {
        let regular = self.jittered_interval();
        let Some(probe) = self.probes.get_mut(target) else { return };
        self.timetable.leave(target, probe);
        let change = probe.judge(&outcome, date);
        let pause = match (probe.again, probe.is_in_doubt()) {
            (true, _) => Duration::ZERO,
            (false, true) => AFTER_SILENCE.min(self.settings.interval),
            (false, false) => regular,
        };
        let due = now + pause;
        probe.phase = Phase::Resting { due };
        let report = probe.report(outcome, date);
        match change {
            Change::State => {
                let event = report.event(&probe.gateway.name);
                self.outputs.push_back(ProbeOutput::Event(event));
            }
            Change::None => {}
        }
        self.timetable.rest(target.clone(), due);
        self.outputs.push_back(ProbeOutput::Report(Box::new(report)));
    }

    /// The interval, a tenth more or less at most.
    fn jittered_interval(&mut self) -> Duration {
        let part = self.settings.interval / JITTER_PART;
        let shortest = self.settings.interval.saturating_sub(part);
        // A share of 2^32 of the spread: the product of both is exact enough for a timer.
        let share = f64::from(self.rng.next_u32()) / f64::from(u32::MAX);
        shortest + (part * 2).mul_f64(share)
    }
}

/// Over what clear requests of ours reach the gateway.
fn clear_transport(gateway: &IpGateway, auto: Transport) -> Transport {
    match gateway.transport {
        ClearTransport::Auto => auto,
        ClearTransport::Udp => Transport::Udp,
        ClearTransport::Tcp => Transport::Tcp,
    }
}

#[cfg(test)]
mod tests;
