//! The caller is sent to somebody else by REFER (RFC 3515): the number is judged by the dialling rules, the peer is
//! asked, and either it has the caller connected or the conversation goes on.
use std::time::{Duration, Instant};

use dial_plan::{Dialled, DiallingScope, NumberHolder};
use ivr::{DialScope, IvrInput, TransferFailure};
use mailbox::{MailboxCard, PhoneQuestion, StoreRequestKind};
use sip_signaling::{EndCause, ResponseClass, StatusCode};
use telephony::{Event, EventKind, kind};

use super::{Call, CallEnd, Effect, Surroundings, facts::Facts};

/// The peer says nothing about the transfer for so long: it has failed.
const TRANSFER_SILENCE: Duration = Duration::from_secs(30);

/// A transfer under way.
#[derive(Clone, Debug)]
pub(super) enum Transfer {
    /// The store is asked, by this token, whether the number is a mailbox of the plan.
    Judging { token: u64, wish: Wish },
    /// The REFER is out.
    Asked {
        number: String,
        /// The peer has accepted it.
        accepted: bool,
        /// The peer says something by then, also while it holds the call.
        until: Instant,
    },
}

/// Where to, and on whose behalf.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    number: String,
    scope: DialScope,
}

/// What the peer says about our REFER.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TransferReport {
    /// The final response to it; `None` if there was none.
    Answered(Option<StatusCode>),
    /// A NOTIFY, with what the call to the target has been answered.
    Notified { status: Option<StatusCode>, is_over: bool },
}

impl Call {
    pub(super) fn transfer(&mut self, number: String, scope: DialScope, world: &mut Surroundings<'_>) {
        let dial_plan = self.facts.snapshot.dial_plan.clone();
        let question = PhoneQuestion::Card { dial_plan, number: number.clone() };
        let token = world.store(StoreRequestKind::Phone(question));
        self.transfer = Some(Transfer::Judging { token, wish: Wish { number, scope } });
    }

    /// The transfer that this answer of the store is about: no other answer says who has the number.
    pub(super) fn judged(&mut self, answer: u64) -> Option<Wish> {
        match &self.transfer {
            Some(Transfer::Judging { token, wish }) if *token == answer => {
                let wish = wish.clone();
                self.transfer = None;
                Some(wish)
            }
            Some(Transfer::Judging { .. } | Transfer::Asked { .. }) | None => None,
        }
    }

    /// The store has said whose number it is; without its word nothing is dialled.
    pub(super) fn judge_transfer(
        &mut self,
        Wish { number, scope }: Wish,
        holder: Option<Option<Box<MailboxCard>>>,
        world: &mut Surroundings<'_>,
    ) {
        let Some(dialog) = self.leg.dialog() else { return };
        let Some(holder) = holder else {
            return self.fail_transfer(&number, "the store did not answer", world);
        };
        let holder = if holder.is_some() { NumberHolder::Mailbox } else { NumberHolder::Nobody };
        match self.facts.may_dial(&number, &scope, holder) {
            Ok(dialled) => {
                world.effects.push(Effect::Event(self.transfer_event(&kind::TRANSFER_STARTING, &number)));
                world.effects.push(Effect::Refer {
                    dialog,
                    dialled,
                    domain: self.facts.admitted.gateway().refer_domain.clone(),
                    by: self.facts.snapshot.extension.clone(),
                });
                let until = world.now + TRANSFER_SILENCE;
                self.transfer = Some(Transfer::Asked { number, accepted: false, until });
            }
            Err(reason) => {
                self.tell_failure(&number, &reason, world);
                self.tell(IvrInput::NotTransferred(TransferFailure::NotAllowed), world);
            }
        }
    }

