//! Connections of ours to gateways.
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Weak},
};

use cert_manager::{PeerPolicies, ServerName, VerdictCell, connect_config};
use dial_plan::{GatewayAddress, IpGateway};
use jiff::Timestamp;
use sip_signaling::{FlowId, FlowOrder, FlowPurpose, Transport};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    OpenedBy,
    connection::{Connection, Surroundings},
    limits::LONGEST_DIALING,
};
use crate::{
    admin::SiteHolder,
    gateways::whereabouts::Whereabouts,
    listen::{
        ConnectionRegister, Listening, Seat, Stage, TlsListening, canonical, failed_handshake, prepare,
    },
    trust::{CertificateStanding, Missing, PeerStanding, PeerTrust},
};

/// Makes connections to gateways, and knows the open ones.
pub struct Dialer {
    /// The gateways of the moment; gone when the server stops.
    pub site: Weak<SiteHolder>,
    /// Where they are.
    pub whereabouts: Whereabouts,
    /// Whom their certificates must prove.
    pub trust: Arc<PeerTrust>,
    /// What we present; `None` without TLS.
    pub tls: Option<TlsListening>,
    /// Where we listen: what we say of ourselves on connections of ours.
    pub local_ports: LocalPorts,
    /// All connections.
    pub register: Arc<ConnectionRegister>,
    /// The world around connections.
    pub surroundings: Surroundings,
}

/// The ports that peers reach us at.
#[derive(Clone, Copy, Debug)]
pub struct LocalPorts {
    clear: Option<u16>,
    tls: Option<u16>,
}

impl LocalPorts {
    /// The real ones.
    pub fn of(listening: &Listening) -> Self {
        let port = |addresses: &[SocketAddr]| addresses.first().map(SocketAddr::port);
        Self { clear: port(&listening.tcp), tls: port(&listening.tls) }
    }
}

impl Dialer {
    /// An open connection of this gateway that will do: with TLS one that its certificate has authenticated, for a probe
    /// one that we have opened.
    pub fn find_open(&self, gateway: &str, order: &FlowOrder) -> Option<(FlowId, SocketAddr)> {
        let book = self.whereabouts.book();
        let peerings = self.surroundings.flows.peerings();
        peerings
            .into_iter()
            .filter(|(_, peering)| peering.transport == order.transport)
            .filter(|(_, peering)| match order.purpose {
                FlowPurpose::Dialog { .. } => true,
                FlowPurpose::Probe => peering.opened_by == OpenedBy::Us,
            })
            .find(|(_, peering)| peering.is(gateway, &book))
            .map(|(flow, peering)| (flow, peering.remote))
    }

    /// Connects to the gateway, at each of its addresses until one answers; over UDP its first address will do that a
    /// socket of ours reaches.
    ///
    /// # Errors
    /// Why none did, in words. A handshake that failed is an event of its own.
    pub async fn dial(&self, name: &str, order: &FlowOrder) -> Result<(FlowId, SocketAddr), String> {
        let site = self.site.upgrade().ok_or("the server stops")?.current();
        let gateway = site.gateway(name).ok_or_else(|| format!("there is no gateway {name} any more"))?;
        let addresses = self.whereabouts.of(gateway, order.transport, order.next_hop.as_ref()).await;
        let mut reason = format!("no address of {} is known", gateway.address);
        for address in addresses {
            if order.transport == Transport::Udp {
                match self.surroundings.flows.datagram_towards(address) {
                    Some(socket) => return Ok((socket, address)),
                    None => {
                        reason = format!("this server has no UDP socket that reaches {address}");
                        continue;
                    }
                }
            }
            match timeout(LONGEST_DIALING, self.dial_at(gateway, order.transport, address)).await {
                Ok(Ok(flow)) => return Ok((flow, address)),
                Ok(Err(told)) => reason = told,
                Err(_) => {
                    reason = format!("{address} gave no answer within {} s", LONGEST_DIALING.as_secs());
                }
            }
        }
        Err(reason)
    }

