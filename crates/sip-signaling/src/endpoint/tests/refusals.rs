use super::*;

#[test]
fn strangers_are_handed_out_unanswered_and_leave_no_state() {
    let mut rig = Rig::new();
    let stranger = origin(Transport::Udp, "203.0.113.9:5060", &[]);

    for method in ["INVITE", "OPTIONS", "REGISTER", "BYE", "CANCEL", "FROBNICATE"] {
        let seen = rig.receive(&stranger, &Script::new(method, 1).text());
        assert!(matches!(seen.as_slice(), [Seen::Stranger]), "{method}: {seen:?}");
    }
    assert!(matches!(
        rig.receive(&stranger, &Script::new("BYE", 1).dialog_tag("x").text()).as_slice(),
        [Seen::Stranger]
    ));
    assert!(rig.receive(&stranger, &Script::new("ACK", 1).text()).is_empty());
    assert!(rig.receive(&stranger, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x\r\n\r\n").is_empty());
    assert_eq!(rig.endpoint.transaction_count(), 0);
    assert_eq!(rig.endpoint.poll_timeout(), None);
}

#[test]
fn malformed_request_of_a_stranger_is_handed_out_with_the_answer_of_rule_1() {
    let mut rig = Rig::new();
    let stranger = origin(Transport::Udp, "203.0.113.9:5060", &[]);
    let options = Script::new("OPTIONS", 1).text();

    for (text, start) in [
        (options.replace("CSeq: 1 OPTIONS", "CSeq: 1 BYE"), "SIP/2.0 400 CSeq Of Another Method\r\n"),
        (options.replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia"), "SIP/2.0 505 Version Not Supported\r\n"),
    ] {
        let seen = rig.receive(&stranger, &text);
        let [Seen::MalformedStranger(Some(answer))] = seen.as_slice() else { panic!("{seen:?}") };
        assert!(answer.starts_with(start.as_bytes()), "{answer:?}");
        assert!(answer.len() <= text.len() + 64);
    }
    let unreadable = rig.receive(&stranger, "INVITE sip:a SIP/2.0\r\n\r\n");
    assert!(matches!(unreadable.as_slice(), [Seen::MalformedStranger(None)]), "{unreadable:?}");
    assert_eq!(rig.endpoint.transaction_count(), 0);
}

#[test]
fn methods_that_are_not_served_get_405_with_allow_and_unknown_ones_501() {
    let mut rig = Rig::new();

    for (method, status) in [
        ("REGISTER", 405),
        ("PUBLISH", 405),
        ("MESSAGE", 405),
        ("REFER", 405),
        ("FROBNICATE", 501),
        ("invite", 501),
    ] {
        let seen = rig.receive(&udp(), &Script::new(method, 1).text());

        let response = response_of(&seen);
        assert_eq!(response.status.code(), status, "{method}");
        assert_eq!(
            header(response, HeaderName::Allow),
            "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, NOTIFY, SUBSCRIBE"
        );
    }
    assert_eq!(rig.endpoint.transaction_count(), 0);
}

#[test]
fn what_belongs_into_a_dialog_and_names_none_gets_481() {
    let mut rig = Rig::new();

    for method in ["BYE", "UPDATE", "INFO", "PRACK", "NOTIFY"] {
        assert_eq!(statuses(&rig.receive(&udp(), &Script::new(method, 1).text())), [481], "{method}");
    }
    assert!(rig.receive(&udp(), &Script::new("ACK", 1).text()).is_empty());
}

#[test]
fn a_request_uri_of_another_scheme_gets_416_and_sips_in_clear_480() {
    let mut rig = Rig::new();

    for (uri, status) in
        [("tel:+15551001", 416), ("soap.beep://192.0.2.103:3002", 416), ("sips:1001@um", 480)]
    {
        assert_eq!(statuses(&rig.receive(&udp(), &Script::invite().uri(uri).text())), [status], "{uri}");
    }
    let clear = rig.receive(&udp(), &Script::invite().uri("sips:1001@um").text());
    assert!(header(response_of(&clear), HeaderName::Warning).starts_with("380 um.example.com \""));
    invite_of(&rig.receive(&tls(), &Script::invite().uri("sips:1001@um").text()));
}

#[test]
fn a_merged_request_gets_482() {
    let mut rig = Rig::new();
    invite_of(&rig.receive(&udp(), &Script::invite().text()));

    let merged = rig.receive(&udp(), &Script::invite().branch("other-way").text());

    assert!(matches!(merged.first(), Some(Seen::Event("call-rejected"))));
    assert_eq!(statuses(&merged), [482]);
}

#[test]
fn unknown_extensions_get_420_with_exactly_those_in_unsupported() {
    let mut rig = Rig::new();

    let invite = Script::invite().header("Require: 100REL, nothingSupportsThis").header("Require: replaces");
    let seen = rig.receive(&udp(), &invite.text());

    let response = response_of(&seen);
    assert_eq!(response.status, StatusCode::BAD_EXTENSION);
    assert_eq!(header(response, HeaderName::Unsupported), "nothingSupportsThis, replaces");
    invite_of(&rig.receive(&udp(), &Script::invite().header("Require: 100rel").text()));
}

#[test]
fn a_body_that_nobody_reads_gets_415_with_accept_unless_it_is_optional() {
    let refused = |content: &str| {
        let invite = Script::new("INVITE", 1).header(content).body("x");
        let seen = Rig::new().receive(&udp(), &invite.text());
        match seen.as_slice() {
            [Seen::Invite(_)] => None,
            _ => {
                let response = response_of(&seen);
                assert_eq!(response.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
                Some((header(response, HeaderName::Accept), header(response, HeaderName::AcceptEncoding)))
            }
        }
    };
    let accept = Some(("application/sdp, multipart/mixed".to_owned(), String::new()));

    assert_eq!(refused("Content-Type: text/plain"), accept);
    assert_eq!(refused("Subject: no type"), accept);
    assert_eq!(refused("Content-Type: Application/SDP ; charset=utf-8"), None);
    assert_eq!(refused("c: multipart/mixed;boundary=\"b\""), None);
    assert_eq!(refused("Content-Type: text/plain\r\nContent-Disposition: render; handling = optional"), None);
    assert_eq!(
        refused("Content-Type: application/sdp\r\nContent-Encoding: gzip"),
        Some((String::new(), "identity".to_owned()))
    );
}

#[test]
fn the_rules_are_asked_in_their_order() {
    let mut rig = Rig::new();
    let bad = |method: &str| {
        Script::new(method, 1)
            .uri("tel:1")
            .header("Require: x")
            .header("Content-Type: text/plain")
            .body("x")
            .text()
    };

    assert_eq!(statuses(&rig.receive(&udp(), &bad("REGISTER"))), [405]);
    assert_eq!(statuses(&rig.receive(&udp(), &bad("INVITE"))), [416]);
    assert_eq!(statuses(&rig.receive(&udp(), &bad("INVITE").replace("tel:1", "sip:1@a"))), [420]);
}

#[test]
fn an_invite_without_contact_gets_400() {
    let mut rig = Rig::new();

    let seen = rig.receive(&udp(), &Script::new("INVITE", 1).only_headers("").text());

    assert_eq!(statuses(&seen), [400]);
}

#[test]
fn a_malformed_request_of_a_gateway_is_answered_and_told() {
    let mut rig = Rig::new();

    let contact = Script::new("INVITE", 1).only_headers("Contact: <sip:\r\n").text();
    let version = Script::new("OPTIONS", 1).text().replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia");
    let unreadable = rig.receive(&udp(), "OPTIONS sip:a SIP/2.0\r\n\r\n");

    for (text, status) in [(contact, 400), (version, 505)] {
        let seen = rig.receive(&udp(), &text);
        assert_eq!(statuses(&seen), [status]);
        assert!(matches!(seen.last(), Some(Seen::Event("malformed-message"))));
    }
    assert!(matches!(unreadable.as_slice(), [Seen::Event("malformed-message")]));
}

#[test]
fn a_refusal_is_the_same_for_a_retransmission() {
    let mut rig = Rig::new();
    let text = Script::new("REGISTER", 1).text();

    let first = rig.receive(&udp(), &text);
    let second = rig.receive(&udp(), &text);

    assert_eq!(response_of(&first), response_of(&second));
    assert_eq!(to_tag(response_of(&first)).len(), 16);
}

#[test]
fn max_forwards_of_zero_is_processed() {
    let mut rig = Rig::new();

    let zero = Script::invite().text().replace("Max-Forwards: 70", "Max-Forwards: 0");

    invite_of(&rig.receive(&udp(), &zero));
}
