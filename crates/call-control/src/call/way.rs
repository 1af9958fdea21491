//! How a call came to its mailbox, for the events about it (security-modes 1b).
use telephony::Event;

use super::Call;

impl Call {
    /// Adds the header and entry that named the mailbox, the number as received and as looked up, and the gateway's
    /// number rule that lies between; nothing if no mailbox was found.
    pub(super) fn with_way(&self, event: Event) -> Event {
        let Some(found) =
            self.called().and_then(|called| self.admitted.route.candidates.get(called.candidate))
        else {
            return event;
        };
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
}
