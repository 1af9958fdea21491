//! One TLS handshake from its beginning to its end, whoever began it. What becomes of it is told here alone: row, count and
//! event of a failure, the certificate that was seen, the demands that were waived, the stranger that may be approved, and
//! what the peer's certificate is worth from then on.
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use arc_swap::ArcSwap;
use cert_manager::{
    CertificateDer, CertificateFacts, HandshakeFailure, PeerPolicies, PeerSide, Verdict, VerdictCell,
    explain_failure,
};
use jiff::Timestamp;
use sip_signaling::PeerName;

use super::{CertificateStanding, Encounters, Missing, Sighting};
use crate::observe::{
    Observer,
    handshake_log::{Direction, FailedHandshake},
};

/// A handshake that has begun. It ends once: by [`Self::done`] or by [`Self::failed`].
pub struct Attempt {
    /// Who began it.
    pub direction: Direction,
    /// The peer's address.
    pub peer: SocketAddr,
    /// Whom we expect there: the gateway that we connect to, or those that have the address.
    pub expected: Arc<[PeerName]>,
    /// What is remembered of handshakes.
    pub encounters: Arc<Encounters>,
    /// Where it is told.
    pub observer: Observer,
    /// What the peer was shown, once that is chosen.
    pub shown: OnceLock<Arc<CertificateFacts>>,
}

/// What TLS leaves behind where it is done with a handshake.
pub struct Shaken {
    /// What the peer showed, its own certificate first.
    pub chain: Vec<CertificateDer<'static>>,
    /// What was found of it.
    pub verdict: VerdictCell,
    /// The policies that it was judged by: once others stand in `policies`, it is judged anew at its next message.
    pub judged_by: Arc<PeerPolicies>,
    /// The policies of the moment.
    pub policies: Arc<ArcSwap<PeerPolicies>>,
}

/// How a handshake came to nothing.
#[derive(Debug)]
pub enum Broken {
    /// TLS or the connection failed, or one side refused the other.
    Tls {
        /// What the TLS library says.
        error: io::Error,
        /// What was found of the peer's certificate, if it showed one.
        verdict: VerdictCell,
        /// Our alert, if it is another than the library's.
        alert: Option<&'static str>,
    },
    /// We have no certificate for this peer.
    NothingToShow(Missing),
    /// TLS does not run, in words.
    NoTls(String),
    /// The time for it is over.
    TooLate(Duration),
    /// Another connection got its place; whoever gave it away has told the event.
    Displaced,
}

impl Attempt {
    /// The peer is shown this certificate.
    pub fn shows(&self, own: &Arc<CertificateFacts>) {
        // Chosen once for each handshake.
        let _ = self.shown.set(Arc::clone(own));
    }

    /// TLS is done: gives what the peer's certificate is worth on the connection.
    ///
    /// # Errors
    /// Nobody has judged the peer, or it was refused. Fail closed: without a verdict nobody is known, and the handshake has
    /// [`failed`](Self::failed).
    pub fn done(&self, shaken: Shaken, now: Timestamp) -> Result<CertificateStanding, Broken> {
        let Shaken { chain, verdict: cell, judged_by, policies } = shaken;
        let side = match self.direction {
            Direction::Inbound => PeerSide::Client,
            Direction::Outbound => PeerSide::Server,
        };
        let standing = cell
            .get()
            .and_then(|verdict| CertificateStanding::new((chain, side), verdict, policies, judged_by));
        let (Some(verdict), Some(standing)) = (cell.get(), standing) else {
            let error = io::Error::other("the handshake is complete, but nobody judged the peer");
            return Err(Broken::Tls { error, verdict: cell, alert: None });
        };
        self.observer.note_certificate(verdict, self.direction, now);
        let waived = self.encounters.known(verdict, self.peer.ip(), now);
        waived.into_iter().for_each(|event| self.observer.tell(event));
        if let Some(unnamed) = HandshakeFailure::of_unnamed(verdict) {
            self.observer.tell_handshake(&self.row_of(unnamed, None));
        }
        Ok(match self.shown.get() {
            Some(own) => standing.having_seen(own),
            None => standing,
        })
    }

    /// It came to nothing: tells so, and gives the words for whoever waits for the connection.
    pub fn failed(&self, broken: Broken) -> String {
        let told = self.row_of(broken.explained(), broken.verdict());
        match &broken {
            // The event is that of its connection, and it is told.
            Broken::Displaced => self.observer.keep_handshake(&told),
            Broken::Tls { verdict, .. } => {
                self.encounters.refused(verdict, self.sighting(Timestamp::now()));
                self.observer.tell_handshake(&told);
            }
            Broken::NothingToShow(missing) => {
                self.observer.tell(missing.event(self.direction.word()));
                self.observer.tell_handshake(&told);
            }
            Broken::NoTls(_) | Broken::TooLate(_) => self.observer.tell_handshake(&told),
        }
        format!("TLS with {} failed: {}", self.peer, told.failure.reason)
    }

    /// The peer has refused us after our side of the handshake was done.
    pub fn refused_late(&self, failure: HandshakeFailure) {
        self.observer.tell_handshake(&self.row_of(failure, None));
    }

    fn sighting(&self, at: Timestamp) -> Sighting<'_> {
        let gateway = match self.direction {
            Direction::Inbound => None,
            Direction::Outbound => self.expected.first().map(|name| &**name),
        };
        Sighting { source: self.peer.ip(), gateway, at }
    }

    /// The peer is whom its certificate proves, else whom we expect there.
    fn row_of(&self, failure: HandshakeFailure, verdict: Option<&Verdict>) -> FailedHandshake {
        let gateways = match (self.direction, verdict) {
            (Direction::Inbound, Some(Verdict::Known { peers, .. })) => Arc::clone(peers),
            (Direction::Inbound | Direction::Outbound, _) => Arc::clone(&self.expected),
        };
        let (direction, peer, own) = (self.direction, self.peer, self.shown.get().cloned());
        FailedHandshake { direction, gateways, peer, own, failure }
    }
}

impl Broken {
    fn verdict(&self) -> Option<&Verdict> {
        match self {
            Self::Tls { verdict, .. } => verdict.get(),
            Self::NothingToShow(_) | Self::NoTls(_) | Self::TooLate(_) | Self::Displaced => None,
        }
    }

    fn explained(&self) -> HandshakeFailure {
        match self {
            Self::Tls { error, verdict, alert } => {
                let failure = explain_failure(error, verdict);
                HandshakeFailure { alert: alert.or(failure.alert), ..failure }
            }
            Self::NothingToShow(Missing { reason, .. }) | Self::NoTls(reason) => {
                HandshakeFailure::no_local_certificate(reason)
            }
            Self::TooLate(time) => {
                HandshakeFailure::given_up(format!("the peer did not finish it within {} s", time.as_secs()))
            }
            Self::Displaced => {
                HandshakeFailure::given_up("another connection got its place before it was finished")
            }
        }
    }
}
