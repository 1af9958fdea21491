//! What was recorded is listened to, recorded again, sent or kept. Nothing is sent that was not accepted.
use std::time::Duration;

use mailbox::GreetingKind;

use super::{
    SubscriberAccess,
    compose::DraftKind,
    layout::{ReviewAction, Row},
    menu::Opening,
    prompts as say,
};
use crate::{
    call_answering::SHORTEST_MESSAGE,
    conversation::{IvrOutput, RecordingEnd},
    marks::Mark,
    phrase::PromptKey,
};

/// Less speech than this is no name.
pub(super) const SHORTEST_NAME: Duration = Duration::from_millis(200);

impl SubscriberAccess {
    pub(super) fn recorded(&mut self, why: RecordingEnd, length: Duration, speech: Duration) {
        let Some(draft) = &mut self.draft else { return self.go_back() };
        draft.recorded = Some(length);
        let shortest = match draft.what {
            DraftKind::Greeting(GreetingKind::Name) => SHORTEST_NAME,
            DraftKind::Greeting(GreetingKind::Personal | GreetingKind::OutOfOffice)
            | DraftKind::Letter(_) => SHORTEST_MESSAGE,
        };
        if self.gone {
            return self.end();
        }
        match why {
            RecordingEnd::Truncated => return self.drop_draft(say::NOT_DONE),
            RecordingEnd::Silence | RecordingEnd::Maximum | RecordingEnd::Stopped if speech < shortest => {
                return self.drop_draft(say::NOTHING_RECORDED);
            }
            RecordingEnd::Maximum => self.announce(PromptKey::RECORDING_TOO_LONG),
            RecordingEnd::Silence | RecordingEnd::Stopped => {}
        }
        self.open_review();
    }

    pub(super) fn choose_for_draft(&mut self, action: ReviewAction) {
        match action {
            ReviewAction::Accept => self.accept_draft(),
            ReviewAction::Listen => match self.draft.as_ref().and_then(|draft| draft.recorded) {
                Some(length) => self.open_menu_after(Opening::Recording(length), self.review_rows()),
                None => self.go_back(),
            },
            ReviewAction::Again => {
                self.discard_recording();
                self.record_draft();
            }
            ReviewAction::Urgent => self.mark_letter(Mark::Urgent),
            ReviewAction::Private => self.mark_letter(Mark::Private),
            ReviewAction::Cancel => self.cancel_draft(),
        }
    }

    fn mark_letter(&mut self, mark: Mark) {
        if let Some(letter) = self.letter() {
            let words = letter.marks.turn(mark);
            self.announce(words);
        }
        self.open_review();
    }

    /// The subscriber does not want it any more.
    pub(super) fn cancel_draft(&mut self) {
        self.drop_draft(say::CANCELLED);
    }

    /// Back to where the draft was begun, with these words.
    pub(super) fn drop_draft(&mut self, words: PromptKey) {
        self.discard_recording();
        self.draft = None;
        self.announce(words);
        self.go_back();
    }

    /// Throws away what was recorded and not used.
    pub(super) fn discard_recording(&mut self) {
        if self.draft.as_mut().and_then(|draft| draft.recorded.take()).is_some() {
            self.outputs.push_back(IvrOutput::Discard);
        }
    }

    fn accept_draft(&mut self) {
        match self.draft.as_ref().map(|draft| (&draft.what, draft.recorded)) {
            Some((DraftKind::Greeting(kind), Some(length))) => self.keep_greeting(*kind, length),
            Some((DraftKind::Letter(_), Some(length))) => self.send(Some(length)),
            Some((DraftKind::Greeting(_) | DraftKind::Letter(_), None)) | None => self.go_back(),
        }
    }

    fn open_review(&mut self) {
        self.open_menu(self.review_rows());
    }

    fn review_rows(&self) -> Vec<Row> {
        match self.draft.as_ref().map(|draft| &draft.what) {
            Some(DraftKind::Greeting(_)) => self.settings.layout.greeting_review.to_vec(),
            Some(DraftKind::Letter(_)) | None => self.settings.layout.message_review.to_vec(),
        }
    }
}
