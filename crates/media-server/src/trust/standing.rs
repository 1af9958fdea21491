use std::sync::Arc;

use arc_swap::ArcSwap;
use call_control::{CertifiedPeer, PeerIdentity};
use cert_manager::{CertificateDer, CertificateFacts, PeerPolicies, PeerSide, Verdict};
use jiff::Timestamp;
use sip_signaling::PeerName;

/// Who the peer of a connection is, asked anew for each message: trust is judged per request (security-modes 1).
pub enum PeerStanding {
    /// Clear transport: its address stands for it.
    Address,
    /// Mutual TLS.
    Certificate(Box<CertificateStanding>),
}

/// A peer's certificate and what it is worth now.
pub struct CertificateStanding {
    chain: Vec<CertificateDer<'static>>,
    side: PeerSide,
    facts: Arc<CertificateFacts>,
    policies: Arc<ArcSwap<PeerPolicies>>,
    judged_by: Arc<PeerPolicies>,
    was_current: bool,
    /// When something ends that the judgement went by: a CA of the chain, or a root.
    holds_until: Option<Timestamp>,
    certified: Arc<CertifiedPeer>,
    /// The judgement of late.
    verdict: Verdict,
    /// Our own certificate on the connection.
    presented: Option<Arc<CertificateFacts>>,
}

impl PeerStanding {
    /// What the peer was shown by us; nothing on clear transport.
    pub fn presented(&self) -> Option<&Arc<CertificateFacts>> {
        match self {
            Self::Address => None,
            Self::Certificate(standing) => standing.presented.as_ref(),
        }
    }

    /// Whether the certificate is a gateway's.
    pub fn is_known(&self) -> bool {
        match self {
            Self::Address => false,
            Self::Certificate(standing) => !standing.certified.peers.is_empty(),
        }
    }

    /// What its certificate is worth, by the policies and the date of this moment; nothing on clear transport.
    pub fn verdict(&mut self, now: Timestamp) -> Option<&Verdict> {
        match self {
            Self::Address => None,
            Self::Certificate(standing) => {
                standing.certified(now);
                Some(&standing.verdict)
            }
        }
    }

    /// Who the peer is, by the policies and the date of this moment.
    pub fn identity(&mut self, now: Timestamp) -> PeerIdentity {
        match self {
            Self::Address => PeerIdentity::Address,
            Self::Certificate(standing) => PeerIdentity::Certificate(standing.certified(now)),
        }
    }
}

impl CertificateStanding {
    /// What a handshake with this side found out by `judged_by`, a snapshot of `policies`; `None` if it refused the peer.
    pub fn new(
        (chain, side): (Vec<CertificateDer<'static>>, PeerSide),
        verdict: &Verdict,
        policies: Arc<ArcSwap<PeerPolicies>>,
        judged_by: Arc<PeerPolicies>,
    ) -> Option<Self> {
        let facts = match verdict {
            Verdict::Known { facts, .. } | Verdict::Unnamed { facts, .. } => Arc::clone(facts),
            Verdict::Refused(_) => return None,
        };
        let certified = Arc::new(certified_peer(&facts, verdict));
        let holds_until = judged_by.next_end(&chain, Timestamp::MIN);
        let verdict = verdict.clone();
        Some(Self {
            chain,
            side,
            facts,
            policies,
            judged_by,
            was_current: true,
            holds_until,
            certified,
            verdict,
            presented: None,
        })
    }

    /// On a connection where we have shown this certificate.
    #[must_use]
    pub fn having_seen(mut self, presented: &Arc<CertificateFacts>) -> Self {
        self.presented = Some(Arc::clone(presented));
        self
    }

    /// The gateways that the certificate was last found to name; none for a stranger's.
    pub fn gateways(&self) -> &Arc<[PeerName]> {
        &self.certified.peers
    }

    fn certified(&mut self, now: Timestamp) -> Arc<CertifiedPeer> {
        let latest = self.policies.load();
        let is_current = self.facts.is_current(now);
        let has_ended = self.holds_until.is_some_and(|end| end < now);
        if !Arc::ptr_eq(&latest, &self.judged_by) || is_current != self.was_current || has_ended {
            let verdict = latest.judge(&self.chain, self.side, now);
            let mut certified = certified_peer(&self.facts, &verdict);
            certified.was_known |= self.certified.was_known;
            self.certified = Arc::new(certified);
            self.verdict = verdict;
            self.judged_by = Arc::clone(&latest);
            self.was_current = is_current;
            self.holds_until = latest.next_end(&self.chain, now);
        }
        Arc::clone(&self.certified)
    }
}

/// What the core is told of a certificate.
fn certified_peer(facts: &CertificateFacts, verdict: &Verdict) -> CertifiedPeer {
    let (peers, trusted_for) = match verdict {
        Verdict::Known { peers, .. } => (Arc::clone(peers), Vec::new()),
        Verdict::Unnamed { trusted_for, .. } => (Arc::from([]), trusted_for.clone()),
        // Its trust was taken back, or it has expired: running calls alone go on.
        Verdict::Refused(_) => (Arc::from([]), Vec::new()),
    };
    CertifiedPeer {
        was_known: !peers.is_empty(),
        peers,
        subject: facts.subject.clone(),
        names: facts.names(),
        issuer: facts.issuer.clone(),
        serial: facts.serial.clone(),
        sha256: facts.sha256.clone(),
        not_after: facts.not_after,
        trusted_for,
    }
}

#[cfg(test)]
mod tests {
    use cert_manager::{PeerPolicy, Root};
    use tokio_rustls::rustls::pki_types::pem::PemObject as _;

    use super::*;

    /// Until 2027.
    const ROOT: &str = include_str!("standing/root.pem");
    /// Of this root, for gw1.example.com, until 2030.
    const LEAF: &str = include_str!("standing/leaf.pem");

    #[test]
    fn open_connection_loses_its_trust_when_the_root_ends_before_the_certificate() {
        let root = Root::from_pem(ROOT).unwrap();
        let peer = PeerPolicy { fqdn: Some("gw1.example.com".to_owned()), ..PeerPolicy::new("gw1") };
        let trusted = Arc::new(PeerPolicies::new(vec![peer], vec![root], Arc::default()));
        let policies = Arc::new(ArcSwap::new(Arc::clone(&trusted)));
        let chain: Vec<_> =
            CertificateDer::pem_slice_iter(LEAF.as_bytes()).collect::<Result<_, _>>().unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let verdict = trusted.judge(&chain, PeerSide::Client, at("2026-12-01T00:00:00Z"));
        let standing = CertificateStanding::new((chain, PeerSide::Client), &verdict, policies, trusted);
        let mut standing = standing.unwrap();
        let mut gateways = |text: &str| standing.certified(at(text)).peers.len();

        assert_eq!(gateways("2026-12-31T23:59:59Z"), 1);
        assert_eq!(gateways("2027-01-01T00:00:00Z"), 1);
        assert_eq!(gateways("2027-01-01T00:00:01Z"), 0);
    }
}
