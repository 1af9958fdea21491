#![expect(clippy::indexing_slicing, reason = "a test may fail by panicking")]

use std::{
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output, Stdio},
    sync::Arc,
};

use super::*;
use crate::{
    fqdn::NameFault,
    judge::PeerSide,
    mint::now,
    policy::{PeerPolicies, PeerPolicy, Root},
    signing_request::{RequestFor, make_signing_request},
    verdict::Verdict,
};

const GATEWAY: &str = "gw1.example.com";

fn authority() -> Authority {
    Authority::found("Example Voice CA", KeyKind::P256, now()).unwrap()
}

fn leaf(fqdn: &str) -> LeafRequest<'_> {
    LeafRequest { fqdn, csr: None, days: LeafRequest::DEFAULT_DAYS, key: KeyKind::P256 }
}

fn openssl(folder: &Path, arguments: &[&str]) -> Output {
    Command::new("openssl").args(arguments).current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The first certificate of a chain.
fn first(chain_pem: &str) -> String {
    let end = "-----END CERTIFICATE-----\n";
    chain_pem.split_inclusive(end).next().unwrap().to_owned()
}

#[test]
fn founded_authority_may_sign_certificates_and_lists_and_nothing_else_for_ten_years() {
    let folder = tempfile::tempdir().unwrap();
    let authority = authority();
    std::fs::write(folder.path().join("ca.pem"), authority.certificate_pem()).unwrap();

    let text = said(&openssl(folder.path(), &["x509", "-in", "ca.pem", "-noout", "-text"]));

    let facts = authority.facts();
    assert_eq!((facts.subject.as_str(), facts.is_ca, facts.self_signed), ("CN=Example Voice CA", true, true));
    assert_eq!(facts.not_before.to_string(), "2029-12-31T00:00:00Z");
    assert_eq!(facts.not_after.to_string(), "2040-01-02T00:00:00Z");
    assert!(text.contains("CA:TRUE, pathlen:0"), "{text}");
    assert!(text.contains("Certificate Sign, CRL Sign"), "{text}");
    assert!(text.contains("Subject Key Identifier"), "{text}");
}

#[test]
fn issued_certificate_has_both_purposes_its_name_and_the_identifiers_of_both_keys_for_825_days() {
    let folder = tempfile::tempdir().unwrap();
    let mut authority = authority();
    let issued = authority.issue(&leaf(GATEWAY), now()).unwrap();
    std::fs::write(folder.path().join("gw1.pem"), &issued.chain_pem).unwrap();

    let text = said(&openssl(folder.path(), &["x509", "-in", "gw1.pem", "-noout", "-text"]));

    assert_eq!(issued.facts.dns_names, [GATEWAY]);
    assert_eq!(issued.facts.purposes, ["serverAuth", "clientAuth"]);
    assert_eq!(issued.facts.issuer, "CN=Example Voice CA");
    assert_eq!(issued.facts.not_after.to_string(), "2032-04-05T00:00:00Z");
    assert_eq!((issued.facts.is_ca, issued.facts.version), (false, 3));
    assert!(text.contains("X509v3 Authority Key Identifier"), "{text}");
    assert!(text.contains("X509v3 Subject Key Identifier"), "{text}");
    assert!(text.contains("X509v3 Key Usage: critical\n                Digital Signature\n"), "{text}");
    assert_eq!(issued.notes, [""; 0]);
}

#[test]
fn openssl_verifies_what_was_issued_for_both_sides_until_it_is_revoked() {
    let folder = tempfile::tempdir().unwrap();
    // openssl asks the clock of the machine.
    let now = Timestamp::now();
    let mut authority = Authority::found("Example Voice CA", KeyKind::P256, now).unwrap();
    let issued = authority.issue(&leaf(GATEWAY), now).unwrap();
    let keep = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    keep("ca.pem", &authority.certificate_pem());
    keep("gw1.pem", &first(&issued.chain_pem));
    keep("crl.pem", &authority.crl_pem(now).unwrap());
    let verify = |purpose: &str| {
        let named =
            ["-verify_hostname", GATEWAY, "-x509_strict", "-crl_check", "-CRLfile", "crl.pem", "gw1.pem"];
        openssl(folder.path(), &[&["verify", "-purpose", purpose, "-CAfile", "ca.pem"], &named[..]].concat())
    };

    let before = [verify("sslserver"), verify("sslclient")];
    let revoked = authority.revoke(GATEWAY, now).unwrap();
    keep("crl.pem", &authority.crl_pem(now).unwrap());
    let after = said(&verify("sslclient"));
    let list =
        said(&openssl(folder.path(), &["crl", "-in", "crl.pem", "-noout", "-text", "-CAfile", "ca.pem"]));

    for output in before {
        assert_eq!(said(&output), "gw1.pem: OK\n");
    }
    assert_eq!(revoked.serial, issued.facts.serial);
    assert!(after.contains("certificate revoked"), "{after}");
    assert!(list.contains("verify OK"), "{list}");
    assert!(list.contains(&format!("Serial Number: {}", issued.facts.serial.to_uppercase())), "{list}");
}

/// The root, and certificate with key of two gateways in one file each, of the machine's own time.
fn two_gateways(folder: &Path) {
    let now = Timestamp::now();
    let mut authority = Authority::found("Example Voice CA", KeyKind::P256, now).unwrap();
    std::fs::write(folder.join("ca.pem"), authority.certificate_pem()).unwrap();
    for (file, fqdn) in [("gw1.pem", GATEWAY), ("gw2.pem", "gw2.example.com")] {
        let issued = authority.issue(&leaf(fqdn), now).unwrap();
        std::fs::write(folder.join(file), issued.chain_pem + issued.key.unwrap().expose()).unwrap();
    }
}

#[test]
fn python_takes_what_was_issued_on_both_sides_and_no_other_name() {
    let folder = tempfile::tempdir().unwrap();
    two_gateways(folder.path());
    let both = |name: &str| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/both_sides.py");
        let files = [script, "ca.pem", "gw1.pem", "gw2.pem", name];
        said(&Command::new("python3").args(files).current_dir(folder.path()).output().unwrap())
    };

    assert_eq!(both(GATEWAY), "gw1.example.com gw2.example.com\n");
    assert!(both("gw3.example.com").contains("Hostname mismatch"));
}

