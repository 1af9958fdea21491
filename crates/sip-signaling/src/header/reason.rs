//! `Reason` (RFC 3326, RFC 6432).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;

use bytes::Bytes;

use crate::grammar::GrammarError;
use crate::header::list::TypedHeader;
use crate::header::name::HeaderName;
use crate::params::Params;
use crate::scanner::{Scanner, quote};
use crate::text::Text;

/// Why a request was sent, or a call refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reason {
    /// `SIP` or `Q.850`.
    pub protocol: Text,
    /// The status code or cause value.
    pub cause: Option<u16>,
    /// Words for a person.
    pub text: Option<String>,
}

impl Reason {
    /// A reason by an ISDN cause, such as 21 for "call rejected".
    pub fn q850(cause: u16, text: &str) -> Self {
        Self { protocol: Text::from_static("Q.850"), cause: Some(cause), text: Some(text.to_owned()) }
    }

    /// A reason by a SIP status, for our BYE and CANCEL.
    pub fn sip(cause: u16, text: &str) -> Self {
        Self { protocol: Text::from_static("SIP"), cause: Some(cause), text: Some(text.to_owned()) }
    }
}

impl TypedHeader for Reason {
    const NAME: HeaderName = HeaderName::Reason;

    fn parse(value: &Bytes) -> Result<Self, GrammarError> {
        let mut scanner = Scanner::new(value);
        let protocol = scanner.token();
        if protocol.is_empty() {
            return Err(GrammarError::new("Reason without a protocol"));
        }
        let params = Params::read(value, scanner.rest())?;
        Ok(Self {
            protocol: Text::cut(value, protocol).unwrap_or_default(),
            cause: params.get("cause").and_then(|cause| cause.parse().ok()),
            text: params.get("text").map(std::borrow::Cow::into_owned),
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.protocol)?;
        if let Some(cause) = self.cause {
            write!(f, ";cause={cause}")?;
        }
        if let Some(text) = &self.text {
            write!(f, ";text={}", quote(text))?;
        }
        Ok(())
    }
}

impl From<Reason> for Bytes {
    fn from(reason: Reason) -> Self {
        Self::from(reason.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_written_with_its_text_quoted() {
        let reason = Reason::q850(21, "dial plan \"hq\" is Secured");

        assert_eq!(reason.to_string(), r#"Q.850;cause=21;text="dial plan \"hq\" is Secured""#);
        assert_eq!(Reason::parse(&Bytes::from(reason.clone())), Ok(reason));
    }

    #[test]
    fn several_reasons_stand_in_one_line() {
        let mut headers = crate::Headers::new();
        headers.push(HeaderName::Reason, "SIP;cause=200;text=\"Call completed, elsewhere\", Q.850 ;cause=26");

        let reasons: Vec<_> = headers.read_all::<Reason>().map(Result::unwrap).collect();
        let [first, second] = reasons.as_slice() else { panic!("two") };
        assert_eq!(first, &Reason::sip(200, "Call completed, elsewhere"));
        assert_eq!((second.protocol.as_str(), second.cause), ("Q.850", Some(26)));
    }
}
