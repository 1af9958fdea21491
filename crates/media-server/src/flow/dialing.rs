//! Connections of ours to gateways.
use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock, Weak},
};

use call_control::TlsAgreed;
use cert_manager::{ServerName, connect_config};
use dial_plan::{GatewayAddress, IpGateway};
use jiff::Timestamp;
use sip_signaling::{FlowId, FlowOrder, FlowPurpose, PeerName, Transport};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    OpenedBy,
    connection::{Connection, Switchboard},
    late_refusal::LateRefusal,
    limits::LONGEST_DIALING,
    tls_agreed,
};
use crate::{
    admin::SiteHolder,
    gateways::whereabouts::Whereabouts,
    listen::{ConnectionRegister, Listening, Seat, Stage, TlsListening, canonical, prepare},
    observe::handshake_log::Direction,
    trust::{Attempt, Broken, CertificateStanding, PeerStanding, PeerTrust, Shaken},
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
    pub switchboard: Switchboard,
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
        let peerings = self.switchboard.flows.peerings();
        peerings
            .into_iter()
            .filter(|(_, peering)| peering.transport == order.transport)
            .filter(|(_, peering)| match order.purpose {
                FlowPurpose::Dialog { .. } => true,
                FlowPurpose::Probe(_) => peering.opened_by == OpenedBy::Us,
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
        let mut addresses = self.whereabouts.of(gateway, order.transport, order.next_hop.as_ref()).await;
        if let FlowPurpose::Probe(aim) = order.purpose {
            aim.arrange(&mut addresses);
        }
        let mut reason = format!("no address of {} is known", gateway.address);
        for address in addresses {
            if order.transport == Transport::Udp {
                match self.switchboard.flows.datagram_towards(address) {
                    Some(socket) => return Ok((socket, address)),
                    None => {
                        reason = format!("this server has no UDP socket that reaches {address}");
                        continue;
                    }
                }
            }
            match self.dial_at(gateway, order.transport, address).await {
                Ok(flow) => return Ok((flow, address)),
                Err(told) => reason = told,
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
        let by = Instant::now() + LONGEST_DIALING;
        let stream = timeout_at(by, TcpStream::connect(address)).await.map_err(|_| silent(address))?;
        let stream = stream.map_err(|error| format!("{address} takes no connection: {error}"))?;
        prepare(&stream);
        let local = stream.local_addr().map_err(|error| format!("{address}: {error}"))?;
        let mut made =
            Made { transport, local: canonical(local), remote: address, tls: None, seat: admission.seat };
        match transport {
            Transport::Udp => Err("UDP needs no connection".to_owned()),
            Transport::Tcp => Ok(self.carry(made, PeerStanding::Address, stream)),
            Transport::Tls => {
                let attempt = self.attempt(gateway, address);
                let shaken = tokio::select! {
                    biased;
                    () = made.seat.displaced() => Err(attempt.failed(Broken::Displaced)),
                    shaken = timeout_at(by, self.shake_hands(gateway, &attempt, stream)) => {
                        shaken.unwrap_or_else(|_| Err(attempt.failed(Broken::TooLate(LONGEST_DIALING))))
                    }
                };
                let (stream, standing) = shaken?;
                made.tls = tls_agreed(stream.get_ref().1);
                let gateways = Arc::clone(standing.gateways());
                let displaced = made.seat.belongs_to(&gateways);
                let displaced = displaced.map_err(|limit| format!("there are {limit} already"))?;
                displaced.into_iter().for_each(|lost| self.tell_displaced(lost, transport));
                let stream = LateRefusal::new(stream, attempt);
                Ok(self.carry(made, PeerStanding::Certificate(Box::new(standing)), stream))
            }
        }
    }

    /// The certificate is judged for the gateway's FQDN or pin alone, never for the host that we connect to.
    async fn shake_hands(
        &self,
        gateway: &IpGateway,
        attempt: &Attempt,
        stream: TcpStream,
    ) -> Result<(TlsStream<TcpStream>, CertificateStanding), String> {
        let no_tls = |words: String| attempt.failed(Broken::NoTls(words));
        let tls = self.tls.as_ref().ok_or_else(|| no_tls("this server runs without TLS".to_owned()))?;
        let presented = tls.presenting.outbound(gateway);
        let own = presented.map_err(|missing| attempt.failed(Broken::NothingToShow(missing)))?;
        attempt.shows(own.facts());
        let asked = self.trust.asked_of(gateway);
        let (config, verdict) =
            connect_config(&own, asked, Timestamp::now()).map_err(|error| no_tls(error.to_string()))?;
        let name = match &gateway.address {
            GatewayAddress::Fqdn(fqdn) => ServerName::try_from(fqdn.clone()).map_err(|e| e.to_string())?,
            GatewayAddress::Ip(address) => ServerName::from(*address),
        };
        match TlsConnector::from(config).connect(name, stream).await {
            Ok(stream) => {
                let chain = stream.get_ref().1.peer_certificates().map(<[_]>::to_vec).unwrap_or_default();
                // Judged by one gateway's policy here; by all of them at its first message.
                let (judged_by, policies) = (Arc::default(), Arc::clone(&tls.policies));
                let shaken = Shaken { chain, verdict, judged_by, policies };
                let standing = attempt.done(shaken, Timestamp::now());
                standing.map(|standing| (stream, standing)).map_err(|broken| attempt.failed(broken))
            }
            Err(error) => Err(attempt.failed(Broken::Tls { error, verdict, alert: None })),
        }
    }

    fn attempt(&self, gateway: &IpGateway, address: SocketAddr) -> Attempt {
        // Without TLS there is none that anything could be remembered of.
        let encounters = self.tls.as_ref().map_or_else(Arc::default, |tls| Arc::clone(&tls.encounters));
        Attempt {
            direction: Direction::Outbound,
            peer: address,
            expected: Arc::from([PeerName::from(gateway.name.as_str())]),
            encounters,
            observer: self.switchboard.observer.clone(),
            shown: OnceLock::new(),
        }
    }

    fn tell_displaced(&self, displaced: crate::listen::Displaced, transport: Transport) {
        self.switchboard.observer.tell(displaced.event(transport));
    }

    /// From now on the connection is like any other: requests of the peer come on it, too.
    fn carry<S>(&self, made: Made, peer: PeerStanding, stream: S) -> FlowId
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + 'static,
    {
        let Made { transport, mut local, remote, tls, seat } = made;
        let listening = match transport {
            Transport::Tls => self.local_ports.tls,
            Transport::Tcp | Transport::Udp => self.local_ports.clear,
        };
        local.set_port(listening.unwrap_or_else(|| local.port()));
        let id = self.switchboard.flows.new_id();
        let switchboard = self.switchboard.clone();
        let opened_by = OpenedBy::Us;
        let connection = Connection { id, transport, local, remote, opened_by, peer, tls, seat, switchboard };
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
    tls: Option<TlsAgreed>,
    seat: Seat,
}

fn silent(address: SocketAddr) -> String {
    format!("{address} gave no answer within {} s", LONGEST_DIALING.as_secs())
}
