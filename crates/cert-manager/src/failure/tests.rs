use rcgen::{CertificateParams, ExtendedKeyUsagePurpose as Purpose};
use rustls::{AlertDescription, CertificateError, InvalidMessage, PeerIncompatible};

use super::*;
use crate::{
    crl::{RevocationList, RevocationLists},
    judge::PeerSide,
    mint::{Authority, Minted, dns, expired, not_yet_valid, now},
    policy::{PeerPolicies, PeerPolicy, RevocationDemand},
};

const GW1: &str = "gw1.example.com";

/// `gw1.example.com` under one company root.
fn company(root: &Authority) -> PeerPolicies {
    let peer = PeerPolicy { fqdn: Some(GW1.to_owned()), ..PeerPolicy::new("gw1") };
    PeerPolicies::new(vec![peer], vec![root.trusted()], Arc::default())
}

fn changed(change: impl FnOnce(&mut CertificateParams)) -> impl FnOnce(&mut CertificateParams) {
    |parameters| {
        parameters.subject_alt_names = vec![dns(GW1)];
        change(parameters);
    }
}

/// What a handshake with this verdict came to, on the side that accepts and on the side that connects.
fn both_sides(verdict: &Verdict) -> [Option<HandshakeFailure>; 2] {
    [verdict.clone(), verdict.clone().refused_unless_named()].map(|verdict| match &verdict {
        Verdict::Known { .. } => None,
        Verdict::Unnamed { .. } => HandshakeFailure::of_unnamed(&verdict),
        Verdict::Refused(refusal) => {
            let error = io::Error::other(refusal.alert.error());
            let cell = VerdictCell::default();
            cell.set(verdict);
            Some(explain_failure(&error, &cell))
        }
    })
}

#[test]
fn each_certificate_of_a_peer_that_is_refused_has_its_class_in_both_directions() {
    let root = Authority::root("Company Root");
    let policies = company(&root);
    let code_signing = changed(|parameters| parameters.extended_key_usages = vec![Purpose::CodeSigning]);
    let stranger = Authority::root("Strange Root").issue(GW1);
    let rows = [
        ("expired", root.issue_with(changed(expired)), "certificate_expired"),
        ("not-yet-valid", root.issue_with(changed(not_yet_valid)), "certificate_expired"),
        ("wrong-usage", root.issue_with(code_signing), "unsupported_certificate"),
        ("untrusted", stranger, "unknown_ca"),
        ("untrusted", Minted::self_signed(GW1), "unknown_ca"),
        ("untrusted", Authority::root("Company Root").issue(GW1), "bad_certificate"),
        ("no-certificate", Minted { chain: Vec::new(), ..Minted::self_signed(GW1) }, "certificate_required"),
    ];
    for (class, minted, alert) in rows {
        for failure in both_sides(&policies.judge(&minted.chain, PeerSide::Client, now())) {
            let failure = failure.unwrap();

            assert_eq!((failure.class.word(), failure.alert), (class, Some(alert)), "{failure:?}");
            assert_eq!(failure.closed_by, ClosedBy::Us);
            assert_eq!(failure.facts.is_some(), class != "no-certificate");
        }
    }
}

#[test]
fn revoked_certificate_and_a_list_that_must_be_asked_and_is_not_there_are_one_class_with_two_alerts() {
    let root = Authority::root("Company Root");
    let peer = PeerPolicy {
        fqdn: Some(GW1.to_owned()),
        revocation: RevocationDemand::Hard,
        ..PeerPolicy::new("gw1")
    };
    let judged = |lists: Vec<Arc<RevocationList>>| {
        let lists = Arc::new(RevocationLists::new(lists));
        let policies = PeerPolicies::new(vec![peer.clone()], vec![root.trusted()], lists);
        let seventh = root.issue_with(changed(|parameters| parameters.serial_number = Some(7_u64.into())));
        let [accepted, _] = both_sides(&policies.judge(&seventh.chain, PeerSide::Client, now()));
        accepted.map(|failure| (failure.class.word(), failure.alert))
    };

    assert_eq!(
        judged(vec![root.revocations(&[7], (2040, 1, 1))]),
        Some(("revoked", Some("certificate_revoked")))
    );
    assert_eq!(
        judged(vec![root.revocations(&[], (2029, 12, 31))]),
        Some(("revoked", Some("bad_certificate")))
    );
    assert_eq!(judged(Vec::new()), Some(("revoked", Some("bad_certificate"))));
    assert_eq!(judged(vec![root.revocations(&[], (2040, 1, 1))]), None);
}