    /// What the peer says about the REFER.
    pub(super) fn hear_of_transfer(&mut self, report: TransferReport, world: &mut Surroundings<'_>) {
        let Some(Transfer::Asked { number, accepted, until }) = &mut self.transfer else { return };
        let number = number.clone();
        match report {
            TransferReport::Answered(Some(status)) if status.class() == ResponseClass::Success => {
                *accepted = true;
                *until = world.now + TRANSFER_SILENCE;
            }
            TransferReport::Answered(status) => {
                self.fail_transfer(&number, &refused(status), world);
            }
            TransferReport::Notified { status: Some(status), is_over } => match status.class() {
                ResponseClass::Success => self.transferred(&number, world),
                ResponseClass::Provisional if !is_over => *until = world.now + TRANSFER_SILENCE,
                _ => self.fail_transfer(
                    &number,
                    &format!("the call to it ended with {}", status.code()),
                    world,
                ),
            },
            TransferReport::Notified { status: None, is_over: true } => {
                self.fail_transfer(&number, "the gateway ended its reports without a result", world);
            }
            TransferReport::Notified { status: None, is_over: false } => {}
        }
    }

    /// When the peer's silence has lasted too long.
    pub(super) fn transfer_until(&self) -> Option<Instant> {
        match &self.transfer {
            Some(Transfer::Asked { until, .. }) => Some(*until),
            Some(Transfer::Judging { .. }) | None => None,
        }
    }

    /// Gives up a transfer of which nothing was heard in time.
    pub(super) fn give_up_silent_transfer(&mut self, world: &mut Surroundings<'_>) {
        if let Some(Transfer::Asked { number, until, .. }) = &self.transfer
            && *until <= world.now
        {
            let number = number.clone();
            self.fail_transfer(&number, "the gateway said nothing about it for 30 s", world);
        }
    }

    /// Whether the peer's BYE says that it has taken the caller: many never send the last NOTIFY.
    pub(super) fn ends_transferred(&mut self, cause: &EndCause, world: &mut Surroundings<'_>) -> bool {
        let taken = matches!(cause, EndCause::PeerBye { .. });
        match self.transfer.take() {
            Some(Transfer::Asked { number, accepted: true, .. }) if taken => {
                world.effects.push(Effect::Event(self.transfer_event(&kind::TRANSFER_SUCCEEDED, &number)));
                true
            }
            Some(Transfer::Asked { number, .. }) => {
                self.tell_failure(&number, "the call ended before", world);
                false
            }
            Some(Transfer::Judging { .. }) | None => false,
        }
    }

    fn transferred(&mut self, number: &str, world: &mut Surroundings<'_>) {
        self.transfer = None;
        world.effects.push(Effect::Event(self.transfer_event(&kind::TRANSFER_SUCCEEDED, number)));
        self.hang_up(CallEnd::Transferred, world);
    }

    fn fail_transfer(&mut self, number: &str, reason: &str, world: &mut Surroundings<'_>) {
        self.transfer = None;
        self.tell_failure(number, reason, world);
        self.tell(IvrInput::NotTransferred(TransferFailure::Failed), world);
    }

    fn tell_failure(&self, number: &str, reason: &str, world: &mut Surroundings<'_>) {
        let event = self.transfer_event(&kind::TRANSFER_FAILED, number).with("reason", reason);
        world.effects.push(Effect::Event(event));
    }

    fn transfer_event(&self, what: &'static EventKind, number: &str) -> Event {
        let event = self.facts.add_to(Event::new(what)).with("to", number);
        self.facts.add_caller(event)
    }
}

impl Facts {
    /// The one door out of the server: nothing but a [`Dialled`] becomes a REFER.
    fn may_dial(&self, number: &str, scope: &DialScope, holder: NumberHolder) -> Result<Dialled, String> {
        let scope = match scope {
            DialScope::DialPlan => DiallingScope::DialPlan,
            DialScope::Attendant(name) => DiallingScope::Attendant(name),
            DialScope::Subscriber { policy } => DiallingScope::Policy(policy),
        };
        let admitted = &self.admitted;
        admitted
            .site
            .may_dial(&self.snapshot.dial_plan, scope, number, holder)
            .map_err(|refusal| refusal.to_string())
    }
}

fn refused(status: Option<StatusCode>) -> String {
    match status {
        Some(status) => format!("the gateway answered the REFER with {}", status.code()),
        None => "the gateway did not answer the REFER".to_owned(),
    }
}
