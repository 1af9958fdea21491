//! What is said of a certificate, ours or the gateway's.
use cert_manager::{Alert, CertificateFacts, FailureReason};
use dial_plan::{AnchorKind, IpGateway, TlsVerify};
use jiff::{SignedDuration, Timestamp};

use super::{Diagnosis, Finding, GatewayFacts, RefusedByUs};

/// A certificate that has fewer days left deserves a look.
const SOON: i64 = 30;
/// Clocks that go wrong by more are seen at once: time zones end here.
const CLOCKS_GO_WRONG_BY: SignedDuration = SignedDuration::from_hours(24);
/// A certificate that ended longer ago did not end by a wrong clock.
const A_MOMENT_AGO: SignedDuration = SignedDuration::from_hours(1);
/// What a certificate must be made for, by the names of its extension.
const SERVER: &str = "serverAuth";
const CLIENT: &str = "clientAuth";

/// Our own: a gateway that checks as we do would refuse it for the same reasons.
pub(super) fn own(facts: &CertificateFacts, name: Option<&str>, now: Timestamp) -> Finding {
    let subject = &facts.subject;
    let renew =
        "make or import another one: `um cert` tells how, `um cert show` which one is presented".to_owned();
    if now > facts.not_after {
        let what = format!("our certificate {subject} expired on {}", facts.not_after);
        return Finding::fault(Diagnosis::OwnExpired, what, renew);
    }
    if now < facts.not_before {
        let what =
            format!("our certificate {subject} is valid only from {}, and now it is {now}", facts.not_before);
        let remedy = "set this machine's clock (NTP), or present another certificate".to_owned();
        return Finding::fault(Diagnosis::OwnNotYetValid, what, remedy);
    }
    let misses = |name: &&str| !facts.dns_names.iter().any(|dns| dns.eq_ignore_ascii_case(name));
    if let Some(name) = name.filter(misses) {
        let names = facts.names().join(", ");
        let what = format!("our certificate {subject} names {names}, and this server is {name}");
        return Finding::fault(Diagnosis::OwnWrongName, what, renew);
    }
    let lacks: Vec<&str> = [SERVER, CLIENT].into_iter().filter(|usage| !allows(facts, usage)).collect();
    if !lacks.is_empty() {
        let what = format!(
            "our certificate {subject} lacks {}: gateways refuse it in one direction",
            lacks.join(" and ")
        );
        return Finding::fault(Diagnosis::OwnWrongUsage, what, renew);
    }
    let left = admin_api::days_left(facts.not_after, now);
    let what = format!("we present {subject}, issued by {}, {left} days left", facts.issuer);
    match left < SOON {
        true => Finding::attention(Diagnosis::OwnCertificate, what, renew),
        false => Finding::fine(Diagnosis::OwnCertificate, what),
    }
}

/// TLS with the gateway is refused on our side, before anybody is asked.
pub(super) fn missing(reason: &str, gateway: &IpGateway) -> Finding {
    let explain = format!("run `um cert explain --for {}`", gateway.name.shell_word());
    Finding::fault(
        Diagnosis::OwnMissing,
        format!("we have no certificate to show to {}: {reason}", gateway.name),
        match &gateway.certificate_owner {
            Some(owner) => format!("{explain}, then `um cert import FILE --owner {owner}`"),
            None => format!("{explain}, then `um cert import FILE` or `um cert generate`"),
        },
    )
}

/// The gateway's, which was taken.
pub(super) fn taken(facts: &GatewayFacts, chain: &[CertificateFacts]) -> Vec<Finding> {
    let Some(own) = chain.first() else { return Vec::new() };
    let left = admin_api::days_left(own.not_after, facts.now);
    let issuers: Vec<&str> = chain.iter().map(|facts| facts.issuer.as_str()).collect();
    let what = format!(
        "it presents {} (names {}), issued by {}, {left} days left",
        own.subject,
        own.names().join(", "),
        issuers.join(", ")
    );
    let found = match left < SOON {
        true => Finding::attention(
            Diagnosis::PeerExpiresSoon,
            what,
            "renew it on the gateway, and trust the new one beside the old one before it is put in place"
                .to_owned(),
        ),
        false => Finding::fine(Diagnosis::PeerCertificate, what),
    };
    std::iter::once(found).chain(serves_only(&facts.gateway, own)).collect()
}

/// A certificate for servers alone is taken where we connect; where the gateway calls us with it, it is not.
fn serves_only(gateway: &IpGateway, facts: &CertificateFacts) -> Option<Finding> {
    let pins = gateway.trust.iter().filter(|anchor| anchor.kind == AnchorKind::Pin);
    let is_pinned = pins.into_iter().any(|pin| {
        pin.sha256 == facts.sha256 || pin.spki_sha256.as_deref() == Some(facts.spki_sha256.as_str())
    });
    if allows(facts, CLIENT) || is_pinned || gateway.accept_server_eku {
        return None;
    }
    let what = format!(
        "{} is made for {} only: its calls are refused if it shows the same certificate there, as most do",
        facts.subject,
        facts.purposes.join(", ")
    );
    let remedy = format!(
        "have it issued for clientAuth too (`um ca issue` does), or run `um gateway set {} --accept-server-eku`",
        gateway.name.shell_word()
    );
    Some(match gateway.tls_verify {
        TlsVerify::Required => Finding::fault(Diagnosis::PeerServesOnly, what, remedy),
        TlsVerify::Observe => Finding::attention(Diagnosis::PeerServesOnly, what, remedy),
    })
}

