use crate::{CallAnswering, IvrInput, IvrOutput, SubscriberAccess};

/// Whichever conversation the caller is in.
#[derive(Debug)]
pub enum Conversation {
    /// They leave a message.
    CallAnswering(Box<CallAnswering>),
    /// They open their mailbox.
    SubscriberAccess(Box<SubscriberAccess>),
}

impl Conversation {
    /// One step of the conversation. What means nothing where it is passes without effect.
    pub fn handle_input(&mut self, input: IvrInput) {
        match self {
            Self::CallAnswering(answering) => answering.handle_input(input),
            Self::SubscriberAccess(access) => access.handle_input(input),
        }
    }

    /// What to do next; drain to `None` after each input.
    pub fn poll_output(&mut self) -> Option<IvrOutput> {
        match self {
            Self::CallAnswering(answering) => answering.poll_output(),
            Self::SubscriberAccess(access) => access.poll_output(),
        }
    }
}

impl From<CallAnswering> for Conversation {
    fn from(answering: CallAnswering) -> Self {
        Self::CallAnswering(Box::new(answering))
    }
}

impl From<SubscriberAccess> for Conversation {
    fn from(access: SubscriberAccess) -> Self {
        Self::SubscriberAccess(Box::new(access))
    }
}
