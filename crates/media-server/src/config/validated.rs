use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use cert_manager::KeyKind;
use storage::{DiskMark, DiskMarks};
use toml::Spanned;

use super::authority::AuthorityConfig;
use super::certificates::{CertificatesConfig, key_kind};
use super::error::{ConfigError, Source};
use super::file::{ConfigFile, LogWords, MediaWords, ServerWords, SipWords};
use super::health::HealthConfig;
use super::media_io::MediaIo;
use super::port_range::PortRange;
use super::provisioning::ProvisioningConfig;
use super::tls_listener::{Taken, TlsListener, addresses, tls_listeners};
use super::word::{host, ip, is_host_name, machine_name, path_of, seconds, shown_ip};

/// Where data lives if nobody says otherwise.
const DEFAULT_DATA_DIR: &str = "/var/lib/um";
/// Name of the management socket inside the data folder.
const SOCKET_NAME: &str = "um.sock";
/// How long callers may finish when the server stops.
const DEFAULT_DRAIN: Duration = Duration::from_secs(30);
/// Calls at once if nobody says otherwise: what two cores carry with room to spare (docs/performance.md).
const DEFAULT_MAX_CALLS: u32 = 1_000;
/// Two ports a call are all that there are.
const MOST_CALLS: u32 = 32_000;
/// How often gateways are asked whether they are there, if nobody says otherwise.
const DEFAULT_PROBE_INTERVAL: Duration = Duration::from_secs(60);
/// The longest time between two probes of a gateway.
const LONGEST_PROBE_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest drain that a file may ask for.
const LONGEST_DRAIN: Duration = Duration::from_secs(60 * 60);

/// The settings of one server process, checked: nothing is left to parse or to doubt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerConfig {
    /// Which program this is; the command line fills it in.
    pub program: Program,
    /// The file that was read, if any.
    pub file: Option<PathBuf>,
    /// Where the database and the audio live.
    pub data_dir: PathBuf,
    /// Signalling.
    pub sip: SipConfig,
    /// What peers are shown.
    pub certificates: CertificatesConfig,
    /// The CA.
    pub authority: AuthorityConfig,
    /// HTTPS for devices; `None`: it is not open.
    pub provisioning: Option<ProvisioningConfig>,
    /// RTP.
    pub media: MediaConfig,
    /// Names that the resolver is not asked for.
    pub dns: DnsConfig,
    /// The management socket.
    pub admin: AdminConfig,
    /// HTTP for monitoring.
    pub health: HealthConfig,
    /// Stopping.
    pub shutdown: ShutdownConfig,
    /// How much of the disk stays free.
    pub disk: DiskMarks,
    /// Calls at once.
    pub max_calls: usize,
    /// What goes to stderr.
    pub log: LogConfig,
    /// Whether `um test fault` may provoke panics: for test systems, by UM_FAULT_INJECTION=1 alone.
    pub fault_injection: bool,
}

/// Version and commit, for `um status` and the `Server` header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Program {
    /// `0.1.0`.
    pub version: String,
    /// Short git commit, or `unknown`.
    pub commit: String,
}

/// `[sip]`, checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SipConfig {
    /// This server's own FQDN.
    pub domain: String,
    /// Addresses to listen on, each once.
    pub listen: Vec<IpAddr>,
    /// Clear SIP; 0 is any free port.
    pub port: u16,
    /// SIP over mutual TLS; 0 is any free port.
    pub tls_port: u16,
    /// Whether clear SIP comes over UDP too.
    pub udp: bool,
    /// Which listeners open.
    pub startup_mode: StartupMode,
    /// Key of a certificate that the server generates because none fits.
    pub certificate_key: KeyKind,
    /// Host that Contact shows to clear peers instead of the local address.
    pub contact_host: Option<String>,
    /// Further ports for SIP over mutual TLS, each with a certificate of its own.
    pub listeners: Vec<TlsListener>,
    /// From one OPTIONS to a gateway to the next; zero: none is sent.
    pub probe_interval: Duration,
}

/// Which listeners open (Exchange UM's words).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StartupMode {
    /// Clear SIP and mutual TLS.
    Dual,
    /// Mutual TLS only.
    Tls,
    /// Clear SIP only; secure plans are refused.
    Tcp,
}

