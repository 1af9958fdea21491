use std::{collections::VecDeque, time::Duration};

use mailbox::{RecordedGreeting, RecordingPurpose};
use telephony::Digit;

use crate::{
    conversation::{DialScope, IvrInput, IvrOutput, MessageOrder, RecordOrder, RecordingEnd, Successor},
    cue::Cue,
    marks::Marks,
    patience::Patience,
    phrase::{Phrase, PromptKey, spoken_digits},
    review::{Review, Verdict},
};

/// Less speech than this is a missed call, not a message.
pub const SHORTEST_MESSAGE: Duration = Duration::from_secs(1);

/// What call answering has to know of the mailbox and its plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CallAnsweringSettings {
    /// Who the greeting says is not available.
    pub called: SpokenName,
    /// The greeting that the owner has recorded, heard in place of the spoken name.
    pub greeting: Option<RecordedGreeting>,
    /// The recording that callers hear where there is no such greeting, in place of the server's sentence.
    pub plan_greeting: Option<String>,
    /// The number of the mailbox: `*` in the greeting lets its owner log on.
    pub extension: String,
    /// Where `0` in the greeting leads.
    pub operator: Option<String>,
    /// End of a recording by silence (the plan's `recording_idle_seconds`).
    pub silence: Duration,
    /// Longest recording (the plan's `max_recording_minutes`).
    pub maximum: Duration,
    /// Wrong keys, or menus without an answer, one after the other, after which the message is kept as it is and the
    /// call ends (the plan's `input_failures`); 0 counts as 1.
    pub input_failures: u8,
    /// Whether there is room for a message.
    pub room: MessageRoom,
}

/// How the person who was called is named to the caller.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SpokenName {
    /// "The person at extension four zero zero one".
    Extension(String),
    /// By the recorded name of the mailbox.
    Recorded(mailbox::RecordedName),
}

/// Whether a message can be left at all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MessageRoom {
    /// It can.
    Some,
    /// The disk is below its soft mark: the caller is told, and nothing is recorded.
    None,
    /// The mailbox holds as much as its policy allows: the caller is told, and nothing is recorded.
    MailboxFull,
}

/// The caller leaves a message: greeting, tone, recording, review, thanks.
///
/// It ends with [`IvrOutput::HangUp`] or, once the caller has gone, with [`IvrOutput::Finished`]; until then it has
/// ordered either [`IvrOutput::Keep`] or [`IvrOutput::Missed`], once, unless it has sent the caller to somebody else.
#[derive(Debug)]
pub struct CallAnswering {
    settings: CallAnsweringSettings,
    stage: Stage,
    /// Nobody listens any more.
    gone: bool,
    /// The call was cut off while the caller spoke.
    cut_off: bool,
    /// How the caller marked the message; it stays so when they record it again.
    marks: Marks,
    /// Keep has been ordered.
    kept: bool,
    outputs: VecDeque<IvrOutput>,
}

#[derive(Debug)]
enum Stage {
    /// Not begun.
    Waiting,
    /// The greeting, or the words before another recording, and the tone after them.
    LeadIn,
    /// The rest of the lead-in was skipped; the tone alone is heard.
    Tone,
    /// Somebody else is to take the caller over.
    Leaving,
    /// The caller speaks.
    Recording,
    /// The recording has been told to end, and has not told its length yet.
    Stopping,
    /// The caller decides about the recording.
    Reviewing(Review),
    /// The store has been asked to keep the message.
    Keeping {
        /// What is to be said before the store's answer.
        opening: Option<PromptKey>,
    },
    /// The last words are heard; no key cuts them short, for they tell whether the message is safe.
    Farewell,
    /// Over.
    Done,
}

impl CallAnswering {
    /// A conversation that waits for [`IvrInput::Begin`].
    pub fn new(settings: CallAnsweringSettings) -> Self {
        Self {
            settings,
            stage: Stage::Waiting,
            gone: false,
            cut_off: false,
            marks: Marks::default(),
            kept: false,
            outputs: VecDeque::new(),
        }
    }

    /// What to do next; drain to `None` after each input.
    pub fn poll_output(&mut self) -> Option<IvrOutput> {
        self.outputs.pop_front()
    }

