use bytes::Bytes;
use sip_signaling::{
    EventPackage, Expires, Frame, HeaderName, Message, Method, ParseFailure, Request, RequestHead,
    ResponseHead, StreamFramer, SubscriptionState, TypedHeader, Via, blank_secrets, classify,
    info_digit as read, parse_datagram,
};

use crate::first_line;

/// A longer body carries no key (`dtmf_info.rs`).
const LONGEST_KEY: usize = 256;

/// The body of an INFO, behind a line with its type: what is read stands there, as a character or as an event code.
pub fn info_digit(input: &[u8]) {
    let (media_type, body) = first_line(input);
    let mut request = Request::new(Method::Info, "sip:um@um.example.com".parse().expect("a SIP URI"));
    request.headers.push(HeaderName::ContentType, Bytes::copy_from_slice(media_type));
    request.body = Bytes::copy_from_slice(body);

    let Some(digit) = read(&request) else { return };

    assert!(body.len() <= LONGEST_KEY);
    let words = String::from_utf8_lossy(body).to_ascii_uppercase();
    let code = match digit.as_char() {
        '*' => "10",
        '#' => "11",
        'A' => "12",
        'B' => "13",
        'C' => "14",
        'D' => "15",
        _ => "nothing else",
    };
    assert!(words.contains(digit.as_char()) || words.contains(code), "{digit:?} is not in {words:?}");
}

/// A header value of events and subscriptions. What has a name has one without spaces, and a number is digits.
pub fn event_headers(input: &[u8]) {
    let value = Bytes::copy_from_slice(input);
    if let Ok(event) = EventPackage::parse(&value) {
        assert!(!event.name.is_empty() && event.name.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
        // Characters: each octet that is no UTF-8 becomes one of three octets.
        assert!(event.id.is_none_or(|id| id.chars().count() <= input.len()));
    }
    if let Ok(state) = SubscriptionState::parse(&value) {
        assert!(!state.state.is_empty());
        assert_eq!(state.is_terminated(), state.state.to_ascii_lowercase() == "terminated");
        let seconds = state.expires.map(|seconds| seconds.to_string()).unwrap_or_default();
        assert!(String::from_utf8_lossy(input).contains(&seconds));
        assert!(state.to_string().starts_with(state.state.as_str()));
    }
    if let Ok(Expires(seconds)) = Expires::parse(&value) {
        let digits = input.trim_ascii();
        let shown = seconds.to_string();
        assert!(digits.ends_with(shown.as_bytes()) || seconds == u32::MAX, "{seconds} of {digits:?}");
    }
}

/// A datagram, and the same bytes as a stream: what parses prints back, and the log gets no secret by a panic.
pub fn datagram(input: &[u8]) {
    let bytes = Bytes::copy_from_slice(input);
    let _ = (classify(&bytes), blank_secrets(input));
    match parse_datagram(&bytes) {
        Ok(message) => {
            let printed = message.to_bytes();
            let start = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n' | 0)).count();
            assert_eq!(printed, bytes.slice(start..start + printed.len()));
            let headers = match &message {
                Message::Request(request) => {
                    let _ = (RequestHead::read(request), request.sdp(), read(request));
                    &request.headers
                }
                Message::Response(response) => {
                    let _ = (ResponseHead::read(response), response.sdp());
                    &response.headers
                }
            };
            let _ = headers.read_all::<Via>().count();
            for header in headers {
                let _ = headers.name_addrs(header.name()).count();
            }
        }
        Err(ParseFailure::Answer { response_bytes, .. }) => {
            assert!(response_bytes.len() <= input.len() + 64);
            assert!(matches!(parse_datagram(&response_bytes), Ok(Message::Response(_))));
        }
        Err(ParseFailure::Drop { detail }) => assert!(detail.is_ascii()),
    }
    let mut framer = StreamFramer::new();
    for piece in input.chunks(7) {
        framer.push(piece);
        for frame in &mut framer {
            if let Frame::Message(message) = frame {
                assert!(message.len() <= input.len());
            }
        }
    }
}
