//! The order of a chain: each certificate is signed by the next.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::cmp::Reverse;

use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use webpki::RawPublicKeyEntity;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::ImportFault;
use crate::{facts::CertificateFacts, identity::provider};

/// Certificates of a chain, its own one included.
const MAX_CHAIN: usize = 8;

/// A chain in order, its own certificate first.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) notes: Vec<String>,
}

/// A certificate that may stand in the chain.
struct Link<'a> {
    der: &'a CertificateDer<'static>,
    parsed: X509Certificate<'a>,
    facts: CertificateFacts,
    origin: Origin,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Origin {
    File,
    Known,
}

/// Builds the chain of `leaf` from the `others` of its file and the CA certificates that are `known` here. A self-signed
/// root ends it, and stands in it only if it came with the file.
pub(super) fn chain(
    leaf: &CertificateDer<'static>,
    others: &[CertificateDer<'static>],
    known: &[CertificateDer<'static>],
    now: Timestamp,
) -> Result<Chain, ImportFault> {
    let own = Link::read(leaf, Origin::File)?;
    let mut pool = Vec::new();
    for der in others {
        pool.push(Link::read(der, Origin::File)?);
    }
    // Of what is known here only what can be read counts: it is not this file's fault.
    pool.extend(known.iter().filter_map(|der| Link::read(der, Origin::Known).ok()));
    let mut path: Vec<&Link<'_>> = vec![&own];
    let mut notes = Vec::new();
    while let Some(last) = path.last().filter(|last| !last.facts.self_signed) {
        match last.issuer(&pool, now)? {
            Some(issuer) if issuer.facts.self_signed && issuer.origin == Origin::Known => break,
            Some(_) if path.len() >= MAX_CHAIN => return Err(ImportFault::LongChain { most: MAX_CHAIN }),
            Some(issuer) => path.push(issuer),
            None if path.len() == 1 => {
                let (subject, issuer) = (last.facts.subject.clone(), last.facts.issuer.clone());
                return Err(ImportFault::MissingIssuer { subject, issuer });
            }
            None => {
                notes.push(format!(
                    "its chain ends at {}: peers must have the root {}",
                    last.facts.subject, last.facts.issuer
                ));
                break;
            }
        }
    }
    notes.extend(remarks(&path, others));
    Ok(Chain { certificates: path.into_iter().map(|link| link.der.clone()).collect(), notes })
}

impl<'a> Link<'a> {
    fn read(der: &'a CertificateDer<'static>, origin: Origin) -> Result<Self, ImportFault> {
        let facts =
            CertificateFacts::read(der).map_err(|error| ImportFault::Broken { detail: error.detail })?;
        let (_, parsed) = X509Certificate::from_der(der)
            .map_err(|error| ImportFault::Broken { detail: error.to_string() })?;
        Ok(Self { der, parsed, facts, origin })
    }

    /// Who signed it: of several with one name the one that is valid now, from the file, and lives longest.
    fn issuer<'p>(&self, pool: &'p [Link<'a>], now: Timestamp) -> Result<Option<&'p Link<'a>>, ImportFault> {
        let (subject, issuer) = (self.facts.subject.clone(), self.facts.issuer.clone());
        let named: Vec<&Link<'a>> = pool
            .iter()
            .filter(|link| link.parsed.subject().as_raw() == self.parsed.issuer().as_raw())
            .collect();
        if named.is_empty() {
            return Ok(None);
        }
        let signers: Vec<_> = named.into_iter().filter(|link| self.is_signed_by(link)).collect();
        if signers.is_empty() {
            return Err(ImportFault::BrokenLink { subject, issuer });
        }
        let authorities: Vec<_> = signers.into_iter().filter(|link| link.facts.is_ca).collect();
        let best = authorities
            .into_iter()
            .min_by_key(|link| (!link.facts.is_current(now), link.origin, Reverse(link.facts.not_after)));
        match best {
            None => Err(ImportFault::IssuerIsNoCa { subject, issuer }),
            Some(best) if now > best.facts.not_after => {
                Err(ImportFault::ExpiredIssuer { issuer, not_after: best.facts.not_after })
            }
            Some(best) => Ok(Some(best)),
        }
    }

    fn is_signed_by(&self, issuer: &Self) -> bool {
        let key = SubjectPublicKeyInfoDer::from(issuer.parsed.public_key().raw);
        let Ok(entity) = RawPublicKeyEntity::try_from(&key) else { return false };
        let signed = self.parsed.tbs_certificate.as_ref();
        let signature = &self.parsed.signature_value.data;
        let algorithms = provider().signature_verification_algorithms.all;
        algorithms.iter().any(|algorithm| entity.verify_signature(*algorithm, signed, signature).is_ok())
    }
}

/// What became of the file's other certificates.
fn remarks(path: &[&Link<'_>], others: &[CertificateDer<'static>]) -> Vec<String> {
    let mut remarks = Vec::new();
    let of_file: Vec<&CertificateDer<'static>> =
        path.iter().skip(1).filter(|link| link.origin == Origin::File).map(|link| link.der).collect();
    let in_order: Vec<&CertificateDer<'static>> = others.iter().filter(|der| of_file.contains(der)).collect();
    if in_order != of_file {
        remarks.push("its chain was out of order and has been put right".to_owned());
    }
    let added: Vec<&str> = path
        .iter()
        .filter(|link| link.origin == Origin::Known)
        .map(|link| link.facts.subject.as_str())
        .collect();
    if !added.is_empty() {
        remarks.push(format!("its chain was completed with {}, which was known here", added.join(", ")));
    }
    let left: Vec<String> = others
        .iter()
        .filter(|der| !of_file.contains(der) && path.first().is_none_or(|own| own.der != *der))
        .filter_map(|der| CertificateFacts::read(der).ok())
        .map(|facts| facts.subject)
        .collect();
    if !left.is_empty() {
        remarks.push(format!("left out, since it does not belong to the chain: {}", left.join("; ")));
    }
    remarks
}
