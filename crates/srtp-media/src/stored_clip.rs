//! Audio that is read while it plays: the hand-over between a reader, which has the disk, and the engine, which may
//! not wait for it.
//!
//! Chunks of half a second go through a bounded channel of the standard library, which takes no lock; the engine asks
//! it once a chunk. A seek is a word in an atomic that the reader looks at before each chunk.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel},
    },
    task::Waker,
    time::Duration,
};

use telephony::AudioCodec;

use crate::{
    command::RecordingId,
    limits::{BLOCK_OCTETS, CLIP_CHUNKS},
    reception::samples,
};

/// Where the audio of a stored clip is kept; the engine does not look inside.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum StoredAudio {
    /// A recording of this process that is not (or not yet) a message.
    Recording(RecordingId),
    /// A message, by its number in the index.
    Message(i64),
    /// A recorded greeting, by its number in the index.
    Greeting(i64),
}

/// Audio of a file. Whoever has the disk calls [`Self::attach`] before the `Play` reaches the engine; without that it
/// is passed over and counted in [`crate::MediaTotals::clips_unreadable`].
///
/// Clones share the reader, and the first `Play` takes it.
#[derive(Clone, Debug)]
pub struct StoredClip {
    /// What is read.
    pub audio: StoredAudio,
    /// The codec of the chunks: the call's, so that nothing is left to convert while it plays.
    pub codec: AudioCodec,
    /// How long it plays; what the file has beyond is not said.
    pub length: Duration,
    intake: Option<Arc<Mutex<Option<ClipIntake>>>>,
}

/// The reader's end of a stored clip.
#[derive(Debug)]
pub struct ClipFeed {
    chunks: SyncSender<AudioChunk>,
    wanted: Arc<Wanted>,
}

/// From where on the engine wants audio. The value is another one after each seek, even one to the same octet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClipPlace {
    /// Octets from the beginning of the audio.
    pub octets: u64,
    seek: u16,
}

/// A piece of audio, in the order in which it is heard.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AudioChunk {
    /// The place asked for since which this chunk and those before it were read; others are thrown away.
    pub since: ClipPlace,
    /// Octets in the clip's codec; 4,000 of them except before a seek and at the end, so that two seconds lie ready.
    pub octets: Vec<u8>,
    /// The audio ends with this chunk, which may be empty.
    pub last: bool,
}

/// Why a chunk was not taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ChunkRefused {
    /// Two seconds lie ready: offer it again when the waker has been called.
    Full(AudioChunk),
    /// Nobody listens any more.
    Gone,
}

/// The engine's end of a stored clip.
#[derive(Debug)]
pub(crate) struct ClipIntake {
    chunks: Receiver<AudioChunk>,
    wanted: Arc<Wanted>,
    place: ClipPlace,
    chunk: Vec<u8>,
    /// Octets of `chunk` that have been taken.
    taken: usize,
    last: bool,
}

/// What can be had of a stored clip now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Supply {
    /// So many octets, at least one.
    Octets(usize),
    /// Nothing yet.
    Starved,
    /// Nothing more.
    Ended,
    /// Nothing more, though the audio goes on: the reader has given up.
    Broken,
}

#[derive(Debug)]
struct Wanted {
    /// The octet in the lower 48 bits, the number of the seek above; or [`GONE`].
    place: AtomicU64,
    reader: Waker,
}

const OCTET_BITS: u32 = 48;
const LAST_OCTET: u64 = (1 << OCTET_BITS) - 1;
const GONE: u64 = u64::MAX;

impl StoredClip {
    /// A clip that nobody reads yet.
    pub fn new(audio: StoredAudio, codec: AudioCodec, length: Duration) -> Self {
        Self { audio, codec, length, intake: None }
    }

    /// Gives the clip a reader, in place of the one it has. `reader` is called from the engine's thread when there is
    /// room for a chunk, after a seek, and when nobody listens any more; it must not wait.
    pub fn attach(&mut self, reader: Waker) -> ClipFeed {
        let (sender, chunks) = sync_channel(CLIP_CHUNKS);
        let wanted = Arc::new(Wanted { place: AtomicU64::new(0), reader });
        let place = ClipPlace { octets: 0, seek: 0 };
        let intake = ClipIntake {
            chunks,
            wanted: Arc::clone(&wanted),
            place,
            chunk: Vec::new(),
            taken: 0,
            last: false,
        };
        self.intake = Some(Arc::new(Mutex::new(Some(intake))));
        ClipFeed { chunks: sender, wanted }
    }

    pub(crate) fn octets(&self) -> u64 {
        samples(self.length)
    }

