use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::mode::words;

/// As what a certificate is trusted for a gateway.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnchorKind {
    /// The certificate, or its key, stands for the gateway by itself.
    Pin,
    /// What it issues for the gateway's FQDN is trusted.
    Root,
}

words!(AnchorKind { Pin = "pin", Root = "root" });

/// A certificate that a gateway's TLS connections are judged by. Its PEM text is what counts; the rest is what it says,
/// kept for lists and for the rule that a pin belongs to one gateway.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TrustAnchor {
    /// As what it is trusted.
    pub kind: AnchorKind,
    /// SHA-256 of the certificate: 64 hexadecimal digits, lower case.
    pub sha256: String,
    /// SHA-256 of its public key, in the same form; every pin has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spki_sha256: Option<String>,
    /// Its subject.
    pub subject: String,
    /// When it expires.
    pub not_after: Timestamp,
    /// The certificate alone, at most 32 KiB.
    pub pem: String,
}

/// A change of a gateway's trust.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustChange {
    /// These beside those that are there; what is there already stays as it is.
    Add(Vec<TrustAnchor>),
    /// These and no others.
    Replace(Vec<TrustAnchor>),
    /// None of its own any more.
    Clear,
}

impl TrustAnchor {
    /// The longest PEM text, in bytes.
    pub const MAX_PEM: usize = 32 * 1024;

    /// Whether both are the same certificate in the same role.
    pub fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.sha256 == other.sha256
    }

    /// Whether both are pins and one certificate or key would stand for both.
    pub(crate) fn is_same_pin(&self, other: &Self) -> bool {
        let same_key = self.spki_sha256.is_some() && self.spki_sha256 == other.spki_sha256;
        self.kind == AnchorKind::Pin
            && other.kind == AnchorKind::Pin
            && (self.sha256 == other.sha256 || same_key)
    }

    /// What is wrong with it, in words.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let hashes = [Some(self.sha256.as_str()), self.spki_sha256.as_deref()];
        if let Some(fault) = hashes.into_iter().flatten().find_map(hash_fault) {
            return Some(fault);
        }
        if self.kind == AnchorKind::Pin && self.spki_sha256.is_none() {
            return Some("a pin needs spki_sha256, the SHA-256 of its public key");
        }
        pem_fault(&self.pem)
    }
}

impl fmt::Display for TrustAnchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.kind, self.sha256, self.subject)
    }
}

impl TrustChange {
    /// The trust after the change.
    pub(crate) fn applied(&self, trust: &[TrustAnchor]) -> Vec<TrustAnchor> {
        let (kept, given) = match self {
            Self::Add(given) => (trust, given.as_slice()),
            Self::Replace(given) => ([].as_slice(), given.as_slice()),
            Self::Clear => return Vec::new(),
        };
        let mut trust = kept.to_vec();
        for anchor in given {
            if !trust.iter().any(|known| known.is_same(anchor)) {
                trust.push(anchor.clone());
            }
        }
        trust
    }
}

/// What is wrong with a SHA-256 in text form.
pub(crate) fn hash_fault(text: &str) -> Option<&'static str> {
    let is_digit = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    let fits = text.len() == HASH_DIGITS && text.bytes().all(is_digit);
    (!fits).then_some("a SHA-256 is 64 hexadecimal digits in lower case")
}

/// What is wrong with the text of one certificate.
pub(crate) fn pem_fault(text: &str) -> Option<&'static str> {
    let pem = text.trim();
    let fits = text.len() <= TrustAnchor::MAX_PEM
        && pem.starts_with("-----BEGIN CERTIFICATE-----")
        && pem.ends_with("-----END CERTIFICATE-----");
    (!fits).then_some("pem is one certificate in PEM form, at most 32 KiB")
}

const HASH_DIGITS: usize = 64;

#[cfg(test)]
mod tests;
