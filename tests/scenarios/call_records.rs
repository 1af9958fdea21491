//! The record of a call, field by field, beside what the caller saw of it; in each mode, and of calls that are refused.
use std::time::{Duration, Instant};

use caller::{
    AudioCodec, CallOutcome, CallPlan, DigitPress, MediaOffer, SrtpSuite, StartSpeaking, Transport,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use um_tests::{Mode, Server, ThreePlans};

/// The record of the one call of this caller: a record is kept a moment after the call is over.
fn record_of(server: &Server, caller: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let listed = server.um_json(&["calls", "history"]);
        let of_caller: Vec<&Value> =
            listed.as_array().unwrap().iter().filter(|call| call["caller"] == caller).collect();
        match of_caller[..] {
            [record] => return record.clone(),
            [] => assert!(Instant::now() < deadline, "no record of {caller} in {listed:#}"),
            _ => panic!("more than one record of {caller}: {listed:#}"),
        }
    }
}

fn moment(record: &Value, field: &str) -> Timestamp {
    record[field].as_str().unwrap_or_else(|| panic!("no {field} in {record:#}")).parse().unwrap()
}

fn header<'a>(answer: &'a str, name: &str) -> &'a str {
    let line = answer.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {name} in {answer}")).trim()
}

/// The codec of the answer: the first payload type of its audio line.
fn codec(answer: &str) -> &'static str {
    let line = answer.lines().find(|line| line.starts_with("m=audio ")).unwrap();
    match line.split(' ').nth(3) {
        Some("0") => "PCMU",
        Some("8") => "PCMA",
        other => panic!("no codec of ours: {other:?}"),
    }
}

/// A call that leaves three seconds and presses three keys afterwards.
fn call_of(three: &ThreePlans, mode: Mode) -> CallPlan {
    let transport = if mode == Mode::Unsecured { Transport::Udp } else { Transport::Tls };
    let mut plan = three.call(mode, transport);
    plan.media = match mode {
        Mode::Unsecured => MediaOffer::Avp { codecs: vec![AudioCodec::Pcmu] },
        Mode::SipSecured => MediaOffer::Avp { codecs: vec![AudioCodec::Pcma] },
        Mode::Secured => MediaOffer::Savp {
            codecs: vec![AudioCodec::Pcmu],
            suites: vec![SrtpSuite::AeadAes128Gcm, SrtpSuite::AesCm128HmacSha1_80],
        },
    };
    plan.from_user = format!("+1206555010{}", Mode::ALL.iter().position(|known| *known == mode).unwrap());
    plan.start_speaking = StartSpeaking::AfterTone;
    plan.speech = caller::speech_like_noise(Duration::from_secs(3));
    let press = |key: char| DigitPress {
        wait: Duration::from_millis(300),
        digit: caller::Digit::from_char(key).unwrap(),
    };
    // Keys that the recording takes no notice of.
    plan.digits = vec![press('7'), press('8'), press('9')];
    plan.after = caller::HangUp::After(Duration::from_millis(500));
    plan
}

/// Compares, and takes what was compared out of the record.
fn is_taken(record: &mut Value, field: &str, expected: Value) {
    let found = record.as_object_mut().unwrap().remove(field);
    assert_eq!(found, Some(expected), "{field}");
}

