//! Files that `um cert` cannot use: one line says what is wrong with which file, one what to do, and the store stays as it
//! was, octet by octet.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use caller::{CertificateRequest, Purpose, TestAuthority, TestIdentity, Validity};
use um_tests::{DOMAIN, Server};

/// Every file of the store with its octets.
fn store(server: &Server) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(server.folder().join("data").join("certificates")).unwrap();
    let read = |path: &Path| fs::read(path).unwrap();
    entries
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), read(&entry.path())))
        .collect()
}

fn openssl(args: &[&str]) {
    let made = Command::new("openssl").args(args).output().unwrap();
    assert!(made.status.success(), "{made:?}");
}

fn self_signed(name: &str) -> TestIdentity {
    TestIdentity::self_signed(&CertificateRequest::named(name)).unwrap()
}

fn whole(identity: &TestIdentity) -> String {
    [identity.certificate_pem(), identity.key_pem()].concat()
}

/// The command is refused with these words, one line what is wrong and one what to do, and nothing has changed.
fn assert_refused(server: &Server, args: &[&str], (error, hint): (&str, &str)) {
    let before = store(server);

    let ran = server.um(args);

    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!((lines.len(), ran.stdout.as_str()), (2, ""), "{args:?}: {ran:?}");
    assert!(lines[0].starts_with("error: ") && lines[0].contains(error), "{args:?}: {ran:?}");
    assert!(lines[1].starts_with("hint: ") && lines[1].contains(hint), "{args:?}: {ran:?}");
    assert_eq!(ran.code, Some(1), "{args:?}: {ran:?}");
    assert!(store(server) == before, "{args:?} has changed the store");
}

#[test]
fn file_that_cannot_be_imported_is_named_with_its_fault_and_the_store_stays_as_it_was() {
    let server = Server::start();
    let authority = TestAuthority::new("Example CA").unwrap();
    let own = CertificateRequest::named(DOMAIN);
    let issued = authority.issue(&own).unwrap();
    let made = |change: CertificateRequest| whole(&TestIdentity::self_signed(&change).unwrap());
    let only_cn = CertificateRequest { dns_names: Vec::new(), ..own.clone() };
    let wildcard = CertificateRequest { dns_names: vec!["*.test".to_owned()], ..own.clone() };
    let mail = CertificateRequest { purpose: Purpose::Mail, ..own.clone() };
    let sealed_key = {
        let (key, sealed) = (server.file("plain.key", issued.key_pem()), server.folder().join("sealed.key"));
        let sealed = sealed.to_str().unwrap();
        openssl(&[
            "pkcs8",
            "-topk8",
            "-v2",
            "aes256",
            "-in",
            &key,
            "-out",
            sealed,
            "-passout",
            "pass:secret-of-the-key",
        ]);
        fs::read_to_string(sealed).unwrap()
    };
    let rows = [
        ("empty.pem", String::new(), ("there is no certificate in it", "PEM form")),
        ("text.pem", "hello".to_owned(), ("there is no certificate in it", "PEM form")),
        (
            "cut.pem",
            whole(&issued).chars().take(200).collect(),
            ("it is broken (it is cut off: END CERTIFICATE is missing)", "get it anew"),
        ),
        ("key.pem", issued.key_pem().to_owned(), ("there is no certificate in it", "PEM form")),
        (
            "keyless.pem",
            issued.certificate_pem().to_owned(),
            ("there is no private key in it", "um cert csr"),
        ),
        (
            "others-key.pem",
            [issued.certificate_pem(), self_signed(DOMAIN).key_pem()].concat(),
            ("its private key does not belong to the certificate CN=um.test", "one pair"),
        ),
        (
            "sealed-key.pem",
            [issued.certificate_pem(), &sealed_key].concat(),
            ("its private key has a password", "openssl pkcs12 -export"),
        ),
        ("no-chain.pem", whole(&issued), ("the issuer of CN=um.test is not in it", "CN=Example CA")),
        (
            "name.pem",
            whole(&self_signed("pbx.test")),
            ("the certificate names pbx.test, not um.test", "issued for um.test"),
        ),
        ("wildcard.pem", made(wildcard), ("the certificate names *.test, not um.test", "issued for um.test")),
        (
            "cn.pem",
            made(only_cn),
            ("the certificate names um.test in its CN alone", "with um.test in the SAN"),
        ),
        (
            "mail.pem",
            made(mail),
            ("the certificate CN=um.test is made for emailProtection", "serverAuth and clientAuth"),
        ),
        (
            "old.pem",
            made(own.clone().holding(Validity::Expired)),
            ("the certificate CN=um.test expired on 2021-01-01", "a new one issued"),
        ),
        (
            "ca.p7b",
            "-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n".to_owned(),
            ("it is PKCS#7", "openssl pkcs7"),
        ),
    ];
    for (name, text, (error, hint)) in rows {
        let file = server.file(name, &text);

        assert_refused(&server, &["cert", "import", &file], (&format!("{name}: {error}"), hint));
    }
}