    /// One step of the conversation. What means nothing where it is passes without effect.
    pub fn handle_input(&mut self, input: IvrInput) {
        match (&mut self.stage, input) {
            (_, IvrInput::PeerHungUp) => self.lose_caller(),
            (_, IvrInput::CutOff) => {
                self.cut_off |= matches!(self.stage, Stage::Recording);
                self.lose_caller();
            }
            (Stage::Waiting, IvrInput::Begin) => self.begin(),
            (Stage::LeadIn | Stage::Tone, IvrInput::Digit(Digit::STAR)) => {
                let number = Some(self.settings.extension.clone());
                self.leave([
                    IvrOutput::StopPlaying,
                    IvrOutput::HandOver(Successor::SubscriberAccess { number }),
                ]);
            }
            (Stage::LeadIn | Stage::Tone, IvrInput::Digit(digit))
                if digit.decimal() == Some(0) && self.settings.operator.is_some() =>
            {
                let number = self.settings.operator.clone().unwrap_or_default();
                let connecting = vec![Phrase::Prompt(PromptKey::CONNECTING)];
                let transfer = IvrOutput::Transfer { number, scope: DialScope::DialPlan };
                self.leave([IvrOutput::Play(connecting), transfer]);
            }
            (Stage::Leaving, IvrInput::NotHandedOver) => self.lead_in(Vec::new()),
            (Stage::Leaving, IvrInput::NotTransferred(_)) => {
                self.lead_in(vec![
                    Phrase::Prompt(PromptKey::NOT_CONNECTED),
                    Phrase::Prompt(PromptKey::RECORD_AFTER_TONE),
                ]);
            }
            // Any other key skips what is said; the tone still tells when to speak.
            (Stage::LeadIn, IvrInput::Digit(_)) => {
                self.stage = Stage::Tone;
                self.outputs.push_back(IvrOutput::Play(vec![Phrase::RecordTone]));
            }
            (Stage::LeadIn | Stage::Tone, IvrInput::PlayFinished) => self.record(),
            (Stage::Recording, IvrInput::Digit(Digit::POUND)) => self.stop_recording(),
            (Stage::Recording | Stage::Stopping, IvrInput::RecordFinished { why, length, speech }) => {
                self.recorded(why, length, speech);
            }
            (Stage::Reviewing(review), input) => {
                match Cue::of(&input).and_then(|cue| review.hear(cue, &mut self.outputs)) {
                    Some(Verdict::Send) => {
                        let message = review.message();
                        self.keep(message, None);
                    }
                    Some(Verdict::RecordAgain) => {
                        self.marks = review.message().marks;
                        self.record_again();
                    }
                    None => {}
                }
            }
            (Stage::Keeping { opening }, IvrInput::MessageStored) => {
                let opening = *opening;
                self.say_farewell(opening.into_iter().chain([PromptKey::MESSAGE_SAVED]));
            }
            (Stage::Keeping { .. }, IvrInput::MessageNotStored) => {
                self.say_farewell([PromptKey::MESSAGE_NOT_SAVED]);
            }
            (Stage::Farewell, IvrInput::PlayFinished) => self.end(),
            // Keys and reports that mean nothing where we are.
            (
                _,
                IvrInput::Begin
                | IvrInput::Digit(_)
                | IvrInput::PlayFinished
                | IvrInput::Waited
                | IvrInput::RecordFinished { .. }
                | IvrInput::MessageStored
                | IvrInput::MessageNotStored
                | IvrInput::Answered(_)
                | IvrInput::NotTransferred(_)
                | IvrInput::NotHandedOver,
            ) => {}
        }
    }

