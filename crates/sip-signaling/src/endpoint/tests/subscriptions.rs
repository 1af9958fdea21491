//! Subscriptions of peers.

use super::*;
use crate::{Method, Notification, SipBody, SipError, SubscriptionState, TerminationCause};

fn rig() -> Rig {
    let mut config = EndpointConfig::new("um.example.com");
    config.allow = &[Method::Invite, Method::Ack, Method::Bye, Method::Options, Method::Subscribe];
    Rig::with(config)
}

fn subscribe(cseq: u32) -> Script {
    Script::new("SUBSCRIBE", cseq).header("Event: message-summary").header("Expires: 600")
}

fn subscribe_of(seen: &[Seen]) -> TransactionId {
    let [Seen::Subscribe(transaction)] = seen else { panic!("a SUBSCRIBE alone: {seen:?}") };
    *transaction
}

fn accepted() -> Reply {
    Reply::new(StatusCode::OK).header(HeaderName::Expires, "600")
}

/// A subscription that is accepted; its dialog, our tag and the 200.
fn running(rig: &mut Rig, origin: &Origin, script: &Script) -> (DialogId, String, Response) {
    let transaction = subscribe_of(&rig.receive(origin, &script.text()));
    let dialog = rig.endpoint.accept_subscription(transaction, USER, accepted(), rig.now).unwrap();
    let seen = rig.drain();
    let response = response_of(&seen).clone();
    (dialog, to_tag(&response), response)
}

fn summary(state: SubscriptionState) -> Notification {
    let event = Bytes::from_static(b"message-summary");
    let content_type = Bytes::from_static(b"application/simple-message-summary");
    let body = SipBody { content_type, bytes: Bytes::from_static(b"Messages-Waiting: no\r\n") };
    Notification { event, state, body: Some(body) }
}

fn told(seen: &[Seen]) -> Vec<Result<u16, TerminationCause>> {
    seen.iter()
        .filter_map(|seen| match seen {
            Seen::User(USER, UserEvent::SubscriberTold { status, .. }) => Some(Ok(status.code())),
            Seen::User(USER, UserEvent::SubscriberUntold { cause, .. }) => Some(Err(*cause)),
            _ => None,
        })
        .collect()
}

#[test]
fn accepted_subscribe_makes_a_dialog_whose_notify_carries_its_tags_target_and_sequence() {
    let mut rig = rig();

    let (dialog, tag, response) =
        running(&mut rig, &udp(), &subscribe(7).header("Record-Route: <sip:p1.example.com;lr>"));
    rig.endpoint.notify_subscriber(dialog, summary(SubscriptionState::active(600)), rig.now).unwrap();
    let seen = rig.drain();
    rig.endpoint.notify_subscriber(dialog, summary(SubscriptionState::active(590)), rig.now).unwrap();
    let second = rig.drain();

    assert_eq!(header(&response, HeaderName::Expires), "600");
    assert_eq!(header(&response, HeaderName::Contact), "<sip:192.0.2.1:5060>");
    assert_eq!(header(&response, HeaderName::RecordRoute), "<sip:p1.example.com;lr>");
    assert_eq!(header(&response, HeaderName::AllowEvents), "message-summary");
    let notify = request_of(&seen);
    let value = |name: HeaderName| notify.headers.text(&name).unwrap_or_default().into_owned();
    assert_eq!((notify.method.as_str(), notify.uri.as_str()), ("NOTIFY", "sip:gw@192.0.2.7:5060"));
    assert_eq!(value(HeaderName::From), format!("<sip:1001@um.example.com>;tag={tag}"));
    assert_eq!(value(HeaderName::To), "<sip:gw@192.0.2.7>;tag=peer-tag");
    assert_eq!(value(HeaderName::Route), "<sip:p1.example.com;lr>");
    assert_eq!(value(HeaderName::SubscriptionState), "active;expires=600");
    assert_eq!(value(HeaderName::Event), "message-summary");
    assert_eq!(value(HeaderName::Contact), "<sip:192.0.2.1:5060>");
    assert_eq!(value(HeaderName::CSeq), "1 NOTIFY");
    assert_eq!(&notify.body[..], b"Messages-Waiting: no\r\n");
    assert_eq!(request_of(&second).headers.text(&HeaderName::CSeq).unwrap(), "2 NOTIFY");
    assert_eq!((rig.endpoint.subscription_count(), rig.endpoint.dialog_count()), (1, 1));
}

