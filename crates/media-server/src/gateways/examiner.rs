//! Finds out what `examination` judges: names, connections, handshakes and OPTIONS of one gateway, each on a connection
//! of its own.
use std::{
    collections::BTreeSet,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use cert_manager::{
    Alert, CertificateFacts, FailureReason, ServerName, Verdict, VerdictCell, connect_config, explain_failure,
};
use dial_plan::{ClearTransport, GatewayAddress, IpGateway, Site};
use jiff::Timestamp;
use sip_signaling::{FlowId, Host, Origin, SipUri, Transport};
use tokio::{
    net::{TcpStream, UdpSocket},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream, rustls};

use super::{
    asking::{Asked, Question, ask_datagram, ask_stream},
    dns::DnsFailure,
    examination::{
        ConnectionFacts, GatewayFacts, HandshakeFacts, OptionsFacts, OwnFacts, RefusedByUs, WayFacts,
    },
    route::source_towards,
    whereabouts::Whereabouts,
};
use crate::{
    listen::TlsListening,
    trust::{PeerTrust, Sighting},
};

/// One address has this time to take a connection.
const CONNECTING: Duration = Duration::from_secs(3);
/// And this time for its handshake.
const HANDSHAKING: Duration = Duration::from_secs(5);

/// Looks at gateways when an administrator asks.
pub struct Examiner {
    /// Where they are.
    pub whereabouts: Whereabouts,
    /// Whom their certificates must prove.
    pub trust: Arc<PeerTrust>,
    /// What we present; `None` without TLS.
    pub tls: Option<TlsListening>,
    /// Our FQDN.
    pub fqdn: String,
    /// What `auto` means for clear requests; `None` without clear SIP.
    pub clear: Option<Transport>,
}

impl Examiner {
    /// Looks at the names of the gateway, and at each way that its plans use.
    pub async fn look(&self, site: &Site, gateway: &IpGateway) -> GatewayFacts {
        let plans: Vec<_> = site.dial_plans_of(gateway.name.as_str()).collect();
        let transports: BTreeSet<Transport> = plans
            .iter()
            .filter_map(|plan| match plan.voip_security.wants_tls() {
                true => self.tls.as_ref().map(|_| Transport::Tls),
                false => self.clear.map(|auto| clear_transport(gateway, auto)),
            })
            .collect();
        let mut ways = Vec::new();
        for transport in transports {
            ways.push(self.walk(gateway, transport).await);
        }
        GatewayFacts {
            gateway: gateway.clone(),
            plans: plans.iter().map(|plan| (plan.name.to_string(), plan.voip_security)).collect(),
            own_name: self.fqdn.clone(),
            own: self.own(gateway),
            names: self.names(gateway).await,
            ways,
            refused_call: None,
            now: Timestamp::now(),
        }
    }

    fn own(&self, gateway: &IpGateway) -> OwnFacts {
        match self.tls.as_ref().map(|tls| tls.presenting.outbound(gateway)) {
            Some(Ok(own)) => OwnFacts::Presented(Arc::clone(own.facts())),
            Some(Err(missing)) => OwnFacts::Missing(missing.reason),
            None => OwnFacts::WithoutTls,
        }
    }

    async fn names(&self, gateway: &IpGateway) -> Vec<(String, Result<Vec<IpAddr>, DnsFailure>)> {
        let mut names = Vec::new();
        for name in gateway.hosts().filter_map(|host| host.fqdn()) {
            names.push((name.to_owned(), self.whereabouts.resolve(name).await));
        }
        names
    }

    async fn walk(&self, gateway: &IpGateway, transport: Transport) -> WayFacts {
        let addresses = self.whereabouts.of(gateway, transport, None).await;
        let mut way = WayFacts {
            transport,
            address: addresses.first().copied(),
            connection: None,
            handshake: None,
            options: None,
        };
        if transport == Transport::Udp {
            for address in addresses {
                let asked = self.ask_over_udp(gateway, address).await.unwrap_or(OptionsFacts::Silent);
                let is_answer = matches!(asked, OptionsFacts::Answered { .. });
                (way.address, way.options) = (Some(address), Some(asked));
                if is_answer {
                    break;
                }
            }
            return way;
        }
        for address in addresses {
            way.address = Some(address);
            let (connection, stream) = connect(address).await;
            way.connection = Some(connection);
            if let Some(stream) = stream {
                self.go_on(gateway, address, stream, &mut way).await;
                break;
            }
        }
        way
    }

    /// From an open connection on.
    async fn go_on(
        &self,
        gateway: &IpGateway,
        address: SocketAddr,
        mut stream: TcpStream,
        way: &mut WayFacts,
    ) {
        let Ok(local) = stream.local_addr() else { return };
        let question = self.question(gateway, way.transport, local, address);
        if way.transport != Transport::Tls {
            way.options = Some(ask_stream(question, &mut stream).await.unwrap_or(OptionsFacts::Closed));
            return;
        }
        let (handshake, secured) = self.shake_hands(gateway, address, stream).await;
        way.handshake = handshake;
        let Some(mut secured) = secured else { return };
        match ask_stream(question, &mut secured).await {
            Ok(facts) => way.options = Some(facts),
            // In TLS 1.3 our certificate is refused after our side of the handshake.
            Err(error) => match refused_by_peer(&error) {
                Some(refused) => way.handshake = Some(refused),
                None => way.options = Some(OptionsFacts::Closed),
            },
        }
    }

    async fn shake_hands(
        &self,
        gateway: &IpGateway,
        address: SocketAddr,
        stream: TcpStream,
    ) -> (Option<HandshakeFacts>, Option<TlsStream<TcpStream>>) {
        let ended = |reason: String| (Some(HandshakeFacts::Ended { reason }), None);
        let Some(tls) = &self.tls else { return (None, None) };
        // That there is nothing to show is a finding about our side.
        let Ok(own) = tls.presenting.outbound(gateway) else { return (None, None) };
        let configured = connect_config(&own, self.trust.asked_of(gateway), Timestamp::now());
        let (config, verdict) = match configured {
            Ok(configured) => configured,
            Err(error) => return ended(error.to_string()),
        };
        let name = match &gateway.address {
            GatewayAddress::Fqdn(fqdn) => ServerName::try_from(fqdn.clone()).ok(),
            GatewayAddress::Ip(address) => Some(ServerName::from(*address)),
        };
        let Some(name) = name else { return ended(format!("{} is no name for TLS", gateway.address)) };
        match timeout(HANDSHAKING, TlsConnector::from(config).connect(name, stream)).await {
            Err(_) => ended(format!("the handshake was not done within {} s", HANDSHAKING.as_secs())),
            Ok(Err(error)) => {
                let (source, at) = (address.ip(), Timestamp::now());
                // `um gateway approve` is to find what it was told of.
                tls.encounters
                    .refused(&verdict, Sighting { source, gateway: Some(gateway.name.as_str()), at });
                (Some(failed(&error, &verdict)), None)
            }
            Ok(Ok(stream)) => {
                let done = done(&stream);
                (Some(done), Some(stream))
            }
        }
    }

    async fn ask_over_udp(&self, gateway: &IpGateway, address: SocketAddr) -> Asked {
        let source = source_towards(address.ip()).ok_or_else(|| io::Error::other("no route"))?;
        let socket = UdpSocket::bind(SocketAddr::new(source, 0)).await?;
        let question = self.question(gateway, Transport::Udp, socket.local_addr()?, address);
        ask_datagram(question, &socket, address).await
    }

    fn question(
        &self,
        gateway: &IpGateway,
        transport: Transport,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> Question {
        let host = match &gateway.address {
            GatewayAddress::Ip(address) => Host::from(*address),
            GatewayAddress::Fqdn(fqdn) => Host::parse(fqdn).unwrap_or_else(|_| Host::from(remote.ip())),
        };
        let target = SipUri::new(host).with_port(remote.port());
        let target = match transport {
            Transport::Udp => target,
            Transport::Tcp => target.with_param("transport", Some("tcp")),
            Transport::Tls => target.with_param("transport", Some("tls")),
        };
        let peers = Arc::from([gateway.name.as_str().into()]);
        let way = Origin { flow: FlowId(0), transport, local, remote, peers };
        Question { fqdn: self.fqdn.clone(), target, way }
    }
}

async fn connect(address: SocketAddr) -> (ConnectionFacts, Option<TcpStream>) {
    match timeout(CONNECTING, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => (ConnectionFacts::Open, Some(stream)),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
            (ConnectionFacts::Refused, None)
        }
        Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => (ConnectionFacts::Silent, None),
        Ok(Err(error)) => (ConnectionFacts::Failed(error.to_string()), None),
        Err(_) => (ConnectionFacts::Silent, None),
    }
}

fn done(stream: &TlsStream<TcpStream>) -> HandshakeFacts {
    let session = stream.get_ref().1;
    let version = session.protocol_version().map(|version| format!("{version:?}"));
    let cipher = session.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite()));
    let chain = session.peer_certificates().unwrap_or_default();
    HandshakeFacts::Done {
        version: version.unwrap_or_default(),
        cipher: cipher.unwrap_or_default(),
        chain: chain.iter().filter_map(|der| CertificateFacts::read(der).ok()).collect(),
    }
}

