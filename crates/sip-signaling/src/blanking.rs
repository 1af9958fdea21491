//! Takes the secrets out of a message, so that it may be kept and shown.
//!
//! The one rule: in doubt more is taken out. A message need not be well-formed, its lines may end in CR, LF or both, and
//! what begins it decides alone: the same octets are shown of a message that was cut, up to the cut.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use memchr::{memchr, memchr_iter, memchr2};

/// Stands where a secret stood.
const BLANK: &[u8] = b"[blanked]";
/// Room for a few blanks before the text has to grow.
const SPARE: usize = 64;
/// Headers that are credentials as a whole.
const CREDENTIALS: [&[u8]; 4] =
    [b"authorization", b"proxy-authorization", b"authentication-info", b"proxy-authentication-info"];
/// Session attributes that are secrets as a whole (RFC 4567, 8839).
const SECRET_ATTRIBUTES: [&[u8]; 2] = [b"key-mgmt", b"ice-pwd"];
/// Words of media types that carry keys pressed by the caller.
const DIGITS: [&[u8]; 4] = [b"dtmf", b"digit", b"kpml", b"telephone-event"];
/// Encodings of a body that hide nothing.
const PLAIN_ENCODINGS: [&[u8]; 4] = [b"identity", b"7bit", b"8bit", b"binary"];
/// On a crypto line, a word of this length or more with small letters in it is taken for a key.
const SHORTEST_KEY: usize = 16;
/// No name of a suite or parameter is longer.
const LONGEST_NAME: usize = 32;

/// The message without its secrets: master keys of `a=crypto` (RFC 4568) and of `k=` and `a=key-mgmt`, ICE passwords,
/// credentials, passwords in SIP URIs, and digits: the bodies of INFO and of media types that carry any. A body whose
/// encoding hides what it says is left out as well. Everything else stands as it came.
pub fn blank_secrets(message: &[u8]) -> Vec<u8> {
    let start = message.iter().position(|byte| !matches!(byte, b'\r' | b'\n' | 0)).unwrap_or(message.len());
    let mut rest = message.get(start..).unwrap_or_default();
    let octets = Vec::with_capacity(rest.len().saturating_add(SPARE));
    let mut shown = Shown { octets, body: None, asks: memchr(b'?', rest).is_some() };
    let mut conceals = starts_with_word(rest, b"info");
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(logical_line_length(rest)).unwrap_or((rest, &[]));
        let is_empty = matches!(line, b"\r\n" | b"\n" | b"\r");
        match shown.body {
            None if is_empty => {
                shown.octets.extend_from_slice(line);
                shown.body = Some(Body { begins: shown.octets.len(), length: after.len() });
            }
            _ => conceals |= shown.line(line) == Line::ConcealsBody,
        }
        if conceals && let Some(body) = shown.body {
            return shown.without(body);
        }
        rest = after;
    }
    shown.octets
}

/// What may be shown so far.
struct Shown {
    octets: Vec<u8>,
    body: Option<Body>,
    /// There is a question mark in the message.
    asks: bool,
}

/// Where the body begins in what is shown, and how long it is in the message.
#[derive(Clone, Copy)]
struct Body {
    begins: usize,
    length: usize,
}

/// What a line says about the body that it stands before or in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Line {
    ConcealsBody,
    Plain,
}

impl Shown {
    fn without(mut self, body: Body) -> Vec<u8> {
        self.octets.truncate(body.begins);
        if body.length > 0 {
            self.octets.extend_from_slice(format!("[body of {} octets blanked]", body.length).as_bytes());
        }
        self.octets
    }

    /// Headers and lines of session descriptions are told apart by their looks alone, wherever they stand: so the
    /// parts of multipart bodies need not be found.
    fn line(&mut self, line: &[u8]) -> Line {
        let text = line.trim_ascii_start();
        match text.first().map(u8::to_ascii_lowercase) {
            Some(b'a' | b'p' | b'k' | b's') => {
                match mark(text) {
                    Mark::Secret { kept } => self.blank_after(line, kept),
                    Mark::Crypto => self.swept(line, blank_long_word),
                    Mark::None => self.swept(line, keep),
                }
                Line::Plain
            }
            Some(b'c' | b'e') => {
                self.swept(line, keep);
                if conceals_body(text) { Line::ConcealsBody } else { Line::Plain }
            }
            _ => {
                self.swept(line, keep);
                Line::Plain
            }
        }
    }

