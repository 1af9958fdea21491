use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::certificate::CertificateFacts;

/// What `um status` shows: `GET /v1/status`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct StatusFacts {
    /// `ready`, `starting` or `draining`.
    pub state: ServerState,
    /// The program's version.
    pub version: String,
    /// Its git commit, or `unknown`.
    pub commit: String,
    /// The process.
    pub pid: u32,
    /// When it became ready; `None` while it is starting.
    pub started: Option<Timestamp>,
    /// How long ago that is, 0 while it is starting.
    pub uptime_seconds: u64,
    /// Signalling.
    pub sip: SipFacts,
    /// Where devices fetch their profiles; empty if that is not open.
    #[serde(default)]
    pub provisioning: Vec<String>,
    /// URLs of the revocation list of this server's CA; empty if it is not served.
    #[serde(default)]
    pub revocation_list: Vec<String>,
    /// URLs where metrics are served; empty if they are not.
    #[serde(default)]
    pub health: Vec<String>,
    /// The certificate that peers are shown; `None` if SIP over TLS is not open.
    pub certificate: Option<CertificateFacts>,
    /// RTP.
    pub media: MediaFacts,
    /// Calls.
    pub calls: CallCounts,
    /// Configuration.
    pub site: SiteFacts,
    /// The store.
    pub store: StoreFacts,
}

/// Whether calls are taken.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServerState {
    /// Listeners are not open yet.
    #[default]
    Starting,
    /// Calls are taken.
    Ready,
    /// No new calls; the last callers finish.
    Draining,
}

impl ServerState {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Draining => "draining",
        }
    }
}

/// The signalling side of the status.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct SipFacts {
    /// This server's own name.
    pub domain: String,
    /// Addresses that it listens on.
    pub listen: Vec<String>,
    /// The real port of clear SIP; `None` if it is not open.
    pub port: Option<u16>,
    /// The real port of SIP over TLS; `None` if it is not open.
    pub tls_port: Option<u16>,
    /// Whether clear SIP comes over UDP too.
    pub udp: bool,
}

/// The RTP side of the status.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct MediaFacts {
    /// `20000-29999` or `any`.
    pub ports: String,
    /// `auto` or an address.
    pub address: String,
    /// Worker threads.
    pub workers: usize,
    /// How datagrams cross to the kernel: `io_uring` or `epoll`.
    #[serde(default)]
    pub io: String,
}

/// Calls in numbers.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct CallCounts {
    /// Up now.
    pub live: u64,
    /// Taken since the start.
    pub taken: u64,
    /// Refused since the start.
    pub refused: u64,
    /// Messages stored since the start.
    pub messages_stored: u64,
}

/// The configuration in numbers.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct SiteFacts {
    /// Revision in force.
    pub revision: u64,
    /// Dial plans.
    pub dial_plans: usize,
    /// Gateways.
    pub gateways: usize,
    /// Hunt groups.
    pub hunt_groups: usize,
    /// Mailbox policies.
    pub policies: usize,
    /// Dial plans whose subscribers type their PINs in the clear.
    #[serde(default)]
    pub clear_pins: Vec<String>,
}

/// The store in numbers.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct StoreFacts {
    /// The data folder.
    pub data_dir: String,
    /// The management socket.
    pub socket: String,
    /// Mailboxes.
    pub mailboxes: u64,
    /// Octets that are free on the disk of the data folder.
    pub free_bytes: u64,
}