fn compare(
    three: &ThreePlans,
    mode: Mode,
    plan: &CallPlan,
    outcome: &CallOutcome,
    times: (Timestamp, Timestamp),
) {
    let mut record = record_of(&three.server, &plan.from_user);
    let answer = String::from_utf8_lossy(&outcome.final_answer).into_owned();
    let (started, answered, ended) =
        (moment(&record, "started"), moment(&record, "answered"), moment(&record, "ended"));
    let within = |a: Timestamp, b: Timestamp, most_ms: i64| {
        (0..=most_ms).contains(&b.duration_since(a).as_millis().try_into().unwrap())
    };
    // INVITE and BYE travel over the loopback, TLS is made before.
    assert!(within(times.0, started, 2_000), "{times:?} {record:#}");
    let took = i64::try_from(outcome.answered_in.as_millis()).unwrap();
    assert!(within(started, answered, took + 50), "{outcome:?} {record:#}");
    assert!(within(ended, times.1, 2_000), "{times:?} {record:#}");
    let heard = i64::try_from(outcome.heard.len() / 8).unwrap();
    assert!(
        (ended.duration_since(answered).as_millis() - i128::from(heard)).abs() < 1_000,
        "{heard} {record:#}"
    );
    for date in ["started", "answered", "ended", "id"] {
        record.as_object_mut().unwrap().remove(date);
    }
    let source = record["source"].as_str().unwrap();
    assert!(source.starts_with("127.0.0.1:"), "{source}");
    record.as_object_mut().unwrap().remove("source");

    let media = record.as_object_mut().unwrap().remove("media").unwrap();
    let number = |field: &str| media[field].as_u64().unwrap_or_else(|| panic!("no {field} in {media}"));
    // What the caller has heard of what we sent: the last packets may have crossed its BYE.
    let unheard = number("packets_sent").checked_sub(outcome.packets_heard).unwrap();
    assert!(unheard <= 5, "{unheard} of {media} were not heard by {outcome:?}");
    // 20 ms a packet: the speech at least, and silence before it.
    assert!(number("packets_received") >= 150 + number("packets_lost"), "{media}");
    assert_eq!((number("packets_unauthentic"), number("packets_replayed")), (0, 0), "{media}");
    let (loss, mos) = (media["loss_percent"].as_f64().unwrap(), media["mos"].as_f64().unwrap());
    assert!(
        loss < 5.0 && (1.0..=4.5).contains(&mos) && media["jitter_ms"].as_f64().unwrap() < 50.0,
        "{media}"
    );
    if loss == 0.0 && media["jitter_ms"].as_f64().unwrap() < 40.0 {
        assert_eq!(mos, 4.41, "{media}");
    }

    let text = |text: Option<String>| text.map_or(Value::Null, Value::String);
    let tls = outcome.tls.as_ref();
    let messages = three.server.messages(&format!("4001@{}", mode.word()), 1);
    let subject = tls.map(|_| "CN=gw1.test".to_owned());
    is_taken(&mut record, "call_id", json!(header(&answer, "Call-ID")));
    is_taken(&mut record, "gateway", json!("gw1"));
    is_taken(&mut record, "dial_plan", json!(mode.word()));
    is_taken(&mut record, "mode", json!(mode.word()));
    is_taken(&mut record, "transport", json!(plan.transport.token().to_lowercase()));
    is_taken(&mut record, "tls_version", text(tls.map(|tls| tls.version.to_string())));
    is_taken(&mut record, "tls_cipher", text(tls.map(|tls| tls.cipher.clone())));
    is_taken(&mut record, "peer_subject", text(subject));
    is_taken(&mut record, "caller", json!(plan.from_user));
    is_taken(&mut record, "called", json!(mode.pilot()));
    is_taken(&mut record, "extension", json!("4001"));
    is_taken(&mut record, "suite", text(outcome.suite.clone()));
    is_taken(&mut record, "codec", json!(codec(&answer)));
    is_taken(&mut record, "digits", json!(plan.digits.len()));
    is_taken(&mut record, "status", json!(outcome.status));
    is_taken(&mut record, "result", json!("answered"));
    is_taken(&mut record, "refusal", Value::Null);
    is_taken(&mut record, "reason", json!("caller hung up"));
    is_taken(&mut record, "message", messages[0]["id"].clone());
    // A field that comes later is to be compared too.
    assert_eq!(record, json!({}));
}

#[tokio::test]
async fn record_of_a_call_in_each_mode_says_what_the_caller_saw() {
    let three = ThreePlans::start();
    for mode in Mode::ALL {
        let plan = call_of(&three, mode);

        let before = Timestamp::now();
        let outcome = caller::place_call(plan.clone()).await.unwrap();
        let times = (before, Timestamp::now());

        assert_eq!(outcome.status, 200, "{mode:?}: {outcome:?}");
        compare(&three, mode, &plan, &outcome, times);
    }
    reports_add_up(&three.server);
}

