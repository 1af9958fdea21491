#![expect(clippy::indexing_slicing, reason = "a test may fail by panicking")]

use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, date_time_ymd};

use super::*;
use crate::{
    key_kind::KeyKind,
    mint::{Authority, Minted, RSA_1024, VERSION_1, dns, expired, not_yet_valid, now},
    signing_request::{RequestFor, make_signing_request},
};

const FQDN: &str = "um.example.com";
const LEGACY_RC2: &[u8] = include_bytes!("../../fixtures/legacy-rc2.p12");
const LEGACY_3DES: &[u8] = include_bytes!("../../fixtures/legacy-3des.p12");
const PBES2: &[u8] = include_bytes!("../../fixtures/pbes2.p12");

fn file(bytes: &[u8]) -> ImportFile<'_> {
    ImportFile { name: "new.pem", bytes, password: None }
}

fn with_password<'a>(bytes: &'a [u8], password: &str) -> ImportFile<'a> {
    ImportFile { name: "new.p12", bytes, password: Some(Secret::new(password.to_owned())) }
}

fn import(text: &str) -> Result<Imported, ImportRefusal> {
    read_import(&file(text.as_bytes()), &[], &[], Some(FQDN), now())
}

fn fault(text: &str) -> ImportFault {
    import(text).unwrap_err().fault
}

fn subjects(imported: &Imported) -> Vec<String> {
    let facts = imported.identity.chain().iter().map(|der| CertificateFacts::read(der).unwrap());
    facts.map(|facts| facts.subject).collect()
}

/// Root, intermediate, and a certificate of this server under it.
fn three() -> (Authority, Authority, Minted) {
    let root = Authority::root("Company Root");
    let issuing = root.intermediate("Issuing CA", |_| {});
    let own = issuing.issue(FQDN);
    (root, issuing, own)
}

#[test]
fn pem_with_key_certificate_and_chain_in_any_order_is_put_in_order() {
    let (root, issuing, own) = three();
    let text = [root.pem(), own.key_pem(), own.pem(), issuing.pem()].concat();

    let imported = import(&text).unwrap();

    assert_eq!(subjects(&imported), ["CN=a gateway", "CN=Issuing CA", "CN=Company Root"]);
    assert_eq!(imported.notes, ["its chain was out of order and has been put right"]);
    assert_eq!(imported.identity.facts().dns_names, [FQDN]);
    assert_eq!(imported.waiting, None);
}

#[test]
fn chain_in_order_is_taken_without_a_word_and_needs_its_root_nowhere() {
    let (_, issuing, own) = three();
    let text = [own.pem(), own.key_pem(), issuing.pem()].concat();

    let imported = import(&text).unwrap();

    assert_eq!(subjects(&imported), ["CN=a gateway", "CN=Issuing CA"]);
    assert_eq!(imported.notes, ["its chain ends at CN=Issuing CA: peers must have the root CN=Company Root"]);
}

#[test]
fn missing_intermediate_is_completed_from_those_that_are_known_and_a_known_root_is_not_sent() {
    let (root, issuing, own) = three();
    let text = [own.pem(), own.key_pem()].concat();

    let known = [root.certificate(), issuing.certificate()];
    let imported = read_import(&file(text.as_bytes()), &[], &known, Some(FQDN), now()).unwrap();

    assert_eq!(subjects(&imported), ["CN=a gateway", "CN=Issuing CA"]);
    assert_eq!(imported.notes, ["its chain was completed with CN=Issuing CA, which was known here"]);
}

#[test]
fn chain_that_stops_at_once_is_refused_with_the_issuer_that_is_missing() {
    let (root, _, own) = three();
    let text = [own.pem(), own.key_pem(), root.pem()].concat();

    let refusal = import(&text).unwrap_err();

    assert_eq!(
        refusal.to_string(),
        "new.pem: the issuer of CN=a gateway is not in it: put the certificate of CN=Issuing CA behind it in the file"
    );
}

#[test]
fn issuer_of_the_right_name_and_another_key_is_no_issuer() {
    let (_, _, own) = three();
    let impostor = Authority::root("Company Root").intermediate("Issuing CA", |_| {});

    let fault = fault(&[own.pem(), own.key_pem(), impostor.pem()].concat());

    let (subject, issuer) = ("CN=a gateway".to_owned(), "CN=Issuing CA".to_owned());
    assert_eq!(fault, ImportFault::BrokenLink { subject, issuer });
}

#[test]
fn chain_over_an_expired_issuer_is_refused() {
    let gone = Authority::root("Company Root").intermediate("Issuing CA", expired);
    let own = gone.issue(FQDN);

    let fault = fault(&[own.pem(), own.key_pem(), gone.pem()].concat());

    let not_after = "2029-12-31T00:00:00Z".parse().unwrap();
    assert_eq!(fault, ImportFault::ExpiredIssuer { issuer: "CN=Issuing CA".to_owned(), not_after });
}

