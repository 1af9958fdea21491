#![expect(clippy::indexing_slicing, reason = "a test may fail by panicking")]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{
    CertificateRevocationListParams, CrlDistributionPoint, CrlIssuingDistributionPoint, KeyIdMethod,
    SerialNumber, date_time_ymd,
};

use super::*;
use crate::mint::{Authority, now};

const NEXT: (i32, u8, u8) = (2030, 2, 1);

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN X509 CRL-----\n{}\n-----END X509 CRL-----\n", STANDARD.encode(der))
}

#[test]
fn list_of_the_root_is_read_in_der_and_in_pem() {
    let root = Authority::root("Company Root");
    let der = root.list(&[7, 0x8000_0000_0000_0001, 300], NEXT);

    for bytes in [der.clone(), pem(&der).into_bytes()] {
        let list = RevocationList::read(&bytes, &root.trusted()).unwrap();

        assert_eq!(list.count(), 3);
        assert_eq!(list.this_update().to_string(), "2029-12-01T00:00:00Z");
        assert_eq!(list.next_update().to_string(), "2030-02-01T00:00:00Z");
        assert_eq!(list.half_life().to_string(), "2030-01-01T00:00:00Z");
        assert_eq!(list.issuer().subject, "CN=Company Root");
        assert!(list.revokes(&[7]) && list.revokes(&[0, 0, 7]) && list.revokes(&[1, 44]));
        assert!(list.revokes(&[0, 0x80, 0, 0, 0, 0, 0, 0, 1]));
        assert!(!list.revokes(&[8]) && !list.revokes(&[]) && !list.revokes(&[7, 0]));
    }
}

#[test]
fn empty_list_is_a_list() {
    let root = Authority::root("Company Root");

    let list = RevocationList::read(&root.list(&[], NEXT), &root.trusted()).unwrap();

    assert_eq!(list.count(), 0);
}

#[test]
fn list_of_another_ca_is_refused_by_name_and_by_signature() {
    let root = Authority::root("Company Root");
    let twin = Authority::root("Company Root");
    let other = Authority::root("Other Root");
    let refused = |bytes: &[u8]| RevocationList::read(bytes, &root.trusted()).unwrap_err().to_string();

    assert_eq!(
        refused(&other.list(&[7], NEXT)),
        "the list was issued by another than CN=Company Root: give the list of this root, or name the root that issued it"
    );
    assert_eq!(
        refused(&twin.list(&[7], NEXT)),
        "the signature of the list is not that of CN=Company Root: fetch the list again from its CA"
    );
}

#[test]
fn anything_else_is_refused_in_words() {
    let root = Authority::root("Company Root");
    let refused = |bytes: &[u8]| RevocationList::read(bytes, &root.trusted()).unwrap_err();

    assert_eq!(
        refused(b"hello").to_string(),
        "this is no X.509 revocation list (there is no `X509 CRL` section in it): give a file in DER or PEM form (`X509 CRL`)"
    );
    assert!(matches!(refused(root.pem().as_bytes()), CrlRefusal::NoList { .. }));
    assert!(matches!(refused(&root.certificate()), CrlRefusal::OfAnother { .. } | CrlRefusal::NoList { .. }));
    assert_eq!(refused(&vec![0x30; 48 * 1024 * 1024 + 1]), CrlRefusal::TooLong);
}

#[test]
fn list_that_covers_a_part_is_refused() {
    let root = Authority::root("Company Root");
    let parameters = CertificateRevocationListParams {
        this_update: date_time_ymd(2029, 12, 1),
        next_update: date_time_ymd(2030, 2, 1),
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: Some(CrlIssuingDistributionPoint {
            distribution_point: CrlDistributionPoint { uris: vec!["http://ca.example.com/1.crl".to_owned()] },
            scope: None,
        }),
        revoked_certs: Vec::new(),
        key_identifier_method: KeyIdMethod::Sha256,
    };

    let list = root.sign_list(parameters);

    assert_eq!(RevocationList::read(&list, &root.trusted()).unwrap_err(), CrlRefusal::Partial);
}

#[test]
fn no_damage_to_a_list_makes_it_another_or_panics() {
    let root = Authority::root("Company Root");
    let whole = root.list(&[7, 8, 9], NEXT);
    let trusted = root.trusted();

    for place in 0..whole.len() {
        let mut bent = whole.clone();
        bent[place] ^= 0x41;

        assert!(RevocationList::read(&whole[..place], &trusted).is_err(), "cut at {place}");
        if let Ok(list) = RevocationList::read(&bent, &trusted) {
            // The name of the algorithm outside of the signed part says nothing that counts.
            assert!(list.revokes(&[7]) && list.revokes(&[8]) && list.revokes(&[9]), "octet {place}");
            assert_eq!(list.next_update().to_string(), "2030-02-01T00:00:00Z", "octet {place}");
        }
    }
}

#[test]
fn newer_of_two_lists_of_a_ca_says_whether_it_is_stale() {
    let root = Authority::root("Company Root");
    let lists =
        RevocationLists::new(vec![root.revocations(&[7], (2029, 12, 31)), root.revocations(&[8], NEXT)]);
    let trusted = root.trusted();
    let standing = |serial: u8| {
        let of_root = (trusted.anchor.subject.as_ref(), trusted.key.as_ref());
        lists.standing_of(&[serial], of_root, now(), || "CN=Company Root".to_owned())
    };

    assert_eq!(standing(7), PathStanding::Revoked);
    assert_eq!(standing(8), PathStanding::Revoked);
    assert_eq!(standing(9), PathStanding::Clear);
}
