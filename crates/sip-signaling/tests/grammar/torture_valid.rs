//! RFC 4475: what must be taken, with the right values.

use sip_signaling::{
    HeaderName, Host, Method, NameAddr, Text, TypedHeader, Uri, Via, parse_datagram, split_multipart,
};

use crate::rig::{Verdict, corpus, request, response, vector, verdict};

fn load(name: &str) -> bytes::Bytes {
    vector("rfc4475", &format!("{name}.dat"))
}

fn host(name: &str) -> Host {
    Host::parse(name).expect("a host")
}

#[test]
fn wsinv_has_its_values_in_spite_of_folds_and_spaces() {
    let (request, head) = request(&load("wsinv"));

    assert_eq!(request.method, Method::Invite);
    assert_eq!(request.uri.as_str(), "sip:vivekg@chair-dnrc.example.com;unknownparam");
    assert_eq!(request.uri.param("unknownparam").as_deref(), Some(""));
    assert_eq!(head.to.uri.as_str(), "sip:vivekg@chair-dnrc.example.com");
    assert_eq!(head.to.tag(), Some("1918181833n"));
    assert_eq!(head.from.display().as_deref(), Some("J Rosenberg \\\""));
    assert_eq!(head.from.tag(), Some("98asjd8"));
    assert_eq!(head.max_forwards, Some(68));
    assert_eq!(head.call_id, "wsinv.ndaksdj@192.0.2.1");
    assert_eq!((head.cseq.number, &head.cseq.method), (9, &Method::Invite));
    assert_eq!(request.headers.get(&HeaderName::Subject).map(|s| s.len()), Some(0));
    assert_eq!(
        request.headers.text(&HeaderName::from_text("NewFangledHeader")).as_deref(),
        Some("newfangled value continued newfangled value")
    );
    assert_eq!(request.body.len(), 150);
}

#[test]
fn wsinv_has_three_vias_over_two_lines() {
    let (request, head) = request(&load("wsinv"));

    let vias: Vec<Via> = request.headers.read_all().map(|via| via.expect("a Via")).collect();
    let facts: Vec<_> = vias.iter().map(|via| (via.transport.as_str(), via.branch())).collect();
    assert_eq!(
        facts,
        [("UDP", Some("390skdjuw")), ("TCP", Some("z9hG4bK9ikj8")), ("UDP", Some("z9hG4bK30239"))]
    );
    assert_eq!(vias[0], head.via);
    assert_eq!(head.via.unique_branch(), None);
    assert_eq!(vias[1].host, host("spindle.example.com"));
    assert_eq!(vias[2].host, host("192.168.255.111"));
}

#[test]
fn wsinv_has_its_route_and_contact() {
    let (request, head) = request(&load("wsinv"));

    let contact = head.contact.expect("a Contact");
    assert_eq!(contact.display().as_deref(), Some("Quoted string \"\""));
    assert_eq!(contact.uri.as_str(), "sip:jdrosen@example.com");
    assert_eq!(contact.param("newparam").as_deref(), Some("newvalue"));
    assert_eq!(contact.param("secondparam").as_deref(), Some(""));
    assert_eq!(contact.param("q").as_deref(), Some("0.33"));
    let routes: Vec<_> = request.headers.name_addrs(&HeaderName::Route).map(Result::unwrap).collect();
    assert_eq!(routes.len(), 1);
    assert_eq!(routes[0].uri.param("unknownwith").as_deref(), Some("value"));
    assert!(routes[0].uri.as_sip().expect("sip").is_loose_router());
}

