//! NOTIFY of ours outside of dialogs.

use super::*;
use crate::{Notification, SipBody, SipError, SipUri, SubscriptionState, TerminationCause};

const LAMPS: UserKey = UserKey(91);

fn target(text: &str) -> SipUri {
    crate::Uri::parse(text).unwrap().as_sip().unwrap().clone()
}

fn summary() -> Notification {
    Notification {
        event: Bytes::from_static(b"message-summary"),
        state: SubscriptionState::terminated(None),
        body: Some(SipBody {
            content_type: Bytes::from_static(b"application/simple-message-summary"),
            bytes: Bytes::from_static(b"Messages-Waiting: yes\r\n"),
        }),
    }
}

fn told(seen: &[Seen]) -> Vec<Result<u16, TerminationCause>> {
    seen.iter()
        .filter_map(|seen| match seen {
            Seen::User(LAMPS, UserEvent::NotifyAnswered { status, .. }) => Some(Ok(status.code())),
            Seen::User(LAMPS, UserEvent::NotifyUnanswered { cause, .. }) => Some(Err(*cause)),
            _ => None,
        })
        .collect()
}

#[test]
fn notify_names_the_mailbox_in_request_uri_and_to_and_is_over_with_itself() {
    let mut rig = Rig::new();
    let uri = "sip:1001@gw1.example.com:5061;transport=tls";

    rig.endpoint.notify(LAMPS, target(uri), summary(), &tls(), rig.now).unwrap();

    let seen = rig.drain();
    let [Seen::Request(request, remote)] = seen.as_slice() else { panic!("{seen:?}") };
    let value = |name: HeaderName| request.headers.text(&name).unwrap_or_default().into_owned();
    assert_eq!((request.method.as_str(), request.uri.as_str(), *remote), ("NOTIFY", uri, tls().remote));
    assert_eq!(value(HeaderName::To), format!("<{uri}>"));
    assert!(value(HeaderName::From).starts_with("<sip:um.example.com>;tag="), "{request:?}");
    assert!(value(HeaderName::Via).starts_with("SIP/2.0/TLS um.example.com:5061;branch=z9hG4bK"));
    assert!(value(HeaderName::Via).ends_with(";alias"));
    assert_eq!(value(HeaderName::Contact), "<sip:um.example.com:5061;transport=tls>");
    assert_eq!(value(HeaderName::Event), "message-summary");
    assert_eq!(value(HeaderName::SubscriptionState), "terminated");
    assert_eq!(value(HeaderName::ContentType), "application/simple-message-summary");
    assert_eq!(value(HeaderName::ContentLength), "23");
    assert_eq!(&request.body[..], b"Messages-Waiting: yes\r\n");
    assert_eq!(rig.endpoint.dialog_count(), 0);
}

#[test]
fn final_answer_is_told_once() {
    for (code, status) in [(200, "200 OK"), (480, "480 Temporarily Unavailable"), (489, "489 Bad Event")] {
        let mut rig = Rig::new();
        rig.endpoint.notify(LAMPS, target("sip:1001@gw1"), summary(), &udp(), rig.now).unwrap();
        let request = request_of(&rig.drain()).clone();

        let first = rig.receive(&udp(), &answer_to(&request, status));
        let again = rig.receive(&udp(), &answer_to(&request, status));

        assert_eq!((told(&first), told(&again)), (vec![Ok(code)], vec![]));
        rig.run_until(10_000);
        assert!(rig.endpoint.clients.is_clean());
    }
}

#[test]
fn silence_and_a_lost_connection_are_told_and_no_other_way_is_taken() {
    let mut silent = Rig::new();
    silent.endpoint.notify(LAMPS, target("sip:1001@gw1"), summary(), &udp(), silent.now).unwrap();
    let mut lost = Rig::new();
    lost.endpoint.notify(LAMPS, target("sip:1001@gw1"), summary(), &tls(), lost.now).unwrap();
    lost.drain();

    let timed_out: Vec<Seen> = silent.run_until(40_000).into_iter().map(|(_, seen)| seen).collect();
    lost.endpoint.handle_flow_closed(FlowId(3), lost.now);
    let closed = lost.drain();

    assert_eq!(told(&timed_out), [Err(TerminationCause::TimedOut)]);
    assert_eq!(told(&closed), [Err(TerminationCause::TransportFailed)]);
    assert_eq!(closed.len(), 1, "nothing is sought: {closed:?}");
}

#[test]
fn abandoned_notify_is_never_sent_again_so_that_none_comes_after_a_newer_one() {
    let mut rig = Rig::new();
    let sent = rig.endpoint.notify(LAMPS, target("sip:1001@gw1"), summary(), &udp(), rig.now).unwrap();
    let request = request_of(&rig.drain()).clone();

    rig.endpoint.abandon(sent);

    assert!(rig.run_until(40_000).is_empty());
    assert!(rig.receive(&udp(), &answer_to(&request, "200 OK")).is_empty());
    assert!(rig.endpoint.clients.is_clean());
}

#[test]
fn at_the_bound_of_client_transactions_nothing_is_sent() {
    let mut rig = Rig::new();
    rig.endpoint.config.limits.client_transactions = 0;

    let refused = rig.endpoint.notify(LAMPS, target("sip:1001@gw1"), summary(), &udp(), rig.now);

    assert_eq!(refused, Err(SipError::TooManyTransactions { limit: 0 }));
    assert!(rig.drain().is_empty());
}
