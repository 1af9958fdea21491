use super::*;

fn within(method: &str, cseq: u32, tag: &str) -> Script {
    Script::new(method, cseq).dialog_tag(tag)
}

fn reinvite(cseq: u32, tag: &str) -> Script {
    within("INVITE", cseq, tag).header("Content-Type: application/sdp").body(SDP)
}

#[test]
fn a_bye_gets_200_and_ends_the_dialog_with_its_reason() {
    let mut rig = Rig::new();
    let (dialog, tag) = rig.running_call(&udp());

    let bye = within("BYE", 2, &tag).header("Reason: Q.850;cause=16;text=\"clear\"").text();
    let seen = rig.receive(&udp(), &bye);
    let again = rig.receive(&udp(), &bye);

    assert_eq!(statuses(&seen), [200]);
    let Some(Seen::User(USER, UserEvent::Ended { dialog: ended, cause })) = seen.last() else {
        panic!("{seen:?}")
    };
    assert_eq!(*ended, dialog);
    assert_eq!(*cause, EndCause::PeerBye { reason: Some("Q.850;cause=16;text=\"clear\"".to_owned()) });
    assert_eq!(statuses(&again), [200]);
    assert_eq!(again.len(), 1);
    assert_eq!(rig.endpoint.dialog_count(), 0);
}

#[test]
fn a_bye_before_the_ack_ends_the_repetition_of_the_200() {
    let mut rig = Rig::new();
    let (_, tag) = rig.answered_call(&udp(), &Script::invite());

    rig.receive(&udp(), &within("BYE", 2, &tag).text());

    assert_eq!(sent(&rig.run_until(60_000)), []);
    assert_eq!(rig.endpoint.transaction_count(), 0);
    assert_eq!(rig.endpoint.poll_timeout(), None);
}

#[test]
fn a_request_of_an_unknown_dialog_gets_481_and_an_ack_nothing() {
    let mut rig = Rig::new();
    let (_, tag) = rig.running_call(&udp());

    assert_eq!(statuses(&rig.receive(&udp(), &within("BYE", 2, "forged").text())), [481]);
    assert_eq!(statuses(&rig.receive(&udp(), &reinvite(2, "forged").text())), [481]);
    assert_eq!(statuses(&rig.receive(&udp(), &within("BYE", 2, &tag).call("other").text())), [481]);
    assert!(rig.receive(&udp(), &within("ACK", 1, "forged").text()).is_empty());
    assert_eq!(rig.endpoint.dialog_count(), 1);
}

#[test]
fn another_gateway_or_transport_class_gets_403_and_the_session_goes_on() {
    let mut rig = Rig::new();
    let (_, tag) = rig.running_call(&udp());

    for stranger in [origin(Transport::Udp, "192.0.2.8:5060", &["gw2"]), tls()] {
        let seen = rig.receive(&stranger, &within("BYE", 2, &tag).text());

        assert!(matches!(seen.first(), Some(Seen::Event("foreign-in-dialog"))));
        let response = response_of(&seen);
        assert_eq!(response.status, StatusCode::FORBIDDEN);
        assert!(header(response, HeaderName::Warning).starts_with("399 um.example.com \"this dialog"));
        assert!(header(response, HeaderName::Reason).starts_with("Q.850;cause=21;text="));
    }
    assert_eq!(rig.endpoint.dialog_count(), 1);
    assert_eq!(statuses(&rig.receive(&udp(), &within("BYE", 2, &tag).text())), [200]);
}

#[test]
fn a_gateway_with_several_addresses_serves_its_dialog_from_each() {
    let mut rig = Rig::new();
    let (_, tag) = rig.running_call(&udp());
    let second = origin(Transport::Tcp, "192.0.2.8:41000", &["gw9", "gw1"]);

    assert_eq!(statuses(&rig.receive(&second, &within("BYE", 2, &tag).text())), [200]);
}

