use std::{net::IpAddr, time::Duration};

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, SanType,
    SerialNumber,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::{
    facts::CertificateFacts,
    identity::{Identity, IdentityError, provider},
    key_kind::{KeyFamily, KeyKind},
};

/// How long a certificate that was made here lives.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24 * (5 * 365 + 1));
/// How far its life begins before now, for peers whose clocks are behind.
pub(crate) const BACKDATED: SignedDuration = SignedDuration::from_hours(24);
/// The longest CN (RFC 5280 appendix A, ub-common-name).
const MAX_COMMON_NAME: usize = 64;
const SERIAL_OCTETS: usize = 16;

/// A self-signed certificate to be made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssueRequest {
    /// This server's own name: CN and SAN.
    pub fqdn: String,
    /// Addresses it listens on, wildcards left out.
    pub addresses: Vec<IpAddr>,
    /// Which key.
    pub key: KeyKind,
}

/// Why no certificate could be made.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IssueError {
    /// The name cannot stand in a certificate.
    #[error("`{fqdn}` cannot stand in a certificate: set [sip] domain in um.toml to this server's FQDN")]
    BadName {
        /// The name.
        fqdn: String,
    },
    /// Issued by somebody else, who alone can issue another.
    #[error(
        "the certificate {subject} was issued by {issuer}, so only that CA can make its successor: make a request \
         with `um cert csr`"
    )]
    NotSelfSigned {
        /// Its subject.
        subject: String,
        /// Its issuer.
        issuer: String,
    },
    /// The cryptographic library failed.
    #[error("no certificate could be made: {detail}")]
    Failed {
        /// Its words.
        detail: String,
    },
}

impl IssueRequest {
    /// A certificate for a name and no address.
    pub fn new(fqdn: &str, key: KeyKind) -> Self {
        Self { fqdn: fqdn.to_owned(), addresses: Vec::new(), key }
    }
}

/// Makes a self-signed certificate: v3, no CA, both purposes, from a day before `now` for five years.
///
/// Takes up to two seconds for RSA. Key and serial number come from the operating system's randomness.
///
/// # Errors
/// [`IssueError::BadName`], [`IssueError::Failed`].
pub fn issue_self_signed(request: &IssueRequest, now: Timestamp) -> Result<Identity, IssueError> {
    let key = request.key.generate().map_err(failed)?;
    let bad_name = || IssueError::BadName { fqdn: request.fqdn.clone() };
    if request.fqdn.is_empty() || !request.fqdn.is_ascii() || request.fqdn.contains(char::is_whitespace) {
        return Err(bad_name());
    }
    let mut parameters = living(now, LIFETIME)?;
    parameters.distinguished_name = subject_of(&request.fqdn);
    let name = SanType::DnsName(request.fqdn.as_str().try_into().map_err(|_| bad_name())?);
    let addresses = request.addresses.iter().filter(|address| !address.is_unspecified());
    parameters.subject_alt_names =
        std::iter::once(name).chain(addresses.copied().map(SanType::IpAddress)).collect();
    parameters.key_usages = request.key.family().usages();
    parameters.extended_key_usages = both_purposes();
    let certificate = parameters.self_signed(&key).map_err(failed)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Identity::new(vec![certificate.der().clone()], key).map_err(no_identity)
}

/// Makes the successor of a self-signed certificate: the same key, subject, alternative names and purposes, a new
/// serial number, from a day before `now` for five years. Who has pinned the key needs no change; who has imported the
/// certificate needs the new one.
///
/// # Errors
/// [`IssueError::NotSelfSigned`], [`IssueError::Failed`].
pub fn renew_self_signed(old: &Identity, now: Timestamp) -> Result<Identity, IssueError> {
    let facts = old.facts();
    if !facts.self_signed {
        let (subject, issuer) = (facts.subject.clone(), facts.issuer.clone());
        return Err(IssueError::NotSelfSigned { subject, issuer });
    }
    let key = KeyPair::try_from(old.key()).map_err(failed)?;
    let mut parameters = living(now, LIFETIME)?;
    parameters.distinguished_name = subject_again(old)?;
    parameters.subject_alt_names = alternative_names(facts)?;
    parameters.key_usages = KeyFamily::of(facts).usages();
    parameters.extended_key_usages = facts.purposes.iter().map(|purpose| purpose_named(purpose)).collect();
    let certificate = parameters.self_signed(&key).map_err(failed)?;
    Identity::new(vec![certificate.der().clone()], old.key().clone_key()).map_err(no_identity)
}

