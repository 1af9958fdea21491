//! A small CA for gateways: public CAs no longer issue what mutual TLS needs, and not every company has its own.
#![deny(clippy::indexing_slicing)]

mod folder;
mod index;
mod refusal;
mod requested;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CrlDistributionPoint, IsCa, Issuer,
    KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use telephony::Secret;
use x509_parser::{
    extensions::ParsedExtension,
    prelude::{FromDer as _, X509Certificate},
};

pub use self::{
    folder::{AuthorityFolder, AuthorityFolderError, KeptLeaf},
    index::IssuedEntry,
    refusal::{AuthorityError, LeafRefusal, RevokeRefusal},
};
use self::{index::Index, refusal::MAX_AUTHORITY_NAME, requested::RequestedKey};
use crate::{
    facts::CertificateFacts,
    fqdn::check_fqdn,
    identity::Identity,
    issue::{both_purposes, failed, living, since_epoch, subject_of},
    key_kind::{KeyFamily, KeyKind},
    pem,
};

/// How long a CA lives that was founded here.
const AUTHORITY_LIFETIME: SignedDuration = SignedDuration::from_hours(24 * (10 * 365 + 3));
/// From one revocation list to the next.
pub(crate) const CRL_LIFE: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A CA: its certificate and key, and what it has issued.
pub struct Authority {
    certificate: CertificateDer<'static>,
    facts: CertificateFacts,
    key: Secret<String>,
    key_identifier: KeyIdMethod,
    issuer: Issuer<'static, KeyPair>,
    index: Index,
    /// Where its revocation list is fetched (RFC 5280 4.2.1.13).
    crl_url: Option<String>,
}

/// A certificate that a gateway is to get.
#[derive(Clone, Copy, Debug)]
pub struct LeafRequest<'a> {
    /// The name that it is to bear: CN and SAN.
    pub fqdn: &'a str,
    /// The gateway's own signing request in PEM form; without one a key is made.
    pub csr: Option<&'a str>,
    /// How many days it lives, 1 to [`LeafRequest::MAX_DAYS`]; never longer than the CA.
    pub days: u32,
    /// Which key is made where there is no request.
    pub key: KeyKind,
}

/// A certificate that was issued.
#[derive(Debug)]
pub struct IssuedLeaf {
    /// The certificate, then the CA's, in PEM form.
    pub chain_pem: String,
    /// Its private key in PEM form; `None` if the gateway has made its own.
    pub key: Option<Secret<String>>,
    /// What it says.
    pub facts: CertificateFacts,
    /// What the administrator should know, a sentence each.
    pub notes: Vec<String>,
}

impl LeafRequest<'_> {
    /// How long a certificate lives unless somebody says otherwise.
    pub const DEFAULT_DAYS: u32 = 825;
    /// The longest life that is given.
    pub const MAX_DAYS: u32 = 1825;
}

