//! Certificates for the tests, made by rcgen; those that it cannot make lie in `fixtures/`.
use std::sync::Arc;

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, RevokedCertParams, SanType, SerialNumber,
    date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::{
    crl::RevocationList,
    pem,
    policy::{Pin, Root},
};

/// Issued by `req` and `x509 -req -signkey`: X.509 version 1, P-256, CN=gw1.example.com, no extension.
pub const VERSION_1: &str = include_str!("../fixtures/version-1.pem");
/// Self-signed with SHA-1, CA:TRUE, RSA 2048, CN and SAN gw1.example.com.
pub const SHA_1: &str = include_str!("../fixtures/sha-1.pem");
/// Self-signed, RSA 1024, CN and SAN gw1.example.com.
pub const RSA_1024: &str = include_str!("../fixtures/rsa-1024.pem");

/// The moment of the tests.
pub fn now() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

/// A CA with its key.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its chain and key.
pub struct Minted {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

impl Authority {
    pub fn root(name: &str) -> Self {
        Self::root_with(name, |_| {})
    }

    pub fn root_with(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut parameters = named(name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        change(&mut parameters);
        Self(CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn intermediate(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut parameters = named(name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        change(&mut parameters);
        Self(CertifiedIssuer::signed_by(parameters, KeyPair::generate().unwrap(), &self.0).unwrap())
    }

    /// Issues for a DNS name, with both purposes.
    pub fn issue(&self, fqdn: &str) -> Minted {
        self.issue_with(|parameters| parameters.subject_alt_names = vec![dns(fqdn)])
    }

    pub fn issue_with(&self, change: impl FnOnce(&mut CertificateParams)) -> Minted {
        self.issue_by(&KeyPair::generate().unwrap(), change)
    }

    pub fn issue_by(&self, key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Minted {
        let certificate = leaf(change).signed_by(key, &self.0).unwrap();
        Minted::new(certificate.der(), key)
    }

    pub fn certificate(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A list of this CA with these serial numbers on it, in DER form.
    pub fn list(&self, serials: &[u64], next_update: (i32, u8, u8)) -> Vec<u8> {
        let revoked = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2029, 6, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let parameters = CertificateRevocationListParams {
            this_update: date_time_ymd(2029, 12, 1),
            next_update: date_time_ymd(next_update.0, next_update.1, next_update.2),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        self.sign_list(parameters)
    }

    pub fn sign_list(&self, parameters: CertificateRevocationListParams) -> Vec<u8> {
        parameters.signed_by(&self.0).unwrap().der().to_vec()
    }

    pub fn revocations(&self, serials: &[u64], next_update: (i32, u8, u8)) -> Arc<RevocationList> {
        Arc::new(RevocationList::read(&self.list(serials, next_update), &self.trusted()).unwrap())
    }

    pub fn trusted(&self) -> Root {
        Root::from_pem(&self.pem()).unwrap()
    }
}

impl Minted {
    pub fn self_signed(fqdn: &str) -> Self {
        Self::self_signed_with(|parameters| parameters.subject_alt_names = vec![dns(fqdn)])
    }

    pub fn self_signed_with(change: impl FnOnce(&mut CertificateParams)) -> Self {
        Self::self_signed_by(&KeyPair::generate().unwrap(), change)
    }

    pub fn self_signed_by(key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Self {
        Self::new(leaf(change).self_signed(key).unwrap().der(), key)
    }

    pub fn from_fixture(text: &str) -> Self {
        Self { chain: pem::certificates(text).unwrap(), key: pem::private_key(text).unwrap() }
    }

    /// With an intermediate certificate sent behind it.
    pub fn with(mut self, authority: &Authority) -> Self {
        self.chain.push(authority.certificate());
        self
    }

    pub fn pem(&self) -> String {
        pem::certificate_text(&self.chain[0])
    }

    pub fn key_pem(&self) -> String {
        pem::private_key_text(&self.key)
    }

    pub fn pinned(&self) -> Pin {
        Pin::from_pem(&self.pem()).unwrap()
    }

    fn new(certificate: &CertificateDer<'static>, key: &KeyPair) -> Self {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Self { chain: vec![certificate.clone()], key }
    }
}

pub fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

pub fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

/// Its life ended a day before the tests.
pub fn expired(parameters: &mut CertificateParams) {
    parameters.not_after = date_time_ymd(2029, 12, 31);
}

/// Its life begins a day after the tests.
pub fn not_yet_valid(parameters: &mut CertificateParams) {
    parameters.not_before = date_time_ymd(2030, 1, 2);
}

fn named(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters
}

fn leaf(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut parameters = named("a gateway");
    parameters.not_after = date_time_ymd(2035, 1, 1);
    parameters.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    change(&mut parameters);
    parameters
}
