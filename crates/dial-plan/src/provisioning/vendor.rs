use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{device_id::NamesBy, template::ProfileTemplate};
use crate::{
    name::Name,
    trust::{hash_fault, pem_fault},
};

/// The maker of devices: each has left the factory with a certificate that chains to one of these roots and names it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceVendor {
    /// At most 64 characters.
    pub name: Name,
    /// What the vendor's certificates name a device by.
    #[serde(default)]
    pub names_by: NamesBy,
    /// Whether SHA-1 signatures in the vendor's chains are taken on the provisioning listener. Nowhere else they are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub legacy_sha1: bool,
    /// Its roots, 1 to 8: two at once while one succeeds the other.
    pub roots: Vec<VendorRoot>,
    /// What its devices read as text; without one, a setting a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<ProfileTemplate>,
}

/// A root of a vendor. Its PEM text is what counts; the rest is what it says, kept for lists.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct VendorRoot {
    /// SHA-256 of the certificate: 64 hexadecimal digits, lower case.
    pub sha256: String,
    /// Its subject.
    pub subject: String,
    /// When it expires.
    pub not_after: Timestamp,
    /// The certificate alone, at most 32 KiB.
    pub pem: String,
}

/// The settings of a vendor that change; what is `None` stays.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeviceVendorPatch {
    /// These roots and no others.
    pub roots: Option<Vec<VendorRoot>>,
    /// What its certificates name a device by.
    pub names_by: Option<NamesBy>,
    /// Whether SHA-1 signatures are taken.
    pub legacy_sha1: Option<bool>,
    /// What its devices read as text.
    pub template: Option<TemplateChange>,
}

/// What becomes of a vendor's template.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TemplateChange {
    /// This one, from now on.
    Use(ProfileTemplate),
    /// None: a setting a line.
    Remove,
}

impl DeviceVendor {
    /// The most roots.
    pub const MAX_ROOTS: usize = 8;

    /// The vendor with the settings of `patch` in place of its own.
    #[must_use]
    pub fn patched(&self, patch: &DeviceVendorPatch) -> Self {
        let DeviceVendorPatch { roots, names_by, legacy_sha1, template } = patch;
        Self {
            name: self.name.clone(),
            names_by: names_by.unwrap_or(self.names_by),
            legacy_sha1: legacy_sha1.unwrap_or(self.legacy_sha1),
            roots: roots.clone().unwrap_or_else(|| self.roots.clone()),
            template: match template {
                Some(TemplateChange::Use(template)) => Some(template.clone()),
                Some(TemplateChange::Remove) => None,
                None => self.template.clone(),
            },
        }
    }

    /// What is wrong with it, in words.
    pub(super) fn fault(&self) -> Option<&'static str> {
        if self.roots.is_empty() || self.roots.len() > Self::MAX_ROOTS {
            return Some("a vendor has 1 to 8 roots");
        }
        let is_repeated = |(place, root): (usize, &VendorRoot)| {
            self.roots.iter().take(place).any(|other| other.sha256 == root.sha256)
        };
        if self.roots.iter().enumerate().any(is_repeated) {
            return Some("one of its roots stands there twice");
        }
        self.roots.iter().find_map(|root| hash_fault(&root.sha256).or_else(|| pem_fault(&root.pem)))
    }
}

/// `by mac, roots CN=Vendor Root`, for records of changes.
impl fmt::Display for DeviceVendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roots: Vec<&str> = self.roots.iter().map(|root| root.subject.as_str()).collect();
        write!(f, "by {}, roots {}", self.names_by, roots.join(" and "))?;
        if self.legacy_sha1 {
            f.write_str(", legacy SHA-1")?;
        }
        self.template.iter().try_for_each(|template| write!(f, ", {template}"))
    }
}
