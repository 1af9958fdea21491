use super::*;
use crate::SipError;

#[test]
fn an_invite_is_handed_out_and_gets_100_after_200_ms() {
    let mut rig = Rig::new();

    invite_of(&rig.receive(&udp(), &Script::invite().text()));
    let seen = rig.run_until(1000);

    assert_eq!(sent(&seen), [(200, "100".to_owned())]);
    let Seen::Response(trying, remote) = &seen[0].1 else { panic!("a response") };
    assert_eq!(header(trying, HeaderName::To), "<sip:1001@um.example.com>");
    assert_eq!(*remote, "192.0.2.7:5060".parse().unwrap());
}

#[test]
fn an_answer_within_200_ms_needs_no_100() {
    let mut rig = Rig::new();
    rig.answered_call(&udp(), &Script::invite());

    let seen = rig.run_until(400);

    assert_eq!(sent(&seen), []);
}

#[test]
fn a_200_carries_contact_allow_supported_and_a_tag() {
    let mut rig = Rig::new();
    let transaction = invite_of(&rig.receive(&udp(), &Script::invite().text()));
    rig.endpoint.claim(transaction, USER);

    rig.endpoint.accept_invite(transaction, Reply::new(StatusCode::OK), rig.now).unwrap();

    let seen = rig.drain();
    let response = response_of(&seen);
    assert_eq!(header(response, HeaderName::Contact), "<sip:192.0.2.1:5060>");
    assert_eq!(
        header(response, HeaderName::Allow),
        "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, NOTIFY, SUBSCRIBE"
    );
    assert_eq!(header(response, HeaderName::Supported), "100rel, timer");
    assert_eq!(to_tag(response).len(), 16);
    assert_eq!(
        header(response, HeaderName::Via),
        "SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK-INVITE-1;received=192.0.2.7;rport=5060"
    );
    assert_eq!(rig.endpoint.dialog_count(), 1);
}

#[test]
fn record_route_is_given_back_in_the_200() {
    let mut rig = Rig::new();
    let invite = Script::invite().header("Record-Route: <sip:p2.example.com;lr>, <sip:p1.example.com;lr>");
    let transaction = invite_of(&rig.receive(&udp(), &invite.text()));
    rig.endpoint.claim(transaction, USER);

    rig.endpoint.accept_invite(transaction, Reply::new(StatusCode::OK), rig.now).unwrap();

    assert_eq!(
        header(response_of(&rig.drain()), HeaderName::RecordRoute),
        "<sip:p2.example.com;lr>, <sip:p1.example.com;lr>"
    );
}

#[test]
fn contact_on_tls_is_the_servers_name_and_sips_for_a_sips_call() {
    for (uri, contact) in [
        ("sip:1001@um.example.com", "<sip:um.example.com:5061;transport=tls>"),
        ("sips:1001@um.example.com", "<sips:um.example.com:5061>"),
    ] {
        let mut rig = Rig::new();
        let transaction = invite_of(&rig.receive(&tls(), &Script::invite().uri(uri).text()));
        rig.endpoint.claim(transaction, USER);

        rig.endpoint.accept_invite(transaction, Reply::new(StatusCode::OK), rig.now).unwrap();

        assert_eq!(header(response_of(&rig.drain()), HeaderName::Contact), contact);
    }
}

#[test]
fn a_retransmitted_invite_is_no_second_call_and_gets_the_last_provisional_response() {
    let mut rig = Rig::new();
    invite_of(&rig.receive(&udp(), &Script::invite().text()));
    rig.run_until(200);

    let seen = rig.receive(&udp(), &Script::invite().text());

    assert_eq!(statuses(&seen), [100]);
    assert_eq!(seen.len(), 1);
}

#[test]
fn a_refused_invite_is_repeated_until_its_ack() {
    let mut rig = Rig::new();
    let transaction = invite_of(&rig.receive(&udp(), &Script::invite().text()));
    rig.endpoint.respond(transaction, Reply::new(StatusCode::BUSY_HERE), rig.now).unwrap();
    let tag = to_tag(response_of(&rig.drain()));

    let before = rig.run_until(2000);
    rig.receive(&udp(), &Script::new("ACK", 1).branch("-INVITE-1").dialog_tag(&tag).text());
    let after = rig.run_until(60_000);

    assert_eq!(sent(&before), [(500, "486".to_owned()), (1500, "486".to_owned())]);
    assert_eq!(sent(&after), []);
    assert_eq!(rig.endpoint.transaction_count(), 0);
}

