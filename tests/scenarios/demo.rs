use caller::SrtpSuite;
use serde_json::Value;
use um_tests::um_alone;

#[test]
fn demo_places_its_calls_and_each_comes_out_as_expected() {
    let demo = um_alone(&["demo", "--json"]);

    assert_eq!(demo.code, Some(0), "{demo:?}");
    let shown: Value = serde_json::from_str(&demo.stdout).unwrap();
    assert_eq!(shown["server"], Value::Null);
    let calls = shown["calls"].as_array().unwrap();
    let text = |call: &Value, key: &str| call[key].as_str().unwrap().to_owned();
    let got: Vec<String> =
        calls.iter().map(|call| ["mode", "transport", "got"].map(|key| text(call, key)).join(" ")).collect();
    assert_eq!(
        got,
        [
            "unsecured UDP 200 RTP/AVP",
            "unsecured TCP 200 RTP/AVP",
            "sip-secured TLS 200 RTP/AVP",
            "secured TLS 200 RTP/SAVP",
            "secured TLS 200 RTP/SAVP",
            "secured TLS 200 RTP/SAVP",
            "secured TLS 200 RTP/SAVP",
            "secured TLS 200 RTP/SAVP",
            "secured TLS 200 RTP/AVP",
            "unsecured TLS 403, cause 21",
            "sip-secured UDP 403, cause 21",
            "sip-secured TCP 403, cause 21",
            "secured UDP 403, cause 21",
            "secured TCP 403, cause 21",
            "unsecured UDP 488, cause 88",
            "sip-secured TLS 488, cause 88",
            "secured TLS 488, cause 88",
            "secured TLS 488, cause 88",
            "unsecured UDP 404, cause 1",
            "unsecured UDP 403, no reason",
            "sip-secured TLS TLS alert certificate_required",
            "sip-secured TLS TLS alert unknown_ca",
        ]
    );
    let suites: Vec<&Value> = calls.iter().map(|call| &call["suite"]).collect();
    let agreed = SrtpSuite::ALL.map(SrtpSuite::name);
    // The offer of both carries every suite; the server takes the first.
    assert_eq!(suites[3..9], [&agreed[..], &agreed[..1]].concat());
    assert!(suites[..3].iter().chain(&suites[9..]).all(|suite| suite.is_null()), "{suites:?}");
    for call in &calls[..9] {
        // What is said lasts 5.4 s; the caller breathes before it and waits half a second behind it.
        let seconds = call["message_seconds"].as_f64().unwrap();
        assert!((5.4..7.5).contains(&seconds), "{seconds} s were stored");
    }
    assert!(calls[9..].iter().all(|call| call["message_seconds"].is_null()), "{calls:?}");
}

#[test]
fn demo_prints_a_table_with_a_head() {
    let demo = um_alone(&["demo"]);

    assert_eq!(demo.code, Some(0), "{demo:?}");
    let head: Vec<&str> = demo.stdout.lines().next().unwrap_or_default().split_ascii_whitespace().collect();
    assert_eq!(head, ["CALL", "MODE", "TRANSPORT", "SUITE", "EXPECTED", "GOT", "MESSAGE"]);
}
