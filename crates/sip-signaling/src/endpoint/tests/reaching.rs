//! Requests and responses of ours whose connection is gone (docs/security-modes.md 2a).

use super::*;
use crate::{Aim, FlowPurpose, NextHop};

const NEW: FlowId = FlowId(77);

fn order_of(seen: &[Seen]) -> &FlowOrder {
    let mut orders = seen.iter().filter_map(|seen| match seen {
        Seen::Order(order) => Some(order),
        _ => None,
    });
    let order = orders.next().unwrap_or_else(|| panic!("an order: {seen:?}"));
    assert!(orders.next().is_none(), "one order alone: {seen:?}");
    order
}

fn began_on(order: &FlowOrder) -> FlowId {
    match order.purpose {
        FlowPurpose::Dialog { began_on, .. } => began_on,
        FlowPurpose::Probe(_) => panic!("no dialog asks: {order:?}"),
    }
}

fn hop(order: &FlowOrder) -> Option<(String, Option<u16>)> {
    order.next_hop.as_ref().map(|NextHop { host, port }| (host.to_string(), *port))
}

/// The next message, and the way that it takes.
fn transmitted(rig: &mut Rig) -> (FlowId, Transport, String) {
    match rig.endpoint.poll_output() {
        Some(EndpointOutput::Transmit { flow, transport, bytes, .. }) => {
            (flow, transport, String::from_utf8_lossy(&bytes).into_owned())
        }
        other => panic!("a message: {other:?}"),
    }
}

#[test]
fn our_bye_waits_for_a_way_to_its_gateway_and_takes_it() {
    let mut rig = Rig::new();
    let (dialog, _) = rig.running_call(&tls());
    rig.endpoint.handle_flow_closed(FlowId(3), rig.now);

    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();

    let seen = rig.drain();
    let order = order_of(&seen).clone();
    assert_eq!(seen.len(), 1, "nothing is sent yet: {seen:?}");
    assert_eq!((order.transport, began_on(&order)), (Transport::Tls, FlowId(3)));
    assert_eq!(order.peers.iter().map(|peer| &**peer).collect::<Vec<_>>(), ["gw1"]);

    rig.endpoint.flow_opened(order.ticket, NEW, "192.0.2.7:5061".parse().unwrap());
    let (flow, transport, bye) = transmitted(&mut rig);
    assert_eq!((flow, transport), (NEW, Transport::Tls));
    assert!(
        bye.starts_with("BYE sip:gw@192.0.2.7:5060 SIP/2.0\r\nVia: SIP/2.0/TLS um.example.com:5061;"),
        "{bye}"
    );
    let answer = answer_to(request_of(&[parsed(&bye)]), "200 OK");
    let on_new = Origin { flow: NEW, ..origin(Transport::Tls, "192.0.2.7:5061", &["gw1"]) };
    assert_eq!(ended(&rig.receive(&on_new, &answer)), [&EndCause::ByeAnswered]);
    assert!(rig.endpoint.dialogs.is_clean() && rig.endpoint.clients.is_clean());
}

fn parsed(text: &str) -> Seen {
    match parse_datagram(&Bytes::copy_from_slice(text.as_bytes())).unwrap() {
        Message::Request(request) => Seen::Request(request, "192.0.2.7:5061".parse().unwrap()),
        Message::Response(response) => Seen::Response(response, "192.0.2.7:5061".parse().unwrap()),
    }
}

