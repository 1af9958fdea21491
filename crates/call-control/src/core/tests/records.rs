//! Each call leaves one record, and what stands in it.
use mailbox::{CallMedia, CallRecord, CallResult};
use telephony::Digit;

use super::*;
use crate::{TestLines, TestSource, vocabulary::TlsAgreed};

fn records(outputs: &[Output]) -> Vec<CallRecord> {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::CallRecord(record) => Some((**record).clone()),
            _ => None,
        })
        .collect()
}

fn only(outputs: &[Output]) -> CallRecord {
    match &records(outputs)[..] {
        [record] => record.clone(),
        other => panic!("not one record: {other:?}"),
    }
}

/// The same call of the rig, refused before anything is known of it.
fn refused(call_id: &str, at: Timestamp) -> CallRecord {
    CallRecord {
        call_id: call_id.into(),
        started: at,
        answered: None,
        ended: at,
        gateway: Some("gw1".into()),
        source: Some("127.0.0.1:6000".into()),
        dial_plan: Some("hq".into()),
        mode: Some("unsecured".into()),
        transport: "udp".into(),
        tls_version: None,
        tls_cipher: None,
        peer_subject: None,
        caller: Some("2002".into()),
        called: Some("4001".into()),
        extension: None,
        suite: None,
        codec: None,
        media: None,
        digits: 0,
        status: 0,
        result: CallResult::Refused,
        refusal: None,
        reason: String::new(),
        message: None,
    }
}

fn later(rig: &mut Rig, seconds: i64) -> Timestamp {
    rig.date += jiff::SignedDuration::from_secs(seconds);
    rig.date
}

#[test]
fn secured_call_that_leaves_a_message_is_kept_with_every_fact_and_without_the_keys_that_were_pressed() {
    let mut rig = Rig::new(VoipSecurity::Secured);
    rig.over_tls(&["gw1"]);
    rig.flow.tls = Some(TlsAgreed { version: "TLS 1.3", cipher: "TLS13_AES_256_GCM_SHA384" });
    let started = rig.date;
    let token = store_token(&rig.invite(CRYPTO_OFFER));
    let answered = later(&mut rig, 1);
    let tag = to_tag(&sent(&rig.store(token, found_mailbox()))[0]);
    rig.in_dialog("ACK", 1, &tag);
    let greeting = command(&rig.advance(Duration::from_millis(300))).unwrap();
    let outputs = rig.media(&greeting, play_finished());
    let (recording, record) = (begun_recording(&outputs), command(&outputs).unwrap());
    for digit in ['7', '*'] {
        let digit = Digit::from_char(digit).unwrap();
        rig.media(&record, MediaEventKind::Digit { digit, duration: Duration::from_millis(80) });
    }
    let ended = later(&mut rig, 20);
    let stop = command(&rig.in_dialog("BYE", 2, &tag)).unwrap();
    // The message takes its time, the call is over all the same.
    later(&mut rig, 5);
    let token = store_token(&rig.media(&stop, record_finished(recording)));
    let outputs = rig.store(token, StoreReplyKind::Committed { message: MessageId(12) });
    assert_eq!(records(&outputs), []);
    let close = command(&outputs).unwrap();
    let totals = srtp_media::MediaTotals {
        packets_received: 1000,
        packets_sent: 900,
        failed_authentication: 3,
        jitter: 12,
        ..Default::default()
    };

    let outputs = rig.media(&close, MediaEventKind::Closed { totals });

    let expected = CallRecord {
        answered: Some(answered),
        ended,
        mode: Some("secured".into()),
        transport: "tls".into(),
        tls_version: Some("TLS 1.3".into()),
        tls_cipher: Some("TLS13_AES_256_GCM_SHA384".into()),
        peer_subject: Some("CN=pbx.example.org".into()),
        extension: Some("4001".into()),
        suite: Some("AES_CM_128_HMAC_SHA1_80".into()),
        codec: Some("PCMU".into()),
        media: Some(CallMedia {
            packets_received: 1000,
            packets_sent: 900,
            packets_lost: 0,
            packets_late: 0,
            packets_unauthentic: 3,
            packets_replayed: 0,
            loss_percent: 0.0,
            jitter_ms: 1.5,
            mos: Some(4.41),
        }),
        digits: 2,
        status: 200,
        result: CallResult::Answered,
        reason: "caller hung up".into(),
        message: Some(MessageId(12)),
        ..refused("c1", started)
    };
    assert_eq!(only(&outputs), expected);
    assert!(matches!(outputs.last(), Some(Output::CallEnded(_))), "{outputs:?}");
}

