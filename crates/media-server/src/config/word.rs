//! Single words of the file read into what they mean: paths, hosts, addresses, times.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use toml::Spanned;

use super::error::{ConfigError, Source};

/// An address that goes into SDP: never a wildcard.
pub(super) fn shown_ip(
    source: Source<'_>,
    key: &'static str,
    word: &Spanned<String>,
    allowed: &str,
) -> Result<IpAddr, ConfigError> {
    match ip(word.get_ref()) {
        Some(address) if !address.is_unspecified() => Ok(address),
        _ => Err(source.refused(key, word.span(), allowed)),
    }
}

pub(super) fn path_of(
    source: Source<'_>,
    key: &'static str,
    word: Option<&Spanned<String>>,
) -> Result<Option<PathBuf>, ConfigError> {
    match word {
        Some(word) if word.get_ref().is_empty() => {
            Err(source.refused(key, word.span(), "write a path, or leave the key out"))
        }
        word => Ok(word.map(|word| PathBuf::from(word.get_ref()))),
    }
}

pub(super) fn host(
    source: Source<'_>,
    key: &'static str,
    word: Option<&Spanned<String>>,
) -> Result<Option<String>, ConfigError> {
    match word {
        Some(word) if !is_host_name(word.get_ref()) && ip(word.get_ref()).is_none() => {
            Err(source.refused(key, word.span(), "write a host name, as in \"um.example.com\""))
        }
        word => Ok(word.map(|word| word.get_ref().clone())),
    }
}

/// Letters, digits and hyphens between dots (RFC 1123 2.1), 253 characters at most.
pub(super) fn is_host_name(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// An IP address; IPv6 with or without brackets.
pub(super) fn ip(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok()
}

/// `45s`, `2m` or `1h`.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let number: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => return None,
    };
    number.checked_mul(factor).map(Duration::from_secs)
}

/// The name that this machine gives itself.
pub(super) fn machine_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .ok()
        .filter(|name| is_host_name(name))
        .unwrap_or_else(|| "localhost".to_owned())
}
