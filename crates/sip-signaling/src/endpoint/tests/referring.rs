//! REFER of ours inside a call, and the NOTIFYs that follow.

use super::*;
use crate::{SipError, SipUri, TerminationCause};

fn uri(text: &str) -> SipUri {
    crate::Uri::parse(text).unwrap().as_sip().unwrap().clone()
}

/// What the owner of the call was told: of the answer, or of the state and whether it is the last.
fn told(seen: &[Seen]) -> Vec<String> {
    seen.iter()
        .filter_map(|seen| match seen {
            Seen::User(USER, UserEvent::ReferAnswered { status, .. }) => {
                Some(format!("answered {}", status.code()))
            }
            Seen::User(USER, UserEvent::ReferUnanswered { cause, .. }) => Some(format!("{cause:?}")),
            Seen::User(USER, UserEvent::ReferNotified { status, is_over, .. }) => {
                let status = status.map_or(0, StatusCode::code);
                Some(format!("notified {status}{}", if *is_over { ", over" } else { "" }))
            }
            _ => None,
        })
        .collect()
}

/// A running call with a REFER under way; the dialog, our tag, and the REFER.
fn referred(rig: &mut Rig) -> (DialogId, String, Request) {
    let (dialog, tag) = rig.running_call(&udp());
    let refer = refer(rig, dialog);
    (dialog, tag, refer)
}

fn refer(rig: &mut Rig, dialog: DialogId) -> Request {
    let (to, by) = (uri("sip:2001@192.0.2.7;user=phone"), uri("sip:1001@um.example.com"));
    rig.endpoint.refer(dialog, &to, &by, rig.now).unwrap();
    request_of(&rig.drain()).clone()
}

fn notify(cseq: u32, tag: &str, event: &str, state: &str, fragment: &str) -> String {
    Script::new("NOTIFY", cseq)
        .dialog_tag(tag)
        .header(&format!("Event: {event}"))
        .header(&format!("Subscription-State: {state}"))
        .header("Content-Type: message/sipfrag;version=2.0")
        .body(fragment)
        .text()
}

#[test]
fn refer_goes_inside_the_dialog_with_target_and_referrer() {
    let mut rig = Rig::new();

    let (_, tag, refer) = referred(&mut rig);

    let value = |name: HeaderName| refer.headers.text(&name).unwrap_or_default().into_owned();
    assert_eq!((refer.method.as_str(), refer.uri.as_str()), ("REFER", "sip:gw@192.0.2.7:5060"));
    assert_eq!(value(HeaderName::ReferTo), "<sip:2001@192.0.2.7;user=phone>");
    assert_eq!(value(HeaderName::ReferredBy), "<sip:1001@um.example.com>");
    assert_eq!(value(HeaderName::From), format!("<sip:1001@um.example.com>;tag={tag}"));
    assert_eq!(value(HeaderName::Contact), "<sip:192.0.2.1:5060>");
    assert_eq!(value(HeaderName::CSeq), "1 REFER");
    assert_eq!(value(HeaderName::ContentLength), "0");
}

#[test]
fn answer_and_each_state_of_the_transfer_are_told_and_every_notify_gets_200() {
    let mut rig = Rig::new();
    let (_, tag, refer) = referred(&mut rig);

    let early = rig.receive(&udp(), &notify(2, &tag, "refer", "active;expires=60", "SIP/2.0 100 Trying\r\n"));
    let accepted = rig.receive(&udp(), &answer_to(&refer, "202 Accepted"));
    let ringing = rig.receive(&udp(), &notify(3, &tag, "refer;id=1", "active", "SIP/2.0 180 Ringing"));
    let last = notify(4, &tag, "refer", "terminated;reason=noresource", "SIP/2.0 200 OK\r\n");
    let done = rig.receive(&udp(), &last);
    let repeated = rig.receive(&udp(), &last);
    let more = rig.receive(&udp(), &notify(5, &tag, "refer", "active", "SIP/2.0 200 OK"));

    assert_eq!((told(&early), statuses(&early)), (vec!["notified 100".to_owned()], vec![200]));
    assert_eq!(told(&accepted), ["answered 202"]);
    assert_eq!((told(&ringing), statuses(&ringing)), (vec!["notified 180".to_owned()], vec![200]));
    assert_eq!((told(&done), statuses(&done)), (vec!["notified 200, over".to_owned()], vec![200]));
    assert_eq!((told(&repeated), statuses(&repeated)), (vec![], vec![200]), "the transaction absorbs it");
    assert_eq!((told(&more), statuses(&more)), (vec![], vec![481]));
}

