//! The menu after the recording: send, listen, record again, mark urgent or private.
use std::{collections::VecDeque, time::Duration};

use telephony::Digit;

use crate::{
    conversation::{IvrOutput, MessageOrder},
    cue::Cue,
    marks::Mark,
    patience::Patience,
    phrase::{Phrase, PromptKey},
};

/// How long the caller may think after the menu has been spoken.
pub const REVIEW_WAIT: Duration = Duration::from_secs(5);

/// The caller decides about what was recorded. A part of call answering: it puts its orders into the outputs of the
/// conversation, which tells it everything but the caller's going.
#[derive(Debug)]
pub(crate) struct Review {
    message: MessageOrder,
    state: State,
    /// With wrong keys and menus without an answer; when it is worn out, that is taken for "send".
    patience: Patience,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// The menu is spoken.
    Menu,
    /// The recording is played.
    Listening,
    /// The menu has been spoken; a key is awaited.
    Silent,
}

/// What the caller has decided.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// Keep it.
    Send,
    /// Throw it away and record anew.
    RecordAgain,
}

/// What a key means in the menu.
enum Choice {
    Send,
    Listen,
    RecordAgain,
    Mark(Mark),
    Nothing,
}

impl Review {
    /// Speaks the menu, after `opening` if there is something to say before.
    pub(crate) fn begin(
        message: MessageOrder,
        patience: Patience,
        opening: Option<PromptKey>,
        outputs: &mut VecDeque<IvrOutput>,
    ) -> Self {
        let mut review = Self { message, state: State::Menu, patience };
        review.say_menu(opening, outputs);
        review
    }

    /// What is to be kept if the caller goes now.
    pub(crate) fn message(&self) -> MessageOrder {
        self.message
    }

    /// One step of the menu.
    pub(crate) fn hear(&mut self, cue: Cue, outputs: &mut VecDeque<IvrOutput>) -> Option<Verdict> {
        match (cue, self.state) {
            (Cue::Key(digit), _) => self.choose(choice(digit), outputs),
            (Cue::Played, State::Menu) => {
                self.state = State::Silent;
                outputs.push_back(IvrOutput::Await(REVIEW_WAIT));
                None
            }
            (Cue::Played, State::Listening) => {
                self.say_menu(None, outputs);
                None
            }
            (Cue::Waited, State::Silent) => self.fail(None, outputs),
            (Cue::Played, State::Silent) | (Cue::Waited, State::Menu | State::Listening) => None,
        }
    }

    fn choose(&mut self, choice: Choice, outputs: &mut VecDeque<IvrOutput>) -> Option<Verdict> {
        if !matches!(choice, Choice::Nothing) {
            self.patience.renew();
        }
        match choice {
            Choice::Send => return Some(self.send(outputs)),
            Choice::RecordAgain => return Some(Verdict::RecordAgain),
            Choice::Listen => {
                self.state = State::Listening;
                outputs.push_back(IvrOutput::PlayRecording { length: self.message.length });
            }
            Choice::Mark(mark) => {
                let words = self.message.marks.turn(mark);
                self.say_menu(Some(words), outputs);
            }
            Choice::Nothing => return self.fail(Some(PromptKey::NOT_UNDERSTOOD), outputs),
        }
        None
    }

    /// The menu again; or, when the caller cannot cope with it, what they most likely want.
    fn fail(&mut self, words: Option<PromptKey>, outputs: &mut VecDeque<IvrOutput>) -> Option<Verdict> {
        if self.patience.wears_out() {
            return Some(self.send(outputs));
        }
        self.say_menu(words, outputs);
        None
    }

    fn send(&self, outputs: &mut VecDeque<IvrOutput>) -> Verdict {
        match self.state {
            State::Menu | State::Listening => outputs.push_back(IvrOutput::StopPlaying),
            State::Silent => {}
        }
        Verdict::Send
    }

    fn say_menu(&mut self, opening: Option<PromptKey>, outputs: &mut VecDeque<IvrOutput>) {
        self.state = State::Menu;
        let words = opening.into_iter().chain([PromptKey::REVIEW_MENU]).map(Phrase::Prompt).collect();
        outputs.push_back(IvrOutput::Play(words));
    }
}

fn choice(digit: Digit) -> Choice {
    match digit.as_char() {
        // `*` leaves the menu, and leaving never loses a message.
        '1' | '*' => Choice::Send,
        '2' => Choice::Listen,
        '3' => Choice::RecordAgain,
        '4' => Choice::Mark(Mark::Urgent),
        '5' => Choice::Mark(Mark::Private),
        _ => Choice::Nothing,
    }
}
