use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use cert_manager::{CertificateDer, CertificateFacts, Thumbprint, certificate_text};
use jiff::Timestamp;

/// Certificates that are listed at most.
const MAX_PENDING: usize = 64;
/// Of these from one address at most: a stranger cannot push everybody else out from one host.
const MAX_PER_SOURCE: usize = 8;

/// A self-signed certificate that a peer showed and that nobody knows. The peer was refused before it could prove that it
/// has the key.
#[derive(Clone, Debug)]
pub struct PendingPeer {
    /// What it says.
    pub facts: Arc<CertificateFacts>,
    /// The certificate in PEM form.
    pub pem: String,
    /// The address that it was shown from last.
    pub source: IpAddr,
    /// The gateway that we had connected to.
    pub gateway: Option<String>,
    /// When it was shown first.
    pub first_seen: Timestamp,
    /// When it was shown last.
    pub last_seen: Timestamp,
    /// How often.
    pub count: u64,
}

/// Where a certificate was shown.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<'a> {
    /// The peer's address.
    pub source: IpAddr,
    /// The gateway that we had connected to; `None` if the peer connected to us.
    pub gateway: Option<&'a str>,
    /// When.
    pub at: Timestamp,
}

/// The unknown self-signed peers of late, in memory only.
#[derive(Default)]
pub struct PendingPeers(Mutex<Vec<PendingPeer>>);

impl PendingPeers {
    /// Lists a certificate, or counts it once more.
    pub fn note(&self, der: &CertificateDer<'_>, facts: &Arc<CertificateFacts>, sighting: Sighting<'_>) {
        let mut peers = self.lock();
        if let Some(known) = peers.iter_mut().find(|known| known.facts.sha256 == facts.sha256) {
            known.source = sighting.source;
            known.gateway = sighting.gateway.map(str::to_owned).or(known.gateway.take());
            known.last_seen = sighting.at;
            known.count = known.count.saturating_add(1);
            return;
        }
        let from_source = peers.iter().filter(|known| known.source == sighting.source).count();
        let of_source = |known: &PendingPeer| from_source < MAX_PER_SOURCE || known.source == sighting.source;
        if from_source >= MAX_PER_SOURCE || peers.len() >= MAX_PENDING {
            let places = peers.iter().enumerate().filter(|(_, known)| of_source(known));
            let oldest = places.min_by_key(|(_, known)| known.last_seen).map(|(place, _)| place);
            oldest.map(|place| peers.swap_remove(place));
        }
        peers.push(PendingPeer {
            facts: Arc::clone(facts),
            pem: certificate_text(der),
            source: sighting.source,
            gateway: sighting.gateway.map(str::to_owned),
            first_seen: sighting.at,
            last_seen: sighting.at,
            count: 1,
        });
    }

    /// All of them, the latest first.
    pub fn list(&self) -> Vec<PendingPeer> {
        let mut peers = self.lock().clone();
        peers.sort_by_key(|peer| std::cmp::Reverse(peer.last_seen));
        peers
    }

    /// Those that the thumbprint fits.
    pub fn find(&self, thumbprint: &Thumbprint) -> Vec<PendingPeer> {
        self.list().into_iter().filter(|peer| thumbprint.fits(&peer.facts)).collect()
    }

    /// It is known now.
    pub fn forget(&self, sha256: &str) {
        self.lock().retain(|peer| peer.facts.sha256 != sha256);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<PendingPeer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use cert_manager::{IssueRequest, KeyKind, issue_self_signed};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn show(pending: &PendingPeers, name: &str, source: &str, second: i64) {
        let request = IssueRequest::new(name, KeyKind::P256);
        let identity = issue_self_signed(&request, at(0)).unwrap();
        let sighting = Sighting { source: source.parse().unwrap(), gateway: None, at: at(second) };
        pending.note(&identity.chain()[0], identity.facts(), sighting);
    }

    fn names(pending: &PendingPeers) -> Vec<String> {
        pending.list().iter().map(|peer| peer.facts.names().join(" ")).collect()
    }

    #[test]
    fn certificate_that_is_shown_twice_is_listed_once_and_counted() {
        let pending = PendingPeers::default();
        let request = IssueRequest::new("gw1.example.com", KeyKind::P256);
        let identity = issue_self_signed(&request, at(0)).unwrap();
        for (second, source) in [(1, "192.0.2.1"), (2, "192.0.2.2")] {
            let sighting = Sighting { source: source.parse().unwrap(), gateway: Some("gw1"), at: at(second) };
            pending.note(&identity.chain()[0], identity.facts(), sighting);
        }

        let listed = pending.list();
        let thumbprint = Thumbprint::parse(&identity.facts().sha1).unwrap();

        assert_eq!((listed.len(), listed[0].count), (1, 2));
        assert_eq!((listed[0].first_seen, listed[0].last_seen), (at(1), at(2)));
        assert_eq!(listed[0].source.to_string(), "192.0.2.2");
        assert_eq!(pending.find(&thumbprint)[0].pem, identity.chain_pem());
        pending.forget(&identity.facts().sha256);
        assert!(pending.list().is_empty());
    }

    #[test]
    fn one_address_pushes_out_its_own_alone() {
        let pending = PendingPeers::default();
        show(&pending, "gw.example.com", "192.0.2.1", 0);
        for second in 1..=9 {
            show(&pending, &format!("s{second}.example.com"), "198.51.100.9", second);
        }

        let names = names(&pending);

        assert_eq!(names.len(), 9);
        assert_eq!((names[0].as_str(), names[7].as_str()), ("s9.example.com", "s2.example.com"));
        assert_eq!(names[8], "gw.example.com");
    }

    #[test]
    fn list_holds_64_and_the_oldest_goes_first() {
        let pending = PendingPeers::default();
        for number in 0..65 {
            show(&pending, &format!("s{number}.example.com"), &format!("192.0.2.{number}"), number);
        }

        let names = names(&pending);

        assert_eq!(names.len(), 64);
        assert_eq!((names[0].as_str(), names[63].as_str()), ("s64.example.com", "s1.example.com"));
    }
}
