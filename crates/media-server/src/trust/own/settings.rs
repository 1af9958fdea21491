use std::{collections::BTreeSet, net::IpAddr, path::PathBuf, sync::Arc};

use cert_manager::{IssueRequest, KeyKind};

use super::{super::CERTIFICATES, OwnRevocation};
use crate::config::{SelfSigned, ServerConfig};

/// What the choice of a certificate goes by, besides the store and the Site.
#[derive(Clone)]
pub struct OwnSettings {
    /// The store.
    pub folder: PathBuf,
    /// This server's own name.
    pub fqdn: String,
    /// The addresses that it listens on.
    pub addresses: Vec<IpAddr>,
    /// Key of a certificate that is made here.
    pub key: KeyKind,
    /// Whether one may be made.
    pub self_signed: SelfSigned,
    /// Owners whose certificates listeners show.
    pub listener_owners: BTreeSet<String>,
    /// Whether a certificate was revoked by its issuer.
    pub revocation: Arc<OwnRevocation>,
}

impl OwnSettings {
    /// As the configuration says; nothing is revoked.
    pub fn of(config: &ServerConfig) -> Self {
        Self {
            folder: config.data_dir.join(CERTIFICATES),
            fqdn: config.sip.domain.clone(),
            addresses: config.sip.listen.clone(),
            key: config.sip.certificate_key,
            self_signed: config.certificates.self_signed,
            listener_owners: {
                let sip = config.sip.listeners.iter().map(|listener| listener.owner.clone());
                sip.chain(config.provisioning.iter().map(|devices| devices.owner.clone())).collect()
            },
            revocation: Arc::default(),
        }
    }

    /// A certificate of ours: named after this server and the addresses that it listens on, wildcards left out.
    pub fn request(&self) -> IssueRequest {
        IssueRequest {
            fqdn: self.fqdn.clone(),
            addresses: self.addresses.iter().copied().filter(|address| !address.is_unspecified()).collect(),
            key: self.key,
        }
    }
}
