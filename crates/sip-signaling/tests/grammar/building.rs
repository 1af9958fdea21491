//! Builders of responses and requests.

use bytes::Bytes;
use sip_signaling::{
    HeaderName, Host, Method, NameAddr, Reason, RequestBuilder, RequestHead, ResponseBuilder, SipUri,
    StatusCode, Uri, Via, Warning,
};

use crate::rig::request;

const INVITE: &str = "INVITE sip:1000@um.example.com SIP/2.0\r\n\
    v: SIP/2.0/UDP 10.0.0.9:5070;rport;branch=z9hG4bK1,\r\n SIP/2.0/TCP pbx.example.com;branch=z9hG4bK0\r\n\
    Via: SIP/2.0/TLS phone;branch=z9hG4bKp\r\nRecord-Route: <sip:p1;lr>\r\nRECORD-ROUTE: <sip:p2;lr>\r\n\
    From: \"Alice\" <sip:alice@pbx>;tag=a\r\nt: <sip:1000@um.example.com>\r\nCall-ID: c1@pbx\r\n\
    CSeq: 7 INVITE\r\nTimestamp: 54\r\nContact: <sip:pbx>\r\nUser-Agent: pbx\r\nContent-Length: 0\r\n\r\n";

#[test]
fn a_success_copies_what_makes_the_dialog() {
    let (invite, _) = request(&Bytes::from_static(INVITE.as_bytes()));

    let response = ResponseBuilder::for_request(&invite, StatusCode::OK)
        .to_tag("b")
        .received_from("192.0.2.7:40000".parse().unwrap())
        .header(HeaderName::Contact, "<sip:um.example.com:5061;transport=tls>")
        .body("application/sdp", "v=0\r\n")
        .build();

    assert_eq!(
        response.to_bytes(),
        "SIP/2.0 200 OK\r\n\
         Via: SIP/2.0/UDP 10.0.0.9:5070;branch=z9hG4bK1;received=192.0.2.7;rport=40000, \
         SIP/2.0/TCP pbx.example.com;branch=z9hG4bK0\r\n\
         Via: SIP/2.0/TLS phone;branch=z9hG4bKp\r\nRecord-Route: <sip:p1;lr>\r\nRECORD-ROUTE: <sip:p2;lr>\r\n\
         From: \"Alice\" <sip:alice@pbx>;tag=a\r\nTo: <sip:1000@um.example.com>;tag=b\r\nCall-ID: c1@pbx\r\n\
         CSeq: 7 INVITE\r\nTimestamp: 54\r\nContact: <sip:um.example.com:5061;transport=tls>\r\n\
         Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n"
    );
}

#[test]
fn a_refusal_names_cause_and_remedy_and_copies_no_route() {
    let (invite, _) = request(&Bytes::from_static(INVITE.as_bytes()));

    let words = "dial plan hq is Secured; this call came over UDP: point the gateway at port 5061";
    let response = ResponseBuilder::for_request(&invite, StatusCode::FORBIDDEN)
        .header(HeaderName::Warning, Warning::new(399, "um.example.com", words))
        .header(HeaderName::Reason, Reason::q850(21, words))
        .build();

    assert!(!response.headers.contains(&HeaderName::RecordRoute));
    assert_eq!(
        response.headers.text(&HeaderName::Warning).as_deref(),
        Some(
            "399 um.example.com \"dial plan hq is Secured; this call came over UDP: point the gateway at port 5061\""
        )
    );
    assert_eq!(response.headers.read::<Reason>().unwrap().unwrap().cause, Some(21));
}

#[test]
fn a_to_tag_of_the_request_stays() {
    let text = INVITE.replace("t: <sip:1000@um.example.com>", "t: <sip:1000@um.example.com>;tag=ours");
    let (invite, _) = request(&Bytes::from(text));

    let response = ResponseBuilder::for_request(&invite, StatusCode::OK).to_tag("other").build();

    assert_eq!(response.headers.get(&HeaderName::To).unwrap(), "<sip:1000@um.example.com>;tag=ours");
}

#[test]
fn a_phrase_of_ours_cannot_begin_a_header() {
    let (invite, _) = request(&Bytes::from_static(INVITE.as_bytes()));

    let response =
        ResponseBuilder::for_request(&invite, StatusCode::FORBIDDEN).reason("no\r\nVia: x").build();

    assert!(response.to_bytes().starts_with(b"SIP/2.0 403 no  Via: x\r\nv: "));
}

#[test]
fn a_request_of_ours_reads_back() {
    let uri = Uri::from(SipUri::new(Host::parse("pbx.example.com").unwrap()));
    let from = NameAddr::new(SipUri::new(Host::parse("um.example.com").unwrap()).with_user("vm").into())
        .with_param("tag", Some("t1"));

    let built = RequestBuilder::new(Method::Bye, uri.clone())
        .via(&Via::new("TLS", Host::parse("um.example.com").unwrap(), Some(5061), "z9hG4bKx"))
        .header(HeaderName::MaxForwards, "70")
        .address(HeaderName::From, &from)
        .address(HeaderName::To, &NameAddr::new(uri))
        .header(HeaderName::CallId, "c9")
        .cseq(3)
        .build();

    assert_eq!(
        built.to_bytes(),
        "BYE sip:pbx.example.com SIP/2.0\r\nVia: SIP/2.0/TLS um.example.com:5061;branch=z9hG4bKx\r\nMax-Forwards: 70\r\n\
         From: <sip:vm@um.example.com>;tag=t1\r\nTo: <sip:pbx.example.com>\r\nCall-ID: c9\r\nCSeq: 3 BYE\r\n\
         Content-Length: 0\r\n\r\n"
    );
    let head = RequestHead::read(&request(&built.to_bytes()).0).unwrap();
    assert_eq!((head.from.tag(), head.cseq.number), (Some("t1"), 3));
}
