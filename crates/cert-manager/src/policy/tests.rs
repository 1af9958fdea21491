#![expect(clippy::indexing_slicing, reason = "a test may fail by panicking")]

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose as Purpose,
    GeneralSubtree, IsCa, KeyPair, NameConstraints,
};

use super::*;
use crate::{
    judge::PeerSide,
    mint::{Authority, Minted, SHA_1, VERSION_1, dns, expired, not_yet_valid, now, uri},
    verdict::{Alert, Refusal, Verdict},
};

const GW1: &str = "gw1.example.com";

fn peer(number: u8) -> PeerPolicy {
    let fqdn = Some(format!("gw{number}.example.com"));
    PeerPolicy { fqdn, ..PeerPolicy::new(&format!("gw{number}")) }
}

/// gw1 and gw2 under one company root.
fn company(root: &Authority) -> PeerPolicies {
    PeerPolicies::new(vec![peer(1), peer(2)], vec![root.trusted()], Arc::default())
}

fn pinning(minted: &Minted) -> PeerPolicies {
    PeerPolicies::new(
        vec![PeerPolicy { pins: vec![minted.pinned()], ..PeerPolicy::new("gw1") }, peer(2)],
        Vec::new(),
        Arc::default(),
    )
}

/// The verdict in one line: who, or what is named and trusted, or the alert.
fn told(policies: &PeerPolicies, minted: &Minted) -> String {
    match policies.judge(&minted.chain, PeerSide::Client, now()) {
        Verdict::Known { peers, .. } => format!("known {}", peers.join(" ")),
        Verdict::Unnamed { facts, trusted_for } => {
            format!("unnamed {}: trusted for {}", facts.names().join(" "), trusted_for.join(" "))
        }
        Verdict::Refused(refusal) => refusal.alert.name().to_owned(),
    }
}

fn reason(policies: &PeerPolicies, minted: &Minted) -> String {
    match policies.judge(&minted.chain, PeerSide::Client, now()) {
        Verdict::Refused(refusal) => refusal.reason,
        verdict @ (Verdict::Known { .. } | Verdict::Unnamed { .. }) => panic!("{verdict:?}"),
    }
}

fn for_purposes(purposes: Vec<Purpose>) -> impl FnOnce(&mut CertificateParams) {
    move |parameters| {
        parameters.subject_alt_names = vec![dns(GW1)];
        parameters.extended_key_usages = purposes;
    }
}

