use clap::Args;
use dial_plan::{
    CallerIdSource, ClearTransport, CrlCheck, GatewayPatch, Host, Name, PilotSource, Redirecting, SrtcpClear,
    SrtpAnswer, TlsVerify, WhileSilent,
};

use crate::words;

/// What `create` and `set` take.
#[derive(Args, Debug)]
pub(crate) struct Settings {
    /// Where it is reached and where its clear SIP comes from, if not its address; may be given several times.
    #[arg(long, value_name = "HOST")]
    connect: Vec<Host>,
    /// Port of its clear SIP; 0 asks DNS (SRV). Default: 5060.
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Port of its SIP over TLS; 0 asks DNS (SRV). Default: 5061.
    #[arg(long, value_name = "N")]
    tls_port: Option<u16>,
    /// How clear requests of ours reach it. Default: auto.
    #[arg(long, value_name = "TRANSPORT", value_parser = words::of::<ClearTransport>())]
    transport: Option<ClearTransport>,
    /// Whether calls of ours may go out through it. Default: true.
    #[arg(long, value_name = "BOOL")]
    out_calls: Option<bool>,
    /// Whether it is told of waiting messages, and may subscribe to them. Default: true.
    #[arg(long, value_name = "BOOL")]
    message_waiting: Option<bool>,
    /// Its turn among the gateways of a dial plan that can be told of them; the lowest first. Default: 100.
    #[arg(long, value_name = "N")]
    mwi_priority: Option<u8>,
    /// Send clear RTP to where it comes from instead of the address in the SDP. Default: false.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    symmetric_rtp: Option<bool>,
    /// Absence of all RTP and RTCP that ends a call; 0 never does. Default: 120.
    #[arg(long, value_name = "SECONDS")]
    media_timeout: Option<u32>,
    /// What is sent while nothing is to be said. Default: sparse.
    #[arg(long, value_name = "HOW", value_parser = words::of::<WhileSilent>())]
    media_while_silent: Option<WhileSilent>,
    /// From the ACK to the first prompt. Default: 300.
    #[arg(long, value_name = "MILLISECONDS")]
    answer_delay: Option<u16>,
    /// Which redirecting number means the mailbox. Default: original.
    #[arg(long, value_name = "WHICH", value_parser = words::of::<Redirecting>())]
    redirecting: Option<Redirecting>,
    /// Where the caller's number is read first. Default: asserted.
    #[arg(long, value_name = "HEADER", value_parser = words::of::<CallerIdSource>())]
    caller_id: Option<CallerIdSource>,
    /// Where the pilot number is read. Default: request-uri.
    #[arg(long, value_name = "WHERE", value_parser = words::of::<PilotSource>())]
    pilot_from: Option<PilotSource>,
    /// Whether the CN may name the gateway where its certificate has no SAN. Default: false.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    accept_cn: Option<bool>,
    /// Whether SRTCP in clear text may be negotiated. Default: deny.
    #[arg(long, value_name = "WORD", value_parser = words::of::<SrtcpClear>())]
    srtcp_clear: Option<SrtcpClear>,
    /// The profile that answers RTP/AVP with crypto. Default: avp.
    #[arg(long, value_name = "PROFILE", value_parser = words::of::<SrtpAnswer>())]
    srtp_answer: Option<SrtpAnswer>,
    /// Whether the company's trusted roots are shut out for it, so that its own alone count. Default: false.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    own_roots_only: Option<bool>,
    /// What a missing or stale revocation list means: hard refuses its certificate. Default: soft.
    #[arg(long, value_name = "HOW", value_parser = words::of::<CrlCheck>())]
    crl: Option<CrlCheck>,
    /// Whether the lesser demands on its certificate are enforced, or told of once a day each. Default: required.
    #[arg(long, value_name = "HOW", value_parser = words::of::<TlsVerify>())]
    tls_verify: Option<TlsVerify>,
    /// Whether a certificate for TLS servers only will do when it connects to us. Default: false.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    accept_server_eku: Option<bool>,
    /// Bind it to an owner: it is shown this owner's certificate. Its plans must want TLS. Default: none.
    #[arg(long, value_name = "NAME")]
    cert_owner: Option<Name>,
    /// The host in the Refer-To of transfers: a domain, name or address; "" is the host of the gateway's Contact. Default: "".
    #[arg(long, value_name = "HOST")]
    refer_domain: Option<String>,
    /// Show it this server's default certificate.
    #[arg(long, conflicts_with = "cert_owner")]
    no_cert_owner: bool,
}

impl From<Settings> for GatewayPatch {
    fn from(settings: Settings) -> Self {
        Self {
            address: None,
            connect: (!settings.connect.is_empty()).then_some(settings.connect),
            port: settings.port,
            tls_port: settings.tls_port,
            transport: settings.transport,
            status: None,
            out_calls: settings.out_calls,
            message_waiting: settings.message_waiting,
            mwi_priority: settings.mwi_priority,
            symmetric_rtp: settings.symmetric_rtp,
            media_timeout_seconds: settings.media_timeout,
            media_while_silent: settings.media_while_silent,
            answer_delay_ms: settings.answer_delay,
            redirecting: settings.redirecting,
            caller_id: settings.caller_id,
            pilot_from: settings.pilot_from,
            accept_cn: settings.accept_cn,
            srtcp_clear: settings.srtcp_clear,
            srtp_answer: settings.srtp_answer,
            own_roots_only: settings.own_roots_only,
            crl: settings.crl,
            tls_verify: settings.tls_verify,
            accept_server_eku: settings.accept_server_eku,
            certificate_owner: match settings.cert_owner {
                Some(owner) => Some(owner.into()),
                None => settings.no_cert_owner.then(String::new),
            },
            refer_domain: settings.refer_domain,
            trust: None,
        }
    }
}
