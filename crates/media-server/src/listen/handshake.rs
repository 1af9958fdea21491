use std::{io, net::SocketAddr, sync::Arc};

use cert_manager::{Identity, ServerTls, VerdictCell};
use jiff::Timestamp;
use sip_signaling::Transport;
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_rustls::{LazyConfigAcceptor, StartHandshake, rustls::server::Acceptor, server::TlsStream};

use super::{Displaced, Seat, TlsListening, alert::AmendingStream};
use crate::{
    flow::{
        OpenedBy,
        connection::{Connection, Switchboard, linger},
        limits::HANDSHAKE_DEADLINE,
        tls_agreed,
    },
    trust::{Arrival, Attempt, Broken, CertificateStanding, Missing, PeerStanding, Shaken},
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
    /// Where all connections come together.
    pub switchboard: Switchboard,
    /// What becomes of it.
    pub attempt: Attempt,
}

/// A handshake that came to nothing.
enum Failure {
    /// Nothing was said: somebody looked whether the port is open.
    Silence,
    /// Our alert may still be on its way through the socket.
    Broken { how: Broken, socket: Option<Socket> },
}

type Secured = (TlsStream<Socket>, CertificateStanding);

impl Handshake {
    /// Shakes hands, then carries messages until the connection ends.
    pub async fn run(self, stream: TcpStream) {
        let outcome = tokio::select! {
            biased;
            () = self.seat.displaced() => Err(Failure::of(Broken::Displaced)),
            outcome = timeout(HANDSHAKE_DEADLINE, self.shake_hands(stream)) => {
                outcome.unwrap_or_else(|_| Err(Failure::of(Broken::TooLate(HANDSHAKE_DEADLINE))))
            }
        };
        match outcome {
            Ok((stream, standing)) => self.carry(stream, standing).await,
            Err(Failure::Silence) => {}
            Err(Failure::Broken { how, socket }) => self.fail(how, socket).await,
        }
    }

    async fn shake_hands(&self, stream: TcpStream) -> Result<Secured, Failure> {
        let mut hello = LazyConfigAcceptor::new(Acceptor::default(), AmendingStream::new(stream));
        let start = match (&mut hello).await {
            Ok(start) => start,
            Err(error) => return Err(Failure::before_hello(error, hello.take_io())),
        };
        let own = match self.presented(&start) {
            Ok(own) => own,
            Err(missing) => {
                return Err(Failure::Broken { how: Broken::NothingToShow(missing), socket: Some(start.io) });
            }
        };
        self.attempt.shows(own.facts());
        // The trust of this moment; a verdict by an older one does not outlive the first message.
        let judged_by = self.tls.policies.load_full();
        let (config, verdict) = ServerTls::new(own)
            .accept_config(Arc::clone(&judged_by), Timestamp::now())
            .map_err(|error| Failure::of(Broken::NoTls(error.to_string())))?;
        match start.into_stream(config).into_fallible().await {
            Ok(stream) => {
                let chain = stream.get_ref().1.peer_certificates().map(<[_]>::to_vec).unwrap_or_default();
                let policies = Arc::clone(&self.tls.policies);
                let shaken = Shaken { chain, verdict, judged_by, policies };
                let standing = self.attempt.done(shaken, Timestamp::now());
                standing.map(|standing| (stream, standing)).map_err(Failure::of)
            }
            Err((error, socket)) => Err(Failure::in_tls(error, verdict, Some(socket))),
        }
    }

    /// The certificate of this moment for this peer.
    fn presented(&self, start: &StartHandshake<Socket>) -> Result<Arc<Identity>, Missing> {
        let hello = start.client_hello();
        let arrival = Arrival {
            listener_owner: self.tls.owner.as_deref(),
            sni: hello.server_name(),
            gateways: &self.attempt.expected,
        };
        self.tls.presenting.inbound(&arrival)
    }

    async fn carry(self, mut stream: TlsStream<Socket>, standing: CertificateStanding) {
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
        let Self { local, remote, seat, switchboard, .. } = self;
        let peer = PeerStanding::Certificate(Box::new(standing));
        let tls = tls_agreed(stream.get_ref().1);
        let id = switchboard.flows.new_id();
        let (transport, opened_by) = (Transport::Tls, OpenedBy::Peer);
        let connection = Connection { id, transport, local, remote, opened_by, peer, tls, seat, switchboard };
        connection.run(stream).await;
    }

    async fn fail(&self, how: Broken, socket: Option<Socket>) {
        let is_unanswered = matches!(how, Broken::NothingToShow(_));
        self.attempt.failed(how);
        if let Some(mut socket) = socket {
            if is_unanswered {
                let _ = timeout(HANDSHAKE_DEADLINE, socket.write_all(HANDSHAKE_FAILURE)).await;
            }
            // Closed at once with bytes of the peer unread, TCP would destroy our alert on its way.
            let _ = timeout(HANDSHAKE_DEADLINE, socket.shutdown()).await;
            linger(&mut socket).await;
        }
    }

    fn shed(&self, displaced: Displaced) {
        self.switchboard.observer.tell(displaced.event(Transport::Tls));
    }
}

impl Failure {
    fn of(how: Broken) -> Self {
        Self::Broken { how, socket: None }
    }

    fn in_tls(error: io::Error, verdict: VerdictCell, socket: Option<Socket>) -> Self {
        let is_amended = socket.as_ref().is_some_and(AmendingStream::is_amended);
        let alert = is_amended.then_some("handshake_failure");
        Self::Broken { how: Broken::Tls { error, verdict, alert }, socket }
    }

    fn before_hello(error: io::Error, socket: Option<Socket>) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => Self::Silence,
            _ => Self::in_tls(error, VerdictCell::default(), socket),
        }
    }
}
