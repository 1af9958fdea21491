use sip_signaling::EndCause;

/// How a call ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallEnd {
    /// The conversation came to its end and we hung up.
    Completed,
    /// The caller hung up.
    PeerHungUp,
    /// The caller gave up before we answered.
    Cancelled,
    /// Refused by a rule.
    Refused,
    /// An administrator ended it.
    Administrator,
    /// The plan's longest call.
    LongestCall,
    /// No media arrived for as long as the gateway's `media_timeout`.
    NoMedia,
    /// Our 200 was never acknowledged.
    NeverAcknowledged,
    /// The session timer ran out.
    SessionExpired,
    /// Something of ours went wrong.
    Fault,
}

impl CallEnd {
    /// The words in the end event.
    pub fn words(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::PeerHungUp => "caller hung up",
            Self::Cancelled => "caller gave up before the answer",
            Self::Refused => "refused",
            Self::Administrator => "ended by an administrator",
            Self::LongestCall => "longest call of the dial plan reached",
            Self::NoMedia => "no media from the gateway",
            Self::NeverAcknowledged => "answer never acknowledged",
            Self::SessionExpired => "session timer ran out",
            Self::Fault => "fault in the server",
        }
    }

    /// The Reason header of our BYE (RFC 3326), where there is something to say.
    pub(crate) fn reason_header(self) -> Option<&'static [u8]> {
        match self {
            Self::Administrator => Some(b"SIP;cause=480;text=\"ended by an administrator\""),
            Self::LongestCall => Some(b"SIP;cause=480;text=\"longest call of the dial plan reached\""),
            Self::NoMedia => Some(b"SIP;cause=408;text=\"no media arrived\""),
            Self::Fault => Some(b"SIP;cause=500;text=\"server fault\""),
            Self::Completed
            | Self::PeerHungUp
            | Self::Cancelled
            | Self::Refused
            | Self::NeverAcknowledged
            | Self::SessionExpired => None,
        }
    }
}

impl From<EndCause> for CallEnd {
    fn from(cause: EndCause) -> Self {
        match cause {
            EndCause::PeerBye { .. } => Self::PeerHungUp,
            EndCause::AckNeverArrived => Self::NeverAcknowledged,
            EndCause::SessionExpired => Self::SessionExpired,
            EndCause::ByeAnswered | EndCause::ByeTimedOut => Self::Completed,
            EndCause::FlowLost => Self::Fault,
        }
    }
}
