use std::{
    collections::HashMap,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore, SeedableRng},
};

use crate::{
    command::{MediaCommand, MediaCommandKind, SessionId, Token},
    event::{Channel, MediaEventKind, MediaOutput, RecordEnd, RecordedBlock},
    outbox::Outbox,
    reception::playing_time,
    session::{MediaSession, Moment},
    spec::MediaSpec,
};

/// How an engine is set up.
#[derive(Clone, Debug)]
pub struct MediaConfig {
    /// Fresh random octets: RTCP names and the spread of reports come from it.
    pub seed: [u8; 32],
    /// Ties `Instant` to the date; without it no sender reports are written.
    pub wall: Option<WallAnchor>,
}

/// An instant and its date.
#[derive(Clone, Copy, Debug)]
pub struct WallAnchor {
    /// The instant.
    pub at: Instant,
    /// Its NTP time: seconds since 1900-01-01 in the upper half, their fraction in the lower.
    pub ntp: u64,
}

/// One of the four moments of a 20 ms tick, 5 ms apart. A session keeps its phase as long as it lives.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Phase(u8);

/// Many sessions of one owner, stepped by the ticks of their phases.
///
/// A driver waits until [`Self::poll_timeout`], gives the packets of the sessions in each phase that
/// [`Self::is_due`] to [`Self::handle_packet`], then calls [`Self::handle_tick`] for it, and drains
/// [`Self::poll_output`]. A panic in a session ends that session alone, with `Faulted`.
#[derive(Debug)]
pub struct MediaEngine {
    sessions: HashMap<SessionId, Seat>,
    /// Who is stepped in which phase. A session with an odd packet time sits in two opposite ones.
    rows: [Vec<SessionId>; Phase::COUNT],
    /// The next tick of each phase; `None` before the first session.
    ticks: Option<[Instant; Phase::COUNT]>,
    wall: Option<WallAnchor>,
    dice: ChaCha20Rng,
    outbox: Outbox,
}

#[derive(Debug)]
struct Seat {
    phase: Phase,
    /// It sits in the opposite phase as well.
    both: bool,
    session: Box<MediaSession>,
}

/// A session is stepped once in this time, in its phase.
const TICK: Duration = Duration::from_millis(20);

impl Phase {
    /// All four, in the order of a tick.
    pub const ALL: [Self; Self::COUNT] = [Self(0), Self(1), Self(2), Self(3)];

    const COUNT: usize = 4;
    const APART: Duration = Duration::from_millis(5);

    /// 0 to 3.
    pub fn index(self) -> usize {
        usize::from(self.0 % 4)
    }

    /// The phase half a tick away.
    fn opposite(self) -> Self {
        Self((self.0 + 2) % 4)
    }
}

impl WallAnchor {
    fn ntp_at(self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.at);
        let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
        self.ntp.wrapping_add(since.as_secs() << 32).wrapping_add(fraction)
    }
}

impl MediaEngine {
    /// An engine without sessions.
    pub fn new(config: MediaConfig) -> Self {
        Self {
            sessions: HashMap::new(),
            rows: Default::default(),
            ticks: None,
            wall: config.wall,
            dice: ChaCha20Rng::from_seed(config.seed),
            outbox: Outbox::default(),
        }
    }

    /// Obeys a command. `Open` of a session that is open already counts as `Update`.
    pub fn handle_command(&mut self, command: MediaCommand, now: Instant) {
        let MediaCommand { session, token, what } = command;
        match what {
            MediaCommandKind::Open { spec } if !self.sessions.contains_key(&session) => {
                self.open(session, token, spec, now);
            }
            MediaCommandKind::Open { spec } | MediaCommandKind::Update { spec } => {
                self.update(session, token, spec, now);
            }
            MediaCommandKind::Play { .. }
            | MediaCommandKind::Pause
            | MediaCommandKind::Resume
            | MediaCommandKind::Seek { .. }
            | MediaCommandKind::Speed { .. }
            | MediaCommandKind::Stop => self.step(session, now, |it, outbox, _| {
                it.set_token(token);
                it.steer_playing(what, outbox);
            }),
            MediaCommandKind::Record { recording, limits } => self.step(session, now, |it, outbox, _| {
                it.set_token(token);
                it.record(recording, limits, now, outbox);
            }),
            MediaCommandKind::StopRecording => self.step(session, now, |it, outbox, _| {
                it.set_token(token);
                it.stop_recording(RecordEnd::Stopped, now, outbox);
            }),
            MediaCommandKind::Close => {
                self.step(session, now, |it, outbox, moment| {
                    it.set_token(token);
                    it.close(moment, outbox);
                });
                self.remove(session);
            }
        }
    }

