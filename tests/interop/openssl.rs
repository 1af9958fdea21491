use std::{
    io::{Read, Write},
    process::{Command, Stdio},
};

use caller::{CertificateRequest, TestAuthority, TestIdentity, Validity};
use um_tests::Server;

/// A server whose gateway `gw1.test` is trusted by a CA, and that CA.
fn server_with_root() -> (Server, TestAuthority) {
    let server = Server::start();
    let authority = TestAuthority::new("Example Root").unwrap();
    let root = server.file("root.pem", &authority.certificate_pem());
    server.um_ok(&["dialplan", "create", "hq", "--extension-digits", "4", "--voip-security", "sip-secured"]);
    server.um_ok(&[
        "gateway",
        "create",
        "gw1",
        "--address",
        "gw1.test",
        "--dialplan",
        "hq",
        "--trust",
        &root,
    ]);
    (server, authority)
}

/// `openssl s_client` with an identity, or without one; it verifies the server too.
fn s_client(server: &Server, version: &str, identity: Option<&TestIdentity>) -> Command {
    let trusted = server.file("um.pem", &server.certificate());
    let mut command = Command::new("openssl");
    // Without -ign_eof it would leave before the alert comes, which in TLS 1.3 is after its own last word.
    command.args([
        "s_client",
        "-connect",
        &server.sip_over_tls().to_string(),
        "-servername",
        "um.test",
        version,
    ]);
    command.args(["-ign_eof", "-CAfile", &trusted, "-verify_return_error", "-verify_hostname", "um.test"]);
    if let Some(identity) = identity {
        command.args(["-cert", &server.file("client.pem", identity.certificate_pem())]);
        command.args(["-key", &server.file("client.key", identity.key_pem())]);
    }
    command
}

/// The number in openssl's `SSL alert number N`.
pub(crate) fn alert(server: &Server, version: &str, identity: Option<&TestIdentity>) -> Option<u8> {
    let output = s_client(server, version, identity).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let (_, number) = said.split_once("SSL alert number ")?;
    number.split_whitespace().next()?.parse().ok()
}

#[test]
fn openssl_without_a_certificate_gets_the_alert_of_each_version() {
    let (server, _) = server_with_root();

    assert_eq!(alert(&server, "-tls1_3", None), Some(116), "certificate_required");
    assert_eq!(alert(&server, "-tls1_2", None), Some(40), "handshake_failure");
}

#[test]
fn openssl_with_a_strangers_certificate_gets_unknown_ca() {
    let (server, _) = server_with_root();
    let stranger = TestIdentity::self_signed(&CertificateRequest::named("gw1.test")).unwrap();

    for version in ["-tls1_3", "-tls1_2"] {
        assert_eq!(alert(&server, version, Some(&stranger)), Some(48), "{version}");
    }
}

#[test]
fn openssl_with_an_expired_certificate_gets_certificate_expired() {
    let (server, authority) = server_with_root();
    let expired = authority.issue(&CertificateRequest::named("gw1.test").holding(Validity::Expired)).unwrap();

    for version in ["-tls1_3", "-tls1_2"] {
        assert_eq!(alert(&server, version, Some(&expired)), Some(45), "{version}");
    }
}

#[test]
fn openssl_with_the_gateways_certificate_verifies_the_server_and_gets_its_options_answered() {
    let (server, authority) = server_with_root();
    let gateway = authority.issue(&CertificateRequest::named("gw1.test")).unwrap();

    for version in ["-tls1_3", "-tls1_2"] {
        let mut child = s_client(&server, version, Some(&gateway))
            .arg("-quiet")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let options = "OPTIONS sip:um.test;transport=tls SIP/2.0\r\nVia: SIP/2.0/TLS gw1.test;branch=z9hG4bKopenssl\r\n\
            Max-Forwards: 70\r\nFrom: <sip:gw1.test>;tag=1\r\nTo: <sip:um.test>\r\nCall-ID: openssl@gw1.test\r\n\
            CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
        child.stdin.as_mut().unwrap().write_all(options.as_bytes()).unwrap();
        let mut status_line = [0; 14];
        let read = child.stdout.as_mut().unwrap().read_exact(&mut status_line);
        child.kill().ok();
        child.wait().unwrap();

        assert!(read.is_ok(), "{version}: {read:?}");
        assert_eq!(String::from_utf8_lossy(&status_line), "SIP/2.0 200 OK", "{version}");
    }
}
