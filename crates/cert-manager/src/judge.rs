//! Who shows a certificate, by the policies of the moment (security-modes 1).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;

use crate::{
    chain::{self, Chain, Purpose},
    crl::PathStanding,
    facts::CertificateFacts,
    failure::FailureReason,
    legacy_sha1::ChainSignatures,
    name_rule::CommonName,
    policy::{Enforcement, NO_CERTIFICATE, Peer, PeerPolicies, RevocationDemand},
    verdict::{Alert, Demand, Refusal, Verdict, Waiver},
};

/// Which side of TLS a peer plays: its certificate must be made for it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PeerSide {
    /// It connected to us.
    Client,
    /// We connected to it.
    Server,
}

impl PeerPolicies {
    /// Who shows this chain (the certificate itself first) as this side of TLS, at `now`: the pins, then the chain with
    /// the names (security-modes 1). The same question is asked again of an open connection when trust has changed.
    pub fn judge(&self, chain: &[CertificateDer<'_>], side: PeerSide, now: Timestamp) -> Verdict {
        match chain.split_first() {
            Some((leaf, intermediates)) => self.judge_parts(leaf, intermediates, side, now),
            None => Verdict::refused(Alert::CertificateRequired, NO_CERTIFICATE, None),
        }
    }

    /// When something that [`PeerPolicies::judge`] goes by ends next, at `now` or behind it: a certificate of the chain or a
    /// root. A verdict holds no longer. `None`: nothing ends.
    pub fn next_end(&self, chain: &[CertificateDer<'_>], now: Timestamp) -> Option<Timestamp> {
        let of_chain =
            chain.iter().filter_map(|der| CertificateFacts::read(der).ok()).map(|facts| facts.not_after);
        let of_roots = self.roots.iter().map(|root| root.facts.not_after);
        of_chain.chain(of_roots).filter(|end| *end >= now).min()
    }

    pub(crate) fn judge_parts(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        side: PeerSide,
        now: Timestamp,
    ) -> Verdict {
        let facts = match CertificateFacts::read(leaf) {
            Ok(facts) => Arc::new(facts),
            Err(error) => return Verdict::refused(Alert::BadCertificate, error.to_string(), None),
        };
        let (roots, lists) = (&self.roots, &self.lists);
        let signatures = ChainSignatures::Modern;
        let chain = Chain { roots, lists, facts: &facts, leaf, intermediates, signatures };
        let pinned: Vec<Arc<str>> = self
            .peers
            .iter()
            .filter(|peer| peer.is_pinned_by(&facts))
            .map(|peer| Arc::clone(&peer.name))
            .collect();
        if !pinned.is_empty() {
            return pinned_verdict(&chain, pinned, now);
        }
        match Hearing::open(&chain, side, now) {
            Ok(hearing) => hearing.verdict(&self.peers),
            Err(refusal) => Verdict::Refused(refusal),
        }
    }
}

/// Chain, name and purpose of a pinned certificate are not asked; its dates are, and a revoked one is refused always.
fn pinned_verdict(chain: &Chain<'_>, peers: Vec<Arc<str>>, now: Timestamp) -> Verdict {
    let facts = chain.facts;
    if let Some(words) = chain::outside_of_life(facts, now) {
        return Verdict::Refused(Refusal::new(Alert::CertificateExpired, words, Some(facts)).at(now));
    }
    if !facts.self_signed && chain.is_revoked(now) {
        return Verdict::refused(Alert::CertificateRevoked, chain.revoked_words(), Some(facts));
    }
    Verdict::Known { peers: peers.into(), facts: Arc::clone(facts), waived: Vec::new() }
}

/// A chain that ends at roots, heard for one peer after the other.
struct Hearing<'a> {
    chain: &'a Chain<'a>,
    side: PeerSide,
    /// The roots that it ends at.
    reached: BTreeMap<usize, PathStanding>,
    /// Those at which it ends with every certificate made for this side of TLS.
    fitting: BTreeMap<usize, PathStanding>,
    /// Those at which it ends with every certificate made for TLS servers.
    as_server: BTreeMap<usize, PathStanding>,
}

/// What a chain is worth for one peer.
enum Finding {
    /// Its roots do not count for the peer.
    Untrusted,
    /// It is good for the peer, but names another.
    NotNamed,
    /// It is the peer, with what was let pass.
    Known(Vec<Waiver>),
    /// A demand of the peer is not met.
    Unmet { named: bool, refusal: Refusal },
}

impl<'a> Hearing<'a> {
    fn open(chain: &'a Chain<'a>, side: PeerSide, now: Timestamp) -> Result<Self, Refusal> {
        let reached = chain.reach(Purpose::AnyTls, now).map_err(|error| chain.explain(&error, now))?;
        // A chain that does not fit ends nowhere.
        let places = |purpose| chain.reach(purpose, now).unwrap_or_default();
        let fitting = places(match side {
            PeerSide::Client => Purpose::Client,
            PeerSide::Server => Purpose::Server,
        });
        let whole = fitting.len() == reached.len() || side == PeerSide::Server;
        let as_server = if whole { BTreeMap::new() } else { places(Purpose::Server) };
        Ok(Self { chain, side, reached, fitting, as_server })
    }

