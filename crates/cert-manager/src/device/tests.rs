#![expect(clippy::indexing_slicing, reason = "a test may fail by panicking")]

use rcgen::{DnType, ExtendedKeyUsagePurpose};

use super::*;
use crate::{
    identity::Identity,
    mint::{Authority, Minted, expired, not_yet_valid, now, uri},
    pem,
};

/// Made with SHA-1 by `openssl x509 -req -sha1`, see `fixtures/README.md`.
const OLD_ROOT: &str = include_str!("../../fixtures/old-vendor-root.pem");
const OLD_DEVICE: &str = include_str!("../../fixtures/old-device.pem");

/// Made by `openssl x509 -req` without extensions, see `fixtures/README.md`.
const VERSION_1_ROOT: &str = include_str!("../../fixtures/version-1-vendor-root.pem");
const VERSION_1_DEVICE: &str = include_str!("../../fixtures/version-1-device.pem");

fn under(root: &Authority) -> DeviceRoots {
    DeviceRoots { roots: vec![root.trusted()], signatures: ChainSignatures::Modern, lists: Arc::default() }
}

fn read(minted: &Minted) -> DeviceCertificate {
    DeviceCertificate::read(&minted.chain).unwrap().unwrap()
}

#[test]
fn names_are_read_from_subject_and_san() {
    let root = Authority::root("Vendor Root");
    let device = root.issue_with(|parameters| {
        let name = &mut parameters.distinguished_name;
        name.remove(DnType::CommonName);
        name.push(DnType::StateOrProvinceName, "000e08abcdef");
        name.push(DnType::LocalityName, "88012BA01234");
        name.push(DnType::CustomDnType(vec![2, 5, 4, 5]), "PID:CP-8841 SN:88012BA01234");
        parameters.subject_alt_names = vec![uri("urn:mac:000e08abcdef")];
    });

    let names = read(&device).names().clone();

    let one = |text: &str| vec![text.to_owned()];
    let expected = DeviceNames {
        serial_numbers: one("PID:CP-8841 SN:88012BA01234"),
        states: one("000e08abcdef"),
        localities: one("88012BA01234"),
        common_names: Vec::new(),
        alternative_names: one("urn:mac:000e08abcdef"),
    };
    assert_eq!(names, expected);
}

#[test]
fn device_stands_under_its_vendors_root_alone_and_within_its_life() {
    let (root, other) = (Authority::root("Vendor Root"), Authority::root("Vendor Root"));
    let standing = |minted: &Minted, vendor: &Authority| read(minted).stands_under(&under(vendor), now());
    let plain = root.issue_with(|_| {});
    let below = root.intermediate("Vendor CA", |_| {});

    assert_eq!(standing(&plain, &root), Ok(()));
    assert_eq!(standing(&below.issue_with(|_| {}).with(&below), &root), Ok(()));
    assert_eq!(standing(&below.issue_with(|_| {}), &root), Err(FailureReason::Untrusted));
    assert_eq!(standing(&plain, &other), Err(FailureReason::Untrusted));
    assert_eq!(standing(&Minted::self_signed("x.example.com"), &root), Err(FailureReason::Untrusted));
    assert_eq!(standing(&root.issue_with(expired), &root), Err(FailureReason::Expired));
    assert_eq!(standing(&root.issue_with(not_yet_valid), &root), Err(FailureReason::NotYetValid));
    let server_only = root.issue_with(|parameters| {
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    });
    assert_eq!(standing(&server_only, &root), Err(FailureReason::WrongUsage));
    let bare = root.issue_with(|parameters| parameters.extended_key_usages.clear());
    assert_eq!(standing(&bare, &root), Ok(()));
}

#[test]
fn device_on_its_vendors_list_is_revoked_and_a_stale_list_refuses_nobody_else() {
    let root = Authority::root("Vendor Root");
    let issue = |serial: u64| root.issue_with(|parameters| parameters.serial_number = Some(serial.into()));
    let lists = |until| {
        let lists = vec![root.revocations(&[7], until)];
        DeviceRoots { lists: Arc::new(RevocationLists::new(lists)), ..under(&root) }
    };

    for until in [(2030, 2, 1), (2029, 12, 15)] {
        let vendor = lists(until);
        assert_eq!(read(&issue(7)).stands_under(&vendor, now()), Err(FailureReason::Revoked));
        assert_eq!(read(&issue(8)).stands_under(&vendor, now()), Ok(()));
    }
}

