//! Revocation lists (RFC 5280 section 5): read, verified, and asked for the certificates of a chain.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::sync::Arc;

use jiff::Timestamp;
use rustls::pki_types::{CertificateRevocationListDer, SubjectPublicKeyInfoDer, pem::PemObject};
use webpki::{Cert, RawPublicKeyEntity, VerifiedPath};

use crate::{
    crl_der::{Contents, Outline},
    facts::CertificateFacts,
    identity::provider,
    policy::Root,
};

/// The list of a CA: which of its certificates are revoked. Signed by the CA, so whoever brings it cannot change it.
#[derive(Clone, Debug)]
pub struct RevocationList {
    issuer: Arc<CertificateFacts>,
    issuer_name: Vec<u8>,
    issuer_key: SubjectPublicKeyInfoDer<'static>,
    contents: Contents,
}

/// Every list of one moment, by its issuer.
#[derive(Clone, Debug, Default)]
pub struct RevocationLists {
    lists: Vec<Arc<RevocationList>>,
}

/// Why a file is no list of the root.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CrlRefusal {
    /// More bytes than a list may have.
    #[error("the list has more than {} MiB: give the CA's newest list alone", RevocationList::MAX_BYTES >> 20)]
    TooLong,
    /// Bytes that are no list.
    #[error("this is no X.509 revocation list ({detail}): give a file in DER or PEM form (`X509 CRL`)")]
    NoList {
        /// What the reader stumbled over.
        detail: &'static str,
    },
    /// A list of somebody else.
    #[error(
        "the list was issued by another than {root}: give the list of this root, or name the root that issued it"
    )]
    OfAnother {
        /// The subject of the root that was asked for.
        root: String,
    },
    /// Its signature is not the root's.
    #[error("the signature of the list is not that of {root}: fetch the list again from its CA")]
    BadSignature {
        /// The subject of the root.
        root: String,
    },
    /// It never becomes stale.
    #[error("the list does not say when the next one comes (nextUpdate): let the CA issue it with that date")]
    NoNextUpdate,
    /// It covers a part only.
    #[error(
        "the list is a part of one, a delta or an indirect one (it has a critical extension): give the CA's full list"
    )]
    Partial,
}

/// What is known of revocation on the way from a certificate to a root.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum PathStanding {
    /// Every issuer on the way has a fresh list, and nothing is on them.
    Clear,
    /// The list of this issuer is older than it may be.
    Stale {
        /// The subject of the issuer.
        issuer: String,
        /// When the next list was due.
        since: Timestamp,
    },
    /// No list of this issuer is known.
    Missing {
        /// The subject of the issuer.
        issuer: String,
    },
    /// A certificate on the way is revoked.
    Revoked,
}

impl RevocationList {
    /// The longest list, in bytes of DER; in PEM form it may have a third more.
    pub const MAX_BYTES: usize = 32 << 20;

    /// Reads a list in DER or PEM form and verifies that `root` signed it; only then its entries are looked at.
    ///
    /// # Errors
    /// [`CrlRefusal`]: it is no list, not of this root, or covers only a part of its certificates.
    pub fn read(bytes: &[u8], root: &Root) -> Result<Self, CrlRefusal> {
        let no_list = |detail| CrlRefusal::NoList { detail };
        // Base64 takes four characters for three bytes, and some for the ends of lines.
        if bytes.len() > Self::MAX_BYTES.saturating_mul(3).div_euclid(2) {
            return Err(CrlRefusal::TooLong);
        }
        let der = match bytes.first() {
            Some(0x30) => CertificateRevocationListDer::from(bytes),
            _ => CertificateRevocationListDer::from_pem_slice(bytes)
                .map_err(|_| no_list("there is no `X509 CRL` section in it"))?,
        };
        if der.len() > Self::MAX_BYTES {
            return Err(CrlRefusal::TooLong);
        }
        let outline = Outline::read(&der).ok_or_else(|| no_list("its frame is broken"))?;
        let subject = || root.facts.subject.clone();
        if outline.issuer != root.anchor.subject.as_ref() {
            return Err(CrlRefusal::OfAnother { root: subject() });
        }
        if !is_signed_by(&root.key, &outline) {
            return Err(CrlRefusal::BadSignature { root: subject() });
        }
        Ok(Self {
            issuer: Arc::clone(&root.facts),
            issuer_name: root.anchor.subject.as_ref().to_vec(),
            issuer_key: root.key.clone(),
            contents: outline.contents()?,
        })
    }

