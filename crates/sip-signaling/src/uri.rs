//! URIs: `sip:`, `sips:`, `tel:` and whatever else a peer writes (RFC 3261 19.1, RFC 3966).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod percent;
mod tel;

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

use percent::{percent_decode, percent_encode};
pub use tel::TelUri;

use crate::byte_class::ByteClass;
use crate::grammar::GrammarError;
use crate::host::Host;
use crate::limits::MAX_HEADER_LINE;
use crate::params::Params;
use crate::text::Text;

/// A URI, printed back exactly as it was read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Uri {
    /// `sip:` or `sips:`.
    Sip(SipUri),
    /// `tel:`.
    Tel(TelUri),
    /// Any other scheme; answered `416` where it is a Request-URI.
    Other(Text),
}

impl Uri {
    /// Reads a URI that stands alone.
    ///
    /// # Errors
    /// No scheme, spaces or brackets inside, a `sip:` URI without host.
    pub fn parse(text: &str) -> Result<Self, GrammarError> {
        let source = Bytes::copy_from_slice(text.as_bytes());
        Self::read(&source, &source)
    }

    /// Reads `part` of `source`.
    pub(crate) fn read(source: &Bytes, part: &[u8]) -> Result<Self, GrammarError> {
        if part.len() > MAX_HEADER_LINE {
            return Err(GrammarError::new("URI longer than a header line"));
        }
        static ENDS: ByteClass = ByteClass::control_and(b"<>\"");
        if part.iter().any(|byte| ENDS.has(*byte)) {
            return Err(GrammarError::new("URI with a space, bracket or quote"));
        }
        let raw = Text::cut(source, part).ok_or(GrammarError::new("URI is not UTF-8"))?;
        let (scheme, rest) = split_once(part, b':').ok_or(GrammarError::new("URI without a scheme"))?;
        if scheme.eq_ignore_ascii_case(b"sip") || scheme.eq_ignore_ascii_case(b"sips") {
            return SipUri::read(source, raw, rest, scheme.len() == 4).map(Self::Sip);
        }
        if scheme.eq_ignore_ascii_case(b"tel") {
            return TelUri::read(source, raw, rest).map(Self::Tel);
        }
        let mut letters = scheme.iter();
        let named = letters.next().is_some_and(u8::is_ascii_alphabetic)
            && letters.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
        match named {
            true => Ok(Self::Other(raw)),
            false => Err(GrammarError::new("URI without a scheme")),
        }
    }

    /// The URI as received.
    pub fn as_str(&self) -> &str {
        self.raw().as_str()
    }

    /// The URI as received, sharing the message's storage.
    pub fn raw(&self) -> &Text {
        match self {
            Self::Sip(uri) => &uri.raw,
            Self::Tel(uri) => &uri.raw,
            Self::Other(raw) => raw,
        }
    }

    /// What stands before the first colon.
    pub fn scheme(&self) -> &str {
        self.as_str().split(':').next().unwrap_or_default()
    }

    /// The `sip:` or `sips:` URI, if it is one.
    pub fn as_sip(&self) -> Option<&SipUri> {
        match self {
            Self::Sip(uri) => Some(uri),
            Self::Tel(_) | Self::Other(_) => None,
        }
    }

    /// Whether the scheme is `sips:`.
    pub fn is_sips(&self) -> bool {
        self.as_sip().is_some_and(SipUri::is_secure)
    }

    /// The user part of a `sip:` URI or the number of a `tel:` URI, escapes resolved; with what follows a `;` in it.
    pub fn user_decoded(&self) -> Option<String> {
        match self {
            Self::Sip(uri) => uri.user_decoded(),
            Self::Tel(uri) => Some(percent_decode(uri.number().as_bytes())),
            Self::Other(_) => None,
        }
    }

    /// The value of a URI parameter, a flag being the empty string.
    pub fn param(&self, name: &str) -> Option<String> {
        let params = match self {
            Self::Sip(uri) => uri.params(),
            Self::Tel(uri) => uri.params(),
            Self::Other(_) => return None,
        };
        params.get(name).map(|value| percent_decode(value.as_bytes()))
    }
}

impl FromStr for Uri {
    type Err = GrammarError;

    fn from_str(text: &str) -> Result<Self, GrammarError> {
        Self::parse(text)
    }
}

impl From<SipUri> for Uri {
    fn from(uri: SipUri) -> Self {
        Self::Sip(uri)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A `sip:` or `sips:` URI.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SipUri {
    raw: Text,
    secure: bool,
    user: Option<Span>,
    password: Option<Span>,
    host: Host,
    port: Option<u16>,
    params: Params,
    headers: Option<Span>,
}

/// Where a part lies in the text of its URI.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Span {
    start: u16,
    end: u16,
}

impl Span {
    /// The place of `part`, which is a piece of `whole`.
    fn of(part: &[u8], whole: &[u8]) -> Option<Self> {
        let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
        let end = start.checked_add(part.len()).filter(|end| *end <= whole.len())?;
        Some(Self { start: u16::try_from(start).ok()?, end: u16::try_from(end).ok()? })
    }

    fn within(self, whole: &str) -> &str {
        whole.get(usize::from(self.start)..usize::from(self.end)).unwrap_or_default()
    }
}

impl SipUri {
    /// `sip:host`.
    pub fn new(host: Host) -> Self {
        let raw = Text::from(format!("sip:{host}"));
        Self {
            raw,
            secure: false,
            user: None,
            password: None,
            host,
            port: None,
            params: Params::new(),
            headers: None,
        }
    }

