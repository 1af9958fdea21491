//! `name-addr` and `addr-spec` with header parameters: one reader for From, To, Contact, Route, Record-Route, Refer-To,
//! P-Asserted-Identity, Diversion, History-Info and the rest of the family (RFC 3261 20.10, 25.1).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;

use bytes::Bytes;

use crate::byte_class::ByteClass;
use crate::grammar::GrammarError;
use crate::params::Params;
use crate::scanner::{Scanner, quote, trim, unquote};
use crate::uri::Uri;

/// An address with an optional display name and header parameters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NameAddr {
    display: Option<Bytes>,
    /// The address.
    pub uri: Uri,
    /// The parameters of the header. Without angle brackets all parameters belong to the header, none to the URI.
    pub params: Params,
}

impl NameAddr {
    /// An address without a display name.
    pub fn new(uri: Uri) -> Self {
        Self { display: None, uri, params: Params::new() }
    }

    /// The same with a display name.
    #[must_use]
    pub fn with_display(mut self, name: &str) -> Self {
        self.display = Some(Bytes::from(quote(name)));
        self
    }

    /// The same with one more header parameter.
    #[must_use]
    pub fn with_param(mut self, name: &str, value: Option<&str>) -> Self {
        self.params.push(name, value);
        self
    }

    /// Reads one value.
    ///
    /// # Errors
    /// A quote or bracket that is not closed, a comma in an unquoted name, spaces inside the brackets, a malformed URI or
    /// parameter, a `?` outside brackets.
    pub fn parse(value: &Bytes) -> Result<Self, GrammarError> {
        let parts = Parts::read(value)?;
        Ok(Self {
            display: (!parts.display.is_empty()).then(|| value.slice_ref(parts.display)),
            uri: Uri::read(value, parts.uri)?,
            params: Params::read(value, parts.params)?,
        })
    }

    /// The display name, quotes and backslashes resolved; bytes that are not UTF-8 are replaced. May hold any character:
    /// escape it before it reaches a log.
    pub fn display(&self) -> Option<String> {
        let raw = self.display.as_ref()?;
        let name = match raw.first() {
            Some(b'"') => String::from_utf8_lossy(&unquote(raw)).into_owned(),
            _ => String::from_utf8_lossy(raw).into_owned(),
        };
        Some(name).filter(|name| !name.trim().is_empty())
    }

    /// The `tag` parameter of a From or To.
    pub fn tag(&self) -> Option<&str> {
        self.params.token("tag")
    }

    /// The value of a header parameter; a flag is the empty string.
    pub fn param(&self, name: &str) -> Option<String> {
        self.params.get(name).map(std::borrow::Cow::into_owned)
    }
}

/// Writes the form with brackets.
impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(display) = &self.display {
            write!(f, "{} ", String::from_utf8_lossy(display))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

/// Where the parts of a value lie.
struct Parts<'a> {
    display: &'a [u8],
    uri: &'a [u8],
    params: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(value: &'a [u8]) -> Result<Self, GrammarError> {
        static NAME_END: ByteClass = ByteClass::of(b"<>\",;:");
        let value = trim(value);
        let mut scanner = Scanner::new(value);
        let display = match scanner.peek() {
            Some(b'"') => {
                let name = scanner.quoted().ok_or(GrammarError::new("display name is not closed"))?;
                scanner.skip_space();
                if scanner.peek() != Some(b'<') {
                    return Err(GrammarError::new("display name without <address>"));
                }
                name
            }
            _ => scanner.take_while(|byte| !NAME_END.has(byte)),
        };
        match scanner.eat(b'<') {
            true => Self::bracketed(display, scanner),
            false => Self::bare(value),
        }
    }

    fn bracketed(display: &'a [u8], mut scanner: Scanner<'a>) -> Result<Self, GrammarError> {
        let uri = scanner.take_while(|byte| byte != b'>');
        match scanner.eat(b'>') {
            true => Ok(Self { display: trim(display), uri, params: trim(scanner.rest()) }),
            false => Err(GrammarError::new("address is not closed by >")),
        }
    }

    /// "If the URI contains a comma, question mark or semicolon, the URI MUST be enclosed in angle brackets" (20.10).
    fn bare(value: &'a [u8]) -> Result<Self, GrammarError> {
        static URI_END: ByteClass = ByteClass::of(b";, \t<>\"");
        let mut scanner = Scanner::new(value);
        let uri = scanner.take_while(|byte| !URI_END.has(byte));
        if uri.contains(&b'?') {
            return Err(GrammarError::new("address with ? outside brackets"));
        }
        Ok(Self { display: &[], uri, params: trim(scanner.rest()) })
    }
}

