use crate::{
    DialPlan, DialPlanPatch, GatewayPatch, HuntGroup, IpGateway, Name, Site, SiteChange, SiteError,
    SiteWarning, TrustedRoot, VoipSecurity,
};

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn root(digit: char, gateways: &[&str]) -> TrustedRoot {
    TrustedRoot {
        sha256: digit.to_string().repeat(64),
        spki_sha256: digit.to_string().repeat(64),
        subject: format!("CN=Root {digit}"),
        not_after: "2031-01-02T03:04:05Z".parse().unwrap(),
        gateways: gateways.iter().map(|gateway| name(gateway)).collect(),
        crl_source: None,
        pem: "-----BEGIN CERTIFICATE-----\nBwc=\n-----END CERTIFICATE-----\n".to_owned(),
    }
}

fn gateway(text: &str) -> SiteChange {
    let address = format!("{text}.example.com").parse().unwrap();
    SiteChange::CreateGateway { gateway: IpGateway::new(name(text), address), dial_plan: None }
}

fn site(changes: &[SiteChange]) -> Site {
    changes.iter().fold(Site::empty(), |site, change| site.apply(change).unwrap().0)
}

fn two_gateways() -> Site {
    site(&[gateway("gw1"), gateway("gw2")])
}

fn add(digit: char, gateways: &[&str]) -> SiteChange {
    SiteChange::AddTrustedRoot(root(digit, gateways))
}

fn counts_for(site: &Site, digit: char) -> String {
    site.trusted_root(&digit.to_string().repeat(64)).unwrap().counts_for()
}

#[test]
fn root_without_gateway_counts_for_every_gateway() {
    let (site, _) = two_gateways().apply(&add('a', &[])).unwrap();

    let root = site.trusted_roots().next().unwrap();
    assert!(root.is_company() && root.counts_for_gateway("gw1") && root.counts_for_gateway("gw9"));
}

#[test]
fn root_with_gateways_counts_for_those_alone_and_comes_to_count_for_more() {
    let (site, _) = two_gateways().apply(&add('a', &["gw2"])).unwrap();
    let (both, _) = site.apply(&add('a', &["gw1", "gw2"])).unwrap();
    let (all, _) = both.apply(&add('a', &[])).unwrap();
    let narrower = all.apply(&add('a', &["gw1"])).unwrap_err();

    assert!(!site.trusted_roots().next().unwrap().counts_for_gateway("gw1"));
    assert_eq!(counts_for(&site, 'a'), "gw2");
    assert_eq!(counts_for(&both, 'a'), "gw1, gw2");
    assert_eq!(counts_for(&all, 'a'), "every gateway");
    assert_eq!(narrower.code(), "already-exists");
    assert_eq!(
        narrower.remedy(),
        format!(
            "to trust it for single gateways only, run `um trust remove {}` and `um trust add FILE.pem --gateway GW`",
            "a".repeat(64)
        )
    );
}

#[test]
fn root_for_a_gateway_that_is_not_there_is_refused() {
    let error = two_gateways().apply(&add('a', &["gw9"])).unwrap_err();

    assert_eq!(error.to_string(), "there is no gateway `gw9`");
}

#[test]
fn root_of_a_deleted_gateway_goes_with_it_and_never_becomes_the_companys() {
    let (site, _) = two_gateways().apply(&add('a', &["gw1"])).unwrap();
    let (site, _) = site.apply(&add('b', &["gw1", "gw2"])).unwrap();
    let (site, _) = site.apply(&add('c', &[])).unwrap();

    let (after, warnings) = site.apply(&SiteChange::DeleteGateway { name: "gw1".into() }).unwrap();

    assert_eq!(after.trusted_root(&"a".repeat(64)), None);
    assert_eq!(counts_for(&after, 'b'), "gw2");
    assert_eq!(counts_for(&after, 'c'), "every gateway");
    assert_eq!(
        warnings,
        [SiteWarning::TrustedRootDeleted { subject: "CN=Root a".to_owned(), gateway: name("gw1") }]
    );
}

#[test]
fn root_is_removed_by_its_hash() {
    let (site, _) = two_gateways().apply(&add('a', &[])).unwrap();
    let remove = SiteChange::RemoveTrustedRoot { sha256: "a".repeat(64) };

    let (without, _) = site.apply(&remove).unwrap();

    assert_eq!(without.trusted_roots().count(), 0);
    assert_eq!(without.apply(&remove).unwrap_err().code(), "not-found");
}

