//! One mailbox and its lamp.
use std::time::Instant;

use jiff::Timestamp;
use mailbox::{Mailbox, MailboxId, MessageCounts};
use sip_signaling::{PeerName, TransactionId};

/// A mailbox with what its lamp is to show.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LampState {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// Its messages.
    pub counts: MessageCounts,
}

/// One try to tell one gateway; never used twice in the life of a process.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct LampAttempt(pub u64);

/// How a lamp stands, for `um mwi status`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LampReport {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Its dial plan.
    pub dial_plan: String,
    /// Its extension.
    pub extension: String,
    /// What the lamp is to show.
    pub counts: MessageCounts,
    /// Whether it does.
    pub standing: LampStanding,
    /// How many peers subscribe to it.
    pub subscribers: usize,
}

/// Whether the gateways know what a lamp is to show.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LampStanding {
    /// No gateway is to be told: the policy or the gateways do not allow it, or no hunt group leads to the plan.
    Off,
    /// A gateway is being told, or will be soon.
    Pending,
    /// A gateway has taken it.
    Told {
        /// Which.
        gateway: PeerName,
        /// When.
        at: Timestamp,
    },
    /// No gateway has taken it for five minutes.
    Failed {
        /// Why the last one did not.
        reason: String,
        /// When it was given up.
        at: Timestamp,
    },
}

impl LampStanding {
    /// The word in tables and JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Pending => "pending",
            Self::Told { .. } => "told",
            Self::Failed { .. } => "failed",
        }
    }
}

/// One mailbox, and where telling of it stands.
#[derive(Debug)]
pub(super) struct Lamp {
    pub(super) state: LampState,
    /// Whether its policy allows it.
    pub(super) is_allowed: bool,
    pub(super) standing: LampStanding,
    pub(super) phase: Phase,
    /// What was told of it last.
    pub(super) reported: Option<LampReport>,
}

impl Lamp {
    pub(super) fn new(state: LampState, is_allowed: bool) -> Self {
        Self { state, is_allowed, standing: LampStanding::Pending, phase: Phase::Resting, reported: None }
    }

    pub(super) fn report(&self, subscribers: usize) -> LampReport {
        let Mailbox { id, dial_plan, extension, .. } = &self.state.mailbox;
        LampReport {
            mailbox: *id,
            dial_plan: dial_plan.clone(),
            extension: extension.to_string(),
            counts: self.state.counts,
            standing: self.standing.clone(),
            subscribers,
        }
    }
}

/// Where the telling of a lamp stands.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    /// Nothing is to be done.
    Resting,
    /// It waits for its turn.
    Queued { turn: u64, round: Round },
    /// A way is sought.
    Opening { attempt: LampAttempt, until: Instant, round: Round },
    /// The NOTIFY is out, or about to be.
    Asking { attempt: LampAttempt, until: Instant, round: Round, transaction: Option<TransactionId> },
    /// No gateway has taken it; it is tried again then.
    Pausing { until: Instant, round: Round },
}

impl Phase {
    /// When something is to be done, if that is a matter of time.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Resting | Self::Queued { .. } => None,
            Self::Opening { until, .. } | Self::Asking { until, .. } | Self::Pausing { until, .. } => {
                Some(*until)
            }
        }
    }

    pub(super) fn attempt(&self) -> Option<LampAttempt> {
        match self {
            Self::Opening { attempt, .. } | Self::Asking { attempt, .. } => Some(*attempt),
            Self::Resting | Self::Queued { .. } | Self::Pausing { .. } => None,
        }
    }
}

/// The tries to tell one state of a mailbox.
#[derive(Clone, Debug)]
pub(super) struct Round {
    /// The first of them.
    pub(super) began: Instant,
    /// Whose turn it is among the candidates.
    pub(super) place: usize,
    /// Why the last one did not take it.
    pub(super) reason: String,
}

impl Round {
    pub(super) fn new(began: Instant) -> Self {
        Self { began, place: 0, reason: "no gateway answers".to_owned() }
    }
}