fn called(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

#[test]
fn certificate_of_a_trusted_root_is_the_gateway_that_it_names_if_it_is_made_for_tls_clients() {
    let root = Authority::root("Company Root");
    let policies = company(&root);

    for purposes in [
        vec![Purpose::ClientAuth],
        vec![Purpose::ServerAuth, Purpose::ClientAuth],
        vec![Purpose::Any],
        vec![Purpose::Other(vec![1, 3, 6, 1, 5, 5, 7, 3, 20])],
        vec![],
    ] {
        assert_eq!(told(&policies, &root.issue_with(for_purposes(purposes))), "known gw1");
    }
}

#[test]
fn certificate_for_another_purpose_is_refused_as_unsupported() {
    let root = Authority::root("Company Root");
    let minted = root.issue_with(for_purposes(vec![Purpose::CodeSigning]));

    assert_eq!(told(&company(&root), &minted), "unsupported_certificate");
    assert_eq!(
        reason(&company(&root), &minted),
        "the certificate CN=a gateway is not made for TLS (extended key usage: codeSigning): have it issued for \
         clientAuth and serverAuth"
    );
}

#[test]
fn certificate_of_a_stranger_is_refused_as_of_an_unknown_ca() {
    let root = Authority::root("Company Root");
    let strange_root = Authority::root("Strange Root");
    let policies = company(&root);
    let ca = |parameters: &mut CertificateParams| {
        parameters.subject_alt_names = vec![dns(GW1)];
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    };
    let old = |parameters: &mut CertificateParams| {
        parameters.subject_alt_names = vec![dns(GW1)];
        expired(parameters);
    };

    assert_eq!(told(&policies, &strange_root.issue(GW1)), "unknown_ca");
    assert_eq!(told(&policies, &strange_root.issue_with(old)), "unknown_ca");
    assert_eq!(
        told(&policies, &strange_root.issue_with(for_purposes(vec![Purpose::CodeSigning]))),
        "unknown_ca"
    );
    assert_eq!(told(&policies, &Minted::self_signed(GW1)), "unknown_ca");
    assert_eq!(told(&policies, &Minted::self_signed_with(ca)), "unknown_ca");
    assert_eq!(told(&policies, &Minted::self_signed_with(old)), "unknown_ca");
    assert_eq!(told(&policies, &Minted::from_fixture(VERSION_1)), "unknown_ca");
    assert_eq!(told(&policies, &Minted::from_fixture(SHA_1)), "unknown_ca");
    assert_eq!(told(&PeerPolicies::default(), &root.issue(GW1)), "unknown_ca");
}

#[test]
fn root_that_has_only_the_name_of_a_trusted_one_proves_nothing() {
    let root = Authority::root("Company Root");
    let twin = Authority::root("Company Root");

    assert_eq!(told(&company(&root), &twin.issue(GW1)), "bad_certificate");
    assert_eq!(
        reason(&company(&root), &twin.issue(GW1)),
        "a signature in the chain of CN=a gateway does not verify"
    );
}

#[test]
fn certificate_outside_of_its_dates_is_refused_as_expired() {
    let root = Authority::root("Company Root");
    let named = |change: fn(&mut CertificateParams)| {
        root.issue_with(|parameters| {
            parameters.subject_alt_names = vec![dns(GW1)];
            change(parameters);
        })
    };

    assert_eq!(told(&company(&root), &named(expired)), "certificate_expired");
    assert_eq!(
        reason(&company(&root), &named(expired)),
        "the certificate CN=a gateway expired on 2029-12-31T00:00:00Z: renew it at the peer"
    );
    assert_eq!(told(&company(&root), &named(not_yet_valid)), "certificate_expired");
    assert_eq!(
        reason(&company(&root), &named(not_yet_valid)),
        "the certificate CN=a gateway is not valid before 2030-01-02T00:00:00Z: check the clocks of both sides"
    );
}

#[test]
fn expired_ca_certificate_anywhere_in_the_chain_is_refused_as_expired() {
    let old_root = Authority::root_with("Old Root", expired);
    let root = Authority::root("Company Root");
    let old_intermediate = root.intermediate("Old Intermediate", expired);

    let under_root = old_root.issue(GW1);
    let under_intermediate = old_intermediate.issue(GW1).with(&old_intermediate);

    assert_eq!(told(&company(&old_root), &under_root), "certificate_expired");
    assert_eq!(told(&company(&root), &under_intermediate), "certificate_expired");
    assert_eq!(
        reason(&company(&root), &under_intermediate),
        "a CA certificate above CN=a gateway is outside of its dates: renew it and send the new one"
    );
}

#[test]
fn intermediate_certificate_must_be_sent() {
    let root = Authority::root("Company Root");
    let intermediate = root.intermediate("Company Issuer", |_| {});

    assert_eq!(told(&company(&root), &intermediate.issue(GW1).with(&intermediate)), "known gw1");
    assert_eq!(told(&company(&root), &intermediate.issue(GW1)), "unknown_ca");
    assert_eq!(
        reason(&company(&root), &intermediate.issue(GW1)),
        "the chain of CN=a gateway ends at no trusted root (its issuer is CN=Company Issuer): trust the root with \
         `um gateway set NAME --trust ROOT.pem`, and let the peer send its intermediate certificates"
    );
}

#[test]
fn trusted_certificate_that_names_no_gateway_is_told_with_its_names() {
    let root = Authority::root("Company Root");
    let policies = company(&root);
    let trusted = "trusted for gw1.example.com gw2.example.com";

    assert_eq!(
        told(&policies, &root.issue("pbx.example.com")),
        format!("unnamed pbx.example.com: {trusted}")
    );
    assert_eq!(told(&policies, &root.issue("*.example.com")), format!("unnamed *.example.com: {trusted}"));
    assert_eq!(told(&policies, &root.issue("GW1.Example.COM")), "known gw1");
}

#[test]
fn common_name_counts_only_if_allowed_and_without_dns_or_uri() {
    let root = Authority::root("Company Root");
    let bare = root.issue_with(|parameters| parameters.distinguished_name = called(GW1));
    let beside_dns = root.issue_with(|parameters| {
        parameters.distinguished_name = called(GW1);
        parameters.subject_alt_names = vec![dns("pbx.example.com")];
    });
    let beside_uri = root.issue_with(|parameters| {
        parameters.distinguished_name = called(GW1);
        parameters.subject_alt_names = vec![uri("https://example.com")];
    });
    let allowing = PeerPolicies::new(
        vec![PeerPolicy { accept_cn: true, ..peer(1) }],
        vec![root.trusted()],
        Arc::default(),
    );

    assert_eq!(
        told(&company(&root), &bare),
        "unnamed gw1.example.com: trusted for gw1.example.com gw2.example.com"
    );
    assert_eq!(told(&allowing, &bare), "known gw1");
    assert_eq!(told(&allowing, &beside_dns), "unnamed pbx.example.com: trusted for gw1.example.com");
    assert_eq!(told(&allowing, &beside_uri), "unnamed https://example.com: trusted for gw1.example.com");
}

#[test]
fn sip_uri_names_before_dns_does() {
    let root = Authority::root("Company Root");
    let both = |text| root.issue_with(|parameters| parameters.subject_alt_names = vec![dns(GW1), uri(text)]);
    let policies = company(&root);

    assert_eq!(told(&policies, &both("sip:gw2.example.com")), "known gw2");
    assert_eq!(told(&policies, &both("sip:alice@gw2.example.com")), "known gw1");
    assert_eq!(told(&policies, &both("https://gw2.example.com")), "known gw1");
}

#[test]
fn certificate_that_names_two_gateways_may_be_either() {
    let root = Authority::root("Company Root");
    let minted = root.issue_with(|p| p.subject_alt_names = vec![dns("gw2.example.com"), dns(GW1)]);

    assert_eq!(told(&company(&root), &minted), "known gw1 gw2");
}

#[test]
fn root_of_one_gateway_proves_nothing_for_another() {
    let own_root = Authority::root("Root of gw1");
    let root = Authority::root("Company Root");
    let first = PeerPolicy { roots: vec![own_root.trusted()], ..peer(1) };
    let policies = PeerPolicies::new(vec![first, peer(2)], vec![root.trusted()], Arc::default());

    assert_eq!(told(&policies, &own_root.issue(GW1)), "known gw1");
    assert_eq!(told(&policies, &root.issue(GW1)), "known gw1");
    assert_eq!(
        told(&policies, &own_root.issue("gw2.example.com")),
        "unnamed gw2.example.com: trusted for gw1.example.com"
    );
}

#[test]
fn gateway_without_fqdn_is_never_named_by_a_chain() {
    let root = Authority::root("Company Root");
    let policies = PeerPolicies::new(vec![PeerPolicy::new("gw1")], vec![root.trusted()], Arc::default());

    assert_eq!(told(&policies, &root.issue(GW1)), "unnamed gw1.example.com: trusted for gw1");
}

#[test]
fn ca_that_may_not_issue_for_the_name_is_refused() {
    let root = Authority::root("Company Root");
    let narrow = root.intermediate("Narrow Issuer", |parameters| {
        parameters.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("example.org".to_owned())],
            excluded_subtrees: Vec::new(),
        });
    });
    let minted = narrow.issue(GW1).with(&narrow);

    assert_eq!(told(&company(&root), &minted), "bad_certificate");
    assert_eq!(
        reason(&company(&root), &minted),
        "a CA above CN=a gateway may not issue for its names (name constraints)"
    );
}

