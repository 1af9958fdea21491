//! The media workers: threads that each own many sessions with their sockets.
//!
//! Each worker keeps pairs of bound sockets on offer as leases, so that an SDP answer needs no round trip. The one
//! rule: a worker waits for nobody but its own tick; what comes to it is bounded.
mod clip_reader;
mod ports;
mod sockets;
mod worker;

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::AtomicU64,
        mpsc::{Sender, SyncSender, TrySendError, channel, sync_channel},
    },
    thread::JoinHandle,
};

use batch_udp::{Batch, Path, Waker};
use call_control::MediaLease;
use ring::rand::{SecureRandom, SystemRandom};
use srtp_media::{MediaCommand, MediaCommandKind, MediaEvent, Phase, RecordedBlock, StoredAudio};
use storage::AudioReader;

use self::{
    clip_reader::{ClipReader, OpenFailed},
    ports::PortPool,
    worker::{Order, Worker},
};
use crate::{
    config::{MediaIo, PortRange},
    observe::Alarm,
};

/// How the media plane is set up.
#[derive(Clone, Copy, Debug)]
pub struct MediaOptions {
    /// Where RTP and RTCP ports come from.
    pub ports: PortRange,
    /// Threads, at least one.
    pub workers: usize,
    /// Pairs of bound sockets that each worker keeps on offer.
    pub leases_per_worker: usize,
    /// How datagrams cross to the kernel.
    pub io: MediaIo,
}

/// What a worker tells.
#[derive(Debug)]
pub enum MediaNotice {
    /// A pair of sockets is on offer.
    Lease(MediaLease),
    /// Something happened in a session.
    Event(MediaEvent),
}

/// A worker has too many orders waiting, or is gone: the order was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("media worker {worker} takes no more orders: refuse or end the call")]
pub struct OrdersFull {
    /// Which worker.
    pub worker: usize,
}

/// The media workers of the server.
pub struct MediaPlane {
    workers: Vec<WorkerHandle>,
    clips: ClipReader,
    path: Path,
    refusal: Option<io::Error>,
}

struct WorkerHandle {
    orders: SyncSender<Order>,
    /// `Close`s that found the orders full: none is refused, or its session would stay for ever. At most one a session.
    closings: Arc<Mutex<Vec<MediaCommand>>>,
    waker: Arc<Waker>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Orders that wait for one worker; a worker looks at them with every wake.
const ORDERS_WAITING: usize = 4096;

impl Default for MediaOptions {
    fn default() -> Self {
        Self { ports: PortRange::DEFAULT, workers: 1, leases_per_worker: 64, io: MediaIo::Auto }
    }
}

impl MediaPlane {
    /// Starts the workers; their first leases follow at once as notices.
    ///
    /// `tell` and `spool` are called on the workers' threads: while one of them waits, the sessions of that worker
    /// stand still. A block that `spool` refuses ends its recording as truncated. `open_audio` is called on a thread
    /// of its own, which may wait for the disk. A worker that panics raises `alarm`.
    ///
    /// # Errors
    /// What the system says about threads and descriptors, or that it refuses io_uring though the settings ask for it.
    pub fn start<E>(
        options: MediaOptions,
        alarm: &Alarm,
        tell: impl Fn(MediaNotice) + Send + Sync + 'static,
        spool: impl Fn(RecordedBlock) -> Result<(), E> + Send + Sync + 'static,
        open_audio: impl Fn(StoredAudio) -> Result<AudioReader, OpenFailed> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let ports = Arc::new(PortPool::new(options.ports));
        let sessions = Arc::new(AtomicU64::new(1));
        let tell: worker::Tell = Arc::new(tell);
        let spool: worker::Spool = Arc::new(move |block| spool(block).is_ok());
        let (opened, openings) = channel();
        let workers = (0..options.workers.max(1)).map(|index| {
            let waker = Arc::new(Waker::new()?);
            let (orders, inbox) = sync_channel(ORDERS_WAITING);
            let closings = Arc::default();
            let surroundings = worker::Surroundings {
                index,
                leases: options.leases_per_worker,
                seed: fresh_seed()?,
                ports: Arc::clone(&ports),
                sessions: Arc::clone(&sessions),
                orders: inbox,
                closings: Arc::clone(&closings),
                waker: Arc::clone(&waker),
                tell: Arc::clone(&tell),
                spool: Arc::clone(&spool),
            };
            let opened = opened.clone();
            let watched = alarm.watch("media worker");
            let work = move || {
                let _watched = watched;
                run_worker(options.io, surroundings, opened);
            };
            let thread = std::thread::Builder::new().name(format!("media-{index}")).spawn(work)?;
            Ok(WorkerHandle { orders, closings, waker, thread: Mutex::new(Some(thread)) })
        });
        let workers = workers.collect::<io::Result<Vec<_>>>()?;
        let clips = ClipReader::start(Arc::new(open_audio))?;
        let mut plane = Self { workers, clips, path: Path::Epoll, refusal: None };
        drop(opened);
        for opening in openings {
            let (path, refusal) = opening?;
            plane.path = path;
            if refusal.is_some() {
                plane.refusal = refusal;
            }
        }
        if plane.refusal.is_some() {
            plane.path = Path::Epoll;
        }
        Ok(plane)
    }

