//! `tel:` URIs (RFC 3966).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;

use bytes::Bytes;

use super::split_params;
use crate::grammar::GrammarError;
use crate::params::Params;
use crate::text::Text;

/// A `tel:` URI.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TelUri {
    pub(super) raw: Text,
    number: Text,
    params: Params,
}

impl TelUri {
    /// The number as received, with its visual separators.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The parameters (`phone-context`, `ext`, ..).
    pub fn params(&self) -> &Params {
        &self.params
    }

    pub(super) fn read(source: &Bytes, raw: Text, rest: &[u8]) -> Result<Self, GrammarError> {
        let (number, params) = split_params(rest);
        if number.is_empty() {
            return Err(GrammarError::new("tel URI without a number"));
        }
        let number = Text::cut(source, number).ok_or(GrammarError::new("URI is not UTF-8"))?;
        Ok(Self { raw, number, params: Params::read_of_uri(source, params)? })
    }
}

impl fmt::Display for TelUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}
