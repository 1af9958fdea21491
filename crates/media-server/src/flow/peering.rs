use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use call_control::{AddressBook, PeerIdentity, TlsAgreed};
use cert_manager::{CertificateFacts, Verdict};
use jiff::Timestamp;
use sip_signaling::Transport;

use crate::trust::PeerStanding;

/// Who made a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OpenedBy {
    /// We did: it proves our side of the handshake.
    Us,
    /// The peer did.
    Peer,
}

/// The other end of a connection, for everybody who asks who it is.
pub struct Peering {
    /// TCP or TLS.
    pub transport: Transport,
    /// Its address.
    pub remote: SocketAddr,
    /// Who made it.
    pub opened_by: OpenedBy,
    /// Whether its certificate was a gateway's when the connection was made.
    pub was_known: bool,
    /// What it was shown by us; nothing without TLS.
    pub presented: Option<Arc<CertificateFacts>>,
    /// What the handshake agreed on; nothing without TLS.
    pub tls: Option<TlsAgreed>,
    standing: Mutex<PeerStanding>,
}

impl Peering {
    /// Of a connection that has just been made.
    pub fn new(
        transport: Transport,
        remote: SocketAddr,
        opened_by: OpenedBy,
        standing: PeerStanding,
        tls: Option<TlsAgreed>,
    ) -> Self {
        let was_known = standing.is_known();
        let presented = standing.presented().cloned();
        Self { transport, remote, opened_by, was_known, presented, tls, standing: Mutex::new(standing) }
    }

    /// Who it is by the trust of this moment.
    pub fn identity(&self) -> PeerIdentity {
        // A judgement that panicked has changed nothing.
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).identity(Timestamp::now())
    }

    /// What its certificate is worth by the trust of `now`; nothing on clear transport.
    pub fn verdict(&self, now: Timestamp) -> Option<Verdict> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).verdict(now).cloned()
    }

    /// Whether it is this gateway: by its certificate, or without TLS by its address.
    pub fn is(&self, gateway: &str, book: &AddressBook) -> bool {
        let is_meant = |peers: &[sip_signaling::PeerName]| peers.iter().any(|peer| &**peer == gateway);
        match self.identity() {
            PeerIdentity::Certificate(certified) => is_meant(&certified.peers),
            PeerIdentity::Address => is_meant(&book.gateways_at(self.remote.ip())),
        }
    }
}