    /// The same with the scheme `sips:`.
    #[must_use]
    pub fn secured(mut self) -> Self {
        self.secure = true;
        self.written(None)
    }

    /// The same with a user part, escaped as needed.
    #[must_use]
    pub fn with_user(self, user: &str) -> Self {
        self.written(Some(percent_encode(user)))
    }

    /// The same with a port.
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self.written(None)
    }

    /// The same with one more URI parameter.
    #[must_use]
    pub fn with_param(mut self, name: &str, value: Option<&str>) -> Self {
        self.params.push(name, value);
        self.written(None)
    }

    /// Whether the scheme is `sips:`.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The user part as received, escapes and its own parameters included.
    pub fn user(&self) -> Option<&str> {
        self.user.map(|span| span.within(&self.raw))
    }

    /// The user part with escapes resolved. Escapes that are none (`%Z%45`) stay as they are; bytes that are no UTF-8 are
    /// replaced.
    pub fn user_decoded(&self) -> Option<String> {
        self.user().map(|user| percent_decode(user.as_bytes()))
    }

    /// The password, which nobody should send.
    pub fn password(&self) -> Option<&str> {
        self.password.map(|span| span.within(&self.raw))
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port, if one is written.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The URI parameters.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// What follows the question mark, as received.
    pub fn headers(&self) -> Option<&str> {
        self.headers.map(|span| span.within(&self.raw))
    }

    /// The value of a header embedded in the URI (`?Reason=..`), escapes resolved.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers()?.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            percent_decode(key.as_bytes())
                .eq_ignore_ascii_case(name)
                .then(|| percent_decode(value.as_bytes()))
        })
    }

    /// The `transport` parameter.
    pub fn transport(&self) -> Option<&str> {
        self.params.token("transport")
    }

    /// Whether it names a loose router (`lr`).
    pub fn is_loose_router(&self) -> bool {
        self.params.has("lr")
    }

    fn read(source: &Bytes, raw: Text, rest: &[u8], secure: bool) -> Result<Self, GrammarError> {
        let part_of = |part: Option<&[u8]>| part.and_then(|part| Span::of(part, raw.as_bytes()));
        // A user part may hold `;` and `?`, but no bare `@`. Parameters may not either (RFC 3261 25.1); real ones do
        // (`;target=sip:2001@pbx`), and nothing else can be meant.
        let (userinfo, rest) = split_once(rest, b'@').map_or((None, rest), |(user, rest)| (Some(user), rest));
        let (user, password) = match userinfo {
            None => (None, None),
            Some(info) => {
                split_once(info, b':').map_or((Some(info), None), |(user, word)| (Some(user), Some(word)))
            }
        };
        if user.is_some_and(<[u8]>::is_empty) {
            return Err(GrammarError::new("URI with an empty user part"));
        }
        let (rest, headers) =
            split_once(rest, b'?').map_or((rest, None), |(rest, headers)| (rest, Some(headers)));
        let (hostport, params) = split_params(rest);
        let (host, port) = Host::read_with_port(source, hostport)?;
        let params = Params::read_of_uri(source, params)?;
        let (user, password, headers) = (part_of(user), part_of(password), part_of(headers));
        Ok(Self { raw, secure, user, password, host, port, params, headers })
    }

    /// The same URI, its text written anew after a change of a part.
    fn written(self, user: Option<String>) -> Self {
        let user = user.as_deref().or(self.user());
        let mut raw = String::from(if self.secure { "sips:" } else { "sip:" });
        let user_span = user.map(|user| append(&mut raw, "", user));
        let password_span =
            self.password().filter(|_| user.is_some()).map(|password| append(&mut raw, ":", password));
        if user.is_some() {
            raw.push('@');
        }
        raw.push_str(&self.host.to_string());
        if let Some(port) = self.port {
            raw.push_str(&format!(":{port}"));
        }
        raw.push_str(&self.params.to_string());
        let headers_span = self.headers().map(|headers| append(&mut raw, "?", headers));
        Self {
            raw: Text::from(raw),
            user: user_span.flatten(),
            password: password_span.flatten(),
            headers: headers_span.flatten(),
            ..self
        }
    }
}

/// Writes `part` behind its `mark` and answers where it lies; `None` if the URI outgrew every header line.
fn append(raw: &mut String, mark: &str, part: &str) -> Option<Span> {
    raw.push_str(mark);
    let start = u16::try_from(raw.len()).ok()?;
    raw.push_str(part);
    Some(Span { start, end: u16::try_from(raw.len()).ok()? })
}

impl fmt::Display for SipUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}

/// Splits at the first `mark`, which neither half keeps. URIs are too short for a search by machine words to pay.
fn split_once(bytes: &[u8], mark: u8) -> Option<(&[u8], &[u8])> {
    let (before, rest) = bytes.split_at_checked(bytes.iter().position(|byte| *byte == mark)?)?;
    Some((before, rest.get(1..)?))
}

/// Splits before the first semicolon.
fn split_params(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b';').unwrap_or(bytes.len());
    bytes.split_at_checked(end).unwrap_or((bytes, &[]))
}

#[cfg(test)]
mod tests;
