//! The answer that a reader gives itself when its queue for new requests is full: from a template, with nothing kept.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::net::SocketAddr;

use bytes::Bytes;

use super::own_address::reply_address;
use crate::{
    HeaderName, Message, Reason, RequestClass, RequestHead, ResponseBuilder, StatusCode, Transport, classify,
    parse_datagram,
};

/// To tag of these answers: there is no dialog behind them.
const TAG: &str = "shed";
/// Q.850: switching equipment congestion.
const CONGESTION: u16 = 42;
const WORDS: &str = "the server handles as many requests as it may: try again";

/// The `503` for a request that asks for something new and does not fit, and the address it goes to; without
/// `Retry-After`, which would turn a trunk away altogether (docs/security-modes.md section 6).
///
/// `None` for everything else: ACK and responses are never answered, what belongs to a call is repeated by its sender,
/// and a malformed message is not worth an answer under load.
pub fn shed_answer(message: &Bytes, transport: Transport, remote: SocketAddr) -> Option<(SocketAddr, Bytes)> {
    if classify(message) != RequestClass::New {
        return None;
    }
    let Ok(Message::Request(request)) = parse_datagram(message) else { return None };
    let head = RequestHead::read(&request).ok()?;
    let answer = ResponseBuilder::for_request(&request, StatusCode::SERVICE_UNAVAILABLE)
        .to_tag(TAG)
        .received_from(remote)
        .header(HeaderName::Reason, Reason::q850(CONGESTION, WORDS))
        .build();
    Some((reply_address(transport, remote, &head.via), answer.to_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shed(method: &str, to: &str, rport: &str) -> Option<(SocketAddr, String)> {
        let text = format!(
            "{method} sip:4001@um SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bK1{rport}\r\n\
             From: <sip:gw>;tag=a\r\nTo: {to}\r\nCall-ID: c\r\nCSeq: 1 {method}\r\nContent-Length: 0\r\n\r\n"
        );
        let remote = SocketAddr::from(([192, 0, 2, 7], 40_000));
        let (to, answer) = shed_answer(&Bytes::from(text), Transport::Udp, remote)?;
        Some((to, String::from_utf8(answer.to_vec()).unwrap()))
    }

    #[test]
    fn a_new_request_gets_503_with_cause_42_and_without_retry_after() {
        let (to, answer) = shed("INVITE", "<sip:um>", "").unwrap();

        assert_eq!(to.port(), 5070);
        assert!(answer.starts_with("SIP/2.0 503 Service Unavailable\r\n"), "{answer}");
        assert!(answer.contains("\r\nReason: Q.850;cause=42;text=\""), "{answer}");
        assert!(answer.contains("\r\nTo: <sip:um>;tag=shed\r\n"), "{answer}");
        assert!(!answer.contains("Retry-After"), "{answer}");
    }

    #[test]
    fn it_goes_to_the_source_port_if_rport_asks() {
        assert_eq!(shed("INVITE", "<sip:um>", ";rport").unwrap().0.port(), 40_000);
    }

    #[test]
    fn responses_acks_requests_of_calls_and_noise_get_none() {
        for (method, to) in [("ACK", "<sip:um>"), ("BYE", "<sip:um>"), ("INVITE", "<sip:um>;tag=x")] {
            assert_eq!(shed(method, to, ""), None, "{method}");
        }
        let remote = SocketAddr::from(([192, 0, 2, 7], 40_000));
        for noise in ["SIP/2.0 200 OK\r\n\r\n", "INVITE sip:um SIP/2.0\r\n\r\n", "\x16\x03\x01"] {
            assert_eq!(shed_answer(&Bytes::from(noise), Transport::Udp, remote), None, "{noise:?}");
        }
    }
}
