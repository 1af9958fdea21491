//! Every TLS handshake that fails is one row of `um tls failures` and one event, with its class, both certificates and
//! what to do; `um metrics` counts it.

use std::time::{Duration, Instant};

use caller::{
    CallPlan, CertificateRequest, Doorway, Line, TestAuthority, TestIdentity, TlsPlan, TlsVersion, Transport,
    Validity,
};
use serde_json::Value;
use um_tests::{DOMAIN, Mode, ScriptedGateway, Server, ThreePlans};

const SECURE_OFFER: &str = "m=audio {port} RTP/SAVP 0\r\n\
    a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n";

/// The rows of `um tls failures`, once there are `count`: a row is kept a moment after the peer has heard its alert.
fn failures(server: &Server, count: usize) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let Value::Array(rows) = server.um_json(&["tls", "failures"]) else { panic!("no array of rows") };
        assert!(rows.len() <= count, "{} rows instead of {count}: {rows:#?}", rows.len());
        if rows.len() == count {
            return rows;
        }
        assert!(Instant::now() < deadline, "{} rows instead of {count}: {rows:#?}", rows.len());
    }
}

/// A server whose gateway `gw2` is `gw2.test` at 127.0.0.2, under this authority.
fn server_trusting(authority: &TestAuthority) -> Server {
    let server = Server::start();
    let root = server.file("root.pem", &authority.certificate_pem());
    server.um_ok(&["dialplan", "create", "hq", "--extension-digits", "4", "--voip-security", "sip-secured"]);
    let gateway = ["--address", "gw2.test", "--dialplan", "hq", "--trust", &root];
    server.um_ok(&[&["gateway", "create", "gw2"], gateway.as_slice()].concat());
    server
}

#[tokio::test]
async fn each_certificate_that_is_refused_is_one_row_and_one_event_with_its_class_in_both_versions() {
    let authority = TestAuthority::new("Example Root").unwrap();
    let server = server_trusting(&authority);
    let issued = |name: &str, validity| {
        Some(authority.issue(&CertificateRequest::named(name).holding(validity)).unwrap())
    };
    let stranger = Some(TestIdentity::self_signed(&CertificateRequest::named("gw2.test")).unwrap());
    // With the alerts of TLS 1.2 and of TLS 1.3.
    let both = |alert| [alert, alert];
    let rows = [
        ("expired", issued("gw2.test", Validity::Expired), both("certificate_expired"), 1113),
        ("not-yet-valid", issued("gw2.test", Validity::NotYet), both("certificate_expired"), 1113),
        ("untrusted", stranger, both("unknown_ca"), 1113),
        // The handshake completes; the first request is refused.
        ("wrong-name", issued("pbx.test", Validity::Current), both(""), 2013),
        ("no-certificate", None, ["handshake_failure", "certificate_required"], 1113),
    ];
    let own = server.um_json(&["cert", "show"])["certificate"]["sha256"].clone();
    let mut count = 0;
    for (class, identity, alerts, event) in &rows {
        for (version, alert) in [TlsVersion::Tls12, TlsVersion::Tls13].into_iter().zip(alerts) {
            let mut tls = TlsPlan::new(identity.clone(), &server.certificate(), DOMAIN);
            tls.version = Some(version);
            let mut plan = CallPlan::new(server.sip_over_tls(), "5000").over_tls(tls);
            plan.local_ip = "127.0.0.2".parse().unwrap();
            if let Ok(mut line) = Line::open(plan).await {
                // Refused here at the latest.
                assert!(line.options().await.map_or(true, |answer| answer.status == 403), "{class}");
            }

            count += 1;
            let row = failures(&server, count).remove(count - 1);
            let what = format!("{version:?}: {row:#}");
            assert_eq!(
                (row["class"].as_str(), row["direction"].as_str()),
                (Some(*class), Some("inbound")),
                "{what}"
            );
            assert_eq!(row["alert"].as_str().unwrap_or_default(), *alert, "{what}");
            assert_eq!((&row["closed_by"], &row["gateways"][0]), (&"us".into(), &"gw2".into()), "{what}");
            assert_eq!(row["own"]["sha256"], own, "{what}");
            assert_eq!(row["certificate"].is_null(), identity.is_none(), "{what}");
            assert!(row["peer"].as_str().unwrap().starts_with("127.0.0.2:"), "{what}");
            assert!(!row["reason"].as_str().unwrap().is_empty(), "{what}");
            assert!(!row["remedy"].as_str().unwrap().is_empty(), "{what}");
        }
        let event = server.event(*event, |fields| fields["class"] == *class);
        assert_eq!(event["fields"]["own_sha256"], own, "{event:#}");
        assert_eq!(event["fields"]["gateway"], "gw2", "{event:#}");
    }

    let page = server.um_ok(&["metrics"]);
    for (class, ..) in &rows {
        let line = format!("um_tls_handshakes_failed_total{{direction=\"inbound\",reason=\"{class}\"}} 2\n");
        assert!(page.contains(&line), "{line}{page}");
    }
    assert!(page.contains(&format!("um_expiry_seconds{{kind=\"own\",name={own}}} ")), "{page}");
    let shown = server.um_ok(&["tls", "failures", "--gateway", "gw2"]);
    assert_eq!(shown.matches("hint: ").count(), 10, "{shown}");
    assert_eq!(server.um(&["tls", "failures", "--gateway", "gw9"]).code, Some(1));
}

