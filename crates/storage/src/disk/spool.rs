use std::{
    collections::HashMap,
    io,
    sync::{PoisonError, mpsc::SyncSender},
};

use mailbox::{MessageDetails, RecordingHeader, StoreFailure, StoreReplyKind};
use telephony::{Event, kind};

use crate::{
    AudioBlock, BLOCK_LONGEST, QueueFull,
    audio::{block_bytes, header_bytes, playing_time},
    disk::file_system::GrowingFile,
    mailboxes::finder::broken,
    messages::new_message::NewMessage,
    store::Shared,
    work::answer::Answer,
    work::committer::CommitWork,
};

/// Recordings open at once; each holds a file.
const RECORDINGS_OPEN: usize = 8192;

/// What comes to the spool writer, in the order it was asked: blocks before the commit of their recording.
pub(crate) enum SpoolWork {
    Begin {
        recording: u64,
        header: RecordingHeader,
        answer: Answer,
    },
    Block {
        recording: u64,
        block: AudioBlock,
    },
    Commit {
        recording: u64,
        details: MessageDetails,
        answer: Answer,
    },
    Discard {
        recording: u64,
        answer: Answer,
    },
    /// Give the recording to the thread that makes something else of it than a message.
    Take {
        recording: u64,
        taker: SyncSender<Option<TakenRecording>>,
    },
}

/// A recording that has ended, in the hands of another thread.
pub(crate) struct TakenRecording {
    pub(crate) file: Box<dyn GrowingFile>,
    pub(crate) name: String,
    pub(crate) header: RecordingHeader,
    /// Octets of audio in its blocks.
    pub(crate) octets: u64,
    /// All that was recorded is in the file.
    pub(crate) is_complete: bool,
}

impl SpoolWork {
    /// Takes back work that the queue refused.
    pub(crate) fn withdraw(self) -> QueueFull {
        match self {
            Self::Begin { answer, .. } | Self::Commit { answer, .. } | Self::Discard { answer, .. } => {
                answer.withdraw()
            }
            Self::Block { .. } | Self::Take { .. } => QueueFull,
        }
    }
}

/// A recording that has ended, on its way to the index.
pub(crate) struct FinishedRecording {
    pub(crate) file: Box<dyn GrowingFile>,
    pub(crate) message: NewMessage,
}