#[test]
fn notify_without_a_refer_of_ours_or_about_something_else_gets_481() {
    let mut rig = Rig::new();
    let (dialog, tag) = rig.running_call(&udp());
    let nothing_asked = rig.receive(&udp(), &notify(2, &tag, "refer", "active", "SIP/2.0 200 OK"));
    refer(&mut rig, dialog);

    let other_id = rig.receive(&udp(), &notify(3, &tag, "refer;id=99", "active", "SIP/2.0 200 OK"));
    let other_package = rig.receive(&udp(), &notify(4, &tag, "dialog", "active", ""));

    for seen in [nothing_asked, other_id, other_package] {
        assert_eq!((told(&seen), statuses(&seen)), (vec![], vec![481]));
    }
}

#[test]
fn refused_refer_leaves_the_call_up_and_the_next_one_may_be_sent() {
    let mut rig = Rig::new();
    let (dialog, tag, first) = referred(&mut rig);

    let refused = rig.receive(&udp(), &answer_to(&first, "603 Decline"));
    let second = refer(&mut rig, dialog);
    let accepted = rig.receive(&udp(), &answer_to(&second, "202 Accepted"));
    let of_the_first = rig.receive(&udp(), &notify(2, &tag, "refer;id=1", "active", "SIP/2.0 200 OK"));
    let of_the_second = rig.receive(&udp(), &notify(3, &tag, "refer;id=2", "terminated", "SIP/2.0 486 Busy"));

    assert_eq!((told(&refused), told(&accepted)), (vec!["answered 603".into()], vec!["answered 202".into()]));
    assert_eq!(statuses(&of_the_first), [481]);
    assert_eq!(told(&of_the_second), ["notified 486, over"]);
    assert_eq!(rig.endpoint.dialog_count(), 1);
}

#[test]
fn silence_is_told_after_64_t1_and_a_bye_before_it_ends_the_call_as_ever() {
    let mut silent = Rig::new();
    referred(&mut silent);
    let mut gone = Rig::new();
    let (_, tag, refer) = referred(&mut gone);

    let seen: Vec<Seen> = silent.run_until(33_000).into_iter().map(|(_, seen)| seen).collect();
    let bye = gone.receive(&udp(), &Script::new("BYE", 2).dialog_tag(&tag).text());
    let late = gone.receive(&udp(), &answer_to(&refer, "202 Accepted"));

    assert_eq!(told(&seen), [format!("{:?}", TerminationCause::TimedOut)]);
    assert_eq!(ended(&bye), [&EndCause::PeerBye { reason: None }]);
    assert!(late.is_empty(), "no event names a dialog that has ended: {late:?}");
    gone.run_until(60_000);
    assert!(gone.endpoint.clients.is_clean());
}

#[test]
fn lost_connection_is_replaced_and_the_refer_sent_once_more() {
    let mut rig = Rig::new();
    let (dialog, _) = rig.running_call(&tls());
    refer(&mut rig, dialog);

    rig.endpoint.handle_flow_closed(FlowId(3), rig.now);
    let seen = rig.drain();
    let [Seen::Order(order)] = seen.as_slice() else { panic!("a way is sought: {seen:?}") };
    rig.endpoint.flow_opened(order.ticket, FlowId(9), "192.0.2.7:5061".parse().unwrap());
    let again = rig.drain();
    let other = Origin { flow: FlowId(9), ..tls() };
    let answered = rig.receive(&other, &answer_to(request_of(&again), "202 Accepted"));

    assert_eq!(told(&answered), ["answered 202"]);
}

#[test]
fn dialog_that_is_gone_or_ending_refers_nobody() {
    let mut rig = Rig::new();
    let (dialog, _) = rig.running_call(&udp());
    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();
    rig.drain();
    let (to, by) = (uri("sip:2001@192.0.2.7"), uri("sip:1001@um.example.com"));

    assert_eq!(rig.endpoint.refer(dialog, &to, &by, rig.now), Err(SipError::DialogEnding));
    assert_eq!(rig.endpoint.refer(DialogId(99), &to, &by, rig.now), Err(SipError::UnknownDialog));
    assert!(rig.drain().is_empty());
}
