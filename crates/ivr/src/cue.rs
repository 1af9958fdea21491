use telephony::Digit;

use crate::conversation::IvrInput;

/// What a menu, an entry or a message hears of the world: keys, silence, and the end of what plays.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cue {
    /// The caller pressed a key.
    Key(Digit),
    /// What plays was heard to its end.
    Played,
    /// Nothing was pressed in time.
    Waited,
}

impl Cue {
    /// `None`: such a turn does not hear of it.
    pub(crate) fn of(input: &IvrInput) -> Option<Self> {
        match input {
            IvrInput::Digit(digit) => Some(Self::Key(*digit)),
            IvrInput::PlayFinished => Some(Self::Played),
            IvrInput::Waited => Some(Self::Waited),
            IvrInput::Begin
            | IvrInput::RecordFinished { .. }
            | IvrInput::MessageStored
            | IvrInput::MessageNotStored
            | IvrInput::Answered(_)
            | IvrInput::NotTransferred(_)
            | IvrInput::NotHandedOver
            | IvrInput::PeerHungUp
            | IvrInput::CutOff => None,
        }
    }
}
