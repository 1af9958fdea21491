use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use call_control::{AddressBook, Input};
use dial_plan::{GatewayAddress, Host, Site};
use sip_signaling::PeerName;
use tokio::sync::{mpsc, oneshot};

use crate::core::Inbox;

/// Host names are asked for again after this time.
const REFRESH: Duration = Duration::from_secs(60);

/// A new Site, and where to say that the core has it.
pub struct SiteUpdate {
    /// The Site.
    pub site: Arc<Site>,
    /// Told once the Site and its addresses are on their way to the core.
    pub done: oneshot::Sender<()>,
}

/// Resolves gateway names and keeps the last good addresses of each.
pub struct Resolver {
    /// `[dns] hosts` of `um.toml`: asked before DNS.
    pub fixed: BTreeMap<String, IpAddr>,
    last: HashMap<String, Vec<IpAddr>>,
}

impl Resolver {
    /// A resolver that has asked nobody yet.
    pub fn new(fixed: BTreeMap<String, IpAddr>) -> Self {
        Self { fixed, last: HashMap::new() }
    }

    /// Keeps the core's Site and address book true: on each new Site, and every [`REFRESH`].
    pub async fn run(mut self, first: Arc<Site>, mut sites: mpsc::Receiver<SiteUpdate>, inbox: Inbox) {
        let mut site = first;
        let mut done: Option<oneshot::Sender<()>> = None;
        loop {
            let book = self.compile(&site).await;
            if inbox.send(Input::Site(Arc::clone(&site))).await.is_gone()
                || inbox.send(Input::Addresses(Arc::new(book))).await.is_gone()
            {
                return;
            }
            if let Some(done) = done.take() {
                // The administrator may have stopped waiting.
                let _ = done.send(());
            }
            tokio::select! {
                update = sites.recv() => {
                    let Some(update) = update else { return };
                    site = update.site;
                    done = Some(update.done);
                }
                () = tokio::time::sleep(REFRESH) => {}
            }
        }
    }

    /// The address book of a Site.
    pub async fn compile(&mut self, site: &Site) -> AddressBook {
        let mut entries: Vec<(IpAddr, PeerName)> = Vec::new();
        for gateway in site.gateways() {
            let name: PeerName = gateway.name.as_str().into();
            let own = match &gateway.address {
                GatewayAddress::Fqdn(fqdn) => Host::Fqdn(fqdn.clone()),
                GatewayAddress::Ip(address) => Host::Ip(*address),
            };
            let hosts = if gateway.connect.is_empty() { vec![own] } else { gateway.connect.clone() };
            for host in hosts {
                entries.extend(self.addresses(&host).await.into_iter().map(|ip| (ip, name.clone())));
            }
        }
        AddressBook::new(entries)
    }

    async fn addresses(&mut self, host: &Host) -> Vec<IpAddr> {
        let name = match host {
            Host::Ip(address) => return vec![*address],
            Host::Fqdn(name) => name.to_ascii_lowercase(),
        };
        if let Some(address) = self.fixed.get(&name) {
            return vec![*address];
        }
        let found: Option<Vec<IpAddr>> = match tokio::net::lookup_host((name.as_str(), 0)).await {
            Ok(found) => Some(found.map(|address| address.ip()).collect()),
            Err(_) => None,
        };
        match found {
            Some(addresses) => {
                self.last.insert(name, addresses.clone());
                addresses
            }
            // If DNS fails the last addresses stay (security-modes 1).
            None => self.last.get(&name).cloned().unwrap_or_default(),
        }
    }
}
