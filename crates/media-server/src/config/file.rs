use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// The words of `um.toml`, as written; places are kept so that a mistake can name its line.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// Where the database and the audio live. Default `/var/lib/um`.
    pub data_dir: Option<Spanned<String>>,
    /// `[sip]`
    #[serde(default)]
    pub sip: SipWords,
    /// `[certificates]`
    #[serde(default)]
    pub certificates: CertificateWords,
    /// `[authority]`
    #[serde(default)]
    pub authority: AuthorityWords,
    /// `[provisioning]`: without it devices are not served.
    pub provisioning: Option<ProvisioningWords>,
    /// `[media]`
    #[serde(default)]
    pub media: MediaWords,
    /// `[dns]`
    #[serde(default)]
    pub dns: DnsWords,
    /// `[admin]`
    #[serde(default)]
    pub admin: AdminWords,
    /// `[health]`
    #[serde(default)]
    pub health: HealthWords,
    /// `[server]`
    #[serde(default)]
    pub server: ServerWords,
    /// `[log]`
    #[serde(default)]
    pub log: LogWords,
}

/// `[sip]`: signalling.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SipWords {
    /// This server's own FQDN. Default: the machine's host name.
    pub domain: Option<Spanned<String>>,
    /// Addresses to listen on. Default `["0.0.0.0", "[::]"]`.
    pub listen: Option<Vec<Spanned<String>>>,
    /// UDP and TCP port for clear SIP; 0 is any free one. Default 5060.
    pub port: Option<Spanned<u16>>,
    /// TCP port for SIP over mutual TLS; 0 is any free one. Default 5061.
    pub tls_port: Option<Spanned<u16>>,
    /// Whether clear SIP comes over UDP too. Default true.
    pub udp: Option<bool>,
    /// `dual`, `tls` or `tcp`. Default `dual`.
    pub startup_mode: Option<Spanned<String>>,
    /// Key of a certificate that the server generates: `rsa-2048`, `rsa-3072`, `p-256` or `p-384`. Default `rsa-2048`.
    pub certificate_key: Option<Spanned<String>>,
    /// Host that Contact shows to clear peers instead of the local address.
    pub contact_host: Option<Spanned<String>>,
    /// From one OPTIONS to a gateway to the next, `60s` or `5m`; `0s` sends none. Default `60s`.
    pub probe_interval: Option<Spanned<String>>,
    /// `[[sip.listener]]`: further ports for SIP over mutual TLS.
    #[serde(default)]
    pub listener: Vec<Spanned<ListenerWords>>,
}

/// `[[sip.listener]]`: a port for gateways that are shown another certificate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerWords {
    /// Addresses to listen on. Default: those of `[sip]`.
    pub listen: Option<Vec<Spanned<String>>>,
    /// TCP port for SIP over mutual TLS; 0 is any free one.
    pub tls_port: Spanned<u16>,
    /// Whose certificate is shown there.
    pub owner: Spanned<String>,
}

/// `[certificates]`: what this server shows to its peers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateWords {
    /// `generate` or `forbid`: whether a self-signed certificate is made where none can be used. Default `generate`.
    pub self_signed: Option<Spanned<String>>,
    /// Days before an expiry at which it is told, besides every day from the largest of them on. Default `[30]`.
    pub warn_days: Option<Spanned<Vec<u16>>>,
    /// A program that is to supply the certificate of an owner who has none: run with the owner's name.
    pub command: Option<Spanned<String>>,
}

/// `[authority]`: the CA of this server.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityWords {
    /// Address and port where the CA's revocation list is served over HTTP. Default: nowhere.
    pub crl_listen: Option<Spanned<String>>,
    /// The URL of the list, which goes into the certificates that the CA issues. Default: none.
    pub crl_url: Option<Spanned<String>>,
}

/// `[provisioning]`: HTTPS for devices that fetch their profiles.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvisioningWords {
    /// Addresses to listen on. Default: those of `[sip]`.
    pub listen: Option<Vec<Spanned<String>>>,
    /// TCP port; 0 is any free one.
    pub port: Spanned<u16>,
    /// Whose certificate devices are shown.
    pub owner: Spanned<String>,
}

/// `[media]`: RTP.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaWords {
    /// `FIRST-LAST` or `any`. Default `20000-29999`.
    pub ports: Option<Spanned<String>>,
    /// Local address that SDP shows: `auto` (the route to the peer decides) or an IP address.
    pub address: Option<Spanned<String>>,
    /// Address that SDP shows instead, behind a one-to-one NAT.
    pub advertise: Option<Spanned<String>>,
    /// `auto`, `io_uring` or `epoll`: how datagrams cross to the kernel. Default `auto`.
    pub io: Option<Spanned<String>>,
}

/// `[dns]`: names that the resolver is not asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DnsWords {
    /// Host name to IP address.
    #[serde(default)]
    pub hosts: BTreeMap<String, Spanned<String>>,
}

/// `[admin]`: the management socket.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminWords {
    /// Path of the Unix socket. Default `<data_dir>/um.sock`.
    pub socket: Option<Spanned<String>>,
}

/// `[health]`: HTTP for monitoring.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthWords {
    /// Address and port of `/metrics`, `/healthz` and `/readyz`, or `off`. Default `127.0.0.1:9563`.
    pub listen: Option<Spanned<String>>,
    /// Whether `listen` may be an address that others reach. Default false.
    pub allow_remote: Option<bool>,
}

/// `[server]`: the process.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerWords {
    /// How long callers who are recording may finish when the server stops, `30s` or `2m`. Default `30s`.
    pub drain: Option<Spanned<String>>,
    /// Calls at once; one more gets 503. Default 1000.
    pub max_calls: Option<Spanned<u32>>,
    /// Free space below which callers are told that no message can be left: `5%`, `1GiB`, or `5% or 1GiB`, of which
    /// the smaller counts. Default `5% or 1GiB`.
    pub disk_soft: Option<Spanned<String>>,
    /// Free space below which calls to mailboxes are refused. Default `1% or 256MiB`.
    pub disk_floor: Option<Spanned<String>>,
}

/// `[log]`: what goes to stderr.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogWords {
    /// `error`, `warn`, `info`, `debug` or `trace`, or a list such as `info,media_server=debug`. Default `info`.
    pub level: Option<Spanned<String>>,
    /// `text` or `json`. Default `text`.
    pub format: Option<Spanned<String>>,
}
