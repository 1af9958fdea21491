use super::*;

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
fn thousands_of_lost_connections_leave_nothing_behind() {
    let mut rig = Rig::new();

    for number in 0..2_000 {
        let origin = Origin { flow: FlowId(100 + number), ..tls() };
        invite_of(&rig.receive(&origin, &Script::invite().call(&format!("call-{number}")).text()));
        rig.endpoint.handle_flow_closed(origin.flow, rig.now);
        rig.drain();
    }
    // Nobody answers them: each is withdrawn after three minutes, and no way is found for its 500.
    for (_, seen) in rig.run_until(300_000) {
        if let Seen::Order(order) = seen {
            rig.endpoint.flow_failed(order.ticket, rig.now);
        }
    }

    assert!(rig.endpoint.servers.is_clean() && rig.endpoint.sought.is_clean());
    assert_eq!(rig.endpoint.transaction_count(), 0);
    assert_eq!(rig.endpoint.poll_timeout(), None);
}
