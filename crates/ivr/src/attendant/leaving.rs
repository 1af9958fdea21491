use crate::conversation::Successor;

/// To whom the caller is given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Leaving {
    /// To whoever answers this number.
    Call {
        /// Digits as configured or entered.
        number: String,
    },
    /// To another conversation.
    Conversation(Successor),
}
