//! The thread that reads stored clips ahead of the workers that play them.

use std::{
    error::Error,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    task::{Wake, Waker},
    thread::{JoinHandle, Thread},
    time::{Duration, Instant},
};

use srtp_media::{
    AudioChunk, ChunkRefused, Clip, ClipFeed, ClipPlace, StoredAudio, StoredClip, g711::transcode,
    limits::BLOCK_OCTETS,
};
use storage::AudioReader;
use telephony::AudioCodec;

/// Opens the audio of a name; called on the reader's thread, with each clip and each seek.
pub(super) type OpenAudio = Arc<dyn Fn(StoredAudio) -> Result<AudioReader, OpenFailed> + Send + Sync>;
/// Why audio could not be opened.
pub(super) type OpenFailed = Box<dyn Error + Send + Sync>;

/// The reader of all stored clips of the server.
pub(super) struct ClipReader {
    jobs: SyncSender<Job>,
    stop: Arc<AtomicBool>,
    waker: Waker,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// A clip that has just been ordered.
struct Job {
    clip: StoredClip,
    feed: ClipFeed,
}

/// A clip being read.
struct Reading {
    clip: StoredClip,
    feed: ClipFeed,
    place: ClipPlace,
    /// Open from the first chunk on, and anew after each seek.
    audio: Option<AudioReader>,
    /// Octets of the audio that have been read.
    position: u64,
    /// Octets of a block that did not fit into the chunk before.
    rest: Vec<u8>,
    /// A chunk for which there was no room.
    waiting: Option<AudioChunk>,
    /// All has been handed over; a seek begins anew.
    ended: bool,
    /// The audio ends before its length: since when, and when it is tried again.
    short: Option<(Instant, Instant)>,
}

/// What came of looking after a clip.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Progress {
    /// A chunk was handed over.
    Moved,
    /// Nothing can be done before the waker is called.
    Waits,
    /// Nothing can be done before then.
    WaitsUntil(Instant),
    /// Nobody listens, or the audio cannot be read.
    Over,
}

/// Clips read at the same time; one more is passed over by its call and counted there as unreadable.
const MAX_READINGS: usize = 512;
/// Clips ordered and not yet seen by the thread.
const JOBS_WAITING: usize = 512;
/// A recording may be played while the spool still writes its last blocks: an audio that ends before its length is
/// tried again this often,
const SHORT_AGAIN: Duration = Duration::from_millis(50);
/// and for so long.
const SHORT_PATIENCE: Duration = Duration::from_secs(2);
/// Octets that an index entry in milliseconds may be off.
const ROUNDING: u64 = 80;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl ClipReader {
    /// # Errors
    /// What the system says about threads.
    pub(super) fn start(open: OpenAudio) -> io::Result<Self> {
        let (jobs, inbox) = sync_channel(JOBS_WAITING);
        let stop = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("clip-reader".into())
            .spawn(move || read_clips(&inbox, &until, &open))?;
        let waker = Waker::from(Arc::new(Unpark(thread.thread().clone())));
        Ok(Self { jobs, stop, waker, thread: Mutex::new(Some(thread)) })
    }

    /// Begins to read the stored clips among these. One for which there is no room gets no reader: the engine passes it
    /// over and counts it.
    pub(super) fn attach(&self, clips: &mut [Clip]) {
        for clip in clips {
            if let Clip::Stored(clip) = clip {
                let feed = clip.attach(self.waker.clone());
                // The name alone: a job must not hold the other end of its own feed.
                let clip = StoredClip::new(clip.audio, clip.codec, clip.length);
                if self.jobs.try_send(Job { clip, feed }).is_err() {
                    tracing::warn!("too many stored clips are read at once: one is passed over");
                }
                self.waker.wake_by_ref();
            }
        }
    }

    /// Ends the thread.
    pub(super) fn shutdown(&self) {
        self.stop.store(true, Ordering::Release);
        self.waker.wake_by_ref();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A thread that panicked has said so on standard error.
        let _ = thread.map(JoinHandle::join);
    }
}

