use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, TryRecvError},
    },
    time::{Duration, Instant, SystemTime},
};

use batch_udp::{Batch, Waker};
use call_control::MediaLease;
use srtp_media::{
    MediaCommand, MediaCommandKind, MediaConfig, MediaEngine, MediaEvent, MediaEventKind, MediaOutput,
    MediaTotals, Phase, RecordedBlock, SessionId, Token, WallAnchor,
};

use super::{
    MediaNotice,
    ports::{PortPool, SocketPair},
    sockets::{Moment, SessionSockets, owner},
};

/// An order to a worker.
#[derive(Debug)]
pub(super) enum Order {
    Command(MediaCommand),
    Shutdown,
}

pub(super) type Tell = Arc<dyn Fn(MediaNotice) + Send + Sync>;
/// `false` if there was no room.
pub(super) type Spool = Arc<dyn Fn(RecordedBlock) -> bool + Send + Sync>;

/// What a worker is given.
pub(super) struct Surroundings {
    pub(super) index: usize,
    pub(super) leases: usize,
    pub(super) seed: [u8; 32],
    pub(super) ports: Arc<PortPool>,
    /// The number of the next session, over all workers.
    pub(super) sessions: Arc<AtomicU64>,
    pub(super) orders: Receiver<Order>,
    /// Obeyed after the orders.
    pub(super) closings: Arc<Mutex<Vec<MediaCommand>>>,
    pub(super) waker: Arc<Waker>,
    pub(super) tell: Tell,
    pub(super) spool: Spool,
}

/// One thread with its sessions and their sockets.
pub(super) struct Worker {
    surroundings: Surroundings,
    engine: MediaEngine,
    /// A group for each phase: its sockets are asked on that phase's tick only.
    batch: Batch,
    /// Ordered, because a shutdown goes through them.
    open: BTreeMap<SessionId, SessionSockets>,
    offered: HashMap<SessionId, SocketPair>,
    /// When leases are tried again, after none could be had.
    next_offer: Option<Instant>,
}

/// Datagrams taken from one socket on one tick; a peer that sends more than 1,600 a second waits.
const DATAGRAMS_A_TICK: u32 = 32;
/// Leases are tried again after this time.
const OFFER_AGAIN: Duration = Duration::from_secs(1);

impl Worker {
    /// A worker with an empty batch.
    pub(super) fn new(surroundings: Surroundings, batch: Batch) -> Self {
        let wall = Some(WallAnchor { at: Instant::now(), ntp: ntp(SystemTime::now()) });
        Self {
            engine: MediaEngine::new(MediaConfig { seed: surroundings.seed, wall }),
            open: BTreeMap::new(),
            offered: HashMap::new(),
            next_offer: Some(Instant::now()),
            batch,
            surroundings,
        }
    }

    /// Works until the plane shuts down.
    pub(super) fn run(mut self) {
        loop {
            self.offer_leases(Instant::now());
            let pause = self.pause(Instant::now());
            if pause != Some(Duration::ZERO) && self.surroundings.waker.wait(pause).is_err() {
                // ppoll fails only on memory that is not ours. Ticks go on; orders are seen a little later.
                std::thread::sleep(pause.unwrap_or(OFFER_AGAIN).min(Duration::from_millis(5)));
            }
            if !self.obey() {
                break;
            }
            let moment = Moment { now: Instant::now(), wall: SystemTime::now() };
            for phase in Phase::ALL {
                if self.engine.is_due(phase, moment.now) {
                    self.receive(phase, moment);
                    self.engine.handle_tick(phase, moment.now);
                    self.perform(moment.now);
                }
            }
        }
        self.close_all();
    }

    /// How long nothing is to be done, if no order comes.
    fn pause(&self, now: Instant) -> Option<Duration> {
        let next = self.engine.poll_timeout().into_iter().chain(self.next_offer).min();
        next.map(|next| next.saturating_duration_since(now))
    }

