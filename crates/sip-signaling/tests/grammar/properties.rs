//! Mutations of the corpora: nothing panics, what parses prints back, and datagrams and streams agree on every length.

use bytes::Bytes;
use proptest::prelude::*;
use sip_signaling::{
    Diversion, Frame, HeaderName, HistoryInfo, Message, ParseFailure, RAck, Reason, RemotePartyId,
    RequestClass, RequestHead, ResponseBuilder, ResponseHead, SessionExpires, StatusCode, StreamFramer, Via,
    Warning, classify, parse_datagram,
};

use crate::rig::corpus;

/// What a mutation does at a place.
#[derive(Clone, Debug)]
enum Mutation {
    Replace(usize, u8),
    Insert(usize, Vec<u8>),
    Delete(usize, usize),
    Double(usize, usize),
    Cut(usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..6),
        prop::sample::select(vec![
            "\r\n",
            "\r",
            "\n",
            "\r\n ",
            "\r\n\r\n",
            ":",
            ";",
            ",",
            "\"",
            "\\",
            "<",
            ">",
            "@",
            "%",
            "%00",
            "[",
            "]",
            "=",
            "?",
            " ",
            "\t",
            "\0",
            "l: 5\r\n",
            "l:99999999999\r\n",
            "Content-Length: 3\r\n",
            ";tag=",
            "SIP/2.0",
            "Via:",
            "\u{e9}",
            ";;",
            "--",
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
    ];
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Replace(at, byte)),
        (any::<usize>(), piece).prop_map(|(at, piece)| Mutation::Insert(at, piece)),
        (any::<usize>(), 1..20usize).prop_map(|(at, length)| Mutation::Delete(at, length)),
        (any::<usize>(), 1..200usize).prop_map(|(at, length)| Mutation::Double(at, length)),
        any::<usize>().prop_map(Mutation::Cut),
    ]
}

fn mutated() -> impl Strategy<Value = Bytes> {
    let seeds: Vec<Bytes> =
        corpus("rfc4475").into_iter().chain(corpus("rfc5118")).map(|(_, bytes)| bytes).collect();
    (prop::sample::select(seeds), prop::collection::vec(mutation(), 0..6)).prop_map(|(seed, mutations)| {
        let mut bytes = seed.to_vec();
        for mutation in mutations {
            apply(&mut bytes, mutation);
        }
        Bytes::from(bytes)
    })
}

fn apply(bytes: &mut Vec<u8>, mutation: Mutation) {
    let end = bytes.len();
    if end == 0 {
        return;
    }
    match mutation {
        Mutation::Replace(at, byte) => bytes[at % end] = byte,
        Mutation::Insert(at, piece) => {
            let at = at % end;
            bytes.splice(at..at, piece);
        }
        Mutation::Delete(at, length) => {
            let at = at % end;
            bytes.drain(at..(at + length).min(end));
        }
        Mutation::Double(at, length) => {
            let at = at % end;
            let piece = bytes[at..(at + length).min(end)].to_vec();
            bytes.splice(at..at, piece);
        }
        Mutation::Cut(at) => bytes.truncate(at % end),
    }
}

/// Reads everything that can be read.
fn read_all(message: &Message) {
    let headers = match message {
        Message::Request(request) => {
            let _ =
                (RequestHead::read(request), request.sdp(), request.uri.user_decoded(), request.has_to_tag());
            let answer = ResponseBuilder::for_request(request, StatusCode::OK)
                .to_tag("t")
                .received_from(([192, 0, 2, 1], 9).into())
                .build();
            assert!(parse_datagram(&answer.to_bytes()).is_ok());
            &request.headers
        }
        Message::Response(response) => {
            let _ = (ResponseHead::read(response), response.sdp());
            &response.headers
        }
    };
    for header in headers {
        for address in headers.name_addrs(header.name()).filter_map(Result::ok) {
            let _ = (address.display(), address.to_string(), address.uri.param("x"));
        }
        let _ = headers.tokens(header.name()).count();
    }
    for via in headers.read_all::<Via>().filter_map(Result::ok) {
        let _ = (via.received(), via.to_string());
    }
    let _ = (headers.read_all::<Diversion>().count(), headers.read_all::<HistoryInfo>().count());
    let _ = (headers.read_all::<RemotePartyId>().count(), headers.read_all::<Reason>().count());
    let _ = (headers.read::<RAck>(), headers.read::<SessionExpires>(), headers.read_all::<Warning>().count());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_panics_and_what_parses_prints_back(bytes in mutated()) {
        let class = classify(&bytes);
        match parse_datagram(&bytes) {
            Ok(message) => {
                let printed = message.to_bytes();
                let start = bytes.len() - bytes.iter().skip_while(|byte| matches!(byte, b'\r' | b'\n' | 0)).count();
                prop_assert_eq!(&printed, &bytes.slice(start..start + printed.len()));
                prop_assert_eq!(parse_datagram(&printed), Ok(message.clone()));
                prop_assert_ne!(class, RequestClass::Unreadable);
                prop_assert_eq!(class == RequestClass::Response, matches!(message, Message::Response(_)));
                read_all(&message);
            }
            Err(ParseFailure::Answer { response_bytes, .. }) => {
                prop_assert!(response_bytes.len() <= bytes.len() + 64);
                prop_assert!(matches!(parse_datagram(&response_bytes), Ok(Message::Response(_))));
            }
            Err(ParseFailure::Drop { detail }) => prop_assert!(detail.is_ascii()),
        }
    }

    #[test]
    fn the_class_of_a_request_is_that_of_its_head(bytes in mutated()) {
        let Ok(Message::Request(request)) = parse_datagram(&bytes) else { return Ok(()) };
        let Ok(head) = RequestHead::read(&request) else { return Ok(()) };
        let follows = head.to.tag().is_some() || ["ACK", "CANCEL", "BYE", "PRACK"].contains(&request.method.as_str());
        let expected = if follows { RequestClass::InDialogOrFollowUp } else { RequestClass::New };

        prop_assert_eq!(classify(&bytes), expected);
    }

    #[test]
    fn a_frame_is_the_message_that_the_parser_sees(bytes in mutated(), step in 1..600usize) {
        let mut framer = StreamFramer::new();
        let mut frames = Vec::new();
        for piece in bytes.chunks(step) {
            framer.push(piece);
            frames.extend(&mut framer);
        }
        let mut whole = StreamFramer::new();
        whole.push(&bytes);
        prop_assert_eq!(&frames, &whole.collect::<Vec<_>>());
        for frame in frames {
            let Frame::Message(message) = frame else { continue };
            match parse_datagram(&message) {
                Ok(parsed) => prop_assert_eq!(parsed.to_bytes(), message),
                Err(failure) => prop_assert!(!failure.detail().contains("Content-Length"), "{}", failure),
            }
        }
    }

    #[test]
    fn a_datagram_with_a_length_is_the_first_frame_of_a_stream(bytes in mutated()) {
        let Ok(message) = parse_datagram(&bytes) else { return Ok(()) };
        let headers = match &message {
            Message::Request(request) => &request.headers,
            Message::Response(response) => &response.headers,
        };
        if !headers.contains(&HeaderName::ContentLength) || matches!(bytes[0], b'\r' | b'\n' | 0) {
            return Ok(());
        }
        let mut framer = StreamFramer::new();
        framer.push(&bytes);

        prop_assert_eq!(framer.next(), Some(Frame::Message(message.to_bytes())));
    }
}

/// `UM_PROPERTY_CASES` asks for more.
fn cases() -> u32 {
    std::env::var("UM_PROPERTY_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1000)
}
