//! The endpoint against a scripted peer on a virtual clock.

mod answers;
mod calls;
mod dialogs;
mod flows;
mod hanging_up;
mod limits;
mod own_notify;
mod own_options;
mod passed_over;
mod reaching;
mod referring;
mod refusals;
mod sequences;
mod session_timer;
mod subscriptions;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{
    Endpoint, EndpointConfig, EndpointOutput, FlowId, FlowOrder, Origin, Reply, Transport, UserEvent, UserKey,
};
use crate::{
    DialogId, EndCause, HeaderName, Message, Request, Response, StatusCode, TransactionId, parse_datagram,
};

const USER: UserKey = UserKey(7);
const SDP: &str = "v=0\r\n";

/// An endpoint, its clock, and what it has put out and nobody has looked at.
struct Rig {
    endpoint: Endpoint,
    start: Instant,
    now: Instant,
}

/// One output of the rig, in the words of the tests.
#[derive(Clone, Debug)]
enum Seen {
    Response(Response, SocketAddr),
    Request(Request, SocketAddr),
    Order(FlowOrder),
    Invite(TransactionId),
    Options(TransactionId),
    Subscribe(TransactionId),
    Stranger,
    /// With the answer it is to get, if any.
    MalformedStranger(Option<Bytes>),
    User(UserKey, UserEvent),
    Event(&'static str),
}

impl Rig {
    fn new() -> Self {
        Self::with(EndpointConfig::new("um.example.com"))
    }

    fn with(config: EndpointConfig) -> Self {
        let now = Instant::now();
        Self { endpoint: Endpoint::new(config, [9; 32]), start: now, now }
    }

    fn receive(&mut self, origin: &Origin, text: &str) -> Vec<Seen> {
        self.endpoint.handle_message(origin, &Bytes::copy_from_slice(text.as_bytes()), self.now);
        self.drain()
    }

    fn drain(&mut self) -> Vec<Seen> {
        std::iter::from_fn(|| self.endpoint.poll_output()).map(Seen::of).collect()
    }

    /// Runs every deadline up to `milliseconds` after the start; each output with its time.
    fn run_until(&mut self, milliseconds: u64) -> Vec<(u128, Seen)> {
        let end = self.start + Duration::from_millis(milliseconds);
        let mut seen = Vec::new();
        while let Some(deadline) = self.endpoint.poll_timeout().filter(|deadline| *deadline <= end) {
            self.now = deadline;
            self.endpoint.handle_timeout(deadline);
            let at = (deadline - self.start).as_millis();
            seen.extend(self.drain().into_iter().map(|output| (at, output)));
        }
        self.now = end;
        seen
    }

    /// A call that is answered 200 and not acknowledged; the dialog and our To tag.
    fn answered_call(&mut self, origin: &Origin, invite: &Script) -> (DialogId, String) {
        let transaction = invite_of(&self.receive(origin, &invite.text()));
        self.endpoint.claim(transaction, USER);
        let reply = Reply::new(StatusCode::OK).body("application/sdp", SDP);
        let dialog = self.endpoint.accept_invite(transaction, reply, self.now).unwrap();
        let tag = to_tag(response_of(&self.drain()));
        (dialog, tag)
    }

    /// A call that is answered and acknowledged.
    fn running_call(&mut self, origin: &Origin) -> (DialogId, String) {
        let (dialog, tag) = self.answered_call(origin, &Script::invite());
        self.receive(origin, &Script::new("ACK", 1).branch("ack1").dialog_tag(&tag).text());
        (dialog, tag)
    }
}

impl Seen {
    fn of(output: EndpointOutput) -> Self {
        match output {
            EndpointOutput::Transmit { remote, bytes, .. } => match parse_datagram(&bytes).unwrap() {
                Message::Request(request) => Self::Request(request, remote),
                Message::Response(response) => Self::Response(response, remote),
            },
            EndpointOutput::OpenFlow(order) => Self::Order(order),
            EndpointOutput::Stranger { .. } => Self::Stranger,
            EndpointOutput::MalformedStranger { answer, .. } => Self::MalformedStranger(answer),
            EndpointOutput::Event(event) => Self::Event(event.kind.name),
            EndpointOutput::Invite { transaction, .. } => Self::Invite(transaction),
            EndpointOutput::Options { transaction, .. } => Self::Options(transaction),
            EndpointOutput::Subscribe { transaction, .. } => Self::Subscribe(transaction),
            EndpointOutput::User { user, what } => Self::User(user, what),
        }
    }
}

/// A request of the peer.
#[derive(Clone)]
struct Script {
    method: String,
    uri: String,
    via: String,
    to_tag: String,
    call_id: String,
    from_tag: String,
    cseq: u32,
    headers: String,
    body: String,
}

impl Script {
    fn new(method: &str, cseq: u32) -> Self {
        Self {
            method: method.to_owned(),
            uri: "sip:1001@um.example.com".to_owned(),
            via: format!("SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK-{method}-{cseq};rport"),
            to_tag: String::new(),
            call_id: "call-1@192.0.2.7".to_owned(),
            from_tag: "peer-tag".to_owned(),
            cseq,
            headers: "Contact: <sip:gw@192.0.2.7:5060>\r\n".to_owned(),
            body: String::new(),
        }
    }