impl Authority {
    /// Founds a CA: a self-signed certificate that may sign certificates and revocation lists, and no other CA, from a
    /// day before `now` for ten years.
    ///
    /// # Errors
    /// [`AuthorityError::BadName`], [`AuthorityError::Failed`].
    pub fn found(name: &str, key: KeyKind, now: Timestamp) -> Result<Self, AuthorityError> {
        let printable = name.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
        if name.trim().is_empty() || name.len() > MAX_AUTHORITY_NAME || !printable {
            let name = name.chars().take(MAX_AUTHORITY_NAME).flat_map(char::escape_debug).collect();
            return Err(AuthorityError::BadName { name });
        }
        let told = |detail: String| AuthorityError::Failed { detail };
        let key = key.generate().map_err(|error| told(error.to_string()))?;
        let mut parameters = living(now, AUTHORITY_LIFETIME).map_err(|error| told(error.to_string()))?;
        parameters.distinguished_name = subject_of(name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = parameters.self_signed(&key).map_err(|error| told(error.to_string()))?;
        let certificate = pem::certificate_text(certificate.der());
        Self::from_pem(&certificate, &pem::pkcs8_text(key.serialized_der()), "")
    }

    /// A CA that was founded before: certificate and key in PEM form, and the text of [`Authority::index_text`].
    ///
    /// # Errors
    /// [`AuthorityError::Broken`]: they do not belong together, or cannot be read.
    pub fn from_pem(certificate: &str, key: &str, index: &str) -> Result<Self, AuthorityError> {
        let broken = |detail: String| AuthorityError::Broken { detail };
        let index = Index::parse(index).map_err(broken)?;
        // It is never presented, but what is asked of certificate and key is the same.
        let identity = Identity::from_pem(certificate, key).map_err(|error| broken(error.to_string()))?;
        let facts = identity.facts().as_ref().clone();
        let certificate =
            identity.chain().first().cloned().ok_or_else(|| broken("no certificate".to_owned()))?;
        if !facts.is_ca {
            return Err(broken(format!("the certificate {} is no CA's", facts.subject)));
        }
        let signer = KeyPair::try_from(identity.key()).map_err(|error| broken(error.to_string()))?;
        let issuer =
            Issuer::from_ca_cert_der(&certificate, signer).map_err(|error| broken(error.to_string()))?;
        let key_identifier = key_identifier(&certificate);
        let key = Secret::new(identity.key_pem());
        Ok(Self { certificate, facts, key, key_identifier, issuer, index, crl_url: None })
    }

    /// What the CA's certificate says.
    pub fn facts(&self) -> &CertificateFacts {
        &self.facts
    }

    /// The root that peers are to trust, in PEM form.
    pub fn certificate_pem(&self) -> String {
        pem::certificate_text(&self.certificate)
    }

    /// The private key in PEM form, for its folder.
    pub fn key_pem(&self) -> &Secret<String> {
        &self.key
    }

    /// What was issued and revoked, a line each, for [`Authority::from_pem`].
    pub fn index_text(&self) -> String {
        self.index.to_string()
    }

    /// Everything that was issued, the oldest first.
    pub fn list(&self) -> &[IssuedEntry] {
        self.index.entries()
    }

    /// Issues a certificate: v3, no CA, both purposes, the name as CN and SAN, key identifiers of both keys, from a day
    /// before `now`. Of a signing request only the key is taken; it must be for this name if it names anybody.
    ///
    /// The caller keeps [`Authority::index_text`] before it hands the certificate out: what is not in the index can
    /// never be revoked.
    ///
    /// # Errors
    /// See [`LeafRefusal`].
    pub fn issue(&mut self, request: &LeafRequest<'_>, now: Timestamp) -> Result<IssuedLeaf, LeafRefusal> {
        check_fqdn(request.fqdn).map_err(LeafRefusal::BadName)?;
        if !(1..=LeafRequest::MAX_DAYS).contains(&request.days) {
            return Err(LeafRefusal::BadLife { days: request.days });
        }
        if now > self.facts.not_after {
            let (subject, not_after) = (self.facts.subject.clone(), self.facts.not_after);
            return Err(LeafRefusal::AuthorityExpired { subject, not_after });
        }
        let told = |detail: String| LeafRefusal::Failed { detail };
        let parameters = self.parameters(request, now).map_err(told)?;
        let mut notes = Vec::new();
        let (certificate, key) = match request.csr {
            Some(csr) => {
                let asked = RequestedKey::read(csr, request.fqdn)?;
                notes.extend(asked.notes());
                (self.sign(parameters, asked.family(), asked.public()), None)
            }
            None => {
                let key = request.key.generate().map_err(|error| told(error.to_string()))?;
                let text = Secret::new(pem::pkcs8_text(key.serialized_der()));
                (self.sign(parameters, request.key.family(), &key), Some(text))
            }
        };
        let certificate = certificate.map_err(|error| told(error.to_string()))?;
        let facts = CertificateFacts::read(&certificate).map_err(|error| told(error.to_string()))?;
        if facts.not_after == self.facts.not_after {
            notes.push(format!("it ends with the CA itself, on {}", facts.not_after));
        }
        self.index.add(request.fqdn, &facts);
        let chain_pem = pem::certificate_text(&certificate) + &self.certificate_pem();
        Ok(IssuedLeaf { chain_pem, key, facts, notes })
    }

    /// Revokes the certificate of a serial number (hexadecimal; case, colons and blanks do not count), or the only one
    /// of a name that is not revoked. The caller keeps [`Authority::index_text`], and a new [`Authority::crl_der`].
    ///
    /// # Errors
    /// See [`RevokeRefusal`].
    pub fn revoke(&mut self, which: &str, now: Timestamp) -> Result<IssuedEntry, RevokeRefusal> {
        self.index.revoke(which, now)
    }

    /// The list of what is revoked, signed at `now`, good for 30 days (RFC 5280 section 5). Certificates that expired
    /// more than that time ago are left out.
    ///
    /// # Errors
    /// [`AuthorityError::Failed`].
    pub fn crl_der(&self, now: Timestamp) -> Result<Vec<u8>, AuthorityError> {
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        let date = |moment: Timestamp| epoch + since_epoch(moment);
        let oldest = now.saturating_sub(CRL_LIFE).unwrap_or(now);
        let revoked = |entry: &IssuedEntry| {
            let on = entry.revoked?;
            (entry.not_after >= oldest).then(|| RevokedCertParams {
                serial_number: SerialNumber::from_slice(&entry.serial_octets()),
                revocation_time: date(on),
                reason_code: None,
                invalidity_date: None,
            })
        };
        let parameters = CertificateRevocationListParams {
            this_update: date(now),
            next_update: date(now.saturating_add(CRL_LIFE).unwrap_or(Timestamp::MAX)),
            crl_number: crl_number(now),
            issuing_distribution_point: None,
            revoked_certs: self.list().iter().filter_map(revoked).collect(),
            key_identifier_method: self.key_identifier.clone(),
        };
        let told = |error: rcgen::Error| AuthorityError::Failed { detail: error.to_string() };
        Ok(parameters.signed_by(&self.issuer).map_err(told)?.der().to_vec())
    }

    /// The same in PEM form, for gateways.
    ///
    /// # Errors
    /// [`AuthorityError::Failed`].
    pub fn crl_pem(&self, now: Timestamp) -> Result<String, AuthorityError> {
        Ok(pem::revocation_list_text(&self.crl_der(now)?))
    }

    fn parameters(&self, request: &LeafRequest<'_>, now: Timestamp) -> Result<CertificateParams, String> {
        let hours = i64::from(request.days).saturating_mul(24);
        let asked = SignedDuration::from_hours(hours);
        let left = self.facts.not_after.duration_since(now);
        let mut parameters = living(now, asked.min(left)).map_err(|error| error.to_string())?;
        parameters.distinguished_name = subject_of(request.fqdn);
        let name = request.fqdn.try_into().map_err(|error| failed(error).to_string())?;
        parameters.subject_alt_names = vec![SanType::DnsName(name)];
        parameters.extended_key_usages = both_purposes();
        parameters.use_authority_key_identifier_extension = true;
        let point = |url: &String| CrlDistributionPoint { uris: vec![url.clone()] };
        parameters.crl_distribution_points = self.crl_url.iter().map(point).collect();
        Ok(parameters)
    }

    fn sign(
        &self,
        mut parameters: CertificateParams,
        family: KeyFamily,
        key: &impl rcgen::PublicKeyData,
    ) -> Result<CertificateDer<'static>, rcgen::Error> {
        parameters.key_usages = family.usages();
        Ok(parameters.signed_by(key, &self.issuer)?.der().clone())
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority")
            .field("facts", &self.facts)
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

/// The one in the certificate: issuer and list must name it alike (RFC 5280 4.2.1.1, 5.2.1).
fn key_identifier(certificate: &CertificateDer<'_>) -> KeyIdMethod {
    let found = X509Certificate::from_der(certificate).ok().and_then(|(_, certificate)| {
        certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0.to_vec()),
            _ => None,
        })
    });
    found.map_or(KeyIdMethod::Sha256, KeyIdMethod::PreSpecified)
}

/// Grows with time, as RFC 5280 5.2.3 asks: milliseconds since 1970.
fn crl_number(now: Timestamp) -> SerialNumber {
    SerialNumber::from(u64::try_from(now.as_millisecond()).unwrap_or(0))
}

#[cfg(test)]
mod tests;
