//! The subscriber speaks: words and tone, then the recording.
use std::collections::VecDeque;

use telephony::Digit;

use super::turn::Heard;
use crate::{
    conversation::{IvrOutput, RecordOrder},
    cue::Cue,
    phrase::Phrase,
};

/// A recording, from the words before it to its end.
#[derive(Debug)]
pub(super) struct Recorder {
    stage: Stage,
    order: RecordOrder,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    /// The words and the tone.
    LeadIn,
    /// The words were skipped; the tone alone is heard.
    Tone,
    Recording,
    /// It was told to end, and has not told its length yet.
    Stopping,
}

impl Recorder {
    /// Says when to speak.
    pub(super) fn open(
        order: RecordOrder,
        mut words: Vec<Phrase>,
        outputs: &mut VecDeque<IvrOutput>,
    ) -> Self {
        words.push(Phrase::RecordTone);
        outputs.push_back(IvrOutput::Play(words));
        Self { stage: Stage::LeadIn, order }
    }

    pub(super) fn hear(&mut self, cue: Cue, outputs: &mut VecDeque<IvrOutput>) -> Option<Heard> {
        match (self.stage, cue) {
            (Stage::LeadIn | Stage::Tone, Cue::Key(Digit::STAR)) => {
                outputs.push_back(IvrOutput::StopPlaying);
                Some(Heard::NotRecorded)
            }
            (Stage::LeadIn, Cue::Key(_)) => {
                self.stage = Stage::Tone;
                outputs.push_back(IvrOutput::Play(vec![Phrase::RecordTone]));
                None
            }
            (Stage::LeadIn | Stage::Tone, Cue::Played) => {
                self.stage = Stage::Recording;
                outputs.push_back(IvrOutput::Record(self.order));
                None
            }
            (Stage::Recording, Cue::Key(Digit::POUND)) => {
                self.stop(outputs);
                None
            }
            (Stage::Recording | Stage::Stopping, Cue::Key(_) | Cue::Played)
            | (Stage::LeadIn | Stage::Tone | Stage::Recording | Stage::Stopping, Cue::Waited)
            | (Stage::Tone, Cue::Key(_)) => None,
        }
    }

    /// The end of a recording may be told: there is one.
    pub(super) fn is_recording(&self) -> bool {
        match self.stage {
            Stage::LeadIn | Stage::Tone => false,
            Stage::Recording | Stage::Stopping => true,
        }
    }

    /// Nobody speaks any more; `true` if there is a recording whose end must be awaited.
    pub(super) fn abandon(&mut self, outputs: &mut VecDeque<IvrOutput>) -> bool {
        match self.stage {
            Stage::LeadIn | Stage::Tone => false,
            Stage::Recording => {
                self.stop(outputs);
                true
            }
            Stage::Stopping => true,
        }
    }

    fn stop(&mut self, outputs: &mut VecDeque<IvrOutput>) {
        self.stage = Stage::Stopping;
        outputs.push_back(IvrOutput::StopRecording);
    }
}
