use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, atomic::AtomicUsize},
};

use mailbox::{MailboxId, MailboxRoom, StoreReply, StoreRequest, StoreRequestKind};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use crate::{
    AudioBlock, DiskSpace, QueueFull, Recovered, StoreError, StoreOptions,
    database::Database,
    disk::data_folder::DataFolder,
    disk::file_system::{FileSystem, SystemFiles},
    disk::folder_lock::FolderLock,
    disk::spool::SpoolWork,
    mailboxes::finder::Question,
    phone::{PhoneDesk, PhoneWork},
    pins::hardener::HardenerSignal,
    pins::log_on_counts::Counting,
    site::rules::SiteRules,
    work::answer::Answer,
    work::committer::{CommitWork, IndexWork},
    work::queue::Queue,
    work::threads::Running,
};

/// The data folder of a server, and the threads that write to it. Cheap to clone; the last clone dropped shuts it down.
#[derive(Clone)]
pub struct Store(Arc<Running>);

impl Store {
    /// Opens a data folder, making it if it is not there, and starts the threads. Recordings that an earlier process
    /// left behind are only read; see [`Store::recover`].
    ///
    /// # Errors
    /// [`StoreError::Locked`] if another server has it, [`StoreError::DatabaseTooNew`] if a later program wrote it, or
    /// the disk refuses.
    pub fn open(data_dir: &Path, options: StoreOptions) -> Result<(Self, Recovered), StoreError> {
        Self::open_on(Arc::new(SystemFiles), data_dir, options)
    }

    /// [`Store::open`] on a file system that may fail on purpose.
    pub(crate) fn open_on(
        files: Arc<dyn FileSystem>,
        data_dir: &Path,
        options: StoreOptions,
    ) -> Result<(Self, Recovered), StoreError> {
        let folder = DataFolder::create(data_dir, files)?;
        let lock = FolderLock::take(data_dir)?;
        let database = Database::open(&folder.database()?)?;
        let shared = Shared {
            database,
            folder,
            spool: Queue::new(),
            commits: Queue::new(),
            index: Queue::new(),
            questions: Queue::new(),
            phone: PhoneDesk::new(),
            hardener: HardenerSignal::new(),
            in_flight: Arc::new(AtomicUsize::new(0)),
            left_behind: Mutex::new(BTreeSet::new()),
            salts: Mutex::new(ChaCha20Rng::from_seed(options.seed)),
            pin_gate: Mutex::new(()),
            log_on_counts: Counting::default(),
            open_recordings: Mutex::new(HashMap::new()),
            site_rules: SiteRules::default(),
            rooms_told: Mutex::new(BTreeMap::new()),
            options,
        };
        shared.site_rules.read_from(&shared.database);
        shared.finish_all_removals()?;
        let recovered = shared.find_left_behind()?;
        Ok((Self(Arc::new(Running::start(shared, lock)?)), recovered))
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
            StoreRequestKind::FindMailbox { dial_plan, candidates, at } => {
                let question = Question { dial_plan, candidates, at, answer };
                return shared
                    .questions
                    .push(question, usize::MAX)
                    .map_err(|refused| refused.answer.withdraw());
            }
            StoreRequestKind::LogOn(attempt) => {
                return shared.phone.hand(PhoneWork::LogOn { attempt, answer });
            }
            StoreRequestKind::Phone(question) => {
                return shared.phone.hand(PhoneWork::Question { question, answer });
            }
            StoreRequestKind::Change { at, what } => {
                return shared.phone.hand(PhoneWork::Change { at, what, answer });
            }
            StoreRequestKind::NoteMissed(missed) => {
                shared.hand_to_indexer(IndexWork::Missed { missed: Box::new(missed), answer });
                return Ok(());
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
        self.shared().folder.space()
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
    ///
    /// This is also how to stop at once: nothing is waited for but the disk. Blocks in the queue are appended and
    /// commits under way finish; a recording that nobody has committed is not made a message here: its file stays for
    /// the next start to find. Whoever cannot even wait for the disk may end the process: a kill at any point in here
    /// harms nothing that was acknowledged.
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
    pub(crate) phone: PhoneDesk,
    pub(crate) hardener: HardenerSignal,
    pub(crate) salts: Mutex<ChaCha20Rng>,
    /// Held while a PIN is hashed that somebody waits for: one at a time, each needs some 20 MiB and a core. The hardener
    /// has one more.
    pub(crate) pin_gate: Mutex<()>,
    pub(crate) log_on_counts: Counting,
    /// The files of the recordings that the spool writer has open, for those who listen to one before it is a message.
    pub(crate) open_recordings: Mutex<HashMap<u64, String>>,
    /// What the newest site says about mailboxes.
    pub(crate) site_rules: SiteRules,
    /// Mailboxes that have little or no room, as the administrator was told.
    pub(crate) rooms_told: Mutex<BTreeMap<MailboxId, MailboxRoom>>,
    /// Requests without their reply.
    pub(crate) in_flight: Arc<AtomicUsize>,
    /// Audio files that earlier processes left behind and nobody has recovered or discarded yet.
    pub(crate) left_behind: Mutex<BTreeSet<String>>,
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