#[test]
fn a_source_stays_known_to_its_running_dialog_and_to_nothing_else() {
    let mut rig = Rig::new();
    let (_, tag) = rig.running_call(&udp());
    let forgotten = origin(Transport::Udp, "192.0.2.7:5060", &[]);

    let new_call = rig.receive(&forgotten, &Script::invite().call("call-2").text());
    let bye = rig.receive(&forgotten, &within("BYE", 2, &tag).text());
    let late = rig.receive(&forgotten, &within("BYE", 3, &tag).text());

    assert!(matches!(new_call.as_slice(), [Seen::Stranger]));
    assert_eq!(statuses(&bye), [200]);
    assert!(matches!(late.as_slice(), [Seen::Stranger]));
}

#[test]
fn a_stale_cseq_gets_500_and_a_jump_is_taken() {
    let mut rig = Rig::new();
    let (_, tag) = rig.running_call(&udp());

    let jump = rig.receive(&udp(), &within("OPTIONS", 90, &tag).text());
    let stale = rig.receive(&udp(), &within("INFO", 89, &tag).text());
    let same = rig.receive(&udp(), &within("INFO", 90, &tag).text());

    assert!(matches!(jump.as_slice(), [Seen::Options(_)]));
    assert_eq!(statuses(&stale), [500]);
    assert_eq!(statuses(&same), [500]);
}

#[test]
fn a_reinvite_is_answered_by_the_user_and_its_200_repeated_until_the_ack() {
    let mut rig = Rig::new();
    let (dialog, tag) = rig.running_call(&udp());

    let offer = offer_of(&rig.receive(&udp(), &reinvite(2, &tag).text()));
    rig.endpoint.respond(offer, Reply::new(StatusCode::OK).body("application/sdp", SDP), rig.now).unwrap();
    let answer = rig.drain();
    let repeated = rig.run_until(1000);
    let acknowledged = rig.receive(&udp(), &within("ACK", 2, &tag).text());

    assert_eq!(header(response_of(&answer), HeaderName::Contact), "<sip:192.0.2.1:5060>");
    assert_eq!(to_tag(response_of(&answer)), tag);
    assert_eq!(sent(&repeated), [(500, "200".to_owned())]);
    assert!(matches!(
        acknowledged.as_slice(),
        [Seen::User(USER, UserEvent::Acknowledged { dialog: told, body: None })] if *told == dialog
    ));
    assert_eq!(sent(&rig.run_until(60_000)), []);
}

#[test]
fn a_refused_reinvite_leaves_the_session_and_its_target_as_they_were() {
    let mut rig = Rig::new();
    let (dialog, tag) = rig.running_call(&udp());
    let elsewhere = reinvite(2, &tag)
        .only_headers("Contact: <sip:elsewhere@192.0.2.99>\r\nContent-Type: application/sdp\r\n");
    let offer = offer_of(&rig.receive(&udp(), &elsewhere.text()));

    rig.endpoint.respond(offer, Reply::new(StatusCode::NOT_ACCEPTABLE_HERE), rig.now).unwrap();

    assert_eq!(statuses(&rig.drain()), [488]);
    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();
    assert_eq!(request_of(&rig.drain()).uri.as_str(), "sip:gw@192.0.2.7:5060");
}

#[test]
fn an_accepted_update_moves_the_remote_target() {
    let mut rig = Rig::new();
    let (dialog, tag) = rig.running_call(&udp());
    let update = within("UPDATE", 2, &tag).only_headers("Contact: <sip:gw@192.0.2.7:5090>\r\n");
    let offer = offer_of(&rig.receive(&udp(), &update.text()));

    rig.endpoint.respond(offer, Reply::new(StatusCode::OK), rig.now).unwrap();

    assert_eq!(header(response_of(&rig.drain()), HeaderName::Contact), "<sip:192.0.2.1:5060>");
    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();
    assert_eq!(request_of(&rig.drain()).uri.as_str(), "sip:gw@192.0.2.7:5090");
}