    fn begin(&mut self) {
        match self.settings.room {
            MessageRoom::Some => {
                if let Some(greeting) = self.settings.greeting {
                    return self.lead_in(vec![Phrase::Greeting(greeting)]);
                }
                if let Some(recording) = self.settings.plan_greeting.clone() {
                    return self.lead_in(vec![Phrase::Announcement(recording)]);
                }
                let mut phrases = match &self.settings.called {
                    SpokenName::Extension(extension) => {
                        let mut words = vec![Phrase::Prompt(PromptKey::PERSON_AT_EXTENSION)];
                        words.extend(spoken_digits(extension));
                        words
                    }
                    SpokenName::Recorded(name) => vec![Phrase::Name(name.clone())],
                };
                phrases.push(Phrase::Prompt(PromptKey::NOT_AVAILABLE));
                self.lead_in(phrases);
            }
            MessageRoom::None => self.say_farewell([PromptKey::NO_MESSAGE_NOW]),
            MessageRoom::MailboxFull => self.say_farewell([PromptKey::MAILBOX_FULL]),
        }
    }

    fn lead_in(&mut self, mut phrases: Vec<Phrase>) {
        phrases.push(Phrase::RecordTone);
        self.stage = Stage::LeadIn;
        self.outputs.push_back(IvrOutput::Play(phrases));
    }

    fn leave(&mut self, orders: [IvrOutput; 2]) {
        self.stage = Stage::Leaving;
        self.outputs.extend(orders);
    }

    fn record(&mut self) {
        self.stage = Stage::Recording;
        self.outputs.push_back(IvrOutput::Record(RecordOrder {
            silence: self.settings.silence,
            maximum: self.settings.maximum,
            purpose: RecordingPurpose::Message,
        }));
    }

    fn record_again(&mut self) {
        self.outputs.push_back(IvrOutput::Discard);
        self.lead_in(vec![Phrase::Prompt(PromptKey::RECORD_AFTER_TONE)]);
    }

    fn stop_recording(&mut self) {
        self.stage = Stage::Stopping;
        self.outputs.push_back(IvrOutput::StopRecording);
    }

    fn recorded(&mut self, why: RecordingEnd, length: Duration, speech: Duration) {
        if speech < SHORTEST_MESSAGE {
            self.outputs.push_back(IvrOutput::Discard);
            self.say_farewell([]);
            return;
        }
        let truncated = why == RecordingEnd::Truncated;
        let message = MessageOrder { length, marks: self.marks, interrupted: self.cut_off || truncated };
        if self.gone {
            self.keep(message, None);
        } else if truncated {
            // The disk does not keep up: what there is must be made safe before anything else.
            self.keep(message, Some(PromptKey::RECORDING_CUT_OFF));
        } else {
            let opening = (why == RecordingEnd::Maximum).then_some(PromptKey::RECORDING_TOO_LONG);
            let patience = Patience::new(self.settings.input_failures);
            self.stage = Stage::Reviewing(Review::begin(message, patience, opening, &mut self.outputs));
        }
    }

    fn keep(&mut self, message: MessageOrder, opening: Option<PromptKey>) {
        self.kept = true;
        self.stage = Stage::Keeping { opening };
        self.outputs.push_back(IvrOutput::Keep(message));
    }

    fn say_farewell(&mut self, words: impl IntoIterator<Item = PromptKey>) {
        if self.gone {
            return self.end();
        }
        self.stage = Stage::Farewell;
        let words = words.into_iter().chain([PromptKey::GOODBYE]).map(Phrase::Prompt).collect();
        self.outputs.push_back(IvrOutput::Play(words));
    }

    /// The caller listens and speaks no more; what they recorded is kept.
    fn lose_caller(&mut self) {
        self.gone = true;
        match &self.stage {
            Stage::Recording => self.stop_recording(),
            Stage::Reviewing(review) => {
                let message = review.message();
                self.keep(message, None);
            }
            // Whoever was sent to somebody else has not missed the one they called.
            Stage::Leaving => self.finish(),
            Stage::Waiting | Stage::LeadIn | Stage::Tone | Stage::Farewell => self.end(),
            Stage::Stopping | Stage::Keeping { .. } | Stage::Done => {}
        }
    }

    fn end(&mut self) {
        if !self.kept {
            self.outputs.push_back(IvrOutput::Missed);
        }
        self.finish();
    }

    fn finish(&mut self) {
        self.stage = Stage::Done;
        self.outputs.push_back(if self.gone { IvrOutput::Finished } else { IvrOutput::HangUp });
    }
}
