//! What other SIP parsers were seen to get wrong.

use bytes::Bytes;
use sip_signaling::{
    Diversion, HeaderName, HistoryInfo, Host, Method, RAck, RSeq, Reason, RemotePartyId, SessionExpires,
    Text, Uri, Via, Warning, parse_datagram,
};

use crate::rig::{Verdict, request, response, verdict};

/// A request with the needed headers, `extra` lines and a body.
fn message(start: &str, extra: &str, body: &[u8]) -> Bytes {
    let method = start.split(' ').next().unwrap_or_default();
    let head = format!(
        "{start}\r\nVia: SIP/2.0/UDP gw.example.com;branch=z9hG4bK1\r\nFrom: <sip:gw.example.com>;tag=a\r\n\
         To: <sip:um.example.com>\r\nCall-ID: 1@gw\r\nCSeq: 1 {method}\r\n{extra}\r\n"
    );
    [head.as_bytes(), body].concat().into()
}

fn invite(extra: &str) -> Bytes {
    message("INVITE sip:1000@um.example.com SIP/2.0", extra, b"")
}

#[test]
fn compact_forms_are_their_headers() {
    let bytes = Bytes::from_static(
        b"INVITE sip:a@b SIP/2.0\r\nv: SIP/2.0/TCP c;branch=z9hG4bK1\r\nf: <sip:x@y>;tag=1\r\nt: <sip:a@b>\r\ni: 7\r\n\
          CSeq: 1 INVITE\r\nm: <sip:x@z>\r\nk: timer\r\nx: 1800\r\nc: application/sdp\r\nl: 5\r\n\r\nv=0\r\n",
    );
    let (request, head) = request(&bytes);

    assert_eq!(head.via.transport, "TCP");
    assert_eq!(head.call_id, "7");
    assert_eq!(head.contact.expect("a Contact").uri.as_str(), "sip:x@z");
    assert_eq!(head.supported, ["timer"]);
    assert_eq!(request.headers.read::<SessionExpires>().unwrap().unwrap().interval.as_secs(), 1800);
    assert_eq!(request.sdp().as_deref(), Some(&b"v=0\r\n"[..]));
}

#[test]
fn two_values_of_a_line_are_two() {
    let (request, head) = request(&invite(
        "Via: SIP/2.0/UDP a;branch=1 , SIP/2.0/UDP [2001:db8::1]:5070;branch=2\r\n\
         Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\n",
    ));

    assert_eq!(request.headers.read_all::<Via>().count(), 3);
    let last = request.headers.read_all::<Via>().last().unwrap().unwrap();
    assert_eq!((last.host, last.port), (Host::parse("[2001:db8::1]").unwrap(), Some(5070)));
    let routes: Vec<_> = head.record_routes.iter().map(|route| route.uri.to_string()).collect();
    assert_eq!(routes, ["sip:p1;lr", "sip:p2;lr"]);
}

#[test]
fn an_unknown_method_is_a_request() {
    let (request, _) = request(&message("FOO sip:x SIP/2.0", "", b""));

    assert_eq!(request.method, Method::Other(Text::from("FOO")));
}

#[test]
fn a_tel_request_uri_gives_its_number() {
    let (request, _) = request(&message("INVITE tel:+15551234;phone-context=x SIP/2.0", "", b""));

    assert_eq!(request.uri.user_decoded().as_deref(), Some("+15551234"));
}

#[test]
fn a_binary_body_prints_back_byte_for_byte() {
    let body: Vec<u8> = (0..=255).collect();
    let bytes = message("MESSAGE sip:x SIP/2.0", "Content-Length: 256\r\n", &body);
    let (request, _) = request(&bytes);

    assert_eq!(request.body, body);
    assert_eq!(request.to_bytes(), bytes);
}

#[test]
fn a_datagram_without_content_length_has_the_rest_as_body() {
    let (request, _) = request(&message("MESSAGE sip:x SIP/2.0", "", b"123456789"));

    assert_eq!(request.body, "123456789");
}

#[test]
fn bytes_after_the_content_length_are_ignored() {
    let (request, _) = request(&message("MESSAGE sip:x SIP/2.0", "Content-Length: 5\r\n", b"123456789"));

    assert_eq!(request.body, "12345");
}

