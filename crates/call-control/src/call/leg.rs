//! The SIP side of a call: unanswered, answered, over.
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use sip_signaling::{DialogId, TransactionId};

use super::CallEnd;
use crate::refusal::Refusal;

/// A call whose caller has gone is let go after this time, whatever the store and the media worker still owe it.
const LONGEST_ENDING: Duration = Duration::from_secs(60);

/// How far the call has come with its peer.
#[derive(Debug)]
pub(super) enum Leg {
    /// The INVITE is unanswered; without an offer it wants ours.
    Offered { transaction: TransactionId, offer: Option<Bytes> },
    /// 200 is out or acknowledged.
    Answered {
        dialog: DialogId,
        /// When our 200 went out.
        since: Timestamp,
        acknowledged: bool,
        /// The plan's longest call is over then.
        until: Instant,
    },
    /// Nothing can be said to the peer any more.
    Over(Outcome),
}

/// What has come of a call.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// When our 200 went out, if it did.
    answered: Option<Timestamp>,
    /// When the line was gone.
    pub(crate) at: Timestamp,
    pub(crate) why: Why,
}

/// Why a call is over.
#[derive(Clone, Debug)]
pub(crate) enum Why {
    /// A rule has refused it: nothing is owed to it.
    Refused(Box<Refusal>),
    /// Anything else.
    Ended {
        end: CallEnd,
        /// What is still owed to it is waited for until then.
        let_go: Instant,
    },
}

impl Leg {
    pub(super) fn dialog(&self) -> Option<DialogId> {
        match self {
            Self::Answered { dialog, .. } => Some(*dialog),
            Self::Offered { .. } | Self::Over(_) => None,
        }
    }

    /// The unanswered INVITE, if it is still unanswered.
    pub(super) fn unanswered(&self) -> Option<TransactionId> {
        match self {
            Self::Offered { transaction, .. } => Some(*transaction),
            Self::Answered { .. } | Self::Over(_) => None,
        }
    }

    /// When our 200 went out.
    pub(super) fn answered(&self) -> Option<Timestamp> {
        match self {
            Self::Offered { .. } => None,
            Self::Answered { since, .. } => Some(*since),
            Self::Over(outcome) => outcome.answered,
        }
    }

    pub(super) fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Over(outcome) => Some(outcome),
            Self::Offered { .. } | Self::Answered { .. } => None,
        }
    }

    /// When the plan's longest call is over.
    pub(super) fn until(&self) -> Option<Instant> {
        match self {
            Self::Answered { until, .. } => Some(*until),
            Self::Offered { .. } | Self::Over(_) => None,
        }
    }

    /// When an ended call is let go.
    pub(super) fn let_go(&self) -> Option<Instant> {
        match &self.outcome()?.why {
            Why::Refused(_) => None,
            Why::Ended { let_go, .. } => Some(*let_go),
        }
    }

    /// It is over, for this reason; `false` if it was before, for another.
    pub(super) fn end(&mut self, end: CallEnd, (now, date): (Instant, Timestamp)) -> bool {
        let is_first = self.outcome().is_none();
        if is_first {
            self.close(Why::Ended { end, let_go: now + LONGEST_ENDING }, date);
        }
        is_first
    }

    /// A rule has refused the INVITE.
    pub(super) fn refuse(&mut self, refusal: Refusal, date: Timestamp) {
        self.close(Why::Refused(Box::new(refusal)), date);
    }

    fn close(&mut self, why: Why, date: Timestamp) {
        *self = Self::Over(Outcome { answered: self.answered(), at: date, why });
    }
}

impl Outcome {
    /// How the call ended.
    pub(crate) fn end(&self) -> CallEnd {
        match &self.why {
            Why::Refused(_) => CallEnd::Refused,
            Why::Ended { end, .. } => *end,
        }
    }

    /// The rule that has refused it.
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        match &self.why {
            Why::Refused(refusal) => Some(refusal),
            Why::Ended { .. } => None,
        }
    }
}
