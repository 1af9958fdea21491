//! Events about lamps that could not be told: an outage of a gateway has thousands of them.
use std::time::{Duration, Instant};

use telephony::{Event, EventKind};

/// Events about single lamps within [`WINDOW`]; what is more is counted, and told as one event at its end.
pub(super) const EVENTS_PER_WINDOW: u32 = 10;
/// The window of [`EVENTS_PER_WINDOW`].
pub(super) const WINDOW: Duration = Duration::from_secs(60);

/// Counts events of one kind within the running window.
#[derive(Debug)]
pub(super) struct Failures {
    kind: &'static EventKind,
    telling: Option<(Instant, u32)>,
}

impl Failures {
    pub(super) fn new(kind: &'static EventKind) -> Self {
        Self { kind, telling: None }
    }

    /// Gives the event back if it may be told by itself; else it is counted.
    pub(super) fn admit(&mut self, event: Event, now: Instant) -> Option<Event> {
        let (_, told) = self.telling.get_or_insert((now, 0));
        *told = told.saturating_add(1);
        (*told <= EVENTS_PER_WINDOW).then_some(event)
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.telling.map(|(began, _)| began + WINDOW)
    }

    /// The end of a window: one event for all that had none of their own.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Option<Event> {
        let (_, told) = self.telling.take_if(|(began, _)| *began + WINDOW <= now)?;
        let untold = told.saturating_sub(EVENTS_PER_WINDOW);
        (untold > 0)
            .then(|| Event::new(self.kind).with("extension", "several mailboxes").with("count", untold))
    }
}

#[cfg(test)]
mod tests {
    use telephony::kind;

    use super::*;

    #[test]
    fn outage_has_ten_events_and_one_that_counts_the_others() {
        let mut failures = Failures::new(&kind::LAMP_FAILED);
        let start = Instant::now();

        let told = (0..5_000).filter_map(|_| failures.admit(Event::new(&kind::LAMP_FAILED), start)).count();

        assert_eq!(told, 10);
        assert_eq!(failures.poll_timeout(), Some(start + WINDOW));
        let counted = failures.handle_timeout(start + WINDOW).unwrap();
        assert_eq!(counted.fields, [("extension", "several mailboxes".into()), ("count", "4990".into())]);
        assert_eq!(failures.poll_timeout(), None);
    }
}
