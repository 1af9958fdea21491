use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};

use mailbox::{MessageId, StoreFailure, StoreReply, StoreReplyKind, StoreRequest, StoreRequestKind};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use crate::{
    AudioBlock, DiskSpace, QueueFull, StoreError, StoreOptions,
    committer::{CommitWork, IndexWork, run_committer, run_indexer},
    data_folder::DataFolder,
    database::Database,
    finder::{Question, run_finder},
    folder_lock::FolderLock,
    pins::{HardenerSignal, run_hardener},
    queue::Queue,
    spool::{SpoolWork, run_spool_writer},
};

/// The data folder of a server, and the threads that write to it. Cheap to clone; the last clone dropped shuts it down.
#[derive(Clone)]
pub struct Store(Arc<Running>);

/// What an earlier process left behind, found when the store was opened.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Recovered {
    /// Interrupted recordings that were made messages. None yet: files are only found.
    pub messages: Vec<MessageId>,
    /// Audio files without a row, relative to the data folder; they are kept.
    pub unfinished: Vec<String>,
}

impl Store {
    /// Opens a data folder, making it if it is not there, and starts the threads.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if another server has it, [`StoreError::DatabaseTooNew`] if a later program wrote it, or
    /// the disk refuses.
    pub fn open(data_dir: &Path, options: StoreOptions) -> Result<(Self, Recovered), StoreError> {
        let folder = DataFolder::create(data_dir)?;
        let lock = FolderLock::take(data_dir)?;
        let database = Database::open(&folder.database()?)?;
        let shared = Arc::new(Shared {
            database,
            folder,
            spool: Queue::new(),
            commits: Queue::new(),
            index: Queue::new(),
            questions: Queue::new(),
            hardener: HardenerSignal::new(),
            in_flight: Arc::new(AtomicUsize::new(0)),
            salts: Mutex::new(ChaCha20Rng::from_seed(options.seed)),
            pin_gate: Mutex::new(()),
            open_recordings: Mutex::new(HashMap::new()),
            options,
        });
        shared.finish_all_removals()?;
        let recovered = Recovered { messages: Vec::new(), unfinished: shared.unfinished_recordings()? };
        let running =
            Running { shared, threads: Mutex::new(Threads::default()), lock: Mutex::new(Some(lock)) };
        running.start()?;
        Ok((Self(Arc::new(running)), recovered))
    }

    /// Hands a request of a call to the store. Never waits; `reply` is called once, on a thread of the store, and must
    /// not wait either.
    ///
    /// # Errors
    /// Too many requests are without their reply, or the store is closed: `reply` is not called then.
    pub fn submit(
        &self,
        request: StoreRequest,
        reply: impl FnOnce(StoreReply) + Send + 'static,
    ) -> Result<(), QueueFull> {
        let shared = self.shared();
        let answer = Answer::new(shared, request.token, reply)?;
        let work = match request.what {
            StoreRequestKind::FindMailbox { dial_plan, candidates } => {
                let question = Question { dial_plan, candidates, answer };
                return shared
                    .questions
                    .push(question, usize::MAX)
                    .map_err(|refused| refused.answer.withdraw());
            }
            StoreRequestKind::BeginRecording { recording, header } => {
                SpoolWork::Begin { recording, header, answer }
            }
            StoreRequestKind::CommitMessage { recording, details } => {
                SpoolWork::Commit { recording, details, answer }
            }
            StoreRequestKind::DiscardRecording { recording } => SpoolWork::Discard { recording, answer },
        };
        // Bounded by the counted answers alone: blocks that wait must not keep a commit out.
        shared.spool.push(work, usize::MAX).map_err(SpoolWork::withdraw)
    }

    /// Hands a block of audio to the spool writer. Never waits.
    ///
    /// # Errors
    /// Too many blocks are waiting because the disk stalls, or the store is closed: the recording must end here, and
    /// will be stored up to the block before, marked as interrupted.
    pub fn append(&self, recording: u64, block: AudioBlock) -> Result<(), QueueFull> {
        self.shared()
            .spool
            .push(SpoolWork::Block { recording, block }, self.shared().options.blocks_waiting)
            .map_err(SpoolWork::withdraw)
    }

    /// How full the disk of the data folder is.
    ///
    /// # Errors
    /// The file system does not say.
    pub fn disk_space(&self) -> Result<DiskSpace, StoreError> {
        DiskSpace::of(self.shared().folder.root())
    }