#[test]
fn a_second_offer_before_the_answer_gets_500_with_retry_after() {
    let mut rig = Rig::new();
    let (_, tag) = rig.running_call(&udp());
    let first = offer_of(&rig.receive(&udp(), &reinvite(2, &tag).text()));

    let second = rig.receive(&udp(), &reinvite(3, &tag).text());

    let response = response_of(&second);
    assert_eq!(response.status, StatusCode::SERVER_INTERNAL_ERROR);
    assert!(header(response, HeaderName::RetryAfter).parse::<u32>().unwrap() <= 10);
    rig.endpoint.respond(first, Reply::new(StatusCode::NOT_ACCEPTABLE_HERE), rig.now).unwrap();
    rig.drain();
    offer_of(&rig.receive(&udp(), &reinvite(4, &tag).text()));
}

#[test]
fn an_offer_while_ours_waits_for_its_answer_gets_491() {
    let mut rig = Rig::new();
    let (_, tag) = rig.answered_call(&udp(), &Script::new("INVITE", 1));

    let crossing = rig.receive(&udp(), &reinvite(2, &tag).text());

    assert_eq!(statuses(&crossing), [491]);
}

#[test]
fn a_reinvite_that_overtakes_the_ack_is_taken_and_counts_as_the_ack() {
    let mut rig = Rig::new();
    let (_, tag) = rig.answered_call(&udp(), &Script::invite());
    let offer = offer_of(&rig.receive(&udp(), &reinvite(2, &tag).text()));

    rig.endpoint.respond(offer, Reply::new(StatusCode::OK).body("application/sdp", SDP), rig.now).unwrap();

    let seen = rig.drain();
    assert_eq!(statuses(&seen), [200]);
    assert!(
        seen.iter().any(|seen| matches!(seen, Seen::User(USER, UserEvent::Acknowledged { body: None, .. })))
    );
    assert!(rig.receive(&udp(), &within("ACK", 1, &tag).text()).is_empty());
    assert_eq!(rig.receive(&udp(), &within("ACK", 2, &tag).text()).len(), 1);
}

#[test]
fn a_cancelled_reinvite_gets_487_and_the_session_goes_on() {
    let mut rig = Rig::new();
    let (_, tag) = rig.running_call(&udp());
    let offer = offer_of(&rig.receive(&udp(), &reinvite(2, &tag).text()));

    let seen = rig.receive(&udp(), &within("CANCEL", 2, &tag).branch("-INVITE-2").text());

    assert_eq!(statuses(&seen), [200, 487]);
    assert!(seen.iter().any(
        |seen| matches!(seen, Seen::User(USER, UserEvent::Cancelled { transaction }) if *transaction == offer)
    ));
    assert_eq!(rig.endpoint.dialog_count(), 1);
    rig.receive(&udp(), &within("ACK", 2, &tag).branch("-INVITE-2").text());
    offer_of(&rig.receive(&udp(), &reinvite(3, &tag).text()));
}

#[test]
fn a_bye_answers_the_waiting_reinvite_with_487() {
    let mut rig = Rig::new();
    let (_, tag) = rig.running_call(&udp());
    offer_of(&rig.receive(&udp(), &reinvite(2, &tag).text()));

    let seen = rig.receive(&udp(), &within("BYE", 3, &tag).text());

    assert_eq!(statuses(&seen), [200, 487]);
    assert!(matches!(seen.last(), Some(Seen::User(USER, UserEvent::Ended { .. }))));
}

#[test]
fn an_info_is_the_users_and_an_unanswered_one_is_forgotten_after_64_t1() {
    let mut rig = Rig::new();
    let (_, tag) = rig.running_call(&udp());

    let seen = rig.receive(&udp(), &within("INFO", 2, &tag).text());

    let [Seen::User(USER, UserEvent::Info { transaction, .. })] = seen.as_slice() else { panic!("{seen:?}") };
    rig.endpoint.respond(*transaction, Reply::new(StatusCode::OK), rig.now).unwrap();
    assert_eq!(statuses(&rig.drain()), [200]);
    rig.receive(&udp(), &within("INFO", 3, &tag).text());
    let later = rig.run_until(70_000);
    assert!(later.is_empty(), "{later:?}");
    assert_eq!(rig.endpoint.transaction_count(), 0);
}

