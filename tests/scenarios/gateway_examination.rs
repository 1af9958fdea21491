//! `um test gateway` against gateways with one fault each: every fault has a diagnosis and a remedy of its own.

use std::{
    io::{Read, Write},
    time::Duration,
};

use caller::{CertificateRequest, Purpose, TestAuthority, TestIdentity, Validity};
use serde_json::Value;
use um_tests::{Server, ThreePlans};

use crate::gateway_probes::{Answering, set_ports};

/// What is found to be of this grade, and the exit code.
fn found(server: &Server, grade: &str) -> (Vec<Value>, Option<i32>) {
    let ran = server.um(&["test", "gateway", "gw1", "--json"]);
    let tested: Value = serde_json::from_str(&ran.stdout).unwrap();
    let findings = tested["findings"].as_array().unwrap().clone();
    let found: Vec<Value> = findings.into_iter().filter(|finding| finding["grade"] == grade).collect();
    assert!(found.iter().all(|finding| !finding["remedy"].as_str().unwrap().is_empty()), "{found:#?}");
    (found, ran.code)
}

/// What is wrong, each by its word, and the exit code.
fn faults(server: &Server) -> (Vec<String>, Option<i32>) {
    let (faults, code) = found(server, "fault");
    (faults.iter().map(|fault| fault["diagnosis"].as_str().unwrap().to_owned()).collect(), code)
}