/// Lets the server connect to a gateway that presents `identity` and trusts `trust`: by hanging up a call whose
/// connection is gone. The first row that comes of it.
async fn refused_on_the_way_out(identity: &TestIdentity, three: &ThreePlans, trust: &str) -> Value {
    let mut plan = three.call(Mode::Secured, Transport::Tls);
    plan.tls = Some(TlsPlan::new(Some(identity.clone()), trust, DOMAIN));
    plan.deadline = Duration::from_secs(10);
    let doorway = Doorway::open(plan).await.unwrap();
    let address = doorway.local_addr().unwrap();
    three.server.um_ok(&["gateway", "set", "gw1", "--tls-port", &address.port().to_string()]);
    let mut gateway = ScriptedGateway::open(three.call(Mode::Secured, Transport::Tls)).await;
    let invite = gateway.invite(SECURE_OFFER);
    gateway.call(&invite).await;
    drop(gateway);
    let calls = three.server.um_json(&["calls", "list"]);
    three.server.um_ok(&["calls", "hangup", &calls[0]["id"].to_string()]);

    if let Ok(mut line) = doorway.accept().await {
        // In TLS 1.3 the refusal comes behind our side of the handshake.
        assert!(!matches!(line.receive().await, Ok(Some(_))), "the BYE came through");
    }
    let event = three.server.event(1113, |fields| fields["address"] == address.to_string());
    assert_eq!(
        (&event["fields"]["gateway"], &event["fields"]["direction"]),
        (&"gw1".into(), &"outbound".into())
    );
    let Value::Array(rows) = three.server.um_json(&["tls", "failures", "--gateway", "gw1"]) else {
        panic!("no array of rows")
    };
    rows.into_iter().find(|row| row["peer"] == address.to_string()).expect("a row")
}

#[tokio::test]
async fn stranger_that_we_connect_to_is_refused_by_us_and_its_row_says_so() {
    let three = ThreePlans::start();
    let stranger = TestIdentity::self_signed(&CertificateRequest::named("gw1.test")).unwrap();

    let row = refused_on_the_way_out(&stranger, &three, &three.server.certificate()).await;

    assert_eq!(
        (&row["class"], &row["closed_by"], &row["alert"]),
        (&"untrusted".into(), &"us".into(), &"unknown_ca".into())
    );
    assert_eq!(row["certificate"]["subject"], "CN=gw1.test");
    assert!(row["remedy"].as_str().unwrap().contains("`um gateway approve gw1 "), "{row:#}");
}

#[tokio::test]
async fn gateway_that_does_not_trust_us_refuses_us_with_its_alert_and_its_row_says_so() {
    let three = ThreePlans::start();
    let other = TestIdentity::self_signed(&CertificateRequest::named("other.test")).unwrap();

    let row = refused_on_the_way_out(&three.gateway.clone(), &three, other.certificate_pem()).await;

    assert_eq!(
        (&row["class"], &row["closed_by"], &row["alert"]),
        (&"untrusted".into(), &"peer".into(), &"unknown_ca".into())
    );
    assert!(row["remedy"].as_str().unwrap().contains("`um cert export --to FILE.pem`"), "{row:#}");
    let page = three.server.um_ok(&["metrics"]);
    assert!(page.contains("um_expiry_seconds{kind=\"gateway\",name=\"gw1\"} "), "{page}");
}
