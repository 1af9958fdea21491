//! One call: it owns the machines of a call and routes between them; it decides nothing that one of them can decide.
mod answering;
mod asked;
mod asking;
mod conversation;
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
mod told;
mod transfer;

use std::time::Instant;

use bytes::Bytes;
use ivr::{Conversation, IvrInput, Language};
use mailbox::{Mailbox, MessageId, StoreReply};
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

use asked::Asked;
use digits::{DigitWay, Digits};
use facts::Facts;
use leg::Leg;
use log_ons::LogOns;
use reaching::{Reached, Sought};
use session::Session;
use transfer::Transfer;

/// The type of every body of ours.
const SDP: &str = "application/sdp";

/// One call, from the INVITE to its last report.
#[derive(Debug)]
pub(crate) struct Call {
    facts: Facts,
    leg: Leg,
    session: Session,
    conversation: Option<Conversation>,
    /// What the conversation speaks now.
    language: Language,
    reached: Option<Reached>,
    /// Whose mailbox is looked for.
    sought: Asked<Sought>,
    /// What the conversation asks the store.
    question: Option<u64>,
    /// The message that the store is to keep.
    keeping: Option<u64>,
    digits: Digits,
    transfer: Option<Transfer>,
    /// The mailbox that the caller has opened with its PIN.
    open_mailbox: Option<Mailbox>,
    log_ons: LogOns,
    deadline: Option<(Instant, Deadline)>,
    /// The message that it has left.
    message: Option<MessageId>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Deadline {
    FirstPrompt,
    /// The caller is to press a key.
    Key,
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
        let facts = Facts::new(snapshot, admitted);
        Self {
            language: facts.language(),
            facts,
            leg: Leg::Offered { transaction, offer },
            session: Session::default(),
            conversation: None,
            reached: None,
            sought: Asked::default(),
            question: None,
            keeping: None,
            digits: Digits::default(),
            transfer: None,
            open_mailbox: None,
            log_ons: LogOns::default(),
            deadline: None,
            message: None,
        }
    }

    /// When [`CallInput::Timeout`] is due.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let standing = self.session.held_until().or(self.deadline.map(|(at, _)| at));
        let legs = [self.leg.until(), self.leg.let_go()];
        let others = [standing, self.sought.until(), self.transfer_until()];
        legs.into_iter().chain(others).flatten().min()
    }

    /// One step.
    pub(crate) fn handle_input(&mut self, input: CallInput, world: &mut Surroundings<'_>) {
        // For a held call no time has passed.
        let meanwhile = self.session.held_meanwhile(world.now);
        if let Some((at, _)) = &mut self.deadline {
            *at += meanwhile;
        }
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
        if let Some(sought) = self.sought.overdue(world.now) {
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
        let Some((_, deadline)) = self.deadline.take_if(|(at, _)| *at <= world.now) else { return };
        match deadline {
            Deadline::FirstPrompt => self.tell(IvrInput::Begin, world),
            Deadline::Key => self.tell(IvrInput::Waited, world),
        }
    }

    fn handle_media(&mut self, event: MediaEvent, world: &mut Surroundings<'_>) {
        use srtp_media::MediaEventKind;
        match event.what {
            MediaEventKind::Faulted => {
                // First the conversation, which may still have a recording to keep.
                self.hang_up(CallEnd::Fault, world);
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
