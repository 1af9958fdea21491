//! The forms in which a certificate comes.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
    pem::{PemObject as _, SectionKind},
};

use super::{ImportFault, ImportFile};
use crate::{facts::CertificateFacts, pem::fault, pkcs12};

/// Bytes of a file that are read.
pub(super) const MAX_BYTES: usize = 1024 * 1024;
/// Certificates in a file.
const MAX_CERTIFICATES: usize = 64;
/// The tag of every ASN.1 structure that may come.
const SEQUENCE: u8 = 0x30;
/// 1.2.840.113549.1.7.2, signedData: with it begins what is no PKCS#12.
const SIGNED_DATA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// What a file holds.
pub(crate) struct Contents {
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    pub(crate) keys: Vec<PrivateKeyDer<'static>>,
}

impl Contents {
    pub(super) fn read(file: &ImportFile<'_>) -> Result<Self, ImportFault> {
        if file.bytes.len() > MAX_BYTES {
            return Err(ImportFault::TooLong);
        }
        let contents = if file.bytes.first() == Some(&SEQUENCE) {
            Self::of_der(file)?
        } else {
            Self::of_pem(file.bytes)?
        };
        match contents.certificates.len() {
            0..=MAX_CERTIFICATES => Ok(contents),
            _ => Err(ImportFault::TooLong),
        }
    }

    fn of_der(file: &ImportFile<'_>) -> Result<Self, ImportFault> {
        if CertificateFacts::read(file.bytes).is_ok() {
            let certificates = vec![CertificateDer::from(file.bytes.to_vec())];
            return Ok(Self { certificates, keys: Vec::new() });
        }
        // Behind the outer tag and a length of one to five octets.
        if (2..=6).any(|start| file.bytes.get(start..).is_some_and(|rest| rest.starts_with(&SIGNED_DATA))) {
            return Err(ImportFault::Pkcs7);
        }
        pkcs12::read(file.bytes, file.password.as_ref())
    }

    fn of_pem(bytes: &[u8]) -> Result<Self, ImportFault> {
        let mut contents = Self { certificates: Vec::new(), keys: Vec::new() };
        let mut found = "there is no certificate in it".to_owned();
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(bytes) {
            let (kind, der) = section.map_err(|error| ImportFault::Broken { detail: fault(&error) })?;
            match kind {
                SectionKind::Certificate => contents.certificates.push(CertificateDer::from(der)),
                SectionKind::PrivateKey => contents.keys.push(PrivatePkcs8KeyDer::from(der).into()),
                SectionKind::RsaPrivateKey => contents.keys.push(PrivatePkcs1KeyDer::from(der).into()),
                SectionKind::EcPrivateKey => contents.keys.push(PrivateSec1KeyDer::from(der).into()),
                SectionKind::Csr => {
                    found = "it is a signing request, not the certificate that answers it".to_owned()
                }
                _ => {}
            }
        }
        let text = String::from_utf8_lossy(bytes);
        if contents.certificates.is_empty() && text.contains("-----BEGIN PKCS7-----") {
            return Err(ImportFault::Pkcs7);
        }
        if contents.certificates.is_empty() {
            return Err(ImportFault::NoCertificate { found });
        }
        // Under the old form the section is a key's, and what it holds is none.
        if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENCRYPTED") {
            return Err(ImportFault::EncryptedKey);
        }
        Ok(contents)
    }
}
