//! Recording: RTP packets become one continuous stream of octets, 8,000 a second.
//!
//! A packet's place is its RTP timestamp, bounded by wall time. What has not come when the wall is
//! [`LATENESS`] past it, or when the source itself is [`REORDERING`] past it, is settled without it: silence if the
//! source sent nothing, and what conceals the loss if sequence numbers say that it did. To the detector of speech both
//! are silence.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod gaps;

use std::time::{Duration, Instant};

use bytes::Bytes;
use telephony::AudioCodec;

use self::gaps::Gaps;
use crate::{
    command::{RecordLimits, RecordingId, Token},
    concealment::{HISTORY, conceal},
    event::{MediaEventKind, RecordEnd, RecordedBlock},
    limits::{BLOCK_AGE, BLOCK_OCTETS, MAX_AUDIO_PAYLOAD},
    reception::{playing_time, samples},
    rtp::{RtpHeader, RtpTimestamp, SequenceNumber},
    voice_activity::{FRAME, SpeechDetector},
};

/// Octets that the newest packet may be ahead of one still waited for: 100 ms.
const REORDERING: u64 = 800;
/// Octets that the wall may be ahead of a packet still waited for: 300 ms.
const LATENESS: u64 = 2400;
/// Octets that a packet may be ahead of the wall: 200 ms.
const AHEAD: u64 = 1600;
/// Nothing but late packets for so long: the source's clock stands elsewhere now.
const ALL_LATE: Duration = Duration::from_millis(200);
/// What lies between the block under way and the furthest packet.
const SPAN: usize = 4000 + 2400 + 1600 + 2 * MAX_AUDIO_PAYLOAD;
/// That, and behind it what was given out last, from which losses are concealed.
const WINDOW: usize = HISTORY + SPAN;

/// A recording under way.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) recording: RecordingId,
    /// The token of its `Record`.
    pub(crate) token: Token,
    /// The codec of all its octets.
    pub(crate) codec: AudioCodec,
    silence_frames: Option<u64>,
    maximum: u64,
    detector: SpeechDetector,
    /// When position 0 was; moves on by the time that the call was held.
    origin: Instant,
    held_since: Option<Instant>,
    /// A timestamp of the source and its position.
    anchor: Option<(RtpTimestamp, u64)>,
    late_since: Option<Instant>,
    gaps: Gaps,
    /// Octets from [`HISTORY`] before position `start` on, silence where nothing has been placed.
    window: Box<[u8]>,
    /// Octets given out in blocks.
    start: u64,
    /// Octets that nothing can change any more; `start <= settled`.
    settled: u64,
    /// End of the furthest packet.
    newest: u64,
    /// Since when the block under way waits.
    waiting_since: Option<Instant>,
    blocks: u32,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Placed {
    /// It is in the recording.
    Kept,
    /// Its place, or a part of it, had been written already.
    Late,
    /// It is further ahead than wall time allows, or the call is held.
    Dropped,
}

impl Recorder {
    pub(crate) fn new(
        recording: RecordingId,
        token: Token,
        codec: AudioCodec,
        limits: RecordLimits,
        now: Instant,
    ) -> Self {
        Self {
            recording,
            token,
            codec,
            silence_frames: limits.silence.map(|silence| samples(silence).div_ceil(FRAME as u64)),
            maximum: samples(limits.maximum),
            detector: SpeechDetector::new(codec),
            origin: now,
            held_since: None,
            anchor: None,
            late_since: None,
            gaps: Gaps::default(),
            window: vec![codec.silence_octet(); WINDOW].into_boxed_slice(),
            start: 0,
            settled: 0,
            newest: 0,
            waiting_since: None,
            blocks: 0,
        }
    }

    /// Puts the octets of a packet (in the recording's codec) in their place.
    pub(crate) fn place(&mut self, header: &RtpHeader, payload: &[u8], arrival: Instant) -> Placed {
        let RtpHeader { timestamp, marker: talkspurt, .. } = *header;
        if self.held_since.is_some() {
            return Placed::Dropped;
        }
        // After a stall, packets come before the tick that settles what they stand behind.
        let _ = self.handle_timeout(arrival);
        let wall = self.wall(arrival);
        let position = match self.anchored(timestamp) {
            None => wall.max(self.newest),
            // The source's clock was set forward, or gains on ours.
            Some(position) if position > wall.saturating_add(AHEAD).cast_signed() => wall.max(self.newest),
            Some(position) if position < self.settled.cast_signed() => {
                let newer = self.anchor.is_none_or(|(before, _)| timestamp.ahead_of(before) > 0);
                if !(self.all_late(arrival) || talkspurt && newer) {
                    return self.place_tail(position, payload);
                }
                wall.max(self.newest)
            }
            Some(position) => position.unsigned_abs(),
        };
        if position > wall.saturating_add(AHEAD) {
            self.anchor = None;
            return Placed::Dropped;
        }
        self.late_since = None;
        if self.anchor.is_none_or(|(_, before)| position > before)
            || self.anchored(timestamp) != Some(position.cast_signed())
        {
            self.anchor = Some((timestamp, position));
        }
        self.gaps.note_audio(header, payload.len(), self.newest..position, self.settled);
        self.write(position, payload);
        Placed::Kept
    }

