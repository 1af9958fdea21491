use std::{io, net::SocketAddr, sync::Arc};

use cert_manager::{Identity, PeerPolicies, ServerTls, VerdictCell, explain_failure};
use jiff::Timestamp;
use sip_signaling::Transport;
use telephony::{Event, kind};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_rustls::{LazyConfigAcceptor, StartHandshake, rustls::server::Acceptor, server::TlsStream};

use super::{Displaced, Seat, TlsListening, alert::AmendingStream};
use crate::{
    flow::{
        OpenedBy,
        connection::{Connection, Surroundings, linger},
        limits::{HANDSHAKE_DEADLINE, Limit},
    },
    trust::{Arrival, CertificateStanding, Missing, PeerStanding},
};

/// A fatal alert in the clear, which is all that a handshake without a certificate comes to (RFC 8446 6.2, RFC 5246 7.2.2).
const HANDSHAKE_FAILURE: &[u8] = &[21, 3, 3, 0, 2, 2, 40];

type Socket = AmendingStream<TcpStream>;

/// An accepted connection on the TLS port that has not shaken hands yet.
pub struct Handshake {
    /// Our certificate, and whom we trust.
    pub tls: TlsListening,
    /// Our address on the connection.
    pub local: SocketAddr,
    /// The peer's address.
    pub remote: SocketAddr,
    /// Its place among all connections.
    pub seat: Seat,
    /// The world around it.
    pub surroundings: Surroundings,
}

/// A handshake that is complete.
struct Shaken {
    stream: TlsStream<Socket>,
    standing: CertificateStanding,
}

/// A handshake that came to nothing.
enum Failure {
    /// Nothing was said: somebody looked whether the port is open.
    Silence,
    /// TLS failed; our alert may still be on its way through the socket.
    Tls { error: io::Error, verdict: VerdictCell, socket: Option<Socket> },
    /// The TLS library takes no configuration.
    Setup(cert_manager::TlsError),
    /// We have no certificate for this peer; it is still to hear of it.
    NoCertificate { missing: Missing, socket: Socket },
}

impl Handshake {
    /// Shakes hands, then carries messages until the connection ends.
    pub async fn run(self, stream: TcpStream) {
        let outcome = tokio::select! {
            biased;
            () = self.seat.displaced() => return,
            outcome = timeout(HANDSHAKE_DEADLINE, self.shake_hands(stream)) => outcome,
        };
        match outcome {
            Ok(Ok(shaken)) => self.carry(shaken).await,
            Ok(Err(failure)) => self.fail(failure).await,
            Err(_) => self.shed(Displaced { remote: self.remote, limit: Limit::Handshake }),
        }
    }

    async fn shake_hands(&self, stream: TcpStream) -> Result<Shaken, Failure> {
        let mut hello = LazyConfigAcceptor::new(Acceptor::default(), AmendingStream(stream));
        let start = match (&mut hello).await {
            Ok(start) => start,
            Err(error) => return Err(Failure::before_hello(error, hello.take_io())),
        };
        let own = match self.presented(&start) {
            Ok(own) => own,
            Err(missing) => return Err(Failure::NoCertificate { missing, socket: start.io }),
        };
        // The trust of this moment; a verdict by an older one does not outlive the first message.
        let policies = self.tls.policies.load_full();
        let (config, verdict) = ServerTls::new(Arc::clone(&own))
            .accept_config(Arc::clone(&policies), Timestamp::now())
            .map_err(Failure::Setup)?;
        match start.into_stream(config).into_fallible().await {
            Ok(stream) => {
                let shaken = self.judged(stream, verdict, policies)?;
                Ok(Shaken { standing: shaken.standing.having_seen(own.facts()), ..shaken })
            }
            Err((error, socket)) => Err(Failure::Tls { error, verdict, socket: Some(socket) }),
        }
    }

    /// The certificate of this moment for this peer.
    fn presented(&self, start: &StartHandshake<Socket>) -> Result<Arc<Identity>, Missing> {
        let gateways = self.surroundings.inbox.gateways_at(self.remote.ip());
        let hello = start.client_hello();
        let arrival = Arrival {
            listener_owner: self.tls.owner.as_deref(),
            sni: hello.server_name(),
            gateways: &gateways,
        };
        self.tls.presenting.inbound(&arrival)
    }

