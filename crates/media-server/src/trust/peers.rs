use std::{fs, path::Path, sync::Arc};

use arc_swap::ArcSwap;
use cert_manager::{PeerPolicies, PeerPolicy, Pin, Root, TrustHow, TrustKind, read_trust};
use dial_plan::{AnchorKind, GatewayAddress, GatewayStatus, IpGateway, Site};
use jiff::Timestamp;
use telephony::{Event, kind};
use tokio::sync::watch;

use super::Enabled;

/// Files of root certificates that are read.
const MAX_ROOT_FILES: usize = 256;

/// Whom the Site of the moment trusts, swapped whole at each new one.
pub struct PeerTrust {
    company_roots: Vec<Root>,
    policies: Arc<ArcSwap<PeerPolicies>>,
    enabled: watch::Sender<Arc<Enabled>>,
}

impl PeerTrust {
    /// Trust in nobody yet.
    pub fn new(company_roots: Vec<Root>) -> Self {
        Self { company_roots, policies: Arc::default(), enabled: watch::Sender::default() }
    }

    /// The roots that count for every gateway.
    pub fn company_roots(&self) -> &[Root] {
        &self.company_roots
    }

    /// What listeners go by.
    pub fn policies(&self) -> &Arc<ArcSwap<PeerPolicies>> {
        &self.policies
    }

    /// Goes by `site` from now on, for open connections too. Tells of anchors that cannot be read: they count for
    /// nobody.
    pub fn follow(&self, site: &Site) -> Vec<Event> {
        let mut events = Vec::new();
        let policies = site.gateways().map(|gateway| policy_of(gateway, &mut events)).collect();
        self.policies.store(Arc::new(PeerPolicies::new(policies, self.company_roots.clone())));
        let enabled = site.gateways().filter(|gateway| gateway.status == GatewayStatus::Enabled);
        self.enabled.send_replace(Arc::new(enabled.map(|gateway| gateway.name.as_str().into()).collect()));
        events
    }

    /// Told at each new Site, once it is in force for connections: the gateways whose calls are taken.
    pub fn changes(&self) -> watch::Receiver<Arc<Enabled>> {
        self.enabled.subscribe()
    }

    /// What is asked of this gateway alone when we connect to it, and the roots that count for everybody.
    pub fn asked_of(&self, gateway: &IpGateway) -> (PeerPolicy, Vec<Root>) {
        // Anchors that cannot be read were told of when the Site came.
        (policy_of(gateway, &mut Vec::new()), self.company_roots.clone())
    }
}

/// A gateway as the judge of certificates sees it. Its status plays no part (security-modes 1).
fn policy_of(gateway: &IpGateway, events: &mut Vec<Event>) -> PeerPolicy {
    let mut policy = PeerPolicy::new(gateway.name.as_str());
    policy.accept_cn = gateway.accept_cn;
    policy.fqdn = match &gateway.address {
        GatewayAddress::Fqdn(fqdn) => Some(fqdn.clone()),
        GatewayAddress::Ip(_) => None,
    };
    for anchor in &gateway.trust {
        let read = match anchor.kind {
            AnchorKind::Pin => Pin::from_pem(&anchor.pem).map(|pin| policy.pins.push(pin)),
            AnchorKind::Root => Root::from_pem(&anchor.pem).map(|root| policy.roots.push(root)),
        };
        if let Err(unreadable) = read {
            events.push(
                Event::new(&kind::CERTIFICATE_PASSED_OVER)
                    .with("gateway", &gateway.name)
                    .with("sha256", &anchor.sha256)
                    .with("reason", unreadable)
                    .remedy("give the certificate again with `um gateway set NAME --trust FILE.pem`"),
            );
        }
    }
    policy
}

/// The root certificates in `folder`, any number in each `.pem` file; a folder that is not there holds none. Tells of
/// files that are passed over.
pub fn company_roots(folder: &Path, now: Timestamp) -> (Vec<Root>, Vec<Event>) {
    let (mut roots, mut events) = (Vec::new(), Vec::new());
    let Ok(entries) = fs::read_dir(folder) else { return (roots, events) };
    let mut files: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "pem"))
        .collect();
    files.sort();
    for file in files.iter().take(MAX_ROOT_FILES) {
        match roots_of(file, now) {
            Ok(found) => roots.extend(found),
            Err(reason) => events.push(
                Event::new(&kind::CERTIFICATE_PASSED_OVER)
                    .with("file", file.display())
                    .with("reason", reason),
            ),
        }
    }
    (roots, events)
}

fn roots_of(file: &Path, now: Timestamp) -> Result<Vec<Root>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("it cannot be read: {error}"))?;
    let entries = read_trust(&text, TrustHow::Root, "", now).map_err(|refusal| refusal.to_string())?;
    let roots = entries.iter().filter(|entry| entry.kind == TrustKind::Root);
    roots.map(|entry| Root::from_pem(&entry.pem).map_err(|error| error.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_that_is_not_there_holds_no_roots_and_a_broken_file_is_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        fs::write(folder.path().join("a.pem"), "no certificate").unwrap();

        let (none, silence) = company_roots(&folder.path().join("missing"), now);
        let (roots, events) = company_roots(folder.path(), now);

        assert!(none.is_empty() && silence.is_empty());
        assert!(roots.is_empty());
        assert_eq!(events[0].kind.name, "certificate-passed-over");
    }
}
