#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::sync::Arc;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;

use crate::{facts::CertificateFacts, name_rule::CommonName, pem, policy::Root};

/// Bytes of a `--trust` file.
const MAX_BYTES: usize = 256 * 1024;
/// Certificates in a `--trust` file.
const MAX_CERTIFICATES: usize = 64;
/// Below this an RSA key cannot be verified by the cryptographic library.
const MIN_RSA_BITS: usize = 2048;

/// A certificate that was found fit to be trusted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustEntry {
    /// As what.
    pub kind: TrustKind,
    /// What it says, its hashes among it.
    pub facts: Arc<CertificateFacts>,
    /// The certificate alone in PEM form.
    pub pem: String,
}

/// As what a certificate is trusted.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum TrustKind {
    /// It stands for the gateway by itself; chain, name and purpose are not asked.
    Pin,
    /// Certificates that it issues for the gateway's FQDN are trusted.
    Root,
}

/// How a `--trust` file is to be read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum TrustHow {
    /// Self-signed and naming the gateway: a pin. Other CA certificates: roots. Anything else is refused.
    #[default]
    Auto,
    /// `--pin`: every certificate is a pin.
    Pin,
    /// `--root`: every certificate is a root.
    Root,
}

/// Why a `--trust` file is refused; nothing of it is taken then.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TrustRefusal {
    /// Not PEM, or without certificate.
    #[error("{detail}: give a file with certificates in PEM form")]
    NoCertificate {
        /// What was found instead.
        detail: String,
    },
    /// More than a trust file may hold.
    #[error("the file is longer than {MAX_BYTES} bytes or holds more than {MAX_CERTIFICATES} certificates")]
    TooLong,
    /// Outside of its life.
    #[error("the certificate {subject} expired on {not_after}: take the gateway's new one")]
    Expired {
        /// Its subject.
        subject: String,
        /// The last moment of its life.
        not_after: Timestamp,
    },
    /// A key that no handshake can use.
    #[error(
        "the certificate {subject} has a key of RSA {bits}, the least is RSA {MIN_RSA_BITS}: give the gateway a new key"
    )]
    WeakKey {
        /// Its subject.
        subject: String,
        /// Its size.
        bits: usize,
    },
    /// Issued by a CA, and no CA itself.
    #[error(
        "the certificate {subject} was issued by {issuer} and is no CA: give the certificate of the root CA, or pin \
         this one with --pin"
    )]
    Issued {
        /// Its subject.
        subject: String,
        /// Its issuer.
        issuer: String,
    },
    /// Self-signed for somebody else.
    #[error(
        "the self-signed certificate {subject} names {names}, not the gateway's address {gateway}: give the gateway \
         that name as its address, or pin it all the same with --pin"
    )]
    NamesAnother {
        /// Its subject.
        subject: String,
        /// The names in it.
        names: String,
        /// What the gateway is called.
        gateway: String,
    },
    /// `--root` with a certificate that may not issue.
    #[error(
        "the certificate {subject} is no CA certificate, so nothing can be issued under it: pin it with --pin"
    )]
    NoCa {
        /// Its subject.
        subject: String,
    },
}

/// Reads a `--trust` file for the gateway whose address (FQDN or IP) is `gateway`.
///
/// # Errors
/// [`TrustRefusal`]: the first certificate that cannot be trusted, in words.
pub fn read_trust(
    text: &str,
    how: TrustHow,
    gateway: &str,
    now: Timestamp,
) -> Result<Vec<TrustEntry>, TrustRefusal> {
    if text.len() > MAX_BYTES {
        return Err(TrustRefusal::TooLong);
    }
    let certificates = pem::certificates(text).map_err(|detail| TrustRefusal::NoCertificate { detail })?;
    if certificates.is_empty() {
        return Err(TrustRefusal::NoCertificate { detail: "there is no certificate in it".to_owned() });
    }
    if certificates.len() > MAX_CERTIFICATES {
        return Err(TrustRefusal::TooLong);
    }
    let mut entries: Vec<TrustEntry> = Vec::new();
    for der in &certificates {
        let entry = read_one(der, how, gateway, now)?;
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    Ok(entries)
}

fn read_one(
    der: &CertificateDer<'_>,
    how: TrustHow,
    gateway: &str,
    now: Timestamp,
) -> Result<TrustEntry, TrustRefusal> {
    let no_certificate = |detail| TrustRefusal::NoCertificate { detail };
    let facts = CertificateFacts::read(der).map_err(|error| no_certificate(error.detail))?;
    let subject = facts.subject.clone();
    if now > facts.not_after {
        return Err(TrustRefusal::Expired { subject, not_after: facts.not_after });
    }
    if facts.key.algorithm == "RSA" && facts.key.bits < MIN_RSA_BITS {
        return Err(TrustRefusal::WeakKey { subject, bits: facts.key.bits });
    }
    let kind = match how {
        TrustHow::Auto => sort(&facts, gateway)?,
        TrustHow::Pin => TrustKind::Pin,
        // A root of version 1 cannot say that it is one; here its owner does.
        TrustHow::Root if facts.is_ca || (facts.version < 3 && facts.self_signed) => TrustKind::Root,
        TrustHow::Root => return Err(TrustRefusal::NoCa { subject }),
    };
    let pem = pem::certificate_text(der);
    if kind == TrustKind::Root {
        Root::from_pem(&pem).map_err(|error| no_certificate(error.detail))?;
    }
    Ok(TrustEntry { kind, facts: Arc::new(facts), pem })
}

fn sort(facts: &CertificateFacts, gateway: &str) -> Result<TrustKind, TrustRefusal> {
    let subject = facts.subject.clone();
    if facts.self_signed && names(facts, gateway) {
        return Ok(TrustKind::Pin);
    }
    if facts.is_ca {
        return Ok(TrustKind::Root);
    }
    if facts.self_signed {
        let names = facts.names().join(", ");
        return Err(TrustRefusal::NamesAnother { subject, names, gateway: gateway.to_owned() });
    }
    Err(TrustRefusal::Issued { subject, issuer: facts.issuer.clone() })
}

/// A pin's name is not asked in handshakes, so its CN counts here as well, and an address of a gateway without FQDN.
fn names(facts: &CertificateFacts, gateway: &str) -> bool {
    match gateway.parse() {
        Ok(address) => facts.addresses.contains(&address) || facts.common_name.as_deref() == Some(gateway),
        Err(_) => {
            facts.names_peer(gateway, CommonName::Counts)
                || facts.dns_names.iter().any(|n| n.eq_ignore_ascii_case(gateway))
        }
    }
}

#[cfg(test)]
mod tests;
