#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{fmt, net::IpAddr};

use jiff::Timestamp;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, prelude::FromDer, public_key::PublicKey,
    time::ASN1Time, x509::X509Name,
};

/// Characters of a name that are kept.
const MAX_NAME: usize = 512;
/// Names of one kind that are kept.
const MAX_NAMES: usize = 256;

/// What a certificate says of itself. Its texts are the peer's words with every control character escaped, at most 512
/// characters each; hexadecimal is lower case without separators.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateFacts {
    /// The whole subject.
    pub subject: String,
    /// Its CN, if there is exactly one.
    pub common_name: Option<String>,
    /// The whole issuer.
    pub issuer: String,
    /// The serial number in hexadecimal.
    pub serial: String,
    /// The first moment of its life.
    pub not_before: Timestamp,
    /// The last moment of its life.
    pub not_after: Timestamp,
    /// SAN of type DNS, at most 256.
    pub dns_names: Vec<String>,
    /// SAN of type URI, at most 256.
    pub uris: Vec<String>,
    /// SAN of type IP, at most 256.
    pub addresses: Vec<IpAddr>,
    /// SHA-1 of the certificate, in hexadecimal: the thumbprint that Windows and gateways show.
    pub sha1: String,
    /// SHA-256 of the certificate, in hexadecimal.
    pub sha256: String,
    /// SHA-256 of its public key (SubjectPublicKeyInfo), in hexadecimal.
    pub spki_sha256: String,
    /// Whether issuer and subject are one.
    pub self_signed: bool,
    /// X.509 version: 1 or 3.
    pub version: u32,
    /// Whether it may issue certificates (basicConstraints CA:TRUE).
    pub is_ca: bool,
    /// Its key.
    pub key: KeyFacts,
    /// Extended key usages by name or OID; empty if it has no such extension, which allows every use.
    pub purposes: Vec<String>,
}

/// Kind and size of a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyFacts {
    /// Such as "RSA" or "EC".
    pub algorithm: String,
    /// Its size; 0 if unknown.
    pub bits: usize,
}

/// Bytes that are no X.509 certificate.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("this is no X.509 certificate ({detail}): give a file in PEM form")]
pub struct UnreadableCertificate {
    /// What the reader stumbled over.
    pub detail: String,
}

impl CertificateFacts {
    /// Reads a certificate in DER form. Nothing is verified.
    ///
    /// # Errors
    /// [`UnreadableCertificate`]: the bytes are no certificate, or something follows it.
    pub fn read(der: &[u8]) -> Result<Self, UnreadableCertificate> {
        let certificate = parse(der)?;
        let mut facts = Self {
            subject: name_text(certificate.subject()),
            common_name: common_name(certificate.subject()),
            issuer: name_text(certificate.issuer()),
            serial: serial_text(certificate.raw_serial()),
            not_before: moment(certificate.validity().not_before),
            not_after: moment(certificate.validity().not_after),
            dns_names: Vec::new(),
            uris: Vec::new(),
            addresses: Vec::new(),
            sha1: hexadecimal(&Sha1::digest(der)),
            sha256: hexadecimal(&Sha256::digest(der)),
            spki_sha256: hexadecimal(&Sha256::digest(certificate.public_key().raw)),
            self_signed: certificate.subject().as_raw() == certificate.issuer().as_raw(),
            version: certificate.version().0.saturating_add(1),
            is_ca: certificate.basic_constraints().map_err(unreadable)?.is_some_and(|found| found.value.ca),
            key: key_facts(&certificate),
            purposes: purposes(&certificate)?,
        };
        facts.read_alternative_names(&certificate)?;
        Ok(facts)
    }

