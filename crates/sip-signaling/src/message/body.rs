//! Multipart bodies (RFC 5621, RFC 2046 5.1). Parts are cut out of the body, never copied or decoded.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use bytes::Bytes;
use memchr::memmem;

use crate::header::{HeaderName, Headers, MediaType, TypedHeader};
use crate::limits::{MAX_BODY_DEPTH, MAX_BODY_PARTS};
use crate::message::head::{Head, head_length};
use crate::scanner::Scanner;

/// One part of a multipart body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BodyPart {
    /// The headers of the part.
    pub headers: Headers,
    /// Its bytes.
    pub content: Bytes,
}

impl BodyPart {
    /// The media type of the part; `text/plain` is not assumed where none stands.
    pub fn media_type(&self) -> Option<MediaType> {
        self.headers.read().ok().flatten()
    }
}

/// The parts of a multipart body, at most [`MAX_BODY_PARTS`]. Text before the first and after the last delimiter is no part;
/// a body that ends without the closing delimiter ends its last part.
pub fn split_multipart(body: &Bytes, boundary: &str) -> Vec<BodyPart> {
    let mut parts = Vec::new();
    let delimiter = format!("--{boundary}");
    let mut rest: &[u8] = body;
    let mut open = next_delimiter(&mut rest, delimiter.as_bytes());
    while let Some(Delimiter { is_last: false, .. }) = open {
        if parts.len() == MAX_BODY_PARTS {
            break;
        }
        let begin = rest;
        open = next_delimiter(&mut rest, delimiter.as_bytes());
        let content = match &open {
            Some(found) => begin.get(..found.before).unwrap_or(begin),
            None => begin,
        };
        parts.push(read_part(body, content));
    }
    parts
}

/// The first part of media type `wanted` (`application/sdp`): the body itself, or a part of it at any depth up to
/// [`MAX_BODY_DEPTH`].
pub fn find_body_part(media_type: &MediaType, body: &Bytes, wanted: &str) -> Option<Bytes> {
    find_within(media_type, body, wanted, MAX_BODY_DEPTH)
}

fn find_within(media_type: &MediaType, body: &Bytes, wanted: &str, depth: usize) -> Option<Bytes> {
    if media_type.is(wanted) {
        return Some(body.clone());
    }
    if !media_type.is_multipart() {
        return None;
    }
    let depth = depth.checked_sub(1)?;
    let boundary = media_type.params.get("boundary").filter(|boundary| !boundary.is_empty())?;
    split_multipart(body, &boundary)
        .iter()
        .find_map(|part| find_within(&part.media_type()?, &part.content, wanted, depth))
}

/// The session description in a message.
pub(crate) fn sdp_of(headers: &Headers, body: &Bytes) -> Option<Bytes> {
    if body.is_empty() {
        return None;
    }
    let media_type = MediaType::parse(headers.get(&HeaderName::ContentType)?).ok()?;
    find_body_part(&media_type, body, "application/sdp")
}

struct Delimiter {
    /// Bytes of the content before the line end that belongs to the delimiter.
    before: usize,
    is_last: bool,
}

/// Finds the next delimiter line and steps behind it.
fn next_delimiter(rest: &mut &[u8], delimiter: &[u8]) -> Option<Delimiter> {
    let whole = *rest;
    let mut from = 0usize;
    loop {
        let at = from.checked_add(memmem::find(whole.get(from..)?, delimiter)?)?;
        let after = whole.get(at.checked_add(delimiter.len())?..)?;
        let before = whole.get(..at)?;
        let (is_last, tail) = after.strip_prefix(b"--").map_or((false, after), |tail| (true, tail));
        let tail = skip_padding(tail);
        let line_end = tail.is_empty() || tail.starts_with(b"\r\n");
        if (before.is_empty() || before.ends_with(b"\r\n")) && (line_end || is_last) {
            *rest = tail.strip_prefix(b"\r\n").unwrap_or(tail);
            let content = before.strip_suffix(b"\r\n").unwrap_or(before);
            return Some(Delimiter { before: content.len(), is_last });
        }
        from = at.checked_add(delimiter.len())?;
    }
}