#[test]
fn intmeth_has_every_odd_character() {
    let (request, head) = request(&load("intmeth"));

    let method = "!interesting-Method0123456789_*+`.%indeed'~";
    assert_eq!(request.method, Method::Other(Text::from(method)));
    assert_eq!(head.cseq.method.as_str(), method);
    assert_eq!(head.cseq.number, 139_122_385);
    let uri = request.uri.as_sip().expect("sip");
    assert_eq!(uri.user(), Some("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"));
    assert_eq!(uri.password(), Some("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"));
    assert_eq!(uri.host(), &host("example.com"));
    assert_eq!(head.via.branch(), Some("z9hG4bK-.!%66*_+`'~"));
    assert_eq!(head.to.display().as_deref(), Some("BEL:\u{7} NUL:\0 DEL:\u{7f}"));
    assert_eq!(
        head.to.uri.user_decoded().as_deref(),
        Some("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*")
    );
    assert_eq!(head.from.display().as_deref(), Some("token1~` token2'+_ token3*%!.-"));
    assert_eq!(head.from.param("fromParam''~+*_!.-%").as_deref(), Some("работающий"));
    assert_eq!(head.from.tag(), Some("_token~1'+`*%!-."));
    assert_eq!(head.call_id, "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
    assert_eq!(head.max_forwards, Some(255));
}

#[test]
fn esc01_keeps_escapes_and_resolves_them_once() {
    let (request, head) = request(&load("esc01"));

    let uri = request.uri.as_sip().expect("sip");
    assert_eq!(uri.user(), Some("sips%3Auser%40example.com"));
    assert_eq!(uri.user_decoded().as_deref(), Some("sips:user@example.com"));
    assert_eq!(uri.host(), &host("example.net"));
    assert_eq!(head.to.uri.user_decoded().as_deref(), Some("user"));
    assert_eq!(head.from.uri.user_decoded().as_deref(), Some("I have spaces"));
    let contact = head.contact.expect("a Contact");
    assert_eq!(contact.uri.as_str(), "sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31");
    assert_eq!(contact.uri.user_decoded().as_deref(), Some("caller"));
    assert_eq!(contact.uri.param("n%61me").as_deref(), Some("value%41"));
    assert!(!contact.uri.as_sip().expect("sip").is_loose_router());
    assert!(request.media_type().expect("a type").is("application/sdp"));
}

#[test]
fn escnull_has_users_of_nul() {
    let (request, head) = request(&load("escnull"));

    assert_eq!(head.to.uri.user_decoded().as_deref(), Some("null-\0-null"));
    let users: Vec<_> = request
        .headers
        .name_addrs(&HeaderName::Contact)
        .map(|contact| contact.unwrap().uri.user_decoded().unwrap())
        .collect();
    assert_eq!(users, ["\0", "\0\0"]);
}

#[test]
fn esc02_is_no_register_and_its_escaped_header_no_contact() {
    let (request, head) = request(&load("esc02"));

    assert_eq!(request.method.as_str(), "RE%47IST%45R");
    assert_ne!(request.method, Method::Register);
    assert_eq!(head.to.display().as_deref(), Some("%Z%45"));
    assert_eq!(head.via.branch(), Some("z9hG4bK209%fzsnel234"));
    assert_eq!(request.headers.all(&HeaderName::Contact).count(), 2);
    assert!(request.headers.contains(&HeaderName::from_text("c%6Fntact")));
}

#[test]
fn lwsdisp_has_a_name_close_to_its_bracket() {
    let (_, head) = request(&load("lwsdisp"));

    assert_eq!(head.from.display().as_deref(), Some("caller"));
    assert_eq!(head.from.tag(), Some("323"));
}

#[test]
fn longreq_has_all_its_vias_and_long_values() {
    let (request, head) = request(&load("longreq"));

    let vias: Vec<Via> = request.headers.read_all().map(|via| via.expect("a Via")).collect();
    assert_eq!(vias.len(), 34);
    assert_eq!(vias[0].host, host("sip33.example.com"));
    assert_eq!(vias[33].host, host("host.example.com"));
    assert_eq!(vias[33].received(), Some([192, 0, 2, 5].into()));
    assert_eq!(head.from.tag().map(str::len), Some(155));
    assert!(head.from.tag().is_some_and(|tag| tag.starts_with("12982982982")));
    assert_eq!(head.to.uri.as_sip().and_then(|uri| uri.port()), Some(6000));
    assert_eq!(head.cseq.number, 3_882_340);
    assert_eq!(request.body.len(), 150);
}

#[test]
fn dblreq_gives_the_first_request_alone() {
    let bytes = load("dblreq");
    let (first, head) = request(&bytes);

    assert_eq!(first.method, Method::Register);
    assert_eq!(head.call_id, "dblreq.0ha0isndaksdj99sdfafnl3lk233412");
    assert_eq!(first.body.len(), 0);
    let rest = bytes.slice(first.to_bytes().len()..);
    let (second, head) = request(&rest.slice(2..));
    assert_eq!(second.method, Method::Invite);
    assert_eq!(head.to.uri.user_decoded().as_deref(), Some("joe"));
    assert_eq!(second.body.len(), 150);
}

#[test]
fn semiuri_has_a_semicolon_in_its_user() {
    let (request, _) = request(&load("semiuri"));

    assert_eq!(request.uri.user_decoded().as_deref(), Some("user;par=u@example.net"));
    let accepted: Vec<_> = request.headers.values(&HeaderName::Accept).collect();
    assert_eq!(
        accepted,
        [
            "application/sdp",
            "application/pkcs7-mime",
            "multipart/mixed",
            "multipart/signed",
            "message/sip",
            "message/sipfrag"
        ]
    );
}

#[test]
fn transports_are_kept_also_unknown_ones() {
    let (request, _) = request(&load("transports"));

    let transports: Vec<_> = request.headers.read_all::<Via>().map(|via| via.unwrap().transport).collect();
    assert_eq!(transports, ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]);
}

