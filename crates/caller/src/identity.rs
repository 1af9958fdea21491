use std::{
    fmt,
    time::{Duration, SystemTime},
};

use anyhow::Context;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationListParams, CertifiedIssuer,
    DnType, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};

/// A certificate chain with its private key, as a gateway presents it.
#[derive(Clone)]
pub struct TestIdentity {
    certificate: String,
    key: String,
}

/// What a test certificate is to say.
#[derive(Clone, Debug)]
pub struct CertificateRequest {
    /// CN of its subject.
    pub common_name: String,
    /// Further attributes of its subject: OID and text, such as `2.5.4.5` (serialNumber).
    pub attributes: Vec<(Vec<u64>, String)>,
    /// Host names in the subject alternative name.
    pub dns_names: Vec<String>,
    /// URIs in the subject alternative name.
    pub uris: Vec<String>,
    /// When it holds.
    pub validity: Validity,
    /// What it may be used for.
    pub purpose: Purpose,
    /// Its serial number; a random one if there is none.
    pub serial: Option<u64>,
}

/// When a test certificate holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Validity {
    /// 2020 to 2060.
    Current,
    /// 2020 only.
    Expired,
    /// From 2080.
    NotYet,
    /// It began in 2020 and has ended this long ago.
    EndedFor(Duration),
    /// It begins after this time and ends in 2060.
    BeginsIn(Duration),
}

/// The extended key usage of a test certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// TLS servers and clients.
    Tls,
    /// TLS servers only, as public CAs issue them.
    Server,
    /// Mail only: no certificate for TLS.
    Mail,
}

impl CertificateRequest {
    /// A TLS certificate of today whose CN and SAN name `fqdn`.
    pub fn named(fqdn: &str) -> Self {
        Self {
            common_name: fqdn.to_owned(),
            attributes: Vec::new(),
            dns_names: vec![fqdn.to_owned()],
            uris: Vec::new(),
            validity: Validity::Current,
            purpose: Purpose::Tls,
            serial: None,
        }
    }

    /// The same with another validity.
    #[must_use]
    pub fn holding(mut self, validity: Validity) -> Self {
        self.validity = validity;
        self
    }

    fn parameters(&self) -> anyhow::Result<CertificateParams> {
        let mut parameters = CertificateParams::new(self.dns_names.clone())?;
        for uri in &self.uris {
            parameters.subject_alt_names.push(SanType::URI(uri.as_str().try_into()?));
        }
        parameters.distinguished_name.push(DnType::CommonName, self.common_name.as_str());
        for (oid, text) in &self.attributes {
            let attribute = DnType::CustomDnType(oid.clone());
            parameters.distinguished_name.push(attribute, text.as_str());
        }
        let (first, last) = (date_time_ymd(2020, 1, 1), date_time_ymd(2060, 1, 1));
        (parameters.not_before, parameters.not_after) = match self.validity {
            Validity::Current => (first, last),
            Validity::Expired => (first, date_time_ymd(2021, 1, 1)),
            Validity::NotYet => (date_time_ymd(2080, 1, 1), date_time_ymd(2081, 1, 1)),
            Validity::EndedFor(since) => (first, (SystemTime::now() - since).into()),
            Validity::BeginsIn(time) => ((SystemTime::now() + time).into(), last),
        };
        parameters.is_ca = IsCa::ExplicitNoCa;
        parameters.serial_number = self.serial.map(SerialNumber::from);
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = match self.purpose {
            Purpose::Tls => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
            Purpose::Server => vec![ExtendedKeyUsagePurpose::ServerAuth],
            Purpose::Mail => vec![ExtendedKeyUsagePurpose::EmailProtection],
        };
        Ok(parameters)
    }
}

impl TestIdentity {
    /// A certificate that its own key signed.
    ///
    /// # Errors
    /// A name of the request is none that a certificate can carry.
    pub fn self_signed(request: &CertificateRequest) -> anyhow::Result<Self> {
        let key = new_key()?;
        let certificate =
            request.parameters()?.self_signed(&key).context("the certificate cannot be signed")?;
        Ok(Self::new(&certificate, &key))
    }

    /// The chain, leaf first.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    /// The private key.
    pub fn key_pem(&self) -> &str {
        &self.key
    }

    fn new(certificate: &Certificate, key: &KeyPair) -> Self {
        Self { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

impl fmt::Debug for TestIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestIdentity").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// A certificate authority for tests.
pub struct TestAuthority(CertifiedIssuer<'static, KeyPair>);

impl TestAuthority {
    /// A root with this CN.
    ///
    /// # Errors
    /// The name is none that a certificate can carry.
    pub fn new(common_name: &str) -> anyhow::Result<Self> {
        let mut request = CertificateRequest::named(common_name);
        request.dns_names.clear();
        let mut parameters = request.parameters()?;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        parameters.extended_key_usages.clear();
        let issuer = CertifiedIssuer::self_signed(parameters, new_key()?);
        Ok(Self(issuer.context("the authority cannot be made")?))
    }

    /// Its own certificate, to be trusted.
    pub fn certificate_pem(&self) -> String {
        self.0.pem()
    }

    /// A leaf under it, with a key of its own; the chain is the leaf alone.
    ///
    /// # Errors
    /// A name of the request is none that a certificate can carry.
    pub fn issue(&self, request: &CertificateRequest) -> anyhow::Result<TestIdentity> {
        let key = new_key()?;
        let mut parameters = request.parameters()?;
        parameters.use_authority_key_identifier_extension = true;
        let certificate = parameters.signed_by(&key, &self.0).context("the certificate cannot be signed")?;
        Ok(TestIdentity::new(&certificate, &key))
    }

    /// Its revocation list of 2020 with these serial numbers, in DER form; the next one is due in the year `until`.
    ///
    /// # Errors
    /// `until` lies before 2021.
    pub fn revocation_list(&self, serials: &[u64], until: i32) -> anyhow::Result<Vec<u8>> {
        let revoked = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2020, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(until, 1, 1),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(list.signed_by(&self.0).context("the list cannot be signed")?.der().to_vec())
    }
}

fn new_key() -> anyhow::Result<KeyPair> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).context("no key can be made")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_key_is_not_in_its_debug_form() {
        let identity = TestIdentity::self_signed(&CertificateRequest::named("gw1.test")).unwrap();

        assert!(identity.key_pem().starts_with("-----BEGIN PRIVATE KEY-----"));
        assert!(!format!("{identity:?}").contains("PRIVATE"));
    }

    #[test]
    fn name_that_is_no_ascii_is_an_error() {
        let request = CertificateRequest::named("gw\u{e9}.test");

        assert!(TestIdentity::self_signed(&request).is_err());
    }
}
