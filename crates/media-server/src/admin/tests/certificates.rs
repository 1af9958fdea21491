//! `um cert` over the API: a store in a folder of its own, a server named um.example.com.

use cert_manager::{CertificateStore, Flags, Identity, IssueRequest, KeyKind, issue_self_signed};
use dial_plan::{IpGateway, Site, SiteChange};

use super::*;
use crate::trust::OwnSettings;

/// A management API and its certificate store.
struct Certified {
    rig: Rig,
    folder: TempDir,
}

impl Certified {
    async fn start(prepare: impl FnOnce(&mut CertificateStore)) -> Self {
        Self::start_for(&Site::default(), prepare).await
    }

    /// With the bindings of this site.
    async fn start_for(site: &Site, prepare: impl FnOnce(&mut CertificateStore)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let overrides = Overrides { data_dir: Some(folder.path().to_owned()), socket: None };
        let mut config = ServerConfig::load(None, &overrides).unwrap();
        config.sip.domain = "um.example.com".to_owned();
        config.sip.certificate_key = KeyKind::P256;
        let settings = OwnSettings::of(&config);
        prepare(&mut CertificateStore::load(&settings.folder));
        let keeper = CertificateKeeper::open(settings, site, |_| {}, Timestamp::now()).unwrap();
        Self { rig: Rig::start_with(StartupMode::Dual, Some(Arc::new(keeper))).await, folder }
    }

    fn store(&self) -> CertificateStore {
        CertificateStore::load(&self.folder.path().join("certificates"))
    }

    async fn verdicts(&self) -> Vec<String> {
        let listed = self.rig.get("/v1/certificates").await.1;
        let rows = listed.as_array().unwrap().iter();
        rows.map(|row| format!("{} {} {}", row["state"].as_str().unwrap(), row["presented"], row["verdict"]))
            .collect()
    }
}

fn issued(fqdn: &str) -> Identity {
    issue_self_signed(&IssueRequest::new(fqdn, KeyKind::P256), Timestamp::now()).unwrap()
}

