//! Where a connection of ours to a gateway goes (security-modes 2a).
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use call_control::AddressBook;
use dial_plan::{GatewayAddress, IpGateway};
use sip_signaling::{Host, NextHop, Transport};

use super::{
    dns::{Dns, DnsFailure, Service},
    resolve::hosts_of,
};
use crate::admin::Board;

/// Ports where none is known (RFC 3261 19.1.2).
const SIP_PORT: u16 = 5060;
const SIPS_PORT: u16 = 5061;
/// Addresses that are tried for one connection.
const MAX_ADDRESSES: usize = 8;
/// How long DNS may take for one question.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// Addresses of gateways for connections of ours.
#[derive(Clone)]
pub struct Whereabouts {
    fixed: BTreeMap<String, IpAddr>,
    dns: Dns,
    board: Arc<Board>,
}

impl Whereabouts {
    /// `fixed` is `[dns] hosts` of `um.toml`: asked before DNS. The board has the addresses that the resolver keeps.
    pub fn new(fixed: BTreeMap<String, IpAddr>, board: Arc<Board>) -> Self {
        Self { fixed, dns: Dns::of_system(), board }
    }

    /// The addresses of the gateways as the resolver knows them now.
    pub fn book(&self) -> Arc<AddressBook> {
        self.board.addresses()
    }

    /// Where to try, in this order: the next hop, if that is one of the gateway's addresses, then the gateway's own. SRV is
    /// asked if the gateway's port is 0.
    pub async fn of(
        &self,
        gateway: &IpGateway,
        transport: Transport,
        next_hop: Option<&NextHop>,
    ) -> Vec<SocketAddr> {
        let own: Vec<IpAddr> = self.book().addresses_of(gateway.name.as_str()).collect();
        let (configured, default, service) = match transport {
            Transport::Tls => (gateway.tls_port, SIPS_PORT, "_sips._tcp"),
            Transport::Tcp => (gateway.port, SIP_PORT, "_sip._tcp"),
            Transport::Udp => (gateway.port, SIP_PORT, "_sip._udp"),
        };
        let port = if configured == 0 { default } else { configured };
        let mut all = next_hop.map(|hop| hinted(gateway, &own, hop, port)).unwrap_or_default();
        if configured == 0 {
            for service in self.services(service, gateway).await {
                let addresses = self.addresses(&service.target).await;
                all.extend(addresses.into_iter().map(|address| SocketAddr::new(address, service.port)));
            }
        }
        all.extend(own.into_iter().map(|address| SocketAddr::new(address, port)));
        let mut tried = Vec::new();
        all.retain(|address| {
            !tried.contains(address) && {
                tried.push(*address);
                true
            }
        });
        all.truncate(MAX_ADDRESSES);
        all
    }

    async fn services(&self, service: &str, gateway: &IpGateway) -> Vec<Service> {
        match &gateway.address {
            GatewayAddress::Fqdn(fqdn) => {
                in_order(self.dns.services(&format!("{service}.{fqdn}"), PATIENCE).await)
            }
            GatewayAddress::Ip(_) => Vec::new(),
        }
    }

    async fn addresses(&self, name: &str) -> Vec<IpAddr> {
        self.resolve(name).await.unwrap_or_default()
    }

    /// The addresses of a name at this moment.
    ///
    /// # Errors
    /// Why there are none.
    pub async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, DnsFailure> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        match self.fixed.get(&name) {
            Some(address) => Ok(vec![*address]),
            None => self.dns.addresses(&name, PATIENCE).await.map(|(addresses, _)| addresses),
        }
    }
}

/// The next hop, as far as it is the gateway: one of its addresses, or one of its names.
fn hinted(gateway: &IpGateway, own: &[IpAddr], hop: &NextHop, port: u16) -> Vec<SocketAddr> {
    let port = hop.port.unwrap_or(port);
    let at = |address: &IpAddr| SocketAddr::new(*address, port);
    match (&hop.host, hop.host.address()) {
        (_, Some(address)) => own.iter().filter(|own| **own == address.to_canonical()).map(at).collect(),
        (Host::Name(name), None) => {
            let identity = std::iter::once(gateway.address.clone());
            let is_theirs = identity.chain(hosts_of(gateway)).any(|host| match host {
                GatewayAddress::Fqdn(fqdn) => fqdn.eq_ignore_ascii_case(name.as_str().trim_end_matches('.')),
                GatewayAddress::Ip(_) => false,
            });
            if is_theirs { own.iter().map(at).collect() } else { Vec::new() }
        }
        (Host::V4(_) | Host::V6(_), None) => Vec::new(),
    }
}

/// The lowest priority first, then the heaviest; `.` says that there is no such service.
fn in_order(mut services: Vec<Service>) -> Vec<Service> {
    services.retain(|service| service.target != "." && service.port != 0);
    services.sort_by_key(|service| (service.priority, u16::MAX - service.weight));
    services
}

#[cfg(test)]
mod tests {
    use dial_plan::Name;

    use super::*;

    fn gateway() -> IpGateway {
        let address = GatewayAddress::parse("gw1.example.com").unwrap();
        IpGateway::new(Name::parse("gw1").unwrap(), address)
    }

    fn hop(host: &str, port: Option<u16>) -> NextHop {
        NextHop { host: Host::parse(host).unwrap(), port }
    }

    #[test]
    fn next_hop_counts_only_if_it_is_the_gateway() {
        let own: [IpAddr; 2] = ["192.0.2.7".parse().unwrap(), "2001:db8::7".parse().unwrap()];
        let rows = [
            (hop("192.0.2.7", Some(5071)), vec!["192.0.2.7:5071"]),
            (hop("192.0.2.7", None), vec!["192.0.2.7:5061"]),
            (hop("[2001:db8::7]", None), vec!["[2001:db8::7]:5061"]),
            (hop("GW1.Example.com", Some(5071)), vec!["192.0.2.7:5071", "[2001:db8::7]:5071"]),
            (hop("192.0.2.8", None), vec![]),
            (hop("gw2.example.com", None), vec![]),
        ];
        for (hop, expected) in rows {
            let found: Vec<String> =
                hinted(&gateway(), &own, &hop, 5061).iter().map(SocketAddr::to_string).collect();

            assert_eq!(found, expected, "{hop:?}");
        }
    }

    #[test]
    fn services_are_tried_by_priority_then_weight_and_a_dot_is_none() {
        let service = |priority, weight, target: &str| Service {
            priority,
            weight,
            target: target.to_owned(),
            port: 5061,
        };

        let ordered = in_order(vec![
            service(20, 9, "c.example.com."),
            service(10, 1, "b.example.com."),
            service(0, 0, "."),
            service(10, 5, "a.example.com."),
        ]);

        let targets: Vec<_> = ordered.iter().map(|service| service.target.as_str()).collect();
        assert_eq!(targets, ["a.example.com.", "b.example.com.", "c.example.com."]);
    }
}
