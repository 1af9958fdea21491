use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use crate::{
    StoreError,
    disk::folder_lock::FolderLock,
    disk::spool::run_spool_writer,
    mailboxes::finder::run_finder,
    phone::{run_log_on, run_phone},
    pins::hardener::run_hardener,
    store::Shared,
    work::committer::{run_committer, run_indexer},
};

/// A store at work: its threads, and the folder that it holds for them.
pub(crate) struct Running {
    pub(crate) shared: Arc<Shared>,
    threads: Mutex<Threads>,
    lock: Mutex<Option<FolderLock>>,
}

#[derive(Default)]
struct Threads {
    spool_writer: Vec<JoinHandle<()>>,
    committers: Vec<JoinHandle<()>>,
    indexer: Vec<JoinHandle<()>>,
    others: Vec<JoinHandle<()>>,
}

/// What a thread does, and how nobody waits for it once it is gone.
#[derive(Clone, Copy)]
struct Role {
    /// At most 15 octets: longer ones Linux cuts.
    name: &'static str,
    work: fn(&Shared),
    abandon: fn(&Shared),
}

const SPOOL_WRITER: Role =
    Role { name: "store-spool", work: run_spool_writer, abandon: |shared| drop(shared.spool.abandon()) };
const COMMITTER: Role =
    Role { name: "store-commit", work: run_committer, abandon: |shared| drop(shared.commits.abandon()) };
const INDEXER: Role =
    Role { name: "store-index", work: run_indexer, abandon: |shared| drop(shared.index.abandon()) };
const FINDER: Role =
    Role { name: "store-find", work: run_finder, abandon: |shared| drop(shared.questions.abandon()) };
const PHONE: Role =
    Role { name: "store-phone", work: run_phone, abandon: |shared| drop(shared.phone.asked.abandon()) };
const LOG_ON: Role =
    Role { name: "store-log-on", work: run_log_on, abandon: |shared| drop(shared.phone.log_ons.abandon()) };
const HARDENER: Role =
    Role { name: "store-harden", work: run_hardener, abandon: |shared| shared.hardener.stop() };

impl Running {
    pub(crate) fn start(shared: Shared, lock: FolderLock) -> Result<Self, StoreError> {
        let shared = Arc::new(shared);
        let running = Self { shared, threads: Mutex::new(Threads::default()), lock: Mutex::new(Some(lock)) };
        let mut threads = locked(&running.threads);
        threads.spool_writer.push(running.spawn(SPOOL_WRITER)?);
        for _ in 0..running.shared.options.committers.max(1) {
            threads.committers.push(running.spawn(COMMITTER)?);
        }
        threads.indexer.push(running.spawn(INDEXER)?);
        threads.others.push(running.spawn(FINDER)?);
        threads.others.push(running.spawn(PHONE)?);
        threads.others.push(running.spawn(LOG_ON)?);
        threads.others.push(running.spawn(HARDENER)?);
        drop(threads);
        Ok(running)
    }

    /// Starts a thread. A panic ends it for good: its queue takes nothing more, what waits in there is answered
    /// [`mailbox::StoreFailure::Closed`], and the owner of the store is told.
    fn spawn(&self, role: Role) -> Result<JoinHandle<()>, StoreError> {
        let shared = Arc::clone(&self.shared);
        let work = move || {
            // What the threads share is locked by halves of no operation: a queue, a transaction that rolls back.
            if catch_unwind(AssertUnwindSafe(|| (role.work)(&shared))).is_err() {
                (role.abandon)(&shared);
                (shared.options.on_fault)(role.name);
            }
        };
        thread::Builder::new().name(role.name.into()).spawn(work).map_err(|source| {
            let path = self.shared.folder.root().to_owned();
            StoreError::File { doing: "starting the threads for", path, source }
        })
    }

    /// Closes queue after queue in the order that work flows, so that what is inside still reaches its end.
    pub(crate) fn stop(&self) {
        let mut threads = locked(&self.threads);
        self.shared.hardener.stop();
        self.shared.questions.close();
        self.shared.phone.close();
        self.shared.spool.close();
        join(&mut threads.spool_writer);
        self.shared.commits.close();
        join(&mut threads.committers);
        self.shared.index.close();
        join(&mut threads.indexer);
        join(&mut threads.others);
        self.shared.database.close();
        locked(&self.lock).take();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A reply may drop the last clone of the store on one of its own threads, which cannot wait for itself.
fn join(threads: &mut Vec<JoinHandle<()>>) {
    for thread in threads.drain(..).filter(|thread| thread.thread().id() != thread::current().id()) {
        let _ = thread.join();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