/// A certificate that is no CA, from a day before `now` until `lifetime` after it, with a serial number.
pub(crate) fn living(now: Timestamp, lifetime: SignedDuration) -> Result<CertificateParams, IssueError> {
    let mut parameters = CertificateParams::default();
    // rcgen takes dates of a crate that we do not name: they are counted from 1970.
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    parameters.not_before = epoch + since_epoch(now.saturating_sub(BACKDATED).unwrap_or(now));
    parameters.not_after = epoch + since_epoch(now.saturating_add(lifetime).unwrap_or(Timestamp::MAX));
    parameters.serial_number = Some(serial_number()?);
    parameters.is_ca = IsCa::ExplicitNoCa;
    Ok(parameters)
}

/// The name as CN, if it fits there.
pub(crate) fn subject_of(fqdn: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    if fqdn.len() <= MAX_COMMON_NAME {
        subject.push(DnType::CommonName, fqdn);
    }
    subject
}

pub(crate) fn both_purposes() -> Vec<ExtendedKeyUsagePurpose> {
    vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth]
}

pub(crate) fn since_epoch(moment: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(moment.as_second()).unwrap_or(0))
}

pub(crate) fn failed(error: rcgen::Error) -> IssueError {
    IssueError::Failed { detail: error.to_string() }
}

fn no_identity(error: IdentityError) -> IssueError {
    IssueError::Failed { detail: error.to_string() }
}

/// Attribute by attribute, since [`CertificateFacts`] has the subject as text alone.
fn subject_again(old: &Identity) -> Result<DistinguishedName, IssueError> {
    let unreadable = || IssueError::Failed { detail: "the old subject cannot be read".to_owned() };
    let leaf = old.chain().first().ok_or_else(unreadable)?;
    let (_, certificate) = X509Certificate::from_der(leaf).map_err(|_| unreadable())?;
    let mut subject = DistinguishedName::new();
    for attribute in certificate.subject().iter_attributes() {
        let arcs: Vec<u64> = attribute.attr_type().iter().ok_or_else(unreadable)?.collect();
        subject.push(DnType::from_oid(&arcs), attribute.as_str().map_err(|_| unreadable())?);
    }
    Ok(subject)
}

fn alternative_names(facts: &CertificateFacts) -> Result<Vec<SanType>, IssueError> {
    let mut names = Vec::new();
    for name in &facts.dns_names {
        names.push(SanType::DnsName(name.as_str().try_into().map_err(failed)?));
    }
    for uri in &facts.uris {
        names.push(SanType::URI(uri.as_str().try_into().map_err(failed)?));
    }
    names.extend(facts.addresses.iter().copied().map(SanType::IpAddress));
    Ok(names)
}

/// The purpose that [`CertificateFacts::purposes`] calls so.
fn purpose_named(word: &str) -> ExtendedKeyUsagePurpose {
    match word {
        "any" => ExtendedKeyUsagePurpose::Any,
        "serverAuth" => ExtendedKeyUsagePurpose::ServerAuth,
        "clientAuth" => ExtendedKeyUsagePurpose::ClientAuth,
        "codeSigning" => ExtendedKeyUsagePurpose::CodeSigning,
        "emailProtection" => ExtendedKeyUsagePurpose::EmailProtection,
        "timeStamping" => ExtendedKeyUsagePurpose::TimeStamping,
        "OCSPSigning" => ExtendedKeyUsagePurpose::OcspSigning,
        oid => ExtendedKeyUsagePurpose::Other(oid.split('.').filter_map(|arc| arc.parse().ok()).collect()),
    }
}

