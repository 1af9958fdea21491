use std::{net::IpAddr, time::Duration};

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize, SanType, SerialNumber,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::identity::{Identity, IdentityError, provider};

/// How long a certificate that was made here lives.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24 * (5 * 365 + 1));
/// How far its life begins before now, for peers whose clocks are behind.
const BACKDATED: SignedDuration = SignedDuration::from_hours(24);
/// The longest CN (RFC 5280 appendix A, ub-common-name).
const MAX_COMMON_NAME: usize = 64;
const SERIAL_OCTETS: usize = 16;

/// Which key is made.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum KeyKind {
    /// RSA of 2048 bits, which every gateway can use.
    #[default]
    Rsa2048,
    /// EC on the curve P-256.
    P256,
}

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
/// Takes up to a second for RSA. Key and serial number come from the operating system's randomness.
///
/// # Errors
/// See [`IssueError`].
pub fn issue_self_signed(request: &IssueRequest, now: Timestamp) -> Result<Identity, IssueError> {
    let key = match request.key {
        KeyKind::Rsa2048 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048),
        KeyKind::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
    }
    .map_err(failed)?;
    let certificate = parameters(request, now)?.self_signed(&key).map_err(failed)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Identity::new(vec![certificate.der().clone()], key)
        .map_err(|error: IdentityError| IssueError::Failed { detail: error.to_string() })
}

fn parameters(request: &IssueRequest, now: Timestamp) -> Result<CertificateParams, IssueError> {
    let bad_name = || IssueError::BadName { fqdn: request.fqdn.clone() };
    if request.fqdn.is_empty() || !request.fqdn.is_ascii() || request.fqdn.contains(char::is_whitespace) {
        return Err(bad_name());
    }
    let mut parameters = CertificateParams::default();
    // rcgen takes dates of a crate that we do not name: they are counted from 1970.
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    parameters.not_before = epoch + since_epoch(now.saturating_sub(BACKDATED).unwrap_or(now));
    parameters.not_after = epoch + since_epoch(now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX));
    parameters.serial_number = Some(serial_number()?);
    parameters.distinguished_name = DistinguishedName::new();
    if request.fqdn.len() <= MAX_COMMON_NAME {
        parameters.distinguished_name.push(DnType::CommonName, request.fqdn.as_str());
    }
    let name = SanType::DnsName(request.fqdn.as_str().try_into().map_err(|_| bad_name())?);
    let addresses = request.addresses.iter().filter(|address| !address.is_unspecified());
    parameters.subject_alt_names =
        std::iter::once(name).chain(addresses.copied().map(SanType::IpAddress)).collect();
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.key_usages = match request.key {
        KeyKind::Rsa2048 => vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment],
        KeyKind::P256 => vec![KeyUsagePurpose::DigitalSignature],
    };
    parameters.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    Ok(parameters)
}

fn since_epoch(moment: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(moment.as_second()).unwrap_or(0))
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

fn failed(error: rcgen::Error) -> IssueError {
    IssueError::Failed { detail: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mint::now;

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
}
