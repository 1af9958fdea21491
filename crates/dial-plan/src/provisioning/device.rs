use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    device_id::{DeviceId, NamesBy},
    vendor::DeviceVendor,
};
use crate::name::Name;

/// A telephone or another device that is handed its profile.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// Its MAC address or serial number.
    pub id: DeviceId,
    /// Whose root its certificate chains to.
    pub vendor: Name,
    /// The plan whose mode its profile tells.
    pub dial_plan: Name,
    /// The FQDN of the server in its profile; without it this server's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
}

impl Device {
    /// What is wrong with it, in words.
    pub(super) fn fault(&self, vendor: &DeviceVendor) -> Option<&'static str> {
        if vendor.names_by == NamesBy::Mac && !self.id.is_mac() {
            return Some("its vendor names devices by MAC address, which has 12 hexadecimal digits");
        }
        let fits = self.server.as_deref().is_none_or(is_fqdn);
        (!fits).then_some("server is an FQDN, as in um.example.com")
    }
}

/// `vendor cisco, dial plan hq`, for records of changes.
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vendor {}, dial plan {}", self.vendor, self.dial_plan)?;
        self.server.as_ref().map_or(Ok(()), |server| write!(f, ", server {server}"))
    }
}

/// Letters, digits and hyphens between dots, at least one of them (RFC 1123 2.1); an IPv4 address is none.
fn is_fqdn(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let is_number = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
    text.len() <= 253
        && text.contains('.')
        && text.split('.').all(label)
        && !text.rsplit('.').next().is_some_and(is_number)
}