#[test]
fn certificate_that_is_no_ca_issues_nothing() {
    let root = Authority::root("Company Root");
    let no_ca = root.intermediate("No CA", |parameters| parameters.is_ca = IsCa::ExplicitNoCa);

    assert_eq!(told(&company(&root), &no_ca.issue(GW1).with(&no_ca)), "bad_certificate");
}

#[test]
fn root_itself_stands_for_no_gateway() {
    let root = Authority::root("Company Root");
    let minted = Minted { chain: vec![root.certificate()], key: Minted::self_signed(GW1).key };

    assert_eq!(told(&company(&root), &minted), "bad_certificate");
    assert_eq!(
        reason(&company(&root), &minted),
        "CN=Company Root is a CA's own certificate, which stands for no peer: pin it with `um gateway set NAME --pin \
         FILE.pem`, or have a certificate issued that is no CA"
    );
}

#[test]
fn pinned_certificate_is_asked_neither_for_chain_nor_name_nor_purpose() {
    let ca =
        Minted::self_signed_with(|parameters| parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let signing = Minted::self_signed_with(for_purposes(vec![Purpose::CodeSigning]));
    let issued = Authority::root("Strange Root").issue("pbx.example.com");

    for minted in [ca, signing, issued, Minted::from_fixture(VERSION_1), Minted::from_fixture(SHA_1)] {
        assert_eq!(told(&pinning(&minted), &minted), "known gw1");
    }
}

#[test]
fn pinned_certificate_is_asked_for_its_dates() {
    let old = Minted::self_signed_with(expired);
    let young = Minted::self_signed_with(not_yet_valid);

    assert_eq!(told(&pinning(&old), &old), "certificate_expired");
    assert_eq!(told(&pinning(&young), &young), "certificate_expired");
}

#[test]
fn new_certificate_for_a_pinned_key_is_the_gateway() {
    let key = KeyPair::generate().unwrap();
    let old = Minted::self_signed_by(&key, expired);
    let new = Minted::self_signed_by(&key, |parameters| {
        parameters.subject_alt_names = vec![dns("new.example.com")]
    });
    let another = Minted::self_signed_with(expired);

    assert_eq!(told(&pinning(&old), &new), "known gw1");
    assert_eq!(told(&pinning(&another), &new), "unknown_ca");
}

#[test]
fn pin_goes_before_the_chain() {
    let root = Authority::root("Company Root");
    let minted = root.issue("gw2.example.com");
    let first = PeerPolicy { pins: vec![minted.pinned()], ..peer(1) };
    let policies = PeerPolicies::new(vec![first, peer(2)], vec![root.trusted()], Arc::default());

    assert_eq!(told(&policies, &minted), "known gw1");
}

#[test]
fn same_chain_is_nobody_any_more_once_trust_is_taken_away() {
    let root = Authority::root("Company Root");
    let minted = root.issue(GW1);

    assert_eq!(told(&company(&root), &minted), "known gw1");
    assert_eq!(told(&PeerPolicies::new(vec![peer(1)], Vec::new(), Arc::default()), &minted), "unknown_ca");
    let later = "2036-01-01T00:00:00Z".parse().unwrap();
    let verdict = company(&root).judge(&minted.chain, PeerSide::Client, later);
    assert!(
        matches!(verdict, Verdict::Refused(Refusal { alert: Alert::CertificateExpired, .. })),
        "{verdict:?}"
    );
}

#[test]
fn no_certificate_and_no_certificate_at_all_are_refused() {
    let policies = company(&Authority::root("Company Root"));
    let garbage = Minted { chain: vec![vec![0x30, 0x82, 1].into()], key: Minted::self_signed(GW1).key };
    let nothing = Minted { chain: Vec::new(), key: Minted::self_signed(GW1).key };

    assert_eq!(told(&policies, &garbage), "bad_certificate");
    assert_eq!(told(&policies, &nothing), "certificate_required");
}

#[test]
fn no_damage_to_a_certificate_makes_it_known_or_panics() {
    let root = Authority::root("Company Root");
    let minted = root.issue(GW1);
    let policies = company(&root);
    let judge = |der: Vec<u8>| policies.judge(&[der.into()], PeerSide::Client, now());

    for place in 0..minted.chain[0].len() {
        let whole = minted.chain[0].to_vec();
        let mut bent = whole.clone();
        bent[place] ^= 0x41;

        assert!(!matches!(judge(bent), Verdict::Known { .. }), "octet {place}");
        assert!(matches!(judge(whole[..place].to_vec()), Verdict::Refused(_)), "cut at {place}");
    }
}

#[test]
fn facts_say_what_openssl_says() {
    let facts = CertificateFacts::read(&Minted::from_fixture(VERSION_1).chain[0]).unwrap();

    assert_eq!(facts.subject, "CN=gw1.example.com");
    assert_eq!(facts.serial, "0536ea43c8bda823c6e211c8ee75a747c48d019d");
    assert_eq!(facts.sha1, "4f7fa0bd982eb51a0a30d5c790ccc582d9add49e");
    assert_eq!((facts.version, facts.is_ca, facts.self_signed), (1, false, true));
    assert_eq!(facts.not_before.to_string(), "2026-11-22T00:01:09Z");
    assert_eq!(facts.not_after.to_string(), "2126-10-29T00:01:09Z");
    assert_eq!(facts.key.to_string(), "EC 256");

    let facts = CertificateFacts::read(&Minted::from_fixture(SHA_1).chain[0]).unwrap();

    assert_eq!(facts.sha256, "ad241119b3b6786be293e989f394903f909602075d9e413a2902fe1a49c356de");
    assert_eq!(facts.dns_names, [GW1]);
    assert_eq!((facts.version, facts.is_ca), (3, true));
    assert_eq!(facts.key.to_string(), "RSA 2048");
}

#[test]
fn control_characters_of_a_subject_are_escaped_and_its_length_is_bounded() {
    let minted = Minted::self_signed_with(|p| p.distinguished_name = called("a\u{1b}[31m\r\nb\u{202e}"));
    let long = Minted::self_signed_with(|p| p.distinguished_name = called(&"x".repeat(40_000)));

    let facts = CertificateFacts::read(&minted.chain[0]).unwrap();
    let bounded = CertificateFacts::read(&long.chain[0]).unwrap();

    assert_eq!(facts.common_name.as_deref(), Some("a\\u{1b}[31m\\u{d}\\u{a}b\\u{202e}"));
    assert_eq!(bounded.subject.len(), 512);
}

#[test]
fn names_of_a_certificate_are_bounded() {
    let names = (0..257).map(|number| dns(&format!("gw{number}.example.com"))).collect();
    let minted = Minted::self_signed_with(|parameters| parameters.subject_alt_names = names);

    let facts = CertificateFacts::read(&minted.chain[0]).unwrap();

    assert_eq!(facts.dns_names.len(), 256);
    assert_eq!(facts.dns_names[255], "gw255.example.com");
}
