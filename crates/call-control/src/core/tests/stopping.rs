//! A server that stops or has no room: rule 10, and calls that are cut off.
use mailbox::DiskState;

use super::*;
use crate::PanicPlace;

const OPTIONS: &str = "OPTIONS sip:127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:6000;branch=z9hG4bKo\n\
    From: <sip:gw@127.0.0.1>;tag=o\nTo: <sip:127.0.0.1>\nCall-ID: o\nCSeq: 1 OPTIONS\nContent-Length: 0\n\n";

fn retry_after(answer: &str) -> u32 {
    let value = answer.lines().find_map(|line| line.strip_prefix("Retry-After: "));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no Retry-After: {answer}"))
}

#[test]
fn draining_server_refuses_new_calls_and_options_with_503_and_a_time_to_come_back() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    rig.input(Input::Drain);

    let invite = sent(&rig.invite(OFFER)).pop().unwrap();
    let options = sent(&rig.message(OPTIONS)).pop().unwrap();

    for answer in [invite, options] {
        assert!(answer.starts_with("SIP/2.0 503 "), "{answer}");
        assert!((30..=60).contains(&retry_after(&answer)));
        assert!(answer.contains("Reason: Q.850;cause=41;text=\"the server is stopping"), "{answer}");
    }
}

#[test]
fn wrong_transport_is_told_before_the_drain() {
    let mut rig = Rig::new(VoipSecurity::Secured);
    rig.input(Input::Drain);

    let outputs = rig.invite(OFFER);

    assert!(status_line(&outputs).starts_with("SIP/2.0 403 "), "{outputs:?}");
}

#[test]
fn caller_who_is_recording_when_the_drain_begins_may_finish() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let (tag, recording) = rig.recording();

    let outputs = rig.input(Input::Drain);
    assert!(outputs.is_empty(), "{outputs:?}");
    let outputs = rig.in_dialog("BYE", 2, &tag);

    assert_eq!(status_line(&outputs), "SIP/2.0 200 OK");
    assert!(!rig.kept(&outputs, recording).interrupted);
}

#[test]
fn call_that_outlasts_the_drain_gets_bye_with_a_reason_and_its_message_is_interrupted() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let (_, recording) = rig.recording();
    rig.input(Input::Drain);

    let outputs = rig.input(Input::EndOfDrain);

    let bye = &sent(&outputs)[0];
    assert!(bye.starts_with("BYE "), "{bye}");
    assert!(bye.contains("Reason: SIP;cause=503;text=\"the server is stopping\""), "{bye}");
    assert!(rig.kept(&outputs, recording).interrupted);
}

#[test]
fn panic_in_one_call_ends_it_with_bye_and_an_event_and_leaves_the_other_call_alone() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    rig.talking();
    let broken = CallKey(*rig.core.calls.keys().map(|CallKey(key)| key).next().unwrap());
    let lease = MediaLease { session: SessionId(41), worker: 0, rtp_port: 20_002, rtcp_port: 20_003 };
    rig.input(Input::Lease(lease));
    let (tag, _) = rig.talking();

    let outputs = rig.input(Input::Admin(AdminOrder::Panic(PanicPlace::Call(broken))));

    assert!(sent(&outputs)[0].starts_with("BYE "), "{outputs:?}");
    assert!(events(&outputs).iter().any(|(id, _)| *id == 2006));
    assert_eq!(rig.core.call_count(), 1);
    assert_eq!(status_line(&rig.in_dialog("BYE", 2, &tag)), "SIP/2.0 200 OK");
}

#[test]
fn third_call_of_a_server_that_may_have_two_gets_503_without_a_time_to_come_back() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    rig.talking();
    let lease = MediaLease { session: SessionId(41), worker: 0, rtp_port: 20_002, rtcp_port: 20_003 };
    rig.input(Input::Lease(lease));
    let (tag, _) = rig.talking();

    let refused = sent(&rig.invite(OFFER)).pop().unwrap();
    rig.advance(Duration::from_secs(5));
    let later = sent(&rig.invite(OFFER)).pop().unwrap();

    assert!(refused.starts_with("SIP/2.0 503 "), "{refused}");
    assert!(
        refused.contains("Reason: Q.850;cause=42;text=\"the server has the 2 calls that it may have"),
        "{refused}"
    );
    assert!(!refused.contains("Retry-After"), "{refused}");
    assert!((30..=60).contains(&retry_after(&later)));
    assert!(!tag.is_empty());
}

#[test]
fn disk_below_its_floor_refuses_new_calls_with_503_until_there_is_room() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    rig.input(Input::Disk(DiskState::Full));

    let refused = sent(&rig.invite(OFFER)).pop().unwrap();
    let options = sent(&rig.message(OPTIONS)).pop().unwrap();
    rig.input(Input::Disk(DiskState::Ample));
    let taken = rig.answered();

    assert!(refused.starts_with("SIP/2.0 503 "), "{refused}");
    assert!(refused.contains("the disk of the server is full"), "{refused}");
    assert!((30..=60).contains(&retry_after(&refused)));
    assert!(options.starts_with("SIP/2.0 503 "), "{options}");
    assert!(status_line(&taken).starts_with("SIP/2.0 200 "));
}

#[test]
fn below_the_soft_mark_the_caller_is_told_that_no_message_can_be_left() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    rig.input(Input::Disk(DiskState::Low));

    let (_, words) = rig.talking();
    let MediaCommandKind::Play { clips, .. } = &words.what else { panic!("not a Play") };
    assert_eq!(clips.len(), 2, "the words and the farewell, no tone");
    let outputs = rig.media(&words, play_finished());

    assert!(sent(&outputs)[0].starts_with("BYE "), "{outputs:?}");
    assert!(matches!(store_requests(&outputs)[..], [(_, StoreRequestKind::NoteMissed(_))]));
}
