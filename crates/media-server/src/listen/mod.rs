//! Listeners: they accept, read, classify and hand on; they never wait for the core.
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use arc_swap::ArcSwap;
use cert_manager::PeerPolicies;
use sip_signaling::Transport;
use tokio::{
    net::{TcpListener, UdpSocket},
    task::JoinSet,
};

use crate::{
    config::{ServerConfig, SipConfig, StartupMode},
    core::Inbox,
    flow::{FlowTable, connection::Switchboard},
    observe::Observer,
    trust::{Encounters, Presenting},
};

use acceptor::Acceptor;
use ports::Bound;

mod acceptor;
mod alert;
mod handshake;
mod ports;
mod register;
mod udp;

pub(crate) use acceptor::prepare;
pub(crate) use ports::{Listeners, bind};
pub(crate) use register::source_of;
pub use register::{ConnectionRegister, Displaced, Seat, Stage};

/// What the TLS listener shows to peers, and whom it trusts.
#[derive(Clone)]
pub struct TlsListening {
    /// Our certificates and keys.
    pub presenting: Presenting,
    /// Whose certificate every peer of this listener is shown, if it is one of an owner.
    pub owner: Option<Arc<str>>,
    /// Swapped whole when the Site changes; each handshake and each message goes by the latest.
    pub policies: Arc<ArcSwap<PeerPolicies>>,
    /// What is remembered of handshakes.
    pub encounters: Arc<Encounters>,
}

/// Open listeners; dropping it closes them. Connections that they have accepted live on.
pub struct Listening {
    /// Where clear SIP over UDP is taken.
    pub udp: Vec<SocketAddr>,
    /// Where clear SIP over TCP is taken: the port of UDP.
    pub tcp: Vec<SocketAddr>,
    /// Where SIP over mutual TLS is taken.
    pub tls: Vec<SocketAddr>,
    /// Where it is taken with the certificate of an owner.
    pub owned: Vec<(Arc<str>, SocketAddr)>,
    /// Who is connected.
    pub register: Arc<ConnectionRegister>,
    tasks: JoinSet<()>,
}

/// Why a listener did not open.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen on {address} ({transport}): is another server on this port, or is the address not this machine's?"
)]
pub struct ListenError {
    /// Where.
    pub address: SocketAddr,
    /// UDP, TCP or TLS.
    pub transport: &'static str,
    /// What the system says.
    #[source]
    pub source: std::io::Error,
}

/// Opens what `startup_mode` and `udp` ask for; `tls` is not asked for in mode `tcp`.
///
/// Port 0 is any free port: one for UDP and TCP on all addresses, one for TLS on all addresses.
///
/// # Errors
/// [`ListenError`] of the first socket that does not open; then none stays open.
pub fn open(
    config: &ServerConfig,
    flows: &Arc<FlowTable>,
    inbox: &Inbox,
    observer: &Observer,
    tls: Option<TlsListening>,
) -> Result<Listening, ListenError> {
    let sip = &config.sip;
    let clear = match (sip.startup_mode, sip.udp) {
        (StartupMode::Dual | StartupMode::Tcp, true) => {
            Some(ports::bind(&sip.listen, sip.port, Listeners::UdpAndTcp)?)
        }
        (StartupMode::Dual | StartupMode::Tcp, false) => {
            Some(ports::bind(&sip.listen, sip.port, Listeners::Tcp)?)
        }
        (StartupMode::Tls, _) => None,
    };
    let secure = match (sip.startup_mode, tls) {
        (StartupMode::Dual | StartupMode::Tls, Some(tls)) => bind_secure(sip, tls)?,
        (StartupMode::Dual | StartupMode::Tls, None) | (StartupMode::Tcp, _) => Vec::new(),
    };
    let opening = Opening {
        register: Arc::default(),
        switchboard: Switchboard {
            flows: Arc::clone(flows),
            inbox: inbox.clone(),
            observer: observer.clone(),
        },
    };
    let mut listening = Listening {
        udp: Vec::new(),
        tcp: Vec::new(),
        tls: Vec::new(),
        owned: Vec::new(),
        register: Arc::clone(&opening.register),
        tasks: JoinSet::new(),
    };
    if let Some(bound) = clear {
        for socket in bound.udp {
            listening.udp.extend(opening.read(socket, &mut listening.tasks));
        }
        for listener in bound.stream {
            listening.tcp.extend(opening.accept(listener, None, &mut listening.tasks));
        }
    }
    for (bound, tls) in secure {
        for listener in bound.stream {
            let owner = tls.owner.clone();
            let open = opening.accept(listener, Some(tls.clone()), &mut listening.tasks);
            match owner {
                None => listening.tls.extend(open),
                Some(owner) => listening.owned.extend(open.map(|address| (owner, address))),
            }
        }
    }
    Ok(listening)
}

/// The TLS port of all, then those of single owners.
fn bind_secure(sip: &SipConfig, tls: TlsListening) -> Result<Vec<(Bound, TlsListening)>, ListenError> {
    let mut secure = vec![(ports::bind(&sip.listen, sip.tls_port, Listeners::Tls)?, tls.clone())];
    for listener in &sip.listeners {
        let owner = Some(Arc::from(listener.owner.as_str()));
        let bound = ports::bind(&listener.listen, listener.tls_port, Listeners::Tls)?;
        secure.push((bound, TlsListening { owner, ..tls.clone() }));
    }
    Ok(secure)
}

impl Listening {
    /// Every address with its transport.
    pub fn addresses(&self) -> Vec<(Transport, SocketAddr)> {
        let of = |transport, addresses: &[SocketAddr]| {
            addresses.iter().map(move |address| (transport, *address)).collect::<Vec<_>>()
        };
        [of(Transport::Udp, &self.udp), of(Transport::Tcp, &self.tcp), of(Transport::Tls, &self.tls)].concat()
    }

    /// Takes nothing new any more; connections live on.
    pub fn close(mut self) {
        self.tasks.abort_all();
    }
}

/// What all listeners of the server share.
struct Opening {
    register: Arc<ConnectionRegister>,
    switchboard: Switchboard,
}

impl Opening {
    fn read(&self, socket: UdpSocket, tasks: &mut JoinSet<()>) -> Option<SocketAddr> {
        let bound = socket.local_addr().ok()?;
        let socket = Arc::new(socket);
        let id = self.switchboard.flows.add_datagram(Arc::clone(&socket));
        tasks.spawn(udp::read(socket, id, self.switchboard.clone()));
        Some(bound)
    }

    fn accept(
        &self,
        listener: TcpListener,
        tls: Option<TlsListening>,
        tasks: &mut JoinSet<()>,
    ) -> Option<SocketAddr> {
        let bound = listener.local_addr().ok()?;
        let register = Arc::clone(&self.register);
        let acceptor = Acceptor { listener, bound, tls, register, switchboard: self.switchboard.clone() };
        tasks.spawn(acceptor.run());
        Some(bound)
    }
}

/// An IPv4-mapped address as the IPv4 address that it is.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// The local address that a peer sees: what the socket is bound to, or the route's source for a wildcard.
pub(crate) fn local_towards(bound: SocketAddr, peer: IpAddr) -> SocketAddr {
    if bound.ip().is_unspecified()
        && let Some(source) = crate::gateways::route::source_towards(peer)
    {
        return SocketAddr::new(source, bound.port());
    }
    canonical(bound)
}

#[cfg(test)]
mod tests;
