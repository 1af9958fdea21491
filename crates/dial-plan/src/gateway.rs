use serde::{Deserialize, Serialize};

use crate::{
    address::{GatewayAddress, Host},
    mask::NumberRule,
    mode::words,
    name::Name,
    peer_checks::{CrlCheck, TlsVerify},
    trust::{TrustAnchor, TrustChange},
};

/// How clear requests of ours reach the gateway.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClearTransport {
    /// UDP, and TCP where a request is too long for a datagram.
    #[default]
    Auto,
    /// UDP always.
    Udp,
    /// TCP always.
    Tcp,
}

/// Whether the gateway's calls are taken. It plays no part in recognising the gateway.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GatewayStatus {
    /// Calls are taken.
    #[default]
    Enabled,
    /// Nothing is taken.
    Disabled,
    /// Calls that are up live on; new ones are refused.
    NoNewCalls,
}

/// Which redirecting number is asked first (security-modes 1b).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Redirecting {
    /// The number that the caller dialled: bottom Diversion, lowest History-Info index.
    #[default]
    Original,
    /// The number that forwarded last: top Diversion, second-to-last History-Info.
    Last,
}

/// Where the caller's number is read first.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallerIdSource {
    /// P-Asserted-Identity, then Remote-Party-ID, then From.
    #[default]
    Asserted,
    /// From first.
    From,
}

/// Where the pilot number is read.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PilotSource {
    /// The user part of the Request-URI.
    #[default]
    RequestUri,
    /// P-Called-Party-ID, and the Request-URI where it is absent.
    PCalledPartyId,
}

/// What is sent while nothing is to be said.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhileSilent {
    /// One packet a second.
    #[default]
    Sparse,
    /// A packet of silence every packet time.
    Continuous,
}

/// Whether a crypto line with UNENCRYPTED_SRTCP may be used.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SrtcpClear {
    /// Such a line is unusable.
    #[default]
    Deny,
    /// It is used; authentication stays.
    Allow,
}

/// The profile that answers `RTP/AVP` with crypto in a Secured plan.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SrtpAnswer {
    /// `RTP/AVP`, as offered (RFC 8643).
    #[default]
    Avp,
    /// `RTP/SAVP`.
    Savp,
}

words!(ClearTransport { Auto = "auto", Udp = "udp", Tcp = "tcp" });
words!(GatewayStatus { Enabled = "enabled", Disabled = "disabled", NoNewCalls = "no-new-calls" });
words!(Redirecting { Original = "original", Last = "last" });
words!(CallerIdSource { Asserted = "asserted", From = "from" });
words!(PilotSource { RequestUri = "request-uri", PCalledPartyId = "p-called-party-id" });
words!(WhileSilent { Sparse = "sparse", Continuous = "continuous" });
words!(SrtcpClear { Deny = "deny", Allow = "allow" });
words!(SrtpAnswer { Avp = "avp", Savp = "savp" });

/// A PBX, IP gateway or session border controller that forwards calls to us.
///
/// The fields are checked by the [`crate::Site`] that takes the gateway in.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IpGateway {
    /// At most 64 characters.
    pub name: Name,
    /// Its identity. An FQDN belongs to one gateway only and is needed for TLS.
    pub address: GatewayAddress,
    /// Addresses to reach it at, and from which its clear SIP comes; empty means its address.
    #[serde(default)]
    pub connect: Vec<Host>,
    /// The port of its clear SIP; 0 asks SRV.
    #[serde(default = "port")]
    pub port: u16,
    /// The port of its SIP over TLS; 0 asks SRV.
    #[serde(default = "tls_port")]
    pub tls_port: u16,
    /// How clear requests of ours reach it.
    #[serde(default)]
    pub transport: ClearTransport,
    /// Whether its calls are taken.
    #[serde(default)]
    pub status: GatewayStatus,
    /// Whether calls of ours may go out through it.
    #[serde(default = "yes")]
    pub out_calls: bool,
    /// Clear RTP goes to the source it came from instead of the address in the SDP.
    #[serde(default)]
    pub symmetric_rtp: bool,
    /// Silence on RTP and RTCP that ends a call, in seconds; 0 never ends it.
    #[serde(default = "media_timeout_seconds")]
    pub media_timeout_seconds: u32,
    /// What is sent while nothing is to be said.
    #[serde(default)]
    pub media_while_silent: WhileSilent,
    /// Milliseconds from the ACK to the first prompt, at most 5000.
    #[serde(default = "answer_delay_ms")]
    pub answer_delay_ms: u16,
    /// Which redirecting number is asked first.
    #[serde(default)]
    pub redirecting: Redirecting,
    /// Where the caller's number is read first.
    #[serde(default)]
    pub caller_id: CallerIdSource,
    /// Where the pilot is read.
    #[serde(default)]
    pub pilot_from: PilotSource,
    /// A certificate without SAN may name the gateway in its CN.
    #[serde(default)]
    pub accept_cn: bool,
    /// Whether SRTCP in clear text may be negotiated.
    #[serde(default)]
    pub srtcp_clear: SrtcpClear,
    /// The profile that answers `RTP/AVP` with crypto.
    #[serde(default)]
    pub srtp_answer: SrtpAnswer,
    /// Its CA's certificates alone count for it: the company's roots do not.
    #[serde(default)]
    pub own_roots_only: bool,
    /// What becomes of it if its CA's revocation list is missing or stale.
    #[serde(default)]
    pub crl: CrlCheck,
    /// Whether the lesser demands on its certificate are enforced yet.
    #[serde(default)]
    pub tls_verify: TlsVerify,
    /// When it connects to us, a certificate that is made for TLS servers only will do.
    #[serde(default)]
    pub accept_server_eku: bool,
    /// The binding: the owner whose certificate it is shown, instead of our default one. Such a gateway serves no
    /// Unsecured plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_owner: Option<String>,
    /// Rewriting of numbers, in order; the first rule that fits is applied once.
    #[serde(default)]
    pub number_rules: Vec<NumberRule>,
    /// Certificates that its TLS connections are judged by, beside the company's roots. A pin belongs to one gateway.
    #[serde(default)]
    pub trust: Vec<TrustAnchor>,
}

