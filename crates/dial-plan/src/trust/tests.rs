use crate::{
    AnchorKind, GatewayPatch, IpGateway, Name, Site, SiteChange, SiteError, TrustAnchor, TrustChange,
};

fn anchor(kind: AnchorKind, certificate: char, key: char) -> TrustAnchor {
    TrustAnchor {
        kind,
        sha256: certificate.to_string().repeat(64),
        spki_sha256: Some(key.to_string().repeat(64)),
        subject: format!("CN={certificate}"),
        not_after: "2031-01-02T03:04:05Z".parse().unwrap(),
        pem: "-----BEGIN CERTIFICATE-----\nBwc=\n-----END CERTIFICATE-----\n".to_owned(),
    }
}

fn create(name: &str, trust: Vec<TrustAnchor>) -> SiteChange {
    let address = format!("{name}.example.com").parse().unwrap();
    let gateway = IpGateway { trust, ..IpGateway::new(Name::parse(name).unwrap(), address) };
    SiteChange::CreateGateway { gateway, dial_plan: None }
}

fn set(name: &str, trust: TrustChange) -> SiteChange {
    let patch = GatewayPatch { trust: Some(trust), ..GatewayPatch::default() };
    SiteChange::SetGateway { name: name.to_owned(), patch }
}

fn hashes(site: &Site) -> Vec<char> {
    let trust = &site.gateway("gw1").unwrap().trust;
    trust.iter().filter_map(|anchor| anchor.sha256.chars().next()).collect()
}

#[test]
fn trust_is_added_to_replaced_and_cleared() {
    let pin = anchor(AnchorKind::Pin, 'a', 'a');
    let (site, _) = Site::empty().apply(&create("gw1", vec![pin.clone()])).unwrap();

    let more = vec![pin, anchor(AnchorKind::Root, 'b', 'b')];
    let (added, _) = site.apply(&set("gw1", TrustChange::Add(more))).unwrap();
    let other = vec![anchor(AnchorKind::Root, 'c', 'c')];
    let (replaced, _) = added.apply(&set("gw1", TrustChange::Replace(other))).unwrap();
    let (cleared, _) = replaced.apply(&set("gw1", TrustChange::Clear)).unwrap();

    assert_eq!(hashes(&added), ['a', 'b']);
    assert_eq!(hashes(&replaced), ['c']);
    assert_eq!(hashes(&cleared), []);
}

#[test]
fn pin_of_another_gateway_is_refused_by_certificate_and_by_key() {
    let (site, _) = Site::empty().apply(&create("gw1", vec![anchor(AnchorKind::Pin, 'a', 'b')])).unwrap();
    let (site, _) = site.apply(&create("gw2", Vec::new())).unwrap();

    let same = anchor(AnchorKind::Pin, 'a', 'b');
    let same_key = anchor(AnchorKind::Pin, 'c', 'b');
    let created = site.apply(&create("gw3", vec![same])).unwrap_err();
    let changed = site.apply(&set("gw2", TrustChange::Add(vec![same_key]))).unwrap_err();

    assert_eq!((created.code(), created.object()), ("pin-taken", "gateway gw3".to_owned()));
    assert_eq!((changed.code(), changed.object()), ("pin-taken", "gateway gw2".to_owned()));
    assert_eq!(
        changed.to_string(),
        "the certificate CN=c, or its key, is a pin of gateway `gw1`: a pin belongs to one gateway only, because it must mean one"
    );
    assert_eq!(
        changed.remedy(),
        "give this gateway a certificate of its own, or run `um gateway set gw1 --no-trust` before"
    );
}

#[test]
fn root_may_be_trusted_for_two_gateways() {
    let root = anchor(AnchorKind::Root, 'a', 'a');
    let (site, _) = Site::empty().apply(&create("gw1", vec![root.clone()])).unwrap();

    let (site, _) = site.apply(&create("gw2", vec![root.clone()])).unwrap();

    assert_eq!(site.gateway("gw2").unwrap().trust, [root]);
}

#[test]
fn site_that_is_read_is_refused_if_a_pin_stands_twice_in_it() {
    let (site, _) = Site::empty().apply(&create("gw1", vec![anchor(AnchorKind::Pin, 'a', 'a')])).unwrap();
    let mut written: serde_json::Value = serde_json::to_value(&site).unwrap();
    let mut twin = written["gateways"][0].clone();
    twin["name"] = "gw2".into();
    twin["address"] = "gw2.example.com".into();
    written["gateways"].as_array_mut().unwrap().push(twin);

    let error = serde_json::from_value::<Site>(written).unwrap_err();

    assert!(error.to_string().contains("is a pin of gateway `gw1`"), "{error}");
}

#[test]
fn trust_survives_toml_and_json() {
    let trust = vec![anchor(AnchorKind::Pin, 'a', 'a'), anchor(AnchorKind::Root, 'b', 'b')];
    let (site, _) = Site::empty().apply(&create("gw1", trust)).unwrap();

    let from_toml: Site = toml::from_str(&toml::to_string(&site).unwrap()).unwrap();
    let from_json: Site = serde_json::from_str(&serde_json::to_string(&site).unwrap()).unwrap();

    assert_eq!(from_toml, site);
    assert_eq!(from_json, site);
}

#[test]
fn change_is_one_word_or_one_list_in_json() {
    let clear: GatewayPatch = serde_json::from_str(r#"{"trust":"clear"}"#).unwrap();
    let replace: GatewayPatch = serde_json::from_str(r#"{"trust":{"replace":[]}}"#).unwrap();

    assert_eq!(clear.trust, Some(TrustChange::Clear));
    assert_eq!(replace.trust, Some(TrustChange::Replace(Vec::new())));
}

#[test]
fn anchor_that_cannot_be_one_is_refused() {
    let refused = |change: fn(&mut TrustAnchor)| {
        let mut bad = anchor(AnchorKind::Pin, 'a', 'a');
        change(&mut bad);
        Site::empty().apply(&create("gw1", vec![bad])).unwrap_err().to_string()
    };

    assert_eq!(
        refused(|anchor| anchor.sha256 = "A".repeat(64)),
        "gateway `gw1`: trust CN=a: a SHA-256 is 64 hexadecimal digits in lower case"
    );
    assert_eq!(
        refused(|anchor| anchor.spki_sha256 = None),
        "gateway `gw1`: trust CN=a: a pin needs spki_sha256, the SHA-256 of its public key"
    );
    assert_eq!(
        refused(|anchor| anchor.pem = "Bwc=".to_owned()),
        "gateway `gw1`: trust CN=a: pem is one certificate in PEM form, at most 32 KiB"
    );
    assert_eq!(
        refused(|anchor| anchor.pem.insert_str(27, &"\n".repeat(TrustAnchor::MAX_PEM))),
        "gateway `gw1`: trust CN=a: pem is one certificate in PEM form, at most 32 KiB"
    );
}

#[test]
fn gateway_has_at_most_64_anchors() {
    let many = |count: usize| -> Vec<TrustAnchor> {
        let root = anchor(AnchorKind::Root, 'a', 'a');
        (0..count).map(|number| TrustAnchor { sha256: format!("{number:064x}"), ..root.clone() }).collect()
    };

    assert!(Site::empty().apply(&create("gw1", many(64))).is_ok());
    let error = Site::empty().apply(&create("gw1", many(65))).unwrap_err();

    assert!(matches!(error, SiteError::OutOfRange { setting: "trust", .. }), "{error}");
}