    fn verdict(&self, peers: &[Peer]) -> Verdict {
        let (mut known, mut waived) = (Vec::new(), Vec::new());
        let (mut trusted_for, mut named_refusal, mut refusal) = (Vec::new(), None, None);
        for peer in peers {
            match self.find(peer) {
                Finding::Untrusted => {}
                Finding::NotNamed => trusted_for.push(peer.identity()),
                Finding::Known(waivers) => {
                    known.push(Arc::clone(&peer.name));
                    waived.extend(waivers);
                }
                Finding::Unmet { named: true, refusal } => {
                    named_refusal.get_or_insert(refusal);
                }
                Finding::Unmet { named: false, refusal: found } => {
                    refusal.get_or_insert(found);
                }
            }
        }
        let facts = Arc::clone(self.chain.facts);
        match (known.is_empty(), named_refusal, trusted_for.is_empty()) {
            (false, ..) => Verdict::Known { peers: known.into(), facts, waived },
            (true, Some(refusal), _) => Verdict::Refused(refusal),
            (true, None, false) => Verdict::Unnamed { facts, trusted_for },
            (true, None, true) => Verdict::Refused(refusal.unwrap_or_else(|| self.for_nobody())),
        }
    }

    /// At the root that asks the least of the peer.
    fn find(&self, peer: &Peer) -> Finding {
        let (named, name_waiver) = self.naming(peer);
        let mut best: Option<Result<Vec<Waiver>, Refusal>> = None;
        for (place, standing) in self.reached.iter().filter(|(place, _)| peer.roots.contains(place)) {
            let outcome = self.demands(peer, *place, standing);
            let better = match (&best, &outcome) {
                (None, _) | (Some(Err(_)), Ok(_)) => true,
                (Some(Ok(known)), Ok(new)) => new.len() < known.len(),
                (Some(_), Err(_)) => false,
            };
            if better {
                best = Some(outcome);
            }
        }
        match best {
            None => Finding::Untrusted,
            Some(Err(refusal)) => Finding::Unmet { named, refusal },
            Some(Ok(_)) if !named => Finding::NotNamed,
            Some(Ok(mut waivers)) => {
                waivers.extend(name_waiver);
                Finding::Known(waivers)
            }
        }
    }

    fn naming(&self, peer: &Peer) -> (bool, Option<Waiver>) {
        let Some(fqdn) = peer.fqdn.as_deref() else { return (false, None) };
        let facts = self.chain.facts;
        if facts.names_peer(fqdn, peer.common_name) {
            return (true, None);
        }
        if peer.enforcement == Enforcement::Observe && facts.names_peer(fqdn, CommonName::Counts) {
            let words = format!(
                "the certificate {} names {fqdn} in its CN only: have it issued with {fqdn} as SAN, or run `um gateway \
                 set NAME --accept-cn`",
                facts.subject
            );
            return (true, Some(peer.waiver(Demand::SubjectAltName, words)));
        }
        (false, None)
    }