#[test]
fn sha_1_counts_only_where_the_vendor_says_so() {
    let chain = pem::certificates(OLD_DEVICE).unwrap();
    let device = DeviceCertificate::read(&chain).unwrap().unwrap();
    let vendor = |signatures| DeviceRoots {
        roots: vec![Root::from_pem(OLD_ROOT).unwrap()],
        signatures,
        lists: Arc::default(),
    };

    assert_eq!(device.stands_under(&vendor(ChainSignatures::WithSha1), now()), Ok(()));
    assert_eq!(device.stands_under(&vendor(ChainSignatures::Modern), now()), Err(FailureReason::Untrusted));
    assert_eq!(device.names().states, ["000e08abcdef"]);
    let mut forged = chain.clone();
    let mut der = forged[0].to_vec();
    *der.last_mut().unwrap() ^= 1;
    forged[0] = CertificateDer::from(der);
    let forged = DeviceCertificate::read(&forged).unwrap().unwrap();
    assert_eq!(forged.stands_under(&vendor(ChainSignatures::WithSha1), now()), Err(FailureReason::Untrusted));
}

#[test]
fn no_policy_of_sip_peers_takes_sha_1() {
    let policies = PeerPolicies::new(
        vec![crate::PeerPolicy::new("gw1")],
        vec![Root::from_pem(OLD_ROOT).unwrap()],
        Arc::default(),
    );

    let verdict = policies.judge(&pem::certificates(OLD_DEVICE).unwrap(), PeerSide::Client, now());

    assert!(matches!(verdict, crate::Verdict::Refused(_)), "{verdict:?}");
}

#[test]
fn nothing_shown_is_no_certificate_and_rubbish_is_told_of() {
    assert!(DeviceCertificate::read(&[]).unwrap().is_none());
    assert!(DeviceCertificate::read(&[CertificateDer::from(vec![0x30, 0])]).is_err());
}

#[test]
fn identity_tells_what_a_device_must_trust_to_take_it() {
    let (root, other) = (Authority::root("Example Root"), Authority::root("Other Root"));
    let below = root.intermediate("Example CA", |_| {});
    let leaf = below.issue("um.example.com");
    let own = Minted::self_signed("um.example.com");
    let identity = |minted: &Minted, chain: &str| Identity::from_pem(chain, &minted.key_pem()).unwrap();

    let issued = identity(&leaf, &[leaf.pem(), below.pem()].concat());
    let whole = identity(&leaf, &[leaf.pem(), below.pem(), root.pem()].concat());
    let self_signed = identity(&own, &own.pem());

    assert!(!issued.holds_its_root() && issued.ends_at(&root.trusted(), now()));
    assert!(!issued.ends_at(&other.trusted(), now()));
    assert!(whole.holds_its_root() && self_signed.holds_its_root());
    assert_eq!(
        (whole.top_pem(), self_signed.top_pem()),
        (pem::certificate_text(&root.certificate()), own.pem())
    );
}

#[test]
fn certificate_of_version_1_stands_under_no_root_and_says_so_before_it_is_tried() {
    let vendor = DeviceRoots {
        roots: vec![Root::from_pem(VERSION_1_ROOT).unwrap()],
        signatures: ChainSignatures::Modern,
        lists: Arc::default(),
    };
    let device = DeviceCertificate::read(&pem::certificates(VERSION_1_DEVICE).unwrap()).unwrap().unwrap();

    assert_eq!((device.facts().version, device.facts().may_stand_in_chain()), (1, false));
    assert_eq!(device.stands_under(&vendor, now()), Err(FailureReason::Untrusted));
    assert!(read(&Authority::root("Vendor Root").issue_with(|_| {})).facts().may_stand_in_chain());
}
