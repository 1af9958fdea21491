use super::*;
use crate::EndCause;

#[test]
fn a_lost_connection_withdraws_an_unanswered_invite() {
    let mut rig = Rig::new();
    let transaction = invite_of(&rig.receive(&tls(), &Script::invite().text()));
    rig.endpoint.claim(transaction, USER);

    rig.endpoint.handle_flow_closed(FlowId(3), rig.now);

    let seen = rig.drain();
    assert!(matches!(
        seen.as_slice(),
        [Seen::User(USER, UserEvent::Cancelled { transaction: told })] if *told == transaction
    ));
    assert_eq!(rig.endpoint.transaction_count(), 0);
    assert_eq!(rig.endpoint.poll_timeout(), None);
}

#[test]
fn a_dialog_survives_its_connection_and_takes_the_next_one() {
    let mut rig = Rig::new();
    let (dialog, tag) = rig.running_call(&tls());
    rig.endpoint.handle_flow_closed(FlowId(3), rig.now);
    assert!(rig.drain().is_empty());

    let again = Origin { flow: FlowId(44), ..origin(Transport::Tls, "192.0.2.7:40001", &["gw1"]) };
    rig.receive(&again, &Script::new("OPTIONS", 2).dialog_tag(&tag).text());
    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();

    let output = rig.endpoint.poll_output();
    let Some(EndpointOutput::Transmit { flow, transport, bytes, .. }) = output else { panic!("{output:?}") };
    assert_eq!((flow, transport), (FlowId(44), Transport::Tls));
    let Ok(Message::Request(bye)) = parse_datagram(&bytes) else { panic!("a request") };
    let via = bye.headers.text(&HeaderName::Via).unwrap().into_owned();
    assert!(via.starts_with("SIP/2.0/TLS um.example.com:5061;branch=z9hG4bK"), "{via}");
    assert!(via.ends_with(";alias"), "{via}");
}

#[test]
fn a_bye_without_a_connection_ends_the_dialog_at_once() {
    let mut rig = Rig::new();
    let (dialog, _) = rig.running_call(&tls());
    rig.endpoint.handle_flow_closed(FlowId(3), rig.now);

    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();

    let seen = rig.drain();
    assert!(matches!(
        seen.as_slice(),
        [Seen::User(USER, UserEvent::Ended { cause: EndCause::FlowLost, .. })]
    ));
}

#[test]
fn a_connection_that_is_lost_under_our_bye_ends_the_dialog() {
    let mut rig = Rig::new();
    let (dialog, _) = rig.running_call(&tls());
    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();
    rig.drain();

    rig.endpoint.handle_flow_closed(FlowId(3), rig.now);

    let seen = rig.drain();
    assert!(matches!(
        seen.as_slice(),
        [Seen::User(USER, UserEvent::Ended { cause: EndCause::FlowLost, .. })]
    ));
    assert_eq!(rig.endpoint.transaction_count(), 0);
}

#[test]
fn a_200_is_not_repeated_on_a_connection_that_is_gone() {
    let mut rig = Rig::new();
    rig.answered_call(&tls(), &Script::invite());
    rig.endpoint.handle_flow_closed(FlowId(3), rig.now);

    let seen = rig.run_until(60_000);

    assert!(matches!(
        seen.as_slice(),
        [(32_000, Seen::User(USER, UserEvent::Ended { cause: EndCause::AckNeverArrived, .. }))]
    ));
    assert_eq!(rig.endpoint.transaction_count(), 0);
}

#[test]
fn thousands_of_lost_connections_leave_nothing_behind() {
    let mut rig = Rig::new();

    for number in 0..2_000 {
        let origin = Origin { flow: FlowId(100 + number), ..tls() };
        invite_of(&rig.receive(&origin, &Script::invite().call(&format!("call-{number}")).text()));
        rig.endpoint.handle_flow_closed(origin.flow, rig.now);
        rig.drain();
    }

    assert_eq!(rig.endpoint.transaction_count(), 0);
    assert_eq!(rig.endpoint.poll_timeout(), None);
}
