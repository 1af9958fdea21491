use std::{
    io,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use rustix::io::Errno;
use sip_signaling::Transport;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};

use super::{
    ConnectionRegister, Displaced, Seat, Stage, TlsListening, canonical, handshake::Handshake, local_towards,
};
use crate::{
    flow::{
        OpenedBy,
        connection::{Connection, Switchboard},
        limits::Limit,
    },
    observe::handshake_log::Direction,
    trust::{Attempt, PeerStanding},
};

/// After a failure of the system the next connection is accepted this much later.
const PAUSE: Duration = Duration::from_millis(50);
/// A displaced connection gives its file back within this time.
const ROOM_MADE: Duration = Duration::from_millis(2);
/// A silent connection is probed after this time: a peer that vanished without a word frees its place.
const PROBE_AFTER: Duration = Duration::from_secs(60);
/// Probes come this much apart.
const PROBE_EVERY: Duration = Duration::from_secs(15);
/// Probes without an answer before the connection is given up.
const PROBES: u32 = 4;

/// Accepts connections on one socket. Whatever a peer does, it does in a task of its own.
pub struct Acceptor {
    /// The socket.
    pub listener: TcpListener,
    /// Where it listens.
    pub bound: SocketAddr,
    /// TLS, or clear.
    pub tls: Option<TlsListening>,
    /// Who is connected.
    pub register: Arc<ConnectionRegister>,
    /// The world around connections.
    pub switchboard: Switchboard,
}

impl Acceptor {
    /// Accepts until it is dropped.
    pub async fn run(self) {
        loop {
            match self.listener.accept().await {
                Ok((stream, remote)) => self.take(stream, canonical(remote)),
                Err(error) => self.survive(&error).await,
            }
        }
    }

    fn take(&self, stream: TcpStream, remote: SocketAddr) {
        let stage = if self.tls.is_some() { Stage::Handshaking } else { Stage::Unproven };
        let admission = match self.register.admit(remote, stage) {
            Ok(admission) => admission,
            Err(limit) => return self.tell(Displaced { remote, limit }),
        };
        admission.displaced.into_iter().for_each(|displaced| self.tell(displaced));
        prepare(&stream);
        let local = stream.local_addr().map_or_else(|_| local_towards(self.bound, remote.ip()), canonical);
        match &self.tls {
            None => {
                let connection =
                    self.connection(Transport::Tcp, local, remote, PeerStanding::Address, admission.seat);
                tokio::spawn(connection.run(stream));
            }
            Some(tls) => {
                let handshake = Handshake {
                    tls: tls.clone(),
                    local,
                    remote,
                    seat: admission.seat,
                    switchboard: self.switchboard.clone(),
                    attempt: self.attempt(tls, remote),
                };
                tokio::spawn(handshake.run(stream));
            }
        }
    }

    fn attempt(&self, tls: &TlsListening, peer: SocketAddr) -> Attempt {
        Attempt {
            direction: Direction::Inbound,
            peer,
            expected: self.switchboard.inbox.gateways_expected_from(peer),
            encounters: Arc::clone(&tls.encounters),
            observer: self.switchboard.observer.clone(),
            shown: OnceLock::new(),
        }
    }

    fn connection(
        &self,
        transport: Transport,
        local: SocketAddr,
        remote: SocketAddr,
        peer: PeerStanding,
        seat: Seat,
    ) -> Connection {
        let id = self.switchboard.flows.new_id();
        let (opened_by, switchboard) = (OpenedBy::Peer, self.switchboard.clone());
        Connection { id, transport, local, remote, opened_by, peer, tls: None, seat, switchboard }
    }

    /// Nothing that `accept` can say ends the listener.
    async fn survive(&self, error: &io::Error) {
        let pause = match Errno::from_io_error(error) {
            // The peer of the connection has gone before we looked.
            Some(Errno::CONNABORTED | Errno::CONNRESET | Errno::INTR) => return,
            Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM) => {
                let displaced = self.register.make_room();
                let remote = displaced.map_or(self.bound, |displaced| displaced.remote);
                self.tell(Displaced { remote, limit: Limit::OpenFiles });
                if displaced.is_some() { ROOM_MADE } else { PAUSE }
            }
            Some(_) | None => {
                tracing::warn!(%error, listener = %self.bound, "accept failed");
                PAUSE
            }
        };
        tokio::time::sleep(pause).await;
    }

    fn tell(&self, displaced: Displaced) {
        let transport = if self.tls.is_some() { Transport::Tls } else { Transport::Tcp };
        self.switchboard.observer.tell(displaced.event(transport));
    }
}

/// A system that refuses these still carries the connection.
pub(crate) fn prepare(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let probes = TcpKeepalive::new().with_time(PROBE_AFTER).with_interval(PROBE_EVERY).with_retries(PROBES);
    let _ = SockRef::from(stream).set_tcp_keepalive(&probes);
}
