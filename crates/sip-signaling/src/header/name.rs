//! Names of headers, their compact forms and their canonical spelling.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::text::Text;

macro_rules! header_names {
    ($($name:ident = $canonical:literal, $($spelling:literal)|+;)*) => {
        /// The name of a header. Compared without case; the compact form is the same name.
        #[derive(Clone)]
        pub enum HeaderName {
            $(#[doc = concat!("`", $canonical, "`.")] $name,)*
            /// A name that this crate gives no meaning, as received.
            Other(Text),
            /// A line that has no readable name. It is printed back and means nothing.
            Malformed,
        }

        impl HeaderName {
            fn known(lower: &[u8]) -> Option<Self> {
                Some(match lower {
                    $($($spelling)|+ => Self::$name,)*
                    _ => return None,
                })
            }

            /// The name as this crate writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $canonical,)*
                    Self::Other(name) => name.as_str(),
                    Self::Malformed => "",
                }
            }
        }
    };
}

header_names! {
    Accept = "Accept", b"accept";
    AcceptContact = "Accept-Contact", b"accept-contact" | b"a";
    AcceptEncoding = "Accept-Encoding", b"accept-encoding";
    AcceptLanguage = "Accept-Language", b"accept-language";
    AlertInfo = "Alert-Info", b"alert-info";
    Allow = "Allow", b"allow";
    AllowEvents = "Allow-Events", b"allow-events" | b"u";
    Authorization = "Authorization", b"authorization";
    CallId = "Call-ID", b"call-id" | b"i";
    CallInfo = "Call-Info", b"call-info";
    Contact = "Contact", b"contact" | b"m";
    ContentDisposition = "Content-Disposition", b"content-disposition";
    ContentEncoding = "Content-Encoding", b"content-encoding" | b"e";
    ContentLanguage = "Content-Language", b"content-language";
    ContentLength = "Content-Length", b"content-length" | b"l";
    ContentType = "Content-Type", b"content-type" | b"c";
    CSeq = "CSeq", b"cseq";
    Date = "Date", b"date";
    Diversion = "Diversion", b"diversion";
    Event = "Event", b"event" | b"o";
    Expires = "Expires", b"expires";
    From = "From", b"from" | b"f";
    HistoryInfo = "History-Info", b"history-info";
    Identity = "Identity", b"identity" | b"y";
    InReplyTo = "In-Reply-To", b"in-reply-to";
    MaxForwards = "Max-Forwards", b"max-forwards";
    MimeVersion = "MIME-Version", b"mime-version";
    MinExpires = "Min-Expires", b"min-expires";
    MinSe = "Min-SE", b"min-se";
    Organization = "Organization", b"organization";
    PAssertedIdentity = "P-Asserted-Identity", b"p-asserted-identity";
    PCalledPartyId = "P-Called-Party-ID", b"p-called-party-id";
    PPreferredIdentity = "P-Preferred-Identity", b"p-preferred-identity";
    Path = "Path", b"path";
    Priority = "Priority", b"priority";
    Privacy = "Privacy", b"privacy";
    ProxyAuthenticate = "Proxy-Authenticate", b"proxy-authenticate";
    ProxyAuthorization = "Proxy-Authorization", b"proxy-authorization";
    ProxyRequire = "Proxy-Require", b"proxy-require";
    RAck = "RAck", b"rack";
    Reason = "Reason", b"reason";
    RecordRoute = "Record-Route", b"record-route";
    ReferTo = "Refer-To", b"refer-to" | b"r";
    ReferredBy = "Referred-By", b"referred-by" | b"b";
    RemotePartyId = "Remote-Party-ID", b"remote-party-id";
    Replaces = "Replaces", b"replaces";
    Require = "Require", b"require";
    RetryAfter = "Retry-After", b"retry-after";
    Route = "Route", b"route";
    RSeq = "RSeq", b"rseq";
    Server = "Server", b"server";
    SessionExpires = "Session-Expires", b"session-expires" | b"x";
    Subject = "Subject", b"subject" | b"s";
    SubscriptionState = "Subscription-State", b"subscription-state";
    Supported = "Supported", b"supported" | b"k";
    Timestamp = "Timestamp", b"timestamp";
    To = "To", b"to" | b"t";
    Unsupported = "Unsupported", b"unsupported";
    UserAgent = "User-Agent", b"user-agent";
    Via = "Via", b"via" | b"v";
    Warning = "Warning", b"warning";
    WwwAuthenticate = "WWW-Authenticate", b"www-authenticate";
}

