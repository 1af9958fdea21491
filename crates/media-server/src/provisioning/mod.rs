//! HTTPS provisioning: a device fetches its settings with the certificate that it left the factory with.
//!
//! The one rule: nothing leaves this listener but the profile of the device that the certificate names, and `403`.
mod answering;
mod connection;
mod profile;
mod vendors;
mod verdict;

use std::{
    net::SocketAddr,
    sync::{Arc, Weak},
};

use tokio::task::JoinSet;

use crate::{
    admin::SiteHolder,
    config::ProvisioningConfig,
    http::accept,
    listen::{ListenError, Listeners, bind},
    observe::Observer,
    trust::{PeerTrust, Presenting},
};

use self::{connection::Connection, vendors::VendorBook};

pub use self::profile::SipPorts;

/// What every connection of a device goes by.
struct Provisioner {
    /// Whose certificate the listener shows.
    owner: Arc<str>,
    parts: ProvisioningParts,
    vendors: VendorBook,
}

/// The parts of the server that devices are served from.
pub struct ProvisioningParts {
    /// Our certificates and keys.
    pub presenting: Presenting,
    /// Vendors, devices and plans.
    pub site: Weak<SiteHolder>,
    /// The revocation lists.
    pub trust: Arc<PeerTrust>,
    /// This server's own FQDN.
    pub fqdn: String,
    /// Where SIP is taken.
    pub ports: SipPorts,
    /// Where events are told.
    pub observer: Observer,
}

/// Opens the listener and accepts devices as long as the tasks live: where it listens.
///
/// # Errors
/// [`ListenError`] of the first socket that does not open.
pub fn open(
    config: &ProvisioningConfig,
    parts: ProvisioningParts,
    tasks: &mut JoinSet<()>,
) -> Result<Vec<SocketAddr>, ListenError> {
    let bound = bind(&config.listen, config.port, Listeners::Tls)?;
    let owner = Arc::from(config.owner.as_str());
    let provisioner = Arc::new(Provisioner { owner, parts, vendors: VendorBook::default() });
    let addresses = bound.stream.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    for listener in bound.stream {
        let provisioner = Arc::clone(&provisioner);
        let observer = provisioner.parts.observer.clone();
        let carry = move |stream, remote| {
            let provisioner = Arc::clone(&provisioner);
            Connection { provisioner, remote }.run(stream)
        };
        tasks.spawn(accept(listener, "https", observer, carry));
    }
    Ok(addresses)
}