#[test]
fn mpart01_has_a_text_and_a_binary_part() {
    let (request, head) = request(&load("mpart01"));

    assert!(head.via.wants_rport());
    assert_eq!(head.via.rport(), None);
    assert_eq!(head.call_id, "3d9485ad0c49859b@Zmx1ZmZ5LW1hYy0xNi5sb2NhbA..");
    assert_eq!(request.body.len(), 553);
    let parts = split_multipart(&request.body, "7a9cbec02ceef655");
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[0].content, "Hello");
    assert!(parts[1].media_type().expect("a type").is("application/octet-stream"));
    assert_eq!(parts[1].content.len(), 342);
    assert_eq!(parts[1].content.slice(..4), &b"0\x82\x01\x52"[..]);
    assert_eq!(request.sdp(), None);
}

#[test]
fn responses_with_odd_or_no_phrase_are_taken() {
    let (unreason, head) = response(&load("unreason"));
    assert_eq!(unreason.status.code(), 200);
    assert_eq!(String::from_utf8_lossy(&unreason.reason), "= 2**3 * 5**2 но сто девяносто девять - простое");
    assert_eq!(head.to.tag(), Some("2229"));

    let (noreason, head) = response(&load("noreason"));
    assert_eq!(noreason.status.code(), 100);
    assert_eq!(noreason.reason.len(), 0);
    assert_eq!(head.cseq.number, 35);
}

#[test]
fn what_only_an_application_can_refuse_is_well_formed() {
    let names = [
        "badbranch",
        "baddate",
        "bcast",
        "bext01",
        "cparam01",
        "cparam02",
        "inv2543",
        "invut",
        "novelsc",
        "regaut01",
        "regescrt",
        "sdp01",
        "unkscm",
        "unksm2",
        "zeromf",
    ];
    for name in names {
        assert_eq!(verdict(&load(name)), Verdict::Accepted, "{name}");
    }
}

#[test]
fn application_cases_have_their_values() {
    let (_, badbranch) = request(&load("badbranch"));
    assert_eq!((badbranch.via.branch(), badbranch.via.unique_branch()), (Some("z9hG4bK"), None));
    let (_, zeromf) = request(&load("zeromf"));
    assert_eq!(zeromf.max_forwards, Some(0));
    let (_, bext01) = request(&load("bext01"));
    assert_eq!(bext01.require, ["nothingSupportsThis", "nothingSupportsThisEither"]);
    let (unkscm, _) = request(&load("unkscm"));
    assert_eq!(unkscm.uri, Uri::Other(Text::from("nobodyKnowsThisScheme:totallyopaquecontent")));
    let (inv2543, head) = request(&load("inv2543"));
    assert_eq!((head.from.tag(), head.via.branch(), head.contact), (None, None, None));
    assert_eq!(head.record_routes.len(), 1);
    assert_eq!(inv2543.body.len(), 105);
    let (_, unksm2) = request(&load("unksm2"));
    assert_eq!(unksm2.to.uri.scheme(), "isbn");
    assert_eq!(unksm2.contact.map(|contact| contact.uri.to_string()).as_deref(), Some("name:John_Smith"));
}

#[test]
fn parameters_of_a_contact_belong_to_the_header_without_brackets() {
    let (_, outside) = request(&load("cparam01"));
    let (_, inside) = request(&load("cparam02"));

    let contact = outside.contact.expect("a Contact");
    assert_eq!((contact.params.has("unknownparam"), contact.uri.param("unknownparam")), (true, None));
    let contact = inside.contact.expect("a Contact");
    assert_eq!(
        (contact.params.has("unknownparam"), contact.uri.param("unknownparam").as_deref()),
        (false, Some(""))
    );
}

#[test]
fn regescrt_has_an_escaped_route_in_its_contact() {
    let (_, head) = request(&load("regescrt"));

    let contact: NameAddr = head.contact.expect("a Contact");
    assert_eq!(
        contact.uri.as_sip().and_then(|uri| uri.header("route")).as_deref(),
        Some("<sip:sip.example.com>")
    );
}

#[test]
fn every_message_that_parses_prints_back_as_it_came() {
    for (name, bytes) in corpus("rfc4475") {
        if let Ok(message) = parse_datagram(&bytes) {
            let printed = message.to_bytes();
            assert_eq!(printed, bytes.slice(..printed.len()), "{name}");
        }
    }
}

#[test]
fn via_reads_the_first_value_of_a_line_only() {
    assert!(Via::parse(&"SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b".into()).is_err());
}
