//! `Via` (RFC 3261 20.42, 18.2; RFC 3581; RFC 5923).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use crate::grammar::GrammarError;
use crate::header::list::TypedHeader;
use crate::header::name::HeaderName;
use crate::host::Host;
use crate::params::Params;
use crate::scanner::Scanner;
use crate::text::Text;

/// What a branch of RFC 3261 begins with; any other branch is one of RFC 2543.
const MAGIC_COOKIE: &str = "z9hG4bK";

/// One `Via` value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Via {
    /// The transport token as received: `UDP`, `TCP`, `TLS` or any other.
    pub transport: Text,
    /// The host of `sent-by`.
    pub host: Host,
    /// The port of `sent-by`, if one is written.
    pub port: Option<u16>,
    /// The parameters.
    pub params: Params,
}

impl Via {
    /// A Via of ours: `SIP/2.0/<transport> <host>[:port];branch=<branch>`.
    pub fn new(transport: &str, host: Host, port: Option<u16>, branch: &str) -> Self {
        let mut params = Params::new();
        params.push("branch", Some(branch));
        Self { transport: Text::from(transport), host, port, params }
    }

    /// The branch as received.
    pub fn branch(&self) -> Option<&str> {
        self.params.token("branch")
    }

    /// The branch if it identifies a transaction by itself (RFC 3261 17.2.3): the magic cookie and something after it.
    pub fn unique_branch(&self) -> Option<&str> {
        self.branch().filter(|branch| {
            branch.len() > MAGIC_COOKIE.len()
                && branch
                    .get(..MAGIC_COOKIE.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(MAGIC_COOKIE))
        })
    }

    /// The `received` parameter; an IPv6 address is taken with and without brackets (RFC 5118 4.5).
    pub fn received(&self) -> Option<IpAddr> {
        let text = self.params.get("received")?;
        text.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }

    /// Whether the sender asks for `rport` (RFC 3581), filled in or not.
    pub fn wants_rport(&self) -> bool {
        self.params.has("rport")
    }

    /// The port in `rport`, if it is filled in.
    pub fn rport(&self) -> Option<u16> {
        self.params.token("rport").and_then(|port| port.parse().ok())
    }

    /// Whether the sender takes requests on this connection (RFC 5923).
    pub fn has_alias(&self) -> bool {
        self.params.has("alias")
    }

    /// Whether `other` names the same `sent-by`; a port that is not written is not 5060 (RFC 3261 17.2.3 compares what
    /// stands there).
    pub fn same_sent_by(&self, other: &Self) -> bool {
        self.host == other.host && self.port == other.port
    }

    /// Writes down where the request came from (RFC 3261 18.2.1, RFC 3581 4): `received` if it differs from `sent-by` or
    /// `rport` is asked for, and `rport`. What the peer wrote there is replaced.
    pub fn mark_source(&mut self, source: SocketAddr) {
        let address = source.ip().to_canonical();
        let wants_rport = self.wants_rport();
        self.params.remove("received");
        if wants_rport || self.host.address().map(|host| host.to_canonical()) != Some(address) {
            self.params.push("received", Some(&address.to_string()));
        }
        if wants_rport {
            self.params.remove("rport");
            self.params.push("rport", Some(&source.port().to_string()));
        }
    }