    /// The first `kept` octets of the line without its indentation, a blank, and the line's end.
    fn blank_after(&mut self, line: &[u8], kept: usize) {
        let indentation = line.len().saturating_sub(line.trim_ascii_start().len());
        let content = line.trim_ascii_end().len();
        let kept = indentation.saturating_add(kept);
        self.octets.extend_from_slice(line.get(..kept).unwrap_or_default());
        self.octets.extend_from_slice(BLANK);
        self.octets.extend_from_slice(line.get(content..).unwrap_or_default());
    }

    /// The line without keys and passwords that stand behind a colon; `plain` writes what lies between them.
    fn swept(&mut self, line: &[u8], plain: fn(&mut Vec<u8>, &[u8])) {
        let mut done = 0;
        for colon in memchr_iter(b':', line) {
            let (Some(before), Some(behind)) = (line.get(done..colon), line.get(colon..)) else { continue };
            let behind = behind.strip_prefix(b":").unwrap_or(behind);
            let Some((skipped, secret)) = secret_behind(before, behind) else { continue };
            let begins = colon.saturating_add(1).saturating_add(skipped);
            plain(&mut self.octets, line.get(done..begins).unwrap_or_default());
            self.octets.extend_from_slice(BLANK);
            done = begins.saturating_add(secret);
        }
        let tail = line.get(done..).unwrap_or_default();
        match self.asks {
            false => plain(&mut self.octets, tail),
            true => self.without_headers_of_uris(tail, plain),
        }
    }

    /// `sip:a@b?Authorization=..`: a URI may carry headers (RFC 3261 19.1.1).
    fn without_headers_of_uris(&mut self, text: &[u8], plain: fn(&mut Vec<u8>, &[u8])) {
        const NAME: &[u8] = b"authorization=";
        let found = text.windows(NAME.len()).position(|window| window.eq_ignore_ascii_case(NAME));
        let Some(value) = found.map(|at| at.saturating_add(NAME.len())) else {
            return plain(&mut self.octets, text);
        };
        let (before, secret) = text.split_at_checked(value).unwrap_or((text, &[]));
        plain(&mut self.octets, before);
        self.octets.extend_from_slice(BLANK);
        let length =
            length_until(secret, |byte| matches!(byte, b'&' | b'>' | b'"') || byte.is_ascii_whitespace());
        self.without_headers_of_uris(secret.get(length..).unwrap_or_default(), plain);
    }
}

fn keep(shown: &mut Vec<u8>, text: &[u8]) {
    shown.extend_from_slice(text);
}

/// On a crypto line even a key that stands where none belongs is one.
fn blank_long_word(shown: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while !rest.is_empty() {
        let length = length_until(rest, |byte| !is_of_key(byte));
        let (word, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        let reads_as_key = word.iter().any(|byte| byte.is_ascii_lowercase()) || length > LONGEST_NAME;
        shown.extend_from_slice(if length >= SHORTEST_KEY && reads_as_key { BLANK } else { word });
        let between = length_until(after, is_of_key);
        let (between, next) = after.split_at_checked(between).unwrap_or((after, &[]));
        shown.extend_from_slice(between);
        rest = next;
    }
}

/// Base64 of either alphabet.
fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
}

/// What the beginning of a line says about the rest of it.
enum Mark {
    /// All behind the first octets is a secret.
    Secret {
        kept: usize,
    },
    /// A crypto line.
    Crypto,
    None,
}

fn mark(text: &[u8]) -> Mark {
    let Some(at) = memchr2(b':', b'=', text) else { return Mark::None };
    let (name, rest) = text.split_at_checked(at).unwrap_or((text, &[]));
    let (name, kept) = (name.trim_ascii_end(), at.saturating_add(1));
    if rest.first() == Some(&b':') {
        return if is_one_of(name, &CREDENTIALS) { Mark::Secret { kept } } else { Mark::None };
    }
    match name {
        b"a" | b"A" => mark_of_attribute(rest.get(1..).unwrap_or_default(), kept),
        b"k" | b"K" => Mark::Secret { kept },
        _ if name.eq_ignore_ascii_case(b"signal") => Mark::Secret { kept },
        _ => Mark::None,
    }
}

