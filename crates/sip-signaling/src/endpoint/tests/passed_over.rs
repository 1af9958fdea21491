use telephony::{Event, kind};

use super::*;

/// The events of a message of the peer, with their fields.
fn told(rig: &mut Rig, origin: &Origin, text: &str) -> Vec<Event> {
    rig.endpoint.handle_message(origin, &Bytes::copy_from_slice(text.as_bytes()), rig.now);
    let outputs = std::iter::from_fn(|| rig.endpoint.poll_output());
    outputs
        .filter_map(|output| match output {
            EndpointOutput::Event(event) => Some(event),
            _ => None,
        })
        .collect()
}

#[test]
fn malformed_headers_that_nothing_needs_are_passed_over_with_one_event() {
    let mut rig = Rig::new();
    let invite = Script::invite()
        .header("Diversion: \"Ada <sip:4001@x>")
        .header("Diversion: <sip:4002@x>;reason=\"")
        .header("History-Info: <sip:4001@x>;index=1..2")
        .header("P-Asserted-Identity: <>")
        .header("Supported: timer, {}")
        .text();

    let events = told(&mut rig, &udp(), &invite);

    let [event] = events.as_slice() else { panic!("one event alone: {events:?}") };
    assert_eq!(event.kind, &kind::HEADER_PASSED_OVER);
    assert_eq!(
        event.fields,
        [
            ("header", "Supported, Diversion, History-Info, P-Asserted-Identity".to_owned()),
            ("reason", "display name is not closed".to_owned()),
            ("call_id", "call-1@192.0.2.7".to_owned()),
            ("method", "INVITE".to_owned()),
            ("source", "192.0.2.7:5060".to_owned()),
        ]
    );
    assert_eq!(told(&mut rig, &udp(), &invite), [], "a retransmission tells nothing new");
}

#[test]
fn well_formed_headers_and_strangers_cause_no_event() {
    let mut rig = Rig::new();
    let stranger = origin(Transport::Udp, "203.0.113.9:5060", &[]);

    let sound = Script::invite()
        .header("Diversion: \"A, B\" <sip:4001@x>;reason=no-answer, <sip:4002@x>")
        .header("History-Info: <sip:4001@x>;index=1.1")
        .header("Privacy: id;critical")
        .header("X-Unknown: \"<")
        .text();

    assert_eq!(told(&mut rig, &udp(), &sound), []);
    let broken = Script::invite().call("other").header("Diversion: \"Ada").text();
    assert_eq!(told(&mut rig, &stranger, &broken), []);
}
