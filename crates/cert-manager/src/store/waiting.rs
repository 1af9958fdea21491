//! Keys that wait for their certificate.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::path::{Path, PathBuf};

use rustls::pki_types::{CertificateSigningRequestDer, pem::PemObject as _};
use sha2::{Digest as _, Sha256};
use x509_parser::{
    certification_request::X509CertificationRequest,
    extensions::{GeneralName, ParsedExtension},
    prelude::FromDer as _,
};

use super::{CertificateStore, read_bounded};
use crate::{facts::hexadecimal, pem, waiting_key::WaitingKey};

/// A waiting key that cannot be read any more.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "the key `{}` of the signing request for {fqdn} cannot be used ({reason}): make another one with `um cert csr`",
    file.display()
)]
pub struct WaitingKeyError {
    /// The file.
    pub file: PathBuf,
    /// What it was made for.
    pub fqdn: String,
    /// What is wrong.
    pub reason: String,
}

impl CertificateStore {
    /// The private key in PEM form. It is a secret: wipe it after use.
    ///
    /// # Errors
    /// [`WaitingKeyError`]: the file is gone, or holds no key.
    pub fn waiting_key_pem(&self, waiting: &WaitingKey) -> Result<String, WaitingKeyError> {
        let error = |reason: String| WaitingKeyError {
            file: waiting.file.clone(),
            fqdn: waiting.fqdn.clone(),
            reason,
        };
        let text = read_bounded(&waiting.file).map_err(error)?;
        match pem::private_key(&text) {
            Some(_) => Ok(text),
            None => Err(error("there is no private key in it".to_owned())),
        }
    }
}

impl WaitingKey {
    /// From the text of the request; `key` is the file of the key.
    pub(super) fn read(key: &Path, request: &str) -> Result<Self, String> {
        let broken = |_| "this is no certificate signing request in PEM form: remove the file".to_owned();
        let der = CertificateSigningRequestDer::from_pem_slice(request.as_bytes()).map_err(|_| broken(()))?;
        let (_, request) = X509CertificationRequest::from_der(&der).map_err(|_| broken(()))?;
        let spki = request.certification_request_info.subject_pki.raw;
        Ok(Self {
            file: key.to_owned(),
            fqdn: name(&request).ok_or("this signing request names no host: remove the file")?,
            spki_sha256: hexadecimal(&Sha256::digest(spki)),
        })
    }
}

/// The first DNS name, else the CN.
fn name(request: &X509CertificationRequest<'_>) -> Option<String> {
    let alternative = request.requested_extensions().into_iter().flatten().find_map(|extension| {
        let ParsedExtension::SubjectAlternativeName(names) = extension else { return None };
        names.general_names.iter().find_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        })
    });
    let subject = &request.certification_request_info.subject;
    let common = || subject.iter_common_name().next().and_then(|name| name.as_str().ok()).map(str::to_owned);
    let printable = |name: &String| !name.is_empty() && !name.contains(char::is_control);
    alternative.or_else(common).filter(printable)
}
