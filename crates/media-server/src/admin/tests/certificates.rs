//! `um cert` over the API: a store in a folder of its own, a server named um.example.com.

use cert_manager::{CertificateStore, Flags, Identity, IssueRequest, KeyKind, issue_self_signed};
use dial_plan::Site;

use super::*;
use crate::trust::OwnSettings;

/// A management API and its certificate store.
struct Certified {
    rig: Rig,
    folder: TempDir,
}

impl Certified {
    async fn start(prepare: impl FnOnce(&mut CertificateStore)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let overrides = Overrides { data_dir: Some(folder.path().to_owned()), socket: None };
        let mut config = ServerConfig::load(None, &overrides).unwrap();
        config.sip.domain = "um.example.com".to_owned();
        config.sip.certificate_key = KeyKind::P256;
        let settings = OwnSettings::of(&config);
        prepare(&mut CertificateStore::load(&settings.folder));
        let keeper = CertificateKeeper::open(settings, &Site::default(), |_| {}, Timestamp::now()).unwrap();
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
    let certified = Certified::start(|_| {}).await;
    let before = certified.rig.get("/v1/certificates/presented").await.1;

    let made = certified.rig.done("POST", "/v1/certificates", json!({"key": "p-384"})).await;
    let sha256 = made["certificate"]["sha256"].as_str().unwrap();
    let still = certified.rig.get("/v1/certificates/presented").await.1;
    let path = format!("/v1/certificates/{}/activate", &sha256[..12]);
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
        let older = issue_self_signed(
            &IssueRequest::new("um.example.com", KeyKind::P256),
            Timestamp::now() - jiff::SignedDuration::from_hours(24),
        );
        store.add(older.unwrap(), Flags::default()).unwrap();
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
