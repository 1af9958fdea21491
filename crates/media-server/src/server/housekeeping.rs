//! What goes by itself when its time is over: messages, calls that nobody took, call records.
use std::{error::Error, time::Duration};

use jiff::Timestamp;
use storage::{Purged, Store, StoreError};
use telephony::{Event, kind};
use tokio::time::{MissedTickBehavior, interval};

use super::foundation::blocking;
use crate::observe::Observer;

/// Limits are given in days.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// One look at everything that has an end.
struct Round {
    /// Messages, and missed calls of mailboxes.
    mailboxes: Result<Purged, StoreError>,
    /// Call records that are older than their 90 days and that no new ones push out.
    calls: Result<usize, StoreError>,
}

/// Looks at once, and then for as long as the server runs.
pub(super) async fn keep_house(store: Store, observer: Observer) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let store = store.clone();
        let round = blocking(move || Round::at(&store, Timestamp::now())).await;
        round.events().for_each(|event| observer.tell(event));
    }
}

impl Round {
    /// What fails does not keep the rest from going.
    fn at(store: &Store, now: Timestamp) -> Self {
        Self { mailboxes: store.purge(now), calls: store.purge_calls(now) }
    }

    fn events(self) -> impl Iterator<Item = Event> {
        let mailboxes = match self.mailboxes {
            Ok(Purged { aged: 0, removed: 0, .. }) => None,
            Ok(Purged { aged, removed, .. }) => {
                Some(Event::new(&kind::MESSAGES_PURGED).with("deleted", aged).with("removed", removed))
            }
            Err(error) => failed(Event::new(&kind::PURGE_FAILED), &error),
        };
        let calls = self.calls.err().and_then(|error| failed(Event::new(&kind::CALLS_NOT_PURGED), &error));
        [mailboxes, calls].into_iter().flatten()
    }
}

/// Nothing is told of a store that is closed: the server is stopping.
fn failed(event: Event, error: &StoreError) -> Option<Event> {
    let cause = error.source().map_or_else(String::new, |cause| format!(" ({cause})"));
    let is_closed = matches!(error, StoreError::Closed);
    (!is_closed).then(|| event.with("reason", format!("{error}{cause}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(mailboxes: Result<Purged, StoreError>, calls: Result<usize, StoreError>) -> Vec<Event> {
        Round { mailboxes, calls }.events().collect()
    }

    fn ids(events: &[Event]) -> Vec<u16> {
        events.iter().map(|event| event.kind.id).collect()
    }

    #[test]
    fn round_is_told_when_it_did_something_to_messages_or_failed() {
        let broken = || StoreError::NoSuchMailbox { mailbox: mailbox::MailboxId(7) };
        let done = Purged { aged: 2, removed: 3, missed: 4 };

        let events = told(Ok(done), Ok(5));

        assert_eq!(ids(&events), [2056]);
        assert_eq!(events[0].fields, [("deleted", "2".to_owned()), ("removed", "3".to_owned())]);
        assert!(told(Ok(Purged::default()), Ok(5)).is_empty());
        assert_eq!(ids(&told(Err(broken()), Err(broken()))), [2057, 2074]);
        assert_eq!(ids(&told(Err(broken()), Ok(0))), [2057]);
        assert_eq!(ids(&told(Ok(Purged::default()), Err(broken()))), [2074]);
    }

    #[test]
    fn nothing_is_told_of_a_store_that_is_closed() {
        assert!(told(Err(StoreError::Closed), Err(StoreError::Closed)).is_empty());
    }
}