#[test]
fn certificates_that_do_not_belong_to_the_chain_are_left_out_and_named() {
    let (_, issuing, own) = three();
    let stranger = Authority::root("Stranger");

    let imported = import(&[own.pem(), own.key_pem(), stranger.pem(), issuing.pem()].concat()).unwrap();

    assert_eq!(subjects(&imported), ["CN=a gateway", "CN=Issuing CA"]);
    assert!(
        imported.notes.contains(&"left out, since it does not belong to the chain: CN=Stranger".to_owned()),
        "{:?}",
        imported.notes
    );
}

#[test]
fn pkcs12_of_today_and_of_old_exports_is_read_with_its_password() {
    for bytes in [PBES2, LEGACY_RC2, LEGACY_3DES] {
        let imported = read_import(&with_password(bytes, "fixture"), &[], &[], Some(FQDN), now()).unwrap();

        assert_eq!(subjects(&imported), ["CN=um.example.com", "CN=Fixture Issuing CA", "CN=Fixture Root"]);
        assert_eq!(imported.identity.facts().key.to_string(), "RSA 2048");
    }
}

#[test]
fn pkcs12_under_another_password_or_none_says_so() {
    for bytes in [PBES2, LEGACY_RC2, LEGACY_3DES] {
        let wrong = read_import(&with_password(bytes, "wrong"), &[], &[], Some(FQDN), now()).unwrap_err();
        let none = read_import(&file(bytes), &[], &[], Some(FQDN), now()).unwrap_err();

        assert_eq!(
            wrong.to_string(),
            "new.p12: the password is not its own: give the one that it was exported with"
        );
        assert_eq!(none.fault, ImportFault::NeedsPassword);
    }
}

#[test]
fn pkcs12_that_is_cut_off_is_refused() {
    let cut = &PBES2[..PBES2.len() / 2];

    let refusal = read_import(&with_password(cut, "fixture"), &[], &[], Some(FQDN), now()).unwrap_err();

    assert_eq!(
        refusal.fault,
        ImportFault::NoCertificate { found: "it is neither PEM nor PKCS#12".to_owned() }
    );
}

#[test]
fn signed_certificate_is_matched_with_the_key_that_waits_for_it() {
    let request = RequestFor { fqdn: FQDN.to_owned(), email: None, key: KeyKind::P256 };
    let (other, made) = (make_signing_request(&request).unwrap(), make_signing_request(&request).unwrap());
    let key = rcgen::KeyPair::from_pem(made.key.expose()).unwrap();
    let signed = Minted::self_signed_by(&key, |parameters| parameters.subject_alt_names = vec![dns(FQDN)]);
    let waiting = |file: &str, spki: &str| WaitingKey {
        file: file.into(),
        fqdn: FQDN.to_owned(),
        spki_sha256: spki.to_owned(),
    };
    let keys = [
        (waiting("other.key", &other.spki_sha256), other.key.expose().clone()),
        (waiting("made.key", &made.spki_sha256), made.key.expose().clone()),
    ];

    let text = signed.pem();
    let imported = read_import(&file(text.as_bytes()), &keys, &[], Some(FQDN), now()).unwrap();
    let der = read_import(&file(&signed.chain[0]), &keys, &[], Some(FQDN), now()).unwrap();
    let alone = read_import(&file(text.as_bytes()), &keys[..1], &[], Some(FQDN), now()).unwrap_err();

    assert_eq!(imported.waiting.as_ref().map(|waiting| waiting.file.as_path()), Some("made.key".as_ref()));
    assert_eq!(imported.notes[0], "it answers the signing request for um.example.com");
    assert_eq!(der.identity.facts().sha256, imported.identity.facts().sha256);
    assert_eq!(alone.fault, ImportFault::NoKey { subject: "CN=a gateway".to_owned() });
}

#[test]
fn request_instead_of_the_certificate_that_answers_it_is_told_apart() {
    let request = RequestFor { fqdn: FQDN.to_owned(), email: None, key: KeyKind::P256 };
    let made = make_signing_request(&request).unwrap();

    assert_eq!(
        import(&made.pem).unwrap_err().to_string(),
        "new.pem: it is a signing request, not the certificate that answers it: give the certificate in PEM form, or \
         with its key as PKCS#12 (.p12 or .pfx)"
    );
}

#[test]
fn files_that_hold_no_certificate_are_refused_by_what_they_are() {
    let neither = "it is neither PEM nor PKCS#12".to_owned();
    let none = "there is no certificate in it".to_owned();
    let of = |bytes: &[u8]| read_import(&file(bytes), &[], &[], Some(FQDN), now()).unwrap_err().fault;

    assert_eq!(of(b""), ImportFault::NoCertificate { found: none.clone() });
    assert_eq!(of(b"hello"), ImportFault::NoCertificate { found: none.clone() });
    assert_eq!(of(&[0x30, 0x03, 0x02, 0x01, 0x03]), ImportFault::NoCertificate { found: neither });
    assert_eq!(
        of(Minted::self_signed(FQDN).key_pem().as_bytes()),
        ImportFault::NoCertificate { found: none }
    );
    assert_eq!(of(b"-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n"), ImportFault::Pkcs7);
    let signed_data = [&[0x30, 0x80][..], &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 7, 2]].concat();
    assert_eq!(of(&signed_data), ImportFault::Pkcs7);
    assert_eq!(of(&vec![b' '; 1024 * 1024 + 1]), ImportFault::TooLong);
    assert!(matches!(
        of(b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"),
        ImportFault::Broken { .. }
    ));
}

