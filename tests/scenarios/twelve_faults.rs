//! Twelve seeded faults, twelve diagnoses: what is wrong is told apart by `um test gateway` and `um test call`.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
};

use caller::{CertificateRequest, Line, Purpose, TestAuthority, TestIdentity, TlsPlan, Transport, Validity};
use serde_json::Value;
use um_tests::{DOMAIN, Mode, Server, ThreePlans};

use crate::{
    gateway_probes::{Answering, set_ports},
    test_call::{tested, words},
};

/// The faults that `um test gateway gw1` finds, each by its word.
fn examined(server: &Server) -> Vec<String> {
    let ran = server.um(&["test", "gateway", "gw1", "--json"]);
    let tested: Value = serde_json::from_str(&ran.stdout).unwrap();
    let findings = tested["findings"].as_array().unwrap();
    let faults = findings.iter().filter(|finding| finding["grade"] == "fault");
    assert!(faults.clone().all(|fault| !fault["remedy"].as_str().unwrap().is_empty()), "{tested:#}");
    assert_eq!(ran.code, Some(i32::from(faults.clone().count() > 0)), "{tested:#}");
    words(&tested, "fault")
}

/// The faults that `um test call` finds.
fn called(server: &Server, args: &[&str]) -> Vec<String> {
    words(&tested(server, args).0, "fault")
}

/// A listener that answers the first hello in clear SIP.
fn plain_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // The hello, whole or in part.
        let _ = stream.read(&mut [0; 512]).unwrap();
        stream.write_all(b"SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn twelve_seeded_faults_have_twelve_diagnoses() {
    let three = ThreePlans::start();
    let server = &three.server;
    let authority = TestAuthority::new("Company CA").unwrap();
    let other = TestAuthority::new("Other CA").unwrap();
    let root = server.file("root.pem", &authority.certificate_pem());
    server.um_ok(&["trust", "add", &root, "--gateway", "gw1"]);
    let (_udp, udp_port) = Answering::udp("200 OK").await;
    let mut found: Vec<String> = Vec::new();

    // Seven certificates of the gateway, of which one is right.
    let right = CertificateRequest { serial: Some(7), ..CertificateRequest::named("gw1.test") };
    let issued = |request: &CertificateRequest| authority.issue(request).unwrap();
    let revoked = CertificateRequest { serial: Some(8), ..right.clone() };
    let list = server.folder().join("root.crl");
    std::fs::write(&list, authority.revocation_list(&[8], 2060).unwrap()).unwrap();
    let presented: [(&str, TestIdentity); 7] = [
        ("", issued(&right)),
        ("peer-certificate-expired", issued(&right.clone().holding(Validity::Expired))),
        ("peer-certificate-not-yet-valid", issued(&right.clone().holding(Validity::NotYet))),
        ("peer-certificate-wrong-name", issued(&CertificateRequest::named("other.test"))),
        ("peer-certificate-untrusted", other.issue(&right).unwrap()),
        ("peer-certificate-without-client-auth", {
            issued(&CertificateRequest { purpose: Purpose::Server, ..right.clone() })
        }),
        ("peer-certificate-revoked", issued(&revoked)),
    ];
    let thumbprint = trusted_root(server);
    server.um_ok(&["trust", "crl", &thumbprint, "--from", list.to_str().unwrap()]);
    for (expected, identity) in &presented {
        let (_tls, tls_port) = Answering::tls(&three, identity, "200 OK").await;
        set_ports(server, udp_port, tls_port);
        let faults = examined(server);
        assert_eq!(faults.first().map_or("", String::as_str), *expected);
        assert!(faults.len() <= 1, "{faults:?}");
        found.extend(faults);
    }

    // A port that speaks no TLS.
    set_ports(server, udp_port, plain_port());
    found.extend(examined(server));

    // Calls as the gateway would place them.
    server.um_ok(&["huntgroup", "delete", "gw1 Default Group"]);
    found.extend(called(server, &["--pilot", "5002", "--mode", "unsecured"]));
    found.extend(called(server, &["--pilot", "5002", "--mode", "sip-secured"]));
    found.extend(called(server, &["--pilot", "5999"]));
    server.um_ok(&["gateway", "disable", "gw1"]);
    found.extend(called(server, &["--gateway", "gw1"]));
    server.um_ok(&["gateway", "enable", "gw1"]);

    // The gateway calls without a certificate of its own.
    let (_tls, tls_port) = Answering::tls(&three, &presented[0].1, "200 OK").await;
    set_ports(server, udp_port, tls_port);
    let mut naked = three.call(Mode::Secured, Transport::Tls);
    naked.tls = Some(TlsPlan::new(None, &server.certificate(), DOMAIN));
    if let Ok(mut line) = Line::open(naked).await {
        // In TLS 1.3 the refusal comes with the first answer.
        assert!(line.options().await.is_err());
    }
    found.extend(examined(server));

    let different: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(
        different,
        BTreeSet::from([
            "gateway-disabled",
            "no-crypto",
            "peer-certificate-expired",
            "peer-certificate-without-client-auth",
            "peer-certificate-not-yet-valid",
            "peer-certificate-revoked",
            "peer-certificate-untrusted",
            "peer-certificate-wrong-name",
            "peer-without-certificate",
            "plain-port",
            "unknown-pilot",
            "wrong-mode",
        ])
    );
    assert_eq!((found.len(), different.len()), (12, 12), "{found:?}");
}

/// The root of the gateway, by its hash.
fn trusted_root(server: &Server) -> String {
    let roots = server.um_json(&["trust", "list"]);
    roots[0]["certificate"]["sha256"].as_str().unwrap_or_else(|| panic!("no root: {roots:#}")).to_owned()
}
