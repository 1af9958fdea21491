use std::{sync::Arc, time::Duration};

use crate::{spec::MediaSpec, stored_clip::StoredClip};

/// One media session: a pair of sockets and what is said and heard over them. Never used twice in a process.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SessionId(pub u64);

/// Names a command in the events that it causes, so that an event which crosses a command is known as stale.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Token(pub u64);

/// One recording; the spool writer knows it by this number.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RecordingId(pub u64);

/// An order to the engine about one session.
#[derive(Clone, Debug)]
pub struct MediaCommand {
    /// Which session.
    pub session: SessionId,
    /// `PlayFinished` carries the token of its `Play`, `RecordFinished` that of its `Record`; every other event that
    /// of the last command the session has seen.
    pub token: Token,
    /// What to do.
    pub what: MediaCommandKind,
}

/// What a session can be told. A command for a session that is not (or no longer) open is passed over.
#[derive(Clone, Debug)]
pub enum MediaCommandKind {
    /// Begins the session; packets are taken from now on.
    Open {
        /// What offer and answer agreed on.
        spec: MediaSpec,
    },
    /// Puts a later agreement in place. Our SSRC, sequence and timestamp go on; a changed remote RTP address makes the
    /// source be learned again.
    Update {
        /// What offer and answer agreed on now.
        spec: MediaSpec,
    },
    /// Plays clips one after the other, in place of what is playing (that one ends `Interrupted`).
    Play {
        /// What to say; the first 64 count.
        clips: Vec<Clip>,
        /// Where to begin, counted over all clips.
        from: Duration,
    },
    /// What is playing stands still; silence is sent as if nothing were playing.
    Pause,
    /// What stands still goes on.
    Resume,
    /// What is playing, or stands still, goes on from another place.
    Seek {
        /// Which; bounded to beginning and end.
        to: SeekTo,
    },
    /// What is playing is heard faster or slower from now on, at the same pitch. The next `Play` begins at 100 again.
    Speed {
        /// Of the recorded speed; below 50 counts as 50, above 200 as 200.
        percent: u16,
    },
    /// Ends playing; `PlayFinished` says where. Nothing happens if nothing is playing.
    Stop,
    /// Begins a recording, in place of a running one (that one ends `Stopped`).
    Record {
        /// What the blocks and the end are called.
        recording: RecordingId,
        /// When it ends by itself.
        limits: RecordLimits,
    },
    /// Ends the recording; `RecordFinished` follows its last block. Nothing happens if nothing is recorded.
    StopRecording,
    /// Ends playing and recording, says RTCP BYE, and forgets the session. `Closed` is its last event.
    Close,
}

/// A place in what is playing, counted over all clips, in time as recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SeekTo {
    /// From the beginning.
    Position(Duration),
    /// From what is heard now towards the end.
    Forward(Duration),
    /// From what is heard now towards the beginning.
    Back(Duration),
}

/// When a recording ends by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RecordLimits {
    /// So long without speech, also at the beginning; `None` = never.
    pub silence: Option<Duration>,
    /// Longest length.
    pub maximum: Duration,
}

/// Something to say.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Clip {
    /// Octets in the codec that the session has when `Play` arrives, 8,000 a second.
    Prompt(Arc<[u8]>),
    /// A sine tone at -13 dBm0.
    Tone {
        /// 1 to 3,999; anything else is silence.
        frequency_hz: u16,
        /// How long.
        duration: Duration,
    },
    /// A pause.
    Silence(Duration),
    /// Audio of a file, which a reader brings while it plays.
    Stored(StoredClip),
}
