//! One gateway over one transport: where its probe stands, and what the last one found.
use std::{net::SocketAddr, sync::Arc, time::Instant};

use dial_plan::{GatewayAddress, IpGateway};
use jiff::Timestamp;
use sip_signaling::{Aim, Host, PeerName, SipUri, TransactionId, Transport};

use super::{ProbeAttempt, UNANSWERED_UNTIL_DOWN};
use crate::{
    gateway_probe::{GatewayReport, GatewayState, ProbeOutcome},
    vocabulary::CertifiedPeer,
};

/// What is asked again and again.
#[derive(Debug)]
pub(super) struct Probe {
    pub(super) gateway: IpGateway,
    pub(super) transport: Transport,
    pub(super) phase: Phase,
    /// The Site has changed while a probe was under way: the next one follows at once.
    pub(super) again: bool,
    remote: Option<SocketAddr>,
    /// Where the next one goes, over UDP.
    aim: Aim,
    state: GatewayState,
    since: Option<Timestamp>,
    unanswered_in_a_row: u32,
    certificate: Option<Arc<CertifiedPeer>>,
}

/// Where a probe stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Phase {
    /// Until this moment.
    Resting { due: Instant },
    /// A way is sought.
    Opening { attempt: ProbeAttempt, until: Instant },
    /// The request is out, or about to be.
    Asking { attempt: ProbeAttempt, sent: Instant, until: Instant, transaction: Option<TransactionId> },
}

/// Whether a probe has changed what is thought of its gateway.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Change {
    /// From up to down, from down to up, or down from the first.
    State,
    /// The same as before, or up from the first.
    None,
}

impl Probe {
    /// One that is due at `due`.
    pub(super) fn new(gateway: IpGateway, transport: Transport, due: Instant) -> Self {
        Self {
            gateway,
            transport,
            phase: Phase::Resting { due },
            again: false,
            remote: None,
            aim: Aim::First,
            state: GatewayState::Unknown,
            since: None,
            unanswered_in_a_row: 0,
            certificate: None,
        }
    }

    /// The name by which connections and answers know the gateway.
    pub(super) fn peer(&self) -> PeerName {
        self.gateway.name.as_str().into()
    }

    /// When something is to be done about it.
    pub(super) fn deadline(&self) -> Instant {
        match self.phase {
            Phase::Resting { due } => due,
            Phase::Opening { until, .. } | Phase::Asking { until, .. } => until,
        }
    }

    /// The probe under way.
    pub(super) fn attempt(&self) -> Option<ProbeAttempt> {
        match self.phase {
            Phase::Resting { .. } => None,
            Phase::Opening { attempt, .. } | Phase::Asking { attempt, .. } => Some(attempt),
        }
    }

    /// A way to `remote` is there: the request goes out.
    pub(super) fn ask(&mut self, attempt: ProbeAttempt, remote: SocketAddr, sent: Instant, until: Instant) {
        self.remote = Some(remote);
        self.phase = Phase::Asking { attempt, sent, until, transaction: None };
    }

    /// When the request went out that `attempt` waits for.
    pub(super) fn sent(&self) -> Option<Instant> {
        match self.phase {
            Phase::Resting { .. } | Phase::Opening { .. } => None,
            Phase::Asking { sent, .. } => Some(sent),
        }
    }

    /// The gateway itself in the Request-URI: its identity, and the port that the probe goes to.
    pub(super) fn target(&self, remote: SocketAddr) -> SipUri {
        let host = match &self.gateway.address {
            GatewayAddress::Ip(address) => Host::from(*address),
            GatewayAddress::Fqdn(fqdn) => Host::parse(fqdn).unwrap_or_else(|_| Host::from(remote.ip())),
        };
        let uri = SipUri::new(host).with_port(remote.port());
        match self.transport {
            Transport::Udp => uri,
            Transport::Tcp => uri.with_param("transport", Some("tcp")),
            Transport::Tls => uri.with_param("transport", Some("tls")),
        }
    }

    /// To which address of the gateway the next probe goes. A connection tries them all by itself.
    pub(super) fn aim(&self) -> Aim {
        match self.transport {
            Transport::Udp => self.aim,
            Transport::Tcp | Transport::Tls => Aim::First,
        }
    }

    /// The answer came with this certificate.
    pub(super) fn note_certificate(&mut self, certificate: Option<Arc<CertifiedPeer>>) {
        self.certificate = certificate;
    }

    /// What `outcome` says of the gateway.
    pub(super) fn judge(&mut self, outcome: &ProbeOutcome, date: Timestamp) -> Change {
        let before = self.state;
        self.aim = match (outcome, self.remote) {
            (ProbeOutcome::Answered { .. }, Some(remote)) => Aim::At(remote),
            (ProbeOutcome::Unanswered { .. }, Some(remote)) => Aim::Behind(remote),
            (ProbeOutcome::NotReached { .. }, _) | (_, None) => Aim::First,
        };
        self.unanswered_in_a_row = match outcome {
            ProbeOutcome::Unanswered { .. } => self.unanswered_in_a_row.saturating_add(1),
            ProbeOutcome::Answered { .. } | ProbeOutcome::NotReached { .. } => 0,
        };
        self.state = match outcome {
            ProbeOutcome::Answered { .. } => GatewayState::Up,
            ProbeOutcome::NotReached { .. } => GatewayState::Down,
            ProbeOutcome::Unanswered { .. } if self.unanswered_in_a_row >= UNANSWERED_UNTIL_DOWN => {
                GatewayState::Down
            }
            ProbeOutcome::Unanswered { .. } => before,
        };
        if self.state != before {
            self.since = Some(date);
        }
        match (before, self.state) {
            (GatewayState::Up | GatewayState::Unknown, GatewayState::Down)
            | (GatewayState::Down, GatewayState::Up) => Change::State,
            (_, GatewayState::Unknown)
            | (GatewayState::Unknown | GatewayState::Up, GatewayState::Up)
            | (GatewayState::Down, GatewayState::Down) => Change::None,
        }
    }

    /// Whether one more probe without an answer may decide: the next one need not wait.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.unanswered_in_a_row > 0 && self.unanswered_in_a_row < UNANSWERED_UNTIL_DOWN
    }

    /// What is to be told after a probe.
    pub(super) fn report(&self, outcome: ProbeOutcome, date: Timestamp) -> GatewayReport {
        GatewayReport {
            gateway: self.peer(),
            transport: self.transport,
            state: self.state,
            since: self.since,
            probed: date,
            outcome,
            remote: self.remote,
            certificate: self.certificate.clone(),
        }
    }
}
