use std::time::Instant;

use bytes::Bytes;
use sip_signaling::{
    Endpoint, EndpointConfig, EndpointOutput, FlowId, HeaderName, Message, Origin, Reply, StatusCode,
    Transport, Uri, UserEvent, UserKey, parse_datagram,
};

use crate::first_line;

/// An endpoint that one gateway talks to, over UDP.
pub(crate) struct Peer {
    pub(crate) endpoint: Endpoint,
    pub(crate) now: Instant,
    origin: Origin,
}

/// Who owns everything here.
pub(crate) const USER: UserKey = UserKey(7);

impl Peer {
    pub(crate) fn new() -> Self {
        let origin = Origin {
            flow: FlowId(1),
            transport: Transport::Udp,
            local: ([192, 0, 2, 1], 5060).into(),
            remote: ([192, 0, 2, 7], 5060).into(),
            peers: ["gw1".into()].into(),
        };
        Self {
            endpoint: Endpoint::new(EndpointConfig::new("um.example.com"), [9; 32]),
            now: Instant::now(),
            origin,
        }
    }

    /// What the endpoint puts out when the gateway sends this request. `lines` are header lines, each with its end.
    pub(crate) fn request(
        &mut self,
        method: &str,
        place: (u32, &str),
        lines: &[u8],
        body: &[u8],
    ) -> Vec<EndpointOutput> {
        let (cseq, tag) = place;
        let head = format!(
            "{method} sip:1001@um.example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK{method}{cseq};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:gw@192.0.2.7>;tag=peer\r\nTo: <sip:1001@um.example.com>{tag}\r\n\
             Call-ID: 1@192.0.2.7\r\nCSeq: {cseq} {method}\r\nContact: <sip:gw@192.0.2.7:5060>\r\nContent-Length: {}\r\n",
            body.len()
        );
        let message = [head.as_bytes(), lines, b"\r\n", body].concat();
        self.endpoint.handle_message(&self.origin, &Bytes::from(message), self.now);
        self.drain()
    }

    pub(crate) fn drain(&mut self) -> Vec<EndpointOutput> {
        std::iter::from_fn(|| self.endpoint.poll_output()).collect()
    }

    /// Lets every deadline pass within the next hour and a half; then nothing is under way.
    pub(crate) fn wait(&mut self) {
        for _ in 0..1000 {
            let Some(deadline) = self.endpoint.poll_timeout() else { break };
            self.now = deadline;
            self.endpoint.handle_timeout(deadline);
            self.drain();
        }
        assert_eq!(self.endpoint.transaction_count(), 0, "a transaction outlives every deadline");
    }
}

/// The messages among outputs, each of which our own parser reads.
pub(crate) fn sent(outputs: &[EndpointOutput]) -> Vec<Message> {
    outputs
        .iter()
        .filter_map(|output| match output {
            EndpointOutput::Transmit { bytes, .. } => {
                Some(parse_datagram(bytes).expect("what we send parses"))
            }
            _ => None,
        })
        .collect()
}

/// `;tag=..` of our side, from the one response among outputs.
pub(crate) fn own_tag(outputs: &[EndpointOutput]) -> String {
    let messages = sent(outputs);
    let Some(Message::Response(response)) = messages.first() else { panic!("a response: {messages:?}") };
    let to = response.headers.text(&HeaderName::To).expect("a To");
    let at = to.rfind(";tag=").expect("our tag");
    to.get(at..).expect("behind an ASCII character").to_owned()
}

/// A NOTIFY about our REFER inside a call: header lines up to an empty line, then the fragment. Every one is answered,
/// what is told of it stands in the fragment, and the call can be hung up afterwards.
pub fn referring(input: &[u8]) {
    let mut peer = Peer::new();
    let body = b"v=0\r\n";
    let outputs = peer.request("INVITE", (1, ""), b"Content-Type: application/sdp\r\n", body);
    let [EndpointOutput::Invite { transaction, .. }] = outputs.as_slice() else { panic!("{outputs:?}") };
    let transaction = *transaction;
    peer.endpoint.claim(transaction, USER);
    let reply = Reply::new(StatusCode::OK).body("application/sdp", &body[..]);
    let dialog = peer.endpoint.accept_invite(transaction, reply, peer.now).expect("the call is answered");
    let tag = own_tag(&peer.drain());
    peer.request("ACK", (1, &tag), b"", b"");
    let uri = |text: &str| Uri::parse(text).ok().and_then(|uri| uri.as_sip().cloned()).expect("a SIP URI");
    let (target, referrer) = (uri("sip:2001@192.0.2.7"), uri("sip:1001@um.example.com"));
    peer.endpoint.refer(dialog, &target, &referrer, peer.now).expect("the call is running");
    peer.drain();

    let (lines, fragment) = split_at_empty_line(input);
    let outputs = peer.request("NOTIFY", (2, &tag), lines, fragment);

    let told = outputs.iter().find_map(|output| match output {
        EndpointOutput::User { what: UserEvent::ReferNotified { status, .. }, .. } => Some(*status),
        _ => None,
    });
    if let Some(Some(status)) = told {
        let code = status.code().to_string();
        assert!((100..=699).contains(&status.code()));
        assert!(fragment.windows(3).any(|window| window == code.as_bytes()), "{code} is not in the fragment");
    }
    if told.is_some() {
        assert_eq!(sent(&outputs).len(), 1, "a NOTIFY that is told of is answered once");
    }
    peer.request("BYE", (3, &tag), b"", b"");
    peer.wait();
    assert_eq!(peer.endpoint.dialog_count(), 0);
}

/// Header lines with their ends, and what follows the first empty one.
fn split_at_empty_line(input: &[u8]) -> (&[u8], &[u8]) {
    let mut rest = input;
    let mut lines = 0;
    while !rest.is_empty() {
        let (line, behind) = first_line(rest);
        if line.trim_ascii().is_empty() {
            return (&input[..lines], behind);
        }
        lines += line.len() + 1;
        rest = behind;
    }
    (input, &[])
}
