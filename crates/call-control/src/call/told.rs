//! What the core asks of a call: for its record, for whoever placed it over the test line, and to bury it.
use jiff::Timestamp;
use mailbox::MessageId;
use sip_signaling::{DialogId, TransactionId};
use srtp_media::RecordingId;

use super::{Call, CallEnd, leg::Outcome, session::MediaSeen};
use crate::{
    leases::MediaLease,
    test_line::TestCallSeen,
    vocabulary::{CallKey, CallSnapshot},
};

impl Call {
    pub(crate) fn key(&self) -> CallKey {
        self.facts.snapshot.key
    }

    pub(crate) fn snapshot(&self) -> &CallSnapshot {
        &self.facts.snapshot
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

    /// When our 200 went out.
    pub(crate) fn answered_at(&self) -> Option<Timestamp> {
        self.leg.answered()
    }

    /// What has come of it, as far as the peer is concerned.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.leg.outcome()
    }

    /// How the call ended, once nothing is owed to it any more.
    pub(crate) fn over(&self) -> Option<CallEnd> {
        let silent = self.session.lease().is_none() && self.dialogue.talk.is_none();
        self.outcome().filter(|_| silent).map(Outcome::end)
    }

    /// What is known of its media so far.
    pub(crate) fn media_seen(&self) -> MediaSeen {
        self.session.seen()
    }

    /// Keys that were understood.
    pub(crate) fn keys_heard(&self) -> u32 {
        self.dialogue.digits.heard()
    }

    /// The message that it has left is durable.
    pub(crate) fn note_message(&mut self, message: MessageId) {
        self.dialogue.message = Some(message);
    }

    /// The message that it has left.
    pub(crate) fn message(&self) -> Option<MessageId> {
        self.dialogue.message
    }

    /// The media session and the worker that has it, to close it from outside when the call is lost.
    pub(crate) fn media_session(&self) -> Option<MediaLease> {
        self.session.lease()
    }

    /// The recording under way, to keep it when the call is lost.
    pub(crate) fn recording(&self) -> Option<RecordingId> {
        self.session.recording()
    }

    /// The dialog, to end it from outside when the call is lost.
    pub(crate) fn dialog(&self) -> Option<DialogId> {
        self.leg.dialog()
    }

    /// The unanswered INVITE, to answer it from outside when the call is lost.
    pub(crate) fn unanswered(&self) -> Option<TransactionId> {
        self.leg.unanswered()
    }

    /// What is told of it once it is over; `None` for a call of a gateway.
    pub(crate) fn test_call_seen(&self) -> Option<TestCallSeen> {
        let media = self.session.seen();
        Some(TestCallSeen {
            line: self.facts.test_line?,
            call_id: self.facts.snapshot.call_id.clone(),
            refusal: self.outcome().and_then(Outcome::refusal).cloned(),
            suite: media.suite,
            digits: self.dialogue.digits.heard(),
            totals: media.totals,
            end: self.outcome().map(Outcome::end),
        })
    }
}
