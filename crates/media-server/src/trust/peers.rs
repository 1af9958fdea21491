use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::ArcSwap;
use cert_manager::{
    CertificateFacts, Enforcement, PeerPolicies, PeerPolicy, Pin, RevocationDemand, RevocationList,
    RevocationLists, Root,
};
use dial_plan::{AnchorKind, CrlCheck, GatewayAddress, GatewayStatus, IpGateway, Name, Site, TlsVerify};
use telephony::{Event, kind};
use tokio::sync::watch;

use super::Enabled;

/// Whom the Site of the moment trusts, swapped whole at each new one and at each new revocation list.
pub struct PeerTrust {
    folder_roots: Vec<Root>,
    followed: Mutex<Followed>,
    policies: Arc<ArcSwap<PeerPolicies>>,
    enabled: watch::Sender<Arc<Enabled>>,
}

/// A root that counts for somebody.
#[derive(Clone, Debug)]
pub struct KnownRoot {
    /// The root.
    pub root: Root,
    /// Who put it there.
    pub origin: RootOrigin,
    /// For whom it counts; none: for every gateway.
    pub gateways: Vec<Name>,
    /// Where its revocation list is fetched again.
    pub crl_source: Option<String>,
}

/// Where a root comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RootOrigin {
    /// `um trust add`.
    Site,
    /// The folder `trusted-roots`.
    Folder,
    /// `um gateway set --trust` or `--root`.
    Gateway,
    /// `um provisioning vendor add`: it counts for devices, and for no gateway.
    Vendor,
}

#[derive(Clone, Default)]
struct Followed {
    site: Arc<Site>,
    lists: Arc<RevocationLists>,
    /// What a test call presents.
    test_pin: Option<Pin>,
}

/// How the certificate of a test call is called: no gateway can have this name. Whom it counts as, the core alone knows.
pub const TEST_PEER: &str = "<test line>";

impl PeerTrust {
    /// Trust in nobody yet; `folder_roots` are the company's.
    pub fn new(folder_roots: Vec<Root>) -> Self {
        Self {
            folder_roots,
            followed: Mutex::default(),
            policies: Arc::default(),
            enabled: watch::Sender::default(),
        }
    }

    /// How many roots count for the gateway beside its own.
    pub fn roots_for(&self, gateway: &IpGateway) -> usize {
        let site = Arc::clone(&self.followed().site);
        let counts = |root: &&dial_plan::TrustedRoot| {
            root.counts_for_gateway(&gateway.name) && !(root.is_company() && gateway.own_roots_only)
        };
        let folder = if gateway.own_roots_only { 0 } else { self.folder_roots.len() };
        site.trusted_roots().filter(counts).count().saturating_add(folder)
    }

    /// What listeners go by.
    pub fn policies(&self) -> &Arc<ArcSwap<PeerPolicies>> {
        &self.policies
    }

    /// Goes by `site` from now on, for open connections too. Tells of certificates that cannot be read: they count for
    /// nobody.
    pub fn follow(&self, site: &Site) -> Vec<Event> {
        let mut followed = self.followed();
        followed.site = Arc::new(site.clone());
        self.compile(&followed)
    }

    /// Goes by these revocation lists from now on, for open connections too.
    pub fn use_lists(&self, lists: Vec<Arc<RevocationList>>) {
        let mut followed = self.followed();
        followed.lists = Arc::new(RevocationLists::new(lists));
        // What cannot be read was told of when the Site came.
        self.compile(&followed);
    }

    /// From now on this certificate may shake hands, for a test call; without one, nobody's may.
    pub fn use_test_pin(&self, pin: Option<Pin>) {
        let mut followed = self.followed();
        followed.test_pin = pin;
        // What cannot be read was told of when the Site came.
        self.compile(&followed);
    }

    /// Judges every connection again: a list has become stale.
    pub fn judge_again(&self) {
        self.compile(&self.followed());
    }

    /// Told at each new Site, once it is in force for connections: the gateways whose calls are taken.
    pub fn changes(&self) -> watch::Receiver<Arc<Enabled>> {
        self.enabled.subscribe()
    }

    /// What is asked of this gateway alone when we connect to it.
    pub fn asked_of(&self, gateway: &IpGateway) -> Arc<PeerPolicies> {
        let followed = self.followed().clone();
        // What cannot be read was told of when the Site came.
        let mut silent = Vec::new();
        let roots = SiteRoots::read(&followed.site, &mut silent);
        let policy = roots.policy_of(gateway, &mut silent);
        let company = self.company_roots(&roots);
        Arc::new(PeerPolicies::new(vec![policy], company, followed.lists))
    }

