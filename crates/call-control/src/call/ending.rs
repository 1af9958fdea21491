use bytes::Bytes;
use ivr::IvrInput;
use sip_signaling::{EndCause, HeaderName};
use telephony::{Event, kind};

use super::{Call, Effect, Leg, Surroundings};
use crate::{refusal::Refusal, vocabulary::CallStage};

/// How a call ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallEnd {
    /// The conversation came to its end and we hung up.
    Completed,
    /// The gateway has connected the caller with somebody else.
    Transferred,
    /// The caller hung up.
    PeerHungUp,
    /// The caller gave up before we answered.
    Cancelled,
    /// Refused by a rule.
    Refused,
    /// An administrator ended it.
    Administrator,
    /// The server stops, and the time to finish is over.
    ServerStopping,
    /// The plan's longest call.
    LongestCall,
    /// No media arrived for as long as the gateway's `media_timeout`.
    NoMedia,
    /// Our 200 was never acknowledged.
    NeverAcknowledged,
    /// The session timer ran out.
    SessionExpired,
    /// The peer held for longer than it may.
    HeldTooLong,
    /// The answer to an offer of ours was not what the plan's mode demands.
    AnswerUnfit,
    /// Something of ours went wrong.
    Fault,
}

impl CallEnd {
    /// The words in the end event.
    pub fn words(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Transferred => "transferred",
            Self::PeerHungUp => "caller hung up",
            Self::Cancelled => "caller gave up before the answer",
            Self::Refused => "refused",
            Self::Administrator => "ended by an administrator",
            Self::ServerStopping => "server stopping",
            Self::LongestCall => "longest call of the dial plan reached",
            Self::NoMedia => "no media from the gateway",
            Self::NeverAcknowledged => "answer never acknowledged",
            Self::SessionExpired => "session timer ran out",
            Self::HeldTooLong => "held for ten minutes",
            Self::AnswerUnfit => "answer of the gateway did not fit the offer",
            Self::Fault => "fault in the server",
        }
    }

    /// What the conversation is told: whether the caller went, or was cut off in the middle of a word.
    fn as_heard(self) -> IvrInput {
        match self {
            Self::Completed | Self::Transferred | Self::PeerHungUp | Self::Cancelled | Self::Refused => {
                IvrInput::PeerHungUp
            }
            Self::Administrator
            | Self::ServerStopping
            | Self::LongestCall
            | Self::NoMedia
            | Self::NeverAcknowledged
            | Self::SessionExpired
            | Self::HeldTooLong
            | Self::AnswerUnfit
            | Self::Fault => IvrInput::CutOff,
        }
    }

    /// The Reason header of our BYE (RFC 3326), where there is something to say.
    pub(crate) fn reason_header(self) -> Option<&'static [u8]> {
        match self {
            Self::Administrator => Some(b"SIP;cause=480;text=\"ended by an administrator\""),
            Self::ServerStopping => Some(b"SIP;cause=503;text=\"the server is stopping\""),
            Self::LongestCall => Some(b"SIP;cause=480;text=\"longest call of the dial plan reached\""),
            Self::NoMedia => Some(b"SIP;cause=408;text=\"no media arrived\""),
            Self::HeldTooLong => Some(b"SIP;cause=480;text=\"held for ten minutes\""),
            Self::Fault => Some(b"SIP;cause=500;text=\"server fault\""),
            Self::Completed
            | Self::Transferred
            | Self::PeerHungUp
            | Self::Cancelled
            | Self::Refused
            | Self::NeverAcknowledged
            | Self::SessionExpired
            | Self::AnswerUnfit => None,
        }
    }
}

impl From<EndCause> for CallEnd {
    fn from(cause: EndCause) -> Self {
        match cause {
            EndCause::PeerBye { .. } => Self::PeerHungUp,
            EndCause::AckNeverArrived => Self::NeverAcknowledged,
            EndCause::SessionExpired => Self::SessionExpired,
            EndCause::ByeAnswered | EndCause::ByeTimedOut => Self::Completed,
            EndCause::FlowLost => Self::Fault,
        }
    }
}

impl Call {
    pub(super) fn refuse(&mut self, refusal: &Refusal, world: &mut Surroundings<'_>) {
        let Some(transaction) = self.leg.unanswered() else { return };
        self.leg.refuse(refusal.clone(), world.date);
        let reply = refusal.reply(&world.settings.fqdn);
        world.effects.push(Effect::Event(self.facts.add_to(refusal.event())));
        world.effects.push(Effect::Respond { transaction, reply });
    }

    /// Ends the call from our side: BYE with a reason, then as if the caller had gone.
    pub(super) fn hang_up(&mut self, end: CallEnd, world: &mut Surroundings<'_>) {
        match self.leg {
            Leg::Answered { dialog, .. } => {
                let headers = end
                    .reason_header()
                    .map(|value| vec![(HeaderName::Reason, Bytes::from_static(value))])
                    .unwrap_or_default();
                world.effects.push(Effect::Bye { dialog, headers });
                self.end_with(end, world);
            }
            Leg::Offered { .. } => self.refuse(&Refusal::Busy, world),
            Leg::Over(_) => {}
        }
    }

    /// The peer has ended the call, or has ended ours with it.
    pub(super) fn leg_ended(&mut self, cause: EndCause, world: &mut Surroundings<'_>) {
        let end = if self.ends_transferred(&cause, world) { CallEnd::Transferred } else { cause.into() };
        self.end_with(end, world);
    }

    /// Nothing more is said to the caller; what was recorded is still kept. Once: of a call that we have ended, its
    /// dialog ends later.
    pub(super) fn end_with(&mut self, end: CallEnd, world: &mut Surroundings<'_>) {
        if !self.leg.end(end, (world.now, world.date)) {
            return;
        }
        self.dialogue.lose_caller();
        self.session.withdraw(world.leases);
        self.move_to(CallStage::Ending, world);
        if self.dialogue.talk.is_some() {
            self.tell(end.as_heard(), world);
        } else {
            self.close_media(world);
        }
    }

    /// What is still owed to the call does not come: it is over without.
    pub(super) fn let_go(&mut self, world: &mut Surroundings<'_>) {
        self.dialogue.talk = None;
        self.close_media(world);
        self.session.give_up();
    }

    pub(super) fn close_media(&mut self, world: &mut Surroundings<'_>) {
        world.effects.extend(self.session.close().map(Effect::Media));
    }

    /// The event of the call's end.
    fn ended_event(&self, end: CallEnd) -> Event {
        let event = self.facts.add_to(Event::new(&kind::CALL_ENDED)).with("cause", end.words());
        let event = match self.dialogue.called() {
            Some(called) => self.facts.add_way(called, event),
            None => event,
        };
        match &self.session.seen().totals {
            Some(totals) => event
                .with("packets_received", totals.packets_received)
                .with("packets_sent", totals.packets_sent)
                .with("packets_lost", totals.lost)
                .with("packets_refused", totals.refused_source),
            None => event,
        }
    }

    /// Tells of the end, once nothing is owed to the call any more.
    pub(crate) fn finish(&self, world: &mut Surroundings<'_>) {
        if let Some(end) = self.over().filter(|end| *end != CallEnd::Refused) {
            world.effects.push(Effect::Event(self.ended_event(end)));
        }
    }
}
