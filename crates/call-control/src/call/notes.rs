//! What a call notes while it goes on, for its record and for whoever placed it over the test line.
use jiff::Timestamp;
use mailbox::MessageId;

use super::{Call, CallEnd, session::MediaSeen};
use crate::{refusal::Refusal, test_line::TestCallSeen};

/// The facts of a call that nothing else keeps until its end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    /// When our 200 went out.
    pub(crate) answered: Option<Timestamp>,
    /// When the line was gone.
    pub(crate) ended: Option<Timestamp>,
    /// Why it was refused.
    pub(crate) refusal: Option<Refusal>,
    /// Keys that were understood.
    pub(crate) digits: u32,
    /// The message that it left.
    pub(crate) message: Option<MessageId>,
}

impl Call {
    /// What was noted so far.
    pub(crate) fn notes(&self) -> &Notes {
        &self.notes
    }

    /// How it ended, as far as it has.
    pub(crate) fn ended_by(&self) -> Option<CallEnd> {
        self.end
    }

    /// What is known of its media so far.
    pub(crate) fn media_seen(&self) -> MediaSeen {
        self.session.seen()
    }

    /// The mode of its plan, as it was when the call came.
    pub(crate) fn mode(&self) -> dial_plan::VoipSecurity {
        self.facts.mode()
    }

    /// The call came over this test line.
    pub(crate) fn set_test(&mut self, line: u64) {
        self.facts.test_line = Some(line);
    }

    /// The test line that it came over.
    pub(crate) fn test_line(&self) -> Option<u64> {
        self.facts.test_line
    }

    /// What is told of it once it is over; `None` for a call of a gateway.
    pub(crate) fn test_call_seen(&self) -> Option<TestCallSeen> {
        Some(TestCallSeen {
            line: self.facts.test_line?,
            call_id: self.facts.snapshot.call_id.clone(),
            refusal: self.notes.refusal.clone(),
            suite: self.session.seen().suite,
            digits: self.notes.digits,
            totals: self.session.seen().totals,
            end: self.end,
        })
    }

    /// The message that it has left is durable.
    pub(crate) fn note_message(&mut self, message: MessageId) {
        self.notes.message = Some(message);
    }

    pub(super) fn count_digit(&mut self) {
        self.notes.digits = self.notes.digits.saturating_add(1);
    }
}