#[test]
fn openssl_takes_what_was_issued_on_both_sides_of_a_connection() {
    let folder = tempfile::tempdir().unwrap();
    two_gateways(folder.path());
    let strict = ["-CAfile", "ca.pem", "-verify_return_error"];
    let server = ["s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-Verify", "1", "-cert", "gw1.pem"];
    let mut listening = Command::new("openssl")
        .args([&server, &strict[..], &["-key", "gw1.pem"]].concat())
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(listening.stdout.take().unwrap()).lines();
    let accept = lines.find_map(|line| line.unwrap().strip_prefix("ACCEPT ").map(str::to_owned)).unwrap();

    let client =
        ["s_client", "-connect", &accept, "-verify_hostname", GATEWAY, "-cert", "gw2.pem", "-key", "gw2.pem"];
    let connected = openssl(folder.path(), &[&client, &strict[..]].concat());
    drop(listening.stdin.take());
    let served: Vec<String> = lines.map_while(Result::ok).collect();
    listening.wait().unwrap();

    let text = said(&connected);
    assert!(text.contains("Verify return code: 0 (ok)"), "{text}");
    assert!(text.contains("Verified peername: gw1.example.com"), "{text}");
    // openssl tells of the client's certificate only after it has verified it.
    assert!(served.contains(&"subject=CN = gw2.example.com".to_owned()), "{served:?}");
}

