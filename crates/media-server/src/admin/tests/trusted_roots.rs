//! Roots that are trusted, and peers that are approved.

use cert_manager::{IssueRequest, KeyKind, issue_self_signed};

use super::*;
use crate::trust::Sighting;

/// EC P-256, until 2126.
const ROOT: &str = include_str!("../../trust/crl_shelf/root.pem");

async fn with_gateway() -> Rig {
    let rig = Rig::start().await.with_hq().await;
    let gateway = json!({"gateway": {"name": "gw2", "address": "gw2.example.com"}, "dial_plan": "hq"});
    rig.done("POST", "/v1/gateways", gateway).await;
    rig
}

#[tokio::test(flavor = "multi_thread")]
async fn root_is_added_listed_found_by_thumbprint_and_removed() {
    let rig = with_gateway().await;

    rig.done("POST", "/v1/trust", json!({"file": "root.pem", "pem": ROOT, "gateways": ["gw2"]})).await;

    let listed = rig.get("/v1/trust").await.1;
    assert_eq!(listed[0]["certificate"]["subject"], "CN=Listed Root");
    assert_eq!((&listed[0]["origin"], &listed[0]["gateways"]), (&json!("site"), &json!(["gw2"])));
    assert_eq!((&listed[0]["crl"], &listed[0]["crl_source"]), (&Value::Null, &Value::Null));
    let sha1 = listed[0]["certificate"]["sha1"].as_str().unwrap().to_uppercase();
    let one = format!("/v1/trust/{}", sha1.chars().take(8).collect::<String>());
    assert_eq!(rig.get(&one).await.1, listed[0]);
    rig.done("DELETE", &one, Value::Null).await;
    assert_eq!(rig.get("/v1/trust").await.1, json!([]));
    assert_eq!(rig.ask("DELETE", &one, &Value::Null).await.0, 404);
    assert_eq!(rig.ask("GET", "/v1/trust/root", &Value::Null).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn root_that_cannot_be_one_or_is_for_nobody_is_refused() {
    let rig = with_gateway().await;
    let leaf = issue_self_signed(&IssueRequest::new("pbx", KeyKind::P256), Timestamp::now()).unwrap();

    let no_ca = rig.ask("POST", "/v1/trust", &json!({"file": "a.pem", "pem": leaf.chain_pem()})).await;
    let for_nobody = rig.ask("POST", "/v1/trust", &json!({"pem": ROOT, "gateways": ["gw9"]})).await;

    assert_eq!((no_ca.0, &no_ca.1["code"]), (422, &json!("trust-refused")));
    assert_eq!(
        no_ca.1["message"],
        "a.pem: the certificate CN=pbx is no CA certificate, so nothing can be issued under it"
    );
    assert_eq!((for_nobody.0, &for_nobody.1["message"]), (404, &json!("there is no gateway `gw9`")));
}

#[tokio::test(flavor = "multi_thread")]
async fn list_that_cannot_be_fetched_is_refused_with_the_reason() {
    let rig = with_gateway().await;
    rig.done("POST", "/v1/trust", json!({"pem": ROOT})).await;
    let sha256 = rig.get("/v1/trust").await.1[0]["certificate"]["sha256"].as_str().unwrap().to_owned();
    let put =
        async |what: &str, body: Value| rig.ask("PUT", &format!("/v1/trust/{sha256}/{what}"), &body).await;

    let secure = put("crl-source", json!({"url": "https://ca.example.com/a.crl"})).await;
    let no_list = put("crl", json!({"no": "list"})).await;

    assert_eq!((secure.0, &secure.1["code"]), (422, &json!("revocation-list-refused")));
    assert!(secure.1["remedy"].as_str().unwrap().contains("a revocation list is signed"), "{secure:?}");
    assert_eq!((no_list.0, &no_list.1["code"]), (422, &json!("revocation-list-refused")));
    assert_eq!(rig.get("/v1/trust").await.1[0]["crl"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn site_that_says_something_else_of_a_root_than_it_says_is_refused() {
    let rig = with_gateway().await;
    rig.done("POST", "/v1/trust", json!({"pem": ROOT})).await;
    let mut site = rig.get("/v1/site").await.1;
    site["trusted_roots"][0]["subject"] = json!("CN=Somebody Else");

    let refused = rig.ask("PUT", "/v1/site", &json!({"site": site, "dry_run": false})).await;

    assert_eq!((refused.0, &refused.1["code"]), (422, &json!("bad-trust")));
    assert!(refused.1["message"].as_str().unwrap().contains("its subject is CN=Listed Root"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn approved_certificate_becomes_a_pin_beside_the_others() {
    let rig = with_gateway().await;
    let request = IssueRequest::new("gw2.example.com", KeyKind::P256);
    let identity = issue_self_signed(&request, Timestamp::now()).unwrap();
    let sighting = Sighting { source: "192.0.2.7".parse().unwrap(), gateway: None, at: Timestamp::now() };
    rig.encounters.pending().note(&identity.chain()[0], identity.facts(), sighting);
    let pending = rig.get("/v1/pending-peers").await.1;
    assert_eq!((&pending[0]["source"], &pending[0]["gateway"]), (&json!("192.0.2.7"), &Value::Null));
    let approve = json!({"thumbprint": identity.facts().sha1});

    assert_eq!(rig.ask("POST", "/v1/gateways/gw9/approve", &approve).await.0, 404);
    rig.done("POST", "/v1/gateways/gw2/approve", approve.clone()).await;

    let trust = &rig.get("/v1/gateways/gw2").await.1["gateway"]["trust"];
    assert_eq!((&trust[0]["kind"], &trust[0]["sha256"]), (&json!("pin"), &json!(identity.facts().sha256)));
    assert_eq!(rig.get("/v1/pending-peers").await.1, json!([]));
    assert_eq!(rig.ask("POST", "/v1/gateways/gw2/approve", &approve).await.0, 404);
}
