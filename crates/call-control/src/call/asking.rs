//! Carries the questions of the conversation to the store, and the answers back.
use std::{collections::BTreeMap, sync::Arc};

use ivr::{Answer, IvrInput, Question};
use mailbox::{
    LogOn, OutgoingRecording, PhoneChange, PhoneQuestion, PinAttempt, PinRules, StoreReply, StoreReplyKind,
    StoreRequestKind,
};

use super::{Call, Effect, Surroundings, dialogue::Errand, facts::Facts};
use crate::mailbox_rules::pin_rules;

impl Call {
    pub(super) fn ask(&mut self, question: Question, world: &mut Surroundings<'_>) {
        match self.request_for(question, world) {
            Some(request) => {
                let token = world.store(request);
                if let Some(talk) = &mut self.dialogue.talk {
                    talk.question = Some(token);
                }
            }
            None => self.tell(IvrInput::Answered(Answer::Failed), world),
        }
    }

    /// The store has answered; whom, the token says. What nobody waits for any more passes without effect.
    pub(super) fn take_reply(&mut self, reply: StoreReply, world: &mut Surroundings<'_>) {
        let StoreReply { token, what } = reply;
        if let Ok(StoreReplyKind::LogOn(came)) = &what {
            self.note_log_on(came, world);
        }
        let Some(errand) = self.dialogue.answered(token) else { return };
        match (errand, what) {
            (Errand::Lookup(sought), Ok(StoreReplyKind::Mailbox(found))) => self.found(sought, found, world),
            (Errand::Lookup(sought), Ok(_) | Err(_)) => self.not_found_out(sought, world),
            (Errand::Judgement, Ok(StoreReplyKind::Card(holder))) => self.judge_transfer(Some(holder), world),
            (Errand::Judgement, Ok(_) | Err(_)) => self.judge_transfer(None, world),
            (Errand::Question, what) => self.hear(what.ok(), world),
            (Errand::Keeping, Ok(_)) => self.tell(IvrInput::MessageStored, world),
            (Errand::Keeping, Err(_)) => self.tell(IvrInput::MessageNotStored, world),
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
        if let (Answer::LogOn(LogOn::Opened(subscriber)), Some(talk)) = (&answer, &mut self.dialogue.talk) {
            talk.open_mailbox = Some(subscriber.mailbox.clone());
        }
        self.tell(IvrInput::Answered(answer), world);
    }

    /// What is told of a log-on, also of one whose caller has gone meanwhile.
    fn note_log_on(&mut self, came: &LogOn, world: &mut Surroundings<'_>) {
        if let LogOn::Opened(subscriber) = came {
            self.facts.snapshot.extension = Some(subscriber.mailbox.extension.to_string());
            world.effects.push(Effect::Changed(self.facts.snapshot.clone()));
        }
        if let Some(event) = self.dialogue.log_ons.heard(came, self.facts.admitted.plan().logon_failures) {
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
                let rules = self.facts.pin_rules().remove(&self.dialogue.open_mailbox()?.policy)?;
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