#[test]
fn revocation_list_is_good_for_thirty_days_and_forgets_what_expired_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut authority = authority();
    authority.issue(&LeafRequest { days: 10, ..leaf(GATEWAY) }, now()).unwrap();
    let long = authority.issue(&leaf("gw2.example.com"), now()).unwrap();
    authority.revoke(GATEWAY, now()).unwrap();
    authority.revoke("gw2.example.com", now()).unwrap();
    let listed = |at: &str| {
        std::fs::write(folder.path().join("crl.pem"), authority.crl_pem(at.parse().unwrap()).unwrap())
            .unwrap();
        said(&openssl(folder.path(), &["crl", "-in", "crl.pem", "-noout", "-text"]))
    };

    let (soon, later) = (listed("2030-01-20T00:00:00Z"), listed("2030-03-01T00:00:00Z"));

    assert!(soon.contains("Last Update: Jan 20 00:00:00 2030 GMT"), "{soon}");
    assert!(soon.contains("Next Update: Feb 19 00:00:00 2030 GMT"), "{soon}");
    assert_eq!(soon.matches("Serial Number:").count(), 2, "{soon}");
    assert_eq!(later.matches("Serial Number:").count(), 1, "{later}");
    assert!(later.contains(&long.facts.serial.to_uppercase()), "{later}");
}

#[test]
fn peer_policies_know_the_gateway_by_the_root_and_by_its_name_alone() {
    let mut authority = authority();
    let issued = authority.issue(&leaf(GATEWAY), now()).unwrap();
    let chain = pem::certificates(&issued.chain_pem).unwrap();
    let peer = |name: &str| PeerPolicy { fqdn: Some(format!("{name}.example.com")), ..PeerPolicy::new(name) };
    let root = Root::from_pem(&authority.certificate_pem()).unwrap();
    let policies = PeerPolicies::new(vec![peer("gw1"), peer("gw2")], vec![root], Arc::default());

    let verdict = policies.judge(&chain[..1], PeerSide::Client, now());

    let known: Arc<[Arc<str>]> = ["gw1".into()].into();
    assert!(matches!(&verdict, Verdict::Known { peers, .. } if *peers == known), "{verdict:?}");
}

#[test]
fn certificate_never_outlives_its_authority_and_an_expired_one_issues_nothing() {
    let mut authority = authority();

    let last = authority.issue(&leaf(GATEWAY), "2039-06-01T12:00:00Z".parse().unwrap()).unwrap();
    let never = authority.issue(&leaf(GATEWAY), "2040-01-02T00:00:01Z".parse().unwrap()).unwrap_err();

    assert_eq!(last.facts.not_after.to_string(), "2040-01-02T00:00:00Z");
    assert_eq!(last.notes, ["it ends with the CA itself, on 2040-01-02T00:00:00Z"]);
    let not_after = "2040-01-02T00:00:00Z".parse().unwrap();
    let subject = "CN=Example Voice CA".to_owned();
    assert_eq!(never, LeafRefusal::AuthorityExpired { subject, not_after });
}

#[test]
fn life_outside_of_one_to_1825_days_and_names_that_are_no_fqdn_are_refused() {
    let mut authority = authority();

    for days in [0, 1826] {
        let refusal = authority.issue(&LeafRequest { days, ..leaf(GATEWAY) }, now()).unwrap_err();
        assert_eq!(refusal, LeafRefusal::BadLife { days });
    }
    assert!(authority.issue(&LeafRequest { days: 1825, ..leaf(GATEWAY) }, now()).is_ok());
    let refusal = authority.issue(&leaf("192.0.2.1"), now()).unwrap_err();
    assert_eq!(refusal, LeafRefusal::BadName(NameFault::Address { name: "192.0.2.1".to_owned() }));
    assert_eq!(authority.list().len(), 1);
}

#[test]
fn key_of_a_signing_request_is_certified_and_stays_with_its_maker() {
    let request = RequestFor { fqdn: GATEWAY.to_owned(), email: None, key: KeyKind::P384 };
    let made = make_signing_request(&request).unwrap();
    let mut authority = authority();

    let issued = authority.issue(&LeafRequest { csr: Some(&made.pem), ..leaf(GATEWAY) }, now()).unwrap();

    assert!(issued.key.is_none());
    assert_eq!(issued.facts.spki_sha256, made.spki_sha256);
    assert_eq!(issued.facts.dns_names, [GATEWAY]);
    assert!(Identity::from_pem(&issued.chain_pem, made.key.expose()).is_ok());
}

