//! The CA of this server, over the API.

use std::process::Command;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cert_manager::{
    KeyKind, PeerPolicies, PeerPolicy, PeerSide, RequestFor, Root, Verdict, make_signing_request,
};

use super::*;

/// P-256 is made at once, RSA is not.
fn p256(fqdn: &str) -> Value {
    json!({"fqdn": fqdn, "key": "p-256"})
}

async fn founded(rig: &Rig) -> Value {
    rig.done("POST", "/v1/authority", json!({"name": "Voice CA", "key": "p-256"})).await
}

/// The revocation list that is in force for our own peers.
fn list_of(rig: &Rig, founded: &Value) -> PathBuf {
    let sha256 = founded["certificate"]["sha256"].as_str().unwrap();
    rig._folder.path().join("crls").join(format!("{sha256}.crl"))
}

fn listed(list: &std::path::Path) -> String {
    let output = Command::new("openssl")
        .args(["crl", "-inform", "der", "-noout", "-text", "-in"])
        .arg(list)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_ca_every_order_says_how_to_found_one() {
    let rig = Rig::start().await;

    for (method, path, body) in [
        ("GET", "/v1/authority", Value::Null),
        ("GET", "/v1/authority/crl", Value::Null),
        ("POST", "/v1/authority/certificates", p256("gw1.example.com")),
        ("POST", "/v1/authority/revoke", json!({"which": "4a"})),
    ] {
        let (status, answer) = rig.ask(method, path, &body).await;

        assert_eq!((status, &answer["remedy"]), (404, &json!("run `um ca init`")), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ca_is_founded_once_and_its_list_is_in_force_at_once() {
    let rig = Rig::start().await;

    let founded = founded(&rig).await;
    let again = rig.refused("POST", "/v1/authority", json!({})).await;

    assert_eq!(founded["certificate"]["subject"], "CN=Voice CA");
    assert_eq!(founded["issued"], json!([]));
    assert!(founded["file"].as_str().unwrap().ends_with("/authority/ca.pem"), "{founded}");
    assert_eq!((again.0, again.1.as_str()), (409, "already-exists"));
    assert!(listed(&list_of(&rig, &founded)).contains("No Revoked Certificates"));
}

#[tokio::test(flavor = "multi_thread")]
async fn issued_certificate_lets_the_gateway_in_and_its_revocation_is_on_the_list() {
    let rig = Rig::start().await;
    let founded = founded(&rig).await;

    let issued = rig.done("POST", "/v1/authority/certificates", p256("gw1.example.com")).await;
    let revoked = rig.done("POST", "/v1/authority/revoke", json!({"which": "gw1.example.com"})).await;
    let facts = rig.get("/v1/authority").await.1;
    let twice =
        rig.refused("POST", "/v1/authority/revoke", json!({"which": issued["certificate"]["serial"]})).await;

    let chain = issued["chain_pem"].as_str().unwrap();
    let key = issued["key_pem"].as_str().unwrap();
    let identity = cert_manager::Identity::from_pem(chain, key).unwrap();
    let peer = PeerPolicy { fqdn: Some("gw1.example.com".to_owned()), ..PeerPolicy::new("gw1") };
    let root = Root::from_pem(founded["pem"].as_str().unwrap()).unwrap();
    let policies = PeerPolicies::new(vec![peer], vec![root], Arc::default());
    assert!(matches!(
        policies.judge(identity.chain(), PeerSide::Client, Timestamp::now()),
        Verdict::Known { .. }
    ));
    let serial = issued["certificate"]["serial"].as_str().unwrap();
    assert_eq!(revoked["serial"], serial);
    assert_eq!(facts["issued"][0]["revoked"], revoked["revoked"]);
    assert!(listed(&list_of(&rig, &founded)).contains(&serial.to_uppercase()));
    assert_eq!((twice.0, twice.1.as_str()), (409, "conflict"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pkcs12_has_the_password_that_was_given_or_one_that_is_told_once() {
    let rig = Rig::start().await;
    founded(&rig).await;
    let order = |pkcs12: Value| json!({"fqdn": "gw1.example.com", "key": "p-256", "pkcs12": pkcs12});

    let given =
        rig.done("POST", "/v1/authority/certificates", order(json!({"password": "correct horse"}))).await;
    let made = rig.done("POST", "/v1/authority/certificates", order(json!({}))).await;
    let short =
        rig.refused("POST", "/v1/authority/certificates", order(json!({"password": "1234567"}))).await;

    assert_eq!((&given["password"], &given["key_pem"]), (&Value::Null, &Value::Null));
    let password = made["password"].as_str().unwrap();
    assert_eq!(password.len(), 20);
    let file = rig._folder.path().join("gw1.p12");
    std::fs::write(&file, STANDARD.decode(made["pkcs12"].as_str().unwrap()).unwrap()).unwrap();
    let read = Command::new("openssl")
        .args(["pkcs12", "-noout", "-passin", &format!("pass:{password}"), "-in"])
        .arg(&file)
        .status()
        .unwrap();
    assert!(read.success());
    assert_eq!((short.0, short.1.as_str()), (422, "invalid"));
    assert!(!short.2.contains("1234567"), "{}", short.2);
    assert_eq!(rig.get("/v1/authority").await.1["issued"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_request_is_answered_without_a_key_and_a_wrong_one_refused() {
    let rig = Rig::start().await;
    founded(&rig).await;
    let request = RequestFor { fqdn: "gw1.example.com".to_owned(), email: None, key: KeyKind::P256 };
    let made = make_signing_request(&request).unwrap();
    let order = |fqdn: &str| json!({"fqdn": fqdn, "csr": made.pem});

    let issued = rig.done("POST", "/v1/authority/certificates", order("gw1.example.com")).await;
    let another = rig.refused("POST", "/v1/authority/certificates", order("gw2.example.com")).await;
    let kind = json!({"fqdn": "gw1.example.com", "key": "rsa-1024"});
    let kind = rig.refused("POST", "/v1/authority/certificates", kind).await;

    assert_eq!((&issued["key_pem"], &issued["pkcs12"]), (&Value::Null, &Value::Null));
    assert_eq!((another.0, another.1.as_str()), (422, "invalid"));
    assert!(another.2.contains("gw1.example.com, not for gw2.example.com"), "{}", another.2);
    assert_eq!(kind.2, "`rsa-1024` is no kind of key");
}

#[tokio::test(flavor = "multi_thread")]
async fn revocation_whose_list_could_not_be_written_is_on_it_when_it_is_asked_for_again() {
    let rig = Rig::start().await;
    let founded = founded(&rig).await;
    rig.done("POST", "/v1/authority/certificates", p256("gw1.example.com")).await;
    let issued = rig.get("/v1/authority").await.1["issued"][0]["serial"].clone();
    let lists = rig._folder.path().join("crls");
    std::fs::remove_dir_all(&lists).unwrap();
    std::fs::write(&lists, "in the way").unwrap();

    let failed = rig.refused("POST", "/v1/authority/revoke", json!({"which": issued})).await;
    std::fs::remove_file(&lists).unwrap();
    let again = rig.refused("POST", "/v1/authority/revoke", json!({"which": issued})).await;

    assert_eq!((failed.0, again.0, again.1.as_str()), (500, 409, "conflict"));
    let serial = issued.as_str().unwrap().to_uppercase();
    assert!(listed(&list_of(&rig, &founded)).contains(&serial), "{serial}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bundle_has_the_gateways_certificate_and_key_once_the_ca_has_issued_them() {
    let rig = Rig::start().await.with_hq().await;
    rig.done("PATCH", "/v1/gateways/gw1", json!({"address": "gw1.example.com"})).await;
    let names = |bundle: &Value| -> Vec<String> {
        let files = bundle["files"].as_array().unwrap().iter();
        files
            .map(|file| file["name"].as_str().unwrap().to_owned())
            .filter(|name| !name.ends_with(".md"))
            .collect()
    };

    let before = rig.done("GET", "/v1/gateways/gw1/bundle", Value::Null).await;
    founded(&rig).await;
    let issued = rig.done("POST", "/v1/authority/certificates", p256("gw1.example.com")).await;
    let after = rig.done("GET", "/v1/gateways/gw1/bundle", Value::Null).await;
    let unknown = rig.refused("GET", "/v1/gateways/gw9/bundle", Value::Null).await;

    assert_eq!(names(&before), [""; 0]);
    assert_eq!(
        before["notes"],
        json!([
            "this server opens no TLS port, so there is no certificate of ours in it",
            "our CA has issued no certificate for gw1.example.com: the gateway needs one of another CA",
        ])
    );
    assert_eq!(names(&after), ["gateway.pem", "ca.pem", "ca-crl.pem", "gateway.key"]);
    assert_eq!(after["files"][0]["text"], issued["chain_pem"]);
    assert_eq!(
        (&after["files"][3]["text"], &after["files"][3]["private"]),
        (&issued["key_pem"], &json!(true))
    );
    assert_eq!(unknown.0, 404);
}
