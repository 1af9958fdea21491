//! The HTTP listeners that the configuration asks for: for monitoring, for devices, and for the revocation list of our CA.
use std::{net::SocketAddr, sync::Arc};

use tokio::task::JoinSet;

use super::{ServeError, trusting::Trusting};
use crate::{
    admin::AdminState,
    config::ServerConfig,
    health::{Health, serve_health},
    listen::Listening,
    observe::Observer,
    provisioning::{self, ProvisioningParts, SipPorts},
    trust::serve_list,
};

/// Serves them as long as the tasks live.
///
/// # Errors
/// [`ServeError::Listen`].
pub(super) fn open_http(
    config: &ServerConfig,
    trusting: &Trusting,
    listening: &Listening,
    (state, observer): (&AdminState, &Observer),
) -> Result<JoinSet<()>, ServeError> {
    let mut tasks = JoinSet::new();
    let health = Health::new(state.clone());
    let served = serve_health(config.health, &health, observer, &mut tasks)?;
    state.board.serves_health_at(&served);
    if let Some(address) = config.authority.crl_listen {
        let served = serve_list(address, trusting.authority.published(), observer, &mut tasks)?;
        state.board.serves_list_at(&served);
    }
    // Without TLS there is no such section.
    let (Some(devices), Some(tls)) = (&config.provisioning, trusting.listening()) else { return Ok(tasks) };
    let port = |addresses: &[SocketAddr]| addresses.first().map(SocketAddr::port);
    let parts = ProvisioningParts {
        presenting: tls.presenting,
        site: Arc::downgrade(&state.site),
        trust: Arc::clone(&trusting.trust),
        fqdn: config.sip.domain.clone(),
        ports: SipPorts { udp: port(&listening.udp), tcp: port(&listening.tcp), tls: port(&listening.tls) },
        observer: observer.clone(),
    };
    let addresses = provisioning::open(devices, parts, &mut tasks)?;
    state.board.provisions_at(&addresses);
    Ok(tasks)
}
