#![expect(clippy::indexing_slicing, reason = "a test may fail by panicking")]

use rcgen::{BasicConstraints, CertificateParams, IsCa, SanType};

use super::*;
use crate::mint::{Authority, Minted, RSA_1024, VERSION_1, dns, expired, now};

const GW1: &str = "gw1.example.com";

fn read(text: &str, how: TrustHow) -> Result<Vec<TrustKind>, TrustRefusal> {
    Ok(read_trust(text, how, GW1, now())?.into_iter().map(|entry| entry.kind).collect())
}

fn ca(parameters: &mut CertificateParams) {
    parameters.subject_alt_names = vec![dns(GW1)];
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

#[test]
fn self_signed_certificate_that_names_the_gateway_is_a_pin() {
    let plain = Minted::self_signed(GW1);
    let as_ca = Minted::self_signed_with(ca);

    assert_eq!(read(&plain.pem(), TrustHow::Auto), Ok(vec![TrustKind::Pin]));
    assert_eq!(read(&as_ca.pem(), TrustHow::Auto), Ok(vec![TrustKind::Pin]));
    assert_eq!(read(VERSION_1, TrustHow::Auto), Ok(vec![TrustKind::Pin]));
}

#[test]
fn self_signed_certificate_with_the_address_of_a_gateway_without_fqdn_is_a_pin() {
    let address = "192.0.2.1".parse().unwrap();
    let minted = Minted::self_signed_with(|p| p.subject_alt_names = vec![SanType::IpAddress(address)]);

    let entries = read_trust(&minted.pem(), TrustHow::Auto, "192.0.2.1", now()).unwrap();

    assert_eq!(entries[0].kind, TrustKind::Pin);
}

#[test]
fn other_ca_certificates_are_roots() {
    let root = Authority::root("Company Root");
    let intermediate = root.intermediate("Company Issuer", |_| {});
    let text = format!("{}{}", root.pem(), crate::pem::certificate_text(&intermediate.certificate()));

    assert_eq!(read(&text, TrustHow::Auto), Ok(vec![TrustKind::Root, TrustKind::Root]));
}

#[test]
fn entry_holds_the_certificate_alone_and_once() {
    let minted = Minted::self_signed(GW1);
    let text = format!("a note\n{}{}{}", minted.key_pem(), minted.pem(), minted.pem());

    let entries = read_trust(&text, TrustHow::Auto, GW1, now()).unwrap();

    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].pem, minted.pem());
    assert_eq!(entries[0].facts.dns_names, [GW1]);
}

#[test]
fn anything_else_is_refused_in_words() {
    let root = Authority::root("Company Root");

    assert_eq!(
        read(&root.issue(GW1).pem(), TrustHow::Auto).unwrap_err().to_string(),
        "the certificate CN=a gateway was issued by CN=Company Root and is no CA: give the certificate of the root CA, \
         or pin this one with --pin"
    );
    assert_eq!(
        read(&Minted::self_signed("pbx.example.com").pem(), TrustHow::Auto).unwrap_err().to_string(),
        "the self-signed certificate CN=a gateway names pbx.example.com, not the gateway's address gw1.example.com: \
         give the gateway that name as its address, or pin it all the same with --pin"
    );
    assert_eq!(
        read("no PEM at all", TrustHow::Auto).unwrap_err().to_string(),
        "there is no certificate in it: give a file with certificates in PEM form"
    );
    assert_eq!(
        read(&Minted::self_signed_with(expired).pem(), TrustHow::Pin).unwrap_err().to_string(),
        "the certificate CN=a gateway expired on 2029-12-31T00:00:00Z: take the gateway's new one"
    );
    assert_eq!(
        read(RSA_1024, TrustHow::Pin).unwrap_err().to_string(),
        "the certificate CN=gw1.example.com has a key of RSA 1024, the least is RSA 2048: give the gateway a new key"
    );
}

#[test]
fn pin_and_root_are_said_outright() {
    let root = Authority::root("Company Root");
    let issued = root.issue("pbx.example.com");

    assert_eq!(read(&issued.pem(), TrustHow::Pin), Ok(vec![TrustKind::Pin]));
    assert_eq!(read(&root.pem(), TrustHow::Pin), Ok(vec![TrustKind::Pin]));
    assert_eq!(read(&Minted::self_signed_with(ca).pem(), TrustHow::Root), Ok(vec![TrustKind::Root]));
    assert_eq!(read(VERSION_1, TrustHow::Root), Ok(vec![TrustKind::Root]));
    assert_eq!(
        read(&issued.pem(), TrustHow::Root),
        Err(TrustRefusal::NoCa { subject: "CN=a gateway".to_owned() })
    );
}

#[test]
fn file_is_bounded_in_bytes_and_in_certificates() {
    let minted = Minted::self_signed(GW1);
    let many = |count: usize| minted.pem().repeat(count);

    assert_eq!(read(&many(64), TrustHow::Auto), Ok(vec![TrustKind::Pin]));
    assert_eq!(read(&many(65), TrustHow::Auto), Err(TrustRefusal::TooLong));
    assert_eq!(read(&" ".repeat(256 * 1024 + 1), TrustHow::Auto), Err(TrustRefusal::TooLong));
}
