use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use dial_plan::Site;
use jiff::Timestamp;
use mailbox::{CallRecord, DiskState, MailboxId, StoreReply, StoreRequest};
use sip_signaling::{FlowId, FlowOrder, FlowTicket, Origin, PeerName, Transport, TransportClass};
use srtp_media::{MediaCommand, MediaEvent};
use telephony::Event;

use crate::{
    address_book::AddressBook,
    gateway_probe::GatewayReport,
    leases::MediaLease,
    message_waiting::{LampReport, LampState},
    prompts::PromptSet,
    test_line::{TestCallSeen, TestLine},
};

/// A live call's id: never used twice in the life of a process.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CallKey(pub u64);

/// Where a message came in: a UDP socket and its source, or one TCP or TLS connection.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Which socket or connection.
    pub id: FlowId,
    /// Its transport.
    pub transport: Transport,
    /// Our address on it.
    pub local: SocketAddr,
    /// The peer's address.
    pub remote: SocketAddr,
    /// Who the peer proved to be.
    pub peer: PeerIdentity,
    /// What its TLS handshake agreed on; `None` without TLS.
    pub tls: Option<TlsAgreed>,
}

/// What the TLS handshake of a connection agreed on, for the records of its calls.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TlsAgreed {
    /// `TLS 1.2` or `TLS 1.3`.
    pub version: &'static str,
    /// The cipher suite by its name in the registry, `TLS13_AES_256_GCM_SHA384`.
    pub cipher: &'static str,
}

/// What the transport proves about the peer. A header never does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PeerIdentity {
    /// Clear transport: the source address stands for whatever gateways have it.
    Address,
    /// Mutual TLS: the certificate stands for whatever gateways it proves to be.
    Certificate(Arc<CertifiedPeer>),
}

/// What a peer's certificate proved, by the trust of the moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertifiedPeer {
    /// The gateways that it may be; empty if its chain is trusted but it names none of them.
    pub peers: Arc<[PeerName]>,
    /// Its subject.
    pub subject: String,
    /// The names in it.
    pub names: Vec<String>,
    /// Its issuer.
    pub issuer: String,
    /// Its serial number, in hex.
    pub serial: String,
    /// SHA-256 of it, in hex.
    pub sha256: String,
    /// When it expires.
    pub not_after: Timestamp,
    /// The FQDNs that its root is trusted for.
    pub trusted_for: Vec<String>,
    /// It has named a gateway since its connection was made; where it never did, the handshake has told of it.
    pub was_known: bool,
}

/// What the world tells the core.
#[derive(Debug)]
pub enum Input {
    /// One datagram or one framed message.
    Message {
        /// Where it came in.
        flow: Flow,
        /// The whole message.
        bytes: Bytes,
    },
    /// A connection brought bytes of which nobody can say where the next message begins.
    Unframed {
        /// Where it came from.
        flow: Flow,
        /// The `400`, if the headers of a request could be read.
        answer: Option<Bytes>,
        /// What is wrong, printable.
        detail: String,
    },
    /// A connection is gone.
    FlowClosed(FlowId),
    /// A connection to the gateway of an [`Output::OpenFlow`] is there, or a socket of UDP.
    FlowOpened {
        /// The order.
        ticket: FlowTicket,
        /// The connection.
        flow: FlowId,
        /// Its other end.
        remote: SocketAddr,
    },
    /// No connection to the gateway of an [`Output::OpenFlow`] could be made.
    FlowFailed {
        /// The order.
        ticket: FlowTicket,
        /// Why, in words.
        reason: String,
    },
    /// The peer of a connection is no longer whom it was trusted to be, or its gateway takes no calls: the connection
    /// closes after its last call.
    FlowWithdrawn(FlowId),
    /// A media worker reports.
    Media(MediaEvent),
    /// A media worker keeps a pair of sockets on offer.
    Lease(MediaLease),
    /// The store answers a request.
    Store(StoreReply),
    /// The configuration has changed; running calls keep the one they began with.
    Site(Arc<Site>),
    /// Gateway addresses have changed.
    Addresses(Arc<AddressBook>),
    /// An administrator's order.
    Admin(AdminOrder),
    /// The test line is leased, or released again: calls that are still up on it end.
    TestLine(Option<Arc<TestLine>>),
    /// The prompts have changed: what is said from now on is said with these.
    Prompts(Arc<PromptSet>),
    /// What lamps are to show has changed, or was asked for.
    Lamps(LampNews),
    /// The disk under the mailboxes has crossed a mark.
    Disk(DiskState),
    /// The server is stopping: no new calls from now on, those that are up may finish.
    Drain,
    /// The time to finish is over: every call is cut off, what was recorded is kept as interrupted.
    EndOfDrain,
}

