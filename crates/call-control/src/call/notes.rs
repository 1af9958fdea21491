//! What a call notes while it goes on, for its record and for whoever placed it over the test line.
use jiff::Timestamp;
use mailbox::MessageId;
use telephony::{AudioCodec, SrtpSuite};

use super::{Call, CallEnd, MediaLeg};
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
    /// What protected its media last.
    pub(crate) suite: Option<SrtpSuite>,
    /// How its media was coded last.
    pub(crate) codec: Option<AudioCodec>,
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

    /// What its media session has counted; `None` before its end, and without one.
    pub(crate) fn totals(&self) -> Option<&srtp_media::MediaTotals> {
        self.totals.as_ref()
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
            suite: self.notes.suite,
            digits: self.notes.digits,
            totals: self.totals,
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

    /// The media session is over, or given up.
    pub(super) fn let_media_go(&mut self) {
        if let Some(media) = self.media.take() {
            self.notes.suite = MediaLeg::suite(&media);
            self.notes.codec = Some(media.codec());
        }
    }

    /// What was recorded over the test line has no file: there is nothing to keep or to throw away.
    pub(super) fn forget_recording(&mut self) {
        let _ = self.media.as_mut().and_then(MediaLeg::take_recording);
    }
}