#[test]
fn source_of_a_revocation_list_is_an_http_url() {
    let (site, _) = two_gateways().apply(&add('a', &[])).unwrap();
    let set = |source: Option<&str>| SiteChange::SetCrlSource {
        sha256: "a".repeat(64),
        source: source.map(str::to_owned),
    };

    let (with, _) = site.apply(&set(Some("http://ca.example.com/root.crl"))).unwrap();
    let (without, _) = with.apply(&set(None)).unwrap();
    let error = site.apply(&set(Some("https://ca.example.com/root.crl"))).unwrap_err();

    let source = |site: &Site| site.trusted_roots().next().unwrap().crl_source.clone();
    assert_eq!(source(&with).as_deref(), Some("http://ca.example.com/root.crl"));
    assert_eq!(source(&without), None);
    assert_eq!(
        error.to_string(),
        "trusted root CN=Root a: crl_source is an http:// URL of at most 2048 characters"
    );
}

#[test]
fn site_holds_256_roots_and_no_more() {
    let mut site = Site::empty();
    for number in 0..256 {
        let sha256 = format!("{number:064x}");
        site = site.apply(&SiteChange::AddTrustedRoot(TrustedRoot { sha256, ..root('a', &[]) })).unwrap().0;
    }

    assert_eq!(site.apply(&add('f', &[])).unwrap_err(), SiteError::TooManyRoots { count: 257 });
}

#[test]
fn roots_survive_toml_and_json_and_are_told_in_differences() {
    let (site, _) = two_gateways().apply(&add('a', &["gw1"])).unwrap();
    let (newer, _) = site.apply(&add('a', &[])).unwrap();

    let from_toml: Site = toml::from_str(&toml::to_string(&site).unwrap()).unwrap();
    let from_json: Site = serde_json::from_str(&serde_json::to_string(&site).unwrap()).unwrap();

    assert_eq!(from_toml, site);
    assert_eq!(from_json, site);
    let hash = "a".repeat(64);
    assert_eq!(
        site.difference(&newer),
        [format!("~ trusted root CN=Root a (sha256 {hash}): counts for gw1 -> every gateway")]
    );
    assert_eq!(site.difference(&two_gateways()), [format!("- trusted root CN=Root a (sha256 {hash})")]);
    assert_eq!(
        two_gateways().difference(&site),
        [format!("+ trusted root CN=Root a (sha256 {hash}): counts for gw1")]
    );
}

#[test]
fn binding_demands_tls_whichever_side_changes() {
    let plan = |text: &str, mode| {
        SiteChange::CreateDialPlan(DialPlan { voip_security: mode, ..DialPlan::new(name(text), 4) })
    };
    let group = |plan: &str| {
        SiteChange::CreateHuntGroup(HuntGroup {
            name: name("group"),
            gateway: name("gw1"),
            dial_plan: name(plan),
            pilot: None,
        })
    };
    let bind = || SiteChange::SetGateway {
        name: "gw1".into(),
        patch: GatewayPatch { certificate_owner: Some("partner".into()), ..GatewayPatch::default() },
    };
    let loosen = SiteChange::SetDialPlan {
        name: "hq".into(),
        patch: DialPlanPatch { voip_security: Some(VoipSecurity::Unsecured), ..DialPlanPatch::default() },
    };
    let start = || {
        site(&[plan("hq", VoipSecurity::SipSecured), plan("lobby", VoipSecurity::Unsecured), gateway("gw1")])
    };

    let bound = start().apply(&bind()).unwrap().0;
    let at_group = bound.apply(&group("lobby")).unwrap_err();
    let at_plan = bound.apply(&group("hq")).unwrap().0.apply(&loosen).unwrap_err();
    let at_bind = start().apply(&group("lobby")).unwrap().0.apply(&bind()).unwrap_err();

    assert_eq!(
        at_group.to_string(),
        "gateway `gw1` is bound to the certificates of `partner` and dial plan `lobby` is Unsecured: a binding demands TLS"
    );
    assert_eq!(
        at_group.remedy(),
        "run `um dialplan set lobby --voip-security secured`, or give up the binding with `um gateway set gw1 \
         --no-cert-owner`"
    );
    assert_eq!(at_plan.code(), "binding-wants-tls");
    assert_eq!(at_bind, at_group);
}

#[test]
fn owner_is_a_name_like_any_other() {
    let bind = |owner: &str| SiteChange::SetGateway {
        name: "gw1".into(),
        patch: GatewayPatch { certificate_owner: Some(owner.into()), ..GatewayPatch::default() },
    };

    let error = two_gateways().apply(&bind("a = b")).unwrap_err();

    assert!(two_gateways().apply(&bind("Partner GmbH")).is_ok());
    assert_eq!(error.code(), "bad-name");
    assert_eq!(error.remedy(), "run `um gateway set gw1 --cert-owner NAME` with another name");
}