    /// The names that it bears, for people: URIs, DNS names and addresses, else its CN.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.uris.iter().chain(&self.dns_names).cloned().collect();
        names.extend(self.addresses.iter().map(ToString::to_string));
        if names.is_empty() {
            names.extend(self.common_name.clone());
        }
        names
    }

    /// Whether a chain may begin with it: versions before 3 cannot say for what they are made, and no verifier takes them
    /// (RFC 5280 4.1.2.1). A pin may have any version.
    pub fn may_stand_in_chain(&self) -> bool {
        self.version == 3
    }

    /// Whether `now` lies within its life.
    pub fn is_current(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    fn read_alternative_names(
        &mut self,
        certificate: &X509Certificate<'_>,
    ) -> Result<(), UnreadableCertificate> {
        let Some(names) = certificate.subject_alternative_name().map_err(unreadable)? else { return Ok(()) };
        for name in &names.value.general_names {
            match name {
                GeneralName::DNSName(name) if self.dns_names.len() < MAX_NAMES => {
                    self.dns_names.push(clean(name));
                }
                GeneralName::URI(uri) if self.uris.len() < MAX_NAMES => self.uris.push(clean(uri)),
                GeneralName::IPAddress(octets) if self.addresses.len() < MAX_NAMES => {
                    self.addresses.extend(address(octets));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The public key of a certificate as it stands there, for checks that ask nothing else of the certificate.
pub(crate) fn public_key(der: &[u8]) -> Result<Vec<u8>, UnreadableCertificate> {
    Ok(parse(der)?.public_key().raw.to_vec())
}

/// Digits of hexadecimal, lower case.
pub(crate) fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

impl fmt::Display for KeyFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bits == 0 {
            f.write_str(&self.algorithm)
        } else {
            write!(f, "{} {}", self.algorithm, self.bits)
        }
    }
}

fn parse(der: &[u8]) -> Result<X509Certificate<'_>, UnreadableCertificate> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) => Err(UnreadableCertificate { detail: "bytes follow it".to_owned() }),
        Err(error) => Err(unreadable(error)),
    }
}

fn unreadable(error: impl fmt::Display) -> UnreadableCertificate {
    UnreadableCertificate { detail: clean(&error.to_string()) }
}

fn clean(text: &str) -> String {
    let escaped = text.chars().flat_map(|c| {
        let escape = c.is_control()
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c);
        let plain = (!escape).then_some(c);
        plain.into_iter().chain(escape.then(|| c.escape_unicode()).into_iter().flatten())
    });
    escaped.take(MAX_NAME).collect()
}

fn name_text(name: &X509Name<'_>) -> String {
    clean(&name.to_string())
}

fn common_name(subject: &X509Name<'_>) -> Option<String> {
    let mut names = subject.iter_common_name();
    let only = names.next()?.as_str().ok()?;
    names.next().is_none().then(|| clean(only))
}

fn serial_text(raw: &[u8]) -> String {
    let digits = hexadecimal(raw);
    let significant = digits.trim_start_matches('0');
    let odd = !significant.len().is_multiple_of(2);
    match significant {
        "" => "00".to_owned(),
        _ if odd => format!("0{significant}"),
        _ => significant.to_owned(),
    }
}

/// The last year of X.509 has a few hours more than [`Timestamp::MAX`].
pub(crate) fn moment(time: ASN1Time) -> Timestamp {
    let seconds = time.timestamp();
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

fn key_facts(certificate: &X509Certificate<'_>) -> KeyFacts {
    let named = |algorithm: &str, bits| KeyFacts { algorithm: algorithm.to_owned(), bits };
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => named("RSA", key.key_size()),
        Ok(PublicKey::EC(point)) => named("EC", point.key_size()),
        Ok(_) | Err(_) => match certificate.public_key().algorithm.algorithm.to_id_string().as_str() {
            "1.3.101.112" => named("Ed25519", 256),
            other => named(other, 0),
        },
    }
}

fn purposes(certificate: &X509Certificate<'_>) -> Result<Vec<String>, UnreadableCertificate> {
    let Some(found) = certificate.extended_key_usage().map_err(unreadable)? else { return Ok(Vec::new()) };
    let known = [
        (found.value.any, "any"),
        (found.value.server_auth, "serverAuth"),
        (found.value.client_auth, "clientAuth"),
        (found.value.code_signing, "codeSigning"),
        (found.value.email_protection, "emailProtection"),
        (found.value.time_stamping, "timeStamping"),
        (found.value.ocsp_signing, "OCSPSigning"),
    ];
    let named = known.into_iter().filter(|(present, _)| *present).map(|(_, name)| name.to_owned());
    Ok(named.chain(found.value.other.iter().take(MAX_NAMES).map(|oid| oid.to_id_string())).collect())
}
