//! Callers with wrong PINs, as the administrator of a real server sees them and lets them go on.

use std::time::Duration;

use caller::{CallPlan, Digit, DigitPress, HangUp, StartSpeaking};
use serde_json::{Value, json};
use um_tests::Server;

/// Calls the access number and types these keys.
async fn types(server: &Server, caller: &str, keys: &str) {
    let mut plan = CallPlan::new(server.sip(), "5000");
    plan.from_user = caller.to_owned();
    plan.start_speaking = StartSpeaking::Immediately;
    let press = |key| DigitPress { wait: Duration::from_millis(150), digit: Digit::from_char(key).unwrap() };
    plan.digits = keys.chars().map(press).collect();
    plan.after = HangUp::After(Duration::from_secs(2));
    assert_eq!(caller::place_call(plan).await.unwrap().status, 200);
}

fn listed(server: &Server) -> Vec<(Value, Value)> {
    let Value::Array(rows) = server.um_json(&["pin-guard", "list"]) else { panic!("no array") };
    rows.iter().map(|row| (row["caller"].clone(), row["failures"].clone())).collect()
}

#[tokio::test]
async fn wrong_pins_of_a_telephone_are_listed_whatever_the_mailbox_until_they_are_forgotten() {
    let server = Server::start_with_mailbox();
    server.um_ok(&["dialplan", "set", "hq", "--access-number", "5000"]);

    types(&server, "2065550100", "4001#000000#").await;
    types(&server, "2065550100", "4009#000000#").await;
    types(&server, "2065550199", "4001#000000#").await;
    let before = listed(&server);
    server.um_ok(&["pin-guard", "clear", "gw1", "2065550100"]);
    let after = listed(&server);
    let again = server.um(&["pin-guard", "clear", "gw1", "2065550100"]);

    let (first, second) = (json!("2065550100"), json!("2065550199"));
    assert_eq!(before, [(first, json!(2)), (second.clone(), json!(1))]);
    assert_eq!(after, [(second, json!(1))]);
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("um pin-guard list"), "{}", again.stderr);
    let event = server.event(2058, |fields| fields["caller"] == "2065550100");
    assert_eq!(event["fields"]["gateway"], "gw1");
}
