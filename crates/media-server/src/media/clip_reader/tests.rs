//! What the reader does, over a real store.
use std::sync::mpsc::{Receiver, channel};

use bytes::Bytes;
use mailbox::{
    MailboxId, MessageDetails, NewMailbox, RecordingHeader, StoreReplyKind, StoreRequest, StoreRequestKind,
};
use srtp_media::{
    Direction, MediaCommand, MediaCommandKind, MediaConfig, MediaEngine, MediaEventKind, MediaOutput,
    MediaSpec, MediaTotals, RecordingId, RtpPacket, SeekTo, SessionId, SpecParameters, Token, WhileSilent,
};
use storage::{AudioBlock, PinCost, Store, StoreOptions};
use telephony::Extension;
use tempfile::TempDir;

use super::*;

const PATIENCE: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_millis(20);
const ONE: SessionId = SessionId(1);
const SECOND: Duration = Duration::from_secs(1);

/// A store with recording 5, what the thread does with a clip, and an engine, all on one virtual clock: before each
/// tick the clip is looked after until nothing can be done.
struct Rig {
    store: Store,
    open: OpenAudio,
    readings: Vec<Reading>,
    engine: MediaEngine,
    now: Instant,
    heard: Vec<u8>,
    finished: Option<Duration>,
    totals: MediaTotals,
    /// The store's; it goes last.
    _folder: TempDir,
}

/// Of a recording: its number, its octets, and whether it is the last one.
type Block = (u32, Vec<u8>, bool);

fn ask(store: &Store, what: StoreRequestKind) -> StoreReplyKind {
    let (replies, inbox) = channel();
    let answer = move |reply: mailbox::StoreReply| replies.send(reply.what).unwrap();
    store.submit(StoreRequest { token: 1, what }, answer).unwrap();
    inbox.recv_timeout(PATIENCE).unwrap().unwrap()
}

/// Octets that tell their place, and none of them silence.
fn octets(from: usize, to: usize) -> Vec<u8> {
    (from..to).map(|n| (n % 199) as u8).collect()
}

/// A complete recording, in blocks that end at these octets.
fn complete(ends: &[usize]) -> Vec<Block> {
    let begins = std::iter::once(&0).chain(ends);
    (0..)
        .zip(begins.zip(ends))
        .map(|(number, (begin, end))| (number, octets(*begin, *end), Some(end) == ends.last()))
        .collect()
}

/// A complete recording of so many blocks of half a second.
fn half_seconds(blocks: usize) -> Vec<Block> {
    let ends: Vec<usize> = (1..=blocks).map(|number| number * 4000).collect();
    complete(&ends)
}

fn stored_clip(audio: StoredAudio, length: Duration) -> Clip {
    Clip::Stored(StoredClip::new(audio, AudioCodec::Pcmu, length))
}

impl Rig {
    /// Recording 5 begins with these blocks, in G.711 mu-law.
    fn with_recording(blocks: &[Block]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pin_cost = PinCost { memory_kib: 16, passes: 1 };
        let options = StoreOptions { pin_cost, ..StoreOptions::new([42; 32]) };
        let store = Store::open(folder.path(), options).unwrap().0;
        let audio = store.clone();
        let open: OpenAudio = Arc::new(move |name| match name {
            StoredAudio::Recording(recording) => Ok(audio.open_recording(recording.0)?),
            StoredAudio::Message(number) => Ok(audio.open_audio(mailbox::MessageId(number))?),
            StoredAudio::Greeting(greeting) => Ok(audio.open_greeting(mailbox::GreetingId(greeting))?),
        });
        let mut engine = MediaEngine::new(MediaConfig { seed: [1; 32], wall: None });
        let now = Instant::now();
        let begin = MediaCommandKind::Open { spec: spec() };
        engine.handle_command(MediaCommand { session: ONE, token: Token(1), what: begin }, now);
        let rig = Self {
            store,
            open,
            readings: Vec::new(),
            engine,
            now,
            heard: Vec::new(),
            finished: None,
            totals: MediaTotals::default(),
            _folder: folder,
        };
        let header = rig.header(rig.mailbox());
        ask(&rig.store, StoreRequestKind::BeginRecording { recording: 5, header });
        rig.append(blocks);
        rig
    }