/// Steps over transport padding after a delimiter.
fn skip_padding(bytes: &[u8]) -> &[u8] {
    let mut scanner = Scanner::new(bytes);
    scanner.skip_space();
    scanner.rest()
}

/// Splits a part into headers and content. A part may have no headers: then it begins with the empty line.
fn read_part(body: &Bytes, part: &[u8]) -> BodyPart {
    if let Some(content) = part.strip_prefix(b"\r\n") {
        return BodyPart { headers: Headers::new(), content: body.slice_ref(content) };
    }
    let (head, content) =
        head_length(part, 0).and_then(|length| part.split_at_checked(length)).unwrap_or((part, &[]));
    BodyPart { headers: Head::read_fields(body, head), content: body.slice_ref(content) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIXED: &[u8] = b"preamble\r\n--b1\r\nContent-Type: application/isup\r\n\r\n\x00\xff\r\n--b\r\n--b1 \r\n\
        c: Application/SDP\r\nContent-Disposition: session\r\n\r\nv=0\r\n\r\n--b1\r\n\r\nbare\r\n--b1--\r\nepilogue";

    fn media(value: &'static str) -> MediaType {
        MediaType::parse(&Bytes::from_static(value.as_bytes())).unwrap()
    }

    #[test]
    fn parts_are_cut_at_whole_delimiter_lines() {
        let parts = split_multipart(&Bytes::from_static(MIXED), "b1");

        let contents: Vec<_> = parts.iter().map(|part| part.content.as_ref()).collect();
        assert_eq!(contents, [&b"\x00\xff\r\n--b"[..], b"v=0\r\n", b"bare"]);
        assert!(parts.first().unwrap().media_type().unwrap().is("application/isup"));
        assert_eq!(parts.last().unwrap().media_type(), None);
    }

    #[test]
    fn the_sdp_part_is_found() {
        let body = Bytes::from_static(MIXED);

        let found = find_body_part(&media("multipart/mixed; boundary=\"b1\""), &body, "application/sdp");
        assert_eq!(found.as_deref(), Some(&b"v=0\r\n"[..]));
        assert_eq!(find_body_part(&media("multipart/mixed"), &body, "application/sdp"), None);
        assert_eq!(find_body_part(&media("text/plain"), &body, "application/sdp"), None);
    }

    #[test]
    fn the_sdp_part_is_found_inside_another_multipart() {
        let body = Bytes::from_static(
            b"--a\r\nContent-Type: multipart/alternative;boundary=ab\r\n\r\n--ab\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--ab--\r\n--a--",
        );

        let found = find_body_part(&media("multipart/mixed;boundary=a"), &body, "application/sdp");
        assert_eq!(found.as_deref(), Some(&b"v=0"[..]));
    }

    #[test]
    fn nesting_beyond_the_limit_is_not_followed() {
        let mut body = String::from("--d0\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--d0--");
        for level in 1..=MAX_BODY_DEPTH {
            let inner = level - 1;
            body = format!(
                "--d{level}\r\nContent-Type: multipart/mixed;boundary=d{inner}\r\n\r\n{body}\r\n--d{level}--"
            );
        }
        let boundary = format!("multipart/mixed;boundary=d{MAX_BODY_DEPTH}");
        let media_type = MediaType::parse(&Bytes::from(boundary)).unwrap();

        assert_eq!(find_body_part(&media_type, &Bytes::from(body), "application/sdp"), None);
    }

    #[test]
    fn parts_beyond_the_limit_are_passed_over() {
        let body = Bytes::from("--x\r\n\r\na\r\n".repeat(MAX_BODY_PARTS + 5));

        assert_eq!(split_multipart(&body, "x").len(), MAX_BODY_PARTS);
    }

    #[test]
    fn a_body_without_its_delimiter_has_no_parts() {
        assert_eq!(split_multipart(&Bytes::from_static(b"v=0\r\n"), "x"), []);
        assert_eq!(split_multipart(&Bytes::new(), "x"), []);
    }
}
