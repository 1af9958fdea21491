//! Removes what has reached the end of its time, once an hour.
use std::time::Duration;

use jiff::Timestamp;
use storage::{Purged, Store, StoreError};
use telephony::{Event, kind};
use tokio::time::{MissedTickBehavior, interval};

use super::foundation::blocking;
use crate::observe::Observer;

/// Limits are given in days.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Looks at once, and then for as long as the server runs.
pub(super) async fn purge_hourly(store: Store, observer: Observer) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let purging = store.clone();
        let done = blocking(move || purging.purge(Timestamp::now())).await;
        if let Some(event) = event(done) {
            observer.tell(event);
        }
    }
}

fn event(done: Result<Purged, StoreError>) -> Option<Event> {
    match done {
        Ok(Purged { aged: 0, removed: 0, .. }) | Err(StoreError::Closed) => None,
        Ok(Purged { aged, removed, .. }) => {
            Some(Event::new(&kind::MESSAGES_PURGED).with("deleted", aged).with("removed", removed))
        }
        Err(error) => {
            let cause =
                std::error::Error::source(&error).map_or_else(String::new, |cause| format!(" ({cause})"));
            Some(Event::new(&kind::PURGE_FAILED).with("reason", format!("{error}{cause}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purge_is_told_when_it_did_something_or_failed() {
        let told = event(Ok(Purged { aged: 2, removed: 3, missed: 4 })).unwrap();

        assert_eq!(told.kind.id, 2056);
        assert_eq!(told.fields, [("deleted", "2".to_owned()), ("removed", "3".to_owned())]);
        assert_eq!(event(Ok(Purged::default())), None);
        assert_eq!(event(Err(StoreError::Closed)), None);
        let failed = event(Err(StoreError::NoSuchMailbox { mailbox: mailbox::MailboxId(7) })).unwrap();
        assert_eq!(failed.kind.id, 2057);
    }
}