    /// Reads protocol and `sent-by`, not the parameters: as much as it takes to send an answer back.
    pub(crate) fn read_sent_by(value: &Bytes) -> Result<(Self, &[u8]), GrammarError> {
        let mut scanner = Scanner::new(value);
        let (name, slash, version) = (scanner.token(), scanner.eat_spaced(b'/'), scanner.token());
        if !slash || !name.eq_ignore_ascii_case(b"SIP") || !scanner.eat_spaced(b'/') {
            return Err(GrammarError::new("Via without SIP/2.0/transport"));
        }
        if version != b"2.0" {
            return Err(GrammarError::new("Via of another SIP version"));
        }
        let transport = scanner.token();
        let spaced = matches!(scanner.peek(), Some(b' ' | b'\t'));
        scanner.skip_space();
        let sent_by = crate::scanner::trim(scanner.take_while(|byte| !matches!(byte, b';' | b',')));
        if transport.is_empty() || !spaced {
            return Err(GrammarError::new("Via without SIP/2.0/transport"));
        }
        let (host, port) = Host::read_with_port(value, sent_by)?;
        let transport = Text::cut(value, transport).unwrap_or_default();
        Ok((Self { transport, host, port, params: Params::new() }, scanner.rest()))
    }
}

impl TypedHeader for Via {
    const NAME: HeaderName = HeaderName::Via;

    fn parse(value: &Bytes) -> Result<Self, GrammarError> {
        let (via, params) = Self::read_sent_by(value)?;
        Ok(Self { params: Params::read(value, params)?, ..via })
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.transport, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &'static str) -> Result<Via, GrammarError> {
        Via::parse(&Bytes::from_static(value.as_bytes()))
    }

    #[test]
    fn spaces_may_stand_around_every_separator() {
        let via =
            read("SIP  / 2.0  / TCP     spindle.example.com : 5070  ; branch  =   z9hG4bK9ikj8").unwrap();

        assert_eq!(via.transport, "TCP");
        assert_eq!(via.host, Host::parse("spindle.example.com").unwrap());
        assert_eq!(via.port, Some(5070));
        assert_eq!(via.unique_branch(), Some("z9hG4bK9ikj8"));
    }

    #[test]
    fn a_bare_cookie_or_none_is_no_unique_branch() {
        assert_eq!(read("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK").unwrap().unique_branch(), None);
        assert_eq!(read("SIP/2.0/UDP 192.0.2.1;branch=390skdjuw").unwrap().unique_branch(), None);
        assert_eq!(read("SIP/2.0/UDP 192.0.2.1").unwrap().branch(), None);
    }

    #[test]
    fn received_is_read_with_and_without_brackets() {
        let address: IpAddr = "2001:db8::9:255".parse().unwrap();

        let plain = read("SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3").unwrap();
        let bracketed =
            read("SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3").unwrap();
        assert_eq!(plain.received(), Some(address));
        assert_eq!(bracketed.received(), Some(address));
    }

    #[test]
    fn the_source_is_marked_where_it_differs_from_sent_by() {
        let mut via = read("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1").unwrap();
        via.mark_source("192.0.2.1:5061".parse().unwrap());
        assert_eq!(via.to_string(), "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1");

        via.mark_source("[::ffff:192.0.2.9]:5061".parse().unwrap());
        assert_eq!(via.to_string(), "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;received=192.0.2.9");
    }

    #[test]
    fn rport_is_filled_in_and_a_forged_received_replaced() {
        let mut via = read("SIP/2.0/UDP 192.0.2.1;rport;received=203.0.113.9;branch=z9hG4bK1").unwrap();
        via.mark_source("192.0.2.1:40000".parse().unwrap());

        assert_eq!(via.to_string(), "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;received=192.0.2.1;rport=40000");
    }

    #[test]
    fn torture_forms_are_refused() {
        for value in [
            "SIP/2.0/UDP 192.0.2.15;;,;,,",
            "SIP/7.0/UDP c.example.com",
            "SIP/2.0/UDP",
            "SIP/2.0 a",
            "HTTP/2.0/UDP a",
        ] {
            assert!(read(value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_built_via_reads_back() {
        let via = Via::new("TLS", Host::parse("um.example.com").unwrap(), Some(5061), "z9hG4bK77");

        assert_eq!(via.to_string(), "SIP/2.0/TLS um.example.com:5061;branch=z9hG4bK77");
        assert_eq!(Via::parse(&Bytes::from(via.to_string())), Ok(via));
    }
}
