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
        Arc, Mutex,
        atomic::AtomicU64,
        mpsc::{SyncSender, sync_channel},
    },
    thread::JoinHandle,
};

use batch_udp::Waker;
use call_control::MediaLease;
use ring::rand::{SecureRandom, SystemRandom};
use srtp_media::{MediaCommand, MediaCommandKind, MediaEvent, RecordedBlock, StoredAudio};
use storage::AudioReader;

use self::{
    clip_reader::{ClipReader, OpenFailed},
    ports::PortPool,
    worker::{Order, Worker},
};
use crate::config::PortRange;

/// How the media plane is set up.
#[derive(Clone, Copy, Debug)]
pub struct MediaOptions {
    /// Where RTP and RTCP ports come from.
    pub ports: PortRange,
    /// Threads, at least one.
    pub workers: usize,
    /// Pairs of bound sockets that each worker keeps on offer.
    pub leases_per_worker: usize,
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
}

struct WorkerHandle {
    orders: SyncSender<Order>,
    waker: Arc<Waker>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Orders that wait for one worker; a worker looks at them with every wake.
const ORDERS_WAITING: usize = 4096;

impl Default for MediaOptions {
    fn default() -> Self {
        Self { ports: PortRange::DEFAULT, workers: 1, leases_per_worker: 64 }
    }
}

impl MediaPlane {
    /// Starts the workers; their first leases follow at once as notices.
    ///
    /// `tell` and `spool` are called on the workers' threads: while one of them waits, the sessions of that worker
    /// stand still. A block that `spool` refuses ends its recording as truncated. `open_audio` is called on a thread
    /// of its own, which may wait for the disk.
    ///
    /// # Errors
    /// What the system says about threads and descriptors.
    pub fn start<E>(
        options: MediaOptions,
        tell: impl Fn(MediaNotice) + Send + Sync + 'static,
        spool: impl Fn(RecordedBlock) -> Result<(), E> + Send + Sync + 'static,
        open_audio: impl Fn(StoredAudio) -> Result<AudioReader, OpenFailed> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let ports = Arc::new(PortPool::new(options.ports));
        let sessions = Arc::new(AtomicU64::new(1));
        let tell: worker::Tell = Arc::new(tell);
        let spool: worker::Spool = Arc::new(move |block| spool(block).is_ok());
        let workers = (0..options.workers.max(1)).map(|index| {
            let waker = Arc::new(Waker::new()?);
            let (orders, inbox) = sync_channel(ORDERS_WAITING);
            let surroundings = worker::Surroundings {
                index,
                leases: options.leases_per_worker,
                seed: fresh_seed()?,
                ports: Arc::clone(&ports),
                sessions: Arc::clone(&sessions),
                orders: inbox,
                waker: Arc::clone(&waker),
                tell: Arc::clone(&tell),
                spool: Arc::clone(&spool),
            };
            let worker = Worker::new(surroundings)?;
            let thread = std::thread::Builder::new().name(format!("media-{index}")).spawn(|| worker.run())?;
            Ok(WorkerHandle { orders, waker, thread: Mutex::new(Some(thread)) })
        });
        let workers = workers.collect::<io::Result<_>>()?;
        Ok(Self { workers, clips: ClipReader::start(Arc::new(open_audio))? })
    }

    /// Orders something; the stored clips of a `Play` get their reader here. `Open` uses up the lease, `Close` of a lease that was never opened gives it back.
    ///
    /// # Errors
    /// [`OrdersFull`]: the order was not taken.
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
        handle.orders.try_send(order).map_err(|_| OrdersFull { worker })?;
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

fn fresh_seed() -> io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    SystemRandom::new()
        .fill(&mut seed)
        .map_err(|_| io::Error::other("the system gives no random octets: check getrandom(2)"))?;
    Ok(seed)
}

#[cfg(test)]
mod tests;
