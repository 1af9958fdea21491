//! TLS handshakes that came to nothing: the newest in memory, for `um tls failures`.
use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use admin_api::{SeenCertificate, TlsFailureRow};
use cert_manager::{CertificateFacts, ClosedBy, FailureReason, HandshakeFailure};
use jiff::Timestamp;
use sip_signaling::PeerName;
use telephony::{Event, kind};

/// Rows that are kept. One more, and the oldest of the party goes that has the most: a flood of strangers takes no
/// gateway's rows away.
pub const MAX_ROWS: usize = 1_000;
/// Characters of a peer's text that are kept; as many as in an event.
const MAX_TEXT: usize = 256;

/// Who began a handshake.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Direction {
    /// The peer.
    Inbound,
    /// This server.
    Outbound,
}

impl Direction {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Inbound, Self::Outbound];

    /// The word in events, tables and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// A handshake that failed, or that completed with a certificate that names nobody.
#[derive(Clone, Debug)]
pub struct FailedHandshake {
    /// Who began it.
    pub direction: Direction,
    /// The gateways that the peer may be; empty for a stranger.
    pub gateways: Arc<[PeerName]>,
    /// The peer's address.
    pub peer: SocketAddr,
    /// What this server showed or would have shown, if that was chosen.
    pub own: Option<Arc<CertificateFacts>>,
    /// What came of it.
    pub failure: HandshakeFailure,
}

/// A handshake that came to nothing, as it is kept.
#[derive(Clone, Debug)]
pub struct KeptHandshake {
    /// Who began it.
    pub direction: Direction,
    /// Its class.
    pub class: FailureReason,
    /// Who ended it.
    pub closed_by: ClosedBy,
    /// What is shown of it.
    pub row: TlsFailureRow,
}

/// The newest failed handshakes, at most [`MAX_ROWS`].
#[derive(Debug, Default)]
pub struct HandshakeLog {
    rows: Mutex<Rows>,
}

#[derive(Debug, Default)]
struct Rows {
    count: usize,
    /// By the first gateway that the peer may be; strangers together.
    by_party: BTreeMap<Option<String>, VecDeque<KeptHandshake>>,
}

impl FailedHandshake {
    /// The row that tells of it.
    pub fn row(&self, at: Timestamp) -> TlsFailureRow {
        let failure = &self.failure;
        TlsFailureRow {
            at,
            direction: self.direction.word().to_owned(),
            gateways: self.gateways.iter().map(ToString::to_string).collect(),
            peer: self.peer.to_string(),
            class: failure.class.word().to_owned(),
            reason: short(&failure.reason),
            remedy: self.remedy(at),
            closed_by: failure.closed_by.word().to_owned(),
            alert: failure.alert.map(str::to_owned),
            certificate: failure.facts.as_deref().map(seen),
            own: self.own.as_deref().map(seen),
        }
    }

    /// Whether the handshake completed all the same, so that the peer is refused at its first request.
    pub fn is_completed(&self) -> bool {
        self.failure.class == FailureReason::WrongName && self.failure.alert.is_none()
    }

    /// The event that tells of it.
    pub fn event(&self, at: Timestamp) -> Event {
        let failure = &self.failure;
        let source = match self.direction {
            Direction::Inbound => "source",
            Direction::Outbound => "address",
        };
        let kind = if self.is_completed() { &kind::PEER_UNNAMED } else { &kind::TLS_FAILED };
        let mut event = Event::new(kind)
            .with("class", failure.class)
            .with("reason", &failure.reason)
            .with("direction", self.direction.word())
            .with(source, self.peer)
            .with("closed_by", failure.closed_by);
        if !self.gateways.is_empty() {
            event = event.with("gateway", self.gateways.join(", "));
        }
        if let Some(alert) = failure.alert {
            event = event.with("alert", alert);
        }
        if let Some(facts) = &failure.facts {
            event = event
                .with("subject", &facts.subject)
                .with("names", facts.names().join(", "))
                .with("issuer", &facts.issuer)
                .with("serial", &facts.serial)
                .with("sha256", &facts.sha256)
                .with("not_before", facts.not_before)
                .with("not_after", facts.not_after);
        }
        if let Some(own) = &self.own {
            event = event
                .with("own_subject", &own.subject)
                .with("own_sha256", &own.sha256)
                .with("own_not_after", own.not_after);
        }
        event.remedy(self.remedy(at))
    }

