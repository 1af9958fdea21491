mod patch;
mod switches;

use serde::{Deserialize, Serialize};

use crate::{
    address::{GatewayAddress, Host},
    mask::NumberRule,
    name::Name,
    peer_checks::{CrlCheck, TlsVerify},
    trust::TrustAnchor,
};

pub use patch::GatewayPatch;
pub use switches::{
    CallerIdSource, ClearTransport, GatewayStatus, PilotSource, Redirecting, SrtcpClear, SrtpAnswer,
    WhileSilent,
};

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
    /// Whether it is told of waiting messages, and may subscribe to them.
    #[serde(default = "yes")]
    pub message_waiting: bool,
    /// Its turn among the gateways of a plan that can be told of waiting messages: the lowest first, then by name.
    #[serde(default = "mwi_priority")]
    pub mwi_priority: u8,
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
    /// The host that Refer-To names in transfers, in place of the gateway's Contact: a domain, name or address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refer_domain: Option<String>,
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
            message_waiting: true,
            mwi_priority: mwi_priority(),
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
            refer_domain: None,
            number_rules: Vec::new(),
            trust: Vec::new(),
        }
    }

    /// Where it is reached and where its clear SIP comes from: the `--connect` addresses, else its own.
    pub fn hosts(&self) -> impl Iterator<Item = &Host> {
        let own = self.connect.is_empty().then_some(&self.address);
        self.connect.iter().chain(own)
    }
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

fn mwi_priority() -> u8 {
    100
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
        assert_eq!((gateway.message_waiting, gateway.mwi_priority), (true, 100));
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
}
