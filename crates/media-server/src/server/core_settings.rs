//! What the signalling core is told at its start: who we are, and on which ports.
use std::net::SocketAddr;

use call_control::{CoreSettings, ProbeSettings, SipPorts};
use sip_signaling::Transport;

use super::{ServeError, foundation::random_seed};
use crate::{
    config::{MediaAddress, ServerConfig},
    gateways::route::SystemRoutes,
    listen::Listening,
    prompts::PromptShelf,
};

/// Its settings, with a fresh seed.
///
/// # Errors
/// [`ServeError::System`]: no randomness.
pub(super) fn core_settings(
    config: &ServerConfig,
    listening: &Listening,
    prompts: &PromptShelf,
) -> Result<CoreSettings, ServeError> {
    let seed = random_seed()?;
    let media_address = match (config.media.advertise, config.media.address) {
        (Some(address), _) | (None, MediaAddress::Fixed(address)) => {
            call_control::MediaAddress::Fixed(address)
        }
        (None, MediaAddress::Auto) => call_control::MediaAddress::Auto,
    };
    Ok(CoreSettings {
        fqdn: config.sip.domain.clone(),
        sip_ports: sip_ports(listening),
        probes: probe_settings(config, listening),
        max_calls: config.max_calls,
        server_name: format!("um/{}", config.program.version),
        media_address,
        local_route: Box::new(SystemRoutes),
        prompts: prompts.current(),
        seed,
    })
}

/// The real ports, whatever the configuration says: port 0 is any free one.
fn sip_ports(listening: &Listening) -> SipPorts {
    let port = |addresses: &[SocketAddr]| addresses.first().map(SocketAddr::port);
    SipPorts { clear: port(&listening.udp).or_else(|| port(&listening.tcp)), tls: port(&listening.tls) }
}

/// Gateways are probed over what this server itself listens on.
fn probe_settings(config: &ServerConfig, listening: &Listening) -> ProbeSettings {
    ProbeSettings {
        interval: config.sip.probe_interval,
        clear: own_clear_transport(listening),
        has_tls: !listening.tls.is_empty(),
    }
}

/// What clear requests of ours go over where a gateway leaves it to us.
pub(super) fn own_clear_transport(listening: &Listening) -> Option<Transport> {
    match (listening.udp.is_empty(), listening.tcp.is_empty()) {
        (false, _) => Some(Transport::Udp),
        (true, false) => Some(Transport::Tcp),
        (true, true) => None,
    }
}