#[test]
fn requests_as_openssl_makes_them_for_old_gateways_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let request = |arguments: &[&str]| {
        let base = ["req", "-newkey", "rsa:2048", "-nodes", "-keyout", "gw.key", "-out", "gw.csr"];
        let made = openssl(folder.path(), &[&base, arguments].concat());
        assert!(made.status.success(), "{}", said(&made));
        std::fs::read_to_string(folder.path().join("gw.csr")).unwrap()
    };
    let model = request(&["-subj", "/CN=Mediant 800B/serialNumber=4711", "-sha1"]);
    let more = request(&[
        "-subj",
        "/CN=gw1.example.com",
        "-addext",
        "subjectAltName=DNS:gw1.example.com,DNS:sbc.example.com",
        "-addext",
        "subjectKeyIdentifier=hash",
        "-addext",
        "nsCertType=server",
    ]);
    let mut authority = authority();

    let of_model = authority.issue(&LeafRequest { csr: Some(&model), ..leaf(GATEWAY) }, now()).unwrap();
    let of_more = authority.issue(&LeafRequest { csr: Some(&more), ..leaf(GATEWAY) }, now()).unwrap();

    assert_eq!((of_model.facts.subject.as_str(), of_model.notes.len()), ("CN=gw1.example.com", 0));
    assert_eq!(of_more.facts.dns_names, [GATEWAY]);
    assert_eq!(of_more.notes, ["the request asks for sbc.example.com as well, which was not certified"]);
    assert_eq!(of_more.facts.key.to_string(), "RSA 2048");
}

#[test]
fn request_of_another_gateway_or_of_nobody_is_refused() {
    let request = RequestFor { fqdn: "gw2.example.com".to_owned(), email: None, key: KeyKind::P256 };
    let made = make_signing_request(&request).unwrap();
    let mut authority = authority();
    let mut refusal =
        |csr: &str| authority.issue(&LeafRequest { csr: Some(csr), ..leaf(GATEWAY) }, now()).unwrap_err();

    let another = refusal(&made.pem);
    let none = refusal("hello");
    let mut der = rustls::pki_types::pem::PemObject::from_pem_slice(made.pem.as_bytes())
        .map(|der: rustls::pki_types::CertificateSigningRequestDer<'_>| der.to_vec())
        .unwrap();
    let last = der.len() - 1;
    der[last] ^= 1;
    let forged = refusal(&pem::request_text(&der));

    assert_eq!(
        another.to_string(),
        "the signing request is for gw2.example.com, not for gw1.example.com: give the request of gw1.example.com, or \
         make one for this name"
    );
    assert!(matches!(none, LeafRefusal::NoRequest { .. }), "{none}");
    assert!(matches!(forged, LeafRefusal::BadSignature { .. }), "{forged}");
    assert_eq!(authority.list(), []);
}

#[test]
fn request_with_a_short_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let base =
        ["req", "-newkey", "rsa:1024", "-nodes", "-keyout", "gw.key", "-out", "gw.csr", "-subj", "/CN=gw"];
    openssl(folder.path(), &base);
    let csr = std::fs::read_to_string(folder.path().join("gw.csr")).unwrap();

    let refusal = authority().issue(&LeafRequest { csr: Some(&csr), ..leaf(GATEWAY) }, now()).unwrap_err();

    assert_eq!(refusal, LeafRefusal::WeakKey { key: "RSA 1024".to_owned() });
}

#[test]
fn names_that_cannot_stand_in_a_certificate_found_no_authority() {
    for name in ["", " ", "a\nb", "Bücher CA", &"a".repeat(65)] {
        assert!(matches!(
            Authority::found(name, KeyKind::P256, now()).unwrap_err(),
            AuthorityError::BadName { .. }
        ));
    }
}

