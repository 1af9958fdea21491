//! What a connection may take. What happens at each bound is written beside it.
use std::{fmt, time::Duration};

/// A message is whole this long after its first byte, or the connection is closed.
pub const MESSAGE_DEADLINE: Duration = Duration::from_secs(10);
/// A connection of somebody unknown brings its first message within this time, or is closed.
pub const IDLE_BEFORE_FIRST_REQUEST: Duration = Duration::from_secs(30);
/// A TLS handshake is done within this time, or the connection is closed.
pub const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);
/// A peer takes a message within this time, or it does not read and the connection is closed.
pub const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// After our last words a peer may finish its own for this long: closing at once would destroy ours on their way.
pub const LINGER: Duration = Duration::from_secs(1);
/// Connections of one source at once, those with a gateway's certificate apart; one more displaces the oldest to which
/// nothing was answered yet, or is refused.
pub const CONNECTIONS_PER_SOURCE: usize = 32;
/// Connections with the certificate of one gateway at once, whatever their source; one more displaces the gateway's
/// oldest to which nothing was answered yet, or is closed after its handshake.
pub const CONNECTIONS_PER_GATEWAY: usize = 256;
/// Connections of all sources at once; one more displaces the oldest to which nothing was answered yet, or is refused.
pub const CONNECTIONS: usize = 1_024;
/// TLS handshakes at once; one more displaces the oldest.
pub const HANDSHAKES: usize = 256;
/// Our own connection to a gateway is there within this time, whichever of its addresses answers.
pub const LONGEST_REACHING: Duration = Duration::from_secs(5);
/// One address of a gateway has this time.
pub const LONGEST_DIALING: Duration = Duration::from_secs(2);
/// Messages of ours that wait for connections to gateways; one more fails at once.
pub const MAX_REACHING: usize = 1_024;
/// Bytes between two messages that may be half a keep-alive: they start no deadline.
pub const LONGEST_HALF_KEEP_ALIVE: usize = 3;
/// Bytes taken from a connection at once.
pub const READ_BUFFER: usize = 8_192;

/// Why a connection was refused or closed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Limit {
    /// [`MESSAGE_DEADLINE`].
    Message,
    /// [`IDLE_BEFORE_FIRST_REQUEST`].
    Idle,
    /// [`WRITE_DEADLINE`].
    Write,
    /// [`CONNECTIONS_PER_SOURCE`].
    PerSource,
    /// [`CONNECTIONS_PER_GATEWAY`].
    PerGateway,
    /// [`CONNECTIONS`].
    Total,
    /// [`HANDSHAKES`].
    Handshakes,
    /// The process may open no more files.
    OpenFiles,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message => {
                write!(f, "a message is whole {} s after its first byte", MESSAGE_DEADLINE.as_secs())
            }
            Self::Idle => {
                write!(f, "the first message comes within {} s", IDLE_BEFORE_FIRST_REQUEST.as_secs())
            }
            Self::Write => write!(f, "a peer takes a message within {} s", WRITE_DEADLINE.as_secs()),
            Self::PerSource => write!(f, "{CONNECTIONS_PER_SOURCE} connections of one source"),
            Self::PerGateway => write!(f, "{CONNECTIONS_PER_GATEWAY} connections of one gateway"),
            Self::Total => write!(f, "{CONNECTIONS} connections of all sources"),
            Self::Handshakes => write!(f, "{HANDSHAKES} TLS handshakes at once"),
            Self::OpenFiles => f.write_str("open files of this process (LimitNOFILE)"),
        }
    }
}
