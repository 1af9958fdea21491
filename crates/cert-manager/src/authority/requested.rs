//! The signing request of a gateway (PKCS #10, RFC 2986). Only its key is taken over.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use rcgen::SubjectPublicKeyInfo;
use rustls::pki_types::{CertificateSigningRequestDer, pem::PemObject as _};
use x509_parser::{
    certification_request::X509CertificationRequest,
    extensions::{GeneralName, ParsedExtension},
    prelude::FromDer as _,
    public_key::PublicKey,
};

use super::LeafRefusal;
use crate::{fqdn::check_fqdn, key_kind::KeyFamily};

const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// The curves that x509-parser verifies and every TLS stack has.
const EC_BITS: [usize; 2] = [256, 384];
/// Names of a request that are repeated in words.
const NAMES_SHOWN: usize = 5;
/// Characters of one such name.
const NAME_SHOWN: usize = 80;

/// A public key that asks for a certificate.
pub(super) struct RequestedKey {
    public: SubjectPublicKeyInfo,
    family: KeyFamily,
    left_out: Vec<String>,
}

impl RequestedKey {
    /// Reads a request for `fqdn` and verifies that its maker has the key. SHA-1 will do for that: nothing else depends
    /// on the signature.
    pub(super) fn read(text: &str, fqdn: &str) -> Result<Self, LeafRefusal> {
        let no_request = |detail: &str| LeafRefusal::NoRequest { detail: detail.to_owned() };
        let der = CertificateSigningRequestDer::from_pem_slice(text.as_bytes())
            .map_err(|_| no_request("there is no CERTIFICATE REQUEST in PEM form in it"))?;
        let (rest, request) =
            X509CertificationRequest::from_der(&der).map_err(|_| no_request("its structure is broken"))?;
        if !rest.is_empty() {
            return Err(no_request("bytes follow it"));
        }
        let key = &request.certification_request_info.subject_pki;
        let family = family(key.parsed().ok())?;
        request
            .verify_signature()
            .map_err(|error| LeafRefusal::BadSignature { detail: error.to_string() })?;
        let left_out = other_names(&request, fqdn)?;
        let public = SubjectPublicKeyInfo::from_der(key.raw)
            .map_err(|error| LeafRefusal::WeakKey { key: error.to_string() })?;
        Ok(Self { public, family, left_out })
    }

    pub(super) fn public(&self) -> &SubjectPublicKeyInfo {
        &self.public
    }

    pub(super) fn family(&self) -> KeyFamily {
        self.family
    }

    pub(super) fn notes(&self) -> Option<String> {
        let names = self.left_out.join(", ");
        (!names.is_empty()).then(|| format!("the request asks for {names} as well, which was not certified"))
    }
}

fn family(key: Option<PublicKey<'_>>) -> Result<KeyFamily, LeafRefusal> {
    let weak = |key: String| LeafRefusal::WeakKey { key };
    match key {
        Some(PublicKey::RSA(key)) if RSA_BITS.contains(&key.key_size()) => Ok(KeyFamily::Rsa),
        Some(PublicKey::RSA(key)) => Err(weak(format!("RSA {}", key.key_size()))),
        Some(PublicKey::EC(point)) if EC_BITS.contains(&point.key_size()) => Ok(KeyFamily::Ec),
        Some(PublicKey::EC(point)) => Err(weak(format!("EC {}", point.key_size()))),
        Some(_) | None => Err(weak("of another kind".to_owned())),
    }
}

/// The names beside `fqdn`; a request that names others alone was made for somebody else.
fn other_names(request: &X509CertificationRequest<'_>, fqdn: &str) -> Result<Vec<String>, LeafRefusal> {
    let alternative: Vec<&str> = request
        .requested_extensions()
        .into_iter()
        .flatten()
        .filter_map(|extension| match extension {
            ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
            _ => None,
        })
        .flatten()
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(*name),
            _ => None,
        })
        .collect();
    let subject = &request.certification_request_info.subject;
    let common = subject.iter_common_name().filter_map(|name| name.as_str().ok());
    // A CN may be a model or a serial number: only one that is a host's name says whom the request is for.
    let names: Vec<&str> = match alternative.is_empty() {
        false => alternative,
        true => common.filter(|name| check_fqdn(name).is_ok()).collect(),
    };
    let shown = |name: &&str| name.chars().take(NAME_SHOWN).flat_map(char::escape_debug).collect::<String>();
    let others: Vec<String> =
        names.iter().filter(|name| !name.eq_ignore_ascii_case(fqdn)).take(NAMES_SHOWN).map(shown).collect();
    match names.iter().any(|name| name.eq_ignore_ascii_case(fqdn)) || names.is_empty() {
        true => Ok(others),
        false => Err(LeafRefusal::NamesAnother { names: others.join(", "), fqdn: fqdn.to_owned() }),
    }
}
