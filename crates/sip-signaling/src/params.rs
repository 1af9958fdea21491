//! Parameters of a header value or a URI: `;name=value;flag`.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use crate::byte_class::ByteClass;
use crate::grammar::GrammarError;
use crate::scanner::{Scanner, is_token, quote, unquote};

/// Parameters as received: checked once, searched when asked. Names are compared without case.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Params {
    raw: Bytes,
}

/// One parameter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Param<'a> {
    /// The name as received.
    pub name: &'a [u8],
    /// The value as received, with its quotes if it has them; `None` for a flag.
    pub value: Option<&'a [u8]>,
}

impl Params {
    /// No parameters.
    pub const fn new() -> Self {
        Self { raw: Bytes::new() }
    }

    /// Checks `part` of `source`, which is empty or begins with `;`, as parameters of a header value.
    pub(crate) fn read(source: &Bytes, part: &[u8]) -> Result<Self, GrammarError> {
        Self::check(source, part, is_token)
    }

    /// Checks `part` of `source` as parameters of a URI, whose names allow more characters.
    pub(crate) fn read_of_uri(source: &Bytes, part: &[u8]) -> Result<Self, GrammarError> {
        Self::check(source, part, |byte| is_token(byte) || b"()[]/:&$".contains(&byte))
    }

    fn check(source: &Bytes, part: &[u8], is_name: fn(u8) -> bool) -> Result<Self, GrammarError> {
        let mut scanner = Scanner::new(part);
        scanner.skip_space();
        while !scanner.is_empty() {
            let param = next_param(&mut scanner)?;
            if !param.name.iter().all(|byte| is_name(*byte)) {
                return Err(GrammarError::new("parameter name with a separator"));
            }
            if param.value.is_some_and(|value| value.first() != Some(&b'"') && !is_printable(value)) {
                return Err(GrammarError::new("parameter that is not printable text"));
            }
        }
        Ok(Self { raw: source.slice_ref(part) })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// The parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = Param<'_>> {
        let mut scanner = Scanner::new(&self.raw);
        std::iter::from_fn(move || next_param(&mut scanner).ok())
    }

    /// Whether the parameter stands there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The value of a parameter, its quotes resolved; a flag is the empty string. Bytes that are not UTF-8 are replaced.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = self.find(name)?.value.unwrap_or_default();
        Some(match value.first() {
            Some(b'"') => Cow::Owned(String::from_utf8_lossy(&unquote(value)).into_owned()),
            _ => String::from_utf8_lossy(value),
        })
    }

    /// The value of a parameter that is a token; `None` if it is absent, empty, quoted or not UTF-8.
    pub fn token(&self, name: &str) -> Option<&str> {
        let value = self.find(name)?.value?;
        if value.is_empty() || value.first() == Some(&b'"') {
            return None;
        }
        std::str::from_utf8(value).ok()
    }

    /// The first parameter of that name.
    pub fn find(&self, name: &str) -> Option<Param<'_>> {
        self.iter().find(|param| param.name.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// Adds a parameter at the end; the value is quoted unless it is a token or an address.
    ///
    /// Characters of `name` that no token has are dropped.
    pub fn push(&mut self, name: &str, value: Option<&str>) {
        let mut raw = self.raw.to_vec();
        raw.push(b';');
        raw.extend(name.bytes().filter(|byte| is_token(*byte)));
        if let Some(value) = value {
            raw.push(b'=');
            let plain =
                !value.is_empty() && value.bytes().all(|byte| is_token(byte) || b"[]:".contains(&byte));
            match plain {
                true => raw.extend_from_slice(value.as_bytes()),
                false => raw.extend_from_slice(quote(value).as_bytes()),
            }
        }
        self.raw = Bytes::from(raw);
    }

    /// Takes every parameter of that name away.
    pub fn remove(&mut self, name: &str) {
        if !self.has(name) {
            return;
        }
        let mut raw = Vec::with_capacity(self.raw.len());
        for param in self.iter().filter(|param| !param.name.eq_ignore_ascii_case(name.as_bytes())) {
            raw.push(b';');
            raw.extend_from_slice(param.name);
            if let Some(value) = param.value {
                raw.push(b'=');
                raw.extend_from_slice(value);
            }
        }
        self.raw = Bytes::from(raw);
    }

    /// The parameters as they stand, with their leading semicolon.
    pub fn as_bytes(&self) -> &[u8] {
        &self.raw
    }
}

/// Whether an unquoted value is text without control characters.
fn is_printable(value: &[u8]) -> bool {
    let is_visible = |byte: &u8| *byte > b' ' && *byte != 0x7f;
    value.iter().all(is_visible) && (value.is_ascii() || std::str::from_utf8(value).is_ok())
}

/// Reads `; name [= value]` with the spaces around its parts.
fn next_param<'a>(scanner: &mut Scanner<'a>) -> Result<Param<'a>, GrammarError> {
    if !scanner.eat_spaced(b';') {
        return Err(GrammarError::new("text between parameters"));
    }
    static NAME_END: ByteClass = ByteClass::of(b"=;, \t\"<>");
    static VALUE_END: ByteClass = ByteClass::of(b";, \t\"<>");
    let name = scanner.take_while(|byte| !NAME_END.has(byte));
    if name.is_empty() {
        return Err(GrammarError::new("empty parameter"));
    }
    let value = match scanner.eat_spaced(b'=') {
        false => None,
        true if scanner.peek() == Some(b'"') => {
            Some(scanner.quoted().ok_or(GrammarError::new("quoted parameter is not closed"))?)
        }
        true => Some(scanner.take_while(|byte| !VALUE_END.has(byte))),
    };
    scanner.skip_space();
    Ok(Param { name, value })
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.raw))
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(&self.raw), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &'static str) -> Result<Params, GrammarError> {
        let source = Bytes::from_static(text.as_bytes());
        Params::read(&source, &source)
    }

    #[test]
    fn spaces_around_separators_do_not_hide_a_parameter() {
        let params = params(" ;   tag    = 1918181833n ; lr").unwrap();

        assert_eq!(params.token("TAG"), Some("1918181833n"));
        assert!(params.has("lr"));
        assert_eq!(params.get("lr").as_deref(), Some(""));
    }

    #[test]
    fn a_quoted_value_may_hold_separators() {
        let params = params(r#";+sip.instance="<urn:uuid:1>;x";q=0.5"#).unwrap();

        assert_eq!(params.get("+sip.instance").as_deref(), Some("<urn:uuid:1>;x"));
        assert_eq!(params.token("q"), Some("0.5"));
    }

    #[test]
    fn empty_parameters_are_refused() {
        assert_eq!(params(";;,;,,"), Err(GrammarError::new("empty parameter")));
        assert_eq!(params(";a;"), Err(GrammarError::new("empty parameter")));
        assert_eq!(params(";a b"), Err(GrammarError::new("text between parameters")));
    }

    #[test]
    fn pushing_quotes_what_is_no_token_and_removing_keeps_the_order() {
        let mut params = params(";a=1;b;c=\"x\"").unwrap();
        params.push("text", Some("two words"));
        params.push("received", Some("2001:db8::1"));
        params.remove("b");

        assert_eq!(params.to_string(), ";a=1;c=\"x\";text=\"two words\";received=2001:db8::1");
    }
}