/// No known name is longer.
const LONGEST_KNOWN: usize = 20;

impl HeaderName {
    /// Reads a name in full or compact form; what is no token is [`HeaderName::Malformed`].
    pub fn from_text(name: &str) -> Self {
        let source = bytes::Bytes::copy_from_slice(name.as_bytes());
        match crate::scanner::is_whole_token(&source) {
            true => Self::read(&source, &source),
            false => Self::Malformed,
        }
    }

    pub(crate) fn read(source: &bytes::Bytes, name: &[u8]) -> Self {
        if let Some(known) = Self::find(name) {
            return known;
        }
        match crate::scanner::is_whole_token(name) {
            true => Text::cut(source, name).map_or(Self::Malformed, Self::Other),
            false => Self::Malformed,
        }
    }

    /// The known name that `name` spells.
    pub(crate) fn find(name: &[u8]) -> Option<Self> {
        let mut lower = [0u8; LONGEST_KNOWN];
        let lower = lower.get_mut(..name.len())?;
        // The bit makes capitals small and leaves small letters, digits and the hyphen alone; it makes no letter of
        // anything that is none, and a hyphen only of a carriage return, which no name holds.
        lower.iter_mut().zip(name).for_each(|(lower, byte)| *lower = *byte | 0x20);
        Self::known(lower)
    }
}

impl PartialEq for HeaderName {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Other(a), Self::Other(b)) => a.eq_ignore_ascii_case(b),
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }
}

impl Eq for HeaderName {}

impl Hash for HeaderName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        if let Self::Other(name) = self {
            name.bytes().for_each(|byte| byte.to_ascii_lowercase().hash(state));
        }
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("Malformed"),
            named => f.write_str(named.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_compact_form_is_its_header() {
        let forms = [
            ("v", HeaderName::Via),
            ("f", HeaderName::From),
            ("t", HeaderName::To),
            ("i", HeaderName::CallId),
            ("m", HeaderName::Contact),
            ("l", HeaderName::ContentLength),
            ("c", HeaderName::ContentType),
            ("e", HeaderName::ContentEncoding),
            ("k", HeaderName::Supported),
            ("s", HeaderName::Subject),
            ("x", HeaderName::SessionExpires),
            ("r", HeaderName::ReferTo),
            ("b", HeaderName::ReferredBy),
            ("o", HeaderName::Event),
            ("u", HeaderName::AllowEvents),
        ];
        for (compact, name) in forms {
            assert_eq!(HeaderName::from_text(compact), name);
            assert_eq!(HeaderName::from_text(&compact.to_ascii_uppercase()), name);
        }
    }

    #[test]
    fn every_known_name_is_found_by_its_canonical_spelling() {
        for text in
            ["P-Preferred-Identity", "SUBSCRIPTION-STATE", "www-authenticate", "cSeQ", "Proxy-Authorization"]
        {
            assert!(HeaderName::find(text.as_bytes()).is_some(), "{text}");
        }
    }

    #[test]
    fn unknown_names_are_compared_without_case() {
        assert_eq!(HeaderName::from_text("X-Foo"), HeaderName::from_text("x-fOO"));
        assert_ne!(HeaderName::from_text("X-Foo"), HeaderName::from_text("X-Bar"));
    }

    #[test]
    fn an_escaped_name_is_another_name() {
        assert_ne!(HeaderName::from_text("C%6Fntact"), HeaderName::Contact);
    }

    #[test]
    fn a_name_with_a_separator_is_malformed() {
        assert_eq!(HeaderName::from_text("Via;"), HeaderName::Malformed);
        assert_eq!(HeaderName::from_text("Call\rID"), HeaderName::Malformed);
        assert_eq!(HeaderName::from_text(""), HeaderName::Malformed);
    }
}
