//! Whom a mailbox's lamp is told to: the gateways of its plan that allow it, over the transport of the plan's mode.
use std::{collections::BTreeMap, net::SocketAddr};

use dial_plan::{ClearTransport, DialPlan, GatewayAddress, GatewayStatus, IpGateway, Site};
use sip_signaling::{Host, PeerName, SipUri, Transport};

/// What this server can send over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LampTransports {
    /// What `auto` means for clear requests of ours; `None` if this server has no clear SIP.
    pub clear: Option<Transport>,
    /// Whether this server has TLS.
    pub has_tls: bool,
}

/// One gateway that can be told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Candidate {
    pub(super) gateway: PeerName,
    pub(super) transport: Transport,
    address: GatewayAddress,
    /// Where it is reached: one that has moved is told again.
    place: (Vec<dial_plan::Host>, u16),
}

impl Candidate {
    /// The mailbox at the gateway, for Request-URI and To.
    pub(super) fn target(&self, extension: &str, remote: SocketAddr) -> SipUri {
        let host = match &self.address {
            GatewayAddress::Ip(address) => Host::from(*address),
            GatewayAddress::Fqdn(fqdn) => Host::parse(fqdn).unwrap_or_else(|_| Host::from(remote.ip())),
        };
        let uri = SipUri::new(host).with_user(extension).with_port(remote.port());
        match self.transport {
            Transport::Udp => uri,
            Transport::Tcp => uri.with_param("transport", Some("tcp")),
            Transport::Tls => uri.with_param("transport", Some("tls")),
        }
    }
}

/// Whom the lamps of one plan are told to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Route {
    /// By priority, then by name.
    pub(super) candidates: Vec<Candidate>,
    /// Why gateways that would allow it are not among them.
    pub(super) missing: Option<&'static str>,
}

impl Route {
    /// Whether no gateway wants to be told.
    pub(super) fn is_nobody(&self) -> bool {
        self.candidates.is_empty() && self.missing.is_none()
    }
}

/// The routes of all plans, by name.
pub(super) fn routes(site: &Site, transports: LampTransports) -> BTreeMap<String, Route> {
    site.dial_plans().map(|plan| (plan.name.to_string(), route(site, plan, transports))).collect()
}

fn route(site: &Site, plan: &DialPlan, transports: LampTransports) -> Route {
    let mut gateways: Vec<&IpGateway> = site
        .hunt_groups()
        .filter(|group| group.dial_plan == plan.name)
        .filter_map(|group| site.gateway(group.gateway.as_str()))
        .filter(|gateway| gateway.status == GatewayStatus::Enabled && gateway.message_waiting)
        .collect();
    gateways.sort_by(|a, b| (a.mwi_priority, &a.name).cmp(&(b.mwi_priority, &b.name)));
    gateways.dedup_by(|a, b| a.name == b.name);
    let mut route = Route::default();
    for gateway in gateways {
        match transport_of(gateway, plan, transports) {
            Ok(transport) => route.candidates.push(Candidate {
                gateway: gateway.name.as_str().into(),
                transport,
                address: gateway.address.clone(),
                place: (gateway.connect.clone(), port_of(gateway, transport)),
            }),
            Err(missing) => route.missing = Some(missing),
        }
    }
    route
}

fn port_of(gateway: &IpGateway, transport: Transport) -> u16 {
    match transport {
        Transport::Udp | Transport::Tcp => gateway.port,
        Transport::Tls => gateway.tls_port,
    }
}

/// The transport that the plan's mode wants, never a weaker one (security-modes 3).
fn transport_of(
    gateway: &IpGateway,
    plan: &DialPlan,
    transports: LampTransports,
) -> Result<Transport, &'static str> {
    match plan.voip_security.wants_tls() {
        true if transports.has_tls => Ok(Transport::Tls),
        true => Err("the dial plan wants TLS, and this server has none: write [listen] tls into um.toml"),
        false => match (gateway.transport, transports.clear) {
            (_, None) => Err("the dial plan wants clear SIP, and this server listens on TLS alone"),
            (ClearTransport::Auto, Some(auto)) => Ok(auto),
            (ClearTransport::Udp, Some(_)) => Ok(Transport::Udp),
            (ClearTransport::Tcp, Some(_)) => Ok(Transport::Tcp),
        },
    }
}