/// A gateway with a root of its own, whose clear side answers, and the port of that.
async fn with_root(three: &ThreePlans, authority: &TestAuthority) -> (Answering, u16) {
    let file = three.server.file("root.pem", &authority.certificate_pem());
    three.server.um_ok(&["gateway", "set", "gw1", "--root", &file]);
    Answering::udp("200 OK").await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_gateways_certificate_has_a_diagnosis_of_its_own() {
    let three = ThreePlans::start();
    let authority = TestAuthority::new("Company CA").unwrap();
    let other = TestAuthority::new("Other CA").unwrap();
    let (_udp, udp_port) = with_root(&three, &authority).await;
    let right = CertificateRequest::named("gw1.test");
    let made_for = |purpose| CertificateRequest { purpose, ..right.clone() };
    let issued = |request: &CertificateRequest| authority.issue(request).unwrap();
    let minutes = |count: u64| Duration::from_secs(60 * count);
    let rows: [(TestIdentity, &[&str]); 9] = [
        (issued(&right), &[]),
        (issued(&right.clone().holding(Validity::Expired)), &["peer-certificate-expired"]),
        (issued(&right.clone().holding(Validity::NotYet)), &["peer-certificate-not-yet-valid"]),
        (issued(&CertificateRequest::named("other.test")), &["peer-certificate-wrong-name"]),
        (issued(&right.clone().holding(Validity::EndedFor(minutes(3)))), &["peer-certificate-just-expired"]),
        (issued(&right.clone().holding(Validity::BeginsIn(minutes(10)))), &["clock"]),
        (issued(&made_for(Purpose::Mail)), &["peer-certificate-wrong-usage"]),
        (issued(&made_for(Purpose::Server)), &["peer-certificate-without-client-auth"]),
        (other.issue(&right).unwrap(), &["peer-certificate-untrusted"]),
    ];
    for (identity, expected) in rows {
        let (_tls, tls_port) = Answering::tls(&three, &identity, "200 OK").await;
        set_ports(&three.server, udp_port, tls_port);

        let (found, code) = faults(&three.server);

        assert_eq!(found, expected);
        assert_eq!(code, Some(i32::from(!expected.is_empty())));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_gateways_listener_has_a_diagnosis_of_its_own() {
    let three = ThreePlans::start();
    let (_udp, udp_port) = Answering::udp("200 OK").await;
    let named = |name: &str| TestIdentity::self_signed(&CertificateRequest::named(name)).unwrap();
    let (older, stranger) = (named("um.test"), named("pbx.test"));
    let trusting = |known: &TestIdentity| {
        let (identity, known) = (three.gateway.clone(), known.certificate_pem().to_owned());
        let three = &three;
        async move { Answering::tls_that_trusts(three, &identity, &known).await }
    };
    let (_outdated, outdated_port) = trusting(&older).await;
    let (_distrusting, distrusting_port) = trusting(&stranger).await;
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere_port = nowhere.local_addr().unwrap().port();
    drop(nowhere);
    let plain = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let plain_port = plain.local_addr().unwrap().port();
    let serving = std::thread::spawn(move || {
        let (mut stream, _) = plain.accept().unwrap();
        let heard = stream.read(&mut [0; 512]).unwrap();
        stream.write_all(b"SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n").unwrap();
        heard
    });
    let rows = [
        (nowhere_port, "connection-refused"),
        (plain_port, "plain-port"),
        (distrusting_port, "peer-does-not-trust-us"),
        (outdated_port, "peer-does-not-trust-us"),
    ];
    for (tls_port, expected) in rows {
        set_ports(&three.server, udp_port, tls_port);

        assert_eq!(faults(&three.server), (vec![expected.to_owned()], Some(1)));
    }
    assert!(serving.join().unwrap() > 0);

    let (silent, udp_port) = Answering::udp("200 OK").await;
    drop(silent);
    let (_tls, tls_port) = Answering::tls(&three, &three.gateway, "200 OK").await;
    set_ports(&three.server, udp_port, tls_port);
    assert_eq!(faults(&three.server).0, ["options-unanswered"]);

    three.server.um_ok(&["gateway", "disable", "gw1"]);
    assert_eq!(faults(&three.server).0.first().map(String::as_str), Some("gateway-disabled"));
    let told = three.server.um(&["test", "gateway", "gw1"]);
    assert!(told.stdout.contains("um gateway enable gw1"), "{}", told.stdout);
    assert!(told.stderr.starts_with("error: gateway gw1 is disabled"), "{}", told.stderr);
    assert_eq!(three.server.um(&["test", "gateway", "gw9"]).code, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_certificate_and_a_list_that_is_missing_or_stale_have_diagnoses_of_their_own() {
    let three = ThreePlans::start();
    let authority = TestAuthority::new("Company CA").unwrap();
    let (_udp, udp_port) = with_root(&three, &authority).await;
    let eighth = CertificateRequest { serial: Some(8), ..CertificateRequest::named("gw1.test") };
    let (_tls, tls_port) = Answering::tls(&three, &authority.issue(&eighth).unwrap(), "200 OK").await;
    set_ports(&three.server, udp_port, tls_port);
    let roots = three.server.um_json(&["trust", "list"]);
    let root = roots[0]["certificate"]["sha256"].as_str().unwrap().to_owned();
    let give = |serials: &[u64], until: i32| {
        let file = three.server.folder().join("company.crl");
        std::fs::write(&file, authority.revocation_list(serials, until).unwrap()).unwrap();
        three.server.um_ok(&["trust", "crl", &root, "--from", file.to_str().unwrap()]);
    };

    let without = faults(&three.server).0;
    three.server.um_ok(&["gateway", "set", "gw1", "--crl", "hard"]);
    let missing = faults(&three.server).0;
    give(&[], 2021);
    let stale = found(&three.server, "fault").0;
    give(&[], 2060);
    let fresh = faults(&three.server).0;
    three.server.um_ok(&["gateway", "set", "gw1", "--crl", "soft"]);
    give(&[8], 2060);
    let revoked = faults(&three.server);

    assert_eq!((without, missing, fresh), (Vec::new(), vec!["peer-revocation-list".to_owned()], Vec::new()));
    assert_eq!(stale.len(), 1, "{stale:#?}");
    assert_eq!(stale[0]["diagnosis"], "peer-revocation-list");
    assert!(stale[0]["what"].as_str().unwrap().contains("is stale: the next one was due on 2021-01-01"));
    assert!(stale[0]["remedy"].as_str().unwrap().contains("um gateway set gw1 --crl soft"));
    assert_eq!(revoked, (vec!["peer-certificate-revoked".to_owned()], Some(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn clock_of_a_gateway_that_is_minutes_off_is_told_from_its_answer() {
    let three = ThreePlans::start();
    let behind = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(10);
    let date = behind.strftime("%a, %d %b %Y %H:%M:%S GMT");
    let answer = format!("200 OK\r\nDate: {date}").leak();
    let (_udp, udp_port) = Answering::udp("200 OK").await;
    let (_tls, tls_port) = Answering::tls(&three, &three.gateway, answer).await;
    set_ports(&three.server, udp_port, tls_port);

    let (looks, code) = found(&three.server, "attention");

    assert_eq!(code, Some(0), "calls do not fail by it yet");
    assert_eq!(looks.len(), 1, "{looks:#?}");
    assert_eq!(looks[0]["diagnosis"], "clock");
    assert!(looks[0]["what"].as_str().unwrap().contains("s behind ours"), "{looks:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn gateway_that_is_bound_to_an_owner_without_certificate_has_a_diagnosis_on_our_side() {
    let three = ThreePlans::start();
    for plan in ["unsecured", "sip-secured", "secured"] {
        three.server.um_ok(&["dialplan", "set", plan, "--voip-security", "secured"]);
    }
    let (_tls, tls_port) = Answering::tls(&three, &three.gateway, "200 OK").await;
    set_ports(&three.server, tls_port, tls_port);
    three.server.um_ok(&["gateway", "set", "gw1", "--cert-owner", "partner"]);

    let (found, code) = found(&three.server, "fault");

    assert_eq!((found.len(), code), (1, Some(1)), "{found:#?}");
    assert_eq!(found[0]["diagnosis"], "no-own-certificate");
    assert!(found[0]["what"].as_str().unwrap().contains("of the owner `partner`"), "{found:#?}");
}