struct OpenRecording {
    file: Box<dyn GrowingFile>,
    name: String,
    header: RecordingHeader,
    /// The number that the next block must have: as many as are written.
    next_number: u32,
    octets: u64,
    state: Growth,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Growth {
    /// More blocks may come.
    Growing,
    /// The last block is written.
    Complete,
    /// A block was lost or could not be written; what stands before it is kept, nothing is written behind it.
    Truncated,
}

/// The thread that makes audio files and appends blocks. It never syncs: that is the committers' work.
pub(crate) fn run_spool_writer(shared: &Shared) {
    let mut open: HashMap<u64, OpenRecording> = HashMap::new();
    while let Some(work) = shared.spool.pop() {
        match work {
            SpoolWork::Begin { recording, header, answer } => {
                answer.give(
                    begin(shared, &mut open, recording, header).map(|()| StoreReplyKind::RecordingBegun),
                );
            }
            SpoolWork::Block { recording, block } => {
                // Blocks of a recording that was ended or never begun have nowhere to go.
                if let Some(recording) = open.get_mut(&recording)
                    && let Err(reason) = recording.append(&block)
                {
                    (shared.options.on_event)(recording.cut(&reason));
                }
            }
            SpoolWork::Commit { recording, details, answer } => match ended(shared, &mut open, recording) {
                Some(ended) => {
                    let finished = Box::new(ended.finish(details));
                    shared.hand_to_committers(CommitWork::Store { finished, answer });
                }
                None => answer.give(Err(StoreFailure::NoSuchRecording { recording })),
            },
            SpoolWork::Discard { recording, answer } => match ended(shared, &mut open, recording) {
                Some(ended) => shared.hand_to_committers(CommitWork::Remove { name: ended.name, answer }),
                None => answer.give(Err(StoreFailure::NoSuchRecording { recording })),
            },
            SpoolWork::Take { recording, taker } => {
                // It waits for this, with room for it.
                let _ = taker.send(ended(shared, &mut open, recording).map(OpenRecording::into_taken));
            }
        }
    }
    // Shutdown: recordings that nobody ended stay on disk, for the recovery of the next start.
    let mut left: Vec<(u64, OpenRecording)> = open.into_iter().collect();
    left.sort_by_key(|(recording, _)| *recording);
    for (_, recording) in left {
        let _ = recording.file.sync();
    }
}

fn begin(
    shared: &Shared,
    open: &mut HashMap<u64, OpenRecording>,
    recording: u64,
    header: RecordingHeader,
) -> Result<(), StoreFailure> {
    if open.contains_key(&recording) {
        return Err(StoreFailure::RecordingOpen { recording });
    }
    if open.len() >= RECORDINGS_OPEN {
        let detail = format!("{RECORDINGS_OPEN} recordings are open");
        return Err(StoreFailure::Broken { doing: "making an audio file", detail });
    }
    let made: io::Result<OpenRecording> =
        shared.folder.create_audio(recording, &header).and_then(|(mut file, name)| {
            file.append(&header_bytes(&header)).inspect_err(|_| {
                // A file without a whole head is nothing that recovery could use.
                let _ = shared.folder.remove(&name);
            })?;
            Ok(OpenRecording { file, name, header, next_number: 0, octets: 0, state: Growth::Growing })
        });
    let made = made.map_err(|error| broken("making an audio file", &error))?;
    shared
        .open_recordings
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(recording, made.name.clone());
    open.insert(recording, made);
    Ok(())
}

/// Takes a recording out of the open ones.
fn ended(shared: &Shared, open: &mut HashMap<u64, OpenRecording>, recording: u64) -> Option<OpenRecording> {
    shared.open_recordings.lock().unwrap_or_else(PoisonError::into_inner).remove(&recording);
    open.remove(&recording)
}

impl OpenRecording {
    /// The error, told once, says why the recording ends here.
    fn append(&mut self, block: &AudioBlock) -> Result<(), String> {
        if self.state != Growth::Growing {
            return Ok(());
        }
        if block.number != self.next_number || block.payload.len() > BLOCK_LONGEST {
            self.state = Growth::Truncated;
            let octets = block.payload.len();
            return Err(format!(
                "block {} of {octets} octets came where block {} was due",
                block.number, self.next_number
            ));
        }
        if !block.payload.is_empty() {
            // One write a block: a kill of the process cuts between blocks, not inside of one.
            if let Err(error) = self.file.append(&block_bytes(block.number, &block.payload)) {
                self.state = Growth::Truncated;
                return Err(error.to_string());
            }
            self.next_number = self.next_number.saturating_add(1);
            self.octets = self.octets.saturating_add(u64::try_from(block.payload.len()).unwrap_or(u64::MAX));
        }
        if block.last {
            self.state = Growth::Complete;
        }
        Ok(())
    }

    fn cut(&self, reason: &str) -> Event {
        Event::new(&kind::RECORDING_CUT)
            .with("call_id", &self.header.call_id)
            .with("file", &self.name)
            .with("length_seconds", playing_time(self.header.codec, self.octets).as_secs())
            .with("reason", reason)
    }

    fn into_taken(self) -> TakenRecording {
        TakenRecording {
            file: self.file,
            name: self.name,
            header: self.header,
            octets: self.octets,
            is_complete: self.state == Growth::Complete,
        }
    }

    /// What is stored, told truly: audio that was lost on the way makes the message interrupted, and shorter.
    fn finish(self, mut details: MessageDetails) -> FinishedRecording {
        match self.state {
            Growth::Complete => {}
            Growth::Growing | Growth::Truncated => details.interrupted = true,
        }
        details.length = details.length.min(playing_time(self.header.codec, self.octets));
        let message = NewMessage {
            file: self.name,
            header: self.header,
            details,
            blocks: self.next_number,
            octets: self.octets,
            sender: None,
        };
        FinishedRecording { file: self.file, message }
    }
}