#[test]
fn an_ack_of_an_rfc_2543_peer_without_branch_finds_its_invite() {
    let mut rig = Rig::new();
    let old = |script: Script| script.via("SIP/2.0/UDP 192.0.2.7:5060");
    let transaction = invite_of(&rig.receive(&udp(), &old(Script::invite()).text()));
    rig.endpoint.respond(transaction, Reply::new(StatusCode::BUSY_HERE), rig.now).unwrap();
    let tag = to_tag(response_of(&rig.drain()));

    let again = rig.receive(&udp(), &old(Script::invite()).text());
    rig.receive(&udp(), &old(Script::new("ACK", 1)).dialog_tag(&tag).text());

    assert_eq!(statuses(&again), [486]);
    assert_eq!(sent(&rig.run_until(60_000)), []);
}

#[test]
fn a_cancel_of_an_rfc_2543_peer_finds_its_invite() {
    let mut rig = Rig::new();
    let via = "SIP/2.0/UDP 192.0.2.7:5060;branch=1";
    invite_of(&rig.receive(&udp(), &Script::invite().via(via).text()));

    let seen = rig.receive(&udp(), &Script::new("CANCEL", 1).via(via).text());

    assert_eq!(statuses(&seen), [200, 487]);
}

#[test]
fn a_cancel_gets_200_and_its_invite_487_with_the_same_tag() {
    let mut rig = Rig::new();
    let transaction = invite_of(&rig.receive(&udp(), &Script::invite().text()));
    rig.endpoint.claim(transaction, USER);
    let cancel = Script::new("CANCEL", 1).branch("-INVITE-1").text();

    let seen = rig.receive(&udp(), &cancel);

    let [
        Seen::Response(to_cancel, _),
        Seen::User(USER, UserEvent::Cancelled { transaction: cancelled }),
        Seen::Response(to_invite, _),
    ] = seen.as_slice()
    else {
        panic!("{seen:?}")
    };
    assert_eq!(
        (to_cancel.status, header(to_cancel, HeaderName::CSeq)),
        (StatusCode::OK, "1 CANCEL".to_owned())
    );
    assert_eq!(
        (to_invite.status, header(to_invite, HeaderName::CSeq)),
        (StatusCode::REQUEST_TERMINATED, "1 INVITE".to_owned())
    );
    assert_eq!(to_tag(to_cancel), to_tag(to_invite));
    assert_eq!(*cancelled, transaction);
    assert_eq!(
        rig.endpoint.respond(transaction, Reply::new(StatusCode::OK), rig.now),
        Err(SipError::MakesADialog { status: StatusCode::OK })
    );
    assert_eq!(statuses(&rig.receive(&udp(), &cancel)), [200]);
}

#[test]
fn a_cancel_after_the_answer_changes_nothing() {
    let mut rig = Rig::new();
    rig.answered_call(&udp(), &Script::invite());

    let seen = rig.receive(&udp(), &Script::new("CANCEL", 1).branch("-INVITE-1").text());

    assert_eq!(statuses(&seen), [200]);
    assert_eq!(seen.len(), 1);
    assert_eq!(rig.endpoint.dialog_count(), 1);
}

#[test]
fn a_cancel_of_nothing_and_of_another_address_gets_481() {
    let mut rig = Rig::new();
    invite_of(&rig.receive(&udp(), &Script::invite().text()));
    let other = origin(Transport::Udp, "192.0.2.8:5060", &["gw2"]);

    let of_nothing = rig.receive(&udp(), &Script::new("CANCEL", 1).branch("other").text());
    let of_another = rig.receive(&other, &Script::new("CANCEL", 1).branch("-INVITE-1").text());

    assert_eq!(statuses(&of_nothing), [481]);
    assert_eq!(statuses(&of_another), [481]);
}

#[test]
fn a_2xx_needs_accept_invite_and_an_owner() {
    let mut rig = Rig::new();
    let transaction = invite_of(&rig.receive(&udp(), &Script::invite().text()));
    let now = rig.now;

    let accepted = |rig: &mut Rig, status| rig.endpoint.accept_invite(transaction, Reply::new(status), now);

    assert_eq!(accepted(&mut rig, StatusCode::OK), Err(SipError::Unclaimed));
    assert_eq!(
        accepted(&mut rig, StatusCode::BUSY_HERE),
        Err(SipError::MakesNoDialog { status: StatusCode::BUSY_HERE })
    );
    assert_eq!(
        rig.endpoint.respond(TransactionId(99), Reply::new(StatusCode::OK), now),
        Err(SipError::UnknownTransaction)
    );
}