impl IpGateway {
    /// The longest wait before the first prompt, in milliseconds.
    pub const MAX_ANSWER_DELAY_MS: u16 = 5000;
    /// The longest media timeout, in seconds.
    pub const MAX_MEDIA_TIMEOUT_SECONDS: u32 = 3600;
    /// The most `--connect` addresses.
    pub const MAX_CONNECT: usize = 16;
    /// The most number rules.
    pub const MAX_NUMBER_RULES: usize = 256;
    /// The most certificates of its own that it is judged by.
    pub const MAX_TRUST: usize = 64;

    /// An enabled gateway with every default.
    pub fn new(name: Name, address: GatewayAddress) -> Self {
        Self {
            name,
            address,
            connect: Vec::new(),
            port: port(),
            tls_port: tls_port(),
            transport: ClearTransport::default(),
            status: GatewayStatus::default(),
            out_calls: true,
            symmetric_rtp: false,
            media_timeout_seconds: media_timeout_seconds(),
            media_while_silent: WhileSilent::default(),
            answer_delay_ms: answer_delay_ms(),
            redirecting: Redirecting::default(),
            caller_id: CallerIdSource::default(),
            pilot_from: PilotSource::default(),
            accept_cn: false,
            srtcp_clear: SrtcpClear::default(),
            srtp_answer: SrtpAnswer::default(),
            own_roots_only: false,
            crl: CrlCheck::default(),
            tls_verify: TlsVerify::default(),
            accept_server_eku: false,
            certificate_owner: None,
            number_rules: Vec::new(),
            trust: Vec::new(),
        }
    }

    /// Where it is reached and where its clear SIP comes from: the `--connect` addresses, else its own.
    pub fn hosts(&self) -> impl Iterator<Item = &Host> {
        let own = self.connect.is_empty().then_some(&self.address);
        self.connect.iter().chain(own)
    }

    /// The gateway with the settings of `patch` in place of its own.
    #[must_use]
    pub fn patched(&self, patch: &GatewayPatch) -> Self {
        let mut gateway = self.clone();
        if let Some(address) = &patch.address {
            gateway.address = address.clone();
        }
        if let Some(connect) = &patch.connect {
            gateway.connect.clone_from(connect);
        }
        gateway.port = patch.port.unwrap_or(gateway.port);
        gateway.tls_port = patch.tls_port.unwrap_or(gateway.tls_port);
        gateway.transport = patch.transport.unwrap_or(gateway.transport);
        gateway.status = patch.status.unwrap_or(gateway.status);
        gateway.out_calls = patch.out_calls.unwrap_or(gateway.out_calls);
        gateway.symmetric_rtp = patch.symmetric_rtp.unwrap_or(gateway.symmetric_rtp);
        gateway.media_timeout_seconds = patch.media_timeout_seconds.unwrap_or(gateway.media_timeout_seconds);
        gateway.media_while_silent = patch.media_while_silent.unwrap_or(gateway.media_while_silent);
        gateway.answer_delay_ms = patch.answer_delay_ms.unwrap_or(gateway.answer_delay_ms);
        gateway.redirecting = patch.redirecting.unwrap_or(gateway.redirecting);
        gateway.caller_id = patch.caller_id.unwrap_or(gateway.caller_id);
        gateway.pilot_from = patch.pilot_from.unwrap_or(gateway.pilot_from);
        gateway.accept_cn = patch.accept_cn.unwrap_or(gateway.accept_cn);
        gateway.srtcp_clear = patch.srtcp_clear.unwrap_or(gateway.srtcp_clear);
        gateway.srtp_answer = patch.srtp_answer.unwrap_or(gateway.srtp_answer);
        gateway.own_roots_only = patch.own_roots_only.unwrap_or(gateway.own_roots_only);
        gateway.crl = patch.crl.unwrap_or(gateway.crl);
        gateway.tls_verify = patch.tls_verify.unwrap_or(gateway.tls_verify);
        gateway.accept_server_eku = patch.accept_server_eku.unwrap_or(gateway.accept_server_eku);
        if let Some(owner) = &patch.certificate_owner {
            gateway.certificate_owner = (!owner.is_empty()).then(|| owner.clone());
        }
        if let Some(trust) = &patch.trust {
            gateway.trust = trust.applied(&gateway.trust);
        }
        gateway
    }
}

