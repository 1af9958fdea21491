use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Serialize};

/// Why a text is neither an FQDN nor an IP address.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AddressError {
    /// Not a host name by RFC 1123, nor an address.
    #[error("`{}` is neither an FQDN nor an IP address: give a host name such as gw1.example.com (no scheme, no port, \
             no wildcard) or an address such as 192.0.2.1 or 2001:db8::1", text.escape_debug())]
    NotAHost {
        /// The offered text.
        text: String,
    },
    /// 0.0.0.0, `::` or a multicast address.
    #[error("{address} is the address of no single host: give the address that the gateway itself has")]
    NotOneHost {
        /// The offered address.
        address: IpAddr,
    },
}

/// What identifies a gateway: an FQDN (the name that its certificate carries) or an IP address. FQDNs are kept in lower
/// case without the final dot, IPv4 addresses written as IPv6 as IPv4.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum GatewayAddress {
    /// A host name; needed for TLS.
    Fqdn(String),
    /// An IPv4 or IPv6 address.
    Ip(IpAddr),
}

/// An address to reach a gateway at, and from which its clear SIP comes.
pub type Host = GatewayAddress;

impl GatewayAddress {
    /// Reads an FQDN or an address; IPv6 with or without brackets.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let bare = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            let address = address.to_canonical();
            if address.is_unspecified() || address.is_multicast() {
                return Err(AddressError::NotOneHost { address });
            }
            return Ok(Self::Ip(address));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        if !is_host_name(name) {
            return Err(AddressError::NotAHost { text: text.to_owned() });
        }
        Ok(Self::Fqdn(name.to_ascii_lowercase()))
    }

    /// The host name, if it is one.
    pub fn fqdn(&self) -> Option<&str> {
        match self {
            Self::Fqdn(name) => Some(name),
            Self::Ip(_) => None,
        }
    }

    /// The address, if it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Fqdn(_) => None,
            Self::Ip(address) => Some(*address),
        }
    }
}

impl fmt::Display for GatewayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fqdn(name) => f.write_str(name),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

impl FromStr for GatewayAddress {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for GatewayAddress {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl From<GatewayAddress> for String {
    fn from(address: GatewayAddress) -> Self {
        address.to_string()
    }
}

/// RFC 1123 2.1: labels of letters, digits and inner hyphens. A last label of digits alone is a mistyped address.
fn is_host_name(name: &str) -> bool {
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253
        && name.split('.').all(label_fits)
        && !name.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fqdns_lose_case_and_final_dot() {
        assert_eq!(
            GatewayAddress::parse("GW1.Example.COM."),
            Ok(GatewayAddress::Fqdn("gw1.example.com".into()))
        );
    }

    #[test]
    fn ipv4_in_ipv6_is_ipv4_and_brackets_fall() {
        assert_eq!(GatewayAddress::parse("::ffff:192.0.2.1").unwrap().to_string(), "192.0.2.1");
        assert_eq!(GatewayAddress::parse("[2001:db8::1]").unwrap().to_string(), "2001:db8::1");
    }

    #[test]
    fn wildcards_ports_schemes_and_mistyped_addresses_are_no_hosts() {
        for text in ["*.example.com", "gw1:5060", "sip:gw1", "10.0.0.300", "", "-a.example", "a..b", "gw 1"] {
            assert_eq!(
                GatewayAddress::parse(text),
                Err(AddressError::NotAHost { text: text.into() }),
                "{text}"
            );
        }
    }

    #[test]
    fn addresses_of_no_single_host_are_refused() {
        for text in ["0.0.0.0", "::", "224.0.0.1", "ff02::1"] {
            assert_eq!(
                GatewayAddress::parse(text),
                Err(AddressError::NotOneHost { address: text.parse().unwrap() })
            );
        }
    }
}
