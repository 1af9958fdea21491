//! `CSeq` (RFC 3261 20.16).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;

use bytes::Bytes;

use crate::grammar::GrammarError;
use crate::header::list::TypedHeader;
use crate::header::name::HeaderName;
use crate::method::Method;
use crate::scanner::{Scanner, decimal};

/// Sequence number and method of a request.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct CSeq {
    /// The number. RFC 3261 8.1.1.5 keeps it below 2^31; peers that count to 2^32 - 1 are understood.
    pub number: u32,
    /// The method, which must be that of the request.
    pub method: Method,
}

impl TypedHeader for CSeq {
    const NAME: HeaderName = HeaderName::CSeq;

    fn parse(value: &Bytes) -> Result<Self, GrammarError> {
        let mut scanner = Scanner::new(value);
        let digits = scanner.take_while(|byte| !matches!(byte, b' ' | b'\t'));
        let number = decimal(digits).ok_or(GrammarError::new("CSeq number does not fit 32 bits"))?;
        scanner.skip_space();
        let method = Method::read(value, scanner.rest()).ok_or(GrammarError::new("CSeq without a method"))?;
        Ok(Self { number, method })
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &'static str) -> Result<CSeq, GrammarError> {
        CSeq::parse(&Bytes::from_static(value.as_bytes()))
    }

    #[test]
    fn leading_zeros_and_wide_spaces_are_read() {
        assert_eq!(read("0009   INVITE"), Ok(CSeq { number: 9, method: Method::Invite }));
    }

    #[test]
    fn a_number_beyond_32_bits_is_refused() {
        let error = GrammarError::new("CSeq number does not fit 32 bits");

        assert_eq!(read("4294967296 INVITE"), Err(error));
        assert_eq!(read("36893488147419103232 REGISTER"), Err(error));
        assert_eq!(read("-1 INVITE"), Err(error));
    }

    #[test]
    fn a_number_without_a_method_is_refused() {
        assert_eq!(read("1"), Err(GrammarError::new("CSeq without a method")));
        assert_eq!(read("1 IN VITE"), Err(GrammarError::new("CSeq without a method")));
    }
}
