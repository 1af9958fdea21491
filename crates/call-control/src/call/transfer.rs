//! The caller is sent to somebody else by REFER (RFC 3515): the number is judged by the dialling rules, the peer is
//! asked, and either it has the caller connected or the conversation goes on.
use std::time::{Duration, Instant};

use dial_plan::{Dialled, DiallingScope, NumberHolder};
use ivr::{DialScope, IvrInput, TransferFailure};
use mailbox::{MailboxCard, PhoneQuestion, StoreRequestKind};
use sip_signaling::{EndCause, ResponseClass, StatusCode};
use telephony::{Event, EventKind, kind};

use super::{Call, CallEnd, Effect, Surroundings, facts::Facts};

/// Neither the store nor the peer says anything about the transfer for so long: it has failed. The store may have changes
/// before it, which wait for the disk.
const TRANSFER_SILENCE: Duration = Duration::from_secs(30);

/// A transfer under way.
#[derive(Debug)]
pub(super) enum Transfer {
    /// The store is asked, by this token, whether the number is a mailbox of the plan; it says so by then.
    Judging { token: u64, wish: Wish, until: Instant },
    /// The REFER is out.
    Referred(Referral),
}

/// Where to, and on whose behalf.
#[derive(Debug)]
pub(super) struct Wish {
    number: String,
    scope: DialScope,
}

/// A REFER that is out.
#[derive(Debug)]
pub(super) struct Referral {
    number: String,
    /// The peer has accepted it.
    accepted: bool,
    /// The peer says something by then, also while it holds the call.
    until: Instant,
}

/// What has come of a REFER.
#[derive(Debug, Eq, PartialEq)]
enum Progress {
    /// Nothing yet.
    GoesOn,
    Succeeded,
    /// In words.
    Failed(String),
}

/// What the peer says about our REFER.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TransferReport {
    /// The final response to it; `None` if there was none.
    Answered(Option<StatusCode>),
    /// A NOTIFY, with what the call to the target has been answered.
    Notified { status: Option<StatusCode>, is_over: bool },
}

impl Transfer {
    /// When the silence of the store, or of the peer, has lasted too long.
    pub(super) fn until(&self) -> Instant {
        match self {
            Self::Judging { until, .. } => *until,
            Self::Referred(referral) => referral.until,
        }
    }

    /// Whether this answer of the store is about it: no other says who has the number.
    pub(super) fn is_judged_by(&self, answer: u64) -> bool {
        matches!(self, Self::Judging { token, .. } if *token == answer)
    }
}

impl Referral {
    fn new(number: String, now: Instant) -> Self {
        Self { number, accepted: false, until: now + TRANSFER_SILENCE }
    }

    /// The peer has said something.
    fn hear(&mut self, report: TransferReport, now: Instant) -> Progress {
        match report {
            TransferReport::Answered(Some(status)) if status.class() == ResponseClass::Success => {
                self.accepted = true;
                self.until = now + TRANSFER_SILENCE;
                Progress::GoesOn
            }
            TransferReport::Answered(status) => Progress::Failed(refused(status)),
            TransferReport::Notified { status: Some(status), is_over } => match status.class() {
                ResponseClass::Success => Progress::Succeeded,
                ResponseClass::Provisional if !is_over => {
                    self.until = now + TRANSFER_SILENCE;
                    Progress::GoesOn
                }
                ResponseClass::Provisional
                | ResponseClass::Redirection
                | ResponseClass::ClientFailure
                | ResponseClass::ServerFailure
                | ResponseClass::GlobalFailure => {
                    Progress::Failed(format!("the call to it ended with {}", status.code()))
                }
            },
            TransferReport::Notified { status: None, is_over: true } => {
                Progress::Failed("the gateway ended its reports without a result".to_owned())
            }
            TransferReport::Notified { status: None, is_over: false } => Progress::GoesOn,
        }
    }
}

impl Call {
    pub(super) fn transfer(&mut self, number: String, scope: DialScope, world: &mut Surroundings<'_>) {
        let Some(talk) = &mut self.dialogue.talk else { return };
        let dial_plan = self.facts.snapshot.dial_plan.clone();
        let question = PhoneQuestion::Card { dial_plan, number: number.clone() };
        let token = world.store(StoreRequestKind::Phone(question));
        let (wish, until) = (Wish { number, scope }, world.now + TRANSFER_SILENCE);
        talk.transfer = Some(Transfer::Judging { token, wish, until });
    }

    /// The store has said whose number it is; without its word nothing is dialled.
    pub(super) fn judge_transfer(
        &mut self,
        holder: Option<Option<Box<MailboxCard>>>,
        world: &mut Surroundings<'_>,
    ) {
        let Some(Transfer::Judging { wish, .. }) = self.dialogue.take_transfer() else { return };
        let (Some(dialog), Wish { number, scope }) = (self.leg.dialog(), wish) else { return };
        let Some(holder) = holder else {
            return self.fail_transfer(&number, "the store did not answer", world);
        };
        let holder = if holder.is_some() { NumberHolder::Mailbox } else { NumberHolder::Nobody };
        match self.facts.may_dial(&number, &scope, holder) {
            Ok(dialled) => {
                world.effects.push(Effect::Event(self.facts.transfer(&kind::TRANSFER_STARTING, &number)));
                world.effects.push(Effect::Refer {
                    dialog,
                    dialled,
                    domain: self.facts.admitted.gateway().refer_domain.clone(),
                    by: self.facts.snapshot.extension.clone(),
                });
                if let Some(talk) = &mut self.dialogue.talk {
                    talk.transfer = Some(Transfer::Referred(Referral::new(number, world.now)));
                }
            }
            Err(reason) => {
                self.tell_failure(&number, &reason, world);
                self.tell(IvrInput::NotTransferred(TransferFailure::NotAllowed), world);
            }
        }
    }