/// The tag of a From or To value, without allocation; `None` if there is none or the value cannot be read.
pub(crate) fn to_tag(value: &[u8]) -> Option<&[u8]> {
    let mut scanner = Scanner::new(Parts::read(value).ok()?.params);
    while scanner.eat_spaced(b';') {
        let name = scanner.take_while(|byte| !matches!(byte, b';' | b'=' | b' ' | b'\t'));
        let mut value: &[u8] = &[];
        if scanner.eat_spaced(b'=') {
            value = match scanner.peek() {
                // A tag is a token: a quoted one is none.
                Some(b'"') => scanner.quoted().map(|_| &b""[..])?,
                _ => scanner.take_while(|byte| !matches!(byte, b';' | b' ' | b'\t')),
            };
        }
        if name.eq_ignore_ascii_case(b"tag") {
            return Some(value).filter(|value| !value.is_empty());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &'static str) -> Result<NameAddr, GrammarError> {
        NameAddr::parse(&Bytes::from_static(value.as_bytes()))
    }

    #[test]
    fn a_quoted_name_may_hold_brackets_and_commas() {
        let address = read(r#""Doe, <\"John\">"   <sip:j@example.com>;tag=x"#).unwrap();

        assert_eq!(address.display().as_deref(), Some(r#"Doe, <"John">"#));
        assert_eq!(address.uri.as_str(), "sip:j@example.com");
        assert_eq!(address.tag(), Some("x"));
    }

    #[test]
    fn without_brackets_parameters_belong_to_the_header() {
        let address = read("sip:+19725552222@gw1.example.net;unknownparam;tag=a").unwrap();

        assert_eq!(address.uri.as_str(), "sip:+19725552222@gw1.example.net");
        assert!(address.params.has("unknownparam"));
        assert_eq!(address.tag(), Some("a"));
    }

    #[test]
    fn with_brackets_parameters_belong_to_the_uri() {
        let address = read("<sip:+19725552222@gw1.example.net;unknownparam>").unwrap();

        assert_eq!(address.uri.param("unknownparam").as_deref(), Some(""));
        assert!(address.params.is_empty());
    }

    #[test]
    fn a_name_may_stand_close_to_its_bracket() {
        let address = read("caller<sip:caller@example.com>;tag=323").unwrap();

        assert_eq!(address.display().as_deref(), Some("caller"));
        assert_eq!(address.tag(), Some("323"));
    }

    #[test]
    fn a_name_that_is_not_utf8_is_replaced_not_refused() {
        let address = NameAddr::parse(&Bytes::from_static(b"\"J\xf6rg\" <sip:j@example.com>")).unwrap();

        assert_eq!(address.display().as_deref(), Some("J\u{fffd}rg"));
    }

    #[test]
    fn torture_forms_are_refused() {
        for value in [
            "\"Mr. J. User <sip:j.user@example.com>",
            "Bell, Alexander <sip:a.g.bell@example.com>;tag=43",
            "\"Watson, Thomas\" < sip:t.watson@example.org >",
            "sip:user@example.com?Route=%3Csip:sip.example.com%3E",
            "<sip:a@b",
            "<sip:a@b>x",
            "\"Joe\" <sip:joe@example.org>;;;;",
            "",
        ] {
            assert!(read(value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_built_address_reads_back() {
        let uri = Uri::parse("sip:a@b").unwrap();
        let address = NameAddr::new(uri).with_display("A \"B\"").with_param("tag", Some("1"));

        assert_eq!(address.to_string(), r#""A \"B\"" <sip:a@b>;tag=1"#);
        assert_eq!(NameAddr::parse(&Bytes::from(address.to_string())), Ok(address));
    }

    #[test]
    fn the_tag_is_found_without_reading_the_address() {
        assert_eq!(to_tag(b"\"a;tag=no\" <sip:x;tag=no@y;tag=no> ; q ; TAG = yes"), Some(&b"yes"[..]));
        assert_eq!(to_tag(b"sip:a@b;tag=c"), Some(&b"c"[..]));
        assert_eq!(to_tag(b"<sip:a@b;tag=c>"), None);
        assert_eq!(to_tag(b"<sip:a@b>;tag="), None);
    }
}
