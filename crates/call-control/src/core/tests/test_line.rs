//! Calls over the test line: who may place them, how long, and that nothing stays behind.
use telephony::Digit;

use super::*;
use crate::{LONGEST_TEST, Refusal, TestCallSeen, TestLines, TestSource};

const TEST_CALL: u16 = 2076;
const MISSED: u16 = 2023;

/// A rig whose messages come from an address that is no gateway's.
fn elsewhere() -> Rig {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    rig.flow.remote = SocketAddr::from(([127, 0, 0, 9], 6000));
    rig
}

/// The line is leased for where the messages of the rig come from.
fn lease(rig: &mut Rig) {
    let source = TestSource::Address(rig.flow.remote);
    let line = TestLines::default().lease("gw1".into(), source, rig.now).unwrap();
    rig.input(Input::TestLine(Some(line)));
}

fn seen(outputs: &[Output]) -> Option<TestCallSeen> {
    outputs.iter().find_map(|output| match output {
        Output::TestCallOver(seen) => Some((**seen).clone()),
        _ => None,
    })
}

fn told(outputs: &[Output], id: u16) -> usize {
    events(outputs).iter().filter(|(told, _)| *told == id).count()
}

#[test]
fn source_of_the_line_counts_as_its_gateway_and_its_neighbour_does_not() {
    let mut rig = elsewhere();
    assert_eq!(status_line(&rig.invite(OFFER)), "SIP/2.0 403 Forbidden");
    lease(&mut rig);

    let outputs = rig.invite(OFFER);
    assert_eq!(told(&outputs, TEST_CALL), 1);
    let token = store_token(&outputs);
    assert_eq!(status_line(&rig.store(token, found_mailbox())), "SIP/2.0 200 OK");

    rig.flow.remote.set_port(6001);
    let outputs = rig.invite(OFFER);
    assert_eq!((status_line(&outputs).as_str(), told(&outputs, TEST_CALL)), ("SIP/2.0 403 Forbidden", 0));
}

#[test]
fn line_that_is_over_recognises_nobody_and_its_call_is_ended() {
    let mut rig = elsewhere();
    lease(&mut rig);
    let (tag, _) = rig.talking();

    let outputs = rig.advance(LONGEST_TEST);

    assert!(sent(&outputs).iter().any(|text| text.starts_with("BYE ")), "{outputs:?}");
    let close = command(&outputs).unwrap();
    let outputs = rig.media(&close, MediaEventKind::Closed { totals: Default::default() });
    assert!(seen(&outputs).is_some(), "{outputs:?}");
    assert_eq!(rig.core.call_count(), 0);
    assert_eq!(status_line(&rig.invite(OFFER)), "SIP/2.0 403 Forbidden");
    assert!(!tag.is_empty());
}

#[test]
fn released_line_recognises_nobody_any_more_but_its_call_can_still_be_ended() {
    let mut rig = elsewhere();
    lease(&mut rig);
    let (tag, _) = rig.talking();

    let outputs = rig.input(Input::TestLine(None));
    assert!(sent(&outputs)[0].starts_with("BYE "), "{outputs:?}");
    assert_eq!(status_line(&rig.invite(OFFER)), "SIP/2.0 403 Forbidden");
    rig.invites -= 1;
    assert_eq!(status_line(&rig.in_dialog("BYE", 2, &tag)), "SIP/2.0 200 OK");
}

#[test]
fn test_call_leaves_neither_file_nor_message_nor_missed_call() {
    let mut rig = elsewhere();
    lease(&mut rig);
    let (tag, greeting) = rig.talking();

    let outputs = rig.media(&greeting, play_finished());
    assert!(store_requests(&outputs).is_empty(), "{outputs:?}");
    let recording = begun_recording(&outputs);
    let record = command(&outputs).unwrap();
    for digit in ['1', '2', '3'] {
        let digit = Digit::from_char(digit).unwrap();
        rig.media(&record, MediaEventKind::Digit { digit, duration: Duration::from_millis(100) });
    }
    let outputs = rig.in_dialog("BYE", 2, &tag);
    let stop = command(&outputs).unwrap();
    let outputs = rig.media(&stop, record_finished(recording));
    assert!(store_requests(&outputs).is_empty(), "{outputs:?}");
    let close = command(&outputs).unwrap();
    let totals = srtp_media::MediaTotals { packets_received: 500, lost: 2, ..Default::default() };
    let outputs = rig.media(&close, MediaEventKind::Closed { totals });

    assert_eq!((told(&outputs, MISSED), rig.core.call_count()), (0, 0));
    let seen = seen(&outputs).unwrap();
    assert_eq!((seen.line, seen.call_id.as_str(), seen.digits), (1, "c1", 3));
    assert_eq!(seen.totals, Some(totals));
    assert_eq!((seen.refusal, seen.suite), (None, None));
}