    /// The data folder.
    pub fn data_dir(&self) -> &Path {
        self.shared().folder.root()
    }

    /// The full path of the audio file that the index names so.
    pub fn path_of(&self, file: &str) -> PathBuf {
        self.shared().folder.path_of(file)
    }

    /// Carries out what has been handed over, answers it, syncs, closes the database and lets the folder go. What
    /// comes later is refused. Blocks; may be called more than once, but not from a reply.
    pub fn shutdown(&self) {
        self.0.stop();
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }
}

/// What all threads of a store use.
pub(crate) struct Shared {
    pub(crate) folder: DataFolder,
    pub(crate) database: Database,
    pub(crate) options: StoreOptions,
    pub(crate) spool: Queue<SpoolWork>,
    pub(crate) commits: Queue<CommitWork>,
    pub(crate) index: Queue<IndexWork>,
    pub(crate) questions: Queue<Question>,
    pub(crate) hardener: HardenerSignal,
    pub(crate) salts: Mutex<ChaCha20Rng>,
    /// Held while a PIN is hashed: one at a time, each needs some 20 MiB and a core.
    pub(crate) pin_gate: Mutex<()>,
    /// The files of the recordings that the spool writer has open, for those who listen to one before it is a message.
    pub(crate) open_recordings: Mutex<HashMap<u64, String>>,
    in_flight: Arc<AtomicUsize>,
}

impl Shared {
    /// Not bounded here: each work holds one of the counted answers.
    pub(crate) fn hand_to_committers(&self, work: CommitWork) {
        // Closed only after the spool writer has ended; a refused work answers `Closed` as it is dropped.
        let _ = self.commits.push(work, usize::MAX);
    }

    /// Not bounded here: each work holds one of the counted answers.
    pub(crate) fn hand_to_indexer(&self, work: IndexWork) {
        let _ = self.index.push(work, usize::MAX);
    }
}

/// The duty to answer one request: exactly one reply, also if the work is dropped unseen.
pub(crate) struct Answer {
    token: u64,
    reply: Option<Box<dyn FnOnce(StoreReply) + Send>>,
    in_flight: Arc<AtomicUsize>,
}

impl Answer {
    fn new(
        shared: &Shared,
        token: u64,
        reply: impl FnOnce(StoreReply) + Send + 'static,
    ) -> Result<Self, QueueFull> {
        let bound = shared.options.requests_waiting;
        shared
            .in_flight
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |waiting| {
                (waiting < bound).then(|| waiting + 1)
            })
            .map_err(|_| QueueFull)?;
        Ok(Self { token, reply: Some(Box::new(reply)), in_flight: Arc::clone(&shared.in_flight) })
    }

    pub(crate) fn give(mut self, what: Result<StoreReplyKind, StoreFailure>) {
        self.send(what);
    }

    /// Takes back a request that was never accepted: its asker gets an error at once and no reply.
    pub(crate) fn withdraw(mut self) -> QueueFull {
        self.reply = None;
        QueueFull
    }

    fn send(&mut self, what: Result<StoreReplyKind, StoreFailure>) {
        if let Some(reply) = self.reply.take() {
            reply(StoreReply { token: self.token, what });
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.in_flight.fetch_sub(1, Ordering::AcqRel);
        self.send(Err(StoreFailure::Closed));
    }
}

struct Running {
    shared: Arc<Shared>,
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

impl Running {
    fn start(&self) -> Result<(), StoreError> {
        let mut threads = locked(&self.threads);
        let spawn = |name: &str, work: fn(&Shared)| {
            let shared = Arc::clone(&self.shared);
            thread::Builder::new().name(name.into()).spawn(move || work(&shared)).map_err(|source| {
                let path = self.shared.folder.root().to_owned();
                StoreError::File { doing: "starting the threads for", path, source }
            })
        };
        threads.spool_writer.push(spawn("store-spool", run_spool_writer)?);
        for _ in 0..self.shared.options.committers.max(1) {
            threads.committers.push(spawn("store-commit", run_committer)?);
        }
        threads.indexer.push(spawn("store-index", run_indexer)?);
        threads.others.push(spawn("store-find", run_finder)?);
        threads.others.push(spawn("store-harden", run_hardener)?);
        Ok(())
    }

    /// Closes queue after queue in the order that work flows, so that what is inside still reaches its end.
    fn stop(&self) {
        let mut threads = locked(&self.threads);
        self.shared.hardener.stop();
        self.shared.questions.close();
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
