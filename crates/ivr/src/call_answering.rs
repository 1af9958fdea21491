use std::{collections::VecDeque, time::Duration};

use telephony::Digit;

use crate::{
    conversation::{IvrInput, IvrOutput, MessageOrder, RecordOrder, RecordingEnd},
    phrase::{Phrase, PromptKey, spoken_digits},
};

/// Less speech than this is a missed call, not a message.
pub const SHORTEST_MESSAGE: Duration = Duration::from_secs(1);

/// What call answering has to know of the mailbox and its plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CallAnsweringSettings {
    /// The extension to speak in the greeting.
    pub extension: String,
    /// End of a recording by silence (the plan's `recording_idle_seconds`).
    pub silence: Duration,
    /// Longest recording (the plan's `max_recording_minutes`).
    pub maximum: Duration,
    /// Whether there is room for a message.
    pub room: MessageRoom,
}

/// Whether a message can be left at all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MessageRoom {
    /// It can.
    Some,
    /// The disk is below its soft mark: the caller is told, and nothing is recorded.
    None,
}

/// The caller leaves a message: greeting, tone, recording, thanks.
#[derive(Debug)]
pub struct CallAnswering {
    settings: CallAnsweringSettings,
    state: State,
    peer_gone: bool,
    /// The call was cut off while the caller spoke.
    cut_off: bool,
    outputs: VecDeque<IvrOutput>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// Not begun.
    Waiting,
    /// The greeting plays.
    Greeting,
    /// The caller speaks.
    Recording,
    /// The store has been asked to keep the message.
    Keeping,
    /// The last words play, then we hang up.
    Farewell,
    /// Over.
    Done,
}

impl CallAnswering {
    /// A conversation that waits for [`IvrInput::Begin`].
    pub fn new(settings: CallAnsweringSettings) -> Self {
        Self { settings, state: State::Waiting, peer_gone: false, cut_off: false, outputs: VecDeque::new() }
    }

    /// What to do next; drain to `None` after each input.
    pub fn poll_output(&mut self) -> Option<IvrOutput> {
        self.outputs.pop_front()
    }

    /// One step of the conversation.
    pub fn handle_input(&mut self, input: IvrInput) {
        match (self.state, input) {
            (State::Waiting, IvrInput::Begin) => self.begin(),
            (State::Greeting, IvrInput::PlayFinished) => self.record(),
            // `#` skips the greeting; the tone still tells when to speak.
            (State::Greeting, IvrInput::Digit(Digit::POUND)) => {
                self.outputs.push_back(IvrOutput::Play(vec![Phrase::RecordTone]));
            }
            (State::Recording, IvrInput::Digit(Digit::POUND)) => {
                self.outputs.push_back(IvrOutput::StopRecording);
            }
            (State::Recording, IvrInput::RecordFinished { why, length, speech }) => {
                self.recorded(why, length, speech);
            }
            (State::Recording, IvrInput::PeerHungUp) => {
                self.peer_gone = true;
                self.outputs.push_back(IvrOutput::StopRecording);
            }
            (State::Recording, IvrInput::CutOff) => {
                self.peer_gone = true;
                self.cut_off = true;
                self.outputs.push_back(IvrOutput::StopRecording);
            }
            (State::Keeping, IvrInput::MessageStored) => self.say_farewell(PromptKey::MESSAGE_SAVED),
            (State::Keeping, IvrInput::MessageNotStored) => self.say_farewell(PromptKey::MESSAGE_NOT_SAVED),
            (State::Keeping, IvrInput::PeerHungUp | IvrInput::CutOff) => self.peer_gone = true,
            (State::Farewell, IvrInput::PlayFinished) => {
                self.state = State::Done;
                self.outputs.push_back(IvrOutput::HangUp);
            }
            (State::Waiting | State::Greeting | State::Farewell, IvrInput::PeerHungUp | IvrInput::CutOff) => {
                self.finish()
            }
            // Keys and reports that mean nothing where we are.
            (
                _,
                IvrInput::Begin
                | IvrInput::Digit(_)
                | IvrInput::PlayFinished
                | IvrInput::RecordFinished { .. }
                | IvrInput::MessageStored
                | IvrInput::MessageNotStored
                | IvrInput::PeerHungUp
                | IvrInput::CutOff,
            ) => {}
        }
    }

    fn begin(&mut self) {
        match self.settings.room {
            MessageRoom::Some => {
                self.state = State::Greeting;
                let greeting = self.greeting();
                self.outputs.push_back(IvrOutput::Play(greeting));
            }
            MessageRoom::None => self.say_farewell(PromptKey::NO_MESSAGE_NOW),
        }
    }

    fn greeting(&self) -> Vec<Phrase> {
        let mut phrases = vec![Phrase::Prompt(PromptKey::PERSON_AT_EXTENSION)];
        phrases.extend(spoken_digits(&self.settings.extension));
        phrases.push(Phrase::Prompt(PromptKey::NOT_AVAILABLE));
        phrases.push(Phrase::RecordTone);
        phrases
    }

    fn record(&mut self) {
        self.state = State::Recording;
        self.outputs.push_back(IvrOutput::Record(RecordOrder {
            silence: self.settings.silence,
            maximum: self.settings.maximum,
        }));
    }

