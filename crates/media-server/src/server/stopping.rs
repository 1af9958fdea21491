//! The order in which the parts of the server go down.
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use call_control::{AdminOrder, Input};
use storage::Store;
use telephony::{Event, kind};
use tokio::task::JoinHandle;

use crate::{
    admin::{AdminServer, Board},
    core::Inbox,
    listen::Listening,
    media::MediaPlane,
    observe::{Observer, ObserverThread},
};

/// How often a stopping server looks whether the last call is over.
const DRAIN_LOOK: Duration = Duration::from_millis(50);
/// Ended calls may still be storing their messages for this long after the drain.
const LAST_COMMITS: Duration = Duration::from_secs(10);

/// A server that takes calls.
pub(super) struct Running {
    pub(super) listening: Listening,
    pub(super) board: Arc<Board>,
    pub(super) inbox: Inbox,
    /// Calls that the core has.
    pub(super) calls: Arc<AtomicUsize>,
    pub(super) resolver: JoinHandle<()>,
    pub(super) admin: AdminServer,
    pub(super) driver: JoinHandle<()>,
    pub(super) media: Arc<MediaPlane>,
    pub(super) observer: Observer,
    pub(super) observing: ObserverThread,
    pub(super) store: Store,
}

impl Running {
    /// Lets callers finish for `grace`, then flushes everything.
    pub(super) async fn stop(self, grace: Duration) {
        self.board.draining();
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        self.listening.close();
        drain(&self.inbox, &self.calls, grace).await;
        self.resolver.abort();
        self.admin.stop().await;
        self.driver.abort();
        stop_threads(self.media, self.observer, self.observing, self.store).await;
    }
}

/// Lets callers finish for `grace`, then ends their calls and waits for their messages.
async fn drain(inbox: &Inbox, calls: &AtomicUsize, grace: Duration) {
    let over = async {
        while calls.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(DRAIN_LOOK).await;
        }
    };
    if tokio::time::timeout(grace, over).await.is_ok() {
        return;
    }
    inbox.send(Input::Admin(AdminOrder::HangUpAll)).await;
    let over = async {
        while calls.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(DRAIN_LOOK).await;
        }
    };
    // What is not stored by then is on disk as an interrupted recording.
    let _ = tokio::time::timeout(LAST_COMMITS, over).await;
}

async fn stop_threads(media: Arc<MediaPlane>, observer: Observer, observing: ObserverThread, store: Store) {
    let stopped = tokio::task::spawn_blocking(move || {
        media.shutdown();
        observer.tell(Event::new(&kind::STOPPED));
        observing.stop();
        store.shutdown();
    });
    // A panic while stopping is on stderr already.
    let _ = stopped.await;
}