#[test]
fn a_byte_that_is_no_utf8_spoils_its_header_only() {
    let mut bytes = invite("Subject: J?rg\r\nMax-Forwards: 70\r\n").to_vec();
    let at = bytes.windows(4).position(|window| window == b"J?rg").unwrap();
    bytes[at + 1] = 0xf6;
    let bytes = Bytes::from(bytes);
    let (request, head) = request(&bytes);

    assert_eq!(head.max_forwards, Some(70));
    assert_eq!(request.headers.get(&HeaderName::Subject).unwrap(), &b"J\xf6rg"[..]);
    assert_eq!(request.to_bytes(), bytes);
}

#[test]
fn a_response_without_phrase_and_space_is_taken() {
    let head = "Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\nf: <sip:a>;tag=1\r\nt: <sip:b>;tag=2\r\ni: 1\r\nCSeq: 1 BYE\r\n\r\n";
    for start in ["SIP/2.0 200\r\n", "SIP/2.0 200 \r\n", "sip/2.0 200 fine\r\n"] {
        let (response, _) = response(&Bytes::from(format!("{start}{head}")));
        assert_eq!(response.status.code(), 200);
    }
}

#[test]
fn uri_headers_and_odd_users_print_back() {
    for uri in
        ["sip:a@b;lr?X-Foo=1&Y=%20", "sip:+1555;phone-context=x@b", "sip:%61lice%40x@b:5070;user=phone"]
    {
        assert_eq!(Uri::parse(uri).unwrap().to_string(), uri);
    }
    let (request, _) = request(&message("INVITE SIP:A@B;x SIP/2.0", "", b""));
    assert_eq!(request.uri.as_str(), "SIP:A@B;x");
}

#[test]
fn headers_about_callers_are_typed() {
    let (request, _) = request(&invite(
        "Diversion : \"A, B\" <sip:2001@pbx>;reason=no-answer, <tel:+49301234>;reason=unconditional\r\n\
         History-Info: <sip:2001@pbx?Reason=SIP%3Bcause%3D486>;index=1, <sip:vm@um;target=sip:2001%40pbx;cause=486>;index=1.1\r\n\
         P-Asserted-Identity: \"Alice\" <sip:alice@pbx>,\r\n <tel:+49301111>\r\n\
         Remote-Party-ID: <sip:alice@pbx>;party=called;privacy=off\r\nPrivacy: id;critical\r\n\
         Reason: Q.850;cause=16;text=\"normal\"\r\nRAck: 1 2 INVITE\r\nRSeq: 7\r\nWarning: 399 gw \"text\"\r\n",
    ));
    let headers = &request.headers;

    let diverted: Vec<_> =
        headers.read_all::<Diversion>().map(|d| d.unwrap().address.uri.user_decoded()).collect();
    assert_eq!(diverted, [Some("2001".to_owned()), Some("+49301234".to_owned())]);
    let history: Vec<_> = headers.read_all::<HistoryInfo>().map(Result::unwrap).collect();
    assert_eq!(history[0].reason.as_ref().and_then(|reason| reason.cause), Some(486));
    assert_eq!(history[1].index, [1, 1]);
    assert_eq!(history[1].address.uri.param("target").as_deref(), Some("sip:2001@pbx"));
    let asserted: Vec<_> =
        headers.name_addrs(&HeaderName::PAssertedIdentity).map(|id| id.unwrap().uri.to_string()).collect();
    assert_eq!(asserted, ["sip:alice@pbx", "tel:+49301111"]);
    assert!(!headers.read::<RemotePartyId>().unwrap().unwrap().is_private);
    assert!(headers.read::<sip_signaling::Privacy>().unwrap().unwrap().withholds_identity());
    assert_eq!(headers.read::<Reason>().unwrap().unwrap().text.as_deref(), Some("normal"));
    assert_eq!(headers.read::<RAck>().unwrap().unwrap().to_string(), "1 2 INVITE");
    assert_eq!(headers.read::<RSeq>().unwrap(), Some(RSeq(7)));
    assert_eq!(headers.read::<Warning>().unwrap().unwrap().code, 399);
}

#[test]
fn spellings_of_a_header_are_one_header() {
    for line in [
        "Diversion: <sip:1@x>",
        "diversion :<sip:1@x>",
        "DIVERSION\t: \r\n <sip:1@x>",
        "Diversion:\t<sip:1@x>\t",
    ] {
        let (request, _) = request(&invite(&format!("{line}\r\n")));
        assert_eq!(request.headers.read_all::<Diversion>().count(), 1, "{line}");
    }
}

