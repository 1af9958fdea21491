//! Trust: our own certificate, whom the Site trusts, and what the certificate of a connection is worth.
mod expiry_watch;
mod own;
mod peers;
mod standing;
mod watch;

pub use expiry_watch::{ExpirySources, watch_expiry};
pub use own::{
    Arrival, CertificateKeeper, Missing, OwnCertificateError, OwnSettings, Presenting, Reloading,
    StoreChange, StoreView, keep, let_go,
};
pub use peers::{PeerTrust, company_roots};
pub use standing::{CertificateStanding, PeerStanding};
pub use watch::{Enabled, watch_connections};

/// Folder of our own certificates inside the data folder.
pub const CERTIFICATES: &str = "certificates";
/// Folder of the company's root certificates inside the data folder: they count for every gateway.
pub const TRUSTED_ROOTS: &str = "trusted-roots";