#[test]
fn an_info_with_a_key_is_the_users_and_one_that_says_something_else_is_told_what_is_read() {
    let mut rig = Rig::new();
    let (_, tag) = rig.running_call(&udp());
    let digits = "Content-Type: application/dtmf-relay";
    let other = "Content-Type: text/plain";

    let relayed = rig.receive(&udp(), &within("INFO", 2, &tag).header(digits).body("Signal=1\r\n").text());
    let packaged = within("INFO", 3, &tag).header("Info-Package: dtmf").header(digits).body("Signal=1\r\n");
    let packaged = rig.receive(&udp(), &packaged.text());
    let unknown = rig.receive(&udp(), &within("INFO", 4, &tag).header(other).body("hello").text());
    let optional = within("INFO", 5, &tag).header(other).body("hello");
    let optional = optional.header("Content-Disposition: signal;handling=optional");
    let optional = rig.receive(&udp(), &optional.text());

    assert!(matches!(relayed.as_slice(), [Seen::User(USER, UserEvent::Info { .. })]));
    assert_eq!(response_of(&packaged).status.code(), 469);
    assert_eq!(response_of(&packaged).headers.get(&HeaderName::from_text("Recv-Info")).unwrap(), "");
    assert_eq!(response_of(&unknown).status.code(), 415);
    let accept = response_of(&unknown).headers.get(&HeaderName::Accept).unwrap();
    assert_eq!(accept, "application/dtmf-relay, application/dtmf");
    assert!(matches!(optional.as_slice(), [Seen::User(USER, UserEvent::Info { .. })]));
}

#[test]
fn options_in_a_dialog_is_answered_like_options_outside() {
    let mut rig = Rig::new();
    let (_, tag) = rig.running_call(&udp());

    let seen = rig.receive(&udp(), &within("OPTIONS", 2, &tag).text());

    let [Seen::Options(transaction)] = seen.as_slice() else { panic!("{seen:?}") };
    rig.endpoint.respond(*transaction, Reply::new(StatusCode::OK), rig.now).unwrap();
    assert_eq!(header(response_of(&rig.drain()), HeaderName::Accept), "application/sdp, multipart/mixed");
}

#[test]
fn methods_without_a_meaning_in_the_dialog_are_refused_and_count_in_its_order() {
    let mut rig = Rig::new();
    let (_, tag) = rig.running_call(&udp());

    for (cseq, method, status) in [
        (2, "REFER", 405),
        (3, "SUBSCRIBE", 481),
        (4, "FROBNICATE", 501),
        (5, "PRACK", 481),
        (6, "NOTIFY", 481),
    ] {
        let seen = rig.receive(&udp(), &within(method, cseq, &tag).text());

        assert_eq!(statuses(&seen), [status], "{method}");
    }
    assert_eq!(statuses(&rig.receive(&udp(), &within("BYE", 6, &tag).text())), [500]);
}

#[test]
fn an_unknown_extension_or_body_in_a_dialog_is_refused() {
    let mut rig = Rig::new();
    let (_, tag) = rig.running_call(&udp());

    let extension = rig.receive(&udp(), &reinvite(2, &tag).header("Require: precondition").text());
    let body = within("UPDATE", 3, &tag).header("Content-Type: text/plain").body("x");
    let body = rig.receive(&udp(), &body.text());

    assert_eq!(header(response_of(&extension), HeaderName::Unsupported), "precondition");
    assert_eq!(header(response_of(&body), HeaderName::Accept), "application/sdp, multipart/mixed");
}
