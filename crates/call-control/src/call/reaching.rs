//! Whom a call reaches: the mailbox that was called, its caller's own, or an attendant; and from one to the next.
use std::time::Duration;

use dial_plan::{MailboxPolicy, Name, PlanService};
use ivr::{
    AttendantSettings, AutoAttendant, CallAnswering, CallAnsweringSettings, Conversation, IvrInput,
    MessageRoom, PeopleOffered, SpokenName, SubscriberAccess, SubscriberAccessSettings, Successor,
};
use mailbox::{FoundMailbox, MailboxRoom, StoreRequestKind};

use super::{Call, Surroundings, facts::Facts, talk::Talk};
use crate::refusal::Refusal;

/// The store must name the mailbox within this time: else `503`, and whoever is up stays where they are.
const MAILBOX_LOOKUP: Duration = Duration::from_secs(2);

/// Whom the call has reached: decides which conversation its caller is in.
#[derive(Clone, Debug)]
pub(super) enum Reached {
    /// Somebody who does not answer: leave a message.
    Mailbox(Box<FoundMailbox>),
    /// The caller may open a mailbox.
    SubscriberAccess {
        /// Its number, if it is known: then the PIN alone is asked.
        number: Option<String>,
    },
    /// An attendant of the plan.
    Attendant(Name),
}

/// What the store is asked about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sought {
    /// The numbers that the INVITE names.
    Called,
    /// The caller's own number.
    Caller,
    /// The mailbox that a conversation hands its caller over to.
    Successor,
}

impl Call {
    /// The first of the numbers that the INVITE names counts that is a mailbox.
    pub(super) fn look_up(&mut self, world: &mut Surroundings<'_>) {
        let candidates = &self.facts.admitted.route.candidates;
        let candidates = candidates.iter().map(|candidate| candidate.rewritten.clone()).collect();
        self.seek(Sought::Called, candidates, world);
    }

    /// The store has said whose number it is.
    pub(super) fn found(
        &mut self,
        sought: Sought,
        found: Option<Box<FoundMailbox>>,
        world: &mut Surroundings<'_>,
    ) {
        match (sought, found) {
            (Sought::Called, Some(called)) => self.answer(Reached::Mailbox(called), world),
            (Sought::Called, None) => self.reach_service(world),
            (Sought::Caller, own) => {
                let number = own.map(|own| own.mailbox.extension.to_string());
                self.answer(Reached::SubscriberAccess { number }, world);
            }
            (Sought::Successor, Some(called)) => self.converse_with(Reached::Mailbox(called), world),
            (Sought::Successor, None) => self.tell(IvrInput::NotHandedOver, world),
        }
    }

    /// The store could not say whose number it is, or not in time.
    pub(super) fn not_found_out(&mut self, sought: Sought, world: &mut Surroundings<'_>) {
        match sought {
            Sought::Called | Sought::Caller => self.refuse(&Refusal::StoreSilent, world),
            Sought::Successor => self.tell(IvrInput::NotHandedOver, world),
        }
    }

    /// No number that the INVITE names is a mailbox: then it counts what the called number stands for.
    fn reach_service(&mut self, world: &mut Surroundings<'_>) {
        match &self.facts.admitted.route.service {
            PlanService::CallAnswering => {
                let refusal = self.facts.unknown_mailbox();
                self.refuse(&refusal, world);
            }
            PlanService::AutoAttendant(name) => {
                let attendant = Reached::Attendant(name.clone());
                self.answer(attendant, world);
            }
            PlanService::SubscriberAccess => {
                let plan = self.facts.admitted.plan();
                if !plan.lets_subscribers_log_on() {
                    let refusal = Refusal::PinsInTheClear {
                        dial_plan: plan.name.to_string(),
                        mode: plan.voip_security,
                    };
                    return self.refuse(&refusal, world);
                }
                let caller = self.facts.snapshot.caller.clone().into_iter().collect();
                self.seek(Sought::Caller, caller, world);
            }
        }
    }

    /// Another conversation takes the caller over.
    pub(super) fn hand_over(&mut self, successor: Successor, world: &mut Surroundings<'_>) {
        match successor {
            Successor::Mailbox { number } => self.seek(Sought::Successor, vec![number], world),
            Successor::SubscriberAccess { .. } if !self.facts.admitted.plan().lets_subscribers_log_on() => {
                self.tell(IvrInput::NotHandedOver, world);
            }
            Successor::SubscriberAccess { number } => {
                self.converse_with(Reached::SubscriberAccess { number }, world);
            }
            Successor::Attendant(name) => match self.facts.attendant_named(&name) {
                Some(name) => self.converse_with(Reached::Attendant(name), world),
                None => self.tell(IvrInput::NotHandedOver, world),
            },
        }
    }

    /// Whose number it is, the store is to say in time.
    fn seek(&mut self, sought: Sought, candidates: Vec<String>, world: &mut Surroundings<'_>) {
        let dial_plan = self.facts.snapshot.dial_plan.clone();
        let find = StoreRequestKind::FindMailbox { dial_plan, candidates, at: world.date };
        let token = world.store(find);
        self.dialogue.sought.begin(token, world.now + MAILBOX_LOOKUP, sought);
    }

