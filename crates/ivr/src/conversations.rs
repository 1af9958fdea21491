use crate::{CallAnswering, IvrInput, IvrOutput};

/// Whichever conversation the caller is in.
#[derive(Debug)]
pub enum Conversation {
    /// They leave a message.
    CallAnswering(Box<CallAnswering>),
}

impl Conversation {
    /// One step of the conversation. What means nothing where it is passes without effect.
    pub fn handle_input(&mut self, input: IvrInput) {
        match self {
            Self::CallAnswering(answering) => answering.handle_input(input),
        }
    }

    /// What to do next; drain to `None` after each input.
    pub fn poll_output(&mut self) -> Option<IvrOutput> {
        match self {
            Self::CallAnswering(answering) => answering.poll_output(),
        }
    }
}

impl From<CallAnswering> for Conversation {
    fn from(answering: CallAnswering) -> Self {
        Self::CallAnswering(Box::new(answering))
    }
}
