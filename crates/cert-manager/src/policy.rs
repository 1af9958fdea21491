#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer, TrustAnchor};

use crate::{
    crl::RevocationLists,
    facts::{self, CertificateFacts, UnreadableCertificate},
    name_rule::CommonName,
    pem,
};

/// What is asked of one peer. A peer without pin, and without FQDN or roots, is never recognised.
#[derive(Clone, Debug)]
pub struct PeerPolicy {
    /// How verdicts call it.
    pub name: Arc<str>,
    /// The name that its certificate must bear; without it only pins count.
    pub fqdn: Option<String>,
    /// Certificates and keys that stand for it by themselves.
    pub pins: Vec<Pin>,
    /// Roots of its own, beside the company's.
    pub roots: Vec<Root>,
    /// Whether its CN may name it where there is no SAN of type DNS or URI.
    pub accept_cn: bool,
    /// Whether the company's roots do not count for it.
    pub own_roots_only: bool,
    /// Whether a certificate for TLS servers only will do when it is the client.
    pub accept_server_eku: bool,
    /// What a missing or stale revocation list means.
    pub revocation: RevocationDemand,
    /// Whether the lesser demands are enforced.
    pub enforcement: Enforcement,
}

/// What becomes of a peer whose revocation cannot be looked up; a revoked certificate is refused either way.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RevocationDemand {
    /// It is taken.
    #[default]
    Soft,
    /// It is refused.
    Hard,
}

/// Whether the lesser demands are enforced: clientAuth, a SAN rather than a CN, a fresh revocation list.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Enforcement {
    /// They are.
    #[default]
    Required,
    /// Not yet: what is not met is let pass and told, see [`crate::Waiver`].
    Observe,
}

/// A certificate that is trusted by itself, and its key with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pin {
    facts: Arc<CertificateFacts>,
}

/// A CA certificate at which a chain may end.
#[derive(Clone, Debug)]
pub struct Root {
    pub(crate) anchor: TrustAnchor<'static>,
    pub(crate) key: SubjectPublicKeyInfoDer<'static>,
    pub(crate) facts: Arc<CertificateFacts>,
}

/// The trust of one moment in all peers; swapped whole.
#[derive(Debug, Default)]
pub struct PeerPolicies {
    pub(crate) peers: Vec<Peer>,
    pub(crate) roots: Vec<Root>,
    pub(crate) lists: Arc<RevocationLists>,
}

/// A policy whose roots are places in the one table of roots.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) name: Arc<str>,
    pub(crate) fqdn: Option<String>,
    pub(crate) pins: Vec<Pin>,
    pub(crate) roots: Vec<usize>,
    pub(crate) common_name: CommonName,
    pub(crate) accept_server_eku: bool,
    pub(crate) revocation: RevocationDemand,
    pub(crate) enforcement: Enforcement,
}

impl PeerPolicy {
    /// A peer that nothing stands for yet.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            fqdn: None,
            pins: Vec::new(),
            roots: Vec::new(),
            accept_cn: false,
            own_roots_only: false,
            accept_server_eku: false,
            revocation: RevocationDemand::default(),
            enforcement: Enforcement::default(),
        }
    }
}

impl Pin {
    /// The first certificate of a PEM text.
    ///
    /// # Errors
    /// [`UnreadableCertificate`]: there is none.
    pub fn from_pem(text: &str) -> Result<Self, UnreadableCertificate> {
        Ok(Self { facts: Arc::new(CertificateFacts::read(&first_certificate(text)?)?) })
    }

    /// What the pinned certificate says.
    pub fn facts(&self) -> &Arc<CertificateFacts> {
        &self.facts
    }

    pub(crate) fn fits(&self, facts: &CertificateFacts) -> bool {
        self.facts.sha256 == facts.sha256 || self.facts.spki_sha256 == facts.spki_sha256
    }
}

impl Root {
    /// The first certificate of a PEM text. Whether it may issue is [`crate::read_trust`]'s to ask.
    ///
    /// # Errors
    /// [`UnreadableCertificate`]: there is none.
    pub fn from_pem(text: &str) -> Result<Self, UnreadableCertificate> {
        let der = first_certificate(text)?;
        let facts = Arc::new(CertificateFacts::read(&der)?);
        let anchor = webpki::anchor_from_trusted_cert(&der)
            .map_err(|error| UnreadableCertificate { detail: error.to_string() })?
            .to_owned();
        let key = SubjectPublicKeyInfoDer::from(facts::public_key(&der)?);
        Ok(Self { anchor, key, facts })
    }

    /// What the root certificate says.
    pub fn facts(&self) -> &Arc<CertificateFacts> {
        &self.facts
    }
}

impl PeerPolicies {
    /// Compiles what is asked of every peer; `company_roots` count for all of them that do not shut them out.
    pub fn new(policies: Vec<PeerPolicy>, company_roots: Vec<Root>, lists: Arc<RevocationLists>) -> Self {
        let mut roots = Vec::new();
        let company: Vec<usize> = company_roots.into_iter().map(|root| place_of(&mut roots, root)).collect();
        let peer = |policy: PeerPolicy| Peer {
            name: policy.name,
            fqdn: policy.fqdn,
            pins: policy.pins,
            roots: policy
                .roots
                .into_iter()
                .map(|root| place_of(&mut roots, root))
                .chain(company.iter().copied().filter(|_| !policy.own_roots_only))
                .collect(),
            common_name: if policy.accept_cn { CommonName::Counts } else { CommonName::Ignored },
            accept_server_eku: policy.accept_server_eku,
            revocation: policy.revocation,
            enforcement: policy.enforcement,
        };
        let peers = policies.into_iter().map(peer).collect();
        Self { peers, roots, lists }
    }
}

fn place_of(roots: &mut Vec<Root>, root: Root) -> usize {
    let known = roots.iter().position(|known| known.facts.sha256 == root.facts.sha256);
    known.unwrap_or_else(|| {
        roots.push(root);
        roots.len().saturating_sub(1)
    })
}

fn first_certificate(text: &str) -> Result<CertificateDer<'static>, UnreadableCertificate> {
    let mut certificates =
        pem::certificates(text).map_err(|detail| UnreadableCertificate { detail })?.into_iter();
    certificates
        .next()
        .ok_or_else(|| UnreadableCertificate { detail: "the text holds no certificate".to_owned() })
}

pub(crate) const NO_CERTIFICATE: &str =
    "the peer shows no certificate: give it one and let it authenticate as a TLS client (mutual TLS)";

#[cfg(test)]
mod tests;
