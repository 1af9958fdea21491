//! What probes find out, and how it is told.
use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use dial_plan::Name;
use jiff::Timestamp;
use sip_signaling::{PeerName, StatusCode, Transport};
use telephony::{Event, kind};

use crate::vocabulary::CertifiedPeer;

/// Whether a gateway is there, by its probes over one transport.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum GatewayState {
    /// Nothing has decided it yet.
    #[default]
    Unknown,
    /// It has answered, whatever it said.
    Up,
    /// No connection to it could be made, or it left too many probes in a row without an answer.
    Down,
}

/// How one probe ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ProbeOutcome {
    /// A final answer came.
    Answered {
        /// Its status; 4xx and 5xx say as well that somebody is there.
        status: StatusCode,
        /// Its reason phrase, printable, at most 64 characters.
        phrase: String,
        /// Its `Server` or `User-Agent`, printable, at most 64 characters.
        product: Option<String>,
        /// From the sending of the request to the answer.
        round_trip: Duration,
    },
    /// The request went out, and no final answer came.
    Unanswered {
        /// Why, in words.
        reason: String,
    },
    /// There was no way to send it.
    NotReached {
        /// Why, in words.
        reason: String,
    },
}

/// What is known of a gateway over one transport after a probe.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GatewayReport {
    /// The gateway.
    pub gateway: PeerName,
    /// Over what it was probed.
    pub transport: Transport,
    /// Whether it is there.
    pub state: GatewayState,
    /// Since when `state` holds; `None` while it is unknown.
    pub since: Option<Timestamp>,
    /// When the last probe ended.
    pub probed: Timestamp,
    /// How it ended.
    pub outcome: ProbeOutcome,
    /// Where it went to last.
    pub remote: Option<SocketAddr>,
    /// What its certificate proved when it last answered over TLS.
    pub certificate: Option<Arc<CertifiedPeer>>,
}

impl GatewayState {
    /// The word in tables, events and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

impl fmt::Display for ProbeOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { status, phrase, .. } => write!(f, "it answered {} {phrase}", status.code()),
            Self::Unanswered { reason } | Self::NotReached { reason } => f.write_str(reason),
        }
    }
}

impl GatewayReport {
    /// Event 1400: the state has changed.
    pub(super) fn event(&self, name: &Name) -> Event {
        let mut event = Event::new(&kind::GATEWAY_STATE)
            .with("gateway", &self.gateway)
            .with("state", self.state.word())
            .with("transport", self.transport.via_token());
        if let Some(remote) = self.remote {
            event = event.with("address", remote);
        }
        event.with("reason", &self.outcome).remedy(self.remedy(name))
    }

    /// The command that mends it.
    fn remedy(&self, name: &Name) -> String {
        let gateway = name.shell_word();
        let port = match self.transport {
            Transport::Tls => "--tls-port",
            Transport::Udp | Transport::Tcp => "--port",
        };
        match (&self.outcome, self.transport) {
            (ProbeOutcome::Answered { .. }, _) => {
                format!("nothing is to be done; `um gateway show {gateway}` shows its answer")
            }
            (ProbeOutcome::NotReached { .. }, Transport::Tls) => format!(
                "start the gateway, or tell where it listens with `um gateway set {gateway} {port} N --connect ADDRESS`; \
                 if the handshake failed, event 1113 beside this one names the certificate: \
                 `um gateway set {gateway} --trust FILE.pem`"
            ),
            (ProbeOutcome::NotReached { .. }, Transport::Udp | Transport::Tcp) => format!(
                "start the gateway, or tell where it listens with `um gateway set {gateway} {port} N --connect ADDRESS`"
            ),
            (ProbeOutcome::Unanswered { .. }, Transport::Tls) => format!(
                "have the gateway trust our certificate (`um cert export --to FILE.pem`), which in TLS 1.3 is refused \
                 only after the handshake, and answer OPTIONS; then look at `um gateway show {gateway}`"
            ),
            (ProbeOutcome::Unanswered { .. }, Transport::Udp | Transport::Tcp) => format!(
                "start the gateway, have it answer OPTIONS of this server, or tell where it listens with \
                 `um gateway set {gateway} {port} N --connect ADDRESS`"
            ),
        }
    }
}

/// What a peer wrote, as far as it can be shown: printable, at most 64 characters.
pub(super) fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    text.trim().chars().filter(|c| !c.is_control()).take(LONGEST_WORDS).collect()
}

/// Of a reason phrase or a product.
const LONGEST_WORDS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_peer_lose_control_characters_and_length() {
        assert_eq!(shown(b" Not\x1b[31m here\t"), "Not[31m here");
        assert_eq!(shown(&[b'x'; 200]).len(), 64);
    }
}
