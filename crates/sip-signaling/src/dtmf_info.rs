//! Digits in INFO, the way older gateways send them: no RFC defines it, Cisco's `application/dtmf-relay` is what they
//! all write (`Signal=5`, `Duration=160`, a line each), and `application/dtmf` is the bare key.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use telephony::Digit;

use crate::{HeaderName, Request};

/// The body types that [`info_digit`] reads, as Accept lists them.
pub(crate) const DIGIT_BODIES: &str = "application/dtmf-relay, application/dtmf";

/// A body longer than this says something else than one key.
const LONGEST: usize = 256;

/// Whether the body is of a type that carries a digit.
pub(crate) fn is_digit_body(request: &Request) -> bool {
    digit_type(request).is_some()
}

/// The key of an INFO; `None` if it carries none, or one that no telephone has.
pub fn info_digit(request: &Request) -> Option<Digit> {
    let form = digit_type(request)?;
    let body = std::str::from_utf8(&request.body).ok().filter(|body| body.len() <= LONGEST)?;
    let key = match form {
        DigitBody::Relay => body
            .lines()
            .filter_map(|line| line.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("signal"))
            .map(|(_, value)| value.trim())?,
        DigitBody::Bare => body.trim(),
    };
    let mut characters = key.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => Digit::from_char(character),
        // Some gateways write the event code of `*`, `#` and A to D.
        (Some('1'), Some(_)) if form == DigitBody::Relay => {
            key.parse().ok().filter(|code| *code >= 10).and_then(Digit::from_event_code)
        }
        _ => None,
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum DigitBody {
    Relay,
    Bare,
}

fn digit_type(request: &Request) -> Option<DigitBody> {
    let value = request.headers.text(&HeaderName::ContentType)?;
    let media_type = value.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/dtmf-relay") {
        Some(DigitBody::Relay)
    } else if media_type.eq_ignore_ascii_case("application/dtmf") {
        Some(DigitBody::Bare)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::Method;

    fn digit(content_type: &str, body: &str) -> Option<char> {
        let mut request = Request::new(Method::Info, "sip:um@um.example.com".parse().unwrap());
        request.headers.push(HeaderName::ContentType, Bytes::copy_from_slice(content_type.as_bytes()));
        request.body = Bytes::copy_from_slice(body.as_bytes());
        info_digit(&request).map(Digit::as_char)
    }

    #[test]
    fn key_is_read_from_either_body_in_every_way_that_gateways_write_it() {
        for (content_type, body, key) in [
            ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", Some('5')),
            ("application/dtmf-relay", "Signal= #\r\nDuration= 100\r\n", Some('#')),
            ("Application/DTMF-Relay; charset=utf-8", "Duration=100\nsignal=*", Some('*')),
            ("application/dtmf-relay", "Signal=11\r\nDuration=250\r\n", Some('#')),
            ("application/dtmf-relay", "Signal=d", Some('D')),
            ("application/dtmf", "9", Some('9')),
            ("application/dtmf", " 0\r\n", Some('0')),
            ("application/dtmf-relay", "Duration=160\r\n", None),
            ("application/dtmf-relay", "Signal=\r\n", None),
            ("application/dtmf-relay", "Signal=16\r\n", None),
            ("application/dtmf-relay", "Signal=12345\r\n", None),
            ("application/dtmf-relay", "Signal=\u{e4}\r\n", None),
            ("application/dtmf", "12", None),
            ("text/plain", "Signal=5", None),
        ] {
            assert_eq!(digit(content_type, body), key, "{content_type}: {body:?}");
        }
    }

    #[test]
    fn body_longer_than_a_key_takes_is_not_read() {
        assert_eq!(digit("application/dtmf-relay", &format!("Signal=5{}", " ".repeat(260))), None);
    }
}
