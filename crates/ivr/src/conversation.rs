use std::time::Duration;

use telephony::Digit;

use mailbox::{MessageId, RecordingPurpose};

use crate::{
    marks::Marks,
    phrase::Phrase,
    question::{Answer, Question},
    speech::Language,
};

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
    /// The answer to the open [`IvrOutput::Ask`].
    Answered(Answer),
    /// The transfer was not made; one that was made ends the call instead.
    NotTransferred(TransferFailure),
    /// Nobody is there to take over: see [`IvrOutput::HandOver`].
    NotHandedOver,
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
    /// Play a stored message, instead of whatever plays.
    PlayMessage {
        /// The message.
        message: MessageId,
        /// How long it plays.
        length: Duration,
    },
    /// What plays stands still, or goes on.
    Pause(Pause),
    /// What plays, or stands still, goes on from another place; bounded to beginning and end.
    Skip(Skip),
    /// What plays is heard faster or slower from now on, at the same pitch, until the next order to play.
    Speed {
        /// Of the recorded speed, 50 to 200.
        percent: u16,
    },
    /// Speak this language from now on.
    Speak(Language),
    /// Ask the store; [`IvrInput::Answered`] follows.
    Ask(Question),
    /// Connect the caller with this number of the plan or the world, if the dialling rules allow it. Ends the call, or
    /// [`IvrInput::NotTransferred`] follows.
    Transfer {
        /// As configured or entered: digits.
        number: String,
        /// On whose behalf: decides which dialling rules count.
        scope: DialScope,
    },
    /// This conversation ends here and another takes the caller over, or [`IvrInput::NotHandedOver`] follows.
    HandOver(Successor),
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
    /// What is to become of it.
    pub purpose: RecordingPurpose,
}

/// Whether what plays stands still.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pause {
    /// It does.
    Stand,
    /// It goes on.
    GoOn,
}

/// Another place in what plays.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Skip {
    /// So much further.
    Forward(Duration),
    /// So much back.
    Back(Duration),
    /// Its beginning.
    ToBeginning,
    /// Its end.
    ToEnd,
}

/// On whose behalf a number is dialled.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DialScope {
    /// Somebody who has not logged on: the plan's rules.
    DialPlan,
    /// A caller of this attendant: its rules.
    Attendant(String),
    /// A subscriber: the rules of this mailbox policy.
    Subscriber {
        /// The mailbox policy, by name.
        policy: String,
    },
}

/// Why the caller was not transferred.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TransferFailure {
    /// The dialling rules do not allow the number.
    NotAllowed,
    /// The peer refused, the number did not answer, or nothing was heard of it in time.
    Failed,
}

/// Who takes a caller over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Successor {
    /// The mailbox of this number: leave a message.
    Mailbox {
        /// An extension or alias of the plan.
        number: String,
    },
    /// Another attendant of the plan, by name.
    Attendant(String),
    /// Log on to a mailbox; with the number of the mailbox if it is known.
    SubscriberAccess {
        /// An extension or alias of the plan.
        number: Option<String>,
    },
}

/// How to keep a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MessageOrder {
    /// Its length.
    pub length: Duration,
    /// How the caller marked it.
    pub marks: Marks,
    /// Cut short by something other than the caller.
    pub interrupted: bool,
}