    async fn dial_at(
        &self,
        gateway: &IpGateway,
        transport: Transport,
        address: SocketAddr,
    ) -> Result<FlowId, String> {
        let admission = self
            .register
            .admit(address, Stage::Handshaking)
            .map_err(|limit| format!("the server has too many connections ({limit})"))?;
        admission.displaced.into_iter().for_each(|lost| self.tell_displaced(lost, transport));
        let stream = TcpStream::connect(address).await;
        let stream = stream.map_err(|error| format!("{address} takes no connection: {error}"))?;
        prepare(&stream);
        let local = stream.local_addr().map_err(|error| format!("{address}: {error}"))?;
        let made = Made { transport, local: canonical(local), remote: address, seat: admission.seat };
        match transport {
            Transport::Udp => Err("UDP needs no connection".to_owned()),
            Transport::Tcp => Ok(self.carry(made, PeerStanding::Address, stream)),
            Transport::Tls => {
                let (stream, standing) = self.shake_hands(gateway, address, stream).await?;
                let gateways = Arc::clone(standing.gateways());
                let displaced = made.seat.belongs_to(&gateways);
                let displaced = displaced.map_err(|limit| format!("there are {limit} already"))?;
                displaced.into_iter().for_each(|lost| self.tell_displaced(lost, transport));
                Ok(self.carry(made, PeerStanding::Certificate(Box::new(standing)), stream))
            }
        }
    }

    /// The certificate is judged for the gateway's FQDN or pin alone, never for the host that we connect to.
    async fn shake_hands(
        &self,
        gateway: &IpGateway,
        address: SocketAddr,
        stream: TcpStream,
    ) -> Result<(TlsStream<TcpStream>, CertificateStanding), String> {
        let tls = self.tls.as_ref().ok_or("this server runs without TLS")?;
        let own = tls.presenting.outbound(gateway).map_err(|missing| self.tell_missing(&missing))?;
        let (policy, roots) = self.trust.asked_of(gateway);
        let (config, verdict) =
            connect_config(&own, policy, roots, Timestamp::now()).map_err(|e| e.to_string())?;
        let name = match &gateway.address {
            GatewayAddress::Fqdn(fqdn) => ServerName::try_from(fqdn.clone()).map_err(|e| e.to_string())?,
            GatewayAddress::Ip(address) => ServerName::from(*address),
        };
        match TlsConnector::from(config).connect(name, stream).await {
            Ok(stream) => {
                let chain = stream.get_ref().1.peer_certificates().map(<[_]>::to_vec).unwrap_or_default();
                let standing = verdict.get().and_then(|verdict| {
                    // Judged by one gateway's policy here; by all of them at its first message.
                    let by_one = Arc::new(PeerPolicies::default());
                    CertificateStanding::new(chain, verdict, Arc::clone(&tls.policies), by_one)
                });
                standing
                    .map(|standing| (stream, standing.having_seen(own.facts())))
                    .ok_or_else(|| format!("{address}: nobody judged its certificate"))
            }
            Err(error) => Err(self.tell_failed(gateway, address, &error, &verdict)),
        }
    }

    fn tell_missing(&self, missing: &Missing) -> String {
        self.surroundings.observer.tell(missing.event("outbound"));
        missing.reason.clone()
    }

    fn tell_failed(
        &self,
        gateway: &IpGateway,
        address: SocketAddr,
        error: &io::Error,
        verdict: &VerdictCell,
    ) -> String {
        let event = failed_handshake(error, verdict);
        let reason = event.fields.iter().find(|field| field.0 == "reason").map(|field| field.1.clone());
        let event = event.with("gateway", &gateway.name).with("address", address);
        self.surroundings.observer.tell(event);
        format!("TLS with {address} failed: {}", reason.unwrap_or_default())
    }

    fn tell_displaced(&self, displaced: crate::listen::Displaced, transport: Transport) {
        self.surroundings.observer.tell(displaced.event(transport));
    }

    /// From now on the connection is like any other: requests of the peer come on it, too.
    fn carry<S>(&self, made: Made, peer: PeerStanding, stream: S) -> FlowId
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + 'static,
    {
        let Made { transport, mut local, remote, seat } = made;
        let listening = match transport {
            Transport::Tls => self.local_ports.tls,
            Transport::Tcp | Transport::Udp => self.local_ports.clear,
        };
        local.set_port(listening.unwrap_or_else(|| local.port()));
        let id = self.surroundings.flows.new_id();
        let surroundings = self.surroundings.clone();
        let opened_by = OpenedBy::Us;
        let connection = Connection { id, transport, local, remote, opened_by, peer, seat, surroundings };
        // Known before anybody is told of it.
        let entered = connection.enter();
        tokio::spawn(entered.run(stream));
        id
    }
}

/// A TCP connection that is there.
struct Made {
    transport: Transport,
    local: SocketAddr,
    remote: SocketAddr,
    seat: Seat,
}
