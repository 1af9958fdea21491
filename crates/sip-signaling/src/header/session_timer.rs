//! Session timers: `Session-Expires` and `Min-SE` (RFC 4028).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use crate::grammar::GrammarError;
use crate::header::list::TypedHeader;
use crate::header::name::HeaderName;
use crate::params::Params;
use crate::scanner::{Scanner, decimal};

/// Who refreshes the session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refresher {
    /// The sender of the request.
    Uac,
    /// Its receiver.
    Uas,
}

impl Refresher {
    /// `uac` or `uas`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uac => "uac",
            Self::Uas => "uas",
        }
    }
}

/// How long a session lives without a refresh.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SessionExpires {
    /// The interval, whole seconds.
    pub interval: Duration,
    /// Who refreshes, if that is said.
    pub refresher: Option<Refresher>,
}

impl TypedHeader for SessionExpires {
    const NAME: HeaderName = HeaderName::SessionExpires;

    fn parse(value: &Bytes) -> Result<Self, GrammarError> {
        let (interval, params) = seconds(value)?;
        let refresher = params.token("refresher").and_then(|word| {
            [Refresher::Uac, Refresher::Uas].into_iter().find(|role| word.eq_ignore_ascii_case(role.as_str()))
        });
        Ok(Self { interval, refresher })
    }
}

impl fmt::Display for SessionExpires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.interval.as_secs())?;
        match self.refresher {
            Some(refresher) => write!(f, ";refresher={}", refresher.as_str()),
            None => Ok(()),
        }
    }
}

/// The shortest interval that its sender takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MinSe(pub Duration);

impl TypedHeader for MinSe {
    const NAME: HeaderName = HeaderName::MinSe;

    fn parse(value: &Bytes) -> Result<Self, GrammarError> {
        seconds(value).map(|(interval, _)| Self(interval))
    }
}

fn seconds(value: &Bytes) -> Result<(Duration, Params), GrammarError> {
    let mut scanner = Scanner::new(value);
    let seconds = decimal(scanner.take_while(|byte| byte.is_ascii_digit()))
        .ok_or(GrammarError::new("session interval is not seconds of 32 bits"))?;
    Ok((Duration::from_secs(u64::from(seconds)), Params::read(value, scanner.rest())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_and_refresher_are_read_and_written() {
        let expires = SessionExpires::parse(&Bytes::from_static(b"1800 ; Refresher=UAS")).unwrap();

        assert_eq!(expires.interval, Duration::from_secs(1800));
        assert_eq!(expires.refresher, Some(Refresher::Uas));
        assert_eq!(expires.to_string(), "1800;refresher=uas");
    }

    #[test]
    fn min_se_is_seconds() {
        assert_eq!(MinSe::parse(&Bytes::from_static(b"90")), Ok(MinSe(Duration::from_secs(90))));
        assert!(MinSe::parse(&Bytes::from_static(b"soon")).is_err());
        assert!(MinSe::parse(&Bytes::from_static(b"4294967296")).is_err());
    }
}
