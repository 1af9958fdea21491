//! The test line: for a short time one source that an administrator names counts as a gateway, so that a test call goes
//! the way of a real one through every rule (security-modes 0).
//!
//! It is no hole: one line at a time, two minutes at most, by an order over the management socket alone. Over TCP and UDP
//! it is one address with its port, over TLS one certificate that comes from one address with its port. It adds to what
//! the Site says and changes nothing of it, and it is kept in memory only.
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use sip_signaling::PeerName;
use srtp_media::MediaTotals;
use telephony::SrtpSuite;

use crate::{call::CallEnd, refusal::Refusal, vocabulary::PeerIdentity};

/// The most time that a test line is leased for; a call that is still up then is ended.
pub const LONGEST_TEST: Duration = Duration::from_secs(120);

/// What stands for the gateway of a test line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TestSource {
    /// This address and port over UDP or TCP.
    Address(SocketAddr),
    /// This certificate (SHA-256 in hex), from this address and port over TLS.
    Certificate {
        /// Which certificate.
        sha256: String,
        /// From where.
        remote: SocketAddr,
    },
}

/// A leased test line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TestLine {
    /// Never used twice in the life of a process.
    pub id: u64,
    /// Whom calls from the source count as.
    pub gateway: PeerName,
    /// The one source.
    pub source: TestSource,
    /// When it ends, whoever still holds it.
    pub until: Instant,
}

/// The test line belongs to somebody else.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("another test call of gateway {gateway} is under way: try again in {} s", left.as_secs() + 1)]
pub struct LineTaken {
    /// Its gateway.
    pub gateway: PeerName,
    /// When it is free at the latest.
    pub left: Duration,
}

/// The test line of a server, leased to nobody or to one.
#[derive(Debug, Default)]
pub struct TestLines {
    last: u64,
    leased: Option<Arc<TestLine>>,
}

/// What the server has seen of a call over the test line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestCallSeen {
    /// The line that it came over.
    pub line: u64,
    /// Its Call-ID.
    pub call_id: String,
    /// Why it was refused, if it was.
    pub refusal: Option<Refusal>,
    /// What protected its media.
    pub suite: Option<SrtpSuite>,
    /// Keys that were understood.
    pub digits: u32,
    /// What the media session has counted; `None` if there was none.
    pub totals: Option<MediaTotals>,
    /// How it ended; `None` if it was refused by a rule before it began.
    pub end: Option<CallEnd>,
}

impl TestLine {
    /// Whether `peer` at `remote` is the line's source, and the line still stands.
    pub fn carries(&self, peer: &PeerIdentity, remote: SocketAddr, now: Instant) -> bool {
        self.is_at(remote, now) && self.is_proved_by(peer)
    }

    /// Whether its source is at `remote`, and the line still stands.
    pub fn is_at(&self, remote: SocketAddr, now: Instant) -> bool {
        now < self.until && is_same(self.remote(), remote)
    }

    fn is_proved_by(&self, peer: &PeerIdentity) -> bool {
        match (&self.source, peer) {
            (TestSource::Address(_), PeerIdentity::Address) => true,
            (TestSource::Certificate { sha256, .. }, PeerIdentity::Certificate(certified)) => {
                certified.sha256.eq_ignore_ascii_case(sha256)
            }
            (TestSource::Address(_), PeerIdentity::Certificate(_))
            | (TestSource::Certificate { .. }, PeerIdentity::Address) => false,
        }
    }

    /// The line's address and port.
    pub fn remote(&self) -> SocketAddr {
        match self.source {
            TestSource::Address(remote) | TestSource::Certificate { remote, .. } => remote,
        }
    }
}

impl TestLines {
    /// Leases the line, for [`LONGEST_TEST`] at most.
    ///
    /// # Errors
    /// [`LineTaken`] as long as another lease stands.
    pub fn lease(
        &mut self,
        gateway: PeerName,
        source: TestSource,
        now: Instant,
    ) -> Result<Arc<TestLine>, LineTaken> {
        if let Some(standing) = self.leased.as_ref().filter(|line| now < line.until) {
            let left = standing.until.duration_since(now);
            return Err(LineTaken { gateway: Arc::clone(&standing.gateway), left });
        }
        self.last += 1;
        let line = Arc::new(TestLine { id: self.last, gateway, source, until: now + LONGEST_TEST });
        self.leased = Some(Arc::clone(&line));
        Ok(line)
    }

    /// Ends this lease; `false` if it has ended already.
    pub fn release(&mut self, id: u64) -> bool {
        self.leased.take_if(|line| line.id == id).is_some()
    }
}

/// IPv4 addresses stand in IPv6 sockets as mapped ones.
fn is_same(a: SocketAddr, b: SocketAddr) -> bool {
    a.ip().to_canonical() == b.ip().to_canonical() && a.port() == b.port()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::CertifiedPeer;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn certified(sha256: &str) -> PeerIdentity {
        PeerIdentity::Certificate(Arc::new(CertifiedPeer {
            peers: Arc::from([]),
            subject: String::new(),
            names: Vec::new(),
            issuer: String::new(),
            serial: String::new(),
            sha256: sha256.to_owned(),
            not_after: Timestamp::MAX,
            trusted_for: Vec::new(),
            was_known: true,
        }))
    }

    #[test]
    fn line_is_leased_to_one_at_a_time_and_for_two_minutes_at_most() {
        let mut lines = TestLines::default();
        let start = Instant::now();
        let source = || TestSource::Address(address("127.0.0.1:40000"));
        let first = lines.lease("gw1".into(), source(), start).unwrap();
        let after = |seconds| start + Duration::from_secs(seconds);

        let taken = lines.lease("gw2".into(), source(), after(119)).unwrap_err();
        assert_eq!(taken.to_string(), "another test call of gateway gw1 is under way: try again in 2 s");
        assert!(first.carries(&PeerIdentity::Address, address("127.0.0.1:40000"), after(119)));
        assert!(!first.carries(&PeerIdentity::Address, address("127.0.0.1:40000"), after(120)));

        let second = lines.lease("gw2".into(), source(), after(120)).unwrap();
        assert_eq!((first.id, second.id), (1, 2));
        assert!(!lines.release(1));
        assert!(lines.release(2) && !lines.release(2));
        assert_eq!(lines.lease("gw1".into(), source(), after(121)).unwrap().id, 3);
    }

    #[test]
    fn line_carries_one_source_and_no_other() {
        let now = Instant::now();
        let until = now + LONGEST_TEST;
        let of = |source| TestLine { id: 1, gateway: "gw1".into(), source, until };
        let clear = of(TestSource::Address(address("127.0.0.1:40000")));
        let remote = address("127.0.0.1:40000");
        let over_tls = of(TestSource::Certificate { sha256: "ab".to_owned(), remote });
        let rows = [
            (PeerIdentity::Address, "127.0.0.1:40000", true, false),
            (PeerIdentity::Address, "[::ffff:127.0.0.1]:40000", true, false),
            (PeerIdentity::Address, "127.0.0.1:40001", false, false),
            (PeerIdentity::Address, "127.0.0.2:40000", false, false),
            (certified("AB"), "127.0.0.1:40000", false, true),
            (certified("cd"), "127.0.0.1:40000", false, false),
            (certified("ab"), "127.0.0.1:40001", false, false),
        ];
        for (peer, remote, by_address, by_certificate) in rows {
            assert_eq!(clear.carries(&peer, address(remote), now), by_address, "{peer:?} {remote}");
            assert_eq!(over_tls.carries(&peer, address(remote), now), by_certificate, "{peer:?} {remote}");
        }
    }
}