/// Who ended the handshake, and why.
fn failed(error: &io::Error, verdict: &VerdictCell) -> HandshakeFacts {
    let failure = explain_failure(error, verdict);
    if let Some(Verdict::Refused(refusal)) = verdict.get() {
        return HandshakeFacts::RefusedByUs(RefusedByUs {
            class: refusal.class,
            alert: refusal.alert,
            reason: failure.reason,
            certificate: refusal.facts.clone(),
        });
    }
    if let Some(refused) = refused_by_peer(error) {
        return refused;
    }
    let reason = failure.reason;
    match tls_error(error) {
        Some(rustls::Error::InvalidMessage(_)) => HandshakeFacts::NoTls,
        Some(rustls::Error::NoCertificatesPresented) => {
            let (class, alert) = (FailureReason::NoCertificate, Alert::CertificateRequired);
            HandshakeFacts::RefusedByUs(RefusedByUs { class, alert, reason, certificate: None })
        }
        Some(rustls::Error::PeerIncompatible(_)) => HandshakeFacts::NothingInCommon { reason },
        Some(_) | None => HandshakeFacts::Ended { reason },
    }
}

fn refused_by_peer(error: &io::Error) -> Option<HandshakeFacts> {
    match tls_error(error) {
        Some(rustls::Error::AlertReceived(alert)) => Some(HandshakeFacts::RefusedByPeer {
            alert: format!("{alert:?}"),
            reason: explain_failure(error, &VerdictCell::default()).reason,
        }),
        Some(_) | None => None,
    }
}

fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref::<rustls::Error>()
}

/// Over what clear requests of ours reach the gateway.
fn clear_transport(gateway: &IpGateway, auto: Transport) -> Transport {
    match gateway.transport {
        ClearTransport::Auto => auto,
        ClearTransport::Udp => Transport::Udp,
        ClearTransport::Tcp => Transport::Tcp,
    }
}