    /// What to do, by the class and by the side that refused the other.
    fn remedy(&self, at: Timestamp) -> String {
        if let Some(sha1) = self.pending_thumbprint(at) {
            return self.naming(&format!(
                "if it is one of your gateways, compare the thumbprint with the one that it shows, then run `um gateway \
                 approve NAME {sha1}`"
            ));
        }
        self.naming(self.remedy_of_class())
    }

    /// Where the peer is now in `um gateway pending`: it showed a self-signed certificate that nobody knows.
    fn pending_thumbprint(&self, at: Timestamp) -> Option<&str> {
        let HandshakeFailure { class, closed_by, alert, facts, .. } = &self.failure;
        let facts = facts.as_deref().filter(|facts| facts.self_signed && facts.is_current(at))?;
        let is_unknown = *class == FailureReason::Untrusted && *closed_by == ClosedBy::Us;
        (is_unknown && *alert == Some("unknown_ca")).then_some(&facts.sha1)
    }

    fn naming(&self, words: &str) -> String {
        let gateway = match &*self.gateways {
            [only] => only,
            [] | [_, _, ..] => "NAME",
        };
        words.replace("NAME", gateway)
    }

    fn remedy_of_class(&self) -> &'static str {
        match (self.failure.class, self.failure.closed_by) {
            (FailureReason::Expired, ClosedBy::Us) => {
                "renew the certificate at the peer; if it is self-signed, `um gateway set NAME --trust FILE.pem` with the \
                 new one"
            }
            (FailureReason::NotYetValid, _) => "compare the clocks of both sides: `date -u` here",
            (FailureReason::WrongName, ClosedBy::Us) => {
                "make the gateway's address one of the names in its certificate with `um gateway set NAME --address \
                 FQDN`, or have the certificate reissued with the gateway's FQDN"
            }
            (FailureReason::WrongUsage, ClosedBy::Us) => {
                "have the peer's certificate issued for clientAuth and serverAuth"
            }
            (FailureReason::Revoked, ClosedBy::Us) => {
                "have a new certificate issued for the peer, and find out why this one was revoked"
            }
            (FailureReason::Untrusted, ClosedBy::Us) => {
                "if it is one of your gateways, run `um gateway set NAME --trust FILE.pem` with this certificate or the \
                 CA that issued it"
            }
            (FailureReason::NoCertificate, _) => {
                "give the peer a certificate and let it authenticate as a TLS client (mutual TLS)"
            }
            (FailureReason::NoLocalCertificate, _) => {
                "`um cert list` shows what this server has and why it does not fit"
            }
            (FailureReason::Expired | FailureReason::WrongUsage | FailureReason::Revoked, ClosedBy::Peer) => {
                "look at this server's certificate with `um cert show`, and at the peer's clock"
            }
            (FailureReason::WrongName, ClosedBy::Peer) => {
                "let the peer call this server by a name that `um cert show` lists"
            }
            (FailureReason::Untrusted, ClosedBy::Peer) => {
                "give the peer this server's certificate: `um cert export --to FILE.pem`"
            }
            (FailureReason::PeerDisconnected, ClosedBy::Us) => {
                "find what keeps the peer from finishing its handshake in time, such as a firewall that drops packets, or who \
                 floods this server: `um events` names the sources"
            }
            (FailureReason::PeerDisconnected, ClosedBy::Peer) => {
                "look at the peer's own log: it ended the connection without a word, as some do that do not trust this \
                 server; `um cert export --to FILE.pem` writes what it has to trust"
            }
            (FailureReason::NegotiationFailed, _) => {
                "let the peer speak TLS 1.2 with ECDHE and AES-GCM, or TLS 1.3, and to the TLS port of `um status`"
            }
        }
    }
}

impl HandshakeLog {
    /// Keeps what came of a handshake at this moment.
    pub fn keep(&self, failed: &FailedHandshake, at: Timestamp) {
        let row = failed.row(at);
        let party = row.gateways.first().cloned();
        let HandshakeFailure { class, closed_by, .. } = failed.failure;
        let kept = KeptHandshake { direction: failed.direction, class, closed_by, row };
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.by_party.entry(party).or_default().push_back(kept);
        rows.count += 1;
        if rows.count > MAX_ROWS {
            rows.forget_one();
        }
    }

