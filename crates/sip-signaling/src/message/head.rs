//! Start line and header lines, read by datagrams and by streams alike: both agree on every length.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use bytes::Bytes;
use memchr::{memchr2, memmem};

use crate::header::{Header, HeaderName, Headers};
use crate::limits::{MAX_HEADER_LINE, MAX_HEADERS, MAX_MESSAGE};
use crate::message::failure::{Fault, ParseFailure};
use crate::scanner::decimal;

/// A usual message has no more lines than this.
const USUAL_HEADERS: usize = 24;

/// The head of a message, split into lines.
#[derive(Debug)]
pub(crate) struct Head<'a> {
    /// The start line without its end.
    pub(crate) start_line: &'a [u8],
    pub(crate) headers: Headers,
    /// The first thing wrong with the lines themselves.
    pub(crate) fault: Option<Fault>,
    /// What follows the empty line.
    pub(crate) rest: &'a [u8],
}

/// Length of the head that `bytes` begin with, the empty line included, looking from `from` on.
pub(crate) fn head_length(bytes: &[u8], from: usize) -> Option<usize> {
    let from = from.saturating_sub(3);
    let at = memmem::find(bytes.get(from..)?, b"\r\n\r\n")?;
    Some(from.saturating_add(at).saturating_add(4))
}

impl<'a> Head<'a> {
    /// Splits `message`, a part of `source`, up to its empty line.
    pub(crate) fn read(source: &Bytes, message: &'a [u8]) -> Self {
        let Ok((start, mut rest)) = split_line(message, false) else {
            let fault = Some(Fault::limit("Lines End With CRLF"));
            return Self { start_line: message, headers: Headers::new(), fault, rest: &[] };
        };
        let mut fault = (start.bytes.len() > MAX_HEADER_LINE).then(|| Fault::limit("Start Line Too Long"));
        let mut headers = Headers::with_capacity(USUAL_HEADERS);
        while !rest.starts_with(b"\r\n") {
            let Ok((line, after)) = split_line(rest, true) else {
                fault = fault.or_else(|| Some(Fault::bad_request("Bad Line End", source, rest)));
                break;
            };
            if headers.len() == MAX_HEADERS {
                fault = fault.or_else(|| Some(Fault::limit("Too Many Headers")));
                break;
            }
            match line.bytes.len() > MAX_HEADER_LINE {
                true => fault = fault.or_else(|| Some(Fault::limit("Header Line Too Long"))),
                false => headers.push_line(Header::read(source, line.bytes, line.is_folded)),
            }
            rest = after;
        }
        let start_line = start.bytes.strip_suffix(b"\r\n").unwrap_or(start.bytes);
        Self { start_line, headers, fault, rest: rest.get(2..).unwrap_or_default() }
    }

    /// Header lines without a start line, as a part of a multipart body has them. What cannot be read is left out.
    pub(crate) fn read_fields(source: &Bytes, mut rest: &[u8]) -> Headers {
        let mut headers = Headers::new();
        while !rest.is_empty() && !rest.starts_with(b"\r\n") && headers.len() < MAX_HEADERS {
            let Ok((line, after)) = split_line(rest, true) else { break };
            if line.bytes.len() <= MAX_HEADER_LINE {
                headers.push_line(Header::read(source, line.bytes, line.is_folded));
            }
            rest = after;
        }
        headers
    }

    /// The value of Content-Length: `None` if there is none.
    ///
    /// More than one is a fault even if they agree: whoever reads the other one would see other messages here.
    pub(crate) fn content_length(&self) -> Result<Option<usize>, Fault> {
        let mut lines = self.headers.iter().filter(|header| *header.name() == HeaderName::ContentLength);
        let Some(header) = lines.next() else {
            return Ok(None);
        };
        if lines.next().is_some() {
            return Err(Fault::limit("Several Content-Length"));
        }
        let length = decimal(header.value()).and_then(|length| usize::try_from(length).ok());
        match length {
            Some(length) if length <= MAX_MESSAGE => Ok(Some(length)),
            Some(_) => Err(Fault::bad_request("Content-Length Too Large", header.value(), header.value())),
            None => Err(Fault::bad_request("Bad Content-Length", header.value(), header.value())),
        }
    }

    /// What becomes of this message when `fault` is wrong with it. Only a request is ever answered.
    pub(crate) fn fail(&self, fault: Fault) -> ParseFailure {
        match self.looks_like_request() {
            true => fault.into_failure(self.method(), &self.headers, None),
            false => ParseFailure::drop(fault.phrase()),
        }
    }

    /// The first word of the start line.
    fn method(&self) -> &[u8] {
        self.start_line.split(|byte| *byte == b' ').next().unwrap_or_default()
    }

    /// Whether the start line is meant as one of SIP, be it right or not.
    pub(crate) fn names_sip(&self) -> bool {
        is_sip(self.start_line) || self.looks_like_request()
    }

    fn looks_like_request(&self) -> bool {
        let last = self.start_line.trim_ascii_end().rsplit(|byte| *byte == b' ').next().unwrap_or_default();
        !is_sip(self.start_line) && is_sip(last)
    }
}

fn is_sip(word: &[u8]) -> bool {
    word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/"))
}

/// One logical line with its line end.
struct Line<'a> {
    bytes: &'a [u8],
    is_folded: bool,
}

/// Splits the first line off; with its continuation lines if it may fold. A carriage return or line feed that stands
/// alone, or no line end at all, is an error.
fn split_line(rest: &[u8], may_fold: bool) -> Result<(Line<'_>, &[u8]), ()> {
    let (mut end, mut is_folded) = (0usize, false);
    loop {
        let tail = rest.get(end..).ok_or(())?;
        let at = memchr2(b'\r', b'\n', tail).ok_or(())?;
        if tail.get(at..at.saturating_add(2)) != Some(b"\r\n") {
            return Err(());
        }
        end = end.saturating_add(at).saturating_add(2);
        if !may_fold || !matches!(rest.get(end), Some(b' ' | b'\t')) {
            let (bytes, rest) = rest.split_at_checked(end).ok_or(())?;
            return Ok((Line { bytes, is_folded }, rest));
        }
        is_folded = true;
    }
}
