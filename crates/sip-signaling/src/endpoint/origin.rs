use std::net::SocketAddr;
use std::sync::Arc;

/// What carries a message.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A clear stream.
    Tcp,
    /// A stream inside mutual TLS.
    Tls,
}

impl Transport {
    /// Whether it repeats lost bytes itself.
    pub fn is_reliable(self) -> bool {
        match self {
            Self::Udp => false,
            Self::Tcp | Self::Tls => true,
        }
    }

    /// Whether it protects what it carries.
    pub fn class(self) -> TransportClass {
        match self {
            Self::Udp | Self::Tcp => TransportClass::Clear,
            Self::Tls => TransportClass::Tls,
        }
    }

    /// As written in a Via (RFC 3261 20.42).
    pub fn via_token(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        }
    }
}

/// What a dial plan's mode asks of a transport; a dialog never changes its class.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum TransportClass {
    /// UDP and TCP.
    Clear,
    /// Mutual TLS.
    Tls,
}

/// A UDP listening socket, or one TCP or TLS connection. Given by the edge, which never uses a number twice.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FlowId(pub u64);

/// The name of a gateway; nothing but equality matters here.
pub type PeerName = Arc<str>;

/// Where a message came from and who that may be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin {
    /// The socket or connection.
    pub flow: FlowId,
    /// What carried it.
    pub transport: Transport,
    /// Our address on that flow, as the peer reaches it: it stands in our Contact and Via on clear transports.
    pub local: SocketAddr,
    /// The peer's address.
    pub remote: SocketAddr,
    /// The gateways that this source may be; empty for a stranger.
    pub peers: Arc<[PeerName]>,
}

impl Origin {
    /// Whether no gateway has this source.
    pub fn is_stranger(&self) -> bool {
        self.peers.is_empty()
    }

    /// Whether `self` and `other` may be the same gateway: a gateway in common, or the same connection, or without TLS
    /// the same IP address.
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        let is_same_source = match self.transport.class() {
            TransportClass::Clear => self.remote.ip().to_canonical() == other.remote.ip().to_canonical(),
            TransportClass::Tls => self.flow == other.flow,
        };
        is_same_source || self.shares_peer(other)
    }

    /// Whether `self` and `other` have a gateway in common.
    pub(crate) fn shares_peer(&self, other: &Self) -> bool {
        self.peers.iter().any(|peer| other.peers.contains(peer))
    }
}

/// Where something is sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Path {
    pub(crate) flow: FlowId,
    pub(crate) remote: SocketAddr,
    pub(crate) transport: Transport,
}

impl Path {
    /// Whether it is the connection that a message came on.
    pub(crate) fn leads_to(&self, origin: &Origin) -> bool {
        self.transport.is_reliable() && self.flow == origin.flow
    }
}
