use super::*;
use crate::{Reason, SipError};

#[test]
fn our_bye_goes_to_the_source_of_the_dialogs_last_request_with_its_routes() {
    let mut rig = Rig::new();
    let invite = Script::invite().header("Record-Route: <sip:p1.example.com;lr>");
    let (dialog, tag) = rig.answered_call(&udp(), &invite);
    let moved = origin(Transport::Udp, "192.0.2.7:6060", &["gw1"]);
    rig.receive(&moved, &Script::new("ACK", 1).branch("ack1").dialog_tag(&tag).text());
    let reason = (HeaderName::Reason, Bytes::from(Reason::sip(200, "recorded")));

    rig.endpoint.bye(dialog, vec![reason], rig.now).unwrap();

    let seen = rig.drain();
    let [Seen::Request(bye, remote)] = seen.as_slice() else { panic!("{seen:?}") };
    let value = |name: HeaderName| bye.headers.text(&name).unwrap_or_default().into_owned();
    assert_eq!(*remote, "192.0.2.7:6060".parse().unwrap());
    assert_eq!(bye.uri.as_str(), "sip:gw@192.0.2.7:5060");
    assert_eq!(value(HeaderName::Route), "<sip:p1.example.com;lr>");
    assert_eq!(value(HeaderName::From), format!("<sip:1001@um.example.com>;tag={tag}"));
    assert_eq!(value(HeaderName::To), "<sip:gw@192.0.2.7>;tag=peer-tag");
    assert_eq!(value(HeaderName::CallId), "call-1@192.0.2.7");
    assert_eq!(value(HeaderName::CSeq), "1 BYE");
    assert_eq!(value(HeaderName::MaxForwards), "70");
    assert_eq!(value(HeaderName::Reason), "SIP;cause=200;text=\"recorded\"");
    assert_eq!(value(HeaderName::ContentLength), "0");
    assert!(value(HeaderName::Via).starts_with("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK"));
}

#[test]
fn the_dialog_ends_when_our_bye_is_answered_with_any_status() {
    for status in ["200 OK", "481 Call/Transaction Does Not Exist", "401 Unauthorized"] {
        let mut rig = Rig::new();
        let (dialog, _) = rig.running_call(&udp());
        rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();
        let bye = rig.drain();

        let seen = rig.receive(&udp(), &answer_to(request_of(&bye), status));

        assert_eq!(ended(&seen), [&EndCause::ByeAnswered]);
        assert_eq!(seen.len(), 1, "nothing is sent after a challenge: {seen:?}");
        assert_eq!(rig.endpoint.dialog_count(), 0);
        rig.run_until(60_000);
        assert_eq!(rig.endpoint.transaction_count(), 0);
    }
}

#[test]
fn our_bye_is_repeated_and_given_up_after_64_t1() {
    let mut rig = Rig::new();
    let (dialog, _) = rig.running_call(&udp());
    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();
    rig.drain();

    let seen = rig.run_until(40_000);

    let times: Vec<u128> = sent(&seen).iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
    assert!(matches!(
        seen.last(),
        Some((32_000, Seen::User(USER, UserEvent::Ended { cause: EndCause::ByeTimedOut, .. })))
    ));
}

#[test]
fn an_answer_from_another_gateway_or_with_a_second_via_is_dropped() {
    let mut rig = Rig::new();
    let (dialog, _) = rig.running_call(&udp());
    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();
    let bye = rig.drain();
    let answer = answer_to(request_of(&bye), "200 OK");

    let foreign = rig.receive(&origin(Transport::Udp, "192.0.2.8:5060", &["gw2"]), &answer);
    let stranger = rig.receive(&origin(Transport::Udp, "192.0.2.9:5060", &[]), &answer);
    let two_vias = rig.receive(&udp(), &answer.replace("\r\nFrom", "\r\nVia: SIP/2.0/UDP x\r\nFrom"));

    assert!(foreign.is_empty() && stranger.is_empty() && two_vias.is_empty());
    assert_eq!(rig.endpoint.dialog_count(), 1);
}

#[test]
fn a_bye_before_the_ack_is_held_until_the_ack_comes() {
    let mut rig = Rig::new();
    let (dialog, tag) = rig.answered_call(&udp(), &Script::invite());

    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();
    let held = rig.drain();
    let twice = rig.endpoint.bye(dialog, Vec::new(), rig.now);
    let offer = rig.receive(&udp(), &Script::new("UPDATE", 2).dialog_tag(&tag).text());
    let seen = rig.receive(&udp(), &Script::new("ACK", 1).branch("ack1").dialog_tag(&tag).text());

    assert!(held.is_empty(), "{held:?}");
    assert_eq!(twice, Err(SipError::DialogEnding));
    assert_eq!(statuses(&offer), [481]);
    assert!(matches!(seen.as_slice(), [Seen::Request(bye, _)] if bye.method.as_str() == "BYE"));
}

#[test]
fn a_held_bye_is_sent_when_the_ack_never_comes() {
    let mut rig = Rig::new();
    let (dialog, _) = rig.answered_call(&tls(), &Script::invite());
    let reason = (HeaderName::Reason, Bytes::from_static(b"SIP;cause=488"));
    rig.endpoint.bye(dialog, vec![reason], rig.now).unwrap();

    let seen: Vec<Seen> = rig.run_until(32_000).into_iter().map(|(_, seen)| seen).collect();

    assert_eq!(request_of(&seen).headers.text(&HeaderName::Reason).as_deref(), Some("SIP;cause=488"));
    assert_eq!(ended(&seen), [&EndCause::AckNeverArrived]);
}

#[test]
fn a_bye_that_crosses_ours_is_answered_and_ends_the_dialog_once() {
    let mut rig = Rig::new();
    let (dialog, tag) = rig.running_call(&udp());
    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();
    let ours = rig.drain();

    let offer = rig.receive(&udp(), &Script::new("UPDATE", 2).dialog_tag(&tag).text());
    let crossing = rig.receive(&udp(), &Script::new("BYE", 3).dialog_tag(&tag).text());
    let late = rig.receive(&udp(), &answer_to(request_of(&ours), "200 OK"));

    assert_eq!(statuses(&offer), [481]);
    assert_eq!(statuses(&crossing), [200]);
    assert_eq!(ended(&crossing), [&EndCause::PeerBye { reason: None }]);
    assert!(late.is_empty());
}

#[test]
fn hanging_up_answers_the_waiting_reinvite_with_487() {
    let mut rig = Rig::new();
    let (dialog, tag) = rig.running_call(&udp());
    let reinvite = Script::invite().dialog_tag(&tag).branch("re");
    let reinvite = Script { cseq: 2, ..reinvite };
    offer_of(&rig.receive(&udp(), &reinvite.text()));

    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();

    let seen = rig.drain();
    assert_eq!(statuses(&seen), [487]);
    assert_eq!(request_of(&seen).method.as_str(), "BYE");
}

#[test]
fn a_dialog_that_is_gone_cannot_be_hung_up() {
    let mut rig = Rig::new();

    assert_eq!(rig.endpoint.bye(DialogId(5), Vec::new(), rig.now), Err(SipError::UnknownDialog));
}
