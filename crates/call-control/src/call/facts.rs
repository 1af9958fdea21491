//! What is known of a call from its INVITE on, and what follows from that alone.
use dial_plan::VoipSecurity;
use ivr::Language;
use mailbox::{FoundMailbox, MailboxId, MissedCall};
use telephony::{Event, kind};

use super::Surroundings;
use crate::{
    admission::Admitted,
    refusal::{Refusal, transport_word},
    vocabulary::CallSnapshot,
};

/// Who calls, over what, and the configuration that let the call in, which it keeps for its whole life.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) snapshot: CallSnapshot,
    pub(super) admitted: Admitted,
    /// The test line that it came over.
    pub(super) test_line: Option<u64>,
}

impl Facts {
    pub(super) fn new(snapshot: CallSnapshot, admitted: Admitted) -> Self {
        Self { snapshot, admitted, test_line: None }
    }

    /// A call over the test line leaves nothing behind.
    pub(super) fn is_test(&self) -> bool {
        self.test_line.is_some()
    }

    /// The mode of its plan, as it was when the call came.
    pub(super) fn mode(&self) -> VoipSecurity {
        self.admitted.plan().voip_security
    }

    /// What a conversation speaks at its beginning. A plan of an earlier version may have one that is not spoken.
    pub(super) fn language(&self) -> Language {
        self.admitted.plan().language.parse().unwrap_or_default()
    }

    /// Adds what every event about this call says.
    pub(super) fn add_to(&self, event: Event) -> Event {
        let event = event
            .with("call_id", &self.snapshot.call_id)
            .with("gateway", &self.snapshot.gateway)
            .with("dial_plan", &self.snapshot.dial_plan)
            .with("transport", transport_word(self.snapshot.transport));
        match &self.snapshot.extension {
            Some(extension) => event.with("extension", extension),
            None => event,
        }
    }

    /// Adds who calls, if that is known.
    pub(super) fn add_caller(&self, event: Event) -> Event {
        match &self.snapshot.caller {
            Some(caller) => event.with("caller", caller),
            None => event,
        }
    }

    /// Adds the header and entry that named the mailbox, the number as received and as looked up, and the gateway's
    /// number rule that lies between (security-modes 1b).
    pub(super) fn add_way(&self, called: &FoundMailbox, event: Event) -> Event {
        let Some(found) = self.admitted.route.candidates.get(called.candidate) else { return event };
        let event = event
            .with("hunt_group", &self.admitted.route.hunt_group)
            .with("found_in", &found.source)
            .with("received", &found.received)
            .with("rewritten", &found.rewritten);
        match &found.rule {
            Some(rule) => event.with("number_rule", rule),
            None => event,
        }
    }

    /// What the owner of the mailbox is told of a caller who has left nothing.
    pub(super) fn missed_call(&self, mailbox: MailboxId, world: &Surroundings<'_>) -> MissedCall {
        MissedCall {
            mailbox,
            at: world.date,
            caller: self.snapshot.caller.clone(),
            caller_name: self.snapshot.caller_name.clone(),
            call_id: self.snapshot.call_id.clone(),
        }
    }

    /// The event of a call whose caller has left nothing.
    pub(super) fn missed_event(&self) -> Event {
        let event = self.add_caller(self.add_to(Event::new(&kind::MISSED_CALL)));
        match &self.snapshot.caller_name {
            Some(name) => event.with("caller_name", name),
            None => event,
        }
    }

    /// No number that the INVITE names is a mailbox.
    pub(super) fn unknown_mailbox(&self) -> Refusal {
        let first = self.admitted.route.candidates.first();
        Refusal::UnknownMailbox {
            dial_plan: self.admitted.route.dial_plan.to_string(),
            received: first.map(|c| c.received.clone()).unwrap_or_default(),
            rewritten: first.map(|c| c.rewritten.clone()).unwrap_or_default(),
        }
    }
}
