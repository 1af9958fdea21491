use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use call_control::{AddressBook, Input};
use dial_plan::{GatewayAddress, Host, IpGateway, Site};
use sip_signaling::PeerName;
use telephony::{Event, kind};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::Instant,
};

use super::dns::{Dns, DnsFailure};
use crate::{admin::Board, core::Inbox, observe::Observer};

/// A name is asked for again after its TTL, but not more often than this,
const SHORTEST: Duration = Duration::from_secs(5);
/// and not more seldom than this.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// A name that could not be resolved is tried again after this time.
const AFTER_FAILURE: Duration = Duration::from_secs(15);
/// How long DNS may take for one name.
const PATIENCE: Duration = Duration::from_secs(2);

/// A new Site, and where to say that the core has it.
pub struct SiteUpdate {
    /// The Site.
    pub site: Arc<Site>,
    /// Told once the Site and its addresses are on their way to the core.
    pub done: oneshot::Sender<()>,
}

/// Resolves gateway names by their TTL and keeps the last good addresses of each (security-modes 1).
pub struct Resolver {
    fixed: BTreeMap<String, IpAddr>,
    dns: Dns,
    known: HashMap<String, Known>,
    /// Addresses of several gateways that were told of.
    shared: BTreeSet<(IpAddr, Arc<[PeerName]>)>,
    observer: Observer,
    board: Arc<Board>,
}

#[derive(Clone, Debug)]
struct Known {
    addresses: Vec<IpAddr>,
    again: Instant,
    failed: bool,
}

/// What DNS said about a name, and for how long it holds.
type Answer = Result<(Vec<IpAddr>, Duration), DnsFailure>;

impl Resolver {
    /// A resolver that has asked nobody yet. `fixed` is `[dns] hosts` of `um.toml`: asked before DNS.
    pub fn new(fixed: BTreeMap<String, IpAddr>, observer: Observer, board: Arc<Board>) -> Self {
        // Without a readable system configuration every name fails, each with its event.
        let dns = Dns::of_system();
        Self { fixed, dns, known: HashMap::new(), shared: BTreeSet::new(), observer, board }
    }

    /// Keeps the core's Site and address book true: on each new Site, and whenever a name is due.
    pub async fn run(mut self, first: Arc<Site>, mut sites: mpsc::Receiver<SiteUpdate>, inbox: Inbox) {
        let mut site = first;
        let mut done: Option<oneshot::Sender<()>> = None;
        loop {
            let book = Arc::new(self.compile(&site).await);
            self.tell_shared(&book);
            self.board.publish_addresses(Arc::clone(&book));
            if inbox.send(Input::Site(Arc::clone(&site))).await.is_gone()
                || inbox.put_addresses(book).await.is_gone()
            {
                return;
            }
            if let Some(done) = done.take() {
                // The administrator may have stopped waiting.
                let _ = done.send(());
            }
            let due = self.known.values().map(|known| known.again).min();
            tokio::select! {
                update = sites.recv() => {
                    let Some(update) = update else { return };
                    site = update.site;
                    done = Some(update.done);
                }
                () = sleep_until(due) => {}
            }
        }
    }

    /// Event 1175, once for each address that several gateways have since the last look.
    fn tell_shared(&mut self, book: &AddressBook) {
        let shared: BTreeSet<_> = book.shared().into_iter().collect();
        for (address, gateways) in shared.difference(&self.shared) {
            let (first, others) = match &**gateways {
                [first, others @ ..] => (first, others.join(", ")),
                [] => continue,
            };
            let reason = format!("{first}, {others} are all reached at {address}");
            self.observer.tell(
                Event::new(&kind::ADDRESS_SHARED)
                    .with("gateway", first)
                    .with("others", others)
                    .with("address", address)
                    .with("reason", reason),
            );
        }
        self.shared = shared;
    }

    /// The address book of a Site; names that are due are asked for, all at once.
    async fn compile(&mut self, site: &Site) -> AddressBook {
        let wanted: BTreeSet<String> = site
            .gateways()
            .flat_map(hosts_of)
            .filter_map(|host| match host {
                Host::Fqdn(name) => Some(name.to_ascii_lowercase()),
                Host::Ip(_) => None,
            })
            .filter(|name| !self.fixed.contains_key(name))
            .collect();
        self.known.retain(|name, _| wanted.contains(name));
        self.ask(&wanted).await;
        let mut entries: Vec<(IpAddr, PeerName)> = Vec::new();
        for gateway in site.gateways() {
            let name: PeerName = gateway.name.as_str().into();
            for host in hosts_of(gateway) {
                entries.extend(self.addresses(&host).into_iter().map(|address| (address, name.clone())));
            }
        }
        AddressBook::new(entries)
    }

    fn addresses(&self, host: &Host) -> Vec<IpAddr> {
        match host {
            Host::Ip(address) => vec![*address],
            Host::Fqdn(name) => {
                let name = name.to_ascii_lowercase();
                match self.fixed.get(&name) {
                    Some(address) => vec![*address],
                    None => self.known.get(&name).map(|known| known.addresses.clone()).unwrap_or_default(),
                }
            }
        }
    }

    async fn ask(&mut self, wanted: &BTreeSet<String>) {
        let now = Instant::now();
        let mut asked = JoinSet::new();
        for name in wanted {
            if self.known.get(name).is_none_or(|known| known.again <= now) {
                let (dns, name) = (self.dns.clone(), name.clone());
                asked.spawn(async move {
                    let answer = dns.addresses(&name, PATIENCE).await;
                    (name, answer)
                });
            }
        }
        while let Some(answered) = asked.join_next().await {
            if let Ok((name, answer)) = answered {
                self.note(name, answer);
            }
        }
    }

    fn note(&mut self, name: String, answer: Answer) {
        let now = Instant::now();
        let known = match answer {
            Ok((addresses, ttl)) => {
                Known { addresses, again: now + ttl.clamp(SHORTEST, LONGEST), failed: false }
            }
            Err(failure) => {
                let last = self.known.get(&name);
                if last.is_none_or(|last| !last.failed) {
                    self.observer.tell(
                        Event::new(&kind::DNS_FAILED)
                            .with("name", &name)
                            .with("reason", &failure)
                            .remedy(failure.remedy(&name)),
                    );
                }
                let addresses = last.map(|last| last.addresses.clone()).unwrap_or_default();
                Known { addresses, again: now + AFTER_FAILURE, failed: true }
            }
        };
        self.known.insert(name, known);
    }
}

/// Where a gateway's clear SIP comes from: its `--connect` hosts, else its own address.
pub(super) fn hosts_of(gateway: &IpGateway) -> Vec<Host> {
    if !gateway.connect.is_empty() {
        return gateway.connect.clone();
    }
    vec![match &gateway.address {
        GatewayAddress::Fqdn(fqdn) => Host::Fqdn(fqdn.clone()),
        GatewayAddress::Ip(address) => Host::Ip(*address),
    }]
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
