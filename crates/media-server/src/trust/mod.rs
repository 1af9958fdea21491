//! Trust: our own certificate, whom the Site trusts, and what the certificate of a connection is worth.
mod own;
mod peers;
mod standing;
mod watch;

pub use own::{OwnCertificateError, own_certificate};
pub use peers::{PeerTrust, company_roots};
pub use standing::{CertificateStanding, PeerStanding};
pub use watch::{Enabled, watch_connections};

/// Folder of our own certificates inside the data folder.
pub const CERTIFICATES: &str = "certificates";
/// Folder of the company's root certificates inside the data folder: they count for every gateway.
pub const TRUSTED_ROOTS: &str = "trusted-roots";