    /// Gives a datagram to a session; one of a session that is not open is passed over. `arrival` is when the kernel
    /// got it. SRTP decrypts in place.
    pub fn handle_packet(
        &mut self,
        session: SessionId,
        channel: Channel,
        source: SocketAddr,
        packet: &mut [u8],
        arrival: Instant,
    ) {
        self.step(session, arrival, |it, outbox, _| {
            it.handle_packet((channel, source), packet, arrival, outbox);
        });
    }

    /// A packet of the session could not be sent, or was refused by the peer's system: counted, never an end.
    pub fn handle_unreachable(&mut self, session: SessionId) {
        if let Some(seat) = self.sessions.get_mut(&session) {
            seat.session.note_unreachable();
        }
    }

    /// Steps the sessions of a phase, and plans its next tick after `now`.
    pub fn handle_tick(&mut self, phase: Phase, now: Instant) {
        if let Some(ticks) = &mut self.ticks {
            ticks[phase.index()] = next_tick(ticks[phase.index()], now);
        }
        let mut index = 0;
        while let Some(session) = self.rows[phase.index()].get(index).copied() {
            self.step(session, now, |it, outbox, moment| it.handle_tick(moment, outbox));
            // A session that has failed is gone, and another has its seat.
            index += usize::from(self.rows[phase.index()].get(index) == Some(&session));
        }
    }

