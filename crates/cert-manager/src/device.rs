//! The certificates of devices: whom they name, and whether they stand under the roots of a vendor. The handshake lets
//! every certificate through whose key the device proves to have; what it is worth is asked for each request.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    pki_types::{CertificateDer, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use x509_parser::{
    certificate::X509Certificate,
    extensions::GeneralName,
    oid_registry::{
        OID_X509_COMMON_NAME, OID_X509_LOCALITY_NAME, OID_X509_SERIALNUMBER, OID_X509_STATE_OR_PROVINCE_NAME,
        Oid,
    },
    prelude::FromDer,
};

use crate::{
    chain::{Chain, Purpose},
    crl::RevocationLists,
    facts::{CertificateFacts, UnreadableCertificate},
    failure::FailureReason,
    judge::PeerSide,
    legacy_sha1::ChainSignatures,
    policy::{PeerPolicies, Root},
    tls::{ServerTls, TlsError},
    verifier::PeerVerifier,
};

/// The longest text of a name that is looked at.
const MAX_TEXT: usize = 256;
/// Texts of one kind that are looked at.
const MAX_TEXTS: usize = 16;

/// Where the chains of a vendor's devices may end.
#[derive(Clone, Debug)]
pub struct DeviceRoots {
    /// The vendor's roots.
    pub roots: Vec<Root>,
    /// Which signatures count in its chains.
    pub signatures: ChainSignatures,
    /// What is known to be revoked; a list that is missing or stale refuses nobody.
    pub lists: Arc<RevocationLists>,
}

/// What a device has shown, read and not judged yet.
#[derive(Clone, Debug)]
pub struct DeviceCertificate {
    chain: Vec<CertificateDer<'static>>,
    facts: Arc<CertificateFacts>,
    names: DeviceNames,
}

/// What a certificate says who its holder is: texts of the peer, each at most 256 octets, at most 16 of a kind.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DeviceNames {
    /// serialNumber of the subject.
    pub serial_numbers: Vec<String>,
    /// stateOrProvinceName, which Cisco shows as `S=`.
    pub states: Vec<String>,
    /// localityName.
    pub localities: Vec<String>,
    /// CN.
    pub common_names: Vec<String>,
    /// SAN of type DNS and URI.
    pub alternative_names: Vec<String>,
}

impl DeviceCertificate {
    /// Reads a chain as it was shown, the device's own certificate first; `None` if there is none.
    ///
    /// # Errors
    /// [`UnreadableCertificate`].
    pub fn read(chain: &[CertificateDer<'static>]) -> Result<Option<Self>, UnreadableCertificate> {
        let Some(leaf) = chain.first() else { return Ok(None) };
        let facts = Arc::new(CertificateFacts::read(leaf)?);
        Ok(Some(Self { chain: chain.to_vec(), facts, names: DeviceNames::read(leaf)? }))
    }

    /// What it says.
    pub fn facts(&self) -> &Arc<CertificateFacts> {
        &self.facts
    }

    /// Whom it names.
    pub fn names(&self) -> &DeviceNames {
        &self.names
    }

    /// Whether it is the certificate of a TLS client under one of the vendor's roots, valid at `now` and not revoked.
    ///
    /// # Errors
    /// The class of what stands in the way.
    pub fn stands_under(&self, vendor: &DeviceRoots, now: Timestamp) -> Result<(), FailureReason> {
        let Some((leaf, intermediates)) = self.chain.split_first() else {
            return Err(FailureReason::NoCertificate);
        };
        let chain = Chain {
            roots: &vendor.roots,
            lists: &vendor.lists,
            facts: &self.facts,
            leaf,
            intermediates,
            signatures: vendor.signatures,
        };
        chain.reach(Purpose::Client, now).map(|_| ()).map_err(|error| chain.explain(&error, now).class)
    }
}

impl DeviceNames {
    fn read(der: &[u8]) -> Result<Self, UnreadableCertificate> {
        let unreadable = |error: &dyn fmt::Display| UnreadableCertificate { detail: error.to_string() };
        let (_, certificate) = X509Certificate::from_der(der).map_err(|error| unreadable(&error))?;
        let texts = |oid: &Oid<'_>| {
            let values = certificate.subject().iter_by_oid(oid).filter_map(|value| value.as_str().ok());
            bounded(values)
        };
        let alternative = certificate.subject_alternative_name().map_err(|error| unreadable(&error))?;
        let alternative = alternative.iter().flat_map(|found| &found.value.general_names);
        let alternative_names = bounded(alternative.filter_map(|name| match name {
            GeneralName::DNSName(text) | GeneralName::URI(text) => Some(*text),
            _ => None,
        }));
        Ok(Self {
            serial_numbers: texts(&OID_X509_SERIALNUMBER),
            states: texts(&OID_X509_STATE_OR_PROVINCE_NAME),
            localities: texts(&OID_X509_LOCALITY_NAME),
            common_names: texts(&OID_X509_COMMON_NAME),
            alternative_names,
        })
    }
}

impl ServerTls {
    /// The configuration of a connection with a device: TLS 1.2 and above, no resumption. A certificate is asked for and
    /// not demanded; whichever is shown, the handshake completes only if the device has its key.
    ///
    /// # Errors
    /// [`TlsError`]: the TLS library refuses the settings.
    pub fn device_config(&self, now: Timestamp) -> Result<Arc<ServerConfig>, TlsError> {
        let (keys, _) = PeerVerifier::new(Arc::new(PeerPolicies::default()), PeerSide::Client, now);
        self.config(Arc::new(AnyCertificate(keys)), now)
    }
}

/// Takes any certificate of a client, or none. Of the inner verifier it asks for the proof of the key alone.
#[derive(Debug)]
struct AnyCertificate(PeerVerifier);

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        ClientCertVerifier::verify_tls12_signature(&self.0, message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        ClientCertVerifier::verify_tls13_signature(&self.0, message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ClientCertVerifier::supported_verify_schemes(&self.0)
    }
}

fn bounded<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    texts.filter(|text| text.len() <= MAX_TEXT).take(MAX_TEXTS).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