/// Of an `a=` line, `before` octets of which stand before the attribute.
fn mark_of_attribute(attribute: &[u8], before: usize) -> Mark {
    let start = attribute.trim_ascii_start();
    // Most attributes are told by one look at one octet.
    if !matches!(start.first(), Some(b'c' | b'C' | b'k' | b'K' | b'i' | b'I')) {
        return Mark::None;
    }
    let Some(colon) = memchr(b':', attribute) else { return Mark::None };
    let name = attribute.get(..colon).unwrap_or_default().trim_ascii();
    if name.eq_ignore_ascii_case(b"crypto") {
        return Mark::Crypto;
    }
    let kept = before.saturating_add(colon).saturating_add(1);
    if is_one_of(name, &SECRET_ATTRIBUTES) { Mark::Secret { kept } } else { Mark::None }
}

/// Whether this header means that the body is not to be shown.
fn conceals_body(text: &[u8]) -> bool {
    let Some((name, value)) = memchr(b':', text).and_then(|colon| text.split_at_checked(colon)) else {
        return false;
    };
    let (name, value) = (name.trim_ascii(), value.strip_prefix(b":").unwrap_or(value).trim_ascii());
    if is_one_of(name, &[b"content-type", b"c"]) {
        return DIGITS.iter().any(|word| contains(value, word));
    }
    if is_one_of(name, &[b"content-encoding", b"e", b"content-transfer-encoding"]) {
        return !is_one_of(value, &PLAIN_ENCODINGS);
    }
    let method = value.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
    name.eq_ignore_ascii_case(b"cseq") && method.eq_ignore_ascii_case(b"info")
}

/// What lies between a colon and a secret behind it, and the length of the secret.
fn secret_behind(before: &[u8], behind: &[u8]) -> Option<(usize, usize)> {
    // Most colons stand behind something else: one look at one octet tells.
    let last = before.last()?.to_ascii_lowercase();
    if last == b'e' && ends_with_word(before, b"inline") {
        let skipped = length_until(behind, |byte| !matches!(byte, b' ' | b'\t'));
        let key = behind.get(skipped..).unwrap_or_default();
        let ends =
            |byte: u8| matches!(byte, b'|' | b';' | b',' | b'"' | b'<' | b'>') || byte.is_ascii_whitespace();
        return Some((skipped, length_until(key, ends)));
    }
    if last == b'p' && ends_with_word(before, b"sip") || last == b's' && ends_with_word(before, b"sips") {
        let ends = |byte: u8| matches!(byte, b'@' | b'"' | b'<' | b'>') || byte.is_ascii_whitespace();
        let user = behind.get(..length_until(behind, ends)).unwrap_or_default();
        // A message that is cut may be cut in the middle of a password.
        let is_user = matches!(behind.get(user.len()), Some(b'@') | None);
        let colon = memchr(b':', user).filter(|_| is_user)?;
        let password = colon.saturating_add(1);
        return Some((password, user.len().saturating_sub(password)));
    }
    None
}

fn length_until(text: &[u8], ends: impl Fn(u8) -> bool) -> usize {
    text.iter().position(|byte| ends(*byte)).unwrap_or(text.len())
}

fn is_one_of(name: &[u8], names: &[&[u8]]) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn ends_with_word(text: &[u8], word: &[u8]) -> bool {
    let at = text.len().checked_sub(word.len());
    at.and_then(|at| text.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
}

fn starts_with_word(text: &[u8], word: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let (start, rest) = text.split_at_checked(word.len()).unwrap_or_default();
    start.eq_ignore_ascii_case(word) && rest.first().is_some_and(u8::is_ascii_whitespace)
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

/// A line with its end, and with the lines that it is folded over.
fn logical_line_length(rest: &[u8]) -> usize {
    let mut length = 0usize;
    loop {
        let line = rest.get(length..).unwrap_or_default();
        let Some(end) = memchr2(b'\r', b'\n', line) else { return rest.len() };
        let ends = if line.get(end..).unwrap_or_default().starts_with(b"\r\n") { 2 } else { 1 };
        let is_empty = end == 0;
        length = length.saturating_add(end).saturating_add(ends);
        if is_empty || !matches!(rest.get(length), Some(b' ' | b'\t')) {
            return length;
        }
    }
}

#[cfg(test)]
mod tests;
