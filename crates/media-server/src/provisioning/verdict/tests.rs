#![expect(clippy::indexing_slicing, reason = "a test may fail by panicking")]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use caller::{CertificateRequest, Purpose, TestAuthority, TestIdentity, Validity};
use cert_manager::{RevocationList, RevocationLists, Root};
use dial_plan::{DeviceVendor, SiteChange, VendorRoot};

use super::*;
use crate::provisioning::vendors::vendors;

const SERIAL_NUMBER: [u64; 4] = [2, 5, 4, 5];
const LOCALITY: [u64; 4] = [2, 5, 4, 7];
const STATE: [u64; 4] = [2, 5, 4, 8];
/// Of `cisco`, named by its MAC address.
const PHONE: &str = "/profile/000e08abcdef.json";
/// Of `poly`, named by its serial number.
const DESK: &str = "/profile/64167F001122AB.xml";

/// A vendor's root, and the certificate of [`PHONE`] that it issued, of X.509 version 1.
const VERSION_1_ROOT: &str = include_str!("../../../../cert-manager/fixtures/version-1-vendor-root.pem");
const VERSION_1_DEVICE: &str = include_str!("../../../../cert-manager/fixtures/version-1-device.pem");

/// Two vendors with a device each, and somebody else's CA.
struct World {
    cisco: TestAuthority,
    poly: TestAuthority,
    other: TestAuthority,
    site: Site,
    lists: Arc<RevocationLists>,
}

fn now() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn vendor_of(text: &str, authority: &TestAuthority, names_by: NamesBy) -> SiteChange {
    vendor_with(text, authority.certificate_pem(), names_by)
}

fn vendor_with(text: &str, pem: String, names_by: NamesBy) -> SiteChange {
    let facts = Arc::clone(Root::from_pem(&pem).unwrap().facts());
    let (sha256, subject) = (facts.sha256.clone(), facts.subject.clone());
    let roots = vec![VendorRoot { sha256, subject, not_after: facts.not_after, pem }];
    SiteChange::AddDeviceVendor(DeviceVendor {
        name: name(text),
        names_by,
        legacy_sha1: false,
        roots,
        template: None,
    })
}

fn device(id: &str, vendor: &str) -> Device {
    let id = DeviceId::parse(id).unwrap();
    Device { id, vendor: name(vendor), dial_plan: name("hq"), server: None }
}

impl World {
    fn new() -> Self {
        let authority = |text| TestAuthority::new(text).unwrap();
        let (cisco, poly) = (authority("Cisco Root"), authority("Poly Root"));
        let changes = [
            SiteChange::CreateDialPlan(DialPlan::new(name("hq"), 4)),
            vendor_of("cisco", &cisco, NamesBy::Mac),
            vendor_of("poly", &poly, NamesBy::Serial),
            SiteChange::AddDevices(vec![
                device("000e08abcdef", "cisco"),
                device("000e08abcdee", "cisco"),
                device("64167F001122AB", "poly"),
            ]),
        ];
        let site = changes.iter().fold(Site::empty(), |site, change| site.apply(change).unwrap().0);
        let root = Root::from_pem(&cisco.certificate_pem()).unwrap();
        let list = RevocationList::read(&cisco.revocation_list(&[13], 2040).unwrap(), &root).unwrap();
        let lists = Arc::new(RevocationLists::new(vec![Arc::new(list)]));
        Self { cisco, poly, other: authority("Cisco Root"), site, lists }
    }

    /// What comes of the request: `given`, or the reason in a word.
    fn outcome(&self, path: &str, chain: &[CertificateDer<'static>]) -> &'static str {
        match self.judged(path, chain) {
            Ok(()) => "given",
            Err(refused) => refused.cause.word(),
        }
    }

    fn judged(&self, path: &str, chain: &[CertificateDer<'static>]) -> Result<(), Refused> {
        let vendors = vendors(&self.site, &self.lists);
        judge(Asked { path, chain }, &self.site, &vendors, now()).map(|_| ())
    }
}

/// A device's certificate with these attributes, and no name that SIP would take.
fn request(attributes: &[([u64; 4], &str)]) -> CertificateRequest {
    let mut request = CertificateRequest::named("a telephone");
    request.dns_names.clear();
    request.attributes = attributes.iter().map(|(oid, text)| (oid.to_vec(), (*text).to_owned())).collect();
    request
}

fn by_mac(mac: &str) -> CertificateRequest {
    request(&[(STATE, mac)])
}

fn chain(identity: &TestIdentity) -> Vec<CertificateDer<'static>> {
    der(identity.certificate_pem())
}

fn der(pem: &str) -> Vec<CertificateDer<'static>> {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    vec![CertificateDer::from(STANDARD.decode(base64).unwrap())]
}

fn issued(authority: &TestAuthority, request: &CertificateRequest) -> Vec<CertificateDer<'static>> {
    chain(&authority.issue(request).unwrap())
}

