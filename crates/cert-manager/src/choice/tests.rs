use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, date_time_ymd};

use super::*;
use crate::{
    identity::IdentityError,
    mint::{Authority, Minted, RSA_1024, dns, expired, not_yet_valid, now},
    pem,
};

const FQDN: &str = "um.example.com";

fn candidate(minted: &Minted) -> Candidate {
    let facts = Arc::new(CertificateFacts::read(&minted.chain[0]).unwrap());
    let identity = Identity::new(minted.chain.clone(), minted.key.clone_key()).map(Arc::new);
    Candidate { file: "test.pem".into(), facts, identity }
}

fn until(year: i32) -> impl FnOnce(&mut CertificateParams) {
    move |parameters| {
        parameters.subject_alt_names = vec![dns(FQDN)];
        parameters.not_after = date_time_ymd(year, 1, 1);
    }
}

fn why(candidate: Candidate) -> String {
    let choice = choose(&[candidate], FQDN, now());
    assert!(choice.chosen.is_none());
    choice.explanation[0].standing.to_string()
}

#[test]
fn issued_one_is_chosen_before_self_signed_and_then_the_one_that_lives_longest() {
    let root = Authority::root("Company Root");
    let candidates = [
        candidate(&Minted::self_signed_with(until(2040))),
        candidate(&root.issue_with(until(2031))),
        candidate(&root.issue_with(until(2032))),
        candidate(&Minted::self_signed_with(until(2039))),
    ];

    let choice = choose(&candidates, FQDN, now());

    assert_eq!(choice.chosen.unwrap().facts().sha256, candidates[2].facts.sha256);
    let words: Vec<String> = choice.explanation.iter().map(|line| line.standing.to_string()).collect();
    assert_eq!(
        words,
        [
            "chosen: issued by a CA, valid until 2032-01-01T00:00:00Z",
            "not needed: it is issued by a CA as well and ends before the chosen one, on 2031-01-01T00:00:00Z",
            "not needed: it is self-signed, the chosen one was issued by a CA",
            "not needed: it is self-signed, the chosen one was issued by a CA",
        ]
    );
    assert_eq!(choice.explanation[2].facts.sha256, candidates[0].facts.sha256);
}

#[test]
fn choice_among_equals_does_not_depend_on_their_order() {
    let first = candidate(&Minted::self_signed_with(until(2040)));
    let second = candidate(&Minted::self_signed_with(until(2040)));

    let one = choose(&[first.clone(), second.clone()], FQDN, now()).chosen.unwrap();
    let other = choose(&[second, first], FQDN, now()).chosen.unwrap();

    assert_eq!(one.facts().sha256, other.facts().sha256);
}

#[test]
fn candidates_that_will_not_do_are_passed_over_with_the_reason() {
    let named = |change: fn(&mut CertificateParams)| {
        candidate(&Minted::self_signed_with(|parameters| {
            parameters.subject_alt_names = vec![dns(FQDN)];
            change(parameters);
        }))
    };
    let weak = pem::certificates(RSA_1024).unwrap();
    let facts = Arc::new(CertificateFacts::read(&weak[0]).unwrap());
    let weak = Candidate { file: "weak.pem".into(), facts, identity: Err(IdentityError::NoKey) };

    assert_eq!(
        why(named(expired)),
        "passed over: the certificate CN=a gateway expired on 2029-12-31T00:00:00Z: renew it at the peer"
    );
    assert_eq!(
        why(named(not_yet_valid)),
        "passed over: the certificate CN=a gateway is not valid before 2030-01-02T00:00:00Z: check the clocks of both sides"
    );
    assert_eq!(
        why(candidate(&Minted::self_signed("*.example.com"))),
        "passed over: it names *.example.com, not um.example.com (SIP takes no wildcards, RFC 5922 7.2): have it issued \
         for um.example.com"
    );
    assert_eq!(
        why(named(|p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth])),
        "passed over: it is made for clientAuth, not for TLS servers"
    );
    assert_eq!(
        why(Candidate { identity: Err(IdentityError::NoKey), ..named(|_| {}) }),
        "passed over: there is no private key to it: put the key beside it, in PEM form and without password"
    );
    let choice = choose(&[weak], "gw1.example.com", now());
    assert_eq!(
        choice.explanation[0].standing.to_string(),
        "passed over: its key is RSA 1024, the least is RSA 2048"
    );
}

#[test]
fn server_purpose_alone_will_do_with_a_word_about_it() {
    let minted = Minted::self_signed_with(|parameters| {
        until(2040)(parameters);
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    });

    let choice = choose(&[candidate(&minted)], FQDN, now());

    assert_eq!(
        choice.explanation[0].standing.to_string(),
        "chosen: self-signed, valid until 2040-01-01T00:00:00Z; it is not made for clientAuth: a gateway that asks for \
         it will refuse our connections"
    );
}

#[test]
fn common_name_is_enough_where_there_is_no_other_name() {
    let minted = Minted::self_signed_with(|p| p.distinguished_name.push(DnType::CommonName, FQDN));

    assert!(choose(&[candidate(&minted)], FQDN, now()).chosen.is_some());
    assert!(choose(&[], FQDN, now()).chosen.is_none());
}
