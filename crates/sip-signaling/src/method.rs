//! Request methods.

use std::fmt;

use crate::scanner::is_whole_token;
use crate::text::Text;

/// The method of a request. Case-sensitive (RFC 3261 7.1): `invite` is [`Method::Other`].
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Method {
    /// Begins a session, or changes it inside a dialog.
    Invite,
    /// Acknowledges the final answer to an INVITE; is never answered.
    Ack,
    /// Ends a session.
    Bye,
    /// Withdraws an INVITE that has no final answer yet.
    Cancel,
    /// Asks what we can do.
    Options,
    /// Binds an address; not served here.
    Register,
    /// Acknowledges a reliable provisional response (RFC 3262).
    Prack,
    /// Changes a session without an INVITE (RFC 3311).
    Update,
    /// Carries information inside a dialog (RFC 6086).
    Info,
    /// Asks for a transfer (RFC 3515).
    Refer,
    /// Tells the state of a subscription (RFC 6665).
    Notify,
    /// Asks for a subscription (RFC 6665).
    Subscribe,
    /// Publishes state (RFC 3903).
    Publish,
    /// An instant message (RFC 3428).
    Message,
    /// Any other token, as received.
    Other(Text),
}

impl Method {
    /// Reads a method; `None` if `token` is not a token.
    pub fn from_token(token: &str) -> Option<Self> {
        Self::known(token.as_bytes())
            .or_else(|| is_whole_token(token.as_bytes()).then(|| Self::Other(Text::from(token))))
    }

    /// The method as it stands on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Options => "OPTIONS",
            Self::Register => "REGISTER",
            Self::Prack => "PRACK",
            Self::Update => "UPDATE",
            Self::Info => "INFO",
            Self::Refer => "REFER",
            Self::Notify => "NOTIFY",
            Self::Subscribe => "SUBSCRIBE",
            Self::Publish => "PUBLISH",
            Self::Message => "MESSAGE",
            Self::Other(token) => token.as_str(),
        }
    }

    pub(crate) fn read(source: &bytes::Bytes, token: &[u8]) -> Option<Self> {
        Self::known(token)
            .or_else(|| is_whole_token(token).then(|| Text::cut(source, token).map(Self::Other)).flatten())
    }

    fn known(token: &[u8]) -> Option<Self> {
        Some(match token {
            b"INVITE" => Self::Invite,
            b"ACK" => Self::Ack,
            b"BYE" => Self::Bye,
            b"CANCEL" => Self::Cancel,
            b"OPTIONS" => Self::Options,
            b"REGISTER" => Self::Register,
            b"PRACK" => Self::Prack,
            b"UPDATE" => Self::Update,
            b"INFO" => Self::Info,
            b"REFER" => Self::Refer,
            b"NOTIFY" => Self::Notify,
            b"SUBSCRIBE" => Self::Subscribe,
            b"PUBLISH" => Self::Publish,
            b"MESSAGE" => Self::Message,
            _ => return None,
        })
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_case_sensitive() {
        assert_eq!(Method::from_token("INVITE"), Some(Method::Invite));
        assert_eq!(Method::from_token("invite"), Some(Method::Other(Text::from("invite"))));
    }

    #[test]
    fn an_escaped_method_is_another_method() {
        assert_eq!(Method::from_token("RE%47IST%45R"), Some(Method::Other(Text::from("RE%47IST%45R"))));
    }

    #[test]
    fn a_method_with_a_separator_is_none() {
        assert_eq!(Method::from_token("IN VITE"), None);
        assert_eq!(Method::from_token("INVITE:"), None);
        assert_eq!(Method::from_token(""), None);
    }
}
