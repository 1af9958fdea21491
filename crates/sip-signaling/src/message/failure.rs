//! What becomes of a message that cannot be used, and the answer it gets.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};

use crate::grammar::GrammarError;
use crate::header::{Header, HeaderName, Headers, Values, Via, to_tag};
use crate::limits::{MAX_FAULT_PHRASE, MAX_QUOTED_VALUE};
use crate::status::StatusCode;

/// A message that is not passed on (rule 1 of the order of rules: syntax).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ParseFailure {
    /// Nothing is sent: a response, an ACK, or a request whose Via, From, To, Call-ID or CSeq is missing.
    #[error("dropped: {detail}")]
    Drop {
        /// What is wrong, printable, at most some 150 bytes.
        detail: String,
    },
    /// The request is answered and forgotten; there is no transaction.
    #[error("answered {status} {phrase}: {detail}")]
    Answer {
        /// `400` or `505`.
        status: StatusCode,
        /// The reason phrase in the answer.
        phrase: &'static str,
        /// The whole answer; longer than the request by less than 64 bytes. Sent back to the source address, or on the
        /// connection.
        response_bytes: Bytes,
        /// What is wrong, with the value, printable, at most some 150 bytes.
        detail: String,
    },
}

impl ParseFailure {
    pub(crate) fn drop(detail: impl fmt::Display) -> Self {
        Self::Drop { detail: detail.to_string() }
    }

    /// What is wrong, for an event.
    pub fn detail(&self) -> &str {
        match self {
            Self::Drop { detail } | Self::Answer { detail, .. } => detail,
        }
    }
}

/// What is wrong with a request, before it is known whether it can be answered.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    status: StatusCode,
    phrase: &'static str,
    value: Bytes,
}

impl Fault {
    /// A `400`. The phrase goes on the wire, `value` (a part of `source`) into the detail.
    pub(crate) fn bad_request(phrase: &'static str, source: &Bytes, value: &[u8]) -> Self {
        debug_assert!(phrase.len() <= MAX_FAULT_PHRASE, "{phrase}");
        Self { status: StatusCode::BAD_REQUEST, phrase, value: source.slice_ref(value) }
    }

    /// A `400` for a limit, without a value.
    pub(crate) fn limit(phrase: &'static str) -> Self {
        debug_assert!(phrase.len() <= MAX_FAULT_PHRASE, "{phrase}");
        Self { status: StatusCode::BAD_REQUEST, phrase, value: Bytes::new() }
    }

    pub(crate) fn version(source: &Bytes, version: &[u8]) -> Self {
        let status = StatusCode::VERSION_NOT_SUPPORTED;
        Self { status, phrase: status.reason_phrase(), value: source.slice_ref(version) }
    }

    pub(crate) fn phrase(&self) -> &'static str {
        self.phrase
    }

    /// The detail, with an error of the grammar if there is one.
    fn detail(&self, error: Option<GrammarError>) -> String {
        let shown = self.value.get(..MAX_QUOTED_VALUE).unwrap_or(&self.value);
        let mut detail = String::from(self.phrase);
        if let Some(error) = error {
            detail.push_str(&format!(", {error}"));
        }
        if !shown.is_empty() {
            detail.push_str(&format!(": `{}`", shown.escape_ascii()));
        }
        detail
    }

    /// The failure of a request with these headers: answered if Via, From, To, Call-ID and CSeq stand there, the request
    /// is no ACK and the topmost Via says where to.
    pub(crate) fn into_failure(
        self,
        method: &[u8],
        headers: &Headers,
        error: Option<GrammarError>,
    ) -> ParseFailure {
        let detail = self.detail(error);
        if method == b"ACK" {
            return ParseFailure::drop(format!("ACK, {detail}"));
        }
        match answer(self.status, self.phrase, headers) {
            Some(response_bytes) => {
                ParseFailure::Answer { status: self.status, phrase: self.phrase, response_bytes, detail }
            }
            None => ParseFailure::Drop { detail: format!("{detail}, and no headers to answer by") },
        }
    }
}

/// Writes the bare answer: Via lines, From, To with a tag, Call-ID, CSeq, Content-Length.
fn answer(status: StatusCode, phrase: &str, headers: &Headers) -> Option<Bytes> {
    let first =
        |name: HeaderName| headers.iter().find(|header| *header.name() == name && !header.value().is_empty());
    let top = Values::new(first(HeaderName::Via)?.value()).next()?;
    Via::read_sent_by(&top).ok()?;
    let (from, to) = (first(HeaderName::From)?, first(HeaderName::To)?);
    let (call_id, cseq) = (first(HeaderName::CallId)?, first(HeaderName::CSeq)?);
    let mut out = BytesMut::with_capacity(headers.wire_length().saturating_add(128));
    out.put_slice(format!("SIP/2.0 {status} {phrase}\r\n").as_bytes());
    for header in headers.iter().filter(|header| *header.name() == HeaderName::Via) {
        header.write(&mut out);
    }
    from.write(&mut out);
    put_to(&mut out, to, call_id.value());
    call_id.write(&mut out);
    cseq.write(&mut out);
    out.put_slice(b"l: 0\r\n\r\n");
    Some(out.freeze())
}

/// Writes the To line with a tag. The tag follows from the Call-ID, so a repeated request gets the same answer
/// (RFC 3261 8.2.7). A To that cannot be read goes back as it is.
fn put_to(out: &mut BytesMut, to: &Header, call_id: &Bytes) {
    let readable = crate::NameAddr::parse(to.value()).is_ok();
    if !readable || to_tag(to.value()).is_some() {
        to.write(out);
        return;
    }
    let hash = call_id
        .iter()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    let line = to.line();
    out.put_slice(line.strip_suffix(b"\r\n").unwrap_or(&line));
    out.put_slice(format!(";tag={hash:08x}\r\n").as_bytes());
}