/// What the reports make of one call in each mode.
fn reports_add_up(server: &Server) {
    let by_gateway = server.um_json(&["report", "calls", "--by", "gateway"]);
    let row = &by_gateway.as_array().unwrap()[..];
    let [row] = row else { panic!("not one gateway: {by_gateway:#}") };
    assert_eq!(
        (&row["group"], &row["calls"], &row["messages"]),
        (&json!("gw1"), &json!(3), &json!(3)),
        "{row:#}"
    );
    let by_day = server.um_ok(&["report", "calls", "--by", "day", "--csv"]);
    assert!(
        by_day.starts_with("group,calls,answered,abandoned,refused,failed,seconds,messages,"),
        "{by_day}"
    );
    let printed = server.um_ok(&["calls", "history", "--csv", "--gateway", "gw1", "--extension", "4001"]);
    assert_eq!(printed.lines().count(), 4, "{printed}");
    assert_eq!(server.um_json(&["calls", "history", "--limit", "1"]).as_array().unwrap().len(), 1);
    assert_eq!(server.um_json(&["calls", "history", "--extension", "4002"]), json!([]));
    assert_eq!(server.um(&["calls", "history", "--gateway", "gw9"]).code, Some(1));

    let posture = server.um_json(&["report", "posture"]);
    let rows = posture["rows"].as_array().unwrap();
    let used: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!([row["dial_plan"], row["calls"], row["below_mode"], row["transports"], row["suites"]])
        })
        .collect();
    let once = |what: &str| json!([{"what": what, "calls": 1}]);
    assert_eq!(
        used,
        [
            json!(["secured", 1, 0, once("tls"), once("AEAD_AES_128_GCM")]),
            json!(["sip-secured", 1, 0, once("tls"), once("none")]),
            json!(["unsecured", 1, 0, once("udp"), once("none")]),
        ]
    );
    assert_eq!(posture["pins_in_the_clear"], json!(["sip-secured", "unsecured"]));
    let shown = server.um(&["report", "posture"]);
    assert!(shown.stderr.contains("PINs of dial plan sip-secured travel in the clear"), "{shown:?}");
}

#[tokio::test]
async fn refused_call_is_kept_with_the_status_and_the_reason_that_the_caller_was_told() {
    let three = ThreePlans::start();
    let mut rows = vec![
        (Mode::Secured, Transport::Tcp, "4001", 403, "wrong-mode"),
        (Mode::Unsecured, Transport::Tls, "4001", 403, "wrong-mode"),
        (Mode::Unsecured, Transport::Udp, "4999", 404, "no-mailbox"),
        (Mode::Secured, Transport::Tls, "4001", 488, "no-crypto"),
    ];
    for (place, (mode, transport, diverted, status, word)) in rows.drain(..).enumerate() {
        let mut plan = three.call(mode, transport);
        plan.diversion = Some(diverted.to_owned());
        plan.from_user = format!("206555020{place}");
        let number = plan.from_user.clone();

        let outcome = caller::place_call(plan).await.unwrap();

        let record = record_of(&three.server, &number);
        assert_eq!((outcome.status, &record["status"]), (status, &json!(status)), "{record:#}");
        assert_eq!((&record["result"], &record["refusal"]), (&json!("refused"), &json!(word)), "{record:#}");
        assert_eq!((&record["answered"], &record["media"]), (&Value::Null, &Value::Null), "{record:#}");
        assert_eq!((&record["dial_plan"], &record["mode"]), (&json!(mode.word()), &json!(mode.word())));
        assert_eq!(record["called"], mode.pilot());
        let told = outcome.reason.unwrap();
        let reason = record["reason"].as_str().unwrap();
        // The words of the header are the record's, as far as a header may hold them.
        let beginning: String = reason.chars().take(40).collect();
        assert!(told.contains(&beginning), "{told} is not {reason}");
    }
    let metrics = three.server.um_ok(&["metrics"]);
    for line in [
        "um_calls_refused_total{status=\"403\",reason=\"wrong-mode\"} 2",
        "um_calls_refused_total{status=\"404\",reason=\"no-mailbox\"} 1",
        "um_calls_refused_total{status=\"488\",reason=\"no-crypto\"} 1",
        "um_calls_below_mode_total 0",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in {metrics}");
    }
}
