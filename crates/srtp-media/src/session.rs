//! One media session: what it sends, what it takes, and what it tells.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod receiving;
mod sending;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use crate::{
    command::{Clip, MediaCommandKind, RecordLimits, RecordingId, SessionId, Token},
    event::{MediaEventKind, MediaOutput, MediaTotals, PlayEnd, RecordEnd, RecordedBlock},
    outbox::Outbox,
    playout::Player,
    protection::Protection,
    reception::Reception,
    recorder::Recorder,
    rtcp_schedule::RtcpSchedule,
    sender::{Sender, usable_ptime},
    source::SourceLatch,
    spec::{MediaSpec, SpecParameters},
    telephone_event::{EventReceiver, KeyPress},
};

/// A session; its owner steps it on every tick and drains the outbox afterwards.
#[derive(Debug)]
pub(crate) struct MediaSession {
    id: SessionId,
    /// Of the last command.
    token: Token,
    spec: SpecParameters,
    protection: Protection,
    latch: SourceLatch,
    reception: Option<Reception>,
    events: EventReceiver,
    sender: Sender,
    player: Option<Player>,
    recorder: Option<Recorder>,
    rtcp: RtcpSchedule,
    /// The last valid packet, or since when the peer may send.
    heard: Instant,
    no_media_told: bool,
    totals: MediaTotals,
}

/// What the engine knows beside the session.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) now: Instant,
    /// The date, if the engine was given one.
    pub(crate) ntp: Option<u64>,
}

impl MediaSession {
    /// Opens the session. `first_slot` is the first tick at which it is stepped; `seed` is random.
    pub(crate) fn new(
        (id, token): (SessionId, Token),
        spec: MediaSpec,
        seed: [u8; 16],
        now: Instant,
        first_slot: Instant,
    ) -> Self {
        let MediaSpec { parameters, protection } = spec;
        Self {
            id,
            token,
            latch: SourceLatch::new(parameters.accept_from.clone()),
            reception: None,
            events: EventReceiver::default(),
            sender: Sender::new(
                parameters.ssrc,
                parameters.sequence,
                parameters.timestamp,
                parameters.ptime,
                first_slot,
            ),
            player: None,
            recorder: None,
            rtcp: RtcpSchedule::new(seed, now),
            heard: now,
            no_media_told: false,
            totals: MediaTotals::default(),
            spec: parameters,
            protection: Protection::new(&protection),
        }
    }

    /// Notes the token of a command.
    pub(crate) fn set_token(&mut self, token: Token) {
        self.token = token;
    }

    /// Whether a tick every 20 ms is too coarse for its packet time.
    pub(crate) fn wants_short_ticks(&self) -> bool {
        !usable_ptime(self.spec.ptime).as_millis().is_multiple_of(20)
    }

    pub(crate) fn update(&mut self, spec: MediaSpec, now: Instant, first_slot: Instant, outbox: &mut Outbox) {
        let MediaSpec { parameters, protection } = spec;
        let moved = parameters.remote_rtp != self.spec.remote_rtp;
        let was_held = self.is_held();
        let was_awaited = self.awaits_media();
        self.sender.set_ptime(parameters.ptime, first_slot);
        self.spec = parameters;
        if self.awaits_media() && !was_awaited {
            self.heard = now;
            self.no_media_told = false;
        }
        let trusted_address = self.protection.trusts_source_address();
        self.protection.update(&protection);
        if moved || trusted_address != self.protection.trusts_source_address() {
            self.latch = SourceLatch::new(self.spec.accept_from.clone());
            outbox.queue.push_back(MediaOutput::Disconnect { session: self.id });
        } else {
            self.latch.accept_from(self.spec.accept_from.clone());
        }
        if let Some(recorder) = self.recorder.as_mut().filter(|_| was_held == self.spec.direction.send) {
            if was_held { recorder.resume(now) } else { recorder.hold(now) }
        }
    }

    /// Obeys the commands about playing.
    pub(crate) fn steer_playing(&mut self, command: MediaCommandKind, outbox: &mut Outbox) {
        match (command, &mut self.player) {
            (MediaCommandKind::Play { clips, from }, _) => self.play(clips, from, outbox),
            (MediaCommandKind::Stop, _) => self.stop(outbox),
            (MediaCommandKind::Pause, Some(player)) => player.pause(),
            (MediaCommandKind::Resume, Some(player)) => player.resume(),
            (MediaCommandKind::Seek { to }, Some(player)) => player.seek(to),
            (MediaCommandKind::Speed { percent }, Some(player)) => player.set_speed(percent),
            // Nothing is playing, or the command is about something else.
            (
                MediaCommandKind::Pause
                | MediaCommandKind::Resume
                | MediaCommandKind::Seek { .. }
                | MediaCommandKind::Speed { .. }
                | MediaCommandKind::Open { .. }
                | MediaCommandKind::Update { .. }
                | MediaCommandKind::Record { .. }
                | MediaCommandKind::StopRecording
                | MediaCommandKind::Close,
                _,
            ) => {}
        }
    }

    fn play(&mut self, clips: Vec<Clip>, from: Duration, outbox: &mut Outbox) {
        self.stop(outbox);
        self.player = Some(Player::new(self.token, self.spec.codec, clips, from));
    }

