use serde_json::Value;
use um_tests::um_alone;

#[test]
fn demo_places_its_calls_and_each_comes_out_as_expected() {
    let demo = um_alone(&["demo", "--json"]);

    assert_eq!(demo.code, Some(0), "{demo:?}");
    let shown: Value = serde_json::from_str(&demo.stdout).unwrap();
    assert_eq!(shown["server"], Value::Null);
    let calls = shown["calls"].as_array().unwrap();
    assert_eq!(calls.len(), 1);
    assert_eq!((&calls[0]["mode"], &calls[0]["transport"]), (&"unsecured".into(), &"UDP".into()));
    assert_eq!(calls[0]["got"], "200 RTP/AVP");
    assert_eq!(calls[0]["as_expected"], true);
    // What is said lasts 5.4 s; the caller breathes before it and waits half a second behind it.
    let seconds = calls[0]["message_seconds"].as_f64().unwrap();
    assert!((5.4..7.5).contains(&seconds), "{seconds} s were stored");
}

#[test]
fn demo_prints_a_table_with_a_head() {
    let demo = um_alone(&["demo"]);

    assert_eq!(demo.code, Some(0), "{demo:?}");
    let head: Vec<&str> = demo.stdout.lines().next().unwrap_or_default().split_ascii_whitespace().collect();
    assert_eq!(head, ["MODE", "TRANSPORT", "SUITE", "EXPECTED", "GOT", "MESSAGE"]);
}
