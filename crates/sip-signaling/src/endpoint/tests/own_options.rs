//! OPTIONS of ours outside of dialogs.

use super::*;
use crate::{Aim, FlowPurpose, SipError, SipUri, TerminationCause};

const PROBE: UserKey = UserKey(90);

fn target(text: &str) -> SipUri {
    crate::Uri::parse(text).unwrap().as_sip().unwrap().clone()
}

fn ask(rig: &mut Rig, uri: &str, way: &Origin) -> TransactionId {
    rig.endpoint.options(PROBE, target(uri), way, rig.now).unwrap()
}

/// What the owner of the probe was told: the status, or why there was none.
fn told(seen: &[Seen]) -> Vec<Result<u16, TerminationCause>> {
    seen.iter()
        .filter_map(|seen| match seen {
            Seen::User(PROBE, UserEvent::OptionsAnswered { response, .. }) => {
                Some(Ok(response.status.code()))
            }
            Seen::User(PROBE, UserEvent::OptionsUnanswered { cause, .. }) => Some(Err(*cause)),
            _ => None,
        })
        .collect()
}

/// A header of our request, without what is random.
fn line(request: &Request, name: HeaderName) -> String {
    let value = request.headers.text(&name).unwrap().into_owned();
    match value.split_once("tag=").or_else(|| value.split_once("branch=")) {
        Some((before, _)) => before.to_owned(),
        None => value,
    }
}

#[test]
fn options_shows_our_address_on_clear_transports_and_our_name_and_alias_on_tls() {
    let clear = "192.0.2.7:5060";
    let rows = [
        (
            origin(Transport::Udp, clear, &["gw1"]),
            "sip:gw1.example.com",
            "SIP/2.0/UDP 192.0.2.1:5060;",
            "<sip:192.0.2.1:5060>",
            "",
        ),
        (
            origin(Transport::Tcp, clear, &["gw1"]),
            "sip:192.0.2.7:5070;transport=tcp",
            "SIP/2.0/TCP 192.0.2.1:5060;",
            "<sip:192.0.2.1:5060;transport=tcp>",
            "",
        ),
        (
            origin(Transport::Tls, "192.0.2.7:5061", &["gw1"]),
            "sip:gw1.example.com:5061;transport=tls",
            "SIP/2.0/TLS um.example.com:5061;",
            "<sip:um.example.com:5061;transport=tls>",
            ";alias",
        ),
    ];
    for (way, uri, via, contact, end_of_via) in rows {
        let mut rig = Rig::new();

        ask(&mut rig, uri, &way);

        let seen = rig.drain();
        let [Seen::Request(request, remote)] = seen.as_slice() else { panic!("{seen:?}") };
        assert_eq!((request.method.as_str(), request.uri.as_str(), *remote), ("OPTIONS", uri, way.remote));
        assert_eq!(line(request, HeaderName::Via), via);
        let whole_via = request.headers.text(&HeaderName::Via).unwrap();
        assert!(whole_via.ends_with(end_of_via), "{whole_via}");
        assert_eq!(line(request, HeaderName::Contact), contact);
        assert_eq!(line(request, HeaderName::From), "<sip:um.example.com>;");
        assert_eq!(line(request, HeaderName::To), format!("<sip:{}>", target(uri).host()));
        assert_eq!(line(request, HeaderName::CSeq), "1 OPTIONS");
        assert_eq!(line(request, HeaderName::MaxForwards), "70");
        assert_eq!(line(request, HeaderName::Accept), "application/sdp, multipart/mixed");
        assert_eq!(line(request, HeaderName::ContentLength), "0");
    }
}

#[test]
fn any_final_answer_is_told_once_and_a_provisional_one_is_not() {
    for (code, status) in
        [(200, "200 OK"), (403, "403 Forbidden"), (501, "501 Not Implemented"), (603, "603 Decline")]
    {
        let mut rig = Rig::new();
        let asked = ask(&mut rig, "sip:gw1.example.com", &udp());
        let request = request_of(&rig.drain()).clone();

        let trying = rig.receive(&udp(), &answer_to(&request, "100 Trying"));
        let first = rig.receive(&udp(), &answer_to(&request, status));
        let again = rig.receive(&udp(), &answer_to(&request, status));

        assert!(trying.is_empty() && again.is_empty(), "{trying:?} {again:?}");
        let [Seen::User(PROBE, UserEvent::OptionsAnswered { transaction, response })] = first.as_slice()
        else {
            panic!("{first:?}")
        };
        assert_eq!((*transaction, response.status.code()), (asked, code));
        rig.run_until(10_000);
        assert!(rig.endpoint.clients.is_clean());
        assert_eq!(rig.endpoint.poll_timeout(), None);
    }
}

