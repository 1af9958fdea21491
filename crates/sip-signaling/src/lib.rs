//! SIP messages, transactions and dialogs as state machines without I/O (RFC 3261, 6026, 3581, 3262, 3515, 4028, 6665).
//!
//! The one rule: bytes of a peer never panic, never allocate without a bound ([`limits`]) and are printed back as they
//! came. A message keeps its header lines as received; a typed value is read from a line when it is asked for.
//!
//! ```
//! use bytes::Bytes;
//! use sip_signaling::{Message, RequestHead, parse_datagram};
//!
//! let datagram = Bytes::from_static(
//!     b"OPTIONS sip:um.example.com SIP/2.0\r\n\
//!       v: SIP/2.0/UDP gw.example.com;branch=z9hG4bK1\r\n\
//!       f: <sip:gw.example.com>;tag=a1\r\nt: <sip:um.example.com>\r\n\
//!       i: 1@gw\r\nCSeq: 1 OPTIONS\r\nl: 0\r\n\r\n",
//! );
//! let Ok(Message::Request(request)) = parse_datagram(&datagram) else { panic!("a request") };
//! let head = RequestHead::read(&request).expect("a whole head");
//! assert_eq!(head.via.branch(), Some("z9hG4bK1"));
//! assert_eq!(request.to_bytes(), datagram);
//! ```
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod limits;

mod blanking;
mod byte_class;
mod classify;
mod dtmf_info;
mod framer;
mod grammar;
mod header;
mod host;
mod message;
mod method;
mod params;
mod scanner;
mod status;
mod text;
mod uri;

pub use blanking::blank_secrets;
pub use classify::{RequestClass, classify};
pub use dtmf_info::info_digit;
pub use framer::{Frame, StreamFramer};
pub use grammar::GrammarError;
pub use header::{
    CSeq, Diversion, EventPackage, Expires, Header, HeaderName, Headers, HistoryInfo, MediaType, MinSe,
    NameAddr, Party, Privacy, RAck, RSeq, Reason, Refresher, RemotePartyId, SessionExpires,
    SubscriptionState, TypedHeader, Values, Via, Warning,
};
pub use host::Host;
pub use message::{
    BodyPart, Message, ParseFailure, Request, RequestBuilder, RequestHead, Response, ResponseBuilder,
    ResponseHead, find_body_part, parse_datagram, split_multipart,
};
pub use method::Method;
pub use params::{Param, Params};
pub use status::{ResponseClass, StatusCode};
pub use text::Text;
pub use uri::{SipUri, TelUri, Uri};

mod dialog;
mod endpoint;
mod transaction;

pub use dialog::DialogId;
pub use endpoint::{
    Aim, EndCause, Endpoint, EndpointConfig, EndpointLimits, EndpointOutput, FlowId, FlowOrder, FlowPurpose,
    FlowTicket, MAX_CLIENT_TRANSACTIONS, MAX_DIALOGS, MAX_SERVER_TRANSACTIONS, MAX_SUBSCRIPTIONS, NextHop,
    Notification, Origin, PeerName, RESERVED_SERVER_TRANSACTIONS, Reply, SipBody, SipError, Transport,
    TransportClass, UserEvent, UserKey, shed_answer,
};
pub use transaction::{
    FinalResponseAlreadySent, InviteClientOutput, InviteClientState, InviteClientTransaction,
    InviteServerOutput, InviteServerState, InviteServerTransaction, NonInviteClientOutput,
    NonInviteClientState, NonInviteClientTransaction, NonInviteServerOutput, NonInviteServerState,
    NonInviteServerTransaction, Reliability, TRYING_AFTER, TerminationCause, Timing, TransactionId,
    UNANSWERED_INVITE_LIMIT,
};
