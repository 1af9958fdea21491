use super::*;
use crate::SipError;

#[test]
fn options_is_handed_out_and_a_200_lists_what_we_can_do() {
    let mut rig = Rig::new();
    let seen = rig.receive(&udp(), &Script::new("OPTIONS", 1).text());
    let [Seen::Options(transaction)] = seen.as_slice() else { panic!("{seen:?}") };

    rig.endpoint.respond(*transaction, Reply::new(StatusCode::OK), rig.now).unwrap();

    let seen = rig.drain();
    let response = response_of(&seen);
    assert_eq!(header(response, HeaderName::Supported), "100rel, timer");
    assert_eq!(header(response, HeaderName::Accept), "application/sdp, multipart/mixed");
    assert_eq!(header(response, HeaderName::AcceptEncoding), "identity");
    assert_eq!(header(response, HeaderName::AcceptLanguage), "en");
    assert_eq!(header(response, HeaderName::Server), "um");
    assert!(header(response, HeaderName::Allow).starts_with("INVITE, ACK"));
}

#[test]
fn a_header_of_the_user_replaces_ours() {
    let mut rig = Rig::new();
    let seen = rig.receive(&udp(), &Script::new("OPTIONS", 1).text());
    let [Seen::Options(transaction)] = seen.as_slice() else { panic!("{seen:?}") };
    let reply = Reply::new(StatusCode::OK).phrase("Fine").header(HeaderName::AcceptLanguage, "de");

    rig.endpoint.respond(*transaction, reply, rig.now).unwrap();

    let seen = rig.drain();
    let response = response_of(&seen);
    assert_eq!(response.reason, "Fine");
    assert_eq!(response.headers.all(&HeaderName::AcceptLanguage).collect::<Vec<_>>(), ["de"]);
}

#[test]
fn a_refused_options_says_nothing_about_us() {
    let mut rig = Rig::new();
    let seen = rig.receive(&udp(), &Script::new("OPTIONS", 1).text());
    let [Seen::Options(transaction)] = seen.as_slice() else { panic!("{seen:?}") };

    rig.endpoint.respond(*transaction, Reply::new(StatusCode::FORBIDDEN), rig.now).unwrap();

    assert!(!response_of(&rig.drain()).headers.contains(&HeaderName::Allow));
}

#[test]
fn a_retransmitted_request_gets_its_answer_again_for_64_t1_on_udp() {
    let mut rig = Rig::new();
    let text = Script::new("OPTIONS", 1).text();
    let seen = rig.receive(&udp(), &text);
    let [Seen::Options(transaction)] = seen.as_slice() else { panic!("{seen:?}") };
    let transaction = *transaction;
    assert!(rig.receive(&udp(), &text).is_empty());
    rig.endpoint.respond(transaction, Reply::new(StatusCode::OK), rig.now).unwrap();
    rig.drain();

    let again = rig.receive(&udp(), &text);
    let twice = rig.endpoint.respond(transaction, Reply::new(StatusCode::FORBIDDEN), rig.now);
    rig.run_until(32_000);
    let late = rig.receive(&udp(), &text);

    assert_eq!(statuses(&again), [200]);
    assert!(matches!(twice, Err(SipError::FinalResponseAlreadySent(_))));
    assert!(matches!(late.as_slice(), [Seen::Options(_)]));
}

#[test]
fn a_response_goes_to_the_port_of_sent_by_unless_rport_asks_for_the_source() {
    let source = origin(Transport::Udp, "192.0.2.7:40123", &["gw1"]);
    for (via, remote) in [
        ("SIP/2.0/UDP gw.example.com:5070;branch=z9hG4bK1", "192.0.2.7:5070"),
        ("SIP/2.0/UDP gw.example.com;branch=z9hG4bK1", "192.0.2.7:5060"),
        ("SIP/2.0/UDP gw.example.com:5070;rport;branch=z9hG4bK1", "192.0.2.7:40123"),
    ] {
        let seen = Rig::new().receive(&source, &Script::new("REGISTER", 1).via(via).text());

        let [Seen::Response(response, sent_to)] = seen.as_slice() else { panic!("{seen:?}") };
        assert_eq!(*sent_to, remote.parse().unwrap());
        assert!(header(response, HeaderName::Via).contains(";received=192.0.2.7"));
    }
}

#[test]
fn the_same_seed_and_inputs_give_the_same_bytes() {
    let call = || {
        let mut rig = Rig::new();
        let (dialog, tag) = rig.running_call(&udp());
        rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();
        let bye = rig.drain();
        (tag, request_of(&bye).to_bytes())
    };

    assert_eq!(call(), call());
}

#[test]
fn control_characters_in_a_users_header_never_end_its_line() {
    let mut rig = Rig::new();
    let transaction = invite_of(&rig.receive(&udp(), &Script::invite().text()));
    let reply =
        Reply::new(StatusCode::NOT_FOUND).header(HeaderName::Warning, "399 um \"a\r\nX-Forged: yes\"");

    rig.endpoint.respond(transaction, reply, rig.now).unwrap();

    let seen = rig.drain();
    let response = response_of(&seen);
    assert!(!response.headers.contains(&HeaderName::from_text("X-Forged")));
}
