//! Vendors of devices over the API.
use caller::TestAuthority;

use super::*;

const CISCO: &str = "/v1/provisioning/vendors/cisco";

fn vendor(template: Value) -> Value {
    let root = TestAuthority::new("Cisco Root").unwrap().certificate_pem();
    json!({"name": "cisco", "pem": root, "template": template})
}

#[tokio::test(flavor = "multi_thread")]
async fn template_is_used_kept_and_removed_and_an_empty_one_is_refused() {
    let rig = Rig::start().await;
    let file = |text: &str| json!({"file": "phone.cfg", "text": text});
    let expected = (422, "invalid".to_owned(), "phone.cfg is empty".to_owned());

    let new_with_nothing_in_it = rig.refused("POST", "/v1/provisioning/vendors", vendor(file(""))).await;
    rig.done("POST", "/v1/provisioning/vendors", vendor(file("proxy={{server}}"))).await;
    rig.done("PATCH", CISCO, json!({"legacy_sha1": true})).await;
    let kept = rig.get(CISCO).await.1["template"].clone();
    let nothing_in_it = rig.refused("PATCH", CISCO, json!({"template": {"use": file("")}})).await;
    rig.done("PATCH", CISCO, json!({"template": "remove"})).await;

    assert_eq!(new_with_nothing_in_it, expected);
    assert_eq!(nothing_in_it, expected);
    assert_eq!(kept, json!("proxy={{server}}"));
    assert_eq!(rig.get(CISCO).await.1["template"], Value::Null);
}
