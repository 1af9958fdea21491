/// Which way media flows, seen from one side (RFC 3264 6.1).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Direction {
    /// Both ways.
    #[default]
    SendReceive,
    /// This side only sends.
    SendOnly,
    /// This side only receives.
    ReceiveOnly,
    /// Neither way.
    Inactive,
}

impl Direction {
    /// Whether this side may send.
    pub fn sends(self) -> bool {
        match self {
            Self::SendReceive | Self::SendOnly => true,
            Self::ReceiveOnly | Self::Inactive => false,
        }
    }

    /// Whether this side may receive.
    pub fn receives(self) -> bool {
        match self {
            Self::SendReceive | Self::ReceiveOnly => true,
            Self::SendOnly | Self::Inactive => false,
        }
    }

    /// The same media seen from the other side: what answers this direction if all of it is wanted.
    pub fn mirrored(self) -> Self {
        Self::from_flags(self.receives(), self.sends())
    }

    /// The name of its attribute.
    pub fn attribute(self) -> &'static str {
        match self {
            Self::SendReceive => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::ReceiveOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// Reads the name of an attribute; `None` if it is none of the four.
    pub(crate) fn from_attribute(name: &str) -> Option<Self> {
        [Self::SendReceive, Self::SendOnly, Self::ReceiveOnly, Self::Inactive]
            .into_iter()
            .find(|direction| direction.attribute() == name)
    }

    /// The direction without its receiving half: what is left to one whose address is 0.0.0.0.
    pub(crate) fn deaf(self) -> Self {
        Self::from_flags(self.sends(), false)
    }

    fn from_flags(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendReceive,
            (true, false) => Self::SendOnly,
            (false, true) => Self::ReceiveOnly,
            (false, false) => Self::Inactive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_direction_is_answered_as_rfc_3264_says() {
        let answers = ["sendrecv", "sendonly", "recvonly", "inactive"]
            .map(|offered| Direction::from_attribute(offered).unwrap().mirrored().attribute());

        assert_eq!(answers, ["sendrecv", "recvonly", "sendonly", "inactive"]);
    }
}
