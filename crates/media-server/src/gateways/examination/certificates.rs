//! What is said of a certificate, ours or the gateway's.
use cert_manager::{Alert, CertificateFacts};
use dial_plan::IpGateway;
use jiff::Timestamp;

use super::{Diagnosis, Finding, NothingToShow};

/// A certificate that has fewer days left deserves a look.
const SOON: i64 = 30;
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
pub(super) fn missing(missing: &NothingToShow, gateway: &IpGateway) -> Finding {
    let owner =
        gateway.certificate_owner.as_ref().map(|owner| format!(" --owner {owner}")).unwrap_or_default();
    Finding::fault(
        Diagnosis::OwnMissing,
        format!("we show {} no certificate: {}", gateway.name, missing.reason),
        format!(
            "run `um cert explain --for {}`; `um cert import FILE{owner}` brings one",
            gateway.name.shell_word()
        ),
    )
}

/// The gateway's, which was taken.
pub(super) fn taken(chain: &[CertificateFacts], now: Timestamp) -> Option<Finding> {
    let facts = chain.first()?;
    let left = admin_api::days_left(facts.not_after, now);
    let issuers: Vec<&str> = chain.iter().map(|facts| facts.issuer.as_str()).collect();
    let what = format!(
        "it presents {} (names {}), issued by {}, {left} days left",
        facts.subject,
        facts.names().join(", "),
        issuers.join(", ")
    );
    Some(match left < SOON {
        true => Finding::attention(
            Diagnosis::PeerExpiresSoon,
            what,
            "renew it on the gateway, and trust the new one beside the old one before it is put in place"
                .to_owned(),
        ),
        false => Finding::fine(Diagnosis::PeerCertificate, what),
    })
}

/// The gateway's, which we refused: the alert and the dates tell why, `reason` is in words. `gateway` is a word of the
/// shell.
pub(super) fn refused(
    alert: Alert,
    reason: &str,
    facts: Option<&CertificateFacts>,
    gateway: &str,
    now: Timestamp,
) -> Finding {
    let subject = facts
        .map_or_else(|| "its certificate".to_owned(), |facts| format!("its certificate {}", facts.subject));
    let is_early = facts.is_some_and(|facts| now < facts.not_before);
    let (diagnosis, remedy) = match alert {
        Alert::CertificateExpired if is_early => (
            Diagnosis::PeerNotYetValid,
            "set the clock (NTP) of this machine and of the gateway, or have the certificate reissued"
                .to_owned(),
        ),
        Alert::CertificateExpired => (
            Diagnosis::PeerExpired,
            format!(
                "renew it on the gateway; if its issuer changes, `um gateway set {gateway} --trust FILE.pem`"
            ),
        ),
        Alert::UnknownCa => (
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
        Alert::BadCertificate => (
            Diagnosis::PeerWrongName,
            format!(
                "have it reissued with the gateway's FQDN in its SAN, or run `um gateway set {gateway} --address FQDN`"
            ),
        ),
        Alert::UnsupportedCertificate => (
            Diagnosis::PeerWrongUsage,
            "have it reissued with serverAuth and clientAuth in its extended key usage".to_owned(),
        ),
        Alert::CertificateRevoked => (
            Diagnosis::PeerRevoked,
            "give the gateway a new certificate: its CA has taken this one back".to_owned(),
        ),
        Alert::CertificateRequired => (
            Diagnosis::PeerWithoutCertificate,
            "give the gateway a certificate for its TLS listener".to_owned(),
        ),
    };
    Finding::fault(diagnosis, format!("we refuse {subject} ({alert}): {reason}"), remedy)
}

/// Without the extension a certificate may be used for everything.
fn allows(facts: &CertificateFacts, usage: &str) -> bool {
    facts.purposes.is_empty() || facts.purposes.iter().any(|purpose| purpose == usage)
}