#[test]
fn pkcs12_with_another_password_or_none_is_refused_and_the_right_one_is_taken() {
    let server = Server::start();
    let identity = self_signed(DOMAIN);
    let (pem, file) = (server.file("own.pem", &whole(&identity)), server.folder().join("own.p12"));
    let file = file.to_str().unwrap();
    openssl(&["pkcs12", "-export", "-in", &pem, "-out", file, "-passout", "pass:right-horse"]);
    let (wrong, right) = (server.file("wrong", "wrong-horse\n"), server.file("right", "right-horse\n"));

    assert_refused(
        &server,
        &["cert", "import", file, "--password-file", &wrong],
        ("own.p12: the password is not its own", "the one that it was exported with"),
    );
    assert_refused(
        &server,
        &["cert", "import", file],
        ("own.p12: it has a password, and none was given", "the one that it was exported with"),
    );
    let before = store(&server);
    server.um_ok(&["cert", "import", file, "--password-file", &right]);

    assert!(store(&server) != before);
}

#[test]
fn chain_out_of_order_is_put_right_and_that_is_told() {
    let server = Server::start();
    let authority = TestAuthority::new("Example CA").unwrap();
    let issued = authority.issue(&CertificateRequest::named(DOMAIN)).unwrap();
    let other = TestAuthority::new("Other CA").unwrap();
    let mixed = [
        authority.certificate_pem().as_str(),
        issued.key_pem(),
        other.certificate_pem().as_str(),
        issued.certificate_pem(),
    ]
    .concat();
    let file = server.file("mixed.pem", &mixed);

    let ran = server.um(&["cert", "import", &file]);
    let shown = server.certificate();

    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("left out, since it does not belong to the chain: CN=Other CA"), "{ran:?}");
    assert!(shown.starts_with(issued.certificate_pem()), "{shown}");
    assert!(shown.ends_with(&authority.certificate_pem()), "{shown}");
    assert!(!shown.contains(&other.certificate_pem()), "{shown}");
}

#[test]
fn request_for_what_no_sip_peer_matches_is_refused_and_leaves_no_key_and_no_file() {
    let server = Server::start();
    let to = server.folder().join("um.csr");
    let to = to.to_str().unwrap();
    let rows: [(&[&str], (&str, &str)); 9] = [
        (&["192.0.2.1"], ("`192.0.2.1` is an IP address", "the FQDN that peers dial")),
        (&["2001:db8::1"], ("`2001:db8::1` is an IP address", "the FQDN that peers dial")),
        (&["[2001:db8::1]"], ("is an IP address", "the FQDN that peers dial")),
        (&["*.example.com"], ("is a wildcard", "the one FQDN")),
        (&["um"], ("`um` has no domain", "um.example.com")),
        (&[""], ("there is no name", "um.example.com")),
        (&["m\u{fc}nchen.example"], ("is not ASCII", "xn--")),
        (&["um_1.example.com"], ("is no host name", "letters, digits and hyphens")),
        (
            &["um.example.com", "--email", "nobody"],
            ("cannot stand in a request as an e-mail address", "name@domain"),
        ),
    ];
    for (args, words) in rows {
        let args: Vec<&str> = ["cert", "csr"].iter().chain(args).copied().chain(["--to", to]).collect();

        assert_refused(&server, &args, words);
        assert!(!fs::exists(to).unwrap(), "{args:?}");
    }
}

#[test]
fn certificate_that_its_issuer_has_revoked_is_not_imported_and_not_shown() {
    let server = Server::start();
    let path = |name: &str| server.folder().join(name).to_str().unwrap().to_owned();
    let (first, second) = (path("first.pem"), path("second.pem"));
    server.um_ok(&["ca", "init", "--name", "Voice CA", "--key", "p-256"]);
    server.um_ok(&["ca", "issue", DOMAIN, "--key", "p-256", "--to", &first]);
    server.um_ok(&["cert", "import", &first]);
    let serial = |which: usize| {
        let listed = server.um_json(&["ca", "list"]);
        listed[which]["serial"].as_str().unwrap().to_owned()
    };
    let shown = || server.um_json(&["cert", "show"])["certificate"].clone();
    assert_eq!(shown()["issuer"], "CN=Voice CA");

    let told = server.um(&["ca", "revoke", &serial(0)]);
    let instead = shown();
    let explained = server.um_ok(&["cert", "explain"]);
    server.um_ok(&["ca", "issue", DOMAIN, "--key", "p-256", "--to", &second]);
    server.um_ok(&["ca", "revoke", &serial(1)]);

    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(told.stderr.contains("warning: peers were shown this certificate"), "{told:?}");
    assert_eq!(instead["issuer"], "CN=um.test", "the next best");
    assert!(explained.contains("it was revoked by its issuer (CN=Voice CA)"), "{explained}");
    server.event(2050, |fields| fields["subject"] == "CN=um.test");
    assert_refused(
        &server,
        &["cert", "import", &second],
        (
            "second.pem: the certificate CN=um.test was revoked by its issuer (CN=Voice CA)",
            "a new one issued",
        ),
    );
}
