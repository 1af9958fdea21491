//! The ordered list of header lines of one message.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::borrow::Cow;
use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};

use crate::grammar::GrammarError;
use crate::header::name::HeaderName;
use crate::header::name_addr::NameAddr;
use crate::header::values::Values;
use crate::method::Method;
use crate::scanner::{is_whole_token, trim};
use crate::text::Text;

/// A value that has a reader. `read` and `read_all` of [`Headers`] find its lines.
pub trait TypedHeader: Sized {
    /// The header that carries it.
    const NAME: HeaderName;

    /// Reads one value, without the commas around it.
    ///
    /// # Errors
    /// The value does not follow its grammar; the caller passes it over, unless the transaction needs it.
    fn parse(value: &Bytes) -> Result<Self, GrammarError>;
}

/// One header line: its name, its value, and the line as received where that is not `Name: value`.
#[derive(Clone, Eq, PartialEq)]
pub struct Header {
    name: HeaderName,
    value: Bytes,
    /// The line with its end, if writing name and value would give another one.
    odd_line: Option<Bytes>,
}

impl Header {
    /// A header of ours. Line ends and NUL in the value become spaces, so a value never ends its line.
    pub fn new(name: HeaderName, value: impl Into<Bytes>) -> Self {
        Self { name, value: in_one_line(value.into()), odd_line: None }
    }

    /// Reads `line`, a logical line of `source` with its folds and its line end.
    pub(crate) fn read(source: &Bytes, line: &[u8], folded: bool) -> Self {
        let colon = line
            .iter()
            .position(|byte| *byte == b':')
            .filter(|_| !line.starts_with(b" ") && !line.starts_with(b"\t"));
        let Some((name_part, value_part)) = colon.and_then(|colon| line.split_at_checked(colon)) else {
            let odd_line = Some(source.slice_ref(line));
            return Self { name: HeaderName::Malformed, value: Bytes::new(), odd_line };
        };
        let name = HeaderName::read(source, trim(name_part));
        let value_part = value_part.strip_prefix(b":").unwrap_or(value_part);
        if folded {
            return Self { name, value: unfold(value_part), odd_line: Some(source.slice_ref(line)) };
        }
        let value = trim(value_part.strip_suffix(b"\r\n").unwrap_or(value_part));
        let is_plain = name_part == name.as_str().as_bytes()
            && value_part.starts_with(b" ")
            && value_part.len() == value.len().saturating_add(3);
        let odd_line = (!is_plain).then(|| source.slice_ref(line));
        Self { name, value: source.slice_ref(value), odd_line }
    }

    /// The name.
    pub fn name(&self) -> &HeaderName {
        &self.name
    }

    /// The value without the spaces at its ends; a folded value stands in one line.
    pub fn value(&self) -> &Bytes {
        &self.value
    }

    /// The value as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.value)
    }

    /// The line as it stands on the wire, line end included.
    pub fn line(&self) -> Bytes {
        let mut line = BytesMut::with_capacity(self.wire_length());
        self.write(&mut line);
        line.freeze()
    }

    pub(crate) fn wire_length(&self) -> usize {
        match &self.odd_line {
            Some(line) => line.len(),
            None => self.name.as_str().len().saturating_add(self.value.len()).saturating_add(4),
        }
    }

    /// Writes the line.
    pub(crate) fn write(&self, out: &mut BytesMut) {
        match &self.odd_line {
            Some(line) => out.put_slice(line),
            None => {
                out.put_slice(self.name.as_str().as_bytes());
                out.put_slice(b": ");
                out.put_slice(&self.value);
                out.put_slice(b"\r\n");
            }
        }
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {:?}", self.name, self.value)
    }
}

/// Every fold and the spaces beside it become one space (RFC 3261 7.3.1).
fn unfold(value: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(value.len());
    for piece in value.split(|byte| *byte == b'\n') {
        let piece = trim(piece.strip_suffix(b"\r").unwrap_or(piece));
        if !piece.is_empty() && !out.is_empty() {
            out.push(b' ');
        }
        out.extend_from_slice(piece);
    }
    Bytes::from(out)
}

