//! Whom a gateway's certificate is judged by, what this server shows, and plans where there is no TLS.

use cert_manager::{IssueRequest, KeyKind, issue_self_signed};

use super::*;

/// A self-signed certificate in PEM.
pub(super) fn certificate(fqdn: &str) -> String {
    issue_self_signed(&IssueRequest::new(fqdn, KeyKind::P256), Timestamp::now()).unwrap().chain_pem()
}

fn gateway(name: &str, address: &str, files: Value) -> Value {
    json!({"gateway": {"name": name, "address": address}, "dial_plan": "hq", "trust_files": files})
}

#[tokio::test(flavor = "multi_thread")]
async fn self_signed_certificate_that_names_the_gateway_is_kept_and_shown_as_a_pin() {
    let rig = Rig::start().await.with_hq().await;
    let files = json!([{"file": "gw2.pem", "pem": certificate("gw2.example.com")}]);
    rig.done("POST", "/v1/gateways", gateway("gw2", "gw2.example.com", files)).await;

    let shown = rig.get("/v1/gateways/gw2").await.1;

    let trust = shown["gateway"]["trust"].as_array().unwrap();
    assert_eq!(trust.len(), 1);
    assert_eq!((&trust[0]["kind"], &trust[0]["subject"]), (&json!("pin"), &json!("CN=gw2.example.com")));
    assert_eq!(trust[0]["sha256"].as_str().unwrap().len(), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn trust_is_replaced_by_new_files_taken_away_by_none_and_kept_otherwise() {
    let rig = Rig::start().await.with_hq().await;
    let of = |fqdn: &str| json!([{"file": "a.pem", "how": "pin", "pem": certificate(fqdn)}]);
    rig.done("POST", "/v1/gateways", gateway("gw2", "gw2.example.com", of("gw2.example.com"))).await;
    let pins = async || rig.get("/v1/gateways/gw2").await.1["gateway"]["trust"].clone();

    let first = pins().await;
    rig.done("PATCH", "/v1/gateways/gw2", json!({"port": 5070})).await;
    let kept = pins().await;
    rig.done("PATCH", "/v1/gateways/gw2", json!({"trust_files": of("gw2.example.com")})).await;
    let replaced = pins().await;
    rig.done("PATCH", "/v1/gateways/gw2", json!({"trust_files": []})).await;

    assert_eq!(kept, first);
    assert_eq!(replaced.as_array().unwrap().len(), 1);
    assert_ne!(replaced, first);
    assert_eq!(pins().await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn file_that_cannot_be_trusted_is_refused_by_its_name_and_nothing_has_changed() {
    let rig = Rig::start().await.with_hq().await;
    let stranger = json!([{"file": "other.pem", "pem": certificate("other.example.com")}]);
    let rubbish = json!([{"file": "notes.txt", "pem": "hello"}]);

    let stranger = rig.refused("POST", "/v1/gateways", gateway("gw2", "gw2.example.com", stranger)).await;
    let rubbish = rig.refused("POST", "/v1/gateways", gateway("gw2", "gw2.example.com", rubbish)).await;

    assert_eq!((stranger.0, stranger.1.as_str()), (422, "trust-refused"));
    assert!(stranger.2.starts_with("other.pem"), "{}", stranger.2);
    assert_eq!((rubbish.0, rubbish.1.as_str()), (422, "trust-refused"));
    assert!(rubbish.2.starts_with("notes.txt"), "{}", rubbish.2);
    assert_eq!(rig.get("/v1/gateways/gw2").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn name_that_cannot_be_resolved_is_a_warning_at_create_and_show() {
    let rig = Rig::start().await.with_hq().await;

    let made = rig.done("POST", "/v1/gateways", gateway("gw2", "gw2.example.com", json!([]))).await;
    let shown = rig.get("/v1/gateways/gw2").await.1;
    let by_address = rig.get("/v1/gateways/gw1").await.1;

    let codes = |answer: &Value| -> Vec<String> {
        let warnings = answer["warnings"].as_array().unwrap();
        warnings.iter().map(|warning| warning["code"].as_str().unwrap().to_owned()).collect()
    };
    assert!(codes(&made).contains(&"unresolvable-name".to_owned()), "{made}");
    assert_eq!(codes(&shown), ["unresolvable-name"]);
    assert_eq!(codes(&by_address), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn gateway_of_a_secure_plan_that_nobody_can_prove_to_be_is_a_warning_with_the_command_until_one_can() {
    let rig = Rig::start().await.with_hq().await;
    let lab = json!({"name": "lab", "extension_digits": 4, "voip_security": "sip-secured"});
    rig.done("POST", "/v1/dial-plans", lab).await;
    let into = |plan: &str, name: &str| {
        let gateway = json!({"name": name, "address": format!("{name}.example.com")});
        json!({"gateway": gateway, "dial_plan": plan})
    };
    let told = |answer: &Value| {
        let warnings = answer["warnings"].as_array().unwrap().iter();
        warnings.filter(|warning| warning["code"] == "no-trust").cloned().collect::<Vec<_>>()
    };

    let clear = rig.done("POST", "/v1/gateways", into("hq", "gw2")).await;
    let made = rig.done("POST", "/v1/gateways", into("lab", "gw3")).await;
    let shown = rig.get("/v1/gateways/gw3").await.1;
    let elsewhere = rig.done("PATCH", "/v1/gateways/gw3", json!({"port": 5070})).await;
    let pin = json!({"trust_files": [{"file": "a.pem", "pem": certificate("gw3.example.com")}]});
    let pinned = rig.done("PATCH", "/v1/gateways/gw3", pin).await;
    let without = rig.done("PATCH", "/v1/gateways/gw3", json!({"trust_files": []})).await;

    let warning = json!({
        "code": "no-trust",
        "message": "nobody can prove to be gateway `gw3`: dial plan `lab` is SIPSecured, and no pin and no root is trusted \
                    for it",
        "remedy": "run `um gateway set gw3 --trust FILE.pem` with its certificate or its CA, or let it connect and run \
                   `um gateway approve gw3 THUMBPRINT` with one of `um gateway pending`",
    });
    assert_eq!(
        [told(&made), told(&shown), told(&without)].concat(),
        [warning.clone(), warning.clone(), warning]
    );
    assert_eq!([told(&clear), told(&elsewhere), told(&pinned)].concat(), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn server_without_tls_port_makes_no_secure_plan_and_leaves_the_old_ones_alone() {
    let rig = Rig::start_in(StartupMode::Tcp).await.with_hq().await;
    let plan = json!({"name": "lab", "extension_digits": 4, "voip_security": "sip-secured"});

    let made = rig.refused("POST", "/v1/dial-plans", plan).await;
    let set = rig.refused("PATCH", "/v1/dial-plans/hq", json!({"voip_security": "secured"})).await;
    rig.done("PATCH", "/v1/dial-plans/hq", json!({"max_call_minutes": 60})).await;

    assert_eq!(
        made,
        (
            422,
            "no-tls-here".into(),
            "dial plan `lab` would be SIPSecured, and this server takes no SIP over TLS \
             ([sip] startup_mode = \"tcp\" in um.toml)"
                .into()
        )
    );
    assert_eq!((set.0, set.1.as_str()), (422, "no-tls-here"));
    assert_eq!(rig.get("/v1/dial-plans/hq").await.1["voip_security"], "unsecured");
}

#[tokio::test(flavor = "multi_thread")]
async fn applied_site_that_says_of_a_certificate_what_it_is_not_is_refused_whole() {
    let rig = Rig::start().await.with_hq().await;
    let files = json!([{"pem": certificate("gw2.example.com")}]);
    rig.done("POST", "/v1/gateways", gateway("gw2", "gw2.example.com", files)).await;
    let mut site = rig.get("/v1/site").await.1;
    rig.done("PATCH", "/v1/gateways/gw2", json!({"trust_files": []})).await;
    let whole = site.clone();
    site["gateways"][1]["trust"][0]["sha256"] = json!("0".repeat(64));

    let forged = rig.refused("PUT", "/v1/site", json!({"site": site})).await;
    let applied = rig.done("PUT", "/v1/site", json!({"site": whole})).await;

    assert_eq!((forged.0, forged.1.as_str()), (422, "bad-trust"));
    assert!(
        forged.2.starts_with("a certificate of gateway `gw2` (CN=gw2.example.com) is not what is said of it")
    );
    assert_eq!(applied["revision"], 5);
}