#[test]
fn caller_who_goes_in_the_greeting_of_a_test_has_missed_nobody() {
    let mut rig = elsewhere();
    lease(&mut rig);
    let (tag, _) = rig.talking();

    let outputs = rig.in_dialog("BYE", 2, &tag);

    assert_eq!(told(&outputs, MISSED), 0);
    assert!(store_requests(&outputs).is_empty(), "{outputs:?}");
}

#[test]
fn call_of_the_gateway_itself_goes_on_as_ever_beside_the_line() {
    let mut rig = elsewhere();
    lease(&mut rig);
    rig.flow.remote = SocketAddr::from(([127, 0, 0, 1], 6000));

    let (_, greeting) = rig.talking();
    let outputs = rig.media(&greeting, play_finished());

    assert!(matches!(store_requests(&outputs)[..], [(_, StoreRequestKind::BeginRecording { .. })]));
    rig.input(Input::TestLine(None));
    assert_eq!(rig.core.call_count(), 1);
}

#[test]
fn refusal_of_a_test_call_is_told_with_its_reason() {
    let mut rig = elsewhere();
    lease(&mut rig);
    let name = "gw1".to_owned();
    let patch = GatewayPatch { status: Some(GatewayStatus::Disabled), ..GatewayPatch::default() };
    (rig.site, _) = rig.site.apply(&SiteChange::SetGateway { name: name.clone(), patch }).unwrap();
    rig.put_site();

    let early = rig.invite(OFFER);

    let disabled = Refusal::GatewayTakesNoCalls { gateway: name, status: GatewayStatus::Disabled };
    assert_eq!(seen(&early).unwrap().refusal, Some(disabled));
    assert_eq!(told(&early, TEST_CALL), 1);

    let mut rig = elsewhere();
    lease(&mut rig);
    let outputs = rig.invite(OFFER);
    let token = store_token(&outputs);
    let late = rig.store(token, StoreReplyKind::Mailbox(None));
    let seen = seen(&late).unwrap();
    assert!(matches!(seen.refusal, Some(Refusal::UnknownMailbox { .. })), "{seen:?}");
}

#[test]
fn certificate_of_the_line_counts_as_its_gateway_from_its_own_address_alone() {
    let mut rig = Rig::new(VoipSecurity::SipSecured);
    rig.over_tls(&["<test line>"]);
    assert_eq!(status_line(&rig.invite(OFFER)).get(..11), Some("SIP/2.0 403"));
    let source = TestSource::Certificate { sha256: "ab".to_owned(), remote: rig.flow.remote };
    let line = TestLines::default().lease("gw1".into(), source, rig.now).unwrap();
    rig.input(Input::TestLine(Some(line)));

    let outputs = rig.invite(OFFER);
    let token = store_token(&outputs);
    assert_eq!(status_line(&rig.store(token, found_mailbox())), "SIP/2.0 200 OK");

    rig.flow.remote.set_port(6001);
    assert_eq!(told(&rig.invite(OFFER), TEST_CALL), 0);
}

#[test]
fn test_call_whose_connection_is_gone_is_not_ended_at_the_gateway() {
    let mut rig = Rig::new(VoipSecurity::SipSecured);
    rig.over_tls(&["<test line>"]);
    let source = TestSource::Certificate { sha256: "ab".to_owned(), remote: rig.flow.remote };
    let line = TestLines::default().lease("gw1".into(), source, rig.now).unwrap();
    rig.input(Input::TestLine(Some(line)));
    rig.talking();
    rig.input(Input::FlowClosed(rig.flow.id));

    let outputs = rig.input(Input::TestLine(None));

    let is_quiet = |output: &Output| !matches!(output, Output::OpenFlow(_) | Output::Transmit { .. });
    assert!(outputs.iter().all(is_quiet), "{outputs:?}");
    assert_eq!(told(&outputs, 2025), 1);
    let close = command(&outputs).unwrap();
    assert!(matches!(close.what, MediaCommandKind::Close));
}