    /// How datagrams cross to the kernel, since the start; a worker whose io_uring fails later says so on the log and
    /// goes on over epoll.
    pub fn path(&self) -> Path {
        self.path
    }

    /// Why it is not io_uring although the settings leave the choice.
    pub fn refusal(&self) -> Option<&io::Error> {
        self.refusal.as_ref()
    }

    /// Orders something; the stored clips of a `Play` get their reader here. `Open` uses up the lease, `Close` of a
    /// lease that was never opened gives it back.
    ///
    /// # Errors
    /// [`OrdersFull`]: the order was not taken. A `Close` always is, unless the worker is gone.
    pub fn command(&self, worker: usize, mut command: MediaCommand) -> Result<(), OrdersFull> {
        if let MediaCommandKind::Play { clips, .. } = &mut command.what {
            self.clips.attach(clips);
        }
        self.order(worker, Order::Command(command))
    }

    /// Closes all sessions, tells their last blocks and events, and ends the threads.
    pub fn shutdown(&self) {
        for worker in &self.workers {
            // An error means that the thread has ended already.
            let _ = worker.orders.send(Order::Shutdown);
            worker.waker.wake();
        }
        for worker in &self.workers {
            let thread = worker.thread.lock().ok().and_then(|mut thread| thread.take());
            // A worker that panicked has said so on standard error.
            let _ = thread.map(JoinHandle::join);
        }
        self.clips.shutdown();
    }

    fn order(&self, worker: usize, order: Order) -> Result<(), OrdersFull> {
        let handle = self.workers.get(worker).ok_or(OrdersFull { worker })?;
        match handle.orders.try_send(order) {
            Ok(()) => {}
            Err(TrySendError::Full(Order::Command(close)))
                if matches!(close.what, MediaCommandKind::Close) =>
            {
                handle.closings.lock().unwrap_or_else(PoisonError::into_inner).push(close);
            }
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => return Err(OrdersFull { worker }),
        }
        handle.waker.wake();
        Ok(())
    }
}

/// A plane that is dropped without a shutdown ends as well.
impl Drop for MediaPlane {
    fn drop(&mut self) {
        self.shutdown();
    }
}

/// The path of a worker's batch, and what was refused on the way there.
type Opening = io::Result<(Path, Option<io::Error>)>;

/// The whole life of a worker's thread; it tells first whether it begins.
fn run_worker(io: MediaIo, surroundings: worker::Surroundings, opened: Sender<Opening>) {
    // Without a listener the plane is being given up, and the worker hears of its shutdown.
    match open_batch(io) {
        Ok((batch, refusal)) => {
            let _ = opened.send(Ok((batch.path(), refusal)));
            // The plane listens until each worker has told or is gone.
            drop(opened);
            Worker::new(surroundings, batch).run();
        }
        Err(error) => {
            let _ = opened.send(Err(error));
        }
    }
}

fn open_batch(io: MediaIo) -> io::Result<(Batch, Option<io::Error>)> {
    let open = |path| Batch::open(path, Phase::ALL.len());
    match io {
        MediaIo::Epoll => Ok((open(Path::Epoll)?, None)),
        MediaIo::IoUring => match open(Path::IoUring) {
            Ok(batch) => Ok((batch, None)),
            Err(refusal) => {
                let mend = "write io = \"auto\" under [media] in um.toml";
                let words = format!("the kernel refuses io_uring ({refusal}): {mend}");
                Err(io::Error::new(refusal.kind(), words))
            }
        },
        MediaIo::Auto => match open(Path::IoUring) {
            Ok(batch) => Ok((batch, None)),
            Err(refusal) => Ok((open(Path::Epoll)?, Some(refusal))),
        },
    }
}

fn fresh_seed() -> io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    SystemRandom::new()
        .fill(&mut seed)
        .map_err(|_| io::Error::other("the system gives no random octets: check getrandom(2)"))?;
    Ok(seed)
}

#[cfg(test)]
mod tests;
