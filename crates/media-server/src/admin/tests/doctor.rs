use std::collections::BTreeMap;

use serde_json::json;

use super::*;

/// Grade, word and remedy of each, without those of a server whose ports are not open.
async fn found(rig: &Rig) -> Vec<(String, String, String)> {
    let (status, findings) = rig.get("/v1/findings").await;
    assert_eq!(status, 200, "{findings}");
    let word = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let findings = findings.as_array().unwrap().iter();
    let all = findings.map(|one| (word(one, "grade"), word(one, "diagnosis"), word(one, "remedy")));
    all.filter(|(_, word, _)| !["state", "listeners"].contains(&word.as_str())).collect()
}

fn told(grade: &str, word: &str, remedy: &str) -> (String, String, String) {
    (grade.into(), word.into(), remedy.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn server_that_takes_no_calls_yet_has_faults_of_its_own() {
    let rig = Rig::start().await;

    let (_, findings) = rig.get("/v1/findings").await;

    assert_eq!((&findings[0]["grade"], &findings[0]["diagnosis"]), (&json!("fault"), &json!("state")));
    assert_eq!(findings[0]["what"], "the server is starting");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_stand_before_what_only_deserves_attention_each_with_its_remedy() {
    let rig = Rig::start().await;
    assert_eq!(found(&rig).await, []);
    let rig = rig.with_hq().await;
    let clear = told(
        "attention",
        "clear-pins",
        "run `um dialplan set hq --voip-security secured`, or with `--subscriber-access secured-only` to ask for no PIN",
    );
    assert_eq!(found(&rig).await, std::slice::from_ref(&clear));

    rig.done("PATCH", "/v1/dial-plans/hq", json!({"subscriber_access": "secured-only"})).await;
    assert_eq!(found(&rig).await, []);
    rig.done("POST", "/v1/gateways", json!({"gateway": {"name": "lost", "address": "192.0.2.9"}})).await;
    let rules =
        mailbox::PinRules { failures_before_reset: None, failures_before_lockout: 1, ..Default::default() };
    rig.done("PUT", "/v1/mailboxes/4001/pin", json!({"pin": "730294"})).await;
    for _ in 0..46 {
        rig.submit(StoreRequestKind::LogOn(mailbox::PinAttempt {
            dial_plan: "hq".into(),
            number: "4001".into(),
            pin: telephony::Secret::new("000000".into()),
            gateway: "gw1".into(),
            caller: Some("4002".into()),
            rules: Arc::new(BTreeMap::from([("hq Default Policy".to_owned(), rules.clone())])),
            at: jiff::Timestamp::now(),
        }));
    }

    assert_eq!(
        found(&rig).await,
        [
            told("fault", "no-hunt-group", "run `um huntgroup create NAME --gateway lost --dialplan PLAN`"),
            told("attention", "mailbox-locked", "if its owner has asked, run `um mailbox unlock 4001@hq`"),
            told(
                "attention",
                "caller-stopped",
                "run `um pin-guard list`; `um pin-guard clear` lets one go on"
            ),
        ]
    );
}