    fn mailbox(&self) -> MailboxId {
        let new = NewMailbox {
            dial_plan: "hq".into(),
            extension: Extension::parse("4001").unwrap(),
            numbers: Vec::new(),
            name: "Ada".into(),
            email: None,
            policy: "hq Default Policy".into(),
        };
        self.store.enable_mailbox(&new, None, noon()).unwrap().id
    }

    fn header(&self, mailbox: MailboxId) -> RecordingHeader {
        RecordingHeader {
            codec: AudioCodec::Pcmu,
            mailbox,
            call_id: "call-1@gw1".into(),
            started: noon(),
            caller: None,
            caller_name: None,
            purpose: mailbox::RecordingPurpose::Message,
        }
    }

    /// Appends blocks and waits until they are written.
    fn append(&self, blocks: &[Block]) {
        for (number, octets, last) in blocks {
            let block = AudioBlock { number: *number, payload: Bytes::from(octets.clone()), last: *last };
            self.store.append(5, block).unwrap();
        }
        // The spool writer works in order.
        let header = self.header(MailboxId(1));
        ask(&self.store, StoreRequestKind::BeginRecording { recording: 6, header });
        ask(&self.store, StoreRequestKind::DiscardRecording { recording: 6 });
    }

    fn command(&mut self, what: MediaCommandKind) {
        self.engine.handle_command(MediaCommand { session: ONE, token: Token(2), what }, self.now);
        self.drain();
    }