fn read_clips(jobs: &Receiver<Job>, stop: &AtomicBool, open: &OpenAudio) {
    let mut readings: Vec<Reading> = Vec::new();
    while !stop.load(Ordering::Acquire) {
        for job in jobs.try_iter() {
            if readings.len() < MAX_READINGS {
                readings.extend(Reading::new(job));
            } else {
                tracing::warn!("{MAX_READINGS} stored clips are read already: one more is passed over");
            }
        }
        // One chunk of each clip in turn, so that a long seek in one holds up nobody for more than itself.
        let (mut moved, mut wake) = (false, None::<Instant>);
        readings.retain_mut(|reading| match reading.look_after(open, Instant::now()) {
            Progress::Moved => {
                moved = true;
                true
            }
            Progress::Waits => true,
            Progress::WaitsUntil(at) => {
                wake = Some(wake.map_or(at, |wake| wake.min(at)));
                true
            }
            Progress::Over => false,
        });
        match wake {
            // A call of the waker since the last park makes these return at once.
            _ if moved => {}
            Some(at) => std::thread::park_timeout(at.saturating_duration_since(Instant::now())),
            None => std::thread::park(),
        }
    }
}

impl Reading {
    /// `None` if nobody listens already.
    fn new(job: Job) -> Option<Self> {
        let Job { clip, feed } = job;
        let place = feed.wanted()?;
        Some(Self {
            clip,
            feed,
            place,
            audio: None,
            position: place.octets,
            rest: Vec::new(),
            waiting: None,
            ended: false,
            short: None,
        })
    }

    fn look_after(&mut self, open: &OpenAudio, now: Instant) -> Progress {
        let Some(place) = self.feed.wanted() else { return Progress::Over };
        if place != self.place {
            self.restart(place);
        }
        if let Some((_, again)) = self.short.filter(|_| self.waiting.is_none())
            && now < again
        {
            return Progress::WaitsUntil(again);
        }
        if self.waiting.is_none() && !self.ended {
            match self.next_chunk(open, now) {
                Ok(chunk) => self.waiting = chunk,
                Err(error) => {
                    tracing::warn!(audio = ?self.clip.audio, "a stored clip ends early: {error}");
                    return Progress::Over;
                }
            }
        }
        let Some(chunk) = self.waiting.take() else {
            return self.short.map_or(Progress::Waits, |(_, again)| Progress::WaitsUntil(again));
        };
        match self.feed.offer(chunk) {
            Ok(()) => Progress::Moved,
            Err(ChunkRefused::Full(chunk)) => {
                self.waiting = Some(chunk);
                Progress::Waits
            }
            Err(ChunkRefused::Gone) => Progress::Over,
        }
    }

    fn restart(&mut self, place: ClipPlace) {
        self.place = place;
        self.audio = None;
        self.position = place.octets;
        self.rest.clear();
        self.waiting = None;
        self.ended = false;
        self.short = None;
    }

    /// The next chunk; `None` if the audio has not grown to its length yet.
    fn next_chunk(&mut self, open: &OpenAudio, now: Instant) -> Result<Option<AudioChunk>, OpenFailed> {
        let length = u64::try_from(self.clip.length.as_micros()).unwrap_or(u64::MAX).saturating_mul(8) / 1000;
        let mut audio = match self.audio.take() {
            Some(audio) => audio,
            None => self.reopened(open)?,
        };
        let mut octets = std::mem::take(&mut self.rest);
        let codec = audio.header().codec;
        while octets.len() < BLOCK_OCTETS && self.position < length {
            let Some(block) = audio.next_block() else { break };
            self.position += block.len() as u64;
            octets.extend(block.iter().map(|octet| transcode(codec, self.clip.codec, *octet)));
        }
        let rounded = if audio.end().is_some() { ROUNDING } else { 0 };
        let last = self.position.saturating_add(rounded) >= length;
        if audio.end().is_none() || last {
            self.audio = Some(audio);
            self.short = None;
        } else {
            let (since, _) = *self.short.get_or_insert((now, now));
            if now.saturating_duration_since(since) >= SHORT_PATIENCE {
                return Err("its file has fewer blocks than the index says".into());
            }
            self.short = Some((since, now + SHORT_AGAIN));
            if octets.is_empty() {
                return Ok(None);
            }
        }
        if octets.len() > BLOCK_OCTETS {
            self.rest = octets.split_off(BLOCK_OCTETS);
        }
        let last = last && self.rest.is_empty();
        self.ended = last;
        Ok(Some(AudioChunk { since: self.place, octets, last }))
    }

    /// The audio from `position` on, which for what has not been handed over yet is in `rest`.
    fn reopened(&mut self, open: &OpenAudio) -> Result<AudioReader, OpenFailed> {
        let mut audio = open(self.clip.audio)?;
        let codec: AudioCodec = audio.header().codec;
        if let Some(block) = audio.skip(self.position) {
            self.position += block.len() as u64;
            self.rest.extend(block.iter().map(|octet| transcode(codec, self.clip.codec, *octet)));
        }
        Ok(audio)
    }
}

#[cfg(test)]
mod tests;