#[test]
fn folder_keeps_certificate_key_index_and_what_was_issued_for_its_user_alone() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("authority");
    assert!(AuthorityFolder::open(&folder).unwrap().is_none());
    let mut founded = AuthorityFolder::found(&folder, "Example Voice CA", KeyKind::P256, now()).unwrap();
    let issued = founded.issue(&leaf(GATEWAY), now()).unwrap();

    let again = AuthorityFolder::open(&folder).unwrap().unwrap();
    let kept = again.kept("GW1.example.com", now()).unwrap().unwrap();

    assert_eq!(again.authority().list(), founded.authority().list());
    assert_eq!(again.authority().list()[0].sha256, issued.facts.sha256);
    assert_eq!(kept.chain_pem, issued.chain_pem);
    assert_eq!(kept.key.unwrap().expose(), issued.key.unwrap().expose());
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.join("issued")), 0o700);
    for file in ["ca.pem", "ca.key", "index", &format!("issued/{}.key", issued.facts.serial)] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
    assert!(matches!(
        AuthorityFolder::found(&folder, "Another", KeyKind::P256, now()).unwrap_err(),
        AuthorityFolderError::Exists { .. }
    ));
}

#[test]
fn revoked_certificate_is_no_longer_kept_and_its_key_is_gone() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("authority");
    let mut founded = AuthorityFolder::found(&folder, "Example Voice CA", KeyKind::P256, now()).unwrap();
    let issued = founded.issue(&leaf(GATEWAY), now()).unwrap();

    founded.revoke(GATEWAY, now()).unwrap();

    let again = AuthorityFolder::open(&folder).unwrap().unwrap();
    assert!(again.kept(GATEWAY, now()).unwrap().is_none());
    assert_eq!(again.authority().list()[0].revoked, Some(now()));
    assert!(!folder.join(format!("issued/{}.key", issued.facts.serial)).exists());
}

#[test]
fn certificate_whose_index_cannot_be_written_is_not_issued() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("authority");
    let mut founded = AuthorityFolder::found(&folder, "Example Voice CA", KeyKind::P256, now()).unwrap();
    // A folder where the file is to be: not even root renames over it.
    std::fs::create_dir_all(folder.join("index.part")).unwrap();

    let refusal = founded.issue(&leaf(GATEWAY), now()).unwrap_err();

    assert!(matches!(refusal, AuthorityFolderError::File { .. }), "{refusal}");
    assert_eq!(founded.authority().list(), []);
    assert_eq!(std::fs::read_dir(folder.join("issued")).unwrap().count(), 0);
}

#[test]
fn folder_whose_parts_do_not_belong_together_is_no_authority() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("authority");
    AuthorityFolder::found(&folder, "Example Voice CA", KeyKind::P256, now()).unwrap();
    std::fs::write(folder.join("ca.key"), authority().key_pem().expose()).unwrap();

    let error = AuthorityFolder::open(&folder).unwrap_err();

    assert_eq!(
        error.to_string(),
        "the CA cannot be used (the private key does not belong to the certificate): restore its folder from a backup, \
         or found another CA elsewhere"
    );
}

#[test]
fn folder_whose_index_is_gone_is_no_authority_that_has_revoked_nothing() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("authority");
    AuthorityFolder::found(&folder, "Example Voice CA", KeyKind::P256, now()).unwrap();
    std::fs::remove_file(folder.join("index")).unwrap();

    let error = AuthorityFolder::open(&folder).unwrap_err();

    assert_eq!(
        error.to_string(),
        "the CA cannot be used (its `index` of what was issued and revoked is gone): restore its folder from a backup, or \
         found another CA elsewhere"
    );
}

#[test]
fn issued_certificate_names_the_list_only_where_there_is_a_url_of_it() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("authority");
    let url = "http://um.example.com:8080/ca.crl";
    let founded = AuthorityFolder::found(&folder, "Example Voice CA", KeyKind::P256, now()).unwrap();

    let mut founded = founded.naming_list(Some(url.to_owned()));
    let named = founded.issue(&leaf(GATEWAY), now()).unwrap().chain_pem;
    let mut opened = AuthorityFolder::open(&folder).unwrap().unwrap();
    let bare = opened.issue(&leaf(GATEWAY), now()).unwrap().chain_pem;

    let points = |chain_pem: &str| {
        std::fs::write(root.path().join("leaf.pem"), first(chain_pem)).unwrap();
        said(&openssl(root.path(), &["x509", "-in", "leaf.pem", "-noout", "-ext", "crlDistributionPoints"]))
    };
    assert!(points(&named).contains(&format!("URI:{url}")), "{}", points(&named));
    assert!(!points(&bare).contains("URI:"), "{}", points(&bare));
}