#[test]
fn answers_to_notifies_are_told_and_silence_too() {
    let mut rig = rig();
    let (dialog, ..) = running(&mut rig, &udp(), &subscribe(1));
    for (status, expected) in [("200 OK", 200), ("481 Gone", 481)] {
        rig.endpoint.notify_subscriber(dialog, summary(SubscriptionState::active(9)), rig.now).unwrap();
        let notify = rig.drain();

        let seen = rig.receive(&udp(), &answer_to(request_of(&notify), status));

        assert_eq!(told(&seen), [Ok(expected)]);
    }
    rig.endpoint.notify_subscriber(dialog, summary(SubscriptionState::active(9)), rig.now).unwrap();
    let seen: Vec<Seen> = rig.run_until(60_000).into_iter().map(|(_, seen)| seen).collect();
    assert_eq!(told(&seen), [Err(TerminationCause::TimedOut)]);
    assert_eq!(rig.endpoint.subscription_count(), 1, "its owner alone ends it");
}

#[test]
fn subscribe_inside_is_the_owners_to_answer_and_refreshes_the_target() {
    let mut rig = rig();
    let (dialog, tag, _) = running(&mut rig, &udp(), &subscribe(1));
    let refresh = subscribe(2)
        .dialog_tag(&tag)
        .only_headers("Contact: <sip:moved@192.0.2.7:5070>\r\nEvent: message-summary\r\nExpires: 0\r\n");

    let seen = rig.receive(&udp(), &refresh.text());
    let [Seen::User(USER, UserEvent::Resubscribe { dialog: named, transaction, request })] = seen.as_slice()
    else {
        panic!("{seen:?}")
    };
    assert_eq!((*named, request.headers.text(&HeaderName::Expires).as_deref()), (dialog, Some("0")));
    let reply = Reply::new(StatusCode::OK).header(HeaderName::Expires, "0");
    rig.endpoint.respond(*transaction, reply, rig.now).unwrap();
    let answered = rig.drain();
    let over = summary(SubscriptionState::terminated(Some("timeout")));
    rig.endpoint.notify_subscriber(dialog, over, rig.now).unwrap();
    let notify = rig.drain();
    rig.endpoint.end_subscription(dialog);

    assert_eq!(header(response_of(&answered), HeaderName::Contact), "<sip:192.0.2.1:5060>");
    assert_eq!(request_of(&notify).uri.as_str(), "sip:moved@192.0.2.7:5070");
    let late = rig.receive(&udp(), &answer_to(request_of(&notify), "200 OK"));
    assert!(late.is_empty(), "nobody waits for it: {late:?}");
    assert_eq!(statuses(&rig.receive(&udp(), &subscribe(3).dialog_tag(&tag).text())), [481]);
    rig.run_until(120_000);
    assert!(rig.endpoint.dialogs.is_clean() && rig.endpoint.clients.is_clean());
    assert!(rig.endpoint.servers.is_clean() && rig.endpoint.poll_timeout().is_none());
}

#[test]
fn subscription_takes_nothing_of_a_call_and_a_call_no_subscribe() {
    let mut rig = rig();
    let (_, tag, _) = running(&mut rig, &udp(), &subscribe(1));
    let (_, call) = rig.running_call(&origin(Transport::Udp, "192.0.2.8:5060", &["gw2"]));

    for (cseq, method) in [(2, "BYE"), (3, "INVITE")] {
        let seen = rig.receive(&udp(), &Script::new(method, cseq).dialog_tag(&tag).text());
        assert_eq!(statuses(&seen), [481], "{method}");
    }
    let gw2 = origin(Transport::Udp, "192.0.2.8:5060", &["gw2"]);
    let seen = rig.receive(&gw2, &subscribe(9).dialog_tag(&call).text());

    assert_eq!(statuses(&seen), [481]);
    assert_eq!(rig.endpoint.subscription_count(), 1);
}

