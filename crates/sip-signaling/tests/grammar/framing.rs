//! Streams: messages by Content-Length, keep-alives, and what breaks a stream.

use bytes::Bytes;
use sip_signaling::{Frame, Message, StreamFramer, parse_datagram};

fn message(extra: &str, body: &str) -> String {
    format!(
        "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP c;branch=z9hG4bK1\r\nFrom: <sip:x>;tag=1\r\nTo: <sip:a@b>\r\n\
         Call-ID: 1\r\nCSeq: 1 INVITE\r\n{extra}\r\n{body}"
    )
}

fn frames(bytes: &[u8]) -> Vec<Frame> {
    let mut framer = StreamFramer::new();
    framer.push(bytes);
    framer.collect()
}

/// The phrase of the 400 that a stream ends with; `None` if it ends without one.
fn broken_by(bytes: &[u8]) -> Option<String> {
    let last = frames(bytes).pop();
    let Some(Frame::Broken { answer, .. }) = last else { panic!("{last:?} is no end") };
    let answer = answer?;
    let Ok(Message::Response(response)) = parse_datagram(&answer) else { panic!("{answer:?}") };
    assert_eq!(response.status.code(), 400);
    Some(String::from_utf8_lossy(&response.reason).into_owned())
}

#[test]
fn octets_behind_a_body_that_is_longer_than_told_end_the_stream() {
    let mut framer = StreamFramer::new();
    framer.push(b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 1\r\n\r\n18/90000\r\n");
    assert!(matches!(framer.next(), Some(Frame::Message(_))));
    assert_eq!(framer.next(), None);

    framer.push(b"OPTIONS sip:b SIP/2.0\r\nContent-Length: 0\r\n\r\n");

    assert!(matches!(framer.next(), Some(Frame::Broken { answer: None, .. })));
}

#[test]
fn messages_come_out_whole_however_their_bytes_come_in() {
    let first = message("Content-Length: 5\r\n", "v=0\r\n");
    let second = message("l:\r\n  3\r\n", "abc");
    let third = message("Content-Length : 0\r\n", "");
    let stream = [first.as_str(), "\r\n", &second, &third].concat();
    let expected = [first, second, third].map(|message| Frame::Message(Bytes::from(message)));

    assert_eq!(frames(stream.as_bytes()), expected);
    for step in [1, 2, 3, 7, 100] {
        let mut framer = StreamFramer::new();
        let mut seen = Vec::new();
        for piece in stream.as_bytes().chunks(step) {
            framer.push(piece);
            seen.extend(&mut framer);
        }
        assert_eq!(seen, expected, "{step} bytes at a time");
        assert_eq!(framer.pending(), 0);
    }
}

#[test]
fn a_double_crlf_between_messages_is_a_keep_alive() {
    let message = message("l: 0\r\n", "");
    let stream = format!("\r\n\r\n{message}\r\n\r\n\r\n{message}");

    let frame = Frame::Message(Bytes::from(message));
    assert_eq!(frames(stream.as_bytes()), [Frame::KeepAlive, frame.clone(), Frame::KeepAlive, frame]);
}

#[test]
fn half_a_keep_alive_waits_for_the_other_half() {
    let mut framer = StreamFramer::new();
    for byte in [b"\r", b"\n", b"\r"] {
        framer.push(byte);
        assert_eq!(framer.next(), None);
    }
    framer.push(b"\n");

    assert_eq!(framer.next(), Some(Frame::KeepAlive));
    assert_eq!(framer.pending(), 0);
}

#[test]
fn a_length_that_cannot_be_trusted_is_answered_400_and_ends_the_stream() {
    let cases = [
        ("", "Content-Length Missing"),
        ("Content-Length: 5\r\nContent-Length: 13\r\n", "Several Content-Length"),
        ("Content-Length: 5\r\nl: 5\r\n", "Several Content-Length"),
        ("Content-Length: -1\r\n", "Bad Content-Length"),
        ("Content-Length: +1\r\n", "Bad Content-Length"),
        ("Content-Length: 5, 5\r\n", "Bad Content-Length"),
        ("Content-Length: 0x5\r\n", "Bad Content-Length"),
        ("Content-Length:\r\n", "Bad Content-Length"),
        ("Content-Length: 18446744073709551611\r\n", "Bad Content-Length"),
        ("Content-Length: 4294967295\r\n", "Content-Length Too Large"),
        ("Content-Length: 65537\r\n", "Content-Length Too Large"),
        ("Content-Length: 65500\r\n", "Message Too Large"),
    ];
    for (lines, phrase) in cases {
        assert_eq!(broken_by(message(lines, "12345").as_bytes()).as_deref(), Some(phrase), "{lines}");
    }
}

#[test]
fn nothing_comes_after_a_broken_frame() {
    let mut framer = StreamFramer::new();
    framer.push(message("", "").as_bytes());
    assert!(matches!(framer.next(), Some(Frame::Broken { .. })));
    framer.push(message("l: 0\r\n", "").as_bytes());

    assert_eq!(framer.next(), None);
    assert!(framer.is_broken());
    assert_eq!(framer.pending(), 0);
}

#[test]
fn what_is_no_sip_ends_the_stream_without_an_answer() {
    assert_eq!(broken_by(b"\x16\x03\x01\x02\x00\x01"), None);
    assert_eq!(broken_by(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), None);
    assert_eq!(broken_by(b"\r\rINVITE"), None);
    assert_eq!(broken_by(b"\r\n\rX"), None);
    assert_eq!(broken_by(b"\nINVITE"), None);
    assert_eq!(broken_by(&[b'A'; 8 * 1024 + 1]), None);
    assert_eq!(broken_by("SIP/2.0 200 OK\r\nVia: x\r\n\r\n".as_bytes()), None);
}

#[test]
fn headers_without_an_end_are_not_gathered_for_ever() {
    let mut framer = StreamFramer::new();
    let start = b"INVITE sip:a@b SIP/2.0\r\n";
    framer.push(start);
    let line = b"X: 0123456789012345678901234567890123456789012345678901234\r\n";
    let mut pushed = start.len();
    let last = loop {
        framer.push(line);
        pushed += line.len();
        if let Some(frame) = framer.next() {
            break frame;
        }
    };

    assert!(matches!(last, Frame::Broken { answer: None, .. }));
    assert!((65_536..65_600).contains(&pushed), "{pushed}");
}

#[test]
fn an_unknown_method_does_not_end_the_stream() {
    let message = message("l: 0\r\n", "").replace("INVITE", "FOO");

    assert_eq!(frames(message.as_bytes()), [Frame::Message(Bytes::from(message))]);
}