#[test]
fn other_malformed_headers_are_passed_over_and_named() {
    let (request, head) = request(&invite(
        "Max-Forwards: many\r\nSupported: timer, no token\r\nP-Asserted-Identity: \"open\r\nno colon\r\nRecord-Route: <x\r\n",
    ));

    assert_eq!(head.supported, ["timer"]);
    assert_eq!(
        head.passed_over,
        [HeaderName::MaxForwards, HeaderName::Supported, HeaderName::Malformed, HeaderName::RecordRoute]
    );
    assert!(request.headers.name_addrs(&HeaderName::PAssertedIdentity).all(|id| id.is_err()));
}

#[test]
fn a_malformed_contact_or_require_counts_only_where_it_is_needed() {
    let with = |start: &str, extra: &str| verdict(&message(start, extra, b""));

    assert_eq!(with("INVITE sip:x SIP/2.0", "Contact: <sip:\r\n"), Verdict::Answered(400, "Bad Contact"));
    assert_eq!(with("BYE sip:x SIP/2.0", "Contact: <sip:\r\n"), Verdict::Accepted);
    assert_eq!(with("ACK sip:x SIP/2.0", "Contact: <sip:\r\nRequire: a b\r\n"), Verdict::Accepted);
    assert_eq!(with("INVITE sip:x SIP/2.0", "Require: a b\r\n"), Verdict::Answered(400, "Bad Require"));
    assert_eq!(with("REGISTER sip:x SIP/2.0", "Contact: *\r\n"), Verdict::Accepted);
}

#[test]
fn an_ack_is_never_answered() {
    assert_eq!(verdict(&message("ACK sip:x SIP/2.0", "CSeq: 2 ACK\r\n", b"")), Verdict::Dropped);
    assert_eq!(verdict(&message("ACK <sip:x> SIP/2.0", "", b"")), Verdict::Dropped);
    assert_eq!(verdict(&message("ACK sip:x SIP/2.0", "Content-Length: 9\r\n", b"")), Verdict::Dropped);
}

#[test]
fn noise_is_dropped() {
    for noise in [
        "",
        "\r\n\r\n",
        "\0\0",
        "hello",
        "GET / HTTP/1.1\r\n\r\n",
        "INVITE sip:x\r\n\r\n",
        "\u{16}\u{3}\u{1}",
    ] {
        assert_eq!(verdict(&Bytes::from(noise)), Verdict::Dropped, "{noise:?}");
    }
}

#[test]
fn a_line_end_that_is_not_crlf_is_refused() {
    let good = invite("Subject: one\r\nPriority: two\r\n");
    let text = String::from_utf8(good.to_vec()).unwrap();

    for (from, to) in [("one\r\n", "one\n"), ("one\r\n", "one\r"), ("one\r\n", "o\nne\r\n")] {
        assert_eq!(verdict(&text.replace(from, to).into()), Verdict::Answered(400, "Bad Line End"), "{to:?}");
    }
    assert_eq!(verdict(&text.replace("\r\n", "\n").into()), Verdict::Dropped);
    assert_eq!(verdict(&text.trim_end().to_owned().into()), Verdict::Answered(400, "Bad Line End"));
    assert_eq!(
        verdict(&text.strip_suffix("\r\n").unwrap().to_owned().into()),
        Verdict::Answered(400, "Bad Line End")
    );
}

#[test]
fn empty_lines_before_a_message_are_ignored() {
    let bytes = [b"\r\n\r\n", invite("").as_ref()].concat();

    assert!(parse_datagram(&bytes.into()).is_ok());
}

#[test]
fn an_answer_repeats_the_lines_of_its_request_and_has_a_steady_to_tag() {
    let bytes = message("INVITE sip:x SIP/2.0", "Via: SIP/2.0/UDP next\r\nContent-Length: nine\r\n", b"");
    let Err(sip_signaling::ParseFailure::Answer { response_bytes, detail, .. }) = parse_datagram(&bytes)
    else {
        panic!("an answer")
    };

    assert_eq!(
        response_bytes,
        "SIP/2.0 400 Bad Content-Length\r\nVia: SIP/2.0/UDP gw.example.com;branch=z9hG4bK1\r\nVia: SIP/2.0/UDP next\r\n\
         From: <sip:gw.example.com>;tag=a\r\nTo: <sip:um.example.com>;tag=cc10831a\r\nCall-ID: 1@gw\r\nCSeq: 1 INVITE\r\n\
         l: 0\r\n\r\n"
    );
    assert_eq!(detail, "Bad Content-Length: `nine`");
}