    /// A packet of the source that carried no audio: what lies between it and its neighbours is a pause and no loss.
    pub(crate) fn note_other(&mut self, sequence: SequenceNumber) {
        self.gaps.note_other(sequence);
    }

    /// Another source, another clock: the next packet stands where the wall is.
    pub(crate) fn restart_clock(&mut self) {
        self.anchor = None;
        self.gaps.restart();
        self.late_since = None;
    }

    /// The call is held: nothing is recorded and no timer runs.
    pub(crate) fn hold(&mut self, now: Instant) {
        self.held_since.get_or_insert(now);
    }

    /// The call goes on.
    pub(crate) fn resume(&mut self, now: Instant) {
        if let Some(since) = self.held_since.take() {
            self.origin = self.origin.checked_add(now.saturating_duration_since(since)).unwrap_or(now);
            self.restart_clock();
        }
    }

    /// Settles what time has settled; says so if a limit ends the recording.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<RecordEnd> {
        if self.held_since.is_some() {
            return None;
        }
        let by_wall = self.wall(now).saturating_sub(LATENESS);
        let by_source = self.newest.saturating_sub(REORDERING);
        self.settle(by_wall.max(by_source), now)
    }

    /// The next block to give out: a full one, or one that has waited for a second.
    pub(crate) fn take_block(&mut self, now: Instant) -> Option<RecordedBlock> {
        let waiting = self.unsent();
        let aged = self.waiting_since.is_some_and(|since| now.saturating_duration_since(since) >= BLOCK_AGE);
        if waiting == 0 || (waiting < BLOCK_OCTETS && !aged) {
            return None;
        }
        let block = self.cut_block(waiting.min(BLOCK_OCTETS), false);
        self.waiting_since = (self.unsent() > 0).then_some(now);
        Some(block)
    }

    /// Ends the recording: all that has come, up to the maximum, is settled. The blocks left follow from
    /// [`Self::take_last_block`].
    pub(crate) fn settle_all(&mut self, now: Instant) {
        let rest = self.newest.min(self.maximum);
        if self.settle(rest, now).is_none() {
            self.settled = self.settled.max(rest);
        }
    }

    /// After [`Self::settle_all`]: the blocks left, the last one marked (and perhaps empty).
    pub(crate) fn take_last_block(&mut self) -> RecordedBlock {
        let waiting = self.unsent();
        self.cut_block(waiting.min(BLOCK_OCTETS), waiting <= BLOCK_OCTETS)
    }

    /// The event of the end, after the last block.
    pub(crate) fn finished(&self, why: RecordEnd) -> MediaEventKind {
        MediaEventKind::RecordFinished {
            recording: self.recording,
            why,
            length: playing_time(self.start),
            speech: playing_time(self.detector.speech_frames().saturating_mul(FRAME as u64)),
            blocks: self.blocks,
        }
    }

    /// The event of an end without its tail: `block` was refused, and with it `lost` octets in all.
    pub(crate) fn truncated(&self, block: &RecordedBlock, lost: u64) -> MediaEventKind {
        MediaEventKind::RecordFinished {
            recording: self.recording,
            why: RecordEnd::Truncated,
            length: playing_time(self.start.saturating_sub(lost)),
            speech: playing_time(self.detector.speech_frames().saturating_mul(FRAME as u64)),
            blocks: block.number,
        }
    }

    /// Octets settled and not yet given out.
    fn unsent(&self) -> usize {
        usize::try_from(self.settled.saturating_sub(self.start)).unwrap_or(usize::MAX)
    }

    fn wall(&self, now: Instant) -> u64 {
        samples(now.saturating_duration_since(self.origin))
    }

    /// Where the source's clock puts a timestamp; negative before the beginning.
    fn anchored(&self, timestamp: RtpTimestamp) -> Option<i64> {
        let (before, position) = self.anchor?;
        Some(position.cast_signed().saturating_add(i64::from(timestamp.ahead_of(before))))
    }

    fn all_late(&mut self, arrival: Instant) -> bool {
        let since = *self.late_since.get_or_insert(arrival);
        arrival.saturating_duration_since(since) >= ALL_LATE
    }

    /// A late packet whose end is still in time.
    fn place_tail(&mut self, position: i64, payload: &[u8]) -> Placed {
        let missed = self.settled.cast_signed().saturating_sub(position).unsigned_abs();
        if let Some(tail) = usize::try_from(missed).ok().and_then(|missed| payload.get(missed..)) {
            self.write(self.settled, tail);
        }
        Placed::Late
    }

    /// Where a position stands in the window.
    fn offset(&self, position: u64) -> usize {
        let within = position.saturating_add(HISTORY as u64).saturating_sub(self.start);
        usize::try_from(within).unwrap_or(usize::MAX)
    }

    /// Conceals the gaps that begin before `end`, which nothing can fill any more.
    fn conceal_until(&mut self, end: u64) {
        while let Some((start, until)) = self.gaps.take_unfilled(end) {
            let (from, to) = (self.offset(start), self.offset(until));
            let next = self.window.get(to).copied();
            let Some((before, gap)) =
                self.window.get_mut(..to).and_then(|heard| heard.split_at_mut_checked(from))
            else {
                continue;
            };
            let history = before.get(from.saturating_sub(HISTORY)..).unwrap_or_default();
            conceal(self.codec, history, gap, next);
        }
    }

    /// What the detector of speech hears of a frame: neither losses nor what conceals them.
    fn hear(&mut self, from: u64, until: u64) {
        if self.gaps.is_empty() {
            let frame = self.offset(from)..self.offset(until);
            return self.detector.hear(self.window.get(frame).unwrap_or_default());
        }
        let mut frame = [0; FRAME];
        let heard = self.window.get(self.offset(from)..self.offset(until)).unwrap_or_default();
        let Some(frame) = frame.get_mut(..heard.len()) else { return };
        frame.copy_from_slice(heard);
        for (position, octet) in (from..).zip(frame.iter_mut()) {
            if self.gaps.contain(position) {
                *octet = self.codec.silence_octet();
            }
        }
        self.detector.hear(frame);
    }

    fn write(&mut self, position: u64, payload: &[u8]) {
        let offset = self.offset(position);
        let room = self.window.get_mut(offset..).unwrap_or_default();
        for (place, octet) in room.iter_mut().zip(payload) {
            *place = *octet;
        }
        let written = payload.len().min(room.len()) as u64;
        if written > 0 {
            self.newest = self.newest.max(position.saturating_add(written));
            self.gaps.close(position, position.saturating_add(written));
        }
    }

    /// Settles whole frames up to position `to`, at most as far as the window goes and the maximum allows.
    fn settle(&mut self, to: u64, now: Instant) -> Option<RecordEnd> {
        let to = to.min(self.maximum).min(self.start.saturating_add(SPAN as u64));
        while self.settled < to && self.ended().is_none() {
            let frame = to.saturating_sub(self.settled).min(FRAME as u64);
            let end = self.settled.saturating_add(frame);
            if frame < FRAME as u64 && end < self.maximum {
                break;
            }
            self.conceal_until(end);
            self.hear(self.settled, end);
            self.settled = end;
            self.gaps.pass(end);
            self.waiting_since.get_or_insert(now);
        }
        self.ended()
    }

    /// The limit that is reached, if one is.
    fn ended(&self) -> Option<RecordEnd> {
        if self.silence_frames.is_some_and(|limit| self.detector.silent_frames() >= limit) {
            return Some(RecordEnd::Silence);
        }
        (self.settled >= self.maximum).then_some(RecordEnd::Maximum)
    }

    fn cut_block(&mut self, octets: usize, last: bool) -> RecordedBlock {
        let all = HISTORY..HISTORY.saturating_add(octets);
        let payload = Bytes::copy_from_slice(self.window.get(all).unwrap_or_default());
        self.window.copy_within(octets.min(WINDOW).., 0);
        let kept = WINDOW.saturating_sub(octets);
        if let Some(freed) = self.window.get_mut(kept..) {
            freed.fill(self.codec.silence_octet());
        }
        let number = self.blocks;
        self.blocks = self.blocks.saturating_add(1);
        self.start = self.start.saturating_add(payload.len() as u64);
        RecordedBlock { recording: self.recording, number, codec: self.codec, payload, last }
    }
}

#[cfg(test)]
mod tests;
