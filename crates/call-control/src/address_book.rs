use std::{collections::HashMap, net::IpAddr, sync::Arc};

use sip_signaling::PeerName;

/// Which gateways an address may be (security-modes 1): compiled by the server from the Site and from DNS, and swapped
/// whole when either changes.
#[derive(Debug, Default)]
pub struct AddressBook {
    by_address: HashMap<IpAddr, Arc<[PeerName]>>,
    nobody: Arc<[PeerName]>,
}

impl AddressBook {
    /// Builds the book from (address, gateway) pairs; an address may stand for several gateways.
    pub fn new(entries: impl IntoIterator<Item = (IpAddr, PeerName)>) -> Self {
        let mut lists: HashMap<IpAddr, Vec<PeerName>> = HashMap::new();
        for (address, gateway) in entries {
            let list = lists.entry(address.to_canonical()).or_default();
            if !list.contains(&gateway) {
                list.push(gateway);
            }
        }
        let by_address = lists
            .into_iter()
            .map(|(address, mut names)| {
                names.sort();
                (address, Arc::from(names))
            })
            .collect();
        Self { by_address, nobody: Arc::from([]) }
    }

    /// The gateways, ascending by name, that `address` may be; none for a stranger.
    pub fn gateways_at(&self, address: IpAddr) -> Arc<[PeerName]> {
        self.by_address.get(&address.to_canonical()).unwrap_or(&self.nobody).clone()
    }

    /// The addresses that several gateways have, ascending, each with those gateways by name (event 1175).
    pub fn shared(&self) -> Vec<(IpAddr, Arc<[PeerName]>)> {
        let several = self.by_address.iter().filter(|(_, gateways)| gateways.len() > 1);
        let mut shared: Vec<_> =
            several.map(|(address, gateways)| (*address, Arc::clone(gateways))).collect();
        shared.sort();
        shared
    }

    /// Every known address of `gateway`, in no particular order.
    pub fn addresses_of<'a>(&'a self, gateway: &'a str) -> impl Iterator<Item = IpAddr> + 'a {
        let mut addresses: Vec<IpAddr> = self
            .by_address
            .keys()
            .filter(|address| self.by_address[*address].iter().any(|name| &**name == gateway))
            .copied()
            .collect();
        addresses.sort();
        addresses.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_gateways_behind_one_address_are_both_candidates() {
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let book = AddressBook::new([(address, "gw2".into()), (address, "gw1".into())]);

        let names: Vec<_> = book.gateways_at(address).iter().map(|name| name.to_string()).collect();

        assert_eq!(names, ["gw1", "gw2"]);
    }

    #[test]
    fn addresses_of_several_gateways_are_told_and_those_of_one_are_not() {
        let entry = |address: &str, gateway: &str| (address.parse().unwrap(), gateway.into());
        let book = AddressBook::new([
            entry("192.0.2.1", "gw2"),
            entry("::ffff:192.0.2.1", "gw1"),
            entry("192.0.2.2", "gw1"),
            entry("192.0.2.2", "gw1"),
        ]);

        let shared = book.shared();

        let names: Vec<&str> = shared[0].1.iter().map(|name| &**name).collect();
        assert_eq!(
            (shared.len(), shared[0].0.to_string(), names),
            (1, "192.0.2.1".into(), vec!["gw1", "gw2"])
        );
    }

    #[test]
    fn ipv4_mapped_source_is_the_ipv4_gateway() {
        let book = AddressBook::new([("192.0.2.1".parse().unwrap(), "gw1".into())]);

        assert_eq!(book.gateways_at("::ffff:192.0.2.1".parse().unwrap()).len(), 1);
    }
}