    /// What its issuer's certificate says.
    pub fn issuer(&self) -> &Arc<CertificateFacts> {
        &self.issuer
    }

    /// When it was issued.
    pub fn this_update(&self) -> Timestamp {
        self.contents.this_update
    }

    /// When the next one is due: from then on it is stale.
    pub fn next_update(&self) -> Timestamp {
        self.contents.next_update
    }

    /// How many certificates are on it.
    pub fn count(&self) -> usize {
        self.contents.serials.len()
    }

    /// Whether the certificate with this serial number (big-endian, as X.509 holds it) is on it.
    pub fn revokes(&self, serial: &[u8]) -> bool {
        self.contents.revokes(serial)
    }

    /// Half of its life: when it is to be fetched again.
    pub fn half_life(&self) -> Timestamp {
        let life = self.next_update().duration_since(self.this_update());
        self.this_update().checked_add(life.checked_div(2).unwrap_or_default()).unwrap_or(self.next_update())
    }

    fn is_of(&self, name: &[u8], key: &[u8]) -> bool {
        self.issuer_name == name && self.issuer_key.as_ref() == key
    }
}

impl RevocationLists {
    /// These lists; a CA that has two (its certificate was renewed with the same key) is asked for in both.
    pub fn new(lists: Vec<Arc<RevocationList>>) -> Self {
        Self { lists }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// Every list.
    pub fn lists(&self) -> impl Iterator<Item = &Arc<RevocationList>> {
        self.lists.iter()
    }

    /// What the lists say of every certificate of the path, the root itself left out.
    pub(crate) fn standing(&self, path: &VerifiedPath<'_>, root: &Root, now: Timestamp) -> PathStanding {
        let mut child: &Cert<'_> = path.end_entity();
        let mut standing = PathStanding::Clear;
        for issuer in path.intermediate_certificates() {
            let key = issuer.subject_public_key_info();
            let subject = || match CertificateFacts::read(&issuer.der()) {
                Ok(facts) => facts.subject,
                Err(_) => "a CA".to_owned(),
            };
            let of_issuer = (issuer.subject(), key.as_ref());
            standing = standing.or_worse(self.standing_of(child.serial(), of_issuer, now, subject));
            child = issuer;
        }
        let of_root = (root.anchor.subject.as_ref(), root.key.as_ref());
        let subject = || root.facts.subject.clone();
        standing.or_worse(self.standing_of(child.serial(), of_root, now, subject))
    }

    /// What is known of the certificate with this serial number, of an issuer with this name and key.
    fn standing_of(
        &self,
        serial: &[u8],
        (name, key): (&[u8], &[u8]),
        now: Timestamp,
        subject: impl FnOnce() -> String,
    ) -> PathStanding {
        let lists = || self.lists.iter().filter(|list| list.is_of(name, key));
        if lists().any(|list| list.revokes(serial)) {
            return PathStanding::Revoked;
        }
        match lists().map(|list| list.next_update()).max() {
            None => PathStanding::Missing { issuer: subject() },
            Some(next) if next < now => PathStanding::Stale { issuer: subject(), since: next },
            Some(_) => PathStanding::Clear,
        }
    }
}

impl PathStanding {
    /// Whether it is the better of both.
    pub(crate) fn is_better_than(&self, other: &Self) -> bool {
        self.rank() < other.rank()
    }

    fn or_worse(self, other: Self) -> Self {
        if self.is_better_than(&other) { other } else { self }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Clear => 0,
            Self::Stale { .. } => 1,
            Self::Missing { .. } => 2,
            Self::Revoked => 3,
        }
    }
}

/// With each algorithm that fits the key: which one the list names is then the one that verifies.
fn is_signed_by(key: &SubjectPublicKeyInfoDer<'_>, outline: &Outline<'_>) -> bool {
    let Ok(key) = RawPublicKeyEntity::try_from(key) else { return false };
    let algorithms = provider().signature_verification_algorithms.all;
    algorithms
        .iter()
        .any(|algorithm| key.verify_signature(*algorithm, outline.signed, outline.signature).is_ok())
}

#[cfg(test)]
mod tests;
