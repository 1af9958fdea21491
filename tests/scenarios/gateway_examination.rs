//! `um test gateway` against gateways with one fault each: every fault has a diagnosis and a remedy of its own.

use std::io::{Read, Write};

use caller::{CertificateRequest, Purpose, TestAuthority, TestIdentity, Validity};
use serde_json::Value;
use um_tests::{Server, ThreePlans};

use crate::gateway_probes::{Answering, set_ports};

/// What is wrong, each by its word, and the exit code.
fn faults(server: &Server) -> (Vec<String>, Option<i32>) {
    let ran = server.um(&["test", "gateway", "gw1", "--json"]);
    let tested: Value = serde_json::from_str(&ran.stdout).unwrap();
    let findings = tested["findings"].as_array().unwrap().clone();
    let faults: Vec<Value> = findings.into_iter().filter(|finding| finding["grade"] == "fault").collect();
    assert!(faults.iter().all(|fault| !fault["remedy"].as_str().unwrap().is_empty()), "{faults:#?}");
    (faults.iter().map(|fault| fault["diagnosis"].as_str().unwrap().to_owned()).collect(), ran.code)
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
    let mail = CertificateRequest { purpose: Purpose::Mail, ..right.clone() };
    let issued = |request: &CertificateRequest| authority.issue(request).unwrap();
    let rows: [(TestIdentity, &[&str]); 6] = [
        (issued(&right), &[]),
        (issued(&right.clone().holding(Validity::Expired)), &["peer-certificate-expired"]),
        (issued(&right.clone().holding(Validity::NotYet)), &["peer-certificate-not-yet-valid"]),
        (issued(&CertificateRequest::named("other.test")), &["peer-certificate-wrong-name"]),
        (issued(&mail), &["peer-certificate-wrong-usage"]),
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