    fn invite() -> Self {
        Self::new("INVITE", 1).header("Content-Type: application/sdp").body(SDP)
    }

    fn branch(self, branch: &str) -> Self {
        self.via(&format!("SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK{branch};rport"))
    }

    fn via(mut self, via: &str) -> Self {
        self.via = via.to_owned();
        self
    }

    fn uri(mut self, uri: &str) -> Self {
        self.uri = uri.to_owned();
        self
    }

    fn dialog_tag(mut self, tag: &str) -> Self {
        self.to_tag = format!(";tag={tag}");
        self
    }

    fn call(mut self, call_id: &str) -> Self {
        self.call_id = call_id.to_owned();
        self.via = self.via.replace("z9hG4bK", &format!("z9hG4bK{call_id}"));
        self
    }

    fn header(mut self, line: &str) -> Self {
        self.headers.push_str(line);
        self.headers.push_str("\r\n");
        self
    }

    fn only_headers(mut self, lines: &str) -> Self {
        self.headers = lines.to_owned();
        self
    }

    fn body(mut self, body: &str) -> Self {
        self.body = body.to_owned();
        self
    }

    fn text(&self) -> String {
        let Self { method, uri, via, to_tag, call_id, from_tag, cseq, headers, body } = self;
        format!(
            "{method} {uri} SIP/2.0\r\nVia: {via}\r\nMax-Forwards: 70\r\nFrom: <sip:gw@192.0.2.7>;tag={from_tag}\r\n\
             To: <sip:1001@um.example.com>{to_tag}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n\
             {headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}

fn origin(transport: Transport, remote: &str, peers: &[&str]) -> Origin {
    let (flow, port) = match transport {
        Transport::Udp => (1, 5060),
        Transport::Tcp => (2, 5060),
        Transport::Tls => (3, 5061),
    };
    Origin {
        flow: FlowId(flow),
        transport,
        local: SocketAddr::new("192.0.2.1".parse().unwrap(), port),
        remote: remote.parse().unwrap(),
        peers: peers.iter().map(|peer| Arc::from(*peer)).collect(),
    }
}

fn udp() -> Origin {
    origin(Transport::Udp, "192.0.2.7:5060", &["gw1"])
}

fn tls() -> Origin {
    origin(Transport::Tls, "192.0.2.7:40000", &["gw1"])
}

fn response_of(seen: &[Seen]) -> &Response {
    let mut responses = seen.iter().filter_map(|seen| match seen {
        Seen::Response(response, _) => Some(response),
        _ => None,
    });
    let response = responses.next().expect("a response");
    assert!(responses.next().is_none(), "one response alone: {seen:?}");
    response
}

fn request_of(seen: &[Seen]) -> &Request {
    let request = seen.iter().find_map(|seen| match seen {
        Seen::Request(request, _) => Some(request),
        _ => None,
    });
    request.expect("a request of ours")
}

fn invite_of(seen: &[Seen]) -> TransactionId {
    let [Seen::Invite(transaction)] = seen else { panic!("an INVITE alone: {seen:?}") };
    *transaction
}

fn offer_of(seen: &[Seen]) -> TransactionId {
    let [Seen::User(USER, UserEvent::Offer { transaction, .. })] = seen else {
        panic!("an offer alone: {seen:?}")
    };
    *transaction
}

fn statuses(seen: &[Seen]) -> Vec<u16> {
    seen.iter()
        .filter_map(|seen| match seen {
            Seen::Response(response, _) => Some(response.status.code()),
            _ => None,
        })
        .collect()
}

/// Why each dialog ended of which the user was told.
fn ended(seen: &[Seen]) -> Vec<&EndCause> {
    seen.iter()
        .filter_map(|seen| match seen {
            Seen::User(USER, UserEvent::Ended { cause, .. }) => Some(cause),
            _ => None,
        })
        .collect()
}

/// When which start line was sent.
fn sent(seen: &[(u128, Seen)]) -> Vec<(u128, String)> {
    seen.iter()
        .filter_map(|(at, seen)| match seen {
            Seen::Response(response, _) => Some((*at, response.status.to_string())),
            Seen::Request(request, _) => Some((*at, request.method.to_string())),
            _ => None,
        })
        .collect()
}

fn header(response: &Response, name: HeaderName) -> String {
    response.headers.text(&name).map(|value| value.into_owned()).unwrap_or_default()
}

fn to_tag(response: &Response) -> String {
    header(response, HeaderName::To).rsplit_once(";tag=").map(|(_, tag)| tag.to_owned()).unwrap_or_default()
}

/// The peer's response to a request of ours.
fn answer_to(request: &Request, status: &str) -> String {
    let value = |name: HeaderName| request.headers.text(&name).unwrap().into_owned();
    format!(
        "SIP/2.0 {status}\r\nVia: {}\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {}\r\nContent-Length: 0\r\n\r\n",
        value(HeaderName::Via),
        value(HeaderName::From),
        value(HeaderName::To),
        value(HeaderName::CallId),
        value(HeaderName::CSeq),
    )
}
