//! Does a chain end at a root, and if not, what stands in the way.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{
    EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter, KeyUsage, RequiredEkuNotFoundContext,
    VerifiedPath,
};

use crate::{
    crl::{PathStanding, RevocationLists},
    facts::CertificateFacts,
    legacy_sha1::ChainSignatures,
    policy::Root,
    verdict::{Alert, Refusal},
};

/// id-kp-serverAuth.
const SERVER_AUTH: &[usize] = &[1, 3, 6, 1, 5, 5, 7, 3, 1];
/// id-kp-clientAuth.
const CLIENT_AUTH: &[usize] = &[1, 3, 6, 1, 5, 5, 7, 3, 2];
/// id-kp-sipDomain, made for both sides of SIP over TLS (RFC 5924 section 4), and anyExtendedKeyUsage.
const EITHER: [&[usize]; 2] = [&[1, 3, 6, 1, 5, 5, 7, 3, 20], &[2, 5, 29, 37, 0]];

/// What a peer showed, and what it may end at.
pub(crate) struct Chain<'a> {
    pub(crate) roots: &'a [Root],
    pub(crate) lists: &'a RevocationLists,
    pub(crate) facts: &'a Arc<CertificateFacts>,
    pub(crate) leaf: &'a CertificateDer<'a>,
    pub(crate) intermediates: &'a [CertificateDer<'a>],
    /// Which signatures count.
    pub(crate) signatures: ChainSignatures,
}

/// For what every certificate of a chain must be made. No extended key usage at all allows every use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// The peer is a TLS client.
    Client,
    /// The peer is a TLS server.
    Server,
    /// Either will do.
    AnyTls,
    /// Nobody asks.
    NotAsked,
}

impl Chain<'_> {
    /// The places of all roots at which the chain ends, never none, and what is known of revocation on the way there.
    pub(crate) fn reach(
        &self,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<BTreeMap<usize, PathStanding>, Error> {
        let reached: RefCell<BTreeMap<usize, PathStanding>> = RefCell::default();
        let revoked = Cell::new(false);
        // Every way to a root is looked at: a refusal here makes the search go on.
        let note = |path: &VerifiedPath<'_>| {
            let ends = |(_, root): &(usize, &Root)| root.anchor == *path.anchor();
            let mut result = Error::UnknownIssuer;
            for (place, root) in self.roots.iter().enumerate().filter(ends) {
                if !root.facts.is_current(now) {
                    result = Error::CertExpired { time: unix(now), not_after: unix(root.facts.not_after) };
                    continue;
                }
                let standing = self.lists.standing(path, root, now);
                if standing == PathStanding::Revoked {
                    revoked.set(true);
                    result = Error::CertRevoked;
                    continue;
                }
                let mut reached = reached.borrow_mut();
                let best = reached.entry(place).or_insert_with(|| standing.clone());
                if standing.is_better_than(best) {
                    *best = standing;
                }
            }
            Err(result)
        };
        let outcome = self.search(purpose, unix(now), &note);
        let reached = reached.into_inner();
        match outcome {
            Err(_) if reached.is_empty() && revoked.get() => Err(Error::CertRevoked),
            Err(error) if reached.is_empty() => Err(error),
            Ok(()) | Err(_) => Ok(reached),
        }
    }

    /// Whether it is known to be revoked, whatever else is wrong with it.
    pub(crate) fn is_revoked(&self, now: Timestamp) -> bool {
        !self.lists.is_empty() && self.reach(Purpose::NotAsked, now) == Err(Error::CertRevoked)
    }

    /// The first that is wrong, in the order root, dates, revocation, purpose, the rest.
    pub(crate) fn explain(&self, error: &Error, now: Timestamp) -> Refusal {
        let (alert, reason) = self.unknown_root(error, now).unwrap_or_else(|| self.known_root(error, now));
        let pinnable = alert == Alert::UnknownCa && self.facts.self_signed && self.facts.is_current(now);
        let unknown = pinnable.then(|| self.leaf.clone().into_owned());
        Refusal { unknown, ..self.refusal(alert, reason).at(now) }
    }

    /// A refusal of this certificate.
    pub(crate) fn refusal(&self, alert: Alert, reason: String) -> Refusal {
        Refusal::new(alert, reason, Some(self.facts))
    }

    fn unknown_root(&self, error: &Error, now: Timestamp) -> Option<(Alert, String)> {
        let facts = self.facts;
        if facts.self_signed {
            let is_root = self.roots.iter().any(|root| root.facts.sha256 == facts.sha256);
            return (!is_root).then(|| (Alert::UnknownCa, self.stranger_words(now)));
        }
        let unknown = *error == Error::UnknownIssuer || {
            let then = unix(facts.not_before);
            let end = |_: &VerifiedPath<'_>| Ok(());
            self.search(Purpose::NotAsked, then, &end) == Err(Error::UnknownIssuer)
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

    /// Of a self-signed certificate that nobody knows.
    fn stranger_words(&self, now: Timestamp) -> String {
        let CertificateFacts { subject, sha1, .. } = &**self.facts;
        match outside_of_life(self.facts, now) {
            Some(words) => format!("the certificate {subject} is self-signed and is no pin; {words}"),
            None => format!(
                "the certificate {subject} is self-signed and is no pin: if its thumbprint is the one that your gateway \
                 GW shows, run `um gateway approve GW {sha1}`"
            ),
        }
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
            Error::CertRevoked => (Alert::CertificateRevoked, self.revoked_words()),
            Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => {
                (Alert::UnsupportedCertificate, self.no_tls_words())
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

    /// What an administrator is told of a certificate on a revocation list.
    pub(crate) fn revoked_words(&self) -> String {
        let CertificateFacts { subject, serial, issuer, .. } = &**self.facts;
        format!(
            "the certificate {subject} (serial {serial}), or a CA above it, was revoked by its issuer ({issuer}): have a \
             new one issued"
        )
    }

    fn no_tls_words(&self) -> String {
        let CertificateFacts { subject, purposes, .. } = &**self.facts;
        format!(
            "the certificate {subject} is not made for TLS (extended key usage: {}): have it issued for clientAuth and \
             serverAuth",
            purposes.join(", ")
        )
    }

    fn search(
        &self,
        purpose: Purpose,
        now: UnixTime,
        note: &dyn Fn(&VerifiedPath<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let anchors: Vec<_> = self.roots.iter().map(|root| root.anchor.clone()).collect();
        let algorithms = self.signatures.algorithms();
        EndEntityCert::try_from(self.leaf)?
            .verify_for_usage(algorithms, &anchors, self.intermediates, now, purpose, None, Some(note))
            .map(|_| ())
    }
}

impl ExtendedKeyUsageValidator for Purpose {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let mut present = Vec::new();
        for purpose in purposes {
            present.push(purpose?.to_decoded_oid());
        }
        if present.is_empty() || present.iter().any(|found| self.fits(found)) {
            return Ok(());
        }
        let required = if *self == Self::Server { KeyUsage::server_auth() } else { KeyUsage::client_auth() };
        Err(Error::RequiredEkuNotFoundContext(RequiredEkuNotFoundContext { required, present }))
    }
}

impl Purpose {
    fn fits(self, found: &[usize]) -> bool {
        let either = EITHER.contains(&found);
        match self {
            Self::Client => either || found == CLIENT_AUTH,
            Self::Server => either || found == SERVER_AUTH,
            Self::AnyTls => either || found == CLIENT_AUTH || found == SERVER_AUTH,
            Self::NotAsked => true,
        }
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

pub(crate) fn unix(moment: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(moment.as_second()).unwrap_or(0)))
}
