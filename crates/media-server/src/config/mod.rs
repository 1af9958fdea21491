//! `um.toml`: the words of the file ([`ConfigFile`]) and what they mean ([`ServerConfig`]).
//!
//! The file says strings and numbers, every key optional; the meaning is a [`ServerConfig`] in which nothing is left
//! to check. A mistake is told with file, line, key and what is allowed, and the server does not start.

mod authority;
mod certificates;
mod error;
mod file;
mod health;
mod media_io;
mod port_range;
mod provisioning;
mod tls_listener;
mod validated;
mod word;

pub use authority::AuthorityConfig;
pub use certificates::{CertificatesConfig, SelfSigned, key_kind};
pub use error::ConfigError;
pub use file::ConfigFile;
pub use health::{DEFAULT_HEALTH, HealthConfig};
pub use media_io::MediaIo;
pub use port_range::{PortRange, PortRangeError};
pub use provisioning::ProvisioningConfig;
pub use tls_listener::TlsListener;
pub use validated::{
    AdminConfig, DnsConfig, LogConfig, LogFormat, MediaAddress, MediaConfig, Overrides, Program,
    ServerConfig, ShutdownConfig, SipConfig, StartupMode,
};