#[test]
fn call_that_a_rule_refuses_is_kept_with_its_word_status_and_reason() {
    let mut rig = Rig::new(VoipSecurity::Secured);
    let mut expected = refused("c1", rig.date);
    expected.mode = Some("secured".into());
    expected.status = 403;
    expected.refusal = Some("wrong-mode".into());
    expected.reason =
        "dial plan hq is Secured; this call came over UDP: point the gateway at port 5071 (TLS)".into();

    assert_eq!(only(&rig.invite(OFFER)), expected);
}

#[test]
fn call_to_nobody_and_call_of_a_stopping_server_are_kept_with_their_plan() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let token = store_token(&rig.invite(OFFER));
    let unknown = only(&rig.store(token, StoreReplyKind::Mailbox(None)));
    rig.input(Input::Drain);
    let stopping = only(&rig.invite(OFFER));

    let seen = |record: CallRecord| (record.status, record.refusal, record.dial_plan, record.gateway);
    let of = |status, word: &str| (status, Some(word.into()), Some("hq".into()), Some("gw1".into()));
    assert_eq!(seen(unknown), of(404, "no-mailbox"));
    assert_eq!(seen(stopping), of(503, "draining"));
}

#[test]
fn caller_who_gives_up_before_the_answer_has_abandoned_the_call() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let started = rig.date;
    rig.invite(OFFER);
    let ended = later(&mut rig, 2);

    let outputs = rig.message(
        "CANCEL sip:4001@127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:6000;branch=z9hG4bK1\n\
         From: \"Bob\" <sip:2002@127.0.0.1>;tag=f2\nTo: <sip:4001@127.0.0.1>\nCall-ID: c1\nCSeq: 1 CANCEL\n\
         Content-Length: 0\n\n",
    );

    let expected = CallRecord {
        ended,
        status: 487,
        result: CallResult::Abandoned,
        reason: "caller gave up before the answer".into(),
        ..refused("c1", started)
    };
    assert_eq!(only(&outputs), expected);
}

#[test]
fn call_that_a_fault_ends_has_failed_after_it_was_answered() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    rig.talking();
    let key = *rig.core.calls.keys().next().unwrap();

    let outputs = rig.input(Input::Admin(AdminOrder::Panic(crate::PanicPlace::Call(key))));

    let record = only(&outputs);
    assert_eq!((record.result, record.status), (CallResult::Failed, 200));
    assert_eq!((record.reason.as_str(), record.extension.as_deref()), ("fault in the server", Some("4001")));
}

#[test]
fn call_that_the_endpoint_refuses_by_itself_is_kept_too() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);

    let outputs = rig.invite_with("Require: gruu\n", OFFER);
    rig.invites -= 1;
    let repeated = rig.invite_with("Require: gruu\n", OFFER);

    assert_eq!(
        (status_line(&repeated), records(&repeated)),
        ("SIP/2.0 420 Bad Extension".to_owned(), Vec::new())
    );
    let record = only(&outputs);
    assert!(record.reason.contains("Unsupported: gruu"), "{}", record.reason);
    let expected = CallRecord {
        dial_plan: None,
        mode: None,
        caller: None,
        called: None,
        status: 420,
        refusal: Some("bad-request".into()),
        reason: record.reason.clone(),
        ..refused("c1", rig.date)
    };
    assert_eq!(record, expected);
}

#[test]
fn refused_calls_that_are_remembered_are_bounded() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);

    let kept: usize = (0..300).map(|_| records(&rig.invite_with("Require: gruu\n", OFFER)).len()).sum();

    assert_eq!((kept, rig.core.unheard.len()), (300, 256));
}

#[test]
fn call_over_the_test_line_and_request_of_a_stranger_leave_no_record() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    rig.flow.remote = SocketAddr::from(([127, 0, 0, 9], 6000));
    assert_eq!(records(&rig.invite(OFFER)), []);
    let source = TestSource::Address(rig.flow.remote);
    let line = TestLines::default().lease("gw1".into(), source, rig.now).unwrap();
    rig.input(Input::TestLine(Some(line)));
    assert_eq!(records(&rig.invite_with("Require: gruu\n", OFFER)), []);
    let token = store_token(&rig.invite(OFFER));
    assert_eq!(records(&rig.store(token, StoreReplyKind::Mailbox(None))), []);
    rig.input(Input::Drain);

    assert_eq!(records(&rig.invite(OFFER)), []);
}