/// `[media]`, checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MediaConfig {
    /// Ports for RTP and RTCP.
    pub ports: PortRange,
    /// Local address that SDP shows.
    pub address: MediaAddress,
    /// Address that SDP shows instead, behind a one-to-one NAT.
    pub advertise: Option<IpAddr>,
    /// How datagrams cross to the kernel.
    pub io: MediaIo,
}

/// Where SDP takes its address from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MediaAddress {
    /// The local address of the route to the peer.
    Auto,
    /// This one.
    Fixed(IpAddr),
}

/// `[dns]`, checked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DnsConfig {
    /// Host name in lower case to its address.
    pub hosts: BTreeMap<String, IpAddr>,
}

/// `[admin]`, checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AdminConfig {
    /// Path of the Unix socket.
    pub socket: PathBuf,
}

/// `[server]`, checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ShutdownConfig {
    /// How long callers who are recording may finish.
    pub drain: Duration,
}

/// `[log]`, checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogConfig {
    /// A filter in the words of `tracing_subscriber::EnvFilter`.
    pub filter: String,
    /// How a line looks.
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What the command line says instead of the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--data-dir` or `UM_DATA_DIR`.
    pub data_dir: Option<PathBuf>,
    /// `--socket` or `UM_SOCKET`.
    pub socket: Option<PathBuf>,
}

impl ServerConfig {
    /// Reads `file` (or nothing: every key has a default), takes over what the command line says, and checks it all.
    ///
    /// # Errors
    /// [`ConfigError`] with the first mistake: file, line, key and what is allowed.
    pub fn load(file: Option<&Path>, overrides: &Overrides) -> Result<Self, ConfigError> {
        let Some(path) = file else {
            let source = Source { path: Path::new("um.toml"), text: "" };
            return Self::validate(&ConfigFile::default(), source, overrides);
        };
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let mut config = Self::from_text(&text, path, overrides)?;
        config.file = Some(path.to_owned());
        Ok(config)
    }

    /// The same from a text; `path` is only named in errors.
    ///
    /// # Errors
    /// As [`ServerConfig::load`].
    pub fn from_text(text: &str, path: &Path, overrides: &Overrides) -> Result<Self, ConfigError> {
        let source = Source { path, text };
        let words: ConfigFile = toml::from_str(text).map_err(|error| source.unparsable(&error))?;
        Self::validate(&words, source, overrides)
    }

    fn validate(words: &ConfigFile, source: Source<'_>, overrides: &Overrides) -> Result<Self, ConfigError> {
        let in_file = path_of(source, "data_dir", words.data_dir.as_ref())?;
        let data_dir = overrides.data_dir.clone().or(in_file).unwrap_or_else(|| DEFAULT_DATA_DIR.into());
        let socket = path_of(source, "admin.socket", words.admin.socket.as_ref())?;
        let socket = overrides.socket.clone().or(socket).unwrap_or_else(|| data_dir.join(SOCKET_NAME));
        let sip = SipConfig::validate(&words.sip, source)?;
        let provisioning = words.provisioning.as_ref();
        let provisioning = provisioning.map(|words| ProvisioningConfig::validate(words, &sip, source));
        Ok(Self {
            program: Program { version: env!("CARGO_PKG_VERSION").to_owned(), commit: "unknown".to_owned() },
            file: None,
            sip,
            authority: AuthorityConfig::validate(&words.authority, source)?,
            provisioning: provisioning.transpose()?,
            certificates: CertificatesConfig::validate(&words.certificates, source)?,
            media: MediaConfig::validate(&words.media, source)?,
            dns: dns(words, source)?,
            admin: AdminConfig { socket },
            health: HealthConfig::validate(&words.health, source)?,
            shutdown: ShutdownConfig { drain: drain(words.server.drain.as_ref(), source)? },
            disk: disk(&words.server, source)?,
            max_calls: max_calls(words.server.max_calls.as_ref(), source)?,
            log: log(&words.log, source)?,
            fault_injection: false,
            data_dir,
        })
    }
}

impl SipConfig {
    fn validate(words: &SipWords, source: Source<'_>) -> Result<Self, ConfigError> {
        let mode = words.startup_mode.as_ref().map(|word| {
            StartupMode::parse(word.get_ref()).ok_or_else(|| {
                source.refused("sip.startup_mode", word.span(), "allowed are \"dual\", \"tls\" and \"tcp\"")
            })
        });
        let startup_mode = mode.transpose()?.unwrap_or(StartupMode::Dual);
        let (port, tls_port) = ports(words, startup_mode, source)?;
        let listen = listen(words, source)?;
        let taken = Taken { listen: &listen, port, tls_port, mode: startup_mode };
        let listeners = tls_listeners(words, &taken, source)?;
        Ok(Self {
            domain: host(source, "sip.domain", words.domain.as_ref())?.unwrap_or_else(machine_name),
            listen,
            port,
            tls_port,
            udp: words.udp.unwrap_or(true),
            startup_mode,
            certificate_key: certificate_key(words.certificate_key.as_ref(), source)?,
            contact_host: host(source, "sip.contact_host", words.contact_host.as_ref())?,
            listeners,
            probe_interval: probe_interval(words.probe_interval.as_ref(), source)?,
        })
    }
}

impl StartupMode {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "dual" => Self::Dual,
            "tls" => Self::Tls,
            "tcp" => Self::Tcp,
            _ => return None,
        })
    }
}

impl MediaConfig {
    fn validate(words: &MediaWords, source: Source<'_>) -> Result<Self, ConfigError> {
        let ports = words.ports.as_ref().map(|word| {
            PortRange::parse(word.get_ref())
                .map_err(|error| source.refused("media.ports", word.span(), error.to_string()))
        });
        let address = match words.address.as_ref() {
            None => MediaAddress::Auto,
            Some(word) if word.get_ref() == "auto" => MediaAddress::Auto,
            Some(word) => MediaAddress::Fixed(shown_ip(
                source,
                "media.address",
                word,
                "write \"auto\" or an IP address of this machine",
            )?),
        };
        let advertise = words.advertise.as_ref().map(|word| {
            shown_ip(source, "media.advertise", word, "write the IP address that peers reach this server by")
        });
        let io = words.io.as_ref().map(|word| {
            let allowed = "allowed are \"auto\", \"io_uring\" and \"epoll\"";
            MediaIo::parse(word.get_ref()).ok_or_else(|| source.refused("media.io", word.span(), allowed))
        });
        Ok(Self {
            ports: ports.transpose()?.unwrap_or(PortRange::DEFAULT),
            address,
            advertise: advertise.transpose()?,
            io: io.transpose()?.unwrap_or(MediaIo::Auto),
        })
    }
}

/// The ports of clear SIP and of SIP over TLS.
fn ports(words: &SipWords, mode: StartupMode, source: Source<'_>) -> Result<(u16, u16), ConfigError> {
    let port = words.port.as_ref().map_or(5060, |word| *word.get_ref());
    let tls_port = words.tls_port.as_ref().map_or(5061, |word| *word.get_ref());
    let both_open = match mode {
        StartupMode::Dual => true,
        StartupMode::Tls | StartupMode::Tcp => false,
    };
    if !both_open || port != tls_port || port == 0 {
        return Ok((port, tls_port));
    }
    let (key, span) = match (&words.tls_port, &words.port) {
        (Some(word), _) => ("sip.tls_port", word.span()),
        (None, word) => ("sip.port", word.as_ref().map_or(0..0, Spanned::span)),
    };
    Err(source.refused(
        key,
        span,
        "sip.port and sip.tls_port must differ, clear SIP and TLS cannot share a port",
    ))
}

fn certificate_key(word: Option<&Spanned<String>>, source: Source<'_>) -> Result<KeyKind, ConfigError> {
    let Some(word) = word else { return Ok(KeyKind::Rsa2048) };
    key_kind(word.get_ref()).ok_or_else(|| {
        let allowed = "allowed are \"rsa-2048\", \"rsa-3072\", \"p-256\" and \"p-384\"";
        source.refused("sip.certificate_key", word.span(), allowed)
    })
}

fn listen(words: &SipWords, source: Source<'_>) -> Result<Vec<IpAddr>, ConfigError> {
    match &words.listen {
        None => Ok(vec![IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)]),
        Some(list) => addresses("sip.listen", list, source),
    }
}

fn dns(words: &ConfigFile, source: Source<'_>) -> Result<DnsConfig, ConfigError> {
    let mut hosts = BTreeMap::new();
    for (name, word) in &words.dns.hosts {
        let address = ip(word.get_ref()).filter(|_| is_host_name(name)).ok_or_else(|| {
            let allowed = "map a host name to an IP address, as in \"gw1.example.com\" = \"192.0.2.1\"";
            source.refused("dns.hosts", word.span(), allowed)
        })?;
        hosts.insert(name.to_ascii_lowercase(), address);
    }
    Ok(DnsConfig { hosts })
}

fn drain(word: Option<&Spanned<String>>, source: Source<'_>) -> Result<Duration, ConfigError> {
    let Some(word) = word else { return Ok(DEFAULT_DRAIN) };
    match seconds(word.get_ref()) {
        Some(drain) if drain <= LONGEST_DRAIN => Ok(drain),
        _ => {
            let allowed = "write a time of at most one hour, as in \"30s\" or \"2m\"";
            Err(source.refused("server.drain", word.span(), allowed))
        }
    }
}

fn probe_interval(word: Option<&Spanned<String>>, source: Source<'_>) -> Result<Duration, ConfigError> {
    let Some(word) = word else { return Ok(DEFAULT_PROBE_INTERVAL) };
    match seconds(word.get_ref()) {
        Some(interval) if interval <= LONGEST_PROBE_INTERVAL => Ok(interval),
        _ => {
            let allowed = "write a time of at most one day, as in \"60s\" or \"5m\"; \"0s\" sends no probes";
            Err(source.refused("sip.probe_interval", word.span(), allowed))
        }
    }
}

fn max_calls(word: Option<&Spanned<u32>>, source: Source<'_>) -> Result<usize, ConfigError> {
    let calls = word.map_or(DEFAULT_MAX_CALLS, |word| *word.get_ref());
    match (word, usize::try_from(calls)) {
        (_, Ok(calls)) if (1..=MOST_CALLS as usize).contains(&calls) => Ok(calls),
        (word, _) => {
            let span = word.map_or(0..0, Spanned::span);
            Err(source.refused("server.max_calls", span, "write a number from 1 to 32000"))
        }
    }
}

fn disk(words: &ServerWords, source: Source<'_>) -> Result<DiskMarks, ConfigError> {
    let mark = |key, word: Option<&Spanned<String>>, default: DiskMark| match word {
        None => Ok(default),
        Some(word) => word.get_ref().parse().map_err(|_| {
            let allowed = "write a share of the disk, an amount, or both, as in \"5% or 1GiB\"";
            source.refused(key, word.span(), allowed)
        }),
    };
    let default = DiskMarks::default();
    Ok(DiskMarks {
        soft: mark("server.disk_soft", words.disk_soft.as_ref(), default.soft)?,
        floor: mark("server.disk_floor", words.disk_floor.as_ref(), default.floor)?,
    })
}

fn log(words: &LogWords, source: Source<'_>) -> Result<LogConfig, ConfigError> {
    let filter = match &words.level {
        None => "info".to_owned(),
        Some(word) => {
            let allowed =
                "allowed are error, warn, info, debug, trace, or a list as in \"info,media_server=debug\"";
            let parsed: Result<tracing_subscriber::EnvFilter, _> = word.get_ref().parse();
            // A lone word that is no level would be taken for the name of a crate and silence everything else.
            let lone = !word.get_ref().contains(['=', ',']);
            if parsed.is_err() || lone && word.get_ref().parse::<tracing::Level>().is_err() {
                return Err(source.refused("log.level", word.span(), allowed));
            }
            word.get_ref().clone()
        }
    };
    let format = match words.format.as_ref().map(|word| (word.get_ref().as_str(), word)) {
        None | Some(("text", _)) => LogFormat::Text,
        Some(("json", _)) => LogFormat::Json,
        Some((_, word)) => {
            return Err(source.refused("log.format", word.span(), "allowed are \"text\" and \"json\""));
        }
    };
    Ok(LogConfig { filter, format })
}

#[cfg(test)]
mod tests;
