//! A device's connection: handshake, one request, end.
use std::{io, net::SocketAddr, sync::Arc};

use cert_manager::{ServerTls, explain_device_failure};
use jiff::Timestamp;
use telephony::{Event, kind};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_rustls::{LazyConfigAcceptor, StartHandshake, rustls::server::Acceptor, server::TlsStream};

use super::{Provisioner, answering::Client};
use crate::{
    flow::connection::linger,
    http::{HANDSHAKE_DEADLINE, answer_one},
    trust::Arrival,
};

/// A fatal alert in the clear, `handshake_failure` (RFC 5246 7.2.2, RFC 8446 6.2).
const HANDSHAKE_FAILURE: &[u8] = &[21, 3, 3, 0, 2, 2, 40];

/// A connection that was accepted.
pub struct Connection {
    /// What is answered.
    pub(super) provisioner: Arc<Provisioner>,
    /// The device's address.
    pub remote: SocketAddr,
}

/// A handshake that came to nothing.
enum Failure {
    /// Nothing was said: somebody looked whether the port is open.
    Silence,
    /// We have no certificate to show; that is told.
    NoCertificate(TcpStream),
    /// TLS failed; our alert may still be on its way through the socket.
    Tls(io::Error, Option<TcpStream>),
}

impl Connection {
    /// Shakes hands, answers one request, closes.
    pub async fn run(self, stream: TcpStream) {
        match timeout(HANDSHAKE_DEADLINE, self.shake_hands(stream)).await {
            Ok(Ok(stream)) => self.serve(stream).await,
            Ok(Err(failure)) => self.fail(failure).await,
            Err(_) => {
                let words = format!("the peer did not finish it within {} s", HANDSHAKE_DEADLINE.as_secs());
                self.tell_failed(&io::Error::new(io::ErrorKind::TimedOut, words));
            }
        }
    }

    async fn shake_hands(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, Failure> {
        let mut hello = LazyConfigAcceptor::new(Acceptor::default(), stream);
        let start = match (&mut hello).await {
            Ok(start) => start,
            Err(error) => {
                let silent =
                    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset);
                return Err(if silent { Failure::Silence } else { Failure::Tls(error, hello.take_io()) });
            }
        };
        self.proceed(start).await
    }

    async fn proceed(&self, start: StartHandshake<TcpStream>) -> Result<TlsStream<TcpStream>, Failure> {
        let owner = Some(&*self.provisioner.owner);
        let own = match self
            .provisioner
            .parts
            .presenting
            .inbound(&Arrival { listener_owner: owner, ..Arrival::default() })
        {
            Ok(own) => own,
            Err(missing) => {
                self.provisioner
                    .parts
                    .observer
                    .tell(missing.event("inbound").with("listener", "provisioning"));
                return Err(Failure::NoCertificate(start.io));
            }
        };
        let config = ServerTls::new(own).device_config(Timestamp::now());
        let config = config.map_err(|error| Failure::Tls(io::Error::other(error), None))?;
        start.into_stream(config).into_fallible().await.map_err(|(error, io)| Failure::Tls(error, Some(io)))
    }

    async fn serve(&self, stream: TlsStream<TcpStream>) {
        let chain = stream.get_ref().1.peer_certificates().map(<[_]>::to_vec).unwrap_or_default();
        let client = Client { remote: self.remote, chain };
        if let Err(reason) = answer_one(stream, |request| self.provisioner.answer(&client, request)).await {
            self.tell_bad_request(&reason);
        }
    }

    async fn fail(&self, failure: Failure) {
        let socket = match failure {
            Failure::Silence => return,
            Failure::NoCertificate(mut socket) => {
                // Whether the peer hears of it or not, the connection ends.
                let _ = timeout(HANDSHAKE_DEADLINE, socket.write_all(HANDSHAKE_FAILURE)).await;
                Some(socket)
            }
            Failure::Tls(error, socket) => {
                self.tell_failed(&error);
                socket
            }
        };
        if let Some(mut socket) = socket {
            let _ = timeout(HANDSHAKE_DEADLINE, socket.shutdown()).await;
            linger(&mut socket).await;
        }
    }

    fn tell_failed(&self, error: &io::Error) {
        let failure = explain_device_failure(error);
        self.provisioner.parts.observer.tell(
            Event::new(&kind::PROVISIONING_TLS_FAILED)
                .with("source", self.remote.ip())
                .with("class", failure.class.word())
                .with("reason", failure.reason),
        );
    }

    fn tell_bad_request(&self, reason: &str) {
        self.provisioner.parts.observer.tell(
            Event::new(&kind::PROFILE_REFUSED)
                .with("outcome", "bad-request")
                .with("source", self.remote.ip())
                .with("reason", reason),
        );
    }
}
