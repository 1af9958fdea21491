//! Does a chain end at a root, and if not, what stands in the way.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{cell::RefCell, collections::BTreeSet, sync::Arc, time::Duration};

use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{
    EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter, KeyUsage, RequiredEkuNotFoundContext,
    VerifiedPath,
};

use crate::{
    facts::CertificateFacts,
    identity::provider,
    policy::Root,
    verdict::{Alert, Refusal},
};

/// id-kp-serverAuth, id-kp-clientAuth, id-kp-sipDomain (RFC 5924), anyExtendedKeyUsage. A gateway's certificate is
/// often a server's, and public CAs issue no others any more; so any of these will do on either side.
const PURPOSES: [&[usize]; 4] = [
    &[1, 3, 6, 1, 5, 5, 7, 3, 1],
    &[1, 3, 6, 1, 5, 5, 7, 3, 2],
    &[1, 3, 6, 1, 5, 5, 7, 3, 20],
    &[2, 5, 29, 37, 0],
];

/// The places of all roots at which the chain ends; never empty.
pub(crate) fn anchors(
    roots: &[Root],
    leaf: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
    now: Timestamp,
) -> Result<BTreeSet<usize>, Error> {
    let reached = RefCell::new(BTreeSet::new());
    // Every way to a root is looked at: a refusal here makes the search go on.
    let note = |path: &VerifiedPath<'_>| {
        let ends = |(_, root): &(usize, &Root)| root.anchor == *path.anchor();
        let mut result = Error::UnknownIssuer;
        for (place, root) in roots.iter().enumerate().filter(ends) {
            if root.facts.is_current(now) {
                reached.borrow_mut().insert(place);
            } else {
                result = Error::CertExpired { time: unix(now), not_after: unix(root.facts.not_after) };
            }
        }
        Err(result)
    };
    let outcome = search(roots, leaf, intermediates, unix(now), SipPurpose::Asked, &note);
    let reached = reached.into_inner();
    match outcome {
        Err(error) if reached.is_empty() => Err(error),
        Ok(()) | Err(_) => Ok(reached),
    }
}

/// What is wrong with the dates, in words; `None` if nothing is.
pub(crate) fn outside_of_life(facts: &CertificateFacts, now: Timestamp) -> Option<String> {
    let subject = &facts.subject;
    if now < facts.not_before {
        return Some(format!(
            "the certificate {subject} is not valid before {}: check the clocks of both sides",
            facts.not_before
        ));
    }
    (now > facts.not_after)
        .then(|| format!("the certificate {subject} expired on {}: renew it at the peer", facts.not_after))
}

/// A chain that ends at no root.
pub(crate) struct Failure<'a> {
    pub(crate) roots: &'a [Root],
    pub(crate) facts: &'a Arc<CertificateFacts>,
    pub(crate) leaf: &'a CertificateDer<'a>,
    pub(crate) intermediates: &'a [CertificateDer<'a>],
}

impl Failure<'_> {
    /// The first that is wrong, in the order root, dates, revocation, purpose, the rest.
    pub(crate) fn explain(&self, error: &Error, now: Timestamp) -> Refusal {
        let (alert, reason) = self.unknown_root(error).unwrap_or_else(|| self.known_root(error, now));
        Refusal::new(alert, reason, Some(self.facts)).at(now)
    }

    fn unknown_root(&self, error: &Error) -> Option<(Alert, String)> {
        let facts = self.facts;
        if facts.self_signed {
            if self.roots.iter().any(|root| root.facts.sha256 == facts.sha256) {
                return None;
            }
            let reason = format!(
                "the certificate {} is self-signed and is no pin: `um gateway set NAME --trust FILE.pem` with this \
                 certificate trusts it",
                facts.subject
            );
            return Some((Alert::UnknownCa, reason));
        }
        let unknown = *error == Error::UnknownIssuer || {
            let then = unix(facts.not_before);
            let end = |_: &VerifiedPath<'_>| Ok(());
            let probe = search(self.roots, self.leaf, self.intermediates, then, SipPurpose::NotAsked, &end);
            probe == Err(Error::UnknownIssuer)
        };
        let reason = || {
            format!(
                "the chain of {} ends at no trusted root (its issuer is {}): trust the root with `um gateway set NAME \
                 --trust ROOT.pem`, and let the peer send its intermediate certificates",
                facts.subject, facts.issuer
            )
        };
        unknown.then(|| (Alert::UnknownCa, reason()))
    }

    fn known_root(&self, error: &Error, now: Timestamp) -> (Alert, String) {
        let subject = &self.facts.subject;
        match error {
            Error::CertExpired { .. } | Error::CertNotValidYet { .. } | Error::InvalidCertValidity => {
                let words = outside_of_life(self.facts, now).unwrap_or_else(|| {
                    format!("a CA certificate above {subject} is outside of its dates: renew it and send the new one")
                });
                (Alert::CertificateExpired, words)
            }
            Error::CertRevoked => (
                Alert::CertificateRevoked,
                format!("the certificate {subject} is revoked: have a new one issued"),
            ),
            Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => {
                let found = self.facts.purposes.join(", ");
                let reason = format!(
                    "the certificate {subject} is not made for TLS (extended key usage: {found}): have it issued for \
                     clientAuth and serverAuth"
                );
                (Alert::UnsupportedCertificate, reason)
            }
            Error::CaUsedAsEndEntity => {
                let reason = format!(
                    "{subject} is a CA's own certificate, which stands for no peer: pin it with `um gateway set NAME --pin \
                     FILE.pem`, or have a certificate issued that is no CA"
                );
                (Alert::BadCertificate, reason)
            }
            Error::UnsupportedCertVersion => {
                let reason = format!(
                    "the certificate {subject} is X.509 version {}, which no chain may hold: pin it, or have it \
                     issued as version 3",
                    self.facts.version
                );
                (Alert::BadCertificate, reason)
            }
            Error::NameConstraintViolation => {
                let reason = format!("a CA above {subject} may not issue for its names (name constraints)");
                (Alert::BadCertificate, reason)
            }
            Error::InvalidSignatureForPublicKey | Error::SignatureAlgorithmMismatch => {
                (Alert::BadCertificate, format!("a signature in the chain of {subject} does not verify"))
            }
            other => (Alert::BadCertificate, format!("the chain of {subject} does not verify ({other})")),
        }
    }
}

/// Whether the extended key usages of a chain are looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum SipPurpose {
    Asked,
    NotAsked,
}

impl ExtendedKeyUsageValidator for SipPurpose {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let mut present = Vec::new();
        for purpose in purposes {
            present.push(purpose?.to_decoded_oid());
        }
        let fits = present.iter().any(|purpose| PURPOSES.contains(&purpose.as_slice()));
        if present.is_empty() || fits || *self == Self::NotAsked {
            return Ok(());
        }
        let context = RequiredEkuNotFoundContext { required: KeyUsage::client_auth(), present };
        Err(Error::RequiredEkuNotFoundContext(context))
    }
}

fn search(
    roots: &[Root],
    leaf: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
    now: UnixTime,
    purpose: SipPurpose,
    note: &dyn Fn(&VerifiedPath<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let anchors: Vec<_> = roots.iter().map(|root| root.anchor.clone()).collect();
    let algorithms = provider().signature_verification_algorithms.all;
    EndEntityCert::try_from(leaf)?
        .verify_for_usage(algorithms, &anchors, intermediates, now, purpose, None, Some(note))
        .map(|_| ())
}

pub(crate) fn unix(moment: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(moment.as_second()).unwrap_or(0)))
}
