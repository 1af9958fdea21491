//! `Content-Type` and `Accept` values.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use bytes::Bytes;

use crate::grammar::GrammarError;
use crate::header::list::TypedHeader;
use crate::header::name::HeaderName;
use crate::params::Params;
use crate::scanner::Scanner;
use crate::text::Text;

/// `type/subtype;params`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MediaType {
    kind: Text,
    subtype: Text,
    /// The parameters (`boundary`, `charset`, ..).
    pub params: Params,
}

impl MediaType {
    /// Whether it is `essence`, such as `application/sdp`; case counts for nothing.
    pub fn is(&self, essence: &str) -> bool {
        essence.split_once('/').is_some_and(|(kind, subtype)| {
            self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype)
        })
    }

    /// Whether it is any `multipart/..`.
    pub fn is_multipart(&self) -> bool {
        self.kind.eq_ignore_ascii_case("multipart")
    }

    /// `type/subtype` in lower case.
    pub fn essence(&self) -> String {
        format!("{}/{}", self.kind, self.subtype).to_ascii_lowercase()
    }
}

impl TypedHeader for MediaType {
    const NAME: HeaderName = HeaderName::ContentType;

    fn parse(value: &Bytes) -> Result<Self, GrammarError> {
        let mut scanner = Scanner::new(value);
        let (kind, slash, subtype) = (scanner.token(), scanner.eat_spaced(b'/'), scanner.token());
        if kind.is_empty() || !slash || subtype.is_empty() {
            return Err(GrammarError::new("media type is not type/subtype"));
        }
        let params = Params::read(value, scanner.rest())?;
        let (kind, subtype) =
            (Text::cut(value, kind).unwrap_or_default(), Text::cut(value, subtype).unwrap_or_default());
        Ok(Self { kind, subtype, params })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_is_compared_without_case() {
        let media = MediaType::parse(&Bytes::from_static(b"Application / SDP ; charset=\"utf-8\"")).unwrap();

        assert!(media.is("application/sdp"));
        assert_eq!(media.params.get("charset").as_deref(), Some("utf-8"));
        assert_eq!(media.essence(), "application/sdp");
    }

    #[test]
    fn half_a_media_type_is_refused() {
        assert!(MediaType::parse(&Bytes::from_static(b"application")).is_err());
        assert!(MediaType::parse(&Bytes::from_static(b"application/")).is_err());
    }
}
