//! Asks the disk under the mailboxes how full it is, and tells the core when a mark is crossed.
use std::{sync::Arc, time::Duration};

use call_control::Input;
use mailbox::DiskState;
use storage::{DiskMarks, DiskSpace, Store};
use telephony::{Event, kind};
use tokio::time::{MissedTickBehavior, interval};

use crate::{admin::Board, core::Inbox, observe::Observer};

/// How often the disk is asked. At 1,000 recordings of G.711 a second is 8 MB.
const EVERY: Duration = Duration::from_secs(1);

/// Looks once, before the first call, and then for as long as the server runs.
pub(super) struct DiskWatch {
    pub(super) store: Store,
    pub(super) marks: DiskMarks,
    pub(super) inbox: Inbox,
    pub(super) observer: Observer,
    pub(super) board: Arc<Board>,
    state: DiskState,
}

impl DiskWatch {
    pub(super) fn new(
        store: Store,
        marks: DiskMarks,
        inbox: Inbox,
        observer: Observer,
        board: Arc<Board>,
    ) -> Self {
        Self { store, marks, inbox, observer, board, state: DiskState::Ample }
    }

    /// One look.
    pub(super) async fn look(&mut self) {
        let store = self.store.clone();
        let asked = tokio::task::spawn_blocking(move || store.disk_space()).await;
        // A file system that does not say is taken as it was: a write that fails is told by the store.
        let Ok(Ok(space)) = asked else { return };
        let state = self.marks.state(self.state, space);
        if std::mem::replace(&mut self.state, state) != state {
            self.board.disk_is(state);
            self.observer.tell(event(state, space));
            self.inbox.send(Input::Disk(state)).await;
        }
    }

    /// Looks on.
    pub(super) async fn run(mut self) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.look().await;
        }
    }
}

fn event(state: DiskState, space: DiskSpace) -> Event {
    let kind = match state {
        DiskState::Ample => &kind::DISK_AMPLE,
        DiskState::Low => &kind::DISK_LOW,
        DiskState::Full => &kind::DISK_FULL,
    };
    Event::new(kind).with("free_bytes", space.free).with("total_bytes", space.total)
}