fn in_one_line(value: Bytes) -> Bytes {
    if !value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return value;
    }
    value.iter().map(|byte| if matches!(byte, b'\r' | b'\n' | 0) { b' ' } else { *byte }).collect()
}

/// Header lines in the order in which they stand. Finding one is a walk over the list.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Headers {
    list: Vec<Header>,
}

impl Headers {
    /// No headers.
    pub const fn new() -> Self {
        Self { list: Vec::new() }
    }

    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { list: Vec::with_capacity(capacity) }
    }

    /// Number of lines.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The lines in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.list.iter()
    }

    /// The value of the first line of that name. It may hold several values: see [`Headers::values`].
    pub fn get(&self, name: &HeaderName) -> Option<&Bytes> {
        self.list.iter().find(|header| header.name == *name).map(Header::value)
    }

    /// The first value of that name as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self, name: &HeaderName) -> Option<Cow<'_, str>> {
        self.get(name).map(|value| String::from_utf8_lossy(value))
    }

    /// Whether a line of that name stands there.
    pub fn contains(&self, name: &HeaderName) -> bool {
        self.get(name).is_some()
    }

    /// The values of the lines of that name, a line at a time.
    pub fn all<'a>(&'a self, name: &'a HeaderName) -> impl Iterator<Item = &'a Bytes> {
        self.list.iter().filter(move |header| header.name == *name).map(Header::value)
    }

    /// The values of that name, over all lines, split at commas outside quotes and angle brackets. Empty ones are
    /// passed over. Only for headers whose grammar is a list.
    pub fn values<'a>(&'a self, name: &'a HeaderName) -> impl Iterator<Item = Bytes> + 'a {
        self.all(name).flat_map(Values::new)
    }

    /// The first value of a typed header; `None` if no line stands there.
    ///
    /// # Errors
    /// As [`TypedHeader::parse`].
    pub fn read<T: TypedHeader>(&self) -> Result<Option<T>, GrammarError> {
        self.get(&T::NAME).map(T::parse).transpose()
    }

    /// Every value of a typed header that is a list.
    pub fn read_all<T: TypedHeader>(&self) -> impl Iterator<Item = Result<T, GrammarError>> {
        let lines = self.list.iter().filter(|header| header.name == T::NAME);
        lines.flat_map(|header| Values::new(&header.value)).map(|value| T::parse(&value))
    }

    /// Every value of a header of the name-addr family (Contact, Route, P-Asserted-Identity, ..).
    pub fn name_addrs<'a>(
        &'a self,
        name: &'a HeaderName,
    ) -> impl Iterator<Item = Result<NameAddr, GrammarError>> + 'a {
        self.values(name).map(|value| NameAddr::parse(&value))
    }

    /// The tokens of a list header (`Supported`, `Require`, `Allow-Events`, ..); what is no token is passed over.
    pub fn tokens<'a>(&'a self, name: &'a HeaderName) -> impl Iterator<Item = Text> + 'a {
        self.values(name).filter(|value| is_whole_token(value)).filter_map(Text::from_utf8)
    }

    /// The methods of `Allow`, in order.
    pub fn allowed_methods(&self) -> impl Iterator<Item = Method> {
        self.tokens(&HeaderName::Allow)
            .filter_map(|token| Method::from_token(&token))
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// Adds a line at the end.
    pub fn push(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        self.list.push(Header::new(name, value));
    }

    /// Adds a line before all others.
    pub fn push_front(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        self.list.insert(0, Header::new(name, value));
    }

    /// Adds a line as it stands in another message.
    pub fn push_line(&mut self, header: Header) {
        self.list.push(header);
    }

    /// Makes this the only line of its name, in the place of the first one, else at the end.
    pub fn set(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        let header = Header::new(name, value);
        let Some(place) = self.list.iter().position(|old| old.name == header.name) else {
            self.list.push(header);
            return;
        };
        let name = header.name.clone();
        if let Some(slot) = self.list.get_mut(place) {
            *slot = header;
        }
        let mut first = true;
        self.list.retain(|old| old.name != name || std::mem::take(&mut first));
    }

    /// Takes every line of that name away; answers how many there were.
    pub fn remove(&mut self, name: &HeaderName) -> usize {
        let before = self.list.len();
        self.list.retain(|header| header.name != *name);
        before.saturating_sub(self.list.len())
    }

    pub(crate) fn wire_length(&self) -> usize {
        self.list.iter().fold(0, |sum, header| sum.saturating_add(header.wire_length()))
    }

    pub(crate) fn write(&self, out: &mut BytesMut) {
        for header in &self.list {
            header.write(out);
        }
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = &'a Header;
    type IntoIter = std::slice::Iter<'a, Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.list).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &'static str) -> Header {
        let source = Bytes::from_static(line.as_bytes());
        Header::read(&source, &source, line.trim_end().contains("\r\n"))
    }

    #[test]
    fn a_space_before_the_colon_is_no_part_of_the_name() {
        let header = read("Diversion \t: <sip:1@x>\r\n");

        assert_eq!(header.name(), &HeaderName::Diversion);
        assert_eq!(header.value(), "<sip:1@x>");
    }

    #[test]
    fn a_folded_value_stands_in_one_line_and_its_line_is_kept() {
        let header = read("TO :\r\n sip:a@b ;\r\n\t tag = x\r\n");

        assert_eq!(header.value(), "sip:a@b ; tag = x");
        assert_eq!(header.line(), "TO :\r\n sip:a@b ;\r\n\t tag = x\r\n");
    }

    #[test]
    fn a_line_without_a_name_is_kept_and_means_nothing() {
        assert_eq!(read("no colon here\r\n").name(), &HeaderName::Malformed);
        assert_eq!(read("Content-Length\0: 5\r\n").name(), &HeaderName::Malformed);
        assert_eq!(read(" Via: x\r\n").name(), &HeaderName::Malformed);
    }

    #[test]
    fn a_value_of_ours_cannot_begin_another_line() {
        let header = Header::new(HeaderName::Reason, "a\r\nVia: b");

        assert_eq!(header.line(), "Reason: a  Via: b\r\n");
    }

    #[test]
    fn set_replaces_all_lines_of_a_name_in_the_place_of_the_first() {
        let mut headers = Headers::new();
        headers.push(HeaderName::Allow, "INVITE");
        headers.push(HeaderName::Server, "um");
        headers.push(HeaderName::Allow, "ACK");
        headers.set(HeaderName::Allow, "BYE");

        let lines: Vec<_> = headers.iter().map(|header| header.line()).collect();
        assert_eq!(lines, ["Allow: BYE\r\n", "Server: um\r\n"]);
        assert_eq!(headers.remove(&HeaderName::Allow), 1);
        assert_eq!(headers.len(), 1);
    }

    #[test]
    fn values_run_over_lines_and_commas() {
        let mut headers = Headers::new();
        headers.push(HeaderName::Supported, "timer , 100rel,,replaces");
        headers.push(HeaderName::Supported, "");
        headers.push(HeaderName::Supported, "path");

        let tags: Vec<_> = headers.tokens(&HeaderName::Supported).collect();
        assert_eq!(tags, ["timer", "100rel", "replaces", "path"]);
    }

    #[test]
    fn allow_gives_methods_also_unknown_ones() {
        let mut headers = Headers::new();
        headers.push(HeaderName::Allow, "INVITE, FOO");

        let methods: Vec<_> = headers.allowed_methods().collect();
        assert_eq!(methods, [Method::Invite, Method::Other(Text::from("FOO"))]);
    }
}
