//! Certificates as they are shown to people.
use admin_api::{CertificateCandidate, CertificateExplanation, CertificateRow, PresentedCertificate};

use crate::client::{Client, path, query};
use crate::failure::Failure;
use crate::report::{Format, date, or_hyphen, yes_no};

pub(super) async fn list(client: &Client, format: Format) -> Result<(), Failure> {
    let candidates: Vec<CertificateCandidate> = client.get(&path(&["certificates"])).await?;
    format.list(
        &candidates,
        ["THUMBPRINT", "SUBJECT", "EXPIRES", "STATE", "OWNER", "SHOWN", "VERDICT"],
        |one| {
            let certificate = one.certificate.as_ref();
            [
                short(one),
                or_hyphen(certificate.map(|certificate| certificate.subject.as_str())),
                or_hyphen(certificate.map(|certificate| date(certificate.not_after)).as_deref()),
                one.state.clone(),
                or_hyphen(one.owner.as_deref()),
                yes_no(one.presented),
                one.verdict.clone(),
            ]
        },
    )
}

pub(super) async fn explain(client: &Client, gateway: Option<String>, format: Format) -> Result<(), Failure> {
    let asked = query(&path(&["certificates", "explain"]), &[("gateway", gateway)]);
    let explanation: CertificateExplanation = client.get(&asked).await?;
    format.facts(&explanation, |explanation| {
        let mut facts = vec![("rule", explanation.rule.clone())];
        facts.extend(explanation.held.iter().map(|held| ("not in force", held.clone())));
        facts.extend(
            explanation
                .candidates
                .iter()
                .map(|one| ("certificate", format!("{}  {}", short(one), one.verdict))),
        );
        facts
    })
}

/// The first digits of the thumbprint; of what is no certificate, its file, which is named by digits too unless somebody
/// else has put it there.
fn short(one: &CertificateCandidate) -> String {
    match &one.certificate {
        Some(certificate) => certificate.sha256.chars().take(SHORT).collect(),
        None if one.entry.chars().count() > LONGEST_FILE => one.entry.chars().take(SHORT).collect(),
        None => one.entry.clone(),
    }
}

pub(super) fn facts(presented: &PresentedCertificate) -> Vec<(&'static str, String)> {
    let mut facts = certificate_facts(&presented.certificate);
    facts.push(("shown because", presented.why.clone()));
    for candidate in presented.candidates.iter().filter(|candidate| !candidate.presented) {
        facts.push(("passed over", format!("{}: {}", candidate.entry, candidate.verdict)));
    }
    facts
}

pub(super) fn candidate_facts(candidate: &CertificateCandidate) -> Vec<(&'static str, String)> {
    let mut facts = candidate.certificate.as_ref().map(certificate_facts).unwrap_or_default();
    facts.push(("state", candidate.state.clone()));
    facts.push(("owner", or_hyphen(candidate.owner.as_deref())));
    facts.push(("preferred", yes_no(candidate.preferred)));
    facts.push(("shown", yes_no(candidate.presented)));
    facts.push(("verdict", candidate.verdict.clone()));
    facts
}

pub(crate) fn certificate_facts(certificate: &CertificateRow) -> Vec<(&'static str, String)> {
    vec![
        ("subject", certificate.subject.clone()),
        ("names", or_hyphen(Some(&certificate.names.join(", ")))),
        ("issuer", certificate.issuer.clone()),
        ("self-signed", yes_no(certificate.self_signed)),
        ("serial number", certificate.serial.clone()),
        ("valid from", date(certificate.not_before)),
        ("expires", date(certificate.not_after)),
        ("key", certificate.key.clone()),
        ("usages", or_hyphen(Some(&certificate.usages.join(", ")))),
        ("sha1 thumbprint", certificate.sha1.clone()),
        ("sha256 thumbprint", certificate.sha256.clone()),
    ]
}

/// A file with a longer name is named by the digits of its key.
const LONGEST_FILE: usize = 40;
/// Digits of a thumbprint in a table: enough for every command.
const SHORT: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificate_is_told_with_the_reason_for_it_and_against_the_others() {
        let candidate = |entry: &str, presented, verdict: &str| CertificateCandidate {
            certificate: None,
            entry: entry.to_owned(),
            presented,
            state: "active".to_owned(),
            owner: None,
            preferred: false,
            verdict: verdict.to_owned(),
        };
        let presented = PresentedCertificate {
            certificate: CertificateRow {
                subject: "CN=um.example.com".to_owned(),
                names: vec!["um.example.com".to_owned(), "192.0.2.5".to_owned()],
                issuer: "CN=Example CA".to_owned(),
                self_signed: false,
                serial: "0a1b".to_owned(),
                not_before: "2026-11-21T00:00:00Z".parse().unwrap(),
                not_after: "2027-11-21T00:00:00Z".parse().unwrap(),
                key: "RSA 2048".to_owned(),
                usages: vec!["serverAuth".to_owned()],
                sha1: "aa".to_owned(),
                sha256: "bb".to_owned(),
            },
            why: "the longest life".to_owned(),
            candidates: vec![candidate("aa", true, "chosen"), candidate("cc", false, "expired")],
            pem: String::new(),
        };

        let facts = facts(&presented);

        assert!(facts.contains(&("names", "um.example.com, 192.0.2.5".to_owned())), "{facts:?}");
        assert!(facts.contains(&("expires", "2027-11-21 00:00:00Z".to_owned())), "{facts:?}");
        assert!(facts.contains(&("shown because", "the longest life".to_owned())), "{facts:?}");
        assert_eq!(facts.last(), Some(&("passed over", "cc: expired".to_owned())));
    }
}
