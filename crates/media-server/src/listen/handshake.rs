use std::{
    io,
    net::SocketAddr,
    sync::{Arc, OnceLock},
};

use cert_manager::{
    CertificateFacts, HandshakeFailure, Identity, PeerPolicies, PeerSide, ServerTls, Verdict, VerdictCell,
    explain_failure,
};
use jiff::Timestamp;
use sip_signaling::{PeerName, Transport};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_rustls::{LazyConfigAcceptor, StartHandshake, rustls::server::Acceptor, server::TlsStream};

use super::{Displaced, Seat, TlsListening, alert::AmendingStream};
use crate::{
    flow::{
        OpenedBy,
        connection::{Connection, Surroundings, linger},
        limits::HANDSHAKE_DEADLINE,
    },
    observe::handshake_log::{Direction, FailedHandshake},
    trust::{Arrival, CertificateStanding, Missing, PeerStanding, Sighting},
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
    /// What the peer was shown, once that is chosen.
    pub shown: OnceLock<Arc<CertificateFacts>>,
}

/// A handshake that is complete.
struct Shaken {
    stream: TlsStream<Socket>,
    standing: CertificateStanding,
    /// Told where the certificate names nobody.
    unnamed: Option<HandshakeFailure>,
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
            Err(_) => self.tell(too_late(), self.gateways_at_its_address()),
        }
    }

    async fn shake_hands(&self, stream: TcpStream) -> Result<Shaken, Failure> {
        let mut hello = LazyConfigAcceptor::new(Acceptor::default(), AmendingStream::new(stream));
        let start = match (&mut hello).await {
            Ok(start) => start,
            Err(error) => return Err(Failure::before_hello(error, hello.take_io())),
        };
        let own = match self.presented(&start) {
            Ok(own) => own,
            Err(missing) => return Err(Failure::NoCertificate { missing, socket: start.io }),
        };
        // Once for each handshake.
        let _ = self.shown.set(Arc::clone(own.facts()));
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
            let now = Timestamp::now();
            self.surroundings.observer.note_certificate(verdict, now);
            let waived = self.tls.encounters.known(verdict, self.remote.ip(), now);
            waived.into_iter().for_each(|event| self.surroundings.observer.tell(event));
            let shown = (chain, PeerSide::Client);
            CertificateStanding::new(shown, verdict, Arc::clone(&self.tls.policies), policies)
        });
        match standing {
            Some(standing) => {
                let unnamed = verdict.get().and_then(HandshakeFailure::of_unnamed);
                Ok(Shaken { stream, standing, unnamed })
            }
            None => {
                // Fail closed: without a verdict nobody is known.
                let error = io::Error::other("the handshake is complete, but nobody judged the peer");
                Err(Failure::Tls { error, verdict, socket: None })
            }
        }
    }

    async fn carry(self, shaken: Shaken) {
        let Shaken { mut stream, standing, unnamed } = shaken;
        if let Some(failure) = unnamed {
            self.tell(failure, self.gateways_at_its_address());
        }
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
            Failure::Setup(error) => {
                let failure = HandshakeFailure::no_local_certificate(error.to_string());
                self.tell(failure, self.gateways_at_its_address());
            }
            Failure::NoCertificate { missing, mut socket } => {
                self.surroundings.observer.tell(missing.event("inbound"));
                let failure = HandshakeFailure::no_local_certificate(missing.reason);
                self.tell(failure, self.gateways_at_its_address());
                let _ = timeout(HANDSHAKE_DEADLINE, socket.write_all(HANDSHAKE_FAILURE)).await;
                let _ = timeout(HANDSHAKE_DEADLINE, socket.shutdown()).await;
                linger(&mut socket).await;
            }
            Failure::Tls { error, verdict, socket } => {
                let sighting = Sighting { source: self.remote.ip(), gateway: None, at: Timestamp::now() };
                self.tls.encounters.refused(&verdict, sighting);
                let mut failure = explain_failure(&error, &verdict);
                if socket.as_ref().is_some_and(AmendingStream::is_amended) {
                    failure.alert = Some("handshake_failure");
                }
                self.tell(failure, self.gateways(&verdict));
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

    /// Who the peer may be: by its certificate, else by its address.
    fn gateways(&self, verdict: &VerdictCell) -> Arc<[PeerName]> {
        match verdict.get() {
            Some(Verdict::Known { peers, .. }) => Arc::clone(peers),
            Some(Verdict::Unnamed { .. } | Verdict::Refused(_)) | None => self.gateways_at_its_address(),
        }
    }

    fn gateways_at_its_address(&self) -> Arc<[PeerName]> {
        self.surroundings.inbox.gateways_at(self.remote.ip())
    }

    fn tell(&self, failure: HandshakeFailure, gateways: Arc<[PeerName]>) {
        self.surroundings.observer.tell_handshake(&FailedHandshake {
            direction: Direction::Inbound,
            gateways,
            peer: self.remote,
            own: self.shown.get().cloned(),
            failure,
        });
    }
}

/// The peer fell silent in the middle.
fn too_late() -> HandshakeFailure {
    let words = format!("the peer did not finish it within {} s", HANDSHAKE_DEADLINE.as_secs());
    explain_failure(&io::Error::new(io::ErrorKind::TimedOut, words), &VerdictCell::default())
}

impl Failure {
    fn before_hello(error: io::Error, socket: Option<Socket>) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => Self::Silence,
            _ => Self::Tls { error, verdict: VerdictCell::default(), socket },
        }
    }
}