#[test]
fn key_of_another_certificate_or_under_a_password_is_refused() {
    let (own, other) = (Minted::self_signed(FQDN), Minted::self_signed(FQDN));
    let sealed = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n";

    let subject = "CN=a gateway".to_owned();
    assert_eq!(fault(&[own.pem(), other.key_pem()].concat()), ImportFault::KeyOfAnother { subject });
    assert_eq!(fault(&[&own.pem(), sealed].concat()), ImportFault::EncryptedKey);
}

#[test]
fn certificate_that_could_never_be_chosen_is_refused_with_the_reason() {
    let refused = |minted: Minted| fault(&[minted.pem(), minted.key_pem()].concat());
    let own = |change: &dyn Fn(&mut rcgen::CertificateParams)| {
        Minted::self_signed_with(|parameters| {
            parameters.subject_alt_names = vec![dns(FQDN)];
            change(parameters);
        })
    };
    let subject = || "CN=a gateway".to_owned();

    let another = refused(Minted::self_signed("*.example.com"));
    let not_after = "2029-12-31T00:00:00Z".parse().unwrap();
    let client = [ExtendedKeyUsagePurpose::ClientAuth];

    assert_eq!(another, ImportFault::NamesAnother { names: "*.example.com".into(), fqdn: FQDN.into() });
    assert_eq!(
        another.to_string(),
        "the certificate names *.example.com, not um.example.com (no wildcard counts, RFC 5922 7.2): have it issued \
         for um.example.com"
    );
    assert_eq!(
        refused(own(&|parameters| parameters.extended_key_usages = client.to_vec())),
        ImportFault::NotForServers { subject: subject(), purposes: "clientAuth".to_owned() }
    );
    assert_eq!(
        refused(own(&|parameters| parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained))),
        ImportFault::CaItself { subject: subject() }
    );
    assert_eq!(refused(own(&expired)), ImportFault::Expired { subject: subject(), not_after });
    assert!(matches!(refused(Minted::from_fixture(VERSION_1)), ImportFault::OldVersion { .. }));
    let in_name_alone = Minted::self_signed_with(|parameters| {
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "UM.example.com");
    });
    assert_eq!(
        refused(in_name_alone).to_string(),
        "the certificate names um.example.com in its CN alone, where SIP peers do not look (RFC 5922 7.1): have it \
         issued with um.example.com in the SAN"
    );
}

#[test]
fn weak_key_is_refused_even_where_a_key_waits_for_it() {
    let facts = CertificateFacts::read(&pem::certificates(RSA_1024).unwrap()[0]).unwrap();
    let waiting = WaitingKey {
        file: "weak.key".into(),
        fqdn: "gw1.example.com".to_owned(),
        spki_sha256: facts.spki_sha256,
    };
    let keys = [(waiting, Minted::self_signed(FQDN).key_pem())];

    let refusal =
        read_import(&file(RSA_1024.as_bytes()), &keys, &[], Some("gw1.example.com"), now()).unwrap_err();

    let (subject, key) = ("CN=gw1.example.com".to_owned(), "RSA 1024".to_owned());
    assert_eq!(refusal.fault, ImportFault::WeakKey { subject, key, least: 2048 });
}

#[test]
fn certificate_of_an_owner_may_bear_any_name() {
    let minted = Minted::self_signed("um-for-partner.example.net");
    let text = [minted.pem(), minted.key_pem()].concat();

    assert!(read_import(&file(text.as_bytes()), &[], &[], None, now()).is_ok());
    assert!(matches!(fault(&text), ImportFault::NamesAnother { .. }));
}

#[test]
fn what_the_administrator_should_know_is_told_and_no_reason_to_refuse() {
    let minted = Minted::self_signed_with(|parameters| {
        parameters.subject_alt_names = vec![dns(FQDN)];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        not_yet_valid(parameters);
    });

    let imported = import(&[minted.pem(), minted.key_pem()].concat()).unwrap();

    assert_eq!(
        imported.notes,
        [
            "it is not valid before 2030-01-02T00:00:00Z, and is not presented until then",
            "it is not made for clientAuth: a gateway that asks for it will refuse our connections",
            "it is self-signed: each gateway must import it before it is presented",
        ]
    );
}

#[test]
fn of_two_certificates_for_one_key_the_one_that_lives_longest_is_taken() {
    let key = rcgen::KeyPair::generate().unwrap();
    let until = |year: i32| {
        Minted::self_signed_by(&key, |parameters| {
            parameters.subject_alt_names = vec![dns(FQDN)];
            parameters.not_after = date_time_ymd(year, 1, 1);
        })
    };
    let (long, short) = (until(2040), until(2031));

    let imported = import(&[long.pem(), short.pem(), long.key_pem()].concat()).unwrap();

    assert_eq!(imported.identity.facts().not_after.to_string(), "2040-01-01T00:00:00Z");
    assert!(imported.notes[0].starts_with("the file holds several certificates of this key"));
}