    fn play(&mut self, audio: StoredAudio, length: Duration) {
        let mut clip = StoredClip::new(audio, AudioCodec::Pcmu, length);
        let feed = clip.attach(Waker::noop().clone());
        let job = Job { clip: StoredClip::new(audio, AudioCodec::Pcmu, length), feed };
        self.readings.extend(Reading::new(job));
        let play = MediaCommandKind::Play { clips: vec![Clip::Stored(clip)], from: Duration::ZERO };
        self.command(play);
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while self.now < until {
            let (open, now) = (&self.open, self.now);
            self.readings.retain_mut(|reading| {
                loop {
                    match reading.look_after(open, now) {
                        Progress::Moved => {}
                        Progress::Waits | Progress::WaitsUntil(_) => return true,
                        Progress::Over => return false,
                    }
                }
            });
            self.engine.handle_timeout(self.now);
            self.drain();
            self.now += TICK;
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            match output {
                MediaOutput::Send { bytes, .. } => {
                    self.heard.extend(RtpPacket::parse(&bytes).unwrap().payload);
                }
                MediaOutput::Event(event) => match event.what {
                    MediaEventKind::PlayFinished { at, .. } => self.finished = Some(at),
                    MediaEventKind::Closed { totals } => self.totals = totals,
                    other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            }
        }
    }

    /// The thread, and the audio that it opens, as it does.
    fn thread(&self) -> (ClipReader, Receiver<StoredAudio>) {
        let (opened, names) = channel();
        let open = Arc::clone(&self.open);
        let reader = ClipReader::start(Arc::new(move |name| {
            opened.send(name).unwrap();
            open(name)
        }));
        (reader.unwrap(), names)
    }

    /// Packets of silence for want of audio, and clips that ended early.
    fn faults(&mut self) -> (u64, u64) {
        self.command(MediaCommandKind::Close);
        (self.totals.clip_underruns, self.totals.clips_unreadable)
    }
}

fn noon() -> jiff::Timestamp {
    "2026-11-05T12:00:00Z".parse().unwrap()
}

fn spec() -> MediaSpec {
    MediaSpec::clear(SpecParameters {
        remote_rtp: "192.0.2.10:4000".parse().unwrap(),
        remote_rtcp: "192.0.2.10:0".parse().unwrap(),
        rtcp_mux: false,
        codec: AudioCodec::Pcmu,
        payload_type: 0,
        comfort_noise: None,
        telephone_event: None,
        ptime: TICK,
        direction: Direction::BOTH,
        accept_from: Vec::new(),
        symmetric: false,
        while_silent: WhileSilent::Sparse,
        media_timeout: None,
        ssrc: 1,
        sequence: 1,
        timestamp: 1,
    })
}

const RECORDING: StoredAudio = StoredAudio::Recording(RecordingId(5));
/// Of 20,000 octets.
const LENGTH: Duration = Duration::from_millis(2500);

#[test]
fn recording_and_message_are_heard_bit_for_bit_over_blocks_of_any_length() {
    let ends = [4000, 4001, 6500, 10_500, 14_500, 18_500, 20_000];
    let mut rig = Rig::with_recording(&complete(&ends));

    rig.play(RECORDING, LENGTH);
    rig.wait(LENGTH + TICK);
    assert_eq!(rig.heard[..20_000], octets(0, 20_000));
    assert_eq!(rig.finished.take(), Some(LENGTH));
    let details = MessageDetails {
        received: noon(),
        length: LENGTH,
        urgent: false,
        private: false,
        interrupted: false,
    };
    let commit = StoreRequestKind::CommitMessage { recording: 5, details };
    let StoreReplyKind::Committed { message } = ask(&rig.store, commit) else { panic!("not committed") };
    rig.heard.clear();
    rig.play(StoredAudio::Message(message.0), LENGTH);
    rig.wait(LENGTH + TICK);

    assert_eq!(rig.heard[..20_000], octets(0, 20_000));
    assert_eq!(rig.finished, Some(LENGTH));
    assert_eq!(rig.readings.len(), 1);
    rig.wait(TICK);
    assert_eq!(rig.readings.len(), 0);
    assert_eq!(rig.faults(), (0, 0));
}

#[test]
fn seek_goes_on_with_the_octet_of_that_place_forward_and_back() {
    let mut rig = Rig::with_recording(&half_seconds(20));
    rig.play(RECORDING, 10 * SECOND);
    rig.wait(5 * TICK);

    // Octet 56,080 stands within a block, octet 8,000 at the beginning of one.
    for (to, from) in [(7010, 56_080), (1000, 8000), (9980, 79_840)] {
        rig.heard.clear();
        rig.command(MediaCommandKind::Seek { to: SeekTo::Position(Duration::from_millis(to)) });
        rig.wait(TICK);
        assert_eq!(rig.heard, octets(from, from + 160));
    }

    rig.wait(2 * TICK);
    assert_eq!(rig.finished, Some(10 * SECOND));
    assert_eq!(rig.faults(), (0, 0));
}

#[test]
fn two_seconds_are_ready_when_the_reader_is_held_up() {
    let mut rig = Rig::with_recording(&half_seconds(10));
    rig.play(RECORDING, 5 * SECOND);
    rig.wait(TICK);

    let held_up = std::mem::take(&mut rig.readings);
    rig.wait(2 * SECOND - TICK);
    assert_eq!(rig.heard, octets(0, 16_000));
    rig.wait(TICK);
    rig.readings = held_up;
    rig.wait(TICK);

    assert_eq!(rig.heard[16_000..16_160], [0xff; 160]);
    assert_eq!(rig.heard[16_160..], octets(16_000, 16_160));
    assert_eq!(rig.faults(), (1, 0));
}

#[test]
fn audio_is_handed_over_in_the_codec_of_the_call() {
    let rig = Rig::with_recording(&[(0, vec![0x80; 1600], true)]);
    let mut clip = StoredClip::new(RECORDING, AudioCodec::Pcma, 10 * TICK);
    let feed = clip.attach(Waker::noop().clone());
    let mut reading = Reading::new(Job { clip: clip.clone(), feed }).unwrap();

    let chunk = reading.next_chunk(&rig.open, rig.now).unwrap().unwrap();

    assert_eq!((chunk.octets, chunk.last), (vec![0xaa; 1600], true));
}

#[test]
fn recording_that_is_still_being_written_is_heard_as_it_grows() {
    let mut rig = Rig::with_recording(&[(0, octets(0, 4000), false)]);
    rig.play(RECORDING, SECOND);
    rig.wait(SECOND);

    rig.append(&[(1, octets(4000, 8000), true)]);
    rig.wait(SECOND);

    let silence = rig.heard[4000..].iter().take_while(|octet| **octet == 0xff).count();
    assert_eq!(rig.heard[..4000], octets(0, 4000));
    assert_eq!(rig.heard[4000 + silence..][..4000], octets(4000, 8000));
    assert_eq!(rig.finished, Some(SECOND));
    assert_eq!(rig.faults().1, 0);
}

#[test]
fn recording_that_stays_shorter_than_told_ends_after_two_seconds_as_unreadable() {
    let mut rig = Rig::with_recording(&complete(&[4000]));
    rig.play(RECORDING, SECOND);

    rig.wait(2 * SECOND);
    assert_eq!(rig.finished, None);
    rig.wait(SECOND / 10);

    assert_eq!(rig.finished, Some(SECOND / 2));
    assert_eq!(rig.faults().1, 1);
}

#[test]
fn ten_milliseconds_less_than_told_are_rounding_and_more_than_told_is_not_heard() {
    let mut rig = Rig::with_recording(&complete(&[4000]));

    for (told, heard) in [(510, 500), (500, 500), (480, 480)] {
        rig.play(RECORDING, Duration::from_millis(told));
        rig.wait(SECOND);
        assert_eq!(rig.finished.take(), Some(Duration::from_millis(heard)));
    }

    assert_eq!(rig.faults(), (0, 0));
}

#[test]
fn thread_reads_the_clips_it_is_given_in_turn() {
    let mut rig = Rig::with_recording(&complete(&[1600]));
    let (reader, names) = rig.thread();
    let missing = stored_clip(StoredAudio::Message(99), 10 * TICK);
    let mut clips = vec![stored_clip(RECORDING, 10 * TICK), Clip::Silence(TICK), missing];

    reader.attach(&mut clips);
    assert_eq!(names.recv_timeout(PATIENCE), Ok(RECORDING));
    // The second clip is opened after the first one's only chunk was handed over.
    assert_eq!(names.recv_timeout(PATIENCE), Ok(StoredAudio::Message(99)));
    reader.shutdown();
    rig.command(MediaCommandKind::Play { clips, from: Duration::ZERO });
    rig.wait(SECOND);

    assert_eq!(rig.heard[..1600], octets(0, 1600));
    assert_eq!(rig.finished, Some(11 * TICK));
    assert_eq!(rig.faults(), (0, 1));
}

#[test]
fn seek_wakes_the_thread_that_waits_for_room() {
    let mut rig = Rig::with_recording(&half_seconds(10));
    let (reader, names) = rig.thread();
    let mut clips = vec![stored_clip(RECORDING, 5 * SECOND)];
    reader.attach(&mut clips);
    assert_eq!(names.recv_timeout(PATIENCE), Ok(RECORDING));
    rig.command(MediaCommandKind::Play { clips, from: Duration::ZERO });

    rig.command(MediaCommandKind::Seek { to: SeekTo::Position(3 * SECOND) });
    assert_eq!(names.recv_timeout(PATIENCE), Ok(RECORDING));
    // Another clip is opened after the first one's next chunk was handed over.
    let mut other = [stored_clip(StoredAudio::Message(99), 5 * SECOND)];
    reader.attach(&mut other);
    assert_eq!(names.recv_timeout(PATIENCE), Ok(StoredAudio::Message(99)));
    reader.shutdown();
    rig.wait(TICK);

    assert_eq!(rig.heard, octets(24_000, 24_160));
}