/// What the world tells of lamps.
#[derive(Debug)]
pub enum LampNews {
    /// All mailboxes, as [`Output::ReadMailboxes`] asks.
    All(Vec<LampState>),
    /// One mailbox has changed, or is new.
    Changed(Box<LampState>),
    /// A mailbox is gone.
    Gone(MailboxId),
    /// An administrator wants all lamps to be told again (`um mwi refresh`).
    Refresh,
}

/// What an administrator orders about live calls.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AdminOrder {
    /// End one call.
    HangUp(CallKey),
    /// End every call of one gateway (`um gateway disable --immediate`).
    HangUpGateway(String),
    /// Panic, so that a test sees what a fault costs. The server takes it only if it was started for that.
    Panic(PanicPlace),
}

/// Where [`AdminOrder::Panic`] strikes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PanicPlace {
    /// In a step of this call.
    Call(CallKey),
    /// Outside of every call.
    Core,
}

/// What the core asks of the world. Nothing here is waited for.
#[derive(Debug)]
pub enum Output {
    /// Bytes for a peer.
    Transmit {
        /// On which socket or connection.
        flow: FlowId,
        /// To whom (datagrams).
        remote: SocketAddr,
        /// The whole message.
        bytes: Bytes,
    },
    /// Find or make a connection to the first of the order's gateways, and report with [`Input::FlowOpened`] or
    /// [`Input::FlowFailed`]. For a probe: one that we have opened; over UDP a socket of ours.
    OpenFlow(FlowOrder),
    /// Close a connection after what was transmitted.
    CloseFlow(FlowId),
    /// A command for a media worker.
    Media {
        /// The worker that owns the session.
        worker: usize,
        /// What to do.
        command: MediaCommand,
    },
    /// A request to the store.
    Store(StoreRequest),
    /// Something an administrator may want to know.
    Event(Event),
    /// A call began or moved on; replaces what the board shows.
    CallChanged(CallSnapshot),
    /// A call is over.
    CallEnded(CallKey),
    /// A call is over, or was refused: what is kept of it. Once for each call, before its [`Output::CallEnded`].
    CallRecord(Box<CallRecord>),
    /// A call over the test line was refused, or is over.
    TestCallOver(Box<TestCallSeen>),
    /// A probe of a gateway has ended; replaces what the board shows of it over this transport class.
    GatewayProbed(Box<GatewayReport>),
    /// All mailboxes and their counts are to be read, for [`LampNews::All`].
    ReadMailboxes,
    /// How a lamp stands has changed; replaces what the board shows.
    LampChanged(Box<LampReport>),
    /// A lamp is no more.
    LampGone(MailboxId),
    /// A gateway is no longer probed over this class.
    GatewayUnprobed {
        /// The gateway.
        gateway: PeerName,
        /// The class.
        class: TransportClass,
    },
}

/// A live call as the board shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CallSnapshot {
    /// Its key.
    pub key: CallKey,
    /// The Call-ID of the peer's INVITE.
    pub call_id: String,
    /// The gateway it came from.
    pub gateway: String,
    /// Its dial plan.
    pub dial_plan: String,
    /// Extension of the mailbox, once known.
    pub extension: Option<String>,
    /// The caller as the gateway names them; `None` if withheld.
    pub caller: Option<String>,
    /// Their display name.
    pub caller_name: Option<String>,
    /// Signalling transport.
    pub transport: Transport,
    /// Where it is.
    pub stage: CallStage,
}

/// Where a live call is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallStage {
    /// The mailbox is being looked up.
    Admitting,
    /// 200 is out, ACK is not in.
    Answering,
    /// The caller listens or speaks.
    Talking,
    /// The caller has gone or is being let go; the message is being stored.
    Ending,
}

impl CallStage {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Admitting => "admitting",
            Self::Answering => "answering",
            Self::Talking => "talking",
            Self::Ending => "ending",
        }
    }
}

impl Flow {
    /// This flow as the SIP endpoint sees it, with the gateways it may be by `addresses`.
    pub(crate) fn origin(&self, addresses: &AddressBook) -> Origin {
        let peers = match self.peer {
            PeerIdentity::Address => addresses.gateways_at(self.remote.ip()),
            PeerIdentity::Certificate(ref certified) => Arc::clone(&certified.peers),
        };
        Origin { flow: self.id, transport: self.transport, local: self.local, remote: self.remote, peers }
    }
}