    /// Those of one gateway or of all, the oldest first.
    pub fn kept(&self, gateway: Option<&str>) -> Vec<KeptHandshake> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let is_meant = |kept: &&KeptHandshake| {
            gateway.is_none_or(|gateway| kept.row.gateways.iter().any(|name| name == gateway))
        };
        let mut found: Vec<KeptHandshake> =
            rows.by_party.values().flatten().filter(is_meant).cloned().collect();
        found.sort_by_key(|kept| kept.row.at);
        found
    }

    /// What is shown of them.
    pub fn rows(&self, gateway: Option<&str>) -> Vec<TlsFailureRow> {
        self.kept(gateway).into_iter().map(|kept| kept.row).collect()
    }
}

impl Rows {
    fn forget_one(&mut self) {
        let most = self.by_party.iter().max_by_key(|(_, rows)| rows.len());
        let Some(party) = most.map(|(party, _)| party.clone()) else { return };
        if let Some(rows) = self.by_party.get_mut(&party) {
            rows.pop_front();
            self.count -= 1;
        }
        self.by_party.retain(|_, rows| !rows.is_empty());
    }
}

fn seen(facts: &CertificateFacts) -> SeenCertificate {
    SeenCertificate {
        subject: short(&facts.subject),
        names: short(&facts.names().join(", ")),
        issuer: short(&facts.issuer),
        serial: short(&facts.serial),
        not_before: facts.not_before,
        not_after: facts.not_after,
        sha256: facts.sha256.clone(),
    }
}

fn short(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(gateways: &[&str], port: u16) -> FailedHandshake {
        FailedHandshake {
            direction: Direction::Inbound,
            gateways: gateways.iter().map(|name| PeerName::from(*name)).collect(),
            peer: SocketAddr::from(([192, 0, 2, 1], port)),
            own: None,
            failure: HandshakeFailure {
                class: FailureReason::Untrusted,
                reason: "nobody knows it".to_owned(),
                closed_by: ClosedBy::Us,
                alert: Some("unknown_ca"),
                facts: None,
            },
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn event_has_class_direction_peer_and_who_closed_and_the_remedy_names_the_gateway() {
        let event = failed(&["gw1"], 5).event(at(1));

        assert_eq!(
            event.fields,
            [
                ("class", "untrusted".to_owned()),
                ("reason", "nobody knows it".to_owned()),
                ("direction", "inbound".to_owned()),
                ("source", "192.0.2.1:5".to_owned()),
                ("closed_by", "us".to_owned()),
                ("gateway", "gw1".to_owned()),
                ("alert", "unknown_ca".to_owned()),
            ]
        );
        assert!(event.remedy_words().contains("`um gateway set gw1 --trust FILE.pem`"), "{event:?}");
        assert!(failed(&[], 5).event(at(1)).remedy_words().contains("um gateway set NAME"));
    }

    #[test]
    fn each_class_has_a_remedy_for_both_sides() {
        for class in FailureReason::ALL {
            for closed_by in [ClosedBy::Us, ClosedBy::Peer] {
                let mut handshake = failed(&["gw1"], 5);
                (handshake.failure.class, handshake.failure.closed_by) = (class, closed_by);

                assert!(handshake.remedy(at(1)).len() > 20, "{class} {closed_by}");
            }
        }
    }

    #[test]
    fn unknown_self_signed_peer_is_approved_by_the_command_that_the_remedy_names_and_an_expired_one_is_not() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let request = cert_manager::IssueRequest::new("gw1.example.com", cert_manager::KeyKind::P256);
        let identity = cert_manager::issue_self_signed(&request, now).unwrap();
        let sha1 = &identity.facts().sha1;
        let mut handshake = failed(&["gw1"], 5);
        handshake.failure.facts = Some(Arc::clone(identity.facts()));

        let remedy = handshake.remedy(now);
        let expired = handshake.remedy(identity.facts().not_after + jiff::SignedDuration::from_secs(1));

        assert!(remedy.ends_with(&format!("run `um gateway approve gw1 {sha1}`")), "{remedy}");
        assert!(expired.contains("`um gateway set gw1 --trust FILE.pem`"), "{expired}");
    }

    #[test]
    fn flood_of_strangers_forgets_strangers_alone_and_the_oldest_first() {
        let log = HandshakeLog::default();
        log.keep(&failed(&["gw1"], 1), at(1));
        log.keep(&failed(&["gw2", "gw1"], 2), at(2));

        for second in 3..=3_000 {
            log.keep(&failed(&[], 3), at(second));
        }

        assert_eq!(log.rows(None).len(), 1_000);
        assert_eq!(log.rows(Some("gw1")).len(), 2);
        assert_eq!(log.rows(None)[2].at, at(3_000 - 997));
        assert_eq!(log.rows(Some("gw9")).len(), 0);
    }
}