/// The settings of a gateway that may change; what is `None` stays. Number rules have changes of their own.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayPatch {
    /// See [`IpGateway::address`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<GatewayAddress>,
    /// The whole new list; an empty one means the gateway's own address again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect: Option<Vec<Host>>,
    /// See [`IpGateway::port`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// See [`IpGateway::tls_port`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_port: Option<u16>,
    /// See [`IpGateway::transport`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<ClearTransport>,
    /// See [`IpGateway::status`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<GatewayStatus>,
    /// See [`IpGateway::out_calls`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_calls: Option<bool>,
    /// See [`IpGateway::symmetric_rtp`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symmetric_rtp: Option<bool>,
    /// See [`IpGateway::media_timeout_seconds`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_timeout_seconds: Option<u32>,
    /// See [`IpGateway::media_while_silent`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_while_silent: Option<WhileSilent>,
    /// See [`IpGateway::answer_delay_ms`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_delay_ms: Option<u16>,
    /// See [`IpGateway::redirecting`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirecting: Option<Redirecting>,
    /// See [`IpGateway::caller_id`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_id: Option<CallerIdSource>,
    /// See [`IpGateway::pilot_from`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pilot_from: Option<PilotSource>,
    /// See [`IpGateway::accept_cn`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_cn: Option<bool>,
    /// See [`IpGateway::srtcp_clear`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub srtcp_clear: Option<SrtcpClear>,
    /// See [`IpGateway::srtp_answer`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub srtp_answer: Option<SrtpAnswer>,
    /// See [`IpGateway::own_roots_only`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_roots_only: Option<bool>,
    /// See [`IpGateway::crl`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl: Option<CrlCheck>,
    /// See [`IpGateway::tls_verify`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_verify: Option<TlsVerify>,
    /// See [`IpGateway::accept_server_eku`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_server_eku: Option<bool>,
    /// The new [`IpGateway::certificate_owner`]; an empty text takes the binding away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_owner: Option<String>,
    /// What becomes of [`IpGateway::trust`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<TrustChange>,
}

fn port() -> u16 {
    5060
}

fn tls_port() -> u16 {
    5061
}

fn yes() -> bool {
    true
}

fn media_timeout_seconds() -> u32 {
    120
}

fn answer_delay_ms() -> u16 {
    300
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_address_are_enough_to_read_a_gateway() {
        let gateway: IpGateway = toml::from_str("name = \"gw1\"\naddress = \"gw1.example.com\"\n").unwrap();

        assert_eq!(gateway, IpGateway::new(Name::parse("gw1").unwrap(), "gw1.example.com".parse().unwrap()));
        assert_eq!((gateway.port, gateway.tls_port, gateway.out_calls), (5060, 5061, true));
        assert_eq!((gateway.media_timeout_seconds, gateway.answer_delay_ms), (120, 300));
    }

    #[test]
    fn a_gateway_is_reached_at_its_own_address_until_connect_says_otherwise() {
        let mut gateway = IpGateway::new(Name::parse("gw1").unwrap(), "gw1.example.com".parse().unwrap());
        let own: Vec<String> = gateway.hosts().map(ToString::to_string).collect();

        gateway.connect = vec!["10.0.0.5".parse().unwrap(), "10.0.0.6".parse().unwrap()];
        let given: Vec<String> = gateway.hosts().map(ToString::to_string).collect();

        assert_eq!(own, ["gw1.example.com"]);
        assert_eq!(given, ["10.0.0.5", "10.0.0.6"]);
    }

    #[test]
    fn an_empty_owner_takes_the_binding_away() {
        let mut gateway = IpGateway::new(Name::parse("gw1").unwrap(), "gw1.example.com".parse().unwrap());
        gateway.certificate_owner = Some("partner".to_owned());

        let patch: GatewayPatch = serde_json::from_str(r#"{"certificate_owner":""}"#).unwrap();
        let same: GatewayPatch = serde_json::from_str("{}").unwrap();

        assert_eq!(gateway.patched(&patch).certificate_owner, None);
        assert_eq!(gateway.patched(&same).certificate_owner.as_deref(), Some("partner"));
    }

    #[test]
    fn words_of_switches_are_the_same_in_json_and_on_the_command_line() {
        assert_eq!(serde_json::to_string(&GatewayStatus::NoNewCalls).unwrap(), "\"no-new-calls\"");
        assert_eq!(serde_json::to_string(&PilotSource::PCalledPartyId).unwrap(), "\"p-called-party-id\"");
        assert_eq!("no-new-calls".parse(), Ok(GatewayStatus::NoNewCalls));
        assert_eq!(PilotSource::PCalledPartyId.word(), "p-called-party-id");
    }
}
