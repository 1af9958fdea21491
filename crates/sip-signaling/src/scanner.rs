//! Reads one value from left to right (RFC 3261 25.1). Lines are unfolded before they come here.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::byte_class::ByteClass;

/// What is left of a value.
pub(crate) struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(value: &'a [u8]) -> Self {
        Self { rest: value }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn skip_space(&mut self) {
        while let [b' ' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// Steps over `byte` if it is next.
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        match self.rest {
            [first, rest @ ..] if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Steps over `byte` with the spaces around it.
    pub(crate) fn eat_spaced(&mut self, byte: u8) -> bool {
        self.skip_space();
        let eaten = self.eat(byte);
        self.skip_space();
        eaten
    }

    /// Takes bytes as long as `wanted` likes them.
    pub(crate) fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| !wanted(*byte)).unwrap_or(self.rest.len());
        self.take(end)
    }

    /// Takes a token, empty if none is next.
    pub(crate) fn token(&mut self) -> &'a [u8] {
        self.take_while(is_token)
    }

    /// Takes a quoted string with its quotes; `None` and no step if it is not closed.
    pub(crate) fn quoted(&mut self) -> Option<&'a [u8]> {
        let end = quoted_length(self.rest)?;
        Some(self.take(end))
    }

    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at_checked(count).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }
}

/// Length of the quoted string that `bytes` begin with, quotes included.
pub(crate) fn quoted_length(bytes: &[u8]) -> Option<usize> {
    let mut bytes = bytes.iter().enumerate();
    bytes.next().filter(|(_, first)| **first == b'"')?;
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return Some(at.saturating_add(1)),
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
    None
}

/// `value` without the spaces at its ends.
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// Reads digits alone, at most `u32::MAX`. Leading zeros count for nothing.
pub(crate) fn decimal(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u32, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        number.checked_mul(10)?.checked_add(u32::from(digit))
    })
}

/// Reads digits alone, at most 65535.
pub(crate) fn port(digits: &[u8]) -> Option<u16> {
    decimal(digits).and_then(|number| u16::try_from(number).ok())
}

/// What a quoted string (with its quotes) says, backslashes resolved.
pub(crate) fn unquote(quoted: &[u8]) -> Vec<u8> {
    let inner = quoted.strip_prefix(b"\"").unwrap_or(quoted);
    let inner = inner.strip_suffix(b"\"").unwrap_or(inner);
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => out.extend(bytes.next()),
            other => out.push(*other),
        }
    }
    out
}

/// `text` as a quoted string. Control characters, which would end the line, become spaces.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// RFC 3261 25.1 `token`.
pub(crate) fn is_token(byte: u8) -> bool {
    static TOKEN: ByteClass = ByteClass::alphanumeric_and(b"-.!%*_+`'~");
    TOKEN.has(byte)
}

/// Whether all of `bytes` is one token.
pub(crate) fn is_whole_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| is_token(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_refuses_what_does_not_fit_32_bits() {
        assert_eq!(decimal(b"4294967295"), Some(4_294_967_295));
        assert_eq!(decimal(b"4294967296"), None);
        assert_eq!(decimal(b"36893488147419103232"), None);
        assert_eq!(decimal(b"0009"), Some(9));
        assert_eq!(decimal(b"-1"), None);
        assert_eq!(decimal(b"+1"), None);
        assert_eq!(decimal(b""), None);
    }

    #[test]
    fn a_quoted_string_ends_at_the_first_unescaped_quote() {
        assert_eq!(quoted_length(br#""a\"b\\" c"#), Some(8));
        assert_eq!(quoted_length(br#""a\""#), None);
        assert_eq!(quoted_length(b"a"), None);
    }

    #[test]
    fn quoting_and_unquoting_are_inverse_and_never_write_a_line_end() {
        assert_eq!(quote("say \"hi\" \\ now"), r#""say \"hi\" \\ now""#);
        assert_eq!(unquote(br#""say \"hi\" \\ now""#), b"say \"hi\" \\ now");
        assert_eq!(quote("a\r\nVia: b"), "\"a  Via: b\"");
    }
}