#[test]
fn an_invite_without_an_answer_gets_500_after_three_minutes() {
    let mut rig = Rig::new();
    let transaction = invite_of(&rig.receive(&tls(), &Script::invite().text()));
    rig.endpoint.claim(transaction, USER);

    let seen = rig.run_until(180_000);

    assert_eq!(sent(&seen), [(200, "100".to_owned()), (180_000, "500".to_owned())]);
    assert!(seen.iter().any(|(_, seen)| matches!(seen, Seen::User(USER, UserEvent::Cancelled { .. }))));
}

#[test]
fn the_first_ack_is_told_once_with_its_body() {
    let mut rig = Rig::new();
    let late = Script::new("INVITE", 1);
    let (dialog, tag) = rig.answered_call(&udp(), &late);
    let ack = Script::new("ACK", 1)
        .branch("ack1")
        .dialog_tag(&tag)
        .header("Content-Type: application/sdp")
        .body("v=0\r\no=peer\r\n");

    let first = rig.receive(&udp(), &ack.text());
    let second = rig.receive(&udp(), &ack.text());

    let [Seen::User(USER, UserEvent::Acknowledged { dialog: told, body: Some(body) })] = first.as_slice()
    else {
        panic!("{first:?}")
    };
    assert_eq!(*told, dialog);
    assert_eq!(body.content_type, "application/sdp");
    assert_eq!(body.bytes, "v=0\r\no=peer\r\n");
    assert!(second.is_empty());
    assert_eq!(sent(&rig.run_until(60_000)), []);
}

#[test]
fn an_ack_with_the_branch_of_the_invite_acknowledges_a_2xx_too() {
    let mut rig = Rig::new();
    let (_, tag) = rig.answered_call(&udp(), &Script::invite());

    let seen = rig.receive(&udp(), &Script::new("ACK", 1).branch("-INVITE-1").dialog_tag(&tag).text());

    assert!(matches!(seen.as_slice(), [Seen::User(USER, UserEvent::Acknowledged { body: None, .. })]));
}

#[test]
fn a_2xx_without_ack_is_repeated_then_bye_is_sent_and_the_dialog_ends() {
    for origin in [udp(), tls()] {
        let mut rig = Rig::new();
        let (dialog, _) = rig.answered_call(&origin, &Script::invite());

        let seen = rig.run_until(32_000);

        let times: Vec<u128> =
            sent(&seen).iter().filter(|(_, what)| what == "200").map(|(at, _)| *at).collect();
        assert_eq!(times, [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
        let last: Vec<&Seen> = seen.iter().filter(|(at, _)| *at == 32_000).map(|(_, seen)| seen).collect();
        let [Seen::Request(bye, _), Seen::User(USER, UserEvent::Ended { dialog: ended, cause })] =
            last.as_slice()
        else {
            panic!("{last:?}")
        };
        assert_eq!(bye.method.as_str(), "BYE");
        assert_eq!(
            bye.headers.text(&HeaderName::Reason).as_deref(),
            Some("SIP;cause=408;text=\"ACK never arrived\"")
        );
        assert_eq!((*ended, cause), (dialog, &EndCause::AckNeverArrived));
        assert_eq!(rig.endpoint.dialog_count(), 0);
    }
}

#[test]
fn an_invite_that_requires_100rel_is_accepted_and_nothing_but_100_comes_before_the_200() {
    let mut rig = Rig::new();
    let invite = Script::invite().header("Require: 100rel");
    let transaction = invite_of(&rig.receive(&udp(), &invite.text()));
    rig.endpoint.claim(transaction, USER);

    let ringing = rig.endpoint.respond(transaction, Reply::new(StatusCode::RINGING), rig.now);
    let before = rig.run_until(1_000);
    let tried = before.iter().find_map(|(_, seen)| match seen {
        Seen::Response(response, _) => Some(response.clone()),
        _ => None,
    });
    rig.endpoint.accept_invite(transaction, Reply::new(StatusCode::OK), rig.now).unwrap();
    let answered = rig.drain();
    let tag = to_tag(response_of(&answered));
    let prack = Script::new("PRACK", 2).dialog_tag(&tag).header("RAck: 1 1 INVITE");

    assert_eq!(ringing, Err(SipError::Provisional { status: StatusCode::RINGING }));
    assert_eq!(sent(&before), [(200, "100".to_owned())]);
    assert!(!tried.unwrap().headers.contains(&HeaderName::from_text("RSeq")));
    assert_eq!(statuses(&answered), [200]);
    assert_eq!(statuses(&rig.receive(&udp(), &prack.text())), [481]);
}