#[test]
fn transport_and_gateway_are_the_dialogs_whatever_contact_or_route_shows() {
    let contact = |value: &str| {
        Script::invite().only_headers(&format!("Contact: {value}\r\nContent-Type: application/sdp\r\n"))
    };
    let rows = [
        (tls(), contact("<sip:gw@192.0.2.7>"), ("192.0.2.7", None)),
        (tls(), contact("<sip:gw@192.0.2.7:5060;transport=udp>"), ("192.0.2.7", Some(5060))),
        (tls(), contact("<sip:gw@198.51.100.9:5070;transport=tcp>"), ("198.51.100.9", Some(5070))),
        (tls(), contact("<sips:gw@gw1.example.com>"), ("gw1.example.com", None)),
        (
            tls(),
            contact("<sip:gw@192.0.2.7>")
                .header("Record-Route: <sip:proxy.example.com:5063;transport=udp;lr>"),
            ("proxy.example.com", Some(5063)),
        ),
        (
            origin(Transport::Tcp, "192.0.2.7:40000", &["gw1"]),
            contact("<sip:gw@192.0.2.7;transport=tls>"),
            ("192.0.2.7", None),
        ),
    ];
    for (from, invite, (host, port)) in rows {
        let mut rig = Rig::new();
        let (dialog, tag) = rig.answered_call(&from, &invite);
        rig.receive(&from, &Script::new("ACK", 1).branch("ack1").dialog_tag(&tag).text());
        rig.endpoint.handle_flow_closed(from.flow, rig.now);

        rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();

        let seen = rig.drain();
        let order = order_of(&seen);
        assert_eq!(order.transport, from.transport, "{host}");
        assert_eq!(hop(order), Some((host.to_owned(), port)));
        assert_eq!(order.peers, from.peers);
    }
}

#[test]
fn a_bye_for_which_no_way_is_found_ends_the_dialog() {
    let mut rig = Rig::new();
    let (dialog, _) = rig.running_call(&tls());
    rig.endpoint.handle_flow_closed(FlowId(3), rig.now);
    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();
    let ticket = order_of(&rig.drain()).ticket;

    rig.endpoint.flow_failed(ticket, rig.now);

    assert_eq!(ended(&rig.drain()), [&EndCause::FlowLost]);
    rig.endpoint.flow_opened(ticket, NEW, "192.0.2.7:5061".parse().unwrap());
    assert!(rig.drain().is_empty(), "a ticket counts once");
    assert!(rig.endpoint.clients.is_clean() && rig.endpoint.sought.is_clean());
    assert_eq!(rig.endpoint.poll_timeout(), None);
}

#[test]
fn a_bye_whose_way_nobody_ever_finds_times_out() {
    let mut rig = Rig::new();
    let (dialog, _) = rig.running_call(&tls());
    rig.endpoint.handle_flow_closed(FlowId(3), rig.now);
    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();
    rig.drain();

    let seen: Vec<Seen> = rig.run_until(32_000).into_iter().map(|(_, seen)| seen).collect();

    assert_eq!(ended(&seen), [&EndCause::ByeTimedOut]);
}

#[test]
fn a_bye_whose_connection_is_lost_before_the_answer_is_sent_once_more_and_no_more() {
    let mut rig = Rig::new();
    let (dialog, _) = rig.running_call(&tls());
    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();
    let (_, _, first) = transmitted(&mut rig);

    rig.endpoint.handle_flow_closed(FlowId(3), rig.now);
    let ticket = order_of(&rig.drain()).ticket;
    rig.endpoint.flow_opened(ticket, NEW, "192.0.2.7:5061".parse().unwrap());
    let (flow, _, second) = transmitted(&mut rig);
    rig.endpoint.handle_flow_closed(NEW, rig.now);

    assert_eq!((flow, second), (NEW, first));
    assert_eq!(ended(&rig.drain()), [&EndCause::FlowLost]);
    assert!(rig.endpoint.clients.is_clean() && rig.endpoint.sought.is_clean());
}

#[test]
fn an_unanswered_invite_outlives_its_connection_and_its_200_takes_another() {
    let mut rig = Rig::new();
    let transaction = invite_of(&rig.receive(&tls(), &Script::invite().text()));
    rig.endpoint.claim(transaction, USER);
    rig.endpoint.attribute(transaction, Arc::from("gw1"));
    rig.endpoint.handle_flow_closed(FlowId(3), rig.now);
    assert!(rig.drain().is_empty(), "the call goes on");

    let reply = Reply::new(StatusCode::OK).body("application/sdp", SDP);
    rig.endpoint.accept_invite(transaction, reply, rig.now).unwrap();

    let seen = rig.drain();
    let order = order_of(&seen);
    assert_eq!(hop(order), Some(("192.0.2.7".to_owned(), Some(5060))), "sent-by of its Via");
    rig.endpoint.flow_opened(order.ticket, NEW, "192.0.2.7:5061".parse().unwrap());
    let (flow, _, ok) = transmitted(&mut rig);
    assert_eq!(flow, NEW);
    assert!(ok.starts_with("SIP/2.0 200 OK\r\n"), "{ok}");
}

