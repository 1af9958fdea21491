//! Connections that are lost or lose their trust while a call is up (security-modes 1 and 2a).
use sip_signaling::FlowOrder;

use super::*;

const NEW: FlowId = FlowId(77);

/// A SIPSecured call of gw1 that is being recorded: its To tag, its key, its recording.
fn recording(rig: &mut Rig) -> (String, CallKey, RecordingId) {
    let (tag, recording) = rig.recording();
    let key = rig.core.calls.keys().copied().next().unwrap();
    (tag, key, recording)
}

fn secured() -> Rig {
    let mut rig = Rig::new(VoipSecurity::SipSecured);
    rig.over_tls(&["gw1"]);
    rig
}

fn order(outputs: &[Output]) -> FlowOrder {
    let order = outputs.iter().find_map(|output| match output {
        Output::OpenFlow(order) => Some(order.clone()),
        _ => None,
    });
    order.unwrap_or_else(|| panic!("no order: {outputs:?}"))
}

fn closed(outputs: &[Output]) -> bool {
    outputs.iter().any(|output| matches!(output, Output::CloseFlow(FlowId(1))))
}

#[test]
fn lost_connection_ends_neither_call_nor_recording_and_our_bye_takes_another() {
    let mut rig = secured();
    let (_, key, _) = recording(&mut rig);

    let lost = rig.input(Input::FlowClosed(FlowId(1)));
    assert!(lost.is_empty(), "{lost:?}");
    assert_eq!(rig.core.call_count(), 1);

    let outputs = rig.input(Input::Admin(AdminOrder::HangUp(key)));
    assert!(sent(&outputs).is_empty(), "{outputs:?}");
    let order = order(&outputs);
    assert_eq!((order.transport, &*order.peers[0]), (Transport::Tls, "gw1"));
    let remote = SocketAddr::from(([127, 0, 0, 1], 5061));
    let outputs = rig.input(Input::FlowOpened { ticket: order.ticket, flow: NEW, remote });

    assert!(matches!(&outputs[..], [Output::Transmit { flow: NEW, .. }]), "{outputs:?}");
    assert!(sent(&outputs)[0].starts_with("BYE sip:2002@127.0.0.1:6000 SIP/2.0\r\nVia: SIP/2.0/TLS "));
}

#[test]
fn bye_that_finds_no_way_is_an_event_and_what_was_recorded_is_kept() {
    let mut rig = secured();
    let (_, key, recording) = recording(&mut rig);
    rig.input(Input::FlowClosed(FlowId(1)));
    let hung_up = rig.input(Input::Admin(AdminOrder::HangUp(key)));
    let ticket = order(&hung_up).ticket;

    let outputs = rig.input(Input::FlowFailed { ticket, reason: "it names gw9.example.com".into() });

    let (id, text) = &events(&outputs)[0];
    assert_eq!(*id, 2025);
    assert!(text.contains("gw1") && text.contains("it names gw9.example.com"), "{text}");
    assert_eq!(rig.kept(&hung_up, recording).length, Duration::from_secs(4));
}

#[test]
fn connection_without_trust_serves_its_call_alone_and_closes_after_it() {
    let mut rig = secured();
    let (tag, _, _) = recording(&mut rig);
    rig.over_tls(&[]);

    assert!(!closed(&rig.input(Input::FlowWithdrawn(FlowId(1)))));
    let running = rig.invites;
    let refused = rig.invite(OFFER);
    assert!(sent(&refused)[0].starts_with("SIP/2.0 403 Forbidden\r\n"), "{refused:?}");
    assert_eq!(events(&refused)[0].0, 2013);
    assert!(!closed(&refused));
    rig.invites = running;
    let answered = rig.in_dialog("OPTIONS", 2, &tag);
    assert!(status_line(&answered).starts_with("SIP/2.0 "), "{answered:?}");
    assert!(!status_line(&answered).starts_with("SIP/2.0 403 "), "{answered:?}");
    assert!(!closed(&answered));

    let ended = rig.in_dialog("BYE", 3, &tag);

    assert_eq!(status_line(&ended), "SIP/2.0 200 OK");
    assert!(closed(&ended), "{ended:?}");
    let place = |is_meant: fn(&Output) -> bool| ended.iter().position(is_meant);
    let (answer, close) = (
        place(|output| matches!(output, Output::Transmit { .. })),
        place(|output| matches!(output, Output::CloseFlow(_))),
    );
    assert!(answer < close, "the answer goes first: {ended:?}");
}

#[test]
fn connection_without_trust_and_without_calls_closes_at_once() {
    let mut rig = secured();

    assert!(closed(&rig.input(Input::FlowWithdrawn(FlowId(1)))));
    assert!(!closed(&rig.input(Input::FlowClosed(FlowId(1)))));
}

#[test]
fn over_udp_our_bye_goes_to_the_last_source_while_it_is_the_gateways_and_else_to_the_gateways_address() {
    let last: SocketAddr = "127.0.0.1:6000".parse().unwrap();
    let own: SocketAddr = "127.0.0.2:5060".parse().unwrap();
    let rows: [(&[&str], SocketAddr); 4] = [
        (&["127.0.0.1"], last),
        (&["127.0.0.1", "127.0.0.2"], last),
        (&["127.0.0.2"], own),
        // Nowhere else to go.
        (&[], last),
    ];
    for (addresses, expected) in rows {
        let mut rig = Rig::new(VoipSecurity::Unsecured);
        let (_, key, _) = recording(&mut rig);
        let entries = addresses.iter().map(|address| (address.parse().unwrap(), "gw1".into()));
        rig.input(Input::Addresses(Arc::new(AddressBook::new(entries))));

        let outputs = rig.input(Input::Admin(AdminOrder::HangUp(key)));

        let to = outputs.iter().find_map(|output| match output {
            Output::Transmit { remote, .. } => Some(*remote),
            _ => None,
        });
        assert_eq!(to, Some(expected), "{addresses:?}");
    }
}