#[test]
fn pinned_certificate_outside_of_its_life_says_on_which_side() {
    for (class, minted) in [
        ("expired", Minted::self_signed_with(changed(expired))),
        ("not-yet-valid", Minted::self_signed_with(changed(not_yet_valid))),
    ] {
        let peer = PeerPolicy { pins: vec![minted.pinned()], ..PeerPolicy::new("gw1") };
        let verdict = PeerPolicies::new(vec![peer], Vec::new(), Arc::default()).judge(
            &minted.chain,
            PeerSide::Client,
            now(),
        );

        for failure in both_sides(&verdict) {
            assert_eq!(failure.unwrap().class.word(), class);
        }
    }
}

#[test]
fn wrong_name_completes_a_handshake_that_we_accept_and_ends_one_that_we_make() {
    let root = Authority::root("Company Root");
    let verdict = company(&root).judge(&root.issue("pbx.example.com").chain, PeerSide::Client, now());

    let [accepted, connected] = both_sides(&verdict).map(Option::unwrap);

    assert_eq!((accepted.class.word(), accepted.alert), ("wrong-name", None));
    assert_eq!(
        accepted.reason,
        "certificate names pbx.example.com; this root is trusted for gw1.example.com"
    );
    assert_eq!((connected.class.word(), connected.alert), ("wrong-name", Some("bad_certificate")));
    assert_eq!(
        both_sides(&company(&root).judge(&root.issue(GW1).chain, PeerSide::Client, now())),
        [None, None]
    );
}

#[test]
fn each_alert_of_the_peer_has_its_class_and_its_name() {
    use AlertDescription as Received;
    let rows = [
        (Received::UnknownCA, "untrusted", "unknown_ca"),
        (Received::BadCertificate, "untrusted", "bad_certificate"),
        (Received::CertificateUnknown, "untrusted", "certificate_unknown"),
        (Received::AccessDenied, "untrusted", "access_denied"),
        (Received::DecryptError, "untrusted", "decrypt_error"),
        (Received::CertificateExpired, "expired", "certificate_expired"),
        (Received::CertificateRevoked, "revoked", "certificate_revoked"),
        (Received::UnsupportedCertificate, "wrong-usage", "unsupported_certificate"),
        (Received::UnrecognisedName, "wrong-name", "unrecognized_name"),
        (Received::CertificateRequired, "no-local-certificate", "certificate_required"),
        (Received::NoCertificate, "no-certificate", "no_certificate"),
        (Received::CloseNotify, "peer-disconnected", "close_notify"),
        (Received::UserCanceled, "peer-disconnected", "user_canceled"),
        (Received::ProtocolVersion, "negotiation-failed", "protocol_version"),
        (Received::HandshakeFailure, "negotiation-failed", "handshake_failure"),
        (Received::InternalError, "negotiation-failed", "internal_error"),
    ];
    for (alert, class, name) in rows {
        let error = io::Error::other(Error::AlertReceived(alert));

        let failure = explain_failure(&error, &VerdictCell::default());

        assert_eq!((failure.class.word(), failure.alert), (class, Some(name)));
        assert_eq!(failure.closed_by, ClosedBy::Peer);
        assert_eq!(explain_late_alert(&error), Some(failure));
    }
}