#[test]
fn device_gets_its_profile_by_each_way_in_which_vendors_name_it() {
    let world = World::new();
    let cisco = |request: &CertificateRequest| issued(&world.cisco, request);
    let mut in_san = request(&[]);
    in_san.dns_names = vec!["000e08abcdef".to_owned()];
    let mut in_cn = request(&[]);
    in_cn.common_name = "CP-8841-SEP000E08ABCDEF".to_owned();
    let serial = request(&[(LOCALITY, "64167F001122AB")]);

    for chain in [
        cisco(&by_mac("000E08ABCDEF")),
        cisco(&request(&[(SERIAL_NUMBER, "PID:CP-8841 SN:000e08abcdef")])),
        cisco(&in_san),
        cisco(&in_cn),
    ] {
        for path in [PHONE, "/profile/00:0E:08:AB:CD:EF.txt", "/profile.xml?mac=000e08abcdef"] {
            assert_eq!(world.outcome(path, &chain), "given", "{path}");
        }
    }
    assert_eq!(world.outcome(DESK, &issued(&world.poly, &serial)), "given");
}

/// Every way in which somebody could get what is not theirs, or a device not what is its own.
#[test]
fn everything_else_is_refused_with_its_reason() {
    let world = World::new();
    let World { cisco, poly, other, .. } = &world;
    let right = by_mac("000e08abcdef");
    let mail = CertificateRequest { purpose: Purpose::Mail, ..right.clone() };
    let server = CertificateRequest { purpose: Purpose::Server, ..right.clone() };
    let revoked = CertificateRequest { serial: Some(13), ..right.clone() };
    let self_signed = chain(&TestIdentity::self_signed(&right).unwrap());
    let mac_in_locality = request(&[(LOCALITY, "000e08abcdef")]);
    let mut two = issued(other, &right);
    two.extend(issued(cisco, &right));
    let mut in_san = request(&[]);
    in_san.dns_names = vec!["000e08abcdef.example.com".to_owned()];
    let mut rubbish = issued(cisco, &right);
    rubbish[0] = CertificateDer::from(vec![0x30, 0x03, 1, 2, 3]);
    let good = || issued(cisco, &right);
    let long = format!("/profile/{}.json", "0".repeat(300));

    let table: Vec<(&str, &str, Vec<CertificateDer<'static>>, &str)> = vec![
        ("no certificate", PHONE, Vec::new(), "no-certificate"),
        ("no certificate, bad path", "/", Vec::new(), "no-certificate"),
        ("rubbish", PHONE, rubbish, "unreadable"),
        ("expired", PHONE, issued(cisco, &right.clone().holding(Validity::Expired)), "expired"),
        ("not yet valid", PHONE, issued(cisco, &right.clone().holding(Validity::NotYet)), "not-yet-valid"),
        ("revoked", PHONE, issued(cisco, &revoked), "revoked"),
        ("made for mail", PHONE, issued(cisco, &mail), "wrong-usage"),
        ("made for servers", PHONE, issued(cisco, &server), "wrong-usage"),
        ("a CA of the same name", PHONE, issued(other, &right), "untrusted"),
        ("self-signed", PHONE, self_signed, "untrusted"),
        ("a good one behind a foreign leaf", PHONE, two, "untrusted"),
        ("another vendor's root", PHONE, issued(poly, &right), "other-vendor"),
        (
            "the other way round",
            DESK,
            issued(cisco, &request(&[(LOCALITY, "64167F001122AB")])),
            "other-vendor",
        ),
        ("another device of the vendor", PHONE, issued(cisco, &by_mac("000e08abcdee")), "wrong-name"),
        ("one digit more", PHONE, issued(cisco, &by_mac("000e08abcdef0")), "wrong-name"),
        ("one digit less", PHONE, issued(cisco, &by_mac("000e08abcde")), "wrong-name"),
        ("the MAC as a part of a name", PHONE, issued(cisco, &in_san), "wrong-name"),
        ("two MACs in one text", PHONE, issued(cisco, &by_mac("000e08abcdee 000e08abcdef")), "wrong-name"),
        ("the MAC where serial numbers stand", PHONE, issued(cisco, &mac_in_locality), "wrong-name"),
        ("no name at all", PHONE, issued(cisco, &request(&[])), "wrong-name"),
        (
            "a MAC for a serial number",
            DESK,
            issued(poly, &request(&[(STATE, "64167F001122AB")])),
            "wrong-name",
        ),
        (
            "unknown device",
            "/profile/000e08abcd00.json",
            issued(cisco, &by_mac("000e08abcd00")),
            "unknown-device",
        ),
        ("unknown device, good certificate", "/profile/000e08abcd00.json", good(), "unknown-device"),
        ("no path", "/", good(), "bad-path"),
        ("a folder above", "/profile/../profile/000e08abcdef.json", good(), "bad-path"),
        ("another form", "/profile/000e08abcdef.cfg", good(), "bad-path"),
        ("two devices", "/profile?mac=000e08abcdef&mac=000e08abcdee", good(), "bad-path"),
        ("a long path", &long, good(), "bad-path"),
    ];

    for (what, path, chain, expected) in &table {
        assert_eq!(world.outcome(path, chain), *expected, "{what}");
    }
    assert!(table.len() >= 20);
}