    fn recorded(&mut self, why: RecordingEnd, length: Duration, speech: Duration) {
        if speech < SHORTEST_MESSAGE {
            self.outputs.push_back(IvrOutput::Discard);
            if self.peer_gone {
                self.finish();
            } else {
                self.state = State::Farewell;
                self.outputs.push_back(IvrOutput::Play(vec![Phrase::Prompt(PromptKey::GOODBYE)]));
            }
            return;
        }
        self.state = State::Keeping;
        self.outputs.push_back(IvrOutput::Keep(MessageOrder {
            length,
            urgent: false,
            interrupted: self.cut_off || why == RecordingEnd::Truncated,
        }));
    }

    fn say_farewell(&mut self, words: PromptKey) {
        if self.peer_gone {
            self.finish();
            return;
        }
        self.state = State::Farewell;
        self.outputs
            .push_back(IvrOutput::Play(vec![Phrase::Prompt(words), Phrase::Prompt(PromptKey::GOODBYE)]));
    }

    fn finish(&mut self) {
        self.peer_gone = true;
        self.state = State::Done;
        self.outputs.push_back(IvrOutput::Finished);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation() -> CallAnswering {
        CallAnswering::new(CallAnsweringSettings {
            extension: "41".into(),
            silence: Duration::from_secs(5),
            maximum: Duration::from_secs(60),
            room: MessageRoom::Some,
        })
    }

    fn step(call: &mut CallAnswering, input: IvrInput) -> Vec<IvrOutput> {
        call.handle_input(input);
        std::iter::from_fn(|| call.poll_output()).collect()
    }

    fn recorded(speech_ms: u64) -> IvrInput {
        IvrInput::RecordFinished {
            why: RecordingEnd::Stopped,
            length: Duration::from_secs(4),
            speech: Duration::from_millis(speech_ms),
        }
    }

    const KEPT: IvrOutput =
        IvrOutput::Keep(MessageOrder { length: Duration::from_secs(4), urgent: false, interrupted: false });

    #[test]
    fn keeps_what_was_recorded_before_the_caller_hung_up() {
        let mut call = conversation();
        step(&mut call, IvrInput::Begin);
        step(&mut call, IvrInput::PlayFinished);

        assert_eq!(step(&mut call, IvrInput::PeerHungUp), [IvrOutput::StopRecording]);
        assert_eq!(step(&mut call, recorded(3000)), [KEPT]);
        assert_eq!(step(&mut call, IvrInput::MessageStored), [IvrOutput::Finished]);
    }

    #[test]
    fn says_saved_only_after_the_store_has_answered() {
        let mut call = conversation();
        step(&mut call, IvrInput::Begin);
        step(&mut call, IvrInput::PlayFinished);
        step(&mut call, IvrInput::Digit(Digit::POUND));

        assert_eq!(step(&mut call, recorded(3000)), [KEPT]);
        assert_eq!(
            step(&mut call, IvrInput::MessageStored),
            [IvrOutput::Play(vec![
                Phrase::Prompt(PromptKey::MESSAGE_SAVED),
                Phrase::Prompt(PromptKey::GOODBYE)
            ])]
        );
        assert_eq!(step(&mut call, IvrInput::PlayFinished), [IvrOutput::HangUp]);
    }

    #[test]
    fn less_than_a_second_of_speech_is_discarded() {
        let mut call = conversation();
        step(&mut call, IvrInput::Begin);
        step(&mut call, IvrInput::PlayFinished);
        step(&mut call, IvrInput::PeerHungUp);

        assert_eq!(step(&mut call, recorded(999)), [IvrOutput::Discard, IvrOutput::Finished]);
    }

    #[test]
    fn message_of_a_call_that_is_cut_off_is_kept_as_interrupted() {
        let mut call = conversation();
        step(&mut call, IvrInput::Begin);
        step(&mut call, IvrInput::PlayFinished);

        assert_eq!(step(&mut call, IvrInput::CutOff), [IvrOutput::StopRecording]);
        assert_eq!(
            step(&mut call, recorded(3000)),
            [IvrOutput::Keep(MessageOrder {
                length: Duration::from_secs(4),
                urgent: false,
                interrupted: true
            })]
        );
        assert_eq!(step(&mut call, IvrInput::MessageStored), [IvrOutput::Finished]);
    }

    #[test]
    fn without_room_the_caller_is_told_and_nothing_is_recorded() {
        let mut call = conversation();
        call.settings.room = MessageRoom::None;

        assert_eq!(
            step(&mut call, IvrInput::Begin),
            [IvrOutput::Play(vec![
                Phrase::Prompt(PromptKey::NO_MESSAGE_NOW),
                Phrase::Prompt(PromptKey::GOODBYE)
            ])]
        );
        assert_eq!(step(&mut call, IvrInput::PlayFinished), [IvrOutput::HangUp]);
    }

    #[test]
    fn caller_who_hangs_up_in_the_greeting_leaves_nothing() {
        let mut call = conversation();
        step(&mut call, IvrInput::Begin);

        assert_eq!(step(&mut call, IvrInput::PeerHungUp), [IvrOutput::Finished]);
    }
}
