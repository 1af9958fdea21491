use std::{
    fs,
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};

use um_tests::Server;

const OPTIONS: &str = "OPTIONS sip:um.test;transport=tls SIP/2.0\r\nVia: SIP/2.0/TLS gw1.test;branch=z9hG4bKissued\r\n\
    Max-Forwards: 70\r\nFrom: <sip:gw1.test>;tag=1\r\nTo: <sip:um.test>\r\nCall-ID: issued@gw1.test\r\n\
    CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

/// A server with a CA, whose gateway `gw1.test` is trusted by the root of that CA.
fn server_with_ca() -> Server {
    let server = Server::start();
    server.um_ok(&["ca", "init", "--name", "Voice CA", "--key", "p-256"]);
    let root = path(&server, "root.pem");
    server.um_ok(&["ca", "root", "--to", &root]);
    server.um_ok(&["dialplan", "create", "hq", "--extension-digits", "4", "--voip-security", "sip-secured"]);
    let gateway = ["gateway", "create", "gw1", "--address", "gw1.test", "--dialplan", "hq", "--root", &root];
    server.um_ok(&gateway);
    server
}

fn path(server: &Server, name: &str) -> String {
    server.folder().join(name).to_str().unwrap().to_owned()
}

/// The first octets that openssl gets as the gateway, with this file as certificate and key.
pub(crate) fn answered(server: &Server, identity: &str, version: &str) -> String {
    let trusted = server.file("um.pem", &server.certificate());
    let mut child = Command::new("openssl")
        .args(["s_client", "-quiet", "-connect", &server.sip_over_tls().to_string(), version])
        .args([
            "-servername",
            "um.test",
            "-CAfile",
            &trusted,
            "-verify_return_error",
            "-verify_hostname",
            "um.test",
        ])
        .args(["-cert", identity, "-key", identity])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.as_mut().unwrap().write_all(OPTIONS.as_bytes()).unwrap();
    let mut status_line = [0; 14];
    let read = child.stdout.as_mut().unwrap().read_exact(&mut status_line);
    child.kill().ok();
    child.wait().unwrap();
    read.map(|()| String::from_utf8_lossy(&status_line).into_owned()).unwrap_or_default()
}

#[test]
fn gateway_with_a_certificate_of_our_ca_gets_its_options_answered() {
    let server = server_with_ca();
    let issued = path(&server, "gw1.pem");

    server.um_ok(&["ca", "issue", "gw1.test", "--key", "p-256", "--to", &issued]);

    for version in ["-tls1_3", "-tls1_2"] {
        assert_eq!(answered(&server, &issued, version), "SIP/2.0 200 OK", "{version}");
    }
    assert_eq!(fs::metadata(&issued).unwrap().permissions().mode() & 0o777, 0o600);
    let listed = server.um_ok(&["ca", "list"]);
    assert!(listed.contains("gw1.test") && listed.contains("valid"), "{listed}");
}

#[test]
fn request_of_openssl_is_answered_and_pkcs12_opens_with_the_password_that_was_printed() {
    let server = server_with_ca();
    let (csr, key, signed, p12) = (
        path(&server, "gw1.csr"),
        path(&server, "gw1.key"),
        path(&server, "signed.pem"),
        path(&server, "gw1.p12"),
    );
    let request =
        ["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=gw1.test", "-keyout", &key, "-out", &csr];
    assert!(Command::new("openssl").args(request).stderr(Stdio::null()).status().unwrap().success());

    server.um_ok(&["ca", "issue", "gw1.test", "--csr", &csr, "--to", &signed]);
    let password = server.um_ok(&["ca", "issue", "gw1.test", "--key", "p-256", "--pfx", &p12]);

    let both = fs::read_to_string(&signed).unwrap() + &fs::read_to_string(&key).unwrap();
    assert_eq!(answered(&server, &server.file("both.pem", &both), "-tls1_3"), "SIP/2.0 200 OK");
    let pass = format!("pass:{}", password.trim());
    let opened =
        Command::new("openssl").args(["pkcs12", "-noout", "-in", &p12, "-passin", &pass]).status().unwrap();
    assert!(opened.success());
}

#[test]
fn bad_orders_name_the_fault_and_leave_no_file() {
    let server = server_with_ca();
    let to = path(&server, "x.pem");
    let refused = |args: &[&str]| {
        let ran = server.um(args);
        assert_eq!(ran.code, Some(1), "{args:?}: {}", ran.stderr);
        ran.stderr
    };

    let address = refused(&["ca", "issue", "192.0.2.1", "--to", &to]);
    let again = refused(&["ca", "init"]);
    let unknown = refused(&["ca", "revoke", "gw9.test"]);

    assert!(address.contains("error: `192.0.2.1` is an IP address"), "{address}");
    assert!(address.contains("hint: give the FQDN that peers dial"), "{address}");
    assert!(again.contains("there is a CA in"), "{again}");
    assert!(unknown.contains("this CA has issued nothing for `gw9.test`"), "{unknown}");
    assert!(!fs::exists(&to).unwrap());
}

#[test]
fn bundle_has_certificates_the_key_for_its_owner_alone_and_a_page_for_each_product() {
    let server = server_with_ca();
    let issued = path(&server, "gw1.pem");
    server.um_ok(&["ca", "issue", "gw1.test", "--key", "p-256", "--to", &issued]);
    let bundle = path(&server, "bundle");

    server.um_ok(&["gateway", "bundle", "gw1", "--to", &bundle]);

    let mut names: Vec<String> = fs::read_dir(&bundle)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "3cx.md",
            "README.md",
            "asterisk.md",
            "audiocodes.md",
            "ca-crl.pem",
            "ca.pem",
            "cisco-cube.md",
            "cisco-cucm.md",
            "freeswitch.md",
            "gateway.key",
            "gateway.pem",
            "oracle.md",
            "ribbon.md",
            "um.pem"
        ]
    );
    let page = fs::read_to_string(format!("{bundle}/README.md")).unwrap();
    assert!(page.contains(&format!("TCP port {},", server.sip_over_tls().port())), "{page}");
    assert!(page.contains("dial plan `hq`, SIPSecured"), "{page}");
    let mode = |file: &str| fs::metadata(format!("{bundle}/{file}")).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("gateway.key"), mode("")), (0o600, 0o700));
    let pair = fs::read_to_string(format!("{bundle}/gateway.pem")).unwrap()
        + &fs::read_to_string(format!("{bundle}/gateway.key")).unwrap();
    assert_eq!(answered(&server, &server.file("pair.pem", &pair), "-tls1_3"), "SIP/2.0 200 OK");
    assert_eq!(server.um(&["gateway", "bundle", "gw1", "--to", &bundle]).code, Some(1));
}
