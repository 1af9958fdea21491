//! `[certificates] command`: a program of the administrator's supplies the certificate of an owner who has none.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use caller::{CertificateRequest, Line, TestIdentity, TlsPlan, Transport};
use um_tests::{Mode, ThreePlans, um_binary};

/// What the owner's certificate names.
const PARTNER: &str = "um.partner.test";

/// Notes each run with its argument and imports what lies beside it for that owner, into the server whose um.toml the file
/// `config` names.
fn write_script(file: &Path) {
    let um = um_binary();
    let text = format!(
        "#!/bin/sh\nhere=${{0%/*}}\necho \"$@\" >>\"$here/runs\"\n\
         exec '{}' cert import \"$here/partner.pem\" --owner \"$1\" --config \"$(cat \"$here/config\")\"\n",
        um.display()
    );
    fs::write(file, text).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn script_supplies_the_certificate_of_an_owner_who_has_none_and_is_run_once() {
    let beside = tempfile::tempdir().unwrap();
    let script = beside.path().join("renew-certificate");
    write_script(&script);
    let three =
        ThreePlans::start_with(&format!("[certificates]\ncommand = {:?}\n", script.to_str().unwrap()));
    let config = three.server.folder().join("um.toml");
    fs::write(beside.path().join("config"), config.to_str().unwrap()).unwrap();
    let partner = TestIdentity::self_signed(&CertificateRequest::named(PARTNER)).unwrap();
    let both = [partner.certificate_pem(), partner.key_pem()].concat();
    fs::write(beside.path().join("partner.pem"), both).unwrap();
    for plan in ["unsecured", "sip-secured", "secured"] {
        three.server.um_ok(&["dialplan", "set", plan, "--voip-security", "secured"]);
    }

    three.server.um_ok(&["gateway", "set", "gw1", "--cert-owner", "partner"]);

    let told = three.server.event(2049, |fields| fields["owner"] == "partner");
    assert_eq!(told["fields"]["outcome"], "exit status: 0", "{told}");
    let explained = three.server.um_ok(&["cert", "explain", "--for", "gw1"]);
    assert!(explained.contains("chosen: self-signed"), "{explained}");
    let mut plan = three.call(Mode::Secured, Transport::Tls);
    plan.tls = Some(TlsPlan::new(Some(three.gateway.clone()), partner.certificate_pem(), PARTNER));
    let mut line = Line::open(plan).await.unwrap();
    assert_eq!(line.options().await.unwrap().status, 200);
    assert_eq!(fs::read_to_string(beside.path().join("runs")).unwrap(), "partner\n");
}

#[test]
fn script_that_supplies_nothing_is_told_with_its_outcome_and_the_connection_stays_refused() {
    let beside = tempfile::tempdir().unwrap();
    let script = beside.path().join("renew-certificate");
    fs::write(&script, "#!/bin/sh\nexit 7\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let three =
        ThreePlans::start_with(&format!("[certificates]\ncommand = {:?}\n", script.to_str().unwrap()));
    for plan in ["unsecured", "sip-secured", "secured"] {
        three.server.um_ok(&["dialplan", "set", plan, "--voip-security", "secured"]);
    }

    three.server.um_ok(&["gateway", "set", "gw1", "--cert-owner", "partner"]);

    let told = three.server.event(2049, |fields| fields["owner"] == "partner");
    assert_eq!(told["fields"]["outcome"], "exit status: 7", "{told}");
    let missing = three.server.event(2040, |fields| fields["owner"] == "partner");
    assert!(missing["remedy"].as_str().unwrap().contains("um cert import FILE --owner OWNER"), "{missing}");
    let explained = three.server.um_ok(&["cert", "explain", "--for", "gw1"]);
    assert!(!explained.contains("chosen"), "{explained}");
}
