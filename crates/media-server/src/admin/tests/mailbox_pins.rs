use serde_json::json;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn pin_is_set_reset_and_unlocked_and_never_shown() {
    let rig = Rig::start().await.with_hq().await;

    let set = rig.done("PUT", "/v1/mailboxes/4001/pin", json!({"pin": "730294"})).await;
    let (_, shown) = rig.get("/v1/mailboxes/4001").await;
    let made = rig.done("POST", "/v1/mailboxes/4001@hq/pin/reset", Value::Null).await;
    let unlocked = rig.done("POST", "/v1/mailboxes/4001/unlock", Value::Null).await;

    assert_eq!(set, json!({}));
    assert_eq!((&shown["pin"]["made"], &shown["pin"]["failures"]), (&json!(false), &json!(0)));
    assert!(!shown.to_string().contains("730294"));
    assert_eq!((made["address"].as_str(), made["pin"].as_str().unwrap().len()), (Some("4001@hq"), 6));
    assert_eq!((&unlocked["address"], &unlocked["pin"]["made"]), (&json!("4001@hq"), &json!(true)));
    let (_, listed) = rig.get("/v1/mailboxes").await;
    assert!(listed[0].get("pin").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_with_wrong_pins_are_listed_and_let_go_on() {
    let rig = Rig::start().await.with_hq().await;
    let attempt = |caller: Option<&str>| {
        StoreRequestKind::LogOn(mailbox::PinAttempt {
            dial_plan: "hq".into(),
            number: "4001".into(),
            pin: telephony::Secret::new("000000".into()),
            gateway: "gw 1".into(),
            caller: caller.map(str::to_owned),
            rules: Arc::default(),
            at: jiff::Timestamp::now(),
        })
    };
    rig.submit(attempt(Some("+14255550123")));
    rig.submit(attempt(Some("+14255550123")));
    rig.submit(attempt(None));

    let (_, listed) = rig.get("/v1/pin-guard").await;
    let nobody = rig.ask("DELETE", "/v1/pin-guard/gw%201?caller=4002", &Value::Null).await;
    let one = rig.done("DELETE", "/v1/pin-guard/gw%201?caller=%2B14255550123", Value::Null).await;
    let withheld = rig.done("DELETE", "/v1/pin-guard/gw%201?withheld=true", Value::Null).await;
    let no_more = rig.refused("DELETE", "/v1/pin-guard/gw%201", Value::Null).await;

    let facts = |row: &Value| (row["caller"].clone(), row["failures"].clone(), row["stopped_until"].clone());
    assert_eq!(facts(&listed[0]), (json!("+14255550123"), json!(2), Value::Null));
    assert_eq!(facts(&listed[1]), (Value::Null, json!(1), Value::Null));
    assert_eq!(
        (nobody.0, &nobody.1["message"]),
        (404, &json!("caller 4002 of gateway `gw 1` has no wrong PINs"))
    );
    assert_eq!(nobody.1["remedy"], "run `um pin-guard list` to see who has");
    assert_eq!((one, withheld), (json!({"callers": 1}), json!({"callers": 1})));
    assert_eq!(no_more.2, "no caller of gateway `gw 1` has wrong PINs");
    assert_eq!(rig.get("/v1/pin-guard").await.1, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn pin_in_place_of_another_is_none_of_the_last_ones_by_any_way() {
    let rig = Rig::start().await.with_hq().await;
    rig.done("PUT", "/v1/mailboxes/4001/pin", json!({"pin": "730294"})).await;

    let again = rig.refused("PUT", "/v1/mailboxes/4001/pin", json!({"pin": "730294"})).await;
    let patched = rig.refused("PATCH", "/v1/mailboxes/4001", json!({"name": "Grace", "pin": "730294"})).await;
    let guessable = rig.refused("PUT", "/v1/mailboxes/4001/pin", json!({"pin": "111111"})).await;
    let nobody = rig.refused("PUT", "/v1/mailboxes/4009/pin", json!({"pin": "730294"})).await;

    assert_eq!(
        again,
        (
            422,
            "pin-refused".into(),
            "policy `hq Default Policy` refuses the PIN: the PIN is one of the last ones".into()
        )
    );
    assert_eq!((patched.0, patched.1.as_str()), (422, "pin-refused"));
    assert_eq!(rig.get("/v1/mailboxes/4001").await.1["name"], "Ada");
    assert_eq!((guessable.0, guessable.1.as_str()), (422, "pin-refused"));
    assert_eq!((nobody.0, nobody.1.as_str()), (404, "not-found"));
}
