//! What goes by itself when its time is over.
use std::time::Duration;

use jiff::Timestamp;
use storage::Store;
use telephony::{Event, kind};
use tokio::time::{MissedTickBehavior, interval};

use super::foundation::blocking;
use crate::observe::Observer;

/// How often old call records are looked for where no new ones push them out.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Lets call records go after their 90 days, now and every hour.
pub(super) async fn let_old_calls_go(store: Store, observer: Observer) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let store = store.clone();
        if let Err(error) = blocking(move || store.purge_calls(Timestamp::now())).await {
            observer.tell(Event::new(&kind::CALLS_NOT_PURGED).with("reason", error));
        }
    }
}
