//! Auto attendants and dialling rules over the API.
use super::*;

/// Plan hq with mailbox 4001 and attendant main at 5000.
async fn with_main() -> Rig {
    let rig = Rig::start().await.with_hq().await;
    let main = json!({"name": "main", "dial_plan": "hq", "enabled": true, "pilots": ["5000"]});
    rig.done("POST", "/v1/attendants", main).await;
    rig
}

fn key(action: &str) -> Value {
    json!({"keys": [{"when": "business", "key": "1", "mapping": {"action": action}}]})
}

async fn refusal(rig: &Rig, method: &str, path: &str, body: Value) -> [String; 4] {
    let (status, answer) = rig.ask(method, path, &body).await;
    assert!(status >= 400, "{answer}");
    ["code", "object", "message", "remedy"].map(|key| answer[key].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn attendant_is_made_changed_shown_and_removed() {
    let rig = with_main().await;

    rig.done("PATCH", "/v1/attendants/main", json!({"hours": ["Mon-Fri.09:00-17:00"], "operator": "4000"}))
        .await;
    rig.done("PATCH", "/v1/attendants/main", key("transfer:4001")).await;

    let shown = rig.get("/v1/attendants/main").await.1;
    assert_eq!(shown["hours"][4], "Fri.09:00-17:00");
    assert_eq!(shown["business"]["keys"], json!({"1": {"action": "transfer:4001"}}));
    assert_eq!(rig.get("/v1/attendants").await.1.as_array().unwrap().len(), 1);
    assert_eq!(rig.store.load_site().unwrap().attendant("main").unwrap().hours.ranges().len(), 5);
    rig.done("DELETE", "/v1/attendants/main", Value::Null).await;
    assert_eq!(rig.get("/v1/attendants/main").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn key_to_a_missing_extension_is_refused_with_the_object_and_the_remedy_before_anything_changes() {
    let rig = with_main().await;
    let before = rig.store.load_site().unwrap();

    let transfer = refusal(&rig, "PATCH", "/v1/attendants/main", key("transfer:4999")).await;
    let message = refusal(&rig, "PATCH", "/v1/attendants/main", key("message:4999")).await;

    assert_eq!(
        transfer,
        [
            "bad-number",
            "attendant main",
            "attendant main: key 1: nobody in dial plan `hq` has the number 4999, and a caller of attendant `main` may \
             not dial 4999",
            "run `um mailbox enable 4999 --dialplan hq --name NAME`; if it should be, run `um dialplan rule add hq GROUP \
             4999 4999` and `um attendant set main --allowed-groups 'GROUP'`",
        ]
    );
    assert_eq!(message[2], "attendant main: key 1: there is no mailbox 4999@hq to leave a message in");
    assert_eq!(message[3], "run `um mailbox enable 4999 --dialplan hq --name NAME`");
    assert_eq!(rig.store.load_site().unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn key_to_a_number_outside_the_plan_is_taken_once_a_rule_allows_it() {
    let rig = with_main().await;
    let rule = json!({"group": "local", "mask": "9xxxxxxx", "dialled": "9xxxxxxx"});
    rig.done("POST", "/v1/dial-plans/hq/dialling-rules", rule).await;

    let early = refusal(&rig, "PATCH", "/v1/attendants/main", key("transfer:95550100")).await;
    rig.done("PATCH", "/v1/attendants/main", json!({"dialling": {"allowed_groups": ["local"]}})).await;
    rig.done("PATCH", "/v1/attendants/main", key("transfer:95550100")).await;

    assert!(
        early[3].ends_with("if it should be, run `um attendant set main --allowed-groups 'local'`"),
        "{early:?}"
    );
    let used = refusal(&rig, "DELETE", "/v1/dial-plans/hq/dialling-rules/local/9xxxxxxx", Value::Null).await;
    assert_eq!(used[0], "no-such-group");
}

#[tokio::test(flavor = "multi_thread")]
async fn pilot_and_access_number_are_no_numbers_of_a_mailbox_and_the_other_way_round() {
    let rig = with_main().await;
    rig.done("PATCH", "/v1/dial-plans/hq", json!({"access_numbers": ["5001"]})).await;

    let pilot = refusal(&rig, "PATCH", "/v1/attendants/main", json!({"pilots": ["4001"]})).await;
    let access = refusal(&rig, "PATCH", "/v1/dial-plans/hq", json!({"access_numbers": ["4001"]})).await;
    let extension = json!({"extension": "5000", "dial_plan": "hq", "name": "Bob"});
    let extension = refusal(&rig, "POST", "/v1/mailboxes", extension).await;
    let alias = refusal(&rig, "PATCH", "/v1/mailboxes/4001", json!({"numbers": ["5001"]})).await;

    assert_eq!(
        [&pilot[2], &pilot[3]],
        [
            "attendant main: the number 4001 is one of mailbox 4001@hq (Ada)",
            "choose another number, or run `um mailbox disable 4001@hq` before"
        ]
    );
    assert_eq!(access[1], "dial plan hq");
    assert_eq!(
        extension[2],
        "the number 5000 is a pilot of attendant `main`: its calls would never reach the mailbox"
    );
    assert_eq!(
        alias[2],
        "the number 5001 is an access number of dial plan `hq`: its calls would never reach the mailbox"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mailbox_that_a_key_leads_to_is_not_disabled() {
    let rig = with_main().await;
    rig.done("PATCH", "/v1/attendants/main", key("message:4001")).await;

    let used = refusal(&rig, "DELETE", "/v1/mailboxes/4001", Value::Null).await;

    assert_eq!(
        used,
        [
            "in-use",
            "mailbox 4001@hq",
            "mailbox 4001@hq cannot be disabled: key 1 of attendant `main` leads to it",
            "run `um attendant key main 1 none --when business` before",
        ]
    );
    let none = json!({"keys": [{"when": "business", "key": "1"}]});
    rig.done("PATCH", "/v1/attendants/main", none).await;
    rig.done("DELETE", "/v1/mailboxes/4001", Value::Null).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn directory_finds_people_by_number_and_by_name() {
    let rig = with_main().await;
    rig.enable("4002", "hq", "Tony Smith").await;

    let by_number = rig.get("/v1/dial-plans/hq/directory/4002").await.1;
    let nobody = rig.get("/v1/dial-plans/hq/directory/4003").await.1;
    let by_name = rig.get("/v1/dial-plans/hq/directory?digits=764848669").await.1;
    let turned = rig.get("/v1/dial-plans/hq/directory?digits=8669&order=first-last").await.1;

    let tony = json!({"id": 2, "extension": "4002", "name": "Tony Smith"});
    assert_eq!((by_number, nobody), (json!([tony]), json!([])));
    assert_eq!(by_name, json!({"entries": [tony], "more": false}));
    assert_eq!(turned["entries"][0], tony);
    assert_eq!(rig.get("/v1/dial-plans/lost/directory/4002").await.0, 404);
}