/// One of ours that ends a day before one that is made now.
fn issued_a_day_ago() -> Identity {
    let yesterday = Timestamp::now() - jiff::SignedDuration::from_hours(24);
    issue_self_signed(&IssueRequest::new("um.example.com", KeyKind::P256), yesterday).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn shown_certificate_is_told_with_its_reason_and_never_with_a_key() {
    let without = Rig::start().await;
    let none = without.refused("GET", "/v1/certificates/presented", Value::Null).await;
    let certified = Certified::start(|store| {
        store.add(issued("other.example.com"), Flags::default()).unwrap();
    })
    .await;

    let (status, shown) = certified.rig.get("/v1/certificates/presented").await;
    let state = certified.rig.get("/v1/status").await.1;
    let verdicts = certified.verdicts().await;

    assert_eq!((none.0, none.1.as_str()), (404, "not-found"));
    assert_eq!(status, 200);
    assert_eq!(shown["certificate"]["names"], json!(["um.example.com"]));
    assert!(!shown.to_string().contains("PRIVATE KEY"));
    assert_eq!(state["certificate"]["subject"], "CN=um.example.com");
    assert_eq!(state["certificate"]["sha1"], shown["certificate"]["sha1"]);
    assert_eq!(verdicts.len(), 2);
    assert!(verdicts.iter().any(|verdict| verdict.starts_with("active true \"chosen: ")), "{verdicts:?}");
    assert!(verdicts.iter().any(|verdict| verdict.contains("it names other.example.com")), "{verdicts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn generated_certificate_is_inactive_until_it_is_activated() {
    let certified = Certified::start(|store| {
        store.add(issued_a_day_ago(), Flags::default()).unwrap();
    })
    .await;
    let before = certified.rig.get("/v1/certificates/presented").await.1;

    let made = certified.rig.done("POST", "/v1/certificates", json!({"key": "p-384"})).await;
    let sha256 = made["certificate"]["sha256"].as_str().unwrap();
    let still = certified.rig.get("/v1/certificates/presented").await.1;
    let beginning: String = sha256.chars().take(12).collect();
    let path = format!("/v1/certificates/{beginning}/activate");
    let active = certified.rig.done("POST", &path, Value::Null).await;
    let after = certified.rig.get("/v1/certificates/presented").await.1;

    assert_eq!((&made["presented"], &made["certificate"]["key"]), (&json!(false), &json!("EC 384")));
    assert_eq!(still["certificate"], before["certificate"]);
    assert_eq!(active["presented"], true);
    assert_eq!(after["certificate"]["sha256"], sha256);
}

#[tokio::test(flavor = "multi_thread")]
async fn certificate_in_use_is_neither_deleted_nor_taken_out_of_use_without_another() {
    let certified = Certified::start(|_| {}).await;
    let sha256 = certified.store().candidates()[0].facts.sha256.clone();
    let path = format!("/v1/certificates/{sha256}");

    let deleted = certified.rig.refused("DELETE", &path, Value::Null).await;
    let deactivated = certified.rig.refused("POST", &format!("{path}/deactivate"), Value::Null).await;

    assert_eq!(
        (deleted.0, deleted.1.as_str(), deleted.2.as_str()),
        (409, "in-use", "peers are shown this certificate")
    );
    assert_eq!((deactivated.0, deactivated.1.as_str()), (409, "in-use"));
    assert_eq!(certified.store().candidates().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn preferred_certificate_goes_first_until_the_rule_decides_again() {
    let certified = Certified::start(|store| {
        store.add(issued_a_day_ago(), Flags::default()).unwrap();
        store.add(issued("um.example.com"), Flags::default()).unwrap();
    })
    .await;
    let shown =
        async || certified.rig.get("/v1/certificates/presented").await.1["certificate"]["sha256"].clone();
    let best = shown().await;
    let store = certified.store();
    let other = store.candidates().iter().find(|candidate| candidate.facts.sha256 != best).unwrap();
    let other = other.facts.sha256.clone();

    certified.rig.done("PUT", "/v1/certificates/preferred", json!({"thumbprint": other})).await;
    let preferred = shown().await;
    certified.rig.done("PUT", "/v1/certificates/preferred", json!({"thumbprint": null})).await;

    assert_eq!(preferred, other);
    assert_eq!(shown().await, best);
}

#[tokio::test(flavor = "multi_thread")]
async fn thumbprint_that_is_none_or_unknown_is_refused_with_the_command_that_lists_them() {
    let certified = Certified::start(|_| {}).await;

    let unknown = certified.rig.refused("GET", "/v1/certificates/0123456789", Value::Null).await;
    let none = certified.rig.refused("GET", "/v1/certificates/xyz", Value::Null).await;
    let waiting = certified.rig.refused("POST", "/v1/certificates/waiting/activate", Value::Null).await;

    assert_eq!((unknown.0, unknown.1.as_str()), (404, "not-found"));
    assert_eq!((none.0, none.1.as_str()), (422, "invalid"));
    assert_eq!((waiting.0, waiting.2.as_str()), (404, "no successor waits in the store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn explanation_names_the_rule_and_every_candidate() {
    let certified = Certified::start(|store| {
        store.add(issued("other.example.com"), Flags::default()).unwrap();
    })
    .await;

    let explained = certified.rig.get("/v1/certificates/explain").await.1;
    let missing = certified.rig.refused("GET", "/v1/certificates/explain?gateway=gw9", Value::Null).await;

    assert_eq!(explained["rule"], "this server's own certificate, for all who are not bound to an owner");
    assert_eq!(explained["candidates"].as_array().unwrap().len(), 2);
    assert_eq!((missing.0, missing.1.as_str()), (404, "not-found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_within_the_days_asked_for_is_due() {
    let certified = Certified::start(|_| {}).await;

    let soon = certified.rig.get("/v1/certificates/expiry").await.1;
    let in_six_years = certified.rig.get("/v1/certificates/expiry?within_days=2200").await.1;

    assert_eq!((soon.as_array().unwrap().len(), &soon[0]["due"]), (1, &json!(false)));
    assert_eq!(in_six_years[0]["due"], true);
    assert_eq!(in_six_years[0]["subject"], "CN=um.example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_gateways_are_trusted_by_are_watched_too() {
    let certified = Certified::start(|_| {}).await;
    let plan = json!({"name": "hq", "extension_digits": 4, "voip_security": "secured"});
    certified.rig.done("POST", "/v1/dial-plans", plan).await;
    let gateway = json!({
        "gateway": {"name": "gw1", "address": "gw1.example.com"},
        "dial_plan": "hq",
        "trust_files": [{"pem": issued("gw1.example.com").chain_pem()}],
    });
    certified.rig.done("POST", "/v1/gateways", gateway).await;

    let watched = certified.rig.get("/v1/certificates/expiry").await.1;

    let subjects: Vec<_> =
        watched.as_array().unwrap().iter().map(|row| row["subject"].as_str().unwrap()).collect();
    assert!(subjects.contains(&"CN=gw1.example.com pinned for gateway gw1"), "{subjects:?}");
    assert!(subjects.contains(&"CN=um.example.com"), "{subjects:?}");
}

/// A file with certificate and key, as another server would hand it over.
fn file_of(identity: Identity) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let sha256 = identity.facts().sha256.clone();
    CertificateStore::load(folder.path()).add(identity, Flags::default()).unwrap();
    let part = |extension: &str| std::fs::read(folder.path().join(format!("{sha256}.{extension}"))).unwrap();
    content([part("pem"), part("key")].concat())
}

fn content(octets: Vec<u8>) -> Value {
    serde_json::to_value(admin_api::FileContent::new(octets)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_certificate_is_kept_and_what_could_never_be_shown_leaves_the_store_as_it_was() {
    let certified = Certified::start(|_| {}).await;
    let before = certified.store().candidates().len();
    let import = |content: Value| json!({"file": "um.pem", "content": content});

    let rubbish = import(content(b"no certificate".to_vec()));
    let rubbish = certified.rig.refused("POST", "/v1/certificates/import", rubbish).await;
    let other = import(file_of(issued("other.example.com")));
    let other = certified.rig.refused("POST", "/v1/certificates/import", other).await;
    let unchanged = certified.store().candidates().len();
    let fit = import(file_of(issued("um.example.com")));
    let kept = certified.rig.done("POST", "/v1/certificates/import", fit).await;

    assert_eq!((rubbish.0, rubbish.1.as_str()), (422, "import-refused"));
    assert!(rubbish.2.contains("um.pem"), "{}", rubbish.2);
    assert_eq!((other.0, other.1.as_str()), (422, "import-refused"));
    assert!(other.2.contains("other.example.com"), "{}", other.2);
    assert_eq!(unchanged, before);
    assert_eq!(kept["certificate"]["names"], json!(["um.example.com"]));
    assert_eq!(certified.store().candidates().len(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn key_leaves_in_an_encrypted_file_alone_and_comes_back_with_its_password() {
    let certified = Certified::start(|_| {}).await;
    let sha256 = certified.store().candidates()[0].facts.sha256.clone();
    let order = json!({"password": "a long password"});

    let exported =
        certified.rig.done("POST", &format!("/v1/certificates/{sha256}/pkcs12"), order).await["content"]
            .clone();
    let import = |password: &str| json!({"file": "um.p12", "content": exported, "password": password});
    let wrong = certified.rig.refused("POST", "/v1/certificates/import", import("another one")).await;
    let back = certified.rig.done("POST", "/v1/certificates/import", import("a long password")).await;

    assert_eq!((wrong.0, wrong.1.as_str()), (422, "import-refused"));
    assert!(wrong.2.contains("password"), "{}", wrong.2);
    assert_eq!(back["certificate"]["sha256"], sha256);
    assert_eq!(back["presented"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_request_leaves_its_key_waiting_and_an_address_is_refused() {
    let certified = Certified::start(|_| {}).await;

    let address = json!({"fqdn": "192.0.2.1"});
    let address = certified.rig.refused("POST", "/v1/certificates/requests", address).await;
    let order = json!({"fqdn": "um.example.com", "key": "p-256"});
    let made = certified.rig.done("POST", "/v1/certificates/requests", order).await;
    let verdicts = certified.verdicts().await;

    assert_eq!((address.0, address.1.as_str()), (422, "invalid"));
    assert!(made["pem"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE REQUEST-----"), "{made}");
    assert_eq!(made["spki_sha256"], certified.store().waiting_keys()[0].spki_sha256);
    assert!(verdicts.iter().any(|verdict| verdict.starts_with("key false")), "{verdicts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bundle_has_the_certificate_that_the_gateway_is_shown_be_it_bound_to_an_owner() {
    let mut gateway = IpGateway::new("gw1".parse().unwrap(), "gw1.example.com".parse().unwrap());
    gateway.certificate_owner = Some("partner".to_owned());
    let create = SiteChange::CreateGateway { gateway, dial_plan: None };
    let site = Site::empty().apply(&create).unwrap().0;
    let of_partner = issued("federation.example.com");
    let chain = of_partner.chain_pem();
    let certified = Certified::start_for(&site, |store| {
        let flags = Flags { owner: Some("partner".to_owned()), ..Flags::default() };
        store.add(of_partner, flags).unwrap();
    })
    .await;
    let rig = certified.rig.with_hq().await;
    for (path, patch) in [
        ("/v1/gateways/gw1", json!({"address": "gw1.example.com"})),
        ("/v1/dial-plans/hq", json!({"voip_security": "secured"})),
        ("/v1/gateways/gw1", json!({"certificate_owner": "partner"})),
    ] {
        rig.done("PATCH", path, patch).await;
    }

    let bound = rig.done("GET", "/v1/gateways/gw1/bundle", Value::Null).await;
    rig.done("PATCH", "/v1/gateways/gw1", json!({"certificate_owner": "nobody"})).await;
    let without = rig.done("GET", "/v1/gateways/gw1/bundle", Value::Null).await;

    assert_eq!((&bound["files"][0]["name"], &bound["files"][0]["text"]), (&json!("um.pem"), &json!(chain)));
    assert_eq!(without["files"][0]["name"], "README.md");
    assert_eq!(
        without["notes"][0],
        "the gateway is bound to nobody, of whom no certificate can be shown, so there is none of ours in it: `um cert \
         import FILE --owner nobody` brings one"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_successors_that_wait_none_is_taken_for_the_other() {
    let waiting = |of: &Identity, owner: Option<&str>| Flags {
        inactive: true,
        owner: owner.map(str::to_owned),
        successor_of: Some(of.facts().sha256.clone()),
    };
    let certified = Certified::start(|store| {
        for owner in [None, Some("partner")] {
            let (old, new) = (issued_a_day_ago(), issued("um.example.com"));
            let flags = waiting(&old, owner);
            store.add(old, Flags { owner: owner.map(str::to_owned), ..Flags::default() }).unwrap();
            store.add(new, flags).unwrap();
        }
    })
    .await;

    let shown = certified.rig.refused("GET", "/v1/certificates/waiting", Value::Null).await;
    let activated = certified.rig.refused("POST", "/v1/certificates/waiting/activate", Value::Null).await;

    assert_eq!(
        (shown.0, shown.1.as_str(), shown.2.as_str()),
        (409, "ambiguous", "2 successors wait in the store")
    );
    assert_eq!(activated, shown);
}
