use crate::{AutoAttendant, CallAnswering, IvrInput, IvrOutput, SubscriberAccess};

/// Whichever conversation the caller is in.
#[derive(Debug)]
pub enum Conversation {
    /// They leave a message.
    CallAnswering(Box<CallAnswering>),
    /// They open their mailbox.
    SubscriberAccess(Box<SubscriberAccess>),
    /// They find their way to somebody.
    AutoAttendant(Box<AutoAttendant>),
}

impl Conversation {
    /// One step of the conversation. What means nothing where it is passes without effect.
    pub fn handle_input(&mut self, input: IvrInput) {
        match self {
            Self::CallAnswering(answering) => answering.handle_input(input),
            Self::SubscriberAccess(access) => access.handle_input(input),
            Self::AutoAttendant(attendant) => attendant.handle_input(input),
        }
    }

    /// What to do next; drain to `None` after each input.
    pub fn poll_output(&mut self) -> Option<IvrOutput> {
        match self {
            Self::CallAnswering(answering) => answering.poll_output(),
            Self::SubscriberAccess(access) => access.poll_output(),
            Self::AutoAttendant(attendant) => attendant.poll_output(),
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

impl From<AutoAttendant> for Conversation {
    fn from(attendant: AutoAttendant) -> Self {
        Self::AutoAttendant(Box::new(attendant))
    }
}
