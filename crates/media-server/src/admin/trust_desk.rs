//! What the orders about certificates and trust work on.
use std::sync::Arc;

use super::{AuthorityDesk, CertificateDesk};
use crate::trust::{CrlShelf, Encounters, ExpirySources, PeerTrust};

/// `um cert`, `um ca`, `um trust`, `um gateway pending`.
#[derive(Clone)]
pub struct TrustDesk {
    /// What this server shows to its peers.
    pub own: Arc<CertificateDesk>,
    /// The CA of this server.
    pub authority: Arc<AuthorityDesk>,
    /// Whom the Site of the moment trusts.
    pub peers: Arc<PeerTrust>,
    /// The revocation lists of the roots.
    pub crls: Arc<CrlShelf>,
    /// What is remembered of handshakes.
    pub encounters: Arc<Encounters>,
    /// What ends one day.
    pub expiry: ExpirySources,
}
