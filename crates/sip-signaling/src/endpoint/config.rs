use crate::{Method, Timing};

/// Server transactions at one time. At the limit a request is answered `503` without keeping state, but a BYE is
/// still served.
pub const MAX_SERVER_TRANSACTIONS: usize = 32_768;

/// How many of [`MAX_SERVER_TRANSACTIONS`] a new INVITE may not take: they are for requests inside dialogs, OPTIONS
/// and CANCEL, so that calls can still end when no more can begin.
pub const RESERVED_SERVER_TRANSACTIONS: usize = 8_192;

/// Client transactions at one time. At the limit a BYE is sent once and its answer is not awaited.
pub const MAX_CLIENT_TRANSACTIONS: usize = 16_384;

/// Dialogs at one time, together with INVITEs that may still become one. At the limit an INVITE is answered `503`.
pub const MAX_DIALOGS: usize = 8_192;

/// Subscriptions of peers at one time. At the limit a SUBSCRIBE that begins one is answered `503`; calls have places of
/// their own.
pub const MAX_SUBSCRIPTIONS: usize = 16_384;

/// How much an endpoint keeps at most; the defaults are the constants of the same names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EndpointLimits {
    /// See [`MAX_SERVER_TRANSACTIONS`].
    pub server_transactions: usize,
    /// See [`RESERVED_SERVER_TRANSACTIONS`].
    pub reserved_server_transactions: usize,
    /// See [`MAX_CLIENT_TRANSACTIONS`].
    pub client_transactions: usize,
    /// See [`MAX_DIALOGS`].
    pub dialogs: usize,
    /// See [`MAX_SUBSCRIPTIONS`].
    pub subscriptions: usize,
}

impl Default for EndpointLimits {
    fn default() -> Self {
        Self {
            server_transactions: MAX_SERVER_TRANSACTIONS,
            reserved_server_transactions: RESERVED_SERVER_TRANSACTIONS,
            client_transactions: MAX_CLIENT_TRANSACTIONS,
            dialogs: MAX_DIALOGS,
            subscriptions: MAX_SUBSCRIPTIONS,
        }
    }
}

/// What an [`Endpoint`](crate::Endpoint) says about itself, and its bounds.
#[derive(Clone, Debug)]
pub struct EndpointConfig {
    /// Our host name: in Contact and Via on TLS, and the agent of our Warnings.
    pub fqdn: String,
    /// The product, in `Server` and `User-Agent`; empty leaves the headers out.
    pub server_name: String,
    /// Methods for `Allow`. What is not among them is answered `405`, an unknown method `501`.
    pub allow: &'static [Method],
    /// Option tags that a peer may `Require`, and that we list in `Supported`.
    pub supported: &'static [&'static str],
    /// Media types that an INVITE or UPDATE may carry, in lower case; others are answered `415`.
    pub accept: &'static [&'static str],
    /// Event packages that a peer may subscribe to, where [`Self::allow`] has SUBSCRIBE; others are answered `489`.
    pub events: &'static [&'static str],
    /// The base times.
    pub timing: Timing,
    /// The bounds.
    pub limits: EndpointLimits,
}

impl EndpointConfig {
    /// The values of this product for a server that is called `fqdn`.
    pub fn new(fqdn: impl Into<String>) -> Self {
        Self {
            fqdn: fqdn.into(),
            server_name: "um".to_owned(),
            allow: ALLOW,
            supported: SUPPORTED,
            accept: &["application/sdp", "multipart/mixed"],
            events: &["message-summary"],
            timing: Timing::default(),
            limits: EndpointLimits::default(),
        }
    }
}

/// RFC 3262 without ever sending a reliable provisional response, for we answer 200 at once; RFC 4028.
const SUPPORTED: &[&str] = &["100rel", "timer"];

/// The list of docs/security-modes.md section 6.
const ALLOW: &[Method] = &[
    Method::Invite,
    Method::Ack,
    Method::Cancel,
    Method::Bye,
    Method::Options,
    Method::Prack,
    Method::Update,
    Method::Info,
    Method::Notify,
    Method::Subscribe,
];