    fn stop(&mut self, outbox: &mut Outbox) {
        if let Some(player) = self.player.take() {
            let what = MediaEventKind::PlayFinished { why: PlayEnd::Interrupted, at: player.position() };
            outbox.event(self.id, player.token, what);
        }
    }

    pub(crate) fn record(
        &mut self,
        recording: RecordingId,
        limits: RecordLimits,
        now: Instant,
        outbox: &mut Outbox,
    ) {
        self.stop_recording(RecordEnd::Stopped, now, outbox);
        let mut recorder = Recorder::new(recording, self.token, self.spec.codec, limits, now);
        if self.is_held() {
            recorder.hold(now);
        }
        self.recorder = Some(recorder);
    }

    pub(crate) fn stop_recording(&mut self, why: RecordEnd, now: Instant, outbox: &mut Outbox) {
        let Some(mut recorder) = self.recorder.take() else { return };
        recorder.settle_all(now);
        loop {
            let block = recorder.take_last_block();
            let last = block.last;
            outbox.queue.push_back(MediaOutput::Block(block));
            if last {
                break;
            }
        }
        outbox.event(self.id, recorder.token, recorder.finished(why));
    }

    /// The spool has refused a block of this recording, `lost` octets in all: it ends with the block before. `false` if this is not the
    /// recording under way.
    pub(crate) fn truncate_recording(
        &mut self,
        block: &RecordedBlock,
        lost: u64,
        outbox: &mut Outbox,
    ) -> bool {
        let Some(recorder) = self.recorder.take_if(|recorder| recorder.recording == block.recording) else {
            return false;
        };
        outbox.event(self.id, recorder.token, recorder.truncated(block, lost));
        true
    }

    /// Ends everything; the session must be dropped afterwards.
    pub(crate) fn close(&mut self, moment: Moment, outbox: &mut Outbox) {
        self.stop(outbox);
        self.stop_recording(RecordEnd::Closed, moment.now, outbox);
        self.send_report(moment, true, outbox);
        outbox.event(self.id, self.token, MediaEventKind::Closed { totals: self.totals() });
    }

    /// What is left to say about a session in which the program has failed: reads plain numbers only.
    pub(crate) fn abandon(mut self, outbox: &mut Outbox) {
        if let Some(recorder) = self.recorder.take() {
            outbox.event(self.id, recorder.token, recorder.finished(RecordEnd::Truncated));
        }
        outbox.event(self.id, self.token, MediaEventKind::Faulted);
    }

    /// One tick: timers, the packet that is due, blocks.
    pub(crate) fn handle_tick(&mut self, moment: Moment, outbox: &mut Outbox) {
        let now = moment.now;
        let press = self.events.handle_timeout(now);
        self.tell([press, None], outbox);
        self.step_recorder(now, outbox);
        while let Some(slot) = self.sender.due_slot(now) {
            self.use_slot(slot, outbox);
            self.sender.pass_slot();
        }
        if self.rtcp.is_due(now) {
            self.send_report(moment, false, outbox);
        }
        self.watch_media(now, outbox);
    }

    fn step_recorder(&mut self, now: Instant, outbox: &mut Outbox) {
        let Some(recorder) = &mut self.recorder else { return };
        let ended = recorder.handle_timeout(now);
        while let Some(block) = recorder.take_block(now) {
            outbox.queue.push_back(MediaOutput::Block(block));
        }
        if let Some(why) = ended {
            self.stop_recording(why, now, outbox);
        }
    }

    fn is_held(&self) -> bool {
        !self.spec.direction.send
    }

    /// Whether silence of the peer means that it is gone. While it holds, also by `sendonly` or 0.0.0.0, it may send
    /// and often does not; then no timer runs (docs/security-modes.md section 3).
    fn awaits_media(&self) -> bool {
        self.spec.direction.receive && !self.is_held()
    }

    fn watch_media(&mut self, now: Instant, outbox: &mut Outbox) {
        let Some(timeout) = self.spec.media_timeout.filter(|_| self.awaits_media()) else { return };
        if !self.no_media_told && now.saturating_duration_since(self.heard) >= timeout {
            self.no_media_told = true;
            outbox.event(self.id, self.token, MediaEventKind::NoMedia);
        }
    }

    fn tell(&mut self, presses: [Option<KeyPress>; 2], outbox: &mut Outbox) {
        for KeyPress { digit, duration } in presses.into_iter().flatten() {
            outbox.event(self.id, self.token, MediaEventKind::Digit { digit, duration });
        }
    }

    fn totals(&mut self) -> MediaTotals {
        self.totals.jitter = self.reception.as_ref().map_or(0, Reception::jitter);
        self.totals.packets_sent = self.sender.packets;
        self.end_reception();
        self.totals
    }
}

/// An IPv4 address stays one, whatever kind of socket it came through.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
impl MediaSession {
    /// Makes the next packet or tick fail as a fault in the program would.
    pub(crate) fn sabotage(&mut self) {
        self.protection = Protection::Faulty;
    }

    /// Makes our SRTP key as old as so many packets.
    pub(crate) fn age_key(&mut self, last_rtp: u64, next_rtcp: u32) {
        if let Protection::Srtp(both) = &mut self.protection {
            both.1.set_indices(self.sender.ssrc, last_rtp, next_rtcp);
        }
    }
}
