//! What is different about a call over the test line: it leaves nothing behind, and is told of when it is over.
use super::{Call, MediaLeg};
use crate::{refusal::Refusal, test_line::TestCallSeen};

impl Call {
    /// The call came over this test line.
    pub(crate) fn set_test(&mut self, line: u64) {
        let call_id = self.snapshot.call_id.clone();
        self.test = Some(TestCallSeen { line, call_id, ..TestCallSeen::default() });
    }

    /// The test line that it came over.
    pub(crate) fn test_line(&self) -> Option<u64> {
        self.test.as_ref().map(|seen| seen.line)
    }

    /// What is told of it once it is over; `None` for a call of a gateway.
    pub(crate) fn test_call_seen(&self) -> Option<TestCallSeen> {
        let seen = self.test.clone()?;
        Some(TestCallSeen { totals: self.totals, end: self.end, ..seen })
    }

    pub(super) fn is_test(&self) -> bool {
        self.test.is_some()
    }

    pub(super) fn note_refusal(&mut self, refusal: &Refusal) {
        if let Some(seen) = &mut self.test {
            seen.refusal = Some(refusal.clone());
        }
    }

    pub(super) fn count_digit(&mut self) {
        if let Some(seen) = &mut self.test {
            seen.digits = seen.digits.saturating_add(1);
        }
    }

    /// Before the media is forgotten.
    pub(super) fn note_suite(&mut self) {
        let suite = self.media.as_ref().and_then(MediaLeg::suite);
        if let Some(seen) = &mut self.test {
            seen.suite = suite;
        }
    }

    /// What was recorded has no file: there is nothing to keep or to throw away.
    pub(super) fn forget_recording(&mut self) {
        let _ = self.media.as_mut().and_then(MediaLeg::take_recording);
    }
}
