use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    name::Name,
    object_kind::ObjectKind,
    refusal::SiteError,
    site::Site,
    trust::{hash_fault, pem_fault},
    warning::SiteWarning,
};

/// The certificate of a CA: what it issues for a gateway's FQDN is trusted. Its PEM text is what counts; the rest is what
/// it says, kept for lists.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedRoot {
    /// SHA-256 of the certificate: 64 hexadecimal digits, lower case.
    pub sha256: String,
    /// SHA-256 of its public key, in the same form.
    pub spki_sha256: String,
    /// Its subject.
    pub subject: String,
    /// When it expires.
    pub not_after: Timestamp,
    /// The gateways that it counts for, by name and each once; empty: it is the company's and counts for all of them.
    #[serde(default)]
    pub gateways: Vec<Name>,
    /// Where its revocation list is fetched again: an `http://` URL. A list that was given as a file has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crl_source: Option<String>,
    /// The certificate alone, at most 32 KiB.
    pub pem: String,
}

impl TrustedRoot {
    /// The longest URL, in characters.
    pub const MAX_CRL_SOURCE: usize = 2048;

    /// Whether it counts for every gateway.
    pub fn is_company(&self) -> bool {
        self.gateways.is_empty()
    }

    /// Whether it counts for the gateway, as long as that does not shut the company's out.
    pub fn counts_for_gateway(&self, gateway: &str) -> bool {
        self.is_company() || self.gateways.iter().any(|name| name.as_str() == gateway)
    }

    /// For whom it counts, in words.
    pub(crate) fn counts_for(&self) -> String {
        if self.is_company() {
            return "every gateway".to_owned();
        }
        self.gateways.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")
    }

    /// What is wrong with it, in words.
    fn fault(&self) -> Option<&'static str> {
        let source_fits = |source: &String| {
            source.len() <= Self::MAX_CRL_SOURCE
                && source.starts_with("http://")
                && source.chars().all(|c| c.is_ascii_graphic())
        };
        if !self.crl_source.as_ref().is_none_or(source_fits) {
            return Some("crl_source is an http:// URL of at most 2048 characters");
        }
        hash_fault(&self.sha256).or_else(|| hash_fault(&self.spki_sha256)).or_else(|| pem_fault(&self.pem))
    }
}

/// `CN=Company Root (sha256 1a2b..)`
impl fmt::Display for TrustedRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (sha256 {})", self.subject, self.sha256)
    }
}

impl Site {
    /// The most roots.
    pub const MAX_TRUSTED_ROOTS: usize = 256;

    /// Every trusted root, in the order of their hashes.
    pub fn trusted_roots(&self) -> impl Iterator<Item = &TrustedRoot> {
        self.trusted_roots.values()
    }

    /// The root with that SHA-256.
    pub fn trusted_root(&self, sha256: &str) -> Option<&TrustedRoot> {
        self.trusted_roots.get(sha256)
    }

    /// A root that is there for some gateways comes to count for more, never for fewer.
    pub(crate) fn add_trusted_root(&mut self, root: &TrustedRoot) -> Result<(), SiteError> {
        let root = self.with_known_gateways(root)?;
        let Some(known) = self.trusted_roots.get_mut(&root.sha256) else {
            self.trusted_roots.insert(root.sha256.clone(), root);
            return Ok(());
        };
        if known.is_company() && !root.is_company() {
            return Err(SiteError::RootCountsForAll {
                sha256: known.sha256.clone(),
                subject: known.subject.clone(),
            });
        }
        if root.is_company() {
            known.gateways.clear();
        } else {
            known.gateways.extend(root.gateways);
            known.gateways.sort();
            known.gateways.dedup();
        }
        if root.crl_source.is_some() {
            known.crl_source = root.crl_source;
        }
        Ok(())
    }

    pub(crate) fn remove_trusted_root(&mut self, sha256: &str) -> Result<(), SiteError> {
        self.trusted_roots.remove(sha256).map(|_| ()).ok_or_else(|| no_root(sha256))
    }

    pub(crate) fn set_crl_source(&mut self, sha256: &str, source: Option<&str>) -> Result<(), SiteError> {
        let root = self.trusted_roots.get_mut(sha256).ok_or_else(|| no_root(sha256))?;
        root.crl_source = source.map(str::to_owned);
        Ok(())
    }

    /// A root that counted for this gateway alone goes with it: with nobody left to count for it would be the company's.
    pub(crate) fn forget_roots_of(&mut self, gateway: &Name) -> Vec<SiteWarning> {
        let mut gone = Vec::new();
        self.trusted_roots.retain(|_, root| {
            let was_company = root.is_company();
            root.gateways.retain(|name| name != gateway);
            let stays = was_company || !root.gateways.is_empty();
            if !stays {
                gone.push(SiteWarning::TrustedRootDeleted {
                    subject: root.subject.clone(),
                    gateway: gateway.clone(),
                });
            }
            stays
        });
        gone
    }

    pub(crate) fn check_trusted_roots(&self) -> Result<(), SiteError> {
        if self.trusted_roots.len() > Self::MAX_TRUSTED_ROOTS {
            return Err(SiteError::TooManyRoots { count: self.trusted_roots.len() });
        }
        for root in self.trusted_roots.values() {
            if let Some(fault) = root.fault() {
                return Err(SiteError::BadRoot { subject: root.subject.clone(), fault });
            }
            self.with_known_gateways(root)?;
        }
        Ok(())
    }

    /// The root with its gateways in order, each once.
    fn with_known_gateways(&self, root: &TrustedRoot) -> Result<TrustedRoot, SiteError> {
        if let Some(unknown) = root.gateways.iter().find(|name| !self.gateways.contains_key(*name)) {
            return Err(SiteError::NotFound { kind: ObjectKind::Gateway, name: unknown.to_string() });
        }
        let mut root = root.clone();
        root.gateways.sort();
        root.gateways.dedup();
        Ok(root)
    }
}

/// The roots of a document by hash; one that stands twice is refused.
pub(crate) fn by_hash(roots: Vec<TrustedRoot>) -> Result<BTreeMap<String, TrustedRoot>, SiteError> {
    let mut table = BTreeMap::new();
    for root in roots {
        let subject = root.subject.clone();
        if table.insert(root.sha256.clone(), root).is_some() {
            return Err(SiteError::BadRoot { subject, fault: "it stands twice in the site" });
        }
    }
    Ok(table)
}

fn no_root(sha256: &str) -> SiteError {
    SiteError::NoSuchRoot { sha256: sha256.to_owned() }
}

#[cfg(test)]
mod tests;