    /// What this peer asks of a chain beside its root and name.
    fn demands(&self, peer: &Peer, place: usize, standing: &PathStanding) -> Result<Vec<Waiver>, Refusal> {
        let mut waivers = Vec::new();
        if !self.fitting.contains_key(&place) {
            let words = self.wrong_side_words(peer);
            let serves = self.side == PeerSide::Client && self.as_server.contains_key(&place);
            match (serves, peer.accept_server_eku, peer.enforcement) {
                (true, true, _) => {}
                (true, false, Enforcement::Observe) => waivers.push(peer.waiver(Demand::ClientAuth, words)),
                (true, false, Enforcement::Required) | (false, ..) => {
                    return Err(self.chain.refusal(Alert::UnsupportedCertificate, words));
                }
            }
        }
        // Of the way whose certificates fit, should there be several.
        let fitting = self.fitting.get(&place).or_else(|| self.as_server.get(&place));
        let words = match fitting.unwrap_or(standing) {
            PathStanding::Clear => return Ok(waivers),
            PathStanding::Revoked => {
                return Err(self.chain.refusal(Alert::CertificateRevoked, self.chain.revoked_words()));
            }
            PathStanding::Stale { issuer, since } => format!(
                "the revocation list of {issuer} is stale: the next one was due on {since}: run `um trust crl ROOT \
                 --from FILE|URL` with the new one, or `um gateway set NAME --crl soft`"
            ),
            PathStanding::Missing { issuer } => format!(
                "no revocation list of {issuer} is known, and {} demands one: run `um trust crl ROOT --from FILE|URL` \
                 with it, or `um gateway set NAME --crl soft`",
                peer.name
            ),
        };
        match (peer.revocation, peer.enforcement) {
            (RevocationDemand::Soft, _) => Ok(waivers),
            (RevocationDemand::Hard, Enforcement::Observe) => {
                waivers.push(peer.waiver(Demand::RevocationList, words));
                Ok(waivers)
            }
            (RevocationDemand::Hard, Enforcement::Required) => {
                let refusal = self.chain.refusal(Alert::BadCertificate, words);
                Err(Refusal { class: FailureReason::Revoked, ..refusal })
            }
        }
    }

    fn wrong_side_words(&self, peer: &Peer) -> String {
        let CertificateFacts { subject, purposes, .. } = &**self.chain.facts;
        let made = |purpose: &str| {
            purposes.is_empty() || purposes.iter().any(|found| found == purpose || found == "any")
        };
        let found = purposes.join(", ");
        match self.side {
            PeerSide::Client if made("clientAuth") => format!(
                "a CA above {subject} issues for TLS servers only (its extended key usage), and {} shows the certificate \
                 as a TLS client: have it issued by a CA for clientAuth, or run `um gateway set NAME --accept-server-eku`",
                peer.name
            ),
            PeerSide::Client => format!(
                "the certificate {subject} is made for TLS servers only (extended key usage: {found}), and {} shows it \
                 as a TLS client: have it issued for clientAuth too, or run `um gateway set NAME --accept-server-eku`",
                peer.name
            ),
            PeerSide::Server if made("serverAuth") => format!(
                "a CA above {subject} issues for TLS clients only (its extended key usage), and {} shows the certificate \
                 as a TLS server: have it issued by a CA for serverAuth",
                peer.name
            ),
            PeerSide::Server => format!(
                "the certificate {subject} is made for TLS clients only (extended key usage: {found}), and {} shows it \
                 as a TLS server: have it issued for serverAuth too",
                peer.name
            ),
        }
    }

    fn for_nobody(&self) -> Refusal {
        let reason = format!(
            "the chain of {} ends at a root that counts for no gateway (each has roots of its own only): run `um trust \
             add ROOT.pem --gateway GW`",
            self.chain.facts.subject
        );
        self.chain.refusal(Alert::UnknownCa, reason)
    }
}

impl Peer {
    fn is_pinned_by(&self, facts: &CertificateFacts) -> bool {
        self.pins.iter().any(|pin| pin.fits(facts))
    }

    fn identity(&self) -> String {
        self.fqdn.clone().unwrap_or_else(|| self.name.to_string())
    }

    fn waiver(&self, demand: Demand, words: String) -> Waiver {
        Waiver { peer: Arc::clone(&self.name), demand, words }
    }
}
