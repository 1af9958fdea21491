//! A gateway's certificate, its pin and its root change while its calls are up; openssl sees who is let in.

use caller::{CertificateRequest, TestAuthority, TestIdentity};
use um_tests::ThreePlans;

use crate::{
    authority::answered,
    baresip,
    openssl::alert,
    rotation::{
        CALLS, SPEECH, assert_all_are_up, assert_all_end_well, calls_in_progress, from_environment,
        gateway_of_baresip,
    },
};

/// The TLS alert `unknown_ca`.
const UNKNOWN_CA: Option<u8> = Some(48);

/// Sets the whole trust of a gateway: these pins and roots, and nothing else.
fn trust(three: &ThreePlans, gateway: &str, pins: &[&TestIdentity], roots: &[&TestAuthority]) {
    let pins = pins.iter().map(|pin| ("--pin", pin.certificate_pem().to_owned()));
    let roots = roots.iter().map(|root| ("--root", root.certificate_pem()));
    let mut arguments: Vec<String> = ["gateway", "set", gateway].map(str::to_owned).to_vec();
    for (number, (option, pem)) in pins.chain(roots).enumerate() {
        arguments.extend([option.to_owned(), three.server.file(&format!("trust-{number}.pem"), &pem)]);
    }
    three.server.um_ok(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
}

/// What openssl gets as the gateway with this certificate: an answer to its OPTIONS.
fn is_let_in(three: &ThreePlans, identity: &TestIdentity) -> bool {
    let text = [identity.certificate_pem(), identity.key_pem()].concat();
    answered(&three.server, &three.server.file("openssl.pem", &text), "-tls1_3") == "SIP/2.0 200 OK"
}

/// What openssl gets as the gateway with this certificate: the alert `unknown_ca`.
fn is_shut_out(three: &ThreePlans, identity: &TestIdentity) -> bool {
    alert(&three.server, "-tls1_3", Some(identity)) == UNKNOWN_CA
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pin_and_root_of_a_gateway_are_exchanged_under_its_calls_and_none_drops() {
    let three = ThreePlans::start();
    let count = from_environment("UM_CALLS", CALLS);
    let (old_root, new_root) =
        (TestAuthority::new("Old Root").unwrap(), TestAuthority::new("New Root").unwrap());
    let request = CertificateRequest::named("gw1.test");
    let (old_issued, new_issued) = (old_root.issue(&request).unwrap(), new_root.issue(&request).unwrap());
    let (old_pin, new_pin) = (three.gateway.clone(), TestIdentity::self_signed(&request).unwrap());
    let gw2 = gateway_of_baresip(&three.server);
    let new_gw2 = TestIdentity::self_signed(&CertificateRequest::named("gw2.test")).unwrap();
    trust(&three, "gw1", &[&old_pin], &[&old_root]);
    let calls = calls_in_progress(&three, &[&old_pin, &old_issued], count).await;
    let speaking = baresip::talking(&three.server, &gw2, SPEECH);
    let old = [&old_pin, &old_issued];
    let new = [&new_pin, &new_issued];

    assert!(old.iter().all(|identity| is_let_in(&three, identity)), "before");
    assert!(new.iter().all(|identity| is_shut_out(&three, identity)), "before");
    trust(&three, "gw1", &[&old_pin, &new_pin], &[&old_root, &new_root]);
    trust(&three, "gw2", &[&gw2, &new_gw2], &[]);
    assert!(old.iter().chain(&new).all(|identity| is_let_in(&three, identity)), "both beside each other");
    trust(&three, "gw1", &[&new_pin], &[&new_root]);
    trust(&three, "gw2", &[&new_gw2], &[]);
    assert!(old.iter().all(|identity| is_shut_out(&three, identity)), "after");
    assert!(new.iter().all(|identity| is_let_in(&three, identity)), "after");
    assert!(is_shut_out(&three, &gw2), "baresip's certificate is nobody's any more");

    assert_all_are_up(&three.server, count);
    assert_all_end_well(&three, calls, speaking).await;
}