    /// The caller who is up hears somebody else from now on; one who has gone meanwhile hears nobody.
    fn converse_with(&mut self, reached: Reached, world: &mut Surroundings<'_>) {
        if self.dialogue.talk.is_none() || self.leg.outcome().is_some() {
            return self.tell(IvrInput::NotHandedOver, world);
        }
        self.reach(reached);
        self.begin_talk(Duration::ZERO, world);
        self.follow_turn(world);
    }

    pub(super) fn reach(&mut self, reached: Reached) {
        if let Reached::Mailbox(called) = &reached {
            self.facts.snapshot.extension = Some(called.mailbox.extension.to_string());
        }
        self.dialogue.reached = Some(reached);
    }

    /// The conversation with whom the call has reached begins after this time.
    pub(super) fn begin_talk(&mut self, after: Duration, world: &Surroundings<'_>) {
        let reached = self.dialogue.reached.as_ref();
        let conversation = reached.and_then(|reached| self.facts.conversation(reached, world));
        let at = world.now + after;
        self.dialogue.talk = conversation.map(|talk| Talk::new(talk, self.facts.language(), at));
    }
}

impl Facts {
    fn conversation(&self, reached: &Reached, world: &Surroundings<'_>) -> Option<Conversation> {
        match reached {
            Reached::Mailbox(called) => {
                Some(CallAnswering::new(self.answering_settings(called, world)).into())
            }
            Reached::SubscriberAccess { number } => {
                Some(SubscriberAccess::new(self.access_settings(number.clone(), world)).into())
            }
            Reached::Attendant(name) => {
                let now = self.admitted.site.menu_at(name.as_str(), world.date)?;
                let prompts = &world.settings.prompts;
                let settings = AttendantSettings::of(&now)
                    .with_recordings(|recording| prompts.announcement(recording).is_some());
                Some(AutoAttendant::new(settings).into())
            }
        }
    }

    fn access_settings(
        &self,
        caller_number: Option<String>,
        world: &Surroundings<'_>,
    ) -> SubscriberAccessSettings {
        let plan = self.admitted.plan();
        let of_plan = self.admitted.site.policies().filter(|policy| policy.dial_plan == plan.name);
        SubscriberAccessSettings {
            caller_number,
            welcome: world.settings.prompts.recording(plan.greetings.welcome.as_ref()),
            announcement: world.settings.prompts.announcement_of(&plan.greetings),
            input_failures: plan.input_failures,
            logon_failures: plan.logon_failures,
            recording_silence: Duration::from_secs(u64::from(plan.recording_idle_seconds)),
            longest_message: Duration::from_secs(60 * u64::from(plan.max_recording_minutes)),
            longest_greetings: of_plan.map(longest_greeting).collect(),
            layout: match plan.key_layout {
                dial_plan::KeyLayout::Exchange => ivr::KeyLayout::exchange(),
                dial_plan::KeyLayout::Asterisk => ivr::KeyLayout::asterisk_like(),
            },
            language: self.language(),
            directory: (plan.dialling.allow_dial_plan_subscribers || plan.dialling.allow_extensions)
                .then_some(PeopleOffered { calls: true, messages: true }),
            operator: plan.operator.as_ref().map(ToString::to_string),
            started: world.date,
            time_zone: plan.zone(),
            extension_digits: plan.extension_digits,
        }
    }

    fn answering_settings(&self, called: &FoundMailbox, world: &Surroundings<'_>) -> CallAnsweringSettings {
        let plan = self.admitted.plan();
        let extension = called.mailbox.extension.to_string();
        CallAnsweringSettings {
            called: match &called.recorded_name {
                Some(name) => SpokenName::Recorded(name.clone()),
                None => SpokenName::Extension(extension.clone()),
            },
            greeting: called.greeting,
            plan_greeting: world.settings.prompts.recording(plan.greetings.mailbox.as_ref()),
            extension,
            operator: plan.operator.as_ref().map(ToString::to_string),
            silence: Duration::from_secs(u64::from(plan.recording_idle_seconds)),
            maximum: Duration::from_secs(60 * u64::from(plan.max_recording_minutes)),
            input_failures: plan.input_failures,
            room: match (world.room, called.room) {
                (MessageRoom::Some, MailboxRoom::Full) => MessageRoom::MailboxFull,
                (room, _) => room,
            },
        }
    }

    /// An attendant of the plan that takes calls.
    fn attendant_named(&self, name: &str) -> Option<Name> {
        let found = self.admitted.site.attendant(name)?;
        let takes = found.enabled && found.dial_plan.as_str() == self.snapshot.dial_plan;
        takes.then(|| found.name.clone())
    }
}

/// How long the greetings of its mailboxes may be, by the policy's name.
fn longest_greeting(policy: &MailboxPolicy) -> (String, Duration) {
    (policy.name.to_string(), Duration::from_secs(60 * u64::from(policy.max_greeting_minutes)))
}