    /// The reader's work, once.
    pub(crate) fn take_intake(&self) -> Option<ClipIntake> {
        self.intake.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Two clips are equal if they say the same, whoever reads them.
impl PartialEq for StoredClip {
    fn eq(&self, other: &Self) -> bool {
        (self.audio, self.codec, self.length) == (other.audio, other.codec, other.length)
    }
}

impl Eq for StoredClip {}

impl ClipFeed {
    /// From where on audio is wanted; `None` when nobody listens any more. Look before each chunk.
    pub fn wanted(&self) -> Option<ClipPlace> {
        let word = self.wanted.place.load(Ordering::Acquire);
        let seek = (word >> OCTET_BITS) as u16;
        (word != GONE).then_some(ClipPlace { octets: word & LAST_OCTET, seek })
    }

    /// Hands a chunk over. Never waits.
    ///
    /// # Errors
    /// [`ChunkRefused::Full`] gives the chunk back; after [`ChunkRefused::Gone`] the feed can be dropped. A feed that
    /// is dropped before its last chunk ends the clip there, counted as unreadable.
    pub fn offer(&self, chunk: AudioChunk) -> Result<(), ChunkRefused> {
        self.chunks.try_send(chunk).map_err(|refused| match refused {
            TrySendError::Full(chunk) => ChunkRefused::Full(chunk),
            TrySendError::Disconnected(_) => ChunkRefused::Gone,
        })
    }
}

impl ClipIntake {
    /// Takes what there is, up to the length of `octets`.
    pub(crate) fn read(&mut self, octets: &mut [u8]) -> Supply {
        loop {
            let rest = self.chunk.get(self.taken..).unwrap_or_default();
            if !rest.is_empty() {
                let count = rest.len().min(octets.len());
                octets[..count].copy_from_slice(&rest[..count]);
                self.taken += count;
                return Supply::Octets(count);
            }
            if self.last {
                return Supply::Ended;
            }
            match self.chunks.try_recv() {
                Ok(chunk) => self.take(chunk),
                Err(TryRecvError::Empty) => return Supply::Starved,
                Err(TryRecvError::Disconnected) => return Supply::Broken,
            }
        }
    }

    /// Goes to an octet of the audio: at once if it is in the chunk under way, else by asking the reader.
    pub(crate) fn seek(&mut self, from: u64, to: u64) {
        let within = usize::try_from(i128::from(to) - i128::from(from) + self.taken as i128);
        if let Ok(taken) = within
            && taken < self.chunk.len()
        {
            self.taken = taken;
            return;
        }
        // The topmost number belongs to `GONE`.
        let seek = (self.place.seek + 1) % u16::MAX;
        self.place = ClipPlace { octets: to.min(LAST_OCTET), seek };
        self.chunk = Vec::new();
        self.taken = 0;
        self.last = false;
        let word = self.place.octets | u64::from(seek) << OCTET_BITS;
        self.wanted.place.store(word, Ordering::Release);
        // Room for what is read from now on: at most a full channel lies there, and one chunk may still be under way.
        self.chunks.try_iter().take(CLIP_CHUNKS).for_each(drop);
        self.wanted.reader.wake_by_ref();
    }

    fn take(&mut self, chunk: AudioChunk) {
        if chunk.since == self.place {
            self.chunk = chunk.octets;
            self.taken = 0;
            self.last = chunk.last;
        }
        self.wanted.reader.wake_by_ref();
    }
}

/// The reader need not go on.
impl Drop for ClipIntake {
    fn drop(&mut self) {
        self.wanted.place.store(GONE, Ordering::Release);
        self.wanted.reader.wake_by_ref();
    }
}

const _: () = assert!(BLOCK_OCTETS * CLIP_CHUNKS == 16_000, "two seconds of chunks lie ready");

#[cfg(test)]
mod tests {
    use super::*;

    fn clip() -> StoredClip {
        StoredClip::new(StoredAudio::Message(7), AudioCodec::Pcmu, Duration::from_secs(10))
    }

    fn chunk(feed: &ClipFeed, octets: &[u8], last: bool) -> AudioChunk {
        AudioChunk { since: feed.wanted().unwrap(), octets: octets.to_vec(), last }
    }

    fn read(intake: &mut ClipIntake, most: usize) -> (Supply, Vec<u8>) {
        let mut octets = vec![0; most];
        let supply = intake.read(&mut octets);
        octets.truncate(if let Supply::Octets(count) = supply { count } else { 0 });
        (supply, octets)
    }

    #[test]
    fn chunks_are_taken_in_order_and_the_last_one_ends_the_clip() {
        let mut clip = clip();
        let feed = clip.attach(Waker::noop().clone());
        let mut intake = clip.take_intake().unwrap();

        assert_eq!(read(&mut intake, 8).0, Supply::Starved);
        feed.offer(chunk(&feed, &[1, 2, 3], false)).unwrap();
        feed.offer(chunk(&feed, &[4], true)).unwrap();

        assert_eq!(read(&mut intake, 2).1, [1, 2]);
        assert_eq!(read(&mut intake, 2).1, [3]);
        assert_eq!(read(&mut intake, 2).1, [4]);
        assert_eq!(read(&mut intake, 2).0, Supply::Ended);
    }

    #[test]
    fn fifth_chunk_is_given_back_until_one_has_been_taken() {
        let mut clip = clip();
        let feed = clip.attach(Waker::noop().clone());
        let mut intake = clip.take_intake().unwrap();
        for n in 0..4 {
            feed.offer(chunk(&feed, &[n], false)).unwrap();
        }

        let fifth = chunk(&feed, &[4], false);
        assert_eq!(feed.offer(fifth.clone()), Err(ChunkRefused::Full(fifth.clone())));
        assert_eq!(read(&mut intake, 8).1, [0]);
        assert_eq!(feed.offer(fifth), Ok(()));
    }

    #[test]
    fn chunks_read_before_a_seek_are_not_heard_after_it() {
        let mut clip = clip();
        let feed = clip.attach(Waker::noop().clone());
        let mut intake = clip.take_intake().unwrap();
        feed.offer(chunk(&feed, &[1, 2], false)).unwrap();
        feed.offer(chunk(&feed, &[3, 4], false)).unwrap();
        assert_eq!(read(&mut intake, 1).1, [1]);

        intake.seek(1, 500);
        assert_eq!(feed.wanted().unwrap().octets, 500);
        assert_eq!(read(&mut intake, 8).0, Supply::Starved);
        feed.offer(chunk(&feed, &[9], true)).unwrap();

        assert_eq!(read(&mut intake, 8).1, [9]);
    }

    #[test]
    fn seek_within_the_chunk_under_way_asks_nobody() {
        let mut clip = clip();
        let feed = clip.attach(Waker::noop().clone());
        let mut intake = clip.take_intake().unwrap();
        feed.offer(chunk(&feed, &[1, 2, 3, 4], false)).unwrap();
        assert_eq!(read(&mut intake, 3).1, [1, 2, 3]);
        let before = feed.wanted();

        intake.seek(3, 1);

        assert_eq!(read(&mut intake, 8).1, [2, 3, 4]);
        assert_eq!(feed.wanted(), before);
    }

    #[test]
    fn second_seek_to_the_same_octet_is_another_place() {
        let mut clip = clip();
        let feed = clip.attach(Waker::noop().clone());
        let mut intake = clip.take_intake().unwrap();

        intake.seek(0, 500);
        let first = feed.wanted();
        intake.seek(500, 500);

        assert_ne!(feed.wanted(), first);
    }

    #[test]
    fn reader_learns_that_nobody_listens_and_the_listener_that_the_reader_gave_up() {
        let mut clip = clip();
        let feed = clip.attach(Waker::noop().clone());
        let mut intake = clip.take_intake().unwrap();
        let last = chunk(&feed, &[1], false);

        drop(feed);
        assert_eq!(read(&mut intake, 1).0, Supply::Broken);
        let feed = clip.attach(Waker::noop().clone());
        drop(clip);

        assert_eq!(feed.wanted(), None);
        assert_eq!(feed.offer(last), Err(ChunkRefused::Gone));
    }

    struct Calls(std::sync::atomic::AtomicUsize);

    impl std::task::Wake for Calls {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn reader_is_called_for_each_chunk_taken_each_seek_and_the_end_and_for_nothing_else() {
        let calls = Arc::new(Calls(0.into()));
        let called = || calls.0.load(Ordering::Relaxed);
        let mut clip = clip();
        let feed = clip.attach(Waker::from(Arc::clone(&calls)));
        let mut intake = clip.take_intake().unwrap();
        feed.offer(chunk(&feed, &[1, 2, 3], false)).unwrap();
        feed.offer(chunk(&feed, &[4, 5, 6], false)).unwrap();
        assert_eq!(called(), 0);

        for (most, expected) in [(1, 1), (1, 1), (1, 1), (3, 2), (3, 2)] {
            read(&mut intake, most);
            assert_eq!(called(), expected);
        }
        intake.seek(6, 500);
        assert_eq!(called(), 3);
        drop(intake);

        assert_eq!(called(), 4);
    }

    #[test]
    fn only_one_play_gets_the_reader() {
        let mut clip = clip();
        let _feed = clip.attach(Waker::noop().clone());
        let copy = clip.clone();

        assert!(clip.take_intake().is_some());
        assert!(copy.take_intake().is_none());
        assert_eq!(clip, copy);
    }
}
