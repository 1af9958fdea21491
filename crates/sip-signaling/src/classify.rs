//! Sorts bytes into queues before anything is parsed.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use memchr::memchr;

use crate::header::{HeaderName, to_tag};
use crate::scanner::{is_whole_token, trim};

/// How urgent a message is under load.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RequestClass {
    /// Answers a request of ours.
    Response,
    /// Belongs to something that already has resources here: ACK, CANCEL, BYE, PRACK, or any request with a To tag.
    InDialogOrFollowUp,
    /// Asks for something new; the first to be shed.
    New,
    /// No SIP.
    Unreadable,
}

/// Sorts one datagram or framed message. Allocates nothing and stops at the To header.
///
/// It may err on malformed messages, which the parser refuses later; it never errs on a well-formed one.
pub fn classify(bytes: &[u8]) -> RequestClass {
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n' | 0)).unwrap_or(bytes.len());
    let message = bytes.get(start..).unwrap_or_default();
    let is_sip = |word: &[u8]| word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/"));
    let (line, headers) = match memchr(b'\n', message) {
        Some(end) => message.split_at_checked(end.saturating_add(1)).unwrap_or_default(),
        None => return RequestClass::Unreadable,
    };
    if is_sip(line) {
        return RequestClass::Response;
    }
    let line = line.trim_ascii_end();
    let method = line.split(|byte| *byte == b' ').next().unwrap_or_default();
    let version = line.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    if !is_whole_token(method) || !is_sip(version) {
        return RequestClass::Unreadable;
    }
    if matches!(method, b"ACK" | b"CANCEL" | b"BYE" | b"PRACK") || has_to_tag(headers) {
        return RequestClass::InDialogOrFollowUp;
    }
    RequestClass::New
}

fn has_to_tag(mut rest: &[u8]) -> bool {
    while !rest.is_empty() && !rest.starts_with(b"\r\n") {
        let end = logical_line_length(rest);
        let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        rest = after;
        let Some((name, value)) = memchr(b':', line).and_then(|colon| line.split_at_checked(colon)) else {
            continue;
        };
        if HeaderName::find(trim(name)) == Some(HeaderName::To) {
            return tag_in(value.strip_prefix(b":").unwrap_or(value));
        }
    }
    false
}

/// Whether the value carries a tag; folds are still in it.
fn tag_in(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    match value.contains(&b'\n') {
        false => to_tag(value).is_some(),
        true => tag_in_folded(value),
    }
}

/// A folded value, rare and cut into lines: a `;tag=` after the last bracket.
fn tag_in_folded(value: &[u8]) -> bool {
    let params = memchr::memrchr(b'>', value).and_then(|end| value.get(end..)).unwrap_or(value);
    params.split(|byte| *byte == b';').skip(1).any(|param| {
        let mut halves = param.splitn(2, |byte| *byte == b'=');
        let name = halves.next().unwrap_or_default().trim_ascii();
        name.eq_ignore_ascii_case(b"tag")
            && halves.next().is_some_and(|tag| !matches!(tag.trim_ascii().first(), None | Some(b'"')))
    })
}

fn logical_line_length(rest: &[u8]) -> usize {
    let mut end = 0usize;
    loop {
        match rest.get(end..).and_then(|tail| memchr(b'\n', tail)) {
            None => return rest.len(),
            Some(at) => end = end.saturating_add(at).saturating_add(1),
        }
        if !matches!(rest.get(end), Some(b' ' | b'\t')) {
            return end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, to: &str) -> RequestClass {
        classify(
            format!("{method} sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c\r\n{to}\r\nFrom: x;tag=1\r\n\r\n")
                .as_bytes(),
        )
    }

    #[test]
    fn a_to_tag_makes_a_request_one_of_a_dialog() {
        assert_eq!(request("INVITE", "To: <sip:a@b>;tag=1"), RequestClass::InDialogOrFollowUp);
        assert_eq!(request("INVITE", "t : sip:a@b ; TAG = 1"), RequestClass::InDialogOrFollowUp);
        assert_eq!(request("INVITE", "TO :\r\n sip:a@b ;\r\n\ttag = 1"), RequestClass::InDialogOrFollowUp);
        assert_eq!(request("INVITE", "To: \"x;tag=1\" <sip:a@b;tag=1>"), RequestClass::New);
        assert_eq!(request("OPTIONS", "To: sip:a@b"), RequestClass::New);
        assert_eq!(request("INVITE", "Subject: To: x;tag=1\r\nTo: sip:a@b"), RequestClass::New);
    }

    #[test]
    fn ack_cancel_bye_and_prack_follow_up_whatever_their_to() {
        for method in ["ACK", "CANCEL", "BYE", "PRACK"] {
            assert_eq!(request(method, "To: sip:a@b"), RequestClass::InDialogOrFollowUp, "{method}");
        }
    }

    #[test]
    fn responses_and_noise_are_told_apart() {
        assert_eq!(classify(b"SIP/2.0 200 OK\r\n\r\n"), RequestClass::Response);
        assert_eq!(classify(b"\r\n\r\n"), RequestClass::Unreadable);
        assert_eq!(classify(b"GET / HTTP/1.1\r\n\r\n"), RequestClass::Unreadable);
        assert_eq!(classify(b"\x16\x03\x01\x00"), RequestClass::Unreadable);
        assert_eq!(classify(b""), RequestClass::Unreadable);
    }
}