/// The gateway's, which we refused: class, alert and dates tell why. `gateway` is a word of the shell.
pub(super) fn refused(refused: &RefusedByUs, gateway: &str, now: Timestamp) -> Finding {
    let facts = refused.certificate.as_deref();
    let subject = facts
        .map_or_else(|| "its certificate".to_owned(), |facts| format!("its certificate {}", facts.subject));
    let what = format!("we refuse {subject} ({}): {}", refused.alert, refused.reason);
    let (diagnosis, remedy) = match (refused.class, refused.alert) {
        (FailureReason::NotYetValid, _) => not_yet_valid(facts, now),
        (FailureReason::Expired, _) => expired(facts, gateway, now),
        (FailureReason::Untrusted, Alert::UnknownCa) => (
            Diagnosis::PeerUntrusted,
            match facts.filter(|facts| facts.self_signed && facts.is_current(now)) {
                Some(CertificateFacts { sha1, .. }) => format!(
                    "if that is the thumbprint that the gateway shows, run `um gateway approve {gateway} {sha1}`"
                ),
                None => format!(
                    "if it is the right one, run `um gateway set {gateway} --trust FILE.pem` with it or with its CA"
                ),
            },
        ),
        (FailureReason::WrongName, _) => (
            Diagnosis::PeerWrongName,
            format!(
                "have it reissued with the gateway's FQDN in its SAN, or run `um gateway set {gateway} --address FQDN`"
            ),
        ),
        (FailureReason::WrongUsage, _) => (
            Diagnosis::PeerWrongUsage,
            "have it reissued with serverAuth and clientAuth in its extended key usage".to_owned(),
        ),
        (FailureReason::Revoked, Alert::CertificateRevoked) => (
            Diagnosis::PeerRevoked,
            "give the gateway a new certificate: its CA has taken this one back".to_owned(),
        ),
        (FailureReason::Revoked, _) => (
            Diagnosis::PeerListMissing,
            format!(
                "run `um trust crl ROOT --from FILE|URL` with the CA's newest list (`um trust list` names ROOT), or `um \
                 gateway set {gateway} --crl soft`"
            ),
        ),
        (FailureReason::NoCertificate, _) => (
            Diagnosis::PeerWithoutCertificate,
            "give the gateway a certificate for its TLS listener".to_owned(),
        ),
        (
            FailureReason::Untrusted
            | FailureReason::NoLocalCertificate
            | FailureReason::PeerDisconnected
            | FailureReason::NegotiationFailed,
            _,
        ) => (
            Diagnosis::PeerUnfit,
            format!(
                "have it issued anew by its CA, or pin it as it is with `um gateway set {gateway} --pin FILE.pem`"
            ),
        ),
    };
    Finding::fault(diagnosis, what, remedy)
}

/// Nobody issues a certificate for tomorrow: where its life begins within a day, a clock is wrong.
fn not_yet_valid(facts: Option<&CertificateFacts>, now: Timestamp) -> (Diagnosis, String) {
    let ahead = facts.map(|facts| facts.not_before.duration_since(now));
    match ahead {
        Some(ahead) if ahead <= CLOCKS_GO_WRONG_BY => (
            Diagnosis::Clock,
            format!(
                "it is valid in {} s from now, so a clock is wrong, ours or that of its CA: set this machine's by NTP, \
                 and have the certificate reissued if ours was right",
                ahead.as_secs()
            ),
        ),
        Some(_) | None => (
            Diagnosis::PeerNotYetValid,
            "set the clock (NTP) of this machine and of the gateway, or have the certificate reissued"
                .to_owned(),
        ),
    }
}

fn expired(facts: Option<&CertificateFacts>, gateway: &str, now: Timestamp) -> (Diagnosis, String) {
    let renew = format!(
        "renew it on the gateway; if its issuer changes, `um gateway set {gateway} --trust FILE.pem`"
    );
    let behind = facts.map(|facts| now.duration_since(facts.not_after)).filter(SignedDuration::is_positive);
    match behind {
        Some(behind) if behind <= A_MOMENT_AGO => (
            Diagnosis::PeerJustExpired,
            format!(
                "it ended {} s ago by our clock, which may be ahead: look at NTP; else {renew}",
                behind.as_secs()
            ),
        ),
        Some(_) | None => (Diagnosis::PeerExpired, renew),
    }
}

/// Without the extension a certificate may be used for everything.
fn allows(facts: &CertificateFacts, usage: &str) -> bool {
    facts.purposes.is_empty() || facts.purposes.iter().any(|purpose| purpose == usage || purpose == "any")
}