#[test]
fn a_refusal_whose_connection_is_gone_takes_another_and_its_ack_ends_the_transaction() {
    let mut rig = Rig::new();
    let transaction = invite_of(&rig.receive(&tls(), &Script::invite().text()));
    rig.endpoint.handle_flow_closed(FlowId(3), rig.now);

    rig.endpoint.respond(transaction, Reply::new(StatusCode::NOT_FOUND), rig.now).unwrap();
    let ticket = order_of(&rig.drain()).ticket;
    rig.endpoint.flow_opened(ticket, NEW, "192.0.2.7:5061".parse().unwrap());

    let (flow, _, refusal) = transmitted(&mut rig);
    assert_eq!(flow, NEW);
    assert!(refusal.starts_with("SIP/2.0 404 "), "{refusal}");
    let on_new = Origin { flow: NEW, ..origin(Transport::Tls, "192.0.2.7:5061", &["gw1"]) };
    let ack = Script { method: "ACK".to_owned(), ..Script::invite() };
    rig.receive(&on_new, &ack.text());
    assert_eq!(rig.endpoint.transaction_count(), 0);
}

#[test]
fn an_unanswered_invite_that_is_sent_again_on_another_connection_is_answered_there() {
    let mut rig = Rig::new();
    let transaction = invite_of(&rig.receive(&tls(), &Script::invite().text()));
    rig.endpoint.handle_flow_closed(FlowId(3), rig.now);
    let on_new = Origin { flow: NEW, ..tls() };

    assert!(rig.receive(&on_new, &Script::invite().text()).is_empty());
    rig.endpoint.respond(transaction, Reply::new(StatusCode::NOT_FOUND), rig.now).unwrap();

    assert_eq!(transmitted(&mut rig).0, NEW);
}

#[test]
fn a_200_is_repeated_on_another_connection_until_its_ack() {
    let mut rig = Rig::new();
    let (_, tag) = rig.answered_call(&tls(), &Script::invite());
    rig.endpoint.handle_flow_closed(FlowId(3), rig.now);

    let seen: Vec<Seen> = rig.run_until(500).into_iter().map(|(_, seen)| seen).collect();
    let ticket = order_of(&seen).ticket;
    rig.endpoint.flow_opened(ticket, NEW, "192.0.2.7:5061".parse().unwrap());

    assert_eq!(transmitted(&mut rig).0, NEW);
    let again: Vec<Seen> = rig.run_until(1_500).into_iter().map(|(_, seen)| seen).collect();
    assert_eq!(statuses(&again), [200]);
    let on_new = Origin { flow: NEW, ..tls() };
    let ack = rig.receive(&on_new, &Script::new("ACK", 1).branch("ack1").dialog_tag(&tag).text());
    assert!(matches!(ack.as_slice(), [Seen::User(USER, UserEvent::Acknowledged { .. })]), "{ack:?}");
}

#[test]
fn a_200_for_which_no_way_is_found_asks_again_at_each_repetition() {
    let mut rig = Rig::new();
    rig.answered_call(&tls(), &Script::invite());
    rig.endpoint.handle_flow_closed(FlowId(3), rig.now);
    let mut asked_at_ms = Vec::new();

    let seen = loop {
        let Some(at) = rig.endpoint.poll_timeout() else { panic!("the dialog never ended") };
        rig.now = at;
        rig.endpoint.handle_timeout(at);
        let seen = rig.drain();
        if let Some(Seen::Order(order)) = seen.iter().find(|seen| matches!(seen, Seen::Order(_))) {
            asked_at_ms.push((at - rig.start).as_millis());
            rig.endpoint.flow_failed(order.ticket, rig.now);
        }
        if !ended(&seen).is_empty() {
            break seen;
        }
    };

    assert_eq!(asked_at_ms, [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500, 32000]);
    assert_eq!(ended(&seen), [&EndCause::AckNeverArrived]);
    rig.drain();
    assert!(rig.endpoint.dialogs.is_clean() && rig.endpoint.clients.is_clean());
}