#[test]
fn subscribe_without_our_package_gets_489_with_allow_events_and_without_contact_400() {
    let rows = [
        (Script::new("SUBSCRIBE", 1), 489),
        (Script::new("SUBSCRIBE", 2).header("Event: presence"), 489),
        (Script::new("SUBSCRIBE", 3).header("Event: message-summary.winfo"), 489),
        (Script::new("SUBSCRIBE", 4).only_headers("Event: message-summary\r\n"), 400),
        (subscribe(5).header("Require: eventlist"), 420),
    ];
    for (script, status) in rows {
        let mut rig = rig();

        let seen = rig.receive(&udp(), &script.text());

        let response = response_of(&seen);
        assert_eq!(response.status.code(), status);
        if status == 489 {
            assert_eq!(header(response, HeaderName::AllowEvents), "message-summary");
        }
        assert_eq!(rig.endpoint.transaction_count(), 0);
    }
}

#[test]
fn refresh_for_another_package_gets_489_and_changes_nothing() {
    let mut rig = rig();
    let (_, tag, _) = running(&mut rig, &udp(), &subscribe(1));

    let other = Script::new("SUBSCRIBE", 2).dialog_tag(&tag).header("Event: dialog");
    let seen = rig.receive(&udp(), &other.text());

    assert_eq!(statuses(&seen), [489]);
    assert_eq!(rig.endpoint.subscription_count(), 1);
}

#[test]
fn server_that_does_not_allow_subscribe_answers_405() {
    let mut config = EndpointConfig::new("um.example.com");
    config.allow = &[Method::Invite, Method::Options];
    let mut rig = Rig::with(config);

    let seen = rig.receive(&udp(), &subscribe(1).text());

    let response = response_of(&seen);
    assert_eq!(response.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(!response.headers.contains(&HeaderName::AllowEvents));
}

#[test]
fn subscriptions_have_a_bound_of_their_own_and_take_no_place_of_calls() {
    let mut rig = rig();
    rig.endpoint.config.limits.subscriptions = 1;
    rig.endpoint.config.limits.dialogs = 1;
    let waiting = subscribe_of(&rig.receive(&udp(), &subscribe(1).call("s0").text()));
    running(&mut rig, &udp(), &subscribe(1).call("s1"));

    let beyond = rig.receive(&udp(), &subscribe(1).call("s2").text());
    let refused = rig.endpoint.accept_subscription(waiting, USER, accepted(), rig.now);
    rig.endpoint.respond(waiting, Reply::new(StatusCode::SERVICE_UNAVAILABLE), rig.now).unwrap();
    rig.drain();

    assert_eq!(statuses(&beyond), [503]);
    assert_eq!(refused, Err(SipError::TooManySubscriptions { limit: 1 }));
    invite_of(&rig.receive(&udp(), &Script::invite().call("c1").text()));
}

#[test]
fn subscription_keeps_no_connection_open_and_its_next_notify_seeks_another_way() {
    let mut rig = rig();
    let (dialog, ..) = running(&mut rig, &tls(), &subscribe(1));
    assert!(!rig.endpoint.needs_flow(FlowId(3)));

    rig.endpoint.handle_flow_closed(FlowId(3), rig.now);
    assert!(rig.drain().is_empty());
    rig.endpoint.notify_subscriber(dialog, summary(SubscriptionState::active(9)), rig.now).unwrap();
    let seen = rig.drain();
    let [Seen::Order(order)] = seen.as_slice() else { panic!("{seen:?}") };
    rig.endpoint.flow_failed(order.ticket, rig.now);

    assert_eq!(told(&rig.drain()), [Err(TerminationCause::TransportFailed)]);
}

#[test]
fn a_2xx_makes_a_subscription_by_accepting_alone() {
    let mut rig = rig();
    let subscribed = subscribe_of(&rig.receive(&udp(), &subscribe(1).text()));
    let invited = invite_of(&rig.receive(&udp(), &Script::invite().call("c").text()));

    let responded = rig.endpoint.respond(subscribed, accepted(), rig.now);
    let invite = rig.endpoint.accept_subscription(invited, USER, accepted(), rig.now);
    let refusal = Reply::new(StatusCode::NOT_FOUND);
    let not_found = rig.endpoint.accept_subscription(subscribed, USER, refusal.clone(), rig.now);

    assert_eq!(responded, Err(SipError::MakesADialog { status: StatusCode::OK }));
    assert_eq!(invite, Err(SipError::MakesNoDialog { status: StatusCode::OK }));
    assert_eq!(not_found, Err(SipError::MakesNoDialog { status: StatusCode::NOT_FOUND }));
    rig.drain();
    rig.endpoint.respond(subscribed, refusal, rig.now).unwrap();
    assert_eq!(statuses(&rig.drain()), [404]);
}
