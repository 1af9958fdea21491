//! Splits a header line into its values.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use bytes::Bytes;
use memchr::{memchr, memchr3};

use crate::scanner::{quoted_length, trim};

/// The values of one line, split at commas outside quotes and angle brackets; empty ones are passed over.
#[derive(Clone, Debug)]
pub struct Values<'a> {
    source: &'a Bytes,
    rest: &'a [u8],
}

impl<'a> Values<'a> {
    /// The values in `line`, a header value that may be a list.
    pub fn new(line: &'a Bytes) -> Self {
        Self { source: line, rest: line }
    }
}

impl Iterator for Values<'_> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        while !self.rest.is_empty() {
            let (value, rest) =
                self.rest.split_at_checked(value_length(self.rest)).unwrap_or((self.rest, &[]));
            self.rest = rest.strip_prefix(b",").unwrap_or(rest);
            let value = trim(value);
            if !value.is_empty() {
                return Some(self.source.slice_ref(value));
            }
        }
        None
    }
}

/// Bytes up to the comma that ends the first value. A quote or bracket that is not closed reaches to the end, where the
/// reader of the value refuses it.
pub(crate) fn value_length(bytes: &[u8]) -> usize {
    let mut at = 0usize;
    while let Some(tail) = bytes.get(at..) {
        let Some(mark) = memchr3(b'"', b'<', b',', tail) else { break };
        let from_mark = tail.get(mark..).unwrap_or_default();
        let skipped = match from_mark.first() {
            Some(b',') => return at.saturating_add(mark),
            Some(b'"') => quoted_length(from_mark),
            _ => memchr(b'>', from_mark).map(|end| end.saturating_add(1)),
        };
        let Some(skipped) = skipped else { break };
        at = at.saturating_add(mark).saturating_add(skipped);
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &'static str) -> Vec<Bytes> {
        let line = Bytes::from_static(line.as_bytes());
        Values::new(&line).collect()
    }

    #[test]
    fn commas_in_quotes_and_brackets_do_not_split() {
        assert_eq!(
            split(r#""Doe, \"<John>" <sip:a,b@c>;x="1,2" , <sip:d@e>"#),
            [r#""Doe, \"<John>" <sip:a,b@c>;x="1,2""#, "<sip:d@e>"]
        );
    }

    #[test]
    fn empty_values_are_passed_over() {
        assert_eq!(split(" , a,, b ,"), ["a", "b"]);
        assert_eq!(split(""), Vec::<Bytes>::new());
    }

    #[test]
    fn an_open_quote_reaches_to_the_end() {
        assert_eq!(split(r#"a, "b, c"#), ["a", r#""b, c"#]);
    }
}
