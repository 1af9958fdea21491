use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a certificate says.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CertificateRow {
    /// The subject, `CN=um.example.com`.
    pub subject: String,
    /// The names in it: DNS names, IP addresses, URIs.
    pub names: Vec<String>,
    /// The issuer.
    pub issuer: String,
    /// Issuer and subject are the same.
    pub self_signed: bool,
    /// The serial number, in hex.
    pub serial: String,
    /// From when on it is valid.
    pub not_before: Timestamp,
    /// When it expires.
    pub not_after: Timestamp,
    /// The key, `RSA 2048`.
    pub key: String,
    /// What it may be used for, `serverAuth, clientAuth`; empty if it does not say.
    pub usages: Vec<String>,
    /// SHA-1 of it, in hex: the thumbprint of Windows and Exchange.
    pub sha1: String,
    /// SHA-256 of it, in hex.
    pub sha256: String,
}

/// `GET /v1/certificates/presented`: what this server shows to its peers, and why.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PresentedCertificate {
    /// The certificate.
    pub certificate: CertificateRow,
    /// Why this one.
    pub why: String,
    /// What was said of each certificate of the store, in the order of choice.
    pub candidates: Vec<CertificateCandidate>,
    /// It and its chain in PEM; never a key.
    pub pem: String,
}

/// `GET /v1/certificates`: an entry of the certificate store, and what was said of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CertificateCandidate {
    /// The certificate; `None` if the entry cannot be read.
    pub certificate: Option<CertificateRow>,
    /// The entry: its thumbprint, or its file where it cannot be read.
    pub entry: String,
    /// This is the one that peers are shown.
    pub presented: bool,
    /// `active`, `inactive`, `waiting` (a successor until its predecessor ends), or `key` (one that waits for its
    /// certificate).
    pub state: String,
    /// Whose it is; `None` for this server's own.
    #[serde(default)]
    pub owner: Option<String>,
    /// It goes before all others, by `um cert use`.
    #[serde(default)]
    pub preferred: bool,
    /// Why it was chosen or passed over.
    pub verdict: String,
}

/// `GET /v1/certificates/explain`: which certificate somebody is shown, and what was said of each.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CertificateExplanation {
    /// For whom, and by which rule.
    pub rule: String,
    /// Every certificate that was asked, in the order of choice.
    pub candidates: Vec<CertificateCandidate>,
    /// Why what is said here is not in force.
    #[serde(default)]
    pub held: Option<String>,
}

/// `GET /v1/certificates/THUMBPRINT`: one certificate of the store.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CertificateDetails {
    /// It, and what was said of it.
    #[serde(flatten)]
    pub candidate: CertificateCandidate,
    /// It and its chain in PEM; never a key.
    pub pem: String,
}

/// The certificate in short, for the status.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CertificateFacts {
    /// The subject.
    pub subject: String,
    /// SHA-1 of it, in hex: the thumbprint of Windows and Exchange.
    pub sha1: String,
    /// When it expires.
    pub not_after: Timestamp,
    /// Whole days until then; negative once it has expired.
    pub days_left: i64,
}

impl CertificateFacts {
    /// The short form of `certificate` at the time `now`.
    pub fn new(certificate: &CertificateRow, now: Timestamp) -> Self {
        Self {
            subject: certificate.subject.clone(),
            sha1: certificate.sha1.clone(),
            not_after: certificate.not_after,
            days_left: days_left(certificate.not_after, now),
        }
    }
}

/// Whole days until `not_after`; negative once it has passed.
pub fn days_left(not_after: Timestamp, now: Timestamp) -> i64 {
    not_after.duration_since(now).as_secs().div_euclid(SECONDS_A_DAY)
}

const SECONDS_A_DAY: i64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(not_after: &str) -> CertificateRow {
        CertificateRow {
            subject: "CN=um.example.com".to_owned(),
            names: vec!["um.example.com".to_owned()],
            issuer: "CN=um.example.com".to_owned(),
            self_signed: true,
            serial: "0a1b".to_owned(),
            not_before: Timestamp::UNIX_EPOCH,
            not_after: not_after.parse().unwrap(),
            key: "RSA 2048".to_owned(),
            usages: Vec::new(),
            sha1: "00".repeat(20),
            sha256: "00".repeat(32),
        }
    }

    #[test]
    fn days_left_are_whole_and_negative_from_the_moment_of_expiry() {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let left = |not_after: &str| CertificateFacts::new(&certificate(not_after), now).days_left;

        assert_eq!(left("2026-12-21T11:59:59Z"), 29);
        assert_eq!(left("2026-11-21T12:00:01Z"), 0);
        assert_eq!(left("2026-11-21T11:59:59Z"), -1);
    }
}
