use super::*;
use crate::{SiteChange, plan::DialPlan};

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn id(text: &str) -> DeviceId {
    DeviceId::parse(text).unwrap()
}

fn root(digit: char) -> VendorRoot {
    VendorRoot {
        sha256: digit.to_string().repeat(64),
        subject: format!("CN=Vendor Root {digit}"),
        not_after: "2040-01-01T00:00:00Z".parse().unwrap(),
        pem: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n".to_owned(),
    }
}

fn vendor(text: &str) -> DeviceVendor {
    DeviceVendor {
        name: name(text),
        names_by: NamesBy::Mac,
        legacy_sha1: false,
        roots: vec![root('a')],
        template: None,
    }
}

fn device(text: &str) -> Device {
    Device { id: id(text), vendor: name("cisco"), dial_plan: name("hq"), server: None }
}

fn applied(site: &Site, change: SiteChange) -> Result<Site, SiteError> {
    site.apply(&change).map(|(site, _)| site)
}

fn site() -> Site {
    let site = applied(&Site::empty(), SiteChange::CreateDialPlan(DialPlan::new(name("hq"), 4))).unwrap();
    applied(&site, SiteChange::AddDeviceVendor(vendor("cisco"))).unwrap()
}

#[test]
fn device_is_kept_with_its_vendor_and_survives_json_and_toml() {
    let site = applied(&site(), SiteChange::AddDevices(vec![device("00:0e:08:ab:cd:ef")])).unwrap();

    let json: Site = serde_json::from_str(&serde_json::to_string(&site).unwrap()).unwrap();
    let toml: Site = toml::from_str(&toml::to_string(&site).unwrap()).unwrap();

    assert_eq!((&json, &toml), (&site, &site));
    assert_eq!(site.device(&id("000E08ABCDEF")).unwrap().dial_plan.as_str(), "hq");
    assert_eq!(
        Site::empty().difference(&site).last().unwrap(),
        "+ device 000e08abcdef: vendor cisco, dial plan hq"
    );
}

#[test]
fn vendor_and_plan_stay_as_long_as_a_device_needs_them() {
    let site = applied(&site(), SiteChange::AddDevices(vec![device("000e08abcdef")])).unwrap();

    let vendor = applied(&site, SiteChange::RemoveDeviceVendor { name: "cisco".into() }).unwrap_err();
    let plan = applied(&site, SiteChange::DeleteDialPlan { name: "hq".into() }).unwrap_err();
    let site = applied(&site, SiteChange::RemoveDevice { id: id("000e08abcdef") }).unwrap();

    assert_eq!(vendor.to_string(), "device vendor `cisco` is used by device `000e08abcdef`");
    assert_eq!(plan.remedy(), "run `um provisioning device delete 000e08abcdef` before");
    assert!(applied(&site, SiteChange::RemoveDeviceVendor { name: "cisco".into() }).is_ok());
    assert!(applied(&site, SiteChange::DeleteDialPlan { name: "hq".into() }).is_ok());
}

#[test]
fn devices_that_are_added_together_are_added_all_or_none() {
    let site = site();
    let mut unknown = device("000e08abcd00");
    unknown.vendor = name("nobody");

    let twice = SiteChange::AddDevices(vec![device("000e08abcdef"), device("000e08abcdef")]);
    let dangling = SiteChange::AddDevices(vec![device("000e08abcdef"), unknown]);

    assert_eq!(
        applied(&site, twice).unwrap_err().to_string(),
        "there is a device `000e08abcdef` already: names are unique among devices"
    );
    let refusal = applied(&site, dangling).unwrap_err();
    assert_eq!(refusal.code(), "dangling-reference");
    assert_eq!(refusal.remedy(), "run `um provisioning vendor add nobody --root FILE.pem` first");
}

#[test]
fn what_cannot_work_is_refused_with_the_reason() {
    let site = site();
    let mut serial = device("FCH2234D0XY");
    let mut server = device("000e08abcdef");
    server.server = Some("192.0.2.1".into());
    let mut bare = vendor("bare");
    bare.roots.clear();
    let mut many = vendor("many");
    many.roots = "123456789".chars().map(root).collect();
    let mut twice = vendor("twice");
    twice.roots = vec![root('b'), root('b')];

    let words = |change| applied(&site, change).unwrap_err().to_string();

    assert_eq!(
        words(SiteChange::AddDevices(vec![serial.clone()])),
        "device `fch2234d0xy`: its vendor names devices by MAC address, which has 12 hexadecimal digits"
    );
    assert_eq!(
        words(SiteChange::AddDevices(vec![server])),
        "device `000e08abcdef`: server is an FQDN, as in um.example.com"
    );
    assert_eq!(words(SiteChange::AddDeviceVendor(bare)), "device vendor `bare`: a vendor has 1 to 8 roots");
    assert_eq!(words(SiteChange::AddDeviceVendor(many)), "device vendor `many`: a vendor has 1 to 8 roots");
    assert_eq!(
        words(SiteChange::AddDeviceVendor(twice)),
        "device vendor `twice`: one of its roots stands there twice"
    );
    assert_eq!(
        words(SiteChange::RemoveDevice { id: id("000e08abcdef") }),
        "there is no device `000e08abcdef`"
    );
    let by_serial = DeviceVendorPatch { names_by: Some(NamesBy::Serial), ..DeviceVendorPatch::default() };
    let set = SiteChange::SetDeviceVendor { name: "cisco".into(), patch: by_serial };
    serial.server = Some("um.example.com".into());
    assert!(applied(&applied(&site, set).unwrap(), SiteChange::AddDevices(vec![serial])).is_ok());
}

#[test]
fn vendors_and_devices_are_bounded() {
    let mut site = site();
    for number in 0..31 {
        site = applied(&site, SiteChange::AddDeviceVendor(vendor(&format!("v{number}")))).unwrap();
    }
    let devices: Vec<Device> = (0..10_000).map(|number| device(&format!("{number:012x}"))).collect();
    let full = applied(&site, SiteChange::AddDevices(devices)).unwrap();

    assert_eq!(
        applied(&site, SiteChange::AddDeviceVendor(vendor("v32"))).unwrap_err().to_string(),
        "there would be 33 device vendors, allowed are 32 at most"
    );
    assert_eq!(
        applied(&full, SiteChange::AddDevices(vec![device("ffffffffffff")])).unwrap_err().to_string(),
        "there would be 10001 devices, allowed are 10000 at most"
    );
}

#[test]
fn sha_1_is_warned_of_when_it_is_allowed_and_not_again() {
    let mut old = vendor("old");
    old.legacy_sha1 = true;

    let (site, warnings) = site().apply(&SiteChange::AddDeviceVendor(old)).unwrap();
    let (_, later) = site.apply(&SiteChange::AddDevices(vec![device("000e08abcdef")])).unwrap();

    assert_eq!(warnings, [SiteWarning::LegacySha1 { vendor: name("old") }]);
    assert!(later.is_empty());
}