#[test]
fn over_udp_our_bye_asks_for_a_way_once_its_source_is_no_longer_the_gateways() {
    for (is_known, asks) in [(true, false), (false, true)] {
        let mut rig = Rig::new();
        let (dialog, _) = rig.running_call(&udp());
        rig.endpoint.forget_sources(|peers, source| {
            assert_eq!((&*peers[0], source), ("gw1", "192.0.2.7:5060".parse().unwrap()));
            is_known
        });

        rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();

        let seen = rig.drain();
        assert_eq!(seen.iter().any(|seen| matches!(seen, Seen::Order(_))), asks, "{seen:?}");
        if asks {
            let order = order_of(&seen);
            assert_eq!((order.transport, began_on(order)), (Transport::Udp, FlowId(1)));
            rig.endpoint.flow_opened(order.ticket, FlowId(1), "192.0.2.8:5060".parse().unwrap());
            let moved = rig.drain();
            assert!(
                matches!(moved.as_slice(), [Seen::Request(_, to)] if *to == "192.0.2.8:5060".parse().unwrap())
            );
        }
    }
}

#[test]
fn the_call_of_a_gateway_that_lost_its_trust_is_served_on_its_connection_and_nowhere_else() {
    let mut rig = Rig::new();
    let (_, tag) = rig.running_call(&tls());
    let untrusted = Origin { peers: Arc::from([]), ..tls() };
    let elsewhere = Origin { flow: FlowId(4), ..untrusted.clone() };
    assert!(rig.endpoint.needs_flow(FlowId(3)) && !rig.endpoint.needs_flow(FlowId(4)));

    let new_call = rig.receive(&untrusted, &Script::invite().call("call-2").text());
    let foreign = rig.receive(&elsewhere, &Script::new("BYE", 2).branch("b2").dialog_tag(&tag).text());
    let bye = rig.receive(&untrusted, &Script::new("BYE", 2).dialog_tag(&tag).text());

    assert!(matches!(new_call.as_slice(), [Seen::Stranger]), "{new_call:?}");
    assert!(matches!(foreign.as_slice(), [Seen::Stranger]), "{foreign:?}");
    assert_eq!(statuses(&bye), [200]);
    assert!(!rig.endpoint.needs_flow(FlowId(3)));
}

#[test]
fn an_attributed_call_is_one_gateways_even_if_its_certificate_names_two() {
    let mut rig = Rig::new();
    let both = origin(Transport::Tls, "192.0.2.7:40000", &["gw1", "gw2"]);
    let transaction = invite_of(&rig.receive(&both, &Script::invite().text()));
    rig.endpoint.claim(transaction, USER);
    rig.endpoint.attribute(transaction, Arc::from("gw2"));
    let reply = Reply::new(StatusCode::OK).body("application/sdp", SDP);
    rig.endpoint.accept_invite(transaction, reply, rig.now).unwrap();
    let tag = to_tag(response_of(&rig.drain()));

    let first = Origin { flow: FlowId(8), ..origin(Transport::Tls, "192.0.2.7:40001", &["gw1"]) };
    let second = Origin { flow: FlowId(9), ..origin(Transport::Tls, "192.0.2.9:40001", &["gw2"]) };

    let refused = rig.receive(&first, &Script::new("BYE", 2).branch("b2").dialog_tag(&tag).text());
    let served = rig.receive(&second, &Script::new("BYE", 2).dialog_tag(&tag).text());

    assert_eq!((statuses(&refused), statuses(&served)), (vec![403], vec![200]));
}

#[test]
fn aim_puts_the_address_that_answered_first_or_the_one_behind_the_silent_one() {
    let address = |last: u8| SocketAddr::from(([192, 0, 2, last], 5060));
    let rows = [
        (Aim::First, [1, 2, 3]),
        (Aim::At(address(2)), [2, 3, 1]),
        (Aim::Behind(address(1)), [2, 3, 1]),
        (Aim::Behind(address(3)), [1, 2, 3]),
        (Aim::At(address(9)), [1, 2, 3]),
    ];
    for (aim, expected) in rows {
        let mut addresses = [1, 2, 3].map(address);
        aim.arrange(&mut addresses);

        assert_eq!(addresses, expected.map(address), "{aim:?}");
    }
}
