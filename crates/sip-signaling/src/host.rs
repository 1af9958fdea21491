//! Host and port of a URI or a Via.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;

use crate::byte_class::ByteClass;
use crate::grammar::GrammarError;
use crate::scanner::{self, Scanner};
use crate::text::Text;

/// A host: a name, compared without case, or an address.
#[derive(Clone, Debug)]
pub enum Host {
    /// A domain name as received.
    Name(Text),
    /// A dotted address.
    V4(Ipv4Addr),
    /// An IPv6 reference, without its brackets.
    V6(Ipv6Addr),
}

impl Host {
    /// The address, if the host is one.
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::V4(address) => Some(IpAddr::V4(*address)),
            Self::V6(address) => Some(IpAddr::V6(*address)),
        }
    }

    /// Reads a host that stands alone.
    ///
    /// # Errors
    /// Empty, a separator in a name, brackets that hold no address.
    pub fn parse(text: &str) -> Result<Self, GrammarError> {
        let source = Bytes::copy_from_slice(text.as_bytes());
        Self::read(&source, &source)
    }

    /// Reads `host [ ":" port ]`; spaces may stand around the colon (only a Via can have them).
    pub(crate) fn read_with_port(source: &Bytes, part: &[u8]) -> Result<(Self, Option<u16>), GrammarError> {
        let mut scanner = Scanner::new(part);
        let host = match scanner.peek() {
            Some(b'[') => {
                let inner = scanner.take_while(|byte| byte != b']');
                if !scanner.eat(b']') {
                    return Err(GrammarError::new("IPv6 reference is not closed"));
                }
                Self::V6(ipv6(inner.strip_prefix(b"[").unwrap_or_default())?)
            }
            _ => Self::read_name(source, scanner.take_while(is_name_byte))?,
        };
        scanner.skip_space();
        if scanner.is_empty() {
            return Ok((host, None));
        }
        if !scanner.eat_spaced(b':') {
            return Err(GrammarError::new("host with a separator"));
        }
        let port =
            scanner::port(scanner.rest()).ok_or(GrammarError::new("port is not a number of 0 to 65535"))?;
        Ok((host, Some(port)))
    }

    fn read(source: &Bytes, part: &[u8]) -> Result<Self, GrammarError> {
        if let Some(inner) = part.strip_prefix(b"[") {
            let inner = inner.strip_suffix(b"]").ok_or(GrammarError::new("IPv6 reference is not closed"))?;
            return ipv6(inner).map(Self::V6);
        }
        match part.iter().all(|byte| is_name_byte(*byte)) {
            true => Self::read_name(source, part),
            false => Err(GrammarError::new("no host")),
        }
    }

    /// Reads a host of name bytes only.
    fn read_name(source: &Bytes, part: &[u8]) -> Result<Self, GrammarError> {
        if part.is_empty() {
            return Err(GrammarError::new("no host"));
        }
        if part.first().is_some_and(u8::is_ascii_digit)
            && let Some(address) = std::str::from_utf8(part).ok().and_then(|text| text.parse().ok())
        {
            return Ok(Self::V4(address));
        }
        Text::cut(source, part).map(Self::Name).ok_or(GrammarError::new("no host"))
    }
}

/// Reads an IPv6 address. The grammar of RFC 3261 writes a third colon before an embedded IPv4 address; RFC 5118 4.10
/// asks to take both forms.
fn ipv6(inner: &[u8]) -> Result<Ipv6Addr, GrammarError> {
    let text = std::str::from_utf8(inner).map_err(|_| GrammarError::new("IPv6 reference is no address"))?;
    text.parse()
        .or_else(|_| text.replacen(":::", "::", 1).parse())
        .map_err(|_| GrammarError::new("IPv6 reference is no address"))
}

/// Letters, digits, `-` and `.`; the underscore is no name of RFC 1123 but stands in the names of real gateways.
fn is_name_byte(byte: u8) -> bool {
    static NAME: ByteClass = ByteClass::alphanumeric_and(b"-._");
    NAME.has(byte)
}

impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(a), Self::Name(b)) => a.eq_ignore_ascii_case(b),
            (Self::V4(a), Self::V4(b)) => a == b,
            (Self::V6(a), Self::V6(b)) => a == b,
            (Self::Name(_) | Self::V4(_) | Self::V6(_), _) => false,
        }
    }
}

impl Eq for Host {}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6(address),
        }
    }
}

/// Writes an IPv6 address in brackets.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(address) => write!(f, "{address}"),
            Self::V6(address) => write!(f, "[{address}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Result<(Host, Option<u16>), GrammarError> {
        let source = Bytes::from_static(text.as_bytes());
        Host::read_with_port(&source, &source)
    }

    #[test]
    fn an_ipv6_reference_keeps_its_last_group_apart_from_the_port() {
        let address: Ipv6Addr = "2001:db8::10".parse().unwrap();
        let longer: Ipv6Addr = "2001:db8::10:5070".parse().unwrap();

        assert_eq!(read("[2001:db8::10]:5070"), Ok((Host::V6(address), Some(5070))));
        assert_eq!(read("[2001:db8::10:5070]"), Ok((Host::V6(longer), None)));
    }

    #[test]
    fn an_ipv6_address_without_brackets_is_refused() {
        assert_eq!(read("2001:db8::10"), Err(GrammarError::new("port is not a number of 0 to 65535")));
    }

    #[test]
    fn both_spellings_of_an_embedded_ipv4_address_are_one_host() {
        let address: Ipv6Addr = "2001:db8::192.0.2.1".parse().unwrap();

        assert_eq!(read("[2001:db8:::192.0.2.1]"), Ok((Host::V6(address), None)));
        assert_eq!(read("[2001:db8::192.0.2.1]"), Ok((Host::V6(address), None)));
    }

    #[test]
    fn names_are_compared_without_case() {
        assert_eq!(Host::parse("GW.example.com"), Host::parse("gw.EXAMPLE.com"));
        assert_ne!(Host::parse("192.0.2.1"), Host::parse("192.0.2.2"));
        assert_eq!(Host::parse("a@b"), Err(GrammarError::new("no host")));
    }
}