    fn judged(
        &self,
        stream: TlsStream<Socket>,
        verdict: VerdictCell,
        policies: Arc<PeerPolicies>,
    ) -> Result<Shaken, Failure> {
        let chain = stream.get_ref().1.peer_certificates().map(<[_]>::to_vec).unwrap_or_default();
        let standing = verdict.get().and_then(|verdict| {
            CertificateStanding::new(chain, verdict, Arc::clone(&self.tls.policies), policies)
        });
        match standing {
            Some(standing) => Ok(Shaken { stream, standing }),
            None => {
                // Fail closed: without a verdict nobody is known.
                let error = io::Error::other("the handshake is complete, but nobody judged the peer");
                Err(Failure::Tls { error, verdict, socket: None })
            }
        }
    }

    async fn carry(self, shaken: Shaken) {
        let Shaken { mut stream, standing } = shaken;
        let gateways = Arc::clone(standing.gateways());
        if gateways.is_empty() {
            self.seat.belongs_to_a_stranger();
        } else {
            match self.seat.belongs_to(&gateways) {
                Ok(displaced) => displaced.into_iter().for_each(|displaced| self.shed(displaced)),
                Err(limit) => {
                    self.shed(Displaced { remote: self.remote, limit });
                    // Whether the peer hears of it or not, its place is needed.
                    let _ = timeout(HANDSHAKE_DEADLINE, stream.shutdown()).await;
                    return linger(&mut stream).await;
                }
            }
        }
        let Self { local, remote, seat, surroundings, .. } = self;
        let peer = PeerStanding::Certificate(Box::new(standing));
        let id = surroundings.flows.new_id();
        let (transport, opened_by) = (Transport::Tls, OpenedBy::Peer);
        let connection = Connection { id, transport, local, remote, opened_by, peer, seat, surroundings };
        connection.run(stream).await;
    }

    async fn fail(&self, failure: Failure) {
        match failure {
            Failure::Silence => {}
            Failure::Setup(error) => self.tell(Event::new(&kind::TLS_FAILED).with("reason", error)),
            Failure::NoCertificate { missing, mut socket } => {
                self.tell(missing.event("inbound"));
                let _ = timeout(HANDSHAKE_DEADLINE, socket.write_all(HANDSHAKE_FAILURE)).await;
                let _ = timeout(HANDSHAKE_DEADLINE, socket.shutdown()).await;
                linger(&mut socket).await;
            }
            Failure::Tls { error, verdict, socket } => {
                self.tell(told(&error, &verdict));
                if let Some(mut socket) = socket {
                    // Closed at once with bytes of the peer unread, TCP would destroy our alert on its way.
                    let _ = timeout(HANDSHAKE_DEADLINE, socket.shutdown()).await;
                    linger(&mut socket).await;
                }
            }
        }
    }

    fn shed(&self, displaced: Displaced) {
        self.surroundings.observer.tell(displaced.event(Transport::Tls));
    }

    fn tell(&self, event: Event) {
        self.surroundings.observer.tell(event.with("source", self.remote));
    }
}

impl Failure {
    fn before_hello(error: io::Error, socket: Option<Socket>) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => Self::Silence,
            _ => Self::Tls { error, verdict: VerdictCell::default(), socket },
        }
    }
}

/// The event of a handshake that failed: why, whose certificate, and what to do.
pub(crate) fn told(error: &io::Error, verdict: &VerdictCell) -> Event {
    let failure = explain_failure(error, verdict);
    let mut event = Event::new(&kind::TLS_FAILED).with("reason", &failure.reason);
    if let Some(alert) = failure.alert {
        event = event.with("alert", alert);
    }
    let Some(facts) = failure.facts else { return event };
    if failure.alert == Some("unknown_ca") {
        event = event.remedy(
            "if it is one of your gateways, run `um gateway set NAME --trust FILE.pem` with this certificate or the CA \
             that issued it",
        );
    }
    event
        .with("subject", &facts.subject)
        .with("names", facts.names().join(", "))
        .with("issuer", &facts.issuer)
        .with("serial", &facts.serial)
        .with("sha256", &facts.sha256)
        .with("not_before", facts.not_before)
        .with("not_after", facts.not_after)
}
