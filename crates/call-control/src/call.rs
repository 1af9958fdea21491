//! One call: it owns the machines of a call and routes between them; it decides nothing that one of them can decide.
mod answering;
mod asked;
mod asking;
mod conversation;
mod dialogue;
mod digits;
mod ending;
mod facts;
mod hold;
mod late_offer;
mod leg;
mod log_ons;
mod media_leg;
mod reaching;
mod renegotiation;
mod session;
mod surroundings;
mod talk;
mod told;
mod transfer;

use std::time::Instant;

use bytes::Bytes;
use mailbox::StoreReply;
use sip_signaling::{DialogId, EndCause, Request, TransactionId};
use srtp_media::{MediaCommandKind, MediaEvent};
use telephony::Digit;

use crate::{
    admission::Admitted,
    vocabulary::{CallSnapshot, CallStage},
};

pub use ending::CallEnd;
pub(crate) use leg::Outcome;
pub(crate) use surroundings::{Effect, Surroundings};
pub(crate) use transfer::TransferReport;

use dialogue::Dialogue;
use digits::DigitWay;
use facts::Facts;
use leg::Leg;
use session::Session;

/// The type of every body of ours.
const SDP: &str = "application/sdp";

/// One call, from the INVITE to its last report.
#[derive(Debug)]
pub(crate) struct Call {
    facts: Facts,
    leg: Leg,
    session: Session,
    dialogue: Dialogue,
}

/// What happens to a call.
#[derive(Debug)]
pub(crate) enum CallInput {
    /// The call begins.
    Admitted,
    /// The store has answered a request of the call.
    Stored(StoreReply),
    /// Our 200 went out and made this dialog, or could not.
    Answered(Option<DialogId>),
    /// The first ACK of a 200, with the session description in it.
    Acknowledged {
        answer: Option<Bytes>,
    },
    /// Re-INVITE or UPDATE.
    Offer {
        transaction: TransactionId,
        request: Request,
    },
    /// The session wants an offer of ours that refreshes it.
    RefreshDue,
    /// Our re-INVITE was answered, with this session description.
    OfferAnswered {
        answer: Option<Bytes>,
    },
    /// Our re-INVITE could not be sent, was refused or never answered.
    OfferRefused,
    /// An INFO, with the key in it if it has one.
    Info {
        transaction: TransactionId,
        digit: Option<Digit>,
    },
    /// What the peer says about our REFER.
    Transfer(TransferReport),
    Cancelled,
    LegEnded(EndCause),
    Media(MediaEvent),
    /// An administrator ends the call.
    HangUp,
    /// The server stops.
    CutOff,
    /// A test wants to see what a fault costs.
    Panic,
    Timeout,
}

impl Call {
    /// A call past rules 7 to 9: [`CallInput::Admitted`] follows.
    pub(crate) fn new(
        snapshot: CallSnapshot,
        admitted: Admitted,
        transaction: TransactionId,
        offer: Option<Bytes>,
    ) -> Self {
        Self {
            facts: Facts::new(snapshot, admitted),
            leg: Leg::Offered { transaction, offer },
            session: Session::default(),
            dialogue: Dialogue::default(),
        }
    }

    /// When [`CallInput::Timeout`] is due.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let turn = self.session.held_until().or(self.dialogue.turn_until());
        let legs = [self.leg.until(), self.leg.let_go()];
        legs.into_iter().chain([turn, self.dialogue.until()]).flatten().min()
    }

    /// One step.
    pub(crate) fn handle_input(&mut self, input: CallInput, world: &mut Surroundings<'_>) {
        // For a held call no time has passed.
        let meanwhile = self.session.held_meanwhile(world.now);
        self.dialogue.delay(meanwhile);
        match input {
            CallInput::Admitted => self.look_up(world),
            CallInput::Stored(reply) => self.take_reply(reply, world),
            CallInput::Answered(dialog) => self.answered(dialog, world),
            CallInput::Acknowledged { answer } => self.acknowledged(answer.as_ref(), world),
            CallInput::Offer { transaction, request } => self.renegotiate(transaction, &request, world),
            CallInput::RefreshDue => self.refresh(world),
            CallInput::OfferAnswered { answer } => self.offer_answered(answer.as_ref(), world),
            CallInput::OfferRefused => self.offer_refused(),
            CallInput::Info { transaction, digit } => self.take_info(transaction, digit, world),
            CallInput::Transfer(report) => self.hear_of_transfer(report, world),
            CallInput::Cancelled => self.end_with(CallEnd::Cancelled, world),
            CallInput::LegEnded(cause) => self.leg_ended(cause, world),
            CallInput::Media(event) => self.handle_media(event, world),
            CallInput::HangUp => self.hang_up(CallEnd::Administrator, world),
            CallInput::Panic => panic!("provoked by an administrator's test"),
            CallInput::CutOff => self.hang_up(CallEnd::ServerStopping, world),
            CallInput::Timeout => self.handle_timeout(world),
        }
    }

    fn handle_timeout(&mut self, world: &mut Surroundings<'_>) {
        if self.leg.until().is_some_and(|at| at <= world.now) {
            self.hang_up(CallEnd::LongestCall, world);
        }
        self.give_up_silent_transfer(world);
        if let Some(sought) = self.dialogue.sought.overdue(world.now) {
            self.not_found_out(sought, world);
        }
        match self.session.held_until() {
            Some(until) if until <= world.now => return self.hang_up(CallEnd::HeldTooLong, world),
            Some(_) => return,
            None => {}
        }
        if self.leg.let_go().is_some_and(|at| at <= world.now) {
            return self.let_go(world);
        }
        self.follow_turn(world);
    }

    /// The conversation begins, or the caller has pressed no key in time.
    fn follow_turn(&mut self, world: &mut Surroundings<'_>) {
        if let Some(input) = self.dialogue.talk.as_mut().and_then(|talk| talk.due(world.now)) {
            self.tell(input, world);
        }
    }

    fn handle_media(&mut self, event: MediaEvent, world: &mut Surroundings<'_>) {
        use srtp_media::MediaEventKind;
        match event.what {
            MediaEventKind::Faulted => {
                // First the conversation, which may still have a recording to keep.
                self.hang_up(CallEnd::Fault, world);
                self.lose_recording(world);
                self.session.give_up();
            }
            MediaEventKind::NoMedia => self.hang_up(CallEnd::NoMedia, world),
            MediaEventKind::Closed { totals } => self.session.closed(totals),
            MediaEventKind::Digit { digit, .. } => self.take_digit(digit, DigitWay::Media, world),
            MediaEventKind::PlayFinished { .. } | MediaEventKind::RecordFinished { .. } => {
                if let Some(input) = self.session.leg().and_then(|leg| leg.read_event(&event)) {
                    self.tell(input, world);
                }
            }
        }
    }

    fn command(&mut self, what: MediaCommandKind, world: &mut Surroundings<'_>) {
        world.effects.extend(self.session.command(what).map(Effect::Media));
    }

    fn move_to(&mut self, stage: CallStage, world: &mut Surroundings<'_>) {
        self.facts.snapshot.stage = stage;
        world.effects.push(Effect::Changed(self.facts.snapshot.clone()));
    }
}
