//! The first line of a message (RFC 3261 7.1, 7.2).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use bytes::Bytes;
use memchr::{memchr, memrchr};

use crate::message::failure::Fault;
use crate::method::Method;
use crate::scanner::{decimal, is_whole_token};
use crate::status::StatusCode;
use crate::uri::Uri;

/// The version that this crate speaks.
pub(crate) const VERSION: &[u8] = b"SIP/2.0";

/// A start line whose parts are readable.
pub(crate) enum StartLine {
    Request { method: Method, uri: Uri, version: Option<Bytes> },
    Response { version: Option<Bytes>, status: StatusCode, reason: Bytes, has_reason_space: bool },
}

/// Why a start line is refused.
pub(crate) enum StartLineFault {
    /// Nothing of SIP, or a response that cannot be read: no answer.
    NotUnderstood(&'static str),
    /// A request that can be answered if its headers are readable.
    Request(Fault),
}

impl StartLine {
    /// Reads `line`, a part of `source` without its line end.
    pub(crate) fn read(source: &Bytes, line: &[u8]) -> Result<Self, StartLineFault> {
        match line.get(..4) {
            Some(start) if start.eq_ignore_ascii_case(b"SIP/") => Self::read_response(source, line),
            _ => Self::read_request(source, line),
        }
    }

    fn read_request(source: &Bytes, line: &[u8]) -> Result<Self, StartLineFault> {
        let not_sip = StartLineFault::NotUnderstood("start line is not SIP");
        let malformed = |phrase| Err(StartLineFault::Request(Fault::bad_request(phrase, source, line)));
        let method = line.split(|byte| *byte == b' ').next().unwrap_or_default();
        let version = line.trim_ascii_end();
        let version =
            version.get(memrchr(b' ', version).unwrap_or(0)..).unwrap_or_default().trim_ascii_start();
        if !is_whole_token(method) || !version.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"SIP/"))
        {
            return Err(not_sip);
        }
        if !version.eq_ignore_ascii_case(VERSION) {
            return match is_version(version) {
                true => Err(StartLineFault::Request(Fault::version(source, version))),
                false => Err(not_sip),
            };
        }
        // "method SP request-uri SP version": one space each, none at the end (RFC 4475 3.1.2.8 to 3.1.2.10).
        let mut parts = line.splitn(3, |byte| *byte == b' ');
        let (Some(method), Some(uri), Some(version)) = (parts.next(), parts.next(), parts.next()) else {
            return malformed("Bad Request Line");
        };
        if !version.eq_ignore_ascii_case(VERSION) {
            return malformed("Bad Request Line");
        }
        let method = Method::read(source, method);
        match (method, Uri::read(source, uri)) {
            (Some(_), Ok(Uri::Sip(uri))) if uri.headers().is_some() => malformed("Request-URI With Headers"),
            (Some(method), Ok(uri)) => {
                Ok(Self::Request { method, uri, version: odd_version(source, version) })
            }
            (None, _) | (_, Err(_)) => malformed("Bad Request-URI"),
        }
    }

    fn read_response(source: &Bytes, line: &[u8]) -> Result<Self, StartLineFault> {
        let refused = |words| Err(StartLineFault::NotUnderstood(words));
        let (version, rest) = line.split_at_checked(VERSION.len()).unwrap_or_default();
        if !version.eq_ignore_ascii_case(VERSION) {
            return refused("response of another SIP version");
        }
        let rest = rest.strip_prefix(b" ").unwrap_or_default();
        let (code, tail) =
            rest.split_at_checked(memchr(b' ', rest).unwrap_or(rest.len())).unwrap_or_default();
        let status = decimal(code).and_then(|code| StatusCode::new(u16::try_from(code).ok()?));
        match status {
            Some(status) if code.len() == 3 => Ok(Self::Response {
                version: odd_version(source, version),
                status,
                reason: source.slice_ref(tail.strip_prefix(b" ").unwrap_or_default()),
                has_reason_space: !tail.is_empty(),
            }),
            Some(_) | None => refused("status code is not 100 to 699"),
        }
    }
}

/// The version as received, if it is spelt in lower case.
fn odd_version(source: &Bytes, version: &[u8]) -> Option<Bytes> {
    (version != VERSION).then(|| source.slice_ref(version))
}

/// `SIP/` and numbers with a dot between them.
fn is_version(version: &[u8]) -> bool {
    let mut halves = version.get(4..).unwrap_or_default().split(|byte| *byte == b'.');
    let is_number = |half: Option<&[u8]>| {
        half.is_some_and(|half| !half.is_empty() && half.iter().all(u8::is_ascii_digit))
    };
    is_number(halves.next()) && is_number(halves.next()) && halves.next().is_none()
}