    /// Steps every phase that is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        for phase in Phase::ALL {
            if self.is_due(phase, now) {
                self.handle_tick(phase, now);
            }
        }
    }

    /// Whether the tick of a phase with sessions has come.
    pub fn is_due(&self, phase: Phase, now: Instant) -> bool {
        !self.rows[phase.index()].is_empty() && self.ticks.is_some_and(|ticks| ticks[phase.index()] <= now)
    }

    /// The next tick of a phase that has sessions.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let ticks = self.ticks?;
        let with_sessions = Phase::ALL.into_iter().filter(|phase| !self.rows[phase.index()].is_empty());
        with_sessions.map(|phase| ticks[phase.index()]).min()
    }

    /// What is to be done next; `None` when all is.
    pub fn poll_output(&mut self) -> Option<MediaOutput> {
        self.outbox.queue.pop_front()
    }

    /// Takes back the buffer of a `Send`, for the next one.
    pub fn recycle(&mut self, buffer: Vec<u8>) {
        self.outbox.recycle(buffer);
    }

    /// The spool had no room for `block`: its recording ends before it, as `Truncated`, and its later blocks are
    /// withdrawn.
    pub fn refuse_block(&mut self, block: &RecordedBlock, now: Instant) {
        let mut lost = block.payload.len() as u64;
        self.outbox.queue.retain(|output| match output {
            MediaOutput::Block(later) if later.recording == block.recording => {
                lost += later.payload.len() as u64;
                false
            }
            _ => true,
        });
        if self.outbox.queue.iter_mut().any(|output| truncate_event(output, block, lost)) {
            return;
        }
        for phase in Phase::ALL {
            for index in 0..self.rows[phase.index()].len() {
                let Some(session) = self.rows[phase.index()].get(index).copied() else { break };
                let mut found = false;
                self.step(session, now, |it, outbox, _| found = it.truncate_recording(block, lost, outbox));
                if found {
                    return;
                }
            }
        }
    }

    /// The phase in which a session is stepped.
    pub fn phase(&self, session: SessionId) -> Option<Phase> {
        self.sessions.get(&session).map(|seat| seat.phase)
    }

    /// Sessions that are open.
    pub fn session_count(&self) -> usize {
        self.sessions.len()
    }

    fn open(&mut self, session: SessionId, token: Token, spec: MediaSpec, now: Instant) {
        let phase = Phase::ALL.into_iter().min_by_key(|phase| self.rows[phase.index()].len());
        let phase = phase.unwrap_or(Phase(0));
        let first_slot = self.tick_of(phase, now);
        let mut seed = [0; 16];
        self.dice.fill_bytes(&mut seed);
        let media = MediaSession::new((session, token), spec, seed, now, first_slot);
        let both = media.wants_short_ticks();
        self.sessions.insert(session, Seat { phase, both, session: Box::new(media) });
        self.rows[phase.index()].push(session);
        if both {
            let _ = self.tick_of(phase.opposite(), now);
            self.rows[phase.opposite().index()].push(session);
        }
    }

    fn update(&mut self, session: SessionId, token: Token, spec: MediaSpec, now: Instant) {
        let Some(phase) = self.phase(session) else { return };
        let first_slot = self.tick_of(phase, now);
        let mut both = false;
        self.step(session, now, |it, outbox, _| {
            it.set_token(token);
            it.update(spec, now, first_slot, outbox);
            both = it.wants_short_ticks();
        });
        let Some(seat) = self.sessions.get_mut(&session) else { return };
        if std::mem::replace(&mut seat.both, both) != both {
            let _ = self.tick_of(phase.opposite(), now);
            let row = &mut self.rows[phase.opposite().index()];
            row.retain(|other| *other != session);
            if both {
                row.push(session);
            }
        }
    }

    /// The next tick of a phase, which nobody may have waited for up to now.
    fn tick_of(&mut self, phase: Phase, now: Instant) -> Instant {
        let ticks =
            self.ticks.get_or_insert_with(|| Phase::ALL.map(|phase| now + Phase::APART * u32::from(phase.0)));
        let tick = &mut ticks[phase.index()];
        if self.rows[phase.index()].is_empty() && *tick < now {
            *tick = next_tick(*tick, now);
        }
        *tick
    }

    /// Lets a session do something; if that panics, the session alone is over.
    fn step(
        &mut self,
        session: SessionId,
        now: Instant,
        act: impl FnOnce(&mut MediaSession, &mut Outbox, Moment),
    ) {
        let Some(seat) = self.sessions.get_mut(&session) else { return };
        let moment = Moment { now, ntp: self.wall.map(|wall| wall.ntp_at(now)) };
        let outbox = &mut self.outbox;
        // The session is dropped after a panic, and the outbox holds whole outputs at every moment.
        let outcome = catch_unwind(AssertUnwindSafe(|| act(&mut seat.session, outbox, moment)));
        if outcome.is_err()
            && let Some(seat) = self.remove(session)
        {
            seat.session.abandon(&mut self.outbox);
        }
    }

    fn remove(&mut self, session: SessionId) -> Option<Seat> {
        let seat = self.sessions.remove(&session)?;
        for phase in [seat.phase, seat.phase.opposite()] {
            let row = &mut self.rows[phase.index()];
            if let Some(index) = row.iter().position(|other| *other == session) {
                row.swap_remove(index);
            }
        }
        Some(seat)
    }
}

/// The first tick after `now` of a phase that has one at `tick`.
fn next_tick(tick: Instant, now: Instant) -> Instant {
    let late = now.saturating_duration_since(tick).as_micros() / TICK.as_micros();
    tick + TICK.saturating_mul(u32::try_from(late).unwrap_or(u32::MAX).saturating_add(1))
}

/// Turns the waiting end of the block's recording into a truncated one.
fn truncate_event(output: &mut MediaOutput, block: &RecordedBlock, lost: u64) -> bool {
    let MediaOutput::Event(event) = output else { return false };
    match &mut event.what {
        MediaEventKind::RecordFinished { recording, why, length, blocks, .. }
            if *recording == block.recording =>
        {
            *why = RecordEnd::Truncated;
            *length = length.saturating_sub(playing_time(lost));
            *blocks = block.number;
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
