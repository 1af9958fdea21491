//! Carries the questions of the conversation to the store, and the answers back.
use std::{collections::BTreeMap, sync::Arc};

use ivr::{Answer, IvrInput, Question};
use mailbox::{
    LogOn, OutgoingRecording, PhoneChange, PhoneQuestion, PinAttempt, PinRules, StoreReply, StoreReplyKind,
    StoreRequestKind,
};

use super::{Call, Effect, Surroundings, facts::Facts};
use crate::mailbox_rules::pin_rules;

impl Call {
    pub(super) fn ask(&mut self, question: Question, world: &mut Surroundings<'_>) {
        match self.request_for(question, world) {
            Some(request) => self.question = Some(world.store(request)),
            None => self.tell(IvrInput::Answered(Answer::Failed), world),
        }
    }

    /// The store has answered; whom, the token says. What nobody waits for any more passes without effect.
    pub(super) fn take_reply(&mut self, reply: StoreReply, world: &mut Surroundings<'_>) {
        let StoreReply { token, what } = reply;
        if let Ok(StoreReplyKind::LogOn(came)) = &what {
            self.note_log_on(came, world);
        }
        if let Some(sought) = self.sought.answered(token) {
            match what {
                Ok(StoreReplyKind::Mailbox(found)) => self.found(sought, found, world),
                Ok(_) | Err(_) => self.not_found_out(sought, world),
            }
        } else if let Some(wish) = self.judged(token) {
            let holder = match what {
                Ok(StoreReplyKind::Card(card)) => Some(card),
                Ok(_) | Err(_) => None,
            };
            self.judge_transfer(wish, holder, world);
        } else if self.question.take_if(|open| *open == token).is_some() {
            self.hear(what.ok(), world);
        } else if self.keeping.take_if(|open| *open == token).is_some() {
            self.tell(if what.is_ok() { IvrInput::MessageStored } else { IvrInput::MessageNotStored }, world);
        }
    }

    /// The store has answered the conversation; `None` if it could not.
    fn hear(&mut self, reply: Option<StoreReplyKind>, world: &mut Surroundings<'_>) {
        let answer = match reply {
            Some(StoreReplyKind::LogOn(came)) => Answer::LogOn(came),
            Some(StoreReplyKind::Card(card)) => Answer::Card(card),
            Some(StoreReplyKind::Messages(messages)) => Answer::Messages(messages),
            Some(StoreReplyKind::Names(names)) => Answer::Names(names),
            Some(StoreReplyKind::Pin(set)) => Answer::Pin(set),
            Some(StoreReplyKind::GreetingKept(kept)) => Answer::GreetingKept(kept),
            Some(StoreReplyKind::Changed(changed)) => Answer::Changed(changed),
            Some(
                StoreReplyKind::Mailbox(_)
                | StoreReplyKind::RecordingBegun
                | StoreReplyKind::Committed { .. }
                | StoreReplyKind::Discarded,
            )
            | None => Answer::Failed,
        };
        if let Answer::LogOn(LogOn::Opened(subscriber)) = &answer {
            self.open_mailbox = Some(subscriber.mailbox.clone());
        }
        self.tell(IvrInput::Answered(answer), world);
    }

    /// What is told of a log-on, also of one whose caller has gone meanwhile.
    fn note_log_on(&mut self, came: &LogOn, world: &mut Surroundings<'_>) {
        if let LogOn::Opened(subscriber) = came {
            self.facts.snapshot.extension = Some(subscriber.mailbox.extension.to_string());
            world.effects.push(Effect::Changed(self.facts.snapshot.clone()));
        }
        if let Some(event) = self.log_ons.heard(came, self.facts.admitted.plan().logon_failures) {
            let event = self.facts.add_caller(self.facts.add_to(event));
            world.effects.push(Effect::Event(event));
        }
    }

    /// `None`: it needs a recording, and there is none; or the mailbox has no policy any more.
    fn request_for(&mut self, question: Question, world: &Surroundings<'_>) -> Option<StoreRequestKind> {
        let dial_plan = self.facts.snapshot.dial_plan.clone();
        let change = |what| StoreRequestKind::Change { at: world.date, what };
        Some(match question {
            Question::LogOn { number, pin } => StoreRequestKind::LogOn(PinAttempt {
                dial_plan,
                number,
                pin,
                gateway: self.facts.snapshot.gateway.clone(),
                caller: self.facts.snapshot.caller.clone(),
                rules: Arc::new(self.facts.pin_rules()),
                at: world.date,
            }),
            Question::SetPin { mailbox, pin } => {
                let rules = self.facts.pin_rules().remove(&self.open_mailbox.as_ref()?.policy)?;
                change(PhoneChange::Pin { mailbox, pin, rules })
            }
            Question::Card { number } => StoreRequestKind::Phone(PhoneQuestion::Card { dial_plan, number }),
            Question::Messages { mailbox } => StoreRequestKind::Phone(PhoneQuestion::Messages { mailbox }),
            Question::Mark { mailbox, message, state } => {
                change(PhoneChange::Message { mailbox, message, state })
            }
            Question::Send(message) => {
                let recording = match message.recorded {
                    Some(length) => Some(self.take_outgoing(length)?),
                    None => None,
                };
                change(PhoneChange::Send { recording, message })
            }
            Question::KeepGreeting { mailbox, kind, length } => {
                change(PhoneChange::Greeting { mailbox, kind, recording: self.take_outgoing(length)? })
            }
            Question::SetOption { mailbox, change: option } => {
                change(PhoneChange::Option { mailbox, change: option })
            }
            Question::Names { digits, order } => {
                StoreRequestKind::Phone(PhoneQuestion::Names { dial_plan, digits, order })
            }
        })
    }

    fn take_outgoing(&mut self, length: std::time::Duration) -> Option<OutgoingRecording> {
        let recording = self.session.take_recording()?;
        Some(OutgoingRecording { recording: recording.0, length })
    }
}

impl Facts {
    /// What each policy of the plan that lets its subscribers log on asks of PINs; none if the plan asks for no PIN in
    /// calls such as this, which then opens no mailbox, whatever conversation it came to.
    fn pin_rules(&self) -> BTreeMap<String, PinRules> {
        let plan = self.admitted.plan();
        self.admitted
            .site
            .policies()
            .filter(|policy| {
                plan.lets_subscribers_log_on()
                    && policy.dial_plan == plan.name
                    && policy.allow_subscriber_access
            })
            .map(|policy| (policy.name.to_string(), pin_rules(policy)))
            .collect()
    }
}
