use std::{fmt, net::SocketAddr, time::Duration};

/// The step of a call that failed before its final answer, where the reason lies in the network or in TLS.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unreached {
    /// TCP was not taken.
    Connection(SocketAddr),
    /// TLS came to nothing.
    Handshake(SocketAddr),
    /// The connection was not there in time.
    ConnectionInTime(SocketAddr),
    /// No final answer came in this time.
    Answer(SocketAddr, Duration),
}

impl Unreached {
    /// The step behind an error of this crate, if it is one of these.
    pub fn of(error: &anyhow::Error) -> Option<Self> {
        error.downcast_ref().copied()
    }
}

impl fmt::Display for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(target) => write!(f, "{target} takes no TCP connection"),
            Self::Handshake(target) => write!(f, "no TLS with {target}"),
            Self::ConnectionInTime(target) => write!(f, "{target} did not take the connection"),
            Self::Answer(target, time) => write!(f, "{target} gave the INVITE no final answer in {time:?}"),
        }
    }
}

impl std::error::Error for Unreached {}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;
    use crate::Alert;

    #[test]
    fn step_is_found_with_the_alert_behind_it() {
        let step = Unreached::Handshake("127.0.0.1:5061".parse().unwrap());
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::UnknownCA);
        let error = Err::<(), _>(std::io::Error::other(alert)).context(step).unwrap_err();

        assert_eq!((Unreached::of(&error), Alert::of(&error)), (Some(step), Some(Alert(48))));
        assert_eq!(error.to_string(), "no TLS with 127.0.0.1:5061");
        assert_eq!(Unreached::of(&anyhow::anyhow!("else")), None);
    }
}