#[test]
fn client_learns_nothing_about_devices_from_what_it_is_told() {
    let world = World::new();
    let told =
        |path: &str, chain: &[CertificateDer<'static>]| world.judged(path, chain).unwrap_err().cause.told();
    let mine = issued(&world.cisco, &by_mac("000e08abcdee"));
    let foreign = issued(&world.other, &by_mac("000e08abcdef"));

    let unknown = told("/profile/000e08abcd00.json", &mine);
    let another = told(PHONE, &mine);
    let of_another_vendor = told(DESK, &mine);

    assert_eq!([another, of_another_vendor], [unknown; 2]);
    assert_eq!(told(PHONE, &foreign), told("/profile/000e08abcd00.json", &foreign));
    assert_eq!(told(PHONE, &foreign), told("/nowhere", &foreign));
}

#[test]
fn revoked_device_is_served_again_where_its_vendor_has_no_list() {
    let mut world = World::new();
    let revoked = CertificateRequest { serial: Some(13), ..by_mac("000e08abcdef") };
    let chain = issued(&world.cisco, &revoked);

    assert_eq!(world.outcome(PHONE, &chain), "revoked");
    world.lists = Arc::default();
    assert_eq!(world.outcome(PHONE, &chain), "given");
}

#[test]
fn certificate_of_version_1_is_told_its_version_and_not_that_its_vendor_is_unknown() {
    let mut world = World::new();
    let vendor = vendor_with("old", VERSION_1_ROOT.to_owned(), NamesBy::Mac);
    world.site = world.site.apply(&vendor).unwrap().0;

    let refused = world.judged(PHONE, &der(VERSION_1_DEVICE)).unwrap_err();

    assert_eq!((refused.cause.word(), refused.device.is_none()), ("old-version", true));
    assert_eq!(refused.cause.told(), "the certificate is of an old X.509 version: version 3 is taken");
    assert_eq!(
        refused.cause.remedy(None),
        "no certificate of this device can be taken: have it exchanged by its vendor"
    );
}

#[test]
fn every_remedy_names_what_to_do_with_the_device_asked_for() {
    let device = DeviceId::parse("000e08abcdef").unwrap();
    let cisco = name("cisco");

    let unknown = Cause::UnknownDevice.remedy(Some(&device));
    let other = Cause::OtherVendor { vendor: cisco }.remedy(Some(&device));

    assert_eq!(
        unknown,
        "if it is one of yours, run `um provisioning device add 000e08abcdef --vendor VENDOR --dialplan PLAN`"
    );
    assert!(other.ends_with("`um provisioning device show 000e08abcdef`"), "{other}");
}