#[test]
fn over_udp_it_is_repeated_and_after_64_t1_told_as_unanswered() {
    let mut rig = Rig::new();
    ask(&mut rig, "sip:gw1.example.com", &udp());
    assert_eq!(rig.drain().len(), 1);

    let seen = rig.run_until(40_000);

    let at: Vec<u128> = sent(&seen).into_iter().map(|(at, _)| at).collect();
    assert_eq!(at, [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
    let (when, last) = seen.last().unwrap();
    assert_eq!((*when, told(std::slice::from_ref(last))), (32_000, vec![Err(TerminationCause::TimedOut)]));
    assert!(rig.endpoint.clients.is_clean());
}

#[test]
fn lost_connection_is_told_and_the_request_takes_no_other_way() {
    let mut rig = Rig::new();
    ask(&mut rig, "sip:gw1.example.com;transport=tls", &tls());
    rig.drain();
    assert!(rig.endpoint.needs_flow(FlowId(3)), "it is kept open for the answer");

    rig.endpoint.handle_flow_closed(FlowId(3), rig.now);

    let seen = rig.drain();
    assert_eq!(told(&seen), [Err(TerminationCause::TransportFailed)]);
    assert_eq!(seen.len(), 1, "nothing is sought: {seen:?}");
    assert!(rig.endpoint.clients.is_clean());
    assert!(!rig.endpoint.needs_flow(FlowId(3)));
}

#[test]
fn answer_counts_on_its_own_connection_alone_and_from_its_gateway_alone() {
    let tcp = |flow: u64| Origin { flow: FlowId(flow), ..origin(Transport::Tcp, "192.0.2.7:5060", &["gw1"]) };
    let rows = [
        (tls(), tls(), true),
        (tls(), Origin { flow: FlowId(8), ..tls() }, false),
        (tls(), origin(Transport::Tls, "192.0.2.7:40000", &[]), false),
        (tls(), udp(), false),
        (tcp(2), tcp(2), true),
        (tcp(2), tcp(9), false),
        (udp(), origin(Transport::Udp, "192.0.2.7:5099", &["gw1"]), true),
        (udp(), origin(Transport::Udp, "198.51.100.1:5060", &["gw2"]), false),
    ];
    for (way, from, counts) in rows {
        let mut rig = Rig::new();
        ask(&mut rig, "sip:gw1.example.com", &way);
        let request = request_of(&rig.drain()).clone();

        let seen = rig.receive(&from, &answer_to(&request, "200 OK"));

        assert_eq!(told(&seen) == [Ok(200)], counts, "{way:?} {from:?}: {seen:?}");
    }
}

#[test]
fn abandoned_one_is_never_sent_again_and_a_late_answer_is_nobodys() {
    let mut rig = Rig::new();
    let asked = ask(&mut rig, "sip:gw1.example.com", &udp());
    let request = request_of(&rig.drain()).clone();

    rig.endpoint.abandon(asked);

    assert!(rig.run_until(40_000).is_empty());
    assert!(rig.receive(&udp(), &answer_to(&request, "200 OK")).is_empty());
    assert!(rig.endpoint.clients.is_clean());
}

#[test]
fn abandoning_touches_no_request_of_a_dialog() {
    let mut rig = Rig::new();
    let (dialog, _) = rig.running_call(&udp());
    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();
    let request = request_of(&rig.drain()).clone();

    for number in 0..100 {
        rig.endpoint.abandon(TransactionId(number));
    }

    assert_eq!(ended(&rig.receive(&udp(), &answer_to(&request, "200 OK"))), [&EndCause::ByeAnswered]);
}

#[test]
fn at_the_bound_of_client_transactions_nothing_is_sent() {
    let mut rig = Rig::new();
    rig.endpoint.config.limits.client_transactions = 1;
    ask(&mut rig, "sip:gw1.example.com", &udp());
    rig.drain();

    let refused = rig.endpoint.options(PROBE, target("sip:gw2.example.com"), &udp(), rig.now);

    assert_eq!(refused, Err(SipError::TooManyTransactions { limit: 1 }));
    assert!(rig.drain().is_empty());
}

#[test]
fn way_of_a_probe_is_one_of_our_own_to_one_gateway_and_its_ticket_is_not_the_endpoints() {
    let mut rig = Rig::new();

    let order = rig.endpoint.order_own_flow("gw1".into(), Transport::Tls, Aim::First);
    let other = rig.endpoint.order_own_flow("gw1".into(), Transport::Tls, Aim::First);
    rig.endpoint.flow_opened(order.ticket, FlowId(5), "192.0.2.7:5061".parse().unwrap());

    assert_eq!((order.purpose, order.transport), (FlowPurpose::Probe(Aim::First), Transport::Tls));
    assert_eq!(order.peers.iter().map(|peer| &**peer).collect::<Vec<_>>(), ["gw1"]);
    assert_ne!(order.ticket, other.ticket);
    assert!(rig.drain().is_empty() && rig.endpoint.sought.is_clean());
}