/// Positive, not zero, 126 random bits (RFC 5280 4.1.2.2).
fn serial_number() -> Result<SerialNumber, IssueError> {
    let mut octets = [0; SERIAL_OCTETS];
    provider()
        .secure_random
        .fill(&mut octets)
        .map_err(|_| IssueError::Failed { detail: "the operating system gave no randomness".to_owned() })?;
    octets[0] = octets[0] & 0x3f | 0x40;
    Ok(SerialNumber::from_slice(&octets))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mint::{Authority, Minted, dns, now, uri};

    #[test]
    fn certificate_bears_the_name_the_addresses_and_both_purposes_for_five_years() {
        let addresses =
            vec!["192.0.2.1".parse().unwrap(), "::".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        let request = IssueRequest { addresses, ..IssueRequest::new("um.example.com", KeyKind::P256) };

        let facts = issue_self_signed(&request, now()).unwrap().facts().as_ref().clone();

        assert_eq!(
            (facts.subject.as_str(), facts.issuer.as_str()),
            ("CN=um.example.com", "CN=um.example.com")
        );
        assert_eq!(facts.dns_names, ["um.example.com"]);
        assert_eq!(facts.addresses, ["192.0.2.1".parse::<IpAddr>().unwrap(), "2001:db8::1".parse().unwrap()]);
        assert_eq!(facts.purposes, ["serverAuth", "clientAuth"]);
        assert_eq!(facts.not_before.to_string(), "2029-12-31T00:00:00Z");
        assert_eq!(facts.not_after.to_string(), "2035-01-01T00:00:00Z");
        assert_eq!((facts.version, facts.is_ca, facts.self_signed), (3, false, true));
        assert_eq!(facts.serial.len(), 32);
        assert_eq!(facts.key.to_string(), "EC 256");
    }

    #[test]
    fn rsa_key_has_2048_bits_and_serial_numbers_differ() {
        let first = issue_self_signed(&IssueRequest::new("um.example.com", KeyKind::Rsa2048), now()).unwrap();
        let second = issue_self_signed(&IssueRequest::new("um.example.com", KeyKind::P256), now()).unwrap();

        assert_eq!(first.facts().key.to_string(), "RSA 2048");
        assert_ne!(first.facts().serial, second.facts().serial);
    }

    #[test]
    fn name_longer_than_a_common_name_may_be_stands_in_san_alone() {
        let long = format!("{}.example.com", "a".repeat(60));

        let identity = issue_self_signed(&IssueRequest::new(&long, KeyKind::P256), now()).unwrap();

        assert_eq!(identity.facts().common_name, None);
        assert_eq!(identity.facts().dns_names, [long]);
    }

    #[test]
    fn name_that_cannot_stand_in_a_certificate_is_refused() {
        let error = issue_self_signed(&IssueRequest::new("ü.example.com", KeyKind::P256), now()).unwrap_err();

        assert_eq!(error, IssueError::BadName { fqdn: "ü.example.com".to_owned() });
    }

    #[test]
    fn each_kind_of_key_is_made_as_its_word_says() {
        let made = |kind: KeyKind| {
            let identity = issue_self_signed(&IssueRequest::new("um.example.com", kind), now()).unwrap();
            (kind.word(), identity.facts().key.to_string())
        };

        let made: Vec<_> = KeyKind::ALL.into_iter().map(made).collect();

        let bits = ["RSA 2048", "RSA 3072", "EC 256", "EC 384"].map(str::to_owned);
        let expected: Vec<_> = ["rsa-2048", "rsa-3072", "p-256", "p-384"].into_iter().zip(bits).collect();
        assert_eq!(made, expected);
        assert_eq!(KeyKind::of_word("p-384"), Some(KeyKind::P384));
        assert_eq!(KeyKind::of_word("rsa-1024"), None);
    }

    #[test]
    fn successor_has_the_key_the_names_and_the_purposes_of_its_predecessor_and_a_life_of_its_own() {
        let minted = Minted::self_signed_with(|parameters| {
            parameters.distinguished_name.push(DnType::OrganizationName, "Example");
            parameters.subject_alt_names = vec![
                dns("um.example.com"),
                uri("sip:example.com"),
                SanType::IpAddress([192, 0, 2, 1].into()),
            ];
        });
        let old = Identity::new(minted.chain, minted.key).unwrap();
        let later = "2034-11-02T00:00:00Z".parse().unwrap();

        let new = renew_self_signed(&old, later).unwrap();

        let (old, new) = (old.facts(), new.facts());
        assert_eq!(new.spki_sha256, old.spki_sha256);
        assert_eq!(new.subject, "CN=a gateway, O=Example");
        assert_eq!((&new.subject, new.self_signed, new.is_ca), (&old.subject, true, false));
        assert_eq!((&new.dns_names, &new.uris, &new.addresses), (&old.dns_names, &old.uris, &old.addresses));
        assert_eq!(new.purposes, old.purposes);
        assert_eq!(new.not_before.to_string(), "2034-11-01T00:00:00Z");
        assert_eq!(new.not_after.to_string(), "2039-11-02T00:00:00Z");
        assert_ne!(new.serial, old.serial);
    }

    #[test]
    fn successor_of_an_rsa_certificate_can_be_presented() {
        let request = IssueRequest::new("um.example.com", KeyKind::Rsa2048);
        let old = issue_self_signed(&request, now()).unwrap();

        let new = renew_self_signed(&old, now()).unwrap();

        assert_eq!(new.facts().key.to_string(), "RSA 2048");
        assert_ne!(new.facts().sha256, old.facts().sha256);
    }

    #[test]
    fn certificate_of_a_ca_has_no_successor_from_here() {
        let issued = Authority::root("Company Root").issue("um.example.com");
        let old = Identity::new(issued.chain, issued.key).unwrap();

        let error = renew_self_signed(&old, now()).unwrap_err();

        assert_eq!(
            error,
            IssueError::NotSelfSigned {
                subject: "CN=a gateway".to_owned(),
                issuer: "CN=Company Root".to_owned()
            }
        );
    }
}