    /// What the peer says about the REFER.
    pub(super) fn hear_of_transfer(&mut self, report: TransferReport, world: &mut Surroundings<'_>) {
        let Some(Transfer::Referred(referral)) = self.dialogue.transfer_mut() else { return };
        let progress = referral.hear(report, world.now);
        let number = referral.number.clone();
        match progress {
            Progress::GoesOn => {}
            Progress::Succeeded => self.transferred(&number, world),
            Progress::Failed(reason) => self.fail_transfer(&number, &reason, world),
        }
    }

    /// Gives up a transfer of which nothing was heard in time.
    pub(super) fn give_up_silent_transfer(&mut self, world: &mut Surroundings<'_>) {
        match self.dialogue.transfer() {
            Some(transfer) if transfer.until() > world.now => {}
            Some(Transfer::Judging { .. }) => self.judge_transfer(None, world),
            Some(Transfer::Referred(referral)) => {
                let number = referral.number.clone();
                self.fail_transfer(&number, "the gateway said nothing about it for 30 s", world);
            }
            None => {}
        }
    }

    /// Whether the peer's BYE says that it has taken the caller: many never send the last NOTIFY.
    pub(super) fn ends_transferred(&mut self, cause: &EndCause, world: &mut Surroundings<'_>) -> bool {
        let taken = matches!(cause, EndCause::PeerBye { .. });
        match self.dialogue.take_transfer() {
            Some(Transfer::Referred(Referral { number, accepted: true, .. })) if taken => {
                world.effects.push(Effect::Event(self.facts.transfer(&kind::TRANSFER_SUCCEEDED, &number)));
                true
            }
            Some(Transfer::Referred(Referral { number, .. })) => {
                self.tell_failure(&number, "the call ended before", world);
                false
            }
            Some(Transfer::Judging { .. }) | None => false,
        }
    }

    fn transferred(&mut self, number: &str, world: &mut Surroundings<'_>) {
        world.effects.push(Effect::Event(self.facts.transfer(&kind::TRANSFER_SUCCEEDED, number)));
        self.hang_up(CallEnd::Transferred, world);
    }

    fn fail_transfer(&mut self, number: &str, reason: &str, world: &mut Surroundings<'_>) {
        self.dialogue.take_transfer();
        self.tell_failure(number, reason, world);
        self.tell(IvrInput::NotTransferred(TransferFailure::Failed), world);
    }

    fn tell_failure(&self, number: &str, reason: &str, world: &mut Surroundings<'_>) {
        let event = self.facts.transfer(&kind::TRANSFER_FAILED, number).with("reason", reason);
        world.effects.push(Effect::Event(event));
    }
}

impl Facts {
    /// An event about a transfer to this number.
    fn transfer(&self, what: &'static EventKind, number: &str) -> Event {
        self.add_caller(self.add_to(Event::new(what)).with("to", number))
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn each_report_of_the_peer_means_one_thing() {
        let (answered, notified) = (
            |code| TransferReport::Answered(StatusCode::new(code)),
            |code: Option<u16>, is_over| {
                let status = code.map(|code| StatusCode::new(code).unwrap());
                TransferReport::Notified { status, is_over }
            },
        );
        let failed = |words: &str| Progress::Failed(words.to_owned());
        for (report, progress, lengthens) in [
            (answered(202), Progress::GoesOn, true),
            (answered(200), Progress::GoesOn, true),
            (answered(405), failed("the gateway answered the REFER with 405"), false),
            (TransferReport::Answered(None), failed("the gateway did not answer the REFER"), false),
            (notified(Some(100), false), Progress::GoesOn, true),
            (notified(Some(180), true), failed("the call to it ended with 180"), false),
            (notified(Some(200), false), Progress::Succeeded, false),
            (notified(Some(200), true), Progress::Succeeded, false),
            (notified(Some(302), false), failed("the call to it ended with 302"), false),
            (notified(Some(486), true), failed("the call to it ended with 486"), false),
            (notified(Some(503), true), failed("the call to it ended with 503"), false),
            (notified(Some(603), true), failed("the call to it ended with 603"), false),
            (notified(None, false), Progress::GoesOn, false),
            (notified(None, true), failed("the gateway ended its reports without a result"), false),
        ] {
            let now = Instant::now();
            let mut referral = Referral::new("0500".into(), now);

            assert_eq!(referral.hear(report, now + SECOND), progress, "{report:?}");
            let until = now + TRANSFER_SILENCE + if lengthens { SECOND } else { Duration::ZERO };
            assert_eq!(referral.until, until, "{report:?}");
        }
    }
}
