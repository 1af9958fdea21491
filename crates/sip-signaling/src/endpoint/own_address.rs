use std::net::SocketAddr;

use super::{Origin, Path, Transport};
use crate::{Host, SipUri, Via};

/// The port of SIP where none is written (RFC 3261 19.1.2).
const SIP_PORT: u16 = 5060;

/// Our Contact for a request that came from `origin` (docs/security-modes.md 2a): the local address on clear transports,
/// the server's name on TLS, where `secure` makes it `sips:`, without `transport=tls` (RFC 5630 3.1.4).
pub(crate) fn contact(origin: &Origin, fqdn: &str, secure: bool) -> String {
    let uri = SipUri::new(own_host(origin.transport, origin.local, fqdn)).with_port(origin.local.port());
    let uri = match origin.transport {
        Transport::Udp => uri,
        Transport::Tcp => uri.with_param("transport", Some("tcp")),
        Transport::Tls if secure => uri.secured(),
        Transport::Tls => uri.with_param("transport", Some("tls")),
    };
    format!("<{uri}>")
}

/// The Via of a request of ours. On TLS it carries `alias`: we take requests on this connection (RFC 5923).
pub(crate) fn via(transport: Transport, local: SocketAddr, fqdn: &str, branch: &str) -> Via {
    let host = own_host(transport, local, fqdn);
    let mut via = Via::new(transport.via_token(), host, Some(local.port()), branch);
    match transport {
        Transport::Udp => via.params.push("rport", None),
        Transport::Tcp => {}
        Transport::Tls => via.params.push("alias", None),
    }
    via
}

/// The way of the response to a request: its connection, or for UDP the source address, with the source port if `rport`
/// asks for it, else the port of `sent-by` (RFC 3261 18.2.2, RFC 3581 4).
///
/// `maddr` and the host of `sent-by` are passed over: a response never goes where the request did not come from.
pub(crate) fn reply_path(origin: &Origin, via: &Via) -> Path {
    let remote = reply_address(origin.transport, origin.remote, via);
    Path { flow: origin.flow, remote, transport: origin.transport }
}

/// The address of [`reply_path`], for a request that came from `remote`.
pub(super) fn reply_address(transport: Transport, mut remote: SocketAddr, via: &Via) -> SocketAddr {
    match transport {
        Transport::Udp if !via.wants_rport() => remote.set_port(via.port.unwrap_or(SIP_PORT)),
        Transport::Udp | Transport::Tcp | Transport::Tls => {}
    }
    remote
}

/// What we call ourselves towards a peer: our address, or our name on TLS.
pub(crate) fn own_host(transport: Transport, local: SocketAddr, fqdn: &str) -> Host {
    let address = Host::from(local.ip().to_canonical());
    match transport {
        Transport::Udp | Transport::Tcp => address,
        Transport::Tls => Host::parse(fqdn).unwrap_or(address),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;
    use crate::{FlowId, TypedHeader};

    fn origin(transport: Transport, local: &str) -> Origin {
        Origin {
            flow: FlowId(1),
            transport,
            local: local.parse().unwrap(),
            remote: "192.0.2.7:40000".parse().unwrap(),
            peers: Arc::from([Arc::from("gw1")]),
        }
    }

    #[test]
    fn contact_shows_the_local_address_on_clear_transports_and_the_name_on_tls() {
        let name = "um.example.com";

        assert_eq!(contact(&origin(Transport::Udp, "192.0.2.1:5060"), name, false), "<sip:192.0.2.1:5060>");
        assert_eq!(
            contact(&origin(Transport::Tcp, "[::ffff:192.0.2.1]:5060"), name, false),
            "<sip:192.0.2.1:5060;transport=tcp>"
        );
        assert_eq!(
            contact(&origin(Transport::Udp, "[2001:db8::1]:5060"), name, false),
            "<sip:[2001:db8::1]:5060>"
        );
        assert_eq!(
            contact(&origin(Transport::Tls, "192.0.2.1:5061"), name, false),
            "<sip:um.example.com:5061;transport=tls>"
        );
        assert_eq!(
            contact(&origin(Transport::Tls, "192.0.2.1:5061"), name, true),
            "<sips:um.example.com:5061>"
        );
    }

    #[test]
    fn our_via_asks_for_rport_on_udp_and_offers_alias_on_tls() {
        let local = "192.0.2.1:5060".parse().unwrap();

        assert_eq!(
            via(Transport::Udp, local, "um.example.com", "z9hG4bK1").to_string(),
            "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport"
        );
        assert_eq!(
            via(Transport::Tls, local, "um.example.com", "z9hG4bK1").to_string(),
            "SIP/2.0/TLS um.example.com:5060;branch=z9hG4bK1;alias"
        );
    }

    #[test]
    fn a_udp_response_goes_to_the_source_port_only_if_rport_asks() {
        let source = origin(Transport::Udp, "192.0.2.1:5060");
        let remote = |value: &'static str| {
            reply_path(&source, &Via::parse(&Bytes::from_static(value.as_bytes())).unwrap())
                .remote
                .to_string()
        };

        assert_eq!(remote("SIP/2.0/UDP 10.0.0.1:5070;rport;branch=z9hG4bK1"), "192.0.2.7:40000");
        assert_eq!(remote("SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1"), "192.0.2.7:5070");
        assert_eq!(remote("SIP/2.0/UDP 10.0.0.1;maddr=198.51.100.9;branch=z9hG4bK1"), "192.0.2.7:5060");
    }
}
