use std::time::Duration;

use telephony::Digit;

use crate::phrase::Phrase;

/// What the world tells a conversation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum IvrInput {
    /// Media is open and the caller listens: speak.
    Begin,
    /// The caller pressed a key.
    Digit(Digit),
    /// What was last ordered to play has been heard to its end.
    PlayFinished,
    /// The time of the last [`IvrOutput::Await`] has passed without a key.
    Waited,
    /// The recording that was ordered has ended.
    RecordFinished {
        /// Why.
        why: RecordingEnd,
        /// From the first to the last sample.
        length: Duration,
        /// How much of it was speech.
        speech: Duration,
    },
    /// The message is on disk and in the index.
    MessageStored,
    /// The message could not be stored.
    MessageNotStored,
    /// The caller has gone.
    PeerHungUp,
    /// The call is cut off by something other than the caller: what was recorded counts as interrupted.
    CutOff,
}

/// Why a recording ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RecordingEnd {
    /// The caller was silent for as long as the order said.
    Silence,
    /// The longest recording that the plan allows.
    Maximum,
    /// We stopped it, or the caller hung up.
    Stopped,
    /// It could not go on: the disk did not keep up.
    Truncated,
}

/// What a conversation orders.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum IvrOutput {
    /// Play these, instead of whatever plays.
    Play(Vec<Phrase>),
    /// Play what was recorded last and is neither kept nor discarded, instead of whatever plays.
    PlayRecording {
        /// Its length, as [`IvrInput::RecordFinished`] told it.
        length: Duration,
    },
    /// Fall silent; no [`IvrInput::PlayFinished`] follows.
    StopPlaying,
    /// Say [`IvrInput::Waited`] after this time, unless the caller presses a key or goes before.
    Await(Duration),
    /// Begin to record.
    Record(RecordOrder),
    /// End the recording; [`IvrInput::RecordFinished`] follows.
    StopRecording,
    /// Keep what was recorded as a message; [`IvrInput::MessageStored`] or its opposite follows.
    Keep(MessageOrder),
    /// Throw away what was recorded.
    Discard,
    /// The call was missed: its caller has left no message. Ordered once, directly before the end, and never after
    /// [`IvrOutput::Keep`].
    Missed,
    /// End the call. Nothing follows.
    HangUp,
    /// The conversation is over and the caller has gone already.
    Finished,
}

/// How to record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RecordOrder {
    /// End after this much silence.
    pub silence: Duration,
    /// End at this length.
    pub maximum: Duration,
}

/// How to keep a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MessageOrder {
    /// Its length.
    pub length: Duration,
    /// Marked urgent by the caller.
    pub urgent: bool,
    /// Cut short by something other than the caller.
    pub interrupted: bool,
}
