//! Reliable provisional responses: `RSeq` and `RAck` (RFC 3262 7).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;

use bytes::Bytes;

use crate::grammar::GrammarError;
use crate::header::cseq::CSeq;
use crate::header::list::TypedHeader;
use crate::header::name::HeaderName;
use crate::scanner::{Scanner, decimal};

/// Number of a reliable provisional response, 1 and up.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct RSeq(pub u32);

impl TypedHeader for RSeq {
    const NAME: HeaderName = HeaderName::RSeq;

    fn parse(value: &Bytes) -> Result<Self, GrammarError> {
        decimal(value)
            .filter(|number| *number > 0)
            .map(Self)
            .ok_or(GrammarError::new("RSeq is not 1 to 2^32 - 1"))
    }
}

/// Which response a PRACK acknowledges.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct RAck {
    /// The `RSeq` of the response.
    pub response: RSeq,
    /// The `CSeq` of the response.
    pub request: CSeq,
}

impl TypedHeader for RAck {
    const NAME: HeaderName = HeaderName::RAck;

    fn parse(value: &Bytes) -> Result<Self, GrammarError> {
        let mut scanner = Scanner::new(value);
        let number = scanner.take_while(|byte| !matches!(byte, b' ' | b'\t'));
        let response = RSeq::parse(&value.slice_ref(number))?;
        scanner.skip_space();
        Ok(Self { response, request: CSeq::parse(&value.slice_ref(scanner.rest()))? })
    }
}

impl fmt::Display for RAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.response.0, self.request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::Method;

    #[test]
    fn rack_names_response_and_request() {
        let rack = RAck::parse(&Bytes::from_static(b"776656  1 INVITE")).unwrap();

        assert_eq!(rack.response, RSeq(776_656));
        assert_eq!(rack.request, CSeq { number: 1, method: Method::Invite });
        assert_eq!(rack.to_string(), "776656 1 INVITE");
    }

    #[test]
    fn rseq_zero_and_beyond_32_bits_are_refused() {
        assert!(RSeq::parse(&Bytes::from_static(b"0")).is_err());
        assert!(RSeq::parse(&Bytes::from_static(b"4294967296")).is_err());
    }
}
