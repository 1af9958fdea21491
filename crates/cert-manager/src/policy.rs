#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::sync::Arc;

use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, TrustAnchor};

use crate::{
    chain,
    facts::{CertificateFacts, UnreadableCertificate},
    name_rule::CommonName,
    pem,
    verdict::{Alert, Refusal, Verdict},
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
    pub(crate) facts: Arc<CertificateFacts>,
}

/// The trust of one moment in all peers; swapped whole.
#[derive(Debug, Default)]
pub struct PeerPolicies {
    peers: Vec<Peer>,
    roots: Vec<Root>,
}

/// A policy whose roots are places in the one table of roots.
#[derive(Debug)]
struct Peer {
    name: Arc<str>,
    fqdn: Option<String>,
    pins: Vec<Pin>,
    roots: Vec<usize>,
    common_name: CommonName,
}

impl PeerPolicy {
    /// A peer that nothing stands for yet.
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), fqdn: None, pins: Vec::new(), roots: Vec::new(), accept_cn: false }
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

    fn fits(&self, facts: &CertificateFacts) -> bool {
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
        Ok(Self { anchor, facts })
    }

    /// What the root certificate says.
    pub fn facts(&self) -> &Arc<CertificateFacts> {
        &self.facts
    }
}

impl PeerPolicies {
    /// Compiles what is asked of every peer; `company_roots` count for all of them.
    pub fn new(policies: Vec<PeerPolicy>, company_roots: Vec<Root>) -> Self {
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
                .chain(company.clone())
                .collect(),
            common_name: if policy.accept_cn { CommonName::Counts } else { CommonName::Ignored },
        };
        let peers = policies.into_iter().map(peer).collect();
        Self { peers, roots }
    }

    /// Who shows this chain (the certificate itself first), at `now`: the pins, then the chain with the names
    /// (security-modes 1). The same question is asked again of an open connection when trust has changed.
    pub fn judge(&self, chain: &[CertificateDer<'_>], now: Timestamp) -> Verdict {
        match chain.split_first() {
            Some((leaf, intermediates)) => self.judge_parts(leaf, intermediates, now),
            None => Verdict::refused(Alert::CertificateRequired, NO_CERTIFICATE, None),
        }
    }

    pub(crate) fn judge_parts(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: Timestamp,
    ) -> Verdict {
        let facts = match CertificateFacts::read(leaf) {
            Ok(facts) => Arc::new(facts),
            Err(error) => return Verdict::refused(Alert::BadCertificate, error.to_string(), None),
        };
        let pinned = self.names_of(|peer| peer.pins.iter().any(|pin| pin.fits(&facts)));
        if !pinned.is_empty() {
            return match chain::outside_of_life(&facts, now) {
                None => Verdict::Known { peers: pinned.into(), facts },
                Some(words) => {
                    Verdict::Refused(Refusal::new(Alert::CertificateExpired, words, Some(&facts)).at(now))
                }
            };
        }
        let anchors = match chain::anchors(&self.roots, leaf, intermediates, now) {
            Ok(anchors) => anchors,
            Err(error) => {
                let failure = chain::Failure { roots: &self.roots, facts: &facts, leaf, intermediates };
                return Verdict::Refused(failure.explain(&error, now));
            }
        };
        let trusts = |peer: &Peer| peer.roots.iter().any(|root| anchors.contains(root));
        let named = self.names_of(|peer| trusts(peer) && peer.is_named_by(&facts));
        if !named.is_empty() {
            return Verdict::Known { peers: named.into(), facts };
        }
        let trusted_for = self.peers.iter().filter(|peer| trusts(peer)).map(Peer::identity).collect();
        Verdict::Unnamed { facts, trusted_for }
    }

    fn names_of(&self, holds: impl Fn(&Peer) -> bool) -> Vec<Arc<str>> {
        self.peers.iter().filter(|peer| holds(peer)).map(|peer| Arc::clone(&peer.name)).collect()
    }
}

impl Peer {
    fn is_named_by(&self, facts: &CertificateFacts) -> bool {
        self.fqdn.as_deref().is_some_and(|fqdn| facts.names_peer(fqdn, self.common_name))
    }

    fn identity(&self) -> String {
        self.fqdn.clone().unwrap_or_else(|| self.name.to_string())
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