    /// Obeys what waits; `false` at the shutdown.
    fn obey(&mut self) -> bool {
        loop {
            match self.surroundings.orders.try_recv() {
                Ok(Order::Command(command)) => self.command(command, Instant::now()),
                Err(TryRecvError::Empty) => {
                    self.close_late();
                    return true;
                }
                Ok(Order::Shutdown) | Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn close_late(&mut self) {
        let closings = &self.surroundings.closings;
        let closings = std::mem::take(&mut *closings.lock().unwrap_or_else(PoisonError::into_inner));
        for close in closings {
            self.command(close, Instant::now());
        }
    }

    fn command(&mut self, command: MediaCommand, now: Instant) {
        let (session, token) = (command.session, command.token);
        let leased = self.offered.contains_key(&session);
        match command.what {
            MediaCommandKind::Open { .. } if leased => {
                self.engine.handle_command(command, now);
                if self.open_sockets(session).is_err() {
                    self.fail(session, token, now);
                }
            }
            MediaCommandKind::Close if leased => {
                self.give_back(session);
                self.tell(session, token, MediaEventKind::Closed { totals: MediaTotals::default() });
            }
            // Without sockets there is no session.
            MediaCommandKind::Open { .. } if !self.open.contains_key(&session) => {
                self.tell(session, token, MediaEventKind::Faulted);
            }
            _ => self.engine.handle_command(command, now),
        }
        self.perform(now);
    }

    fn open_sockets(&mut self, session: SessionId) -> io::Result<()> {
        self.next_offer = Some(Instant::now());
        let (Some(pair), Some(phase)) = (self.offered.remove(&session), self.engine.phase(session)) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let sockets = SessionSockets::open(pair, session, phase, &mut self.batch)?;
        self.open.insert(session, sockets);
        Ok(())
    }

    /// The sockets of a session cannot be used: it is over before it began.
    fn fail(&mut self, session: SessionId, token: Token, now: Instant) {
        self.tell(session, token, MediaEventKind::Faulted);
        self.engine.handle_command(MediaCommand { session, token, what: MediaCommandKind::Close }, now);
    }

    /// Unbinds a lease; another one takes its place.
    fn give_back(&mut self, session: SessionId) {
        if self.offered.remove(&session).is_some() {
            self.next_offer = Some(Instant::now());
        }
    }

    /// Gives the sessions of a phase what has come for them.
    fn receive(&mut self, phase: Phase, moment: Moment) {
        let engine = &mut self.engine;
        // An error means that nothing more is known to be ready; the next tick asks again.
        let _ = self.batch.receive(phase.index(), DATAGRAMS_A_TICK, |key, received| {
            let (session, channel) = owner(key);
            match received {
                Ok(datagram) => {
                    let at = moment.arrival(&datagram);
                    engine.handle_packet(session, channel, datagram.source, datagram.octets, at);
                }
                // A refusal (ICMP) of something that we sent: taken by asking, it ends nothing.
                Err(_) => engine.handle_unreachable(session),
            }
        });
    }

    /// Does what the engine wants.
    fn perform(&mut self, now: Instant) {
        while let Some(output) = self.engine.poll_output() {
            match output {
                MediaOutput::Send { session, channel, to, bytes } => {
                    if let Some(sockets) = self.open.get(&session) {
                        sockets.send(&mut self.batch, channel, to, &bytes);
                    }
                    self.engine.recycle(bytes);
                }
                MediaOutput::Connect { session, remote } => {
                    if let Some(sockets) = self.open.get_mut(&session) {
                        sockets.connect(&mut self.batch, remote);
                    }
                }
                MediaOutput::Disconnect { session } => {
                    if let Some(sockets) = self.open.get_mut(&session) {
                        sockets.disconnect(&mut self.batch);
                    }
                }
                MediaOutput::Block(block) => {
                    if !(self.surroundings.spool)(block.clone()) {
                        self.engine.refuse_block(&block, now);
                    }
                }
                MediaOutput::Event(event) => {
                    // Who hears of the event finds what came before it on its way.
                    self.flush();
                    self.tell_event(event);
                }
            }
        }
        self.flush();
    }

    /// Sends what is queued.
    fn flush(&mut self) {
        let engine = &mut self.engine;
        self.batch.flush(|key, _| engine.handle_unreachable(owner(key).0));
        if let Some(error) = self.batch.fault() {
            tracing::warn!(worker = self.surroundings.index, %error, "io_uring failed; media goes on over epoll");
        }
    }

    fn tell_event(&mut self, event: MediaEvent) {
        if matches!(event.what, MediaEventKind::Closed { .. } | MediaEventKind::Faulted) {
            if let Some(sockets) = self.open.remove(&event.session) {
                sockets.close(&mut self.batch);
            }
            self.next_offer.get_or_insert_with(Instant::now);
        }
        (self.surroundings.tell)(MediaNotice::Event(event));
    }

    fn tell(&mut self, session: SessionId, token: Token, what: MediaEventKind) {
        self.tell_event(MediaEvent { session, token, what });
    }

    /// Fills up the leases on offer.
    fn offer_leases(&mut self, now: Instant) {
        if self.next_offer.is_none_or(|at| now < at) {
            return;
        }
        self.next_offer = None;
        while self.offered.len() < self.surroundings.leases {
            // No port is free, or no descriptor: the core answers 503 when it has no lease left.
            let Ok(Some(pair)) = self.surroundings.ports.bind_pair() else {
                self.next_offer = Some(now + OFFER_AGAIN);
                return;
            };
            let session = SessionId(self.surroundings.sessions.fetch_add(1, Ordering::Relaxed));
            let lease = MediaLease {
                session,
                worker: self.surroundings.index,
                rtp_port: pair.rtp_port,
                rtcp_port: pair.rtcp_port,
            };
            self.offered.insert(session, pair);
            (self.surroundings.tell)(MediaNotice::Lease(lease));
        }
    }

    /// Closes every session, with its last blocks and events.
    fn close_all(&mut self) {
        let now = Instant::now();
        let sessions: Vec<SessionId> = self.open.keys().copied().collect();
        for session in sessions {
            let what = MediaCommandKind::Close;
            self.engine.handle_command(MediaCommand { session, token: Token(u64::MAX), what }, now);
            self.perform(now);
        }
    }
}

/// Seconds since 1900 in the upper half, their fraction in the lower (RFC 5905 6).
fn ntp(date: SystemTime) -> u64 {
    const FROM_1900_TO_1970: u64 = 2_208_988_800;
    let since = date.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    (since.as_secs().wrapping_add(FROM_1900_TO_1970) << 32) | fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_second_of_1970_is_2208988800_in_ntp() {
        let date = SystemTime::UNIX_EPOCH + Duration::from_millis(500);

        assert_eq!(ntp(date), (2_208_988_800 << 32) | 0x8000_0000);
    }
}