#[test]
fn each_error_without_verdict_or_alert_has_its_class_and_tells_who_closed() {
    let tls = |error: Error| io::Error::other(error);
    let ended = |kind: io::ErrorKind| io::Error::from(kind);
    let rows = [
        (tls(Error::NoCertificatesPresented), "no-certificate", "us"),
        (tls(Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon)), "negotiation-failed", "us"),
        (tls(Error::InvalidMessage(InvalidMessage::InvalidContentType)), "negotiation-failed", "us"),
        (tls(Error::InvalidCertificate(CertificateError::BadSignature)), "untrusted", "us"),
        (tls(Error::DecryptError), "negotiation-failed", "us"),
        (ended(io::ErrorKind::UnexpectedEof), "peer-disconnected", "peer"),
        (ended(io::ErrorKind::ConnectionReset), "peer-disconnected", "peer"),
        (ended(io::ErrorKind::TimedOut), "peer-disconnected", "us"),
    ];
    for (error, class, closed_by) in rows {
        let failure = explain_failure(&error, &VerdictCell::default());

        assert_eq!((failure.class.word(), failure.closed_by.word()), (class, closed_by), "{error}");
        assert_eq!(explain_late_alert(&error), None, "{error}");
    }
    let none = HandshakeFailure::no_local_certificate("owner hq has none");
    assert_eq!((none.class.word(), none.closed_by.word()), ("no-local-certificate", "us"));
}

#[test]
fn device_without_tls_is_told_of_https_and_not_of_sip() {
    let plain = io::Error::other(Error::InvalidMessage(InvalidMessage::InvalidContentType));
    let silent = io::Error::from(io::ErrorKind::TimedOut);

    let failure = explain_device_failure(&plain);

    assert_eq!(failure.class, FailureReason::NegotiationFailed);
    assert_eq!(
        failure.reason,
        "the device does not speak TLS: its profile rule is to begin with https://, and its settings are given to nobody \
         without"
    );
    assert!(
        explain_failure(&plain, &VerdictCell::default()).reason.ends_with("point clear SIP at port 5060")
    );
    assert_eq!(explain_device_failure(&silent), explain_failure(&silent, &VerdictCell::default()));
}

#[test]
fn words_of_the_classes_are_these_and_no_others() {
    assert_eq!(
        FailureReason::ALL.map(FailureReason::word),
        [
            "expired",
            "not-yet-valid",
            "wrong-name",
            "no-local-certificate",
            "wrong-usage",
            "revoked",
            "peer-disconnected",
            "negotiation-failed",
            "untrusted",
            "no-certificate"
        ]
    );
    assert_eq!(FailureReason::of_refusal(Alert::CertificateRevoked), FailureReason::Revoked);
}

#[test]
fn only_the_clear_alert_of_tls_1_2_without_certificate_is_amended() {
    assert_eq!(amended_alert(&[21, 3, 3, 0, 2, 2, 116]), Some([21, 3, 3, 0, 2, 2, 40]));
    assert_eq!(amended_alert(&[21, 3, 3, 0, 2, 2, 48]), None);
    assert_eq!(amended_alert(&[23, 3, 3, 0, 19, 2, 116]), None);
}

#[test]
fn alert_of_a_peer_that_does_not_trust_us_names_the_command_that_mends_it() {
    let error = io::Error::other(Error::AlertReceived(AlertDescription::UnknownCA));

    let failure = explain_failure(&error, &VerdictCell::default());

    assert_eq!(
        failure.reason,
        "the peer does not trust this server's certificate (alert UnknownCA): give it what `um cert export --to \
         FILE.pem` writes"
    );
    assert_eq!(failure.facts, None);
}

#[test]
fn connection_that_just_ends_is_told_as_such() {
    let error = io::Error::from(io::ErrorKind::UnexpectedEof);

    let failure = explain_failure(&error, &VerdictCell::default());

    assert_eq!(failure.reason, "the connection ended during the handshake: unexpected end of file");
}