    /// Every root that counts for somebody, those of the Site first, each once.
    pub fn known_roots(&self) -> Vec<KnownRoot> {
        let site = Arc::clone(&self.followed().site);
        let mut known: Vec<KnownRoot> = Vec::new();
        for trusted in site.trusted_roots() {
            let Ok(root) = Root::from_pem(&trusted.pem) else { continue };
            let (gateways, crl_source) = (trusted.gateways.clone(), trusted.crl_source.clone());
            known.push(KnownRoot { root, origin: RootOrigin::Site, gateways, crl_source });
        }
        let from_folder = self.folder_roots.iter().map(|root| (root.clone(), RootOrigin::Folder, Vec::new()));
        let from_gateways = site.gateways().flat_map(|gateway| {
            let roots = gateway.trust.iter().filter(|anchor| anchor.kind == AnchorKind::Root);
            let read = roots.filter_map(|anchor| Root::from_pem(&anchor.pem).ok());
            read.map(|root| (root, RootOrigin::Gateway, vec![gateway.name.clone()]))
        });
        let of_vendors = site.device_vendors().flat_map(|vendor| &vendor.roots);
        let of_vendors = of_vendors.filter_map(|root| Root::from_pem(&root.pem).ok());
        let of_vendors = of_vendors.map(|root| (root, RootOrigin::Vendor, Vec::new()));
        for (root, origin, gateways) in from_folder.chain(from_gateways).chain(of_vendors) {
            let same = |known: &&mut KnownRoot| known.root.facts().sha256 == root.facts().sha256;
            match known.iter_mut().find(same) {
                Some(same) if same.origin == RootOrigin::Gateway => same.gateways.extend(gateways),
                Some(_) => {}
                None => known.push(KnownRoot { root, origin, gateways, crl_source: None }),
            }
        }
        known
    }

    /// The revocation lists in force.
    pub fn lists(&self) -> Arc<RevocationLists> {
        Arc::clone(&self.followed().lists)
    }

    fn followed(&self) -> MutexGuard<'_, Followed> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Under the lock of what is followed, so that an older compilation never replaces a newer one.
    fn compile(&self, followed: &Followed) -> Vec<Event> {
        let mut events = Vec::new();
        let site = &followed.site;
        let roots = SiteRoots::read(site, &mut events);
        let tested = followed.test_pin.iter();
        let tested = tested.map(|pin| PeerPolicy { pins: vec![pin.clone()], ..PeerPolicy::new(TEST_PEER) });
        let policies =
            site.gateways().map(|gateway| roots.policy_of(gateway, &mut events)).chain(tested).collect();
        let company = self.company_roots(&roots);
        self.policies.store(Arc::new(PeerPolicies::new(policies, company, Arc::clone(&followed.lists))));
        let enabled = site.gateways().filter(|gateway| gateway.status == GatewayStatus::Enabled);
        self.enabled.send_replace(Arc::new(enabled.map(|gateway| gateway.name.as_str().into()).collect()));
        events
    }

    fn company_roots(&self, roots: &SiteRoots) -> Vec<Root> {
        self.folder_roots.iter().chain(&roots.company).cloned().collect()
    }
}

/// The trusted roots of a Site, read.
#[derive(Default)]
struct SiteRoots {
    company: Vec<Root>,
    of_gateways: BTreeMap<Name, Vec<Root>>,
}

impl SiteRoots {
    fn read(site: &Site, events: &mut Vec<Event>) -> Self {
        let mut roots = Self::default();
        for trusted in site.trusted_roots() {
            let root = match Root::from_pem(&trusted.pem) {
                Ok(root) => root,
                Err(unreadable) => {
                    events.push(
                        Event::new(&kind::CERTIFICATE_PASSED_OVER)
                            .with("sha256", &trusted.sha256)
                            .with("reason", unreadable)
                            .remedy("give the root again with `um trust add FILE.pem`"),
                    );
                    continue;
                }
            };
            if trusted.is_company() {
                roots.company.push(root);
                continue;
            }
            for gateway in &trusted.gateways {
                roots.of_gateways.entry(gateway.clone()).or_default().push(root.clone());
            }
        }
        roots
    }

    /// A gateway as the judge of certificates sees it. Its status plays no part (security-modes 1).
    fn policy_of(&self, gateway: &IpGateway, events: &mut Vec<Event>) -> PeerPolicy {
        let mut policy = PeerPolicy {
            accept_cn: gateway.accept_cn,
            own_roots_only: gateway.own_roots_only,
            accept_server_eku: gateway.accept_server_eku,
            revocation: match gateway.crl {
                CrlCheck::Soft => RevocationDemand::Soft,
                CrlCheck::Hard => RevocationDemand::Hard,
            },
            enforcement: match gateway.tls_verify {
                TlsVerify::Required => Enforcement::Required,
                TlsVerify::Observe => Enforcement::Observe,
            },
            roots: self.of_gateways.get(&gateway.name).cloned().unwrap_or_default(),
            ..PeerPolicy::new(gateway.name.as_str())
        };
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
}

impl KnownRoot {
    /// What its certificate says.
    pub fn facts(&self) -> &Arc<CertificateFacts> {
        self.root.facts()
    }
}
