//! The order in which the parts of the server go down.
use std::{sync::Arc, time::Duration};

use call_control::Input;
use storage::Store;
use telephony::{Event, kind};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use super::{ServeError, signals::StopSignals};
use crate::{
    admin::{AdminServer, Board},
    core::{CoreLoad, Inbox},
    listen::Listening,
    media::MediaPlane,
    observe::{Faults, Observer, ObserverThread},
};

/// Calls that were cut off may still be storing their messages for this long.
const LAST_COMMITS: Duration = Duration::from_secs(10);

/// A server that takes calls.
pub(super) struct Running {
    pub(super) listening: Listening,
    pub(super) board: Arc<Board>,
    pub(super) inbox: Inbox,
    pub(super) load: watch::Receiver<CoreLoad>,
    /// What has nothing to finish.
    pub(super) tasks: Vec<JoinHandle<()>>,
    pub(super) certificates: JoinSet<()>,
    pub(super) http: JoinSet<()>,
    pub(super) admin: AdminServer,
    pub(super) driver: JoinHandle<()>,
    pub(super) media: Arc<MediaPlane>,
    pub(super) observer: Observer,
    pub(super) observing: ObserverThread,
    pub(super) faults: Faults,
    pub(super) store: Store,
}

impl Running {
    /// Serves until a signal, then lets callers finish for `grace`; a second signal, or a fault, ends the waiting.
    /// Everything that was recorded is on disk when it returns.
    ///
    /// # Errors
    /// [`ServeError::Fault`] if a part of the program failed.
    pub(super) async fn run(mut self, mut signals: StopSignals, grace: Duration) -> Result<(), ServeError> {
        let fault = tokio::select! {
            () = signals.next() => None,
            part = self.faults.first() => Some(part),
        };
        let fault = match fault {
            Some(part) => Some(part),
            None => {
                self.begin_to_stop().await;
                tokio::select! {
                    () = last_call(&self.inbox, self.load.clone(), grace) => None,
                    () = signals.next() => None,
                    part = self.faults.first() => Some(part),
                }
            }
        };
        if let Some(part) = fault {
            self.observer.tell(Event::new(&kind::FAULT).with("part", part));
        }
        self.end().await;
        fault.map_or(Ok(()), |part| Err(ServeError::Fault { part }))
    }

    /// Readiness off, no new calls. The listeners stay open: who is up may have to send its BYE on a new connection.
    async fn begin_to_stop(&self) {
        self.board.draining();
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        let calls = self.load.borrow().calls;
        self.observer.tell(Event::new(&kind::DRAINING).with("calls", calls));
        self.inbox.send(Input::Drain).await;
    }

    /// Ends every part. Calls that are still up lose their line; what they recorded is recovered at the next start.
    async fn end(mut self) {
        self.listening.close();
        self.http.abort_all();
        self.certificates.abort_all();
        self.tasks.iter().for_each(JoinHandle::abort);
        self.admin.stop().await;
        self.driver.abort();
        let stopped = tokio::task::spawn_blocking(move || {
            self.media.shutdown();
            self.observer.tell(Event::new(&kind::STOPPED));
            self.observing.stop();
            self.store.shutdown();
        });
        // A panic while stopping is on stderr already.
        let _ = stopped.await;
    }
}

/// Waits for the last call: `grace` for callers to finish, then cuts the others off and waits for their messages.
async fn last_call(inbox: &Inbox, mut load: watch::Receiver<CoreLoad>, grace: Duration) {
    let over = |load: &CoreLoad| load.draining && load.calls == 0;
    if tokio::time::timeout(grace, load.wait_for(over)).await.is_ok() {
        return;
    }
    inbox.send(Input::EndOfDrain).await;
    // What is not stored by then is on disk, and recovered at the next start.
    let _ = tokio::time::timeout(LAST_COMMITS, load.wait_for(over)).await;
}
